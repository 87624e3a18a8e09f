/*
 * What one operation of the hot path costs, alone on one thread: queue,
 * wakeup, park, framers, and a whole request with the handler in the reactor;
 * and of throng-bench: a request of its engine against an echo in memory.
 *
 *     ./micro                  time of each, nanoseconds per operation
 *     ./micro NAME             of this one
 *     ./micro --count          run each once, for callgrind; print how often
 *     ./micro --about          what it was compiled by, and against
 *
 * tests/instructions.py runs it under callgrind, which counts within the
 * functions case_*, and compares with the committed limits. System calls are
 * in the time, but not in the instructions.
 */
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "engine.h"
#include "gather.h"
#include "handlers.h"
#include "inline.h"
#include "mpsc.h"
#include "park.h"
#include "process.h"
#include "reactor.h"
#include "wakeup.h"

/* By its name callgrind finds it, so it must stay one function. */
#ifdef __clang__
#define CASE __attribute__((noinline)) static void
#else
#define CASE __attribute__((noinline, noclone)) static void
#endif

/** Cases that need no frames, and those that need an engine. */
#define NO_FRAMES (-1)
#define ENGINE_OF_1 (-2)
#define ENGINE_OF_16 (-3)

/** Operations of a case when it is counted; divides by 64. */
#define COUNTED 6400u

/** Time a case is measured for, and how many times: the best counts. */
#define TIMED_NS (20 * (uint64_t)CLOCK_MS)
#define TIMED_TIMES 5

/** Bytes of a small payload, of a large one, and of a stream. */
#define SMALL 16u
#define LARGE (64u << 10)
#define STREAM (128u << 10)

static struct mpsc queue;
static struct mpsc_node nodes[64];
static struct wakeup wakeup_pipe;
static struct park place;
static struct job *job;
static struct service service;
static struct processor processor;
static struct counters counters;
static struct reactor reactor;
static int client;
static char *stream;   /* frames, one behind the other */
static size_t frame;   /* bytes of one of them */

static void
check(bool ok, const char *what)
{

	if (ok)
		return;
	fprintf(stderr, "micro: %s\n", what);
	abort();
}

CASE
case_mpsc_one(unsigned n)
{
	struct mpsc_chain chain = { 0 };

	while (n-- > 0) {
		mpsc_chain_add(&chain, &nodes[0]);
		mpsc_push(&queue, &chain);
		check(mpsc_take(&queue) == &nodes[0], "another item");
	}
}

/* As dispatch and workers do it, by the item. */
CASE
case_mpsc_chain(unsigned n)
{
	struct mpsc_chain chain = { 0 };

	for (; n > 0; n -= 64) {
		for (unsigned i = 0; i < 64; i++)
			mpsc_chain_add(&chain, &nodes[i]);
		mpsc_push(&queue, &chain);
		check(mpsc_take(&queue) == &nodes[0], "another item");
	}
}

CASE
case_wakeup(unsigned n)
{

	while (n-- > 0) {
		wakeup_signal(&wakeup_pipe);
		wakeup_clear(&wakeup_pipe);
	}
}

/* Signalled before it waits, so that it does not sleep. */
CASE
case_park(unsigned n)
{

	while (n-- > 0) {
		park_signal(&place);
		park_wait(&place);
	}
}

/* The stream of frames again and again, by the frame. */
static inline __attribute__((always_inline)) void
scan(unsigned n)
{
	struct frame_scan s = { 0 };
	size_t used, at = 0;

	while (n-- > 0) {
		if (at + frame > STREAM)
			at = 0;
		check(frame_scan(&service.framer, &s, stream + at, frame,
		    &used) == FRAME_READY && used == frame, "no frame");
		at += used;
	}
}

CASE
case_frame_line(unsigned n)
{

	scan(n);
}

CASE
case_frame_line_large(unsigned n)
{

	scan(n);
}

CASE
case_frame_len32(unsigned n)
{

	scan(n);
}

CASE
case_frame_len16(unsigned n)
{

	scan(n);
}

CASE
case_frame_netstring(unsigned n)
{

	scan(n);
}

CASE
case_frame_raw(unsigned n)
{

	scan(n);
}

/* A byte at a time is the worst that a client can do; by the byte. */
CASE
case_frame_bytewise(unsigned n)
{
	struct frame_scan s = { 0 };
	size_t used, at = 0;

	while (n-- > 0) {
		(void)frame_scan(&service.framer, &s, stream + at, 1, &used);
		if (++at == frame)
			at = 0;
	}
}

/* Requests gathered into jobs of 64, by the request. */
CASE
case_gather(unsigned n)
{
	struct frame_scan s = { 0 };
	struct gather g = { &service.framer, &s, job, 0 };
	size_t used;

	for (; n > 0; n -= 64) {
		job->count = 0;
		g.start = 0;
		check(gather_piece(&g, stream, 64 * frame, &used) ==
		    GATHER_MORE && job->count == 64, "not 64 requests");
	}
}

static inline __attribute__((always_inline)) void
answer(unsigned n, unsigned requests)
{

	for (; n > 0; n -= requests) {
		job->out.length = 0;
		job->count = (uint16_t)requests;
		job->done = 0;
		process_job(&processor, job);
		check(job->done == requests, "not all answered");
	}
}

/* The handler `echo` over jobs of 1 and of 16 requests, by the request. */
CASE
case_process_1(unsigned n)
{

	answer(n, 1);
}

CASE
case_process_16(unsigned n)
{

	answer(n, 16);
}

/* From the client's send to its recv, in a reactor that runs the handler. */
static inline __attribute__((always_inline)) void
serve(unsigned n, unsigned depth)
{
	char got[64 * 64];
	size_t length = depth * frame, at;
	ssize_t k;

	for (; n > 0; n -= depth) {
		check(send(client, stream, length, 0) == (ssize_t)length,
		    "send");
		for (at = 0; at < length; at += k > 0 ? (size_t)k : 0) {
			event_base_loop(reactor.base,
			    EVLOOP_ONCE | EVLOOP_NONBLOCK);
			k = recv(client, got, sizeof(got), MSG_DONTWAIT);
		}
	}
}

CASE
case_inline_1(unsigned n)
{

	serve(n, 1);
}

CASE
case_inline_16(unsigned n)
{

	serve(n, 16);
}

/** The null transport of the engine: what is sent is there to be received. */
static struct {
	struct engine *engine;
	struct record record;
	uint32_t completions[1];
	char bytes[STREAM];
	size_t length;
	uint64_t now;
} echo;

static long
echo_send(void *context, uint32_t i, const char *bytes, size_t length)
{

	(void)context;
	(void)i;
	check(echo.length + length <= sizeof(echo.bytes), "too much");
	memcpy(echo.bytes + echo.length, bytes, length);
	echo.length += length;
	return ((long)length);
}

static long
echo_receive(void *context, uint32_t i, char *bytes, size_t size)
{
	const size_t n = echo.length;

	(void)context;
	(void)i;
	check(n > 0 && n <= size, "nothing there");
	memcpy(bytes, echo.bytes, n);
	echo.length = 0;
	return ((long)n);
}

static void
echo_ignore(void *context, uint32_t i)
{

	(void)context;
	(void)i;
}

static uint64_t
echo_now(void *context)
{

	(void)context;
	return (echo.now += 100);
}

static void
open_engine(uint32_t depth)
{
	static struct payload payload = { .kind = PAYLOAD_STAMP, .seed = 1,
	    .size = SMALL };
	struct engine_config config = {
		.io = { echo_send, echo_receive, echo_ignore, echo_ignore,
		    echo_ignore, echo_now, NULL },
		.framer = { THRONG_FRAME_LINE, 4096 }, .line_tail = 1,
		.payload = &payload, .connections = 1, .active = 1,
		.depth = depth, .record = &echo.record,
		.completions = echo.completions,
	};

	engine_free(echo.engine);
	echo.length = 0;
	echo.engine = engine_new(&config);
	check(echo.engine != NULL, "engine");
	engine_opened(echo.engine, 0);
	engine_readable(echo.engine, 0);
	/* No timed case gets to the end of it. */
	engine_measure(echo.engine, echo.now, UINT64_MAX / 2);
}

/* Stamp, frame, send; receive, cut, check, match, write down. By the request;
 * with 16 outstanding, 16 in a send and in a receive. */
static inline __attribute__((always_inline)) void
drive(unsigned n, unsigned depth)
{
	const uint64_t end = echo.record.replies + n;

	for (; n > 0; n -= depth)
		engine_readable(echo.engine, 0);
	check(echo.record.replies == end, "not all answered");
}

CASE
case_engine_1(unsigned n)
{

	drive(n, 1);
}

CASE
case_engine_16(unsigned n)
{

	drive(n, 16);
}

/** What a case has to find. */
static const struct row {
	const char *name;
	void (*run)(unsigned n);
	int framing; /* or one of these: */
	unsigned payload;
} rows[] = {
	{ "mpsc_one", case_mpsc_one, NO_FRAMES, 0 },
	{ "mpsc_chain", case_mpsc_chain, NO_FRAMES, 0 },
	{ "wakeup", case_wakeup, NO_FRAMES, 0 },
	{ "park", case_park, NO_FRAMES, 0 },
	{ "frame_line", case_frame_line, THRONG_FRAME_LINE, SMALL },
	{ "frame_line_large", case_frame_line_large, THRONG_FRAME_LINE, LARGE },
	{ "frame_len32", case_frame_len32, THRONG_FRAME_LEN32, SMALL },
	{ "frame_len16", case_frame_len16, THRONG_FRAME_LEN16, SMALL },
	{ "frame_netstring", case_frame_netstring, THRONG_FRAME_NETSTRING,
	    SMALL },
	{ "frame_raw", case_frame_raw, THRONG_FRAME_RAW, SMALL },
	{ "frame_bytewise", case_frame_bytewise, THRONG_FRAME_LINE, SMALL },
	{ "gather", case_gather, THRONG_FRAME_LINE, SMALL },
	{ "process_1", case_process_1, THRONG_FRAME_LINE, SMALL },
	{ "process_16", case_process_16, THRONG_FRAME_LINE, SMALL },
	{ "inline_1", case_inline_1, THRONG_FRAME_LINE, SMALL },
	{ "inline_16", case_inline_16, THRONG_FRAME_LINE, SMALL },
	{ "engine_1", case_engine_1, ENGINE_OF_1, 0 },
	{ "engine_16", case_engine_16, ENGINE_OF_16, 0 },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Fill the stream with frames of the case's kind, and the job with them. */
static void
prepare(const struct row *row)
{
	struct frame_scan s = { 0 };
	struct gather g = { &service.framer, &s, job, 0 };
	throng_framing framing = (throng_framing)row->framing;
	size_t at, used;

	if (row->framing == ENGINE_OF_1 || row->framing == ENGINE_OF_16)
		open_engine(row->framing == ENGINE_OF_1 ? 1 : 16);
	if (row->framing < 0)
		return;
	service.config.framing = framing;
	service.framer = (struct framer){ framing,
	    framing == THRONG_FRAME_RAW ? SMALL : 1u << 20 };
	frame = frame_head(framing, row->payload, stream);
	memset(stream + frame, 'x', row->payload);
	frame += row->payload;
	frame += frame_tail(framing, 0, stream + frame);
	for (at = frame; at + frame <= STREAM; at += frame)
		memcpy(stream + at, stream, frame);
	if (row->payload != SMALL)
		return;
	job_answered(job);
	check(gather_piece(&g, stream, 64 * frame, &used) == GATHER_MORE,
	    "not gathered");
	job->in.length = 0;
	check(bytes_reserve(&job->in, 64 * frame) != NULL, "memory");
	memcpy(job->in.data, stream, 64 * frame);
}

static void
open_reactor(void)
{
	struct peer peer = { 0 };
	int fds[2];

	service.config.mode = THRONG_MODE_INLINE;
	check(reactor_open(&reactor, &service, 0) == THRONG_OK &&
	    inline_enter(reactor.inlined) == 0, "reactor");
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 &&
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0, "socketpair");
	conn_open(&reactor, fds[0], &peer, admit(&reactor, &peer));
	client = fds[1];
}

static void
open_all(void)
{

	throng_config_init(&service.config);
	service.handler = &handler_echo;
	service.max_connections = 1;
	service.job_time_max = UINT64_MAX;
	service.replies_max = JOB_REPLIES_MAX;
	service.log = (struct log){ .fd = -1, .level = THRONG_LOG_ERROR };
	stream = malloc(STREAM + LARGE);
	job = job_new(JOB_REQUESTS_MAX);
	check(stream != NULL && job != NULL && park_open(&place) == 0 &&
	    wakeup_open(&wakeup_pipe) == 0, "memory");
	check(process_open(&processor, &service, &counters) == 0, "handler");
	open_reactor();
}

/* Operations until they take long enough to be timed; then the best of a
 * few: what is above it is other people's work. */
static void
time_case(const struct row *row)
{
	uint64_t best = UINT64_MAX, took = 0;
	unsigned n = 640;

	for (; took < TIMED_NS; n *= 2) {
		took = clock_now();
		row->run(n);
		took = clock_now() - took;
	}
	n /= 2;
	for (int i = 0; i < TIMED_TIMES; i++) {
		took = clock_now();
		row->run(n);
		took = clock_now() - took;
		if (took < best)
			best = took;
	}
	printf("%-18s %10.1f ns\n", row->name, (double)best / n);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	bool any = false;

	if (strcmp(what, "--about") == 0) {
#ifdef __clang__
		printf("clang");
#else
		printf("gcc %d", __GNUC__);
#endif
		printf(" [%s] glibc %s\n", MICRO_CFLAGS, gnu_get_libc_version());
		return (0);
	}
	open_all();
	for (size_t i = 0; i < ROWS; i++) {
		bool count = strcmp(what, "--count") == 0;

		if (*what != '\0' && !count && strcmp(what, rows[i].name) != 0)
			continue;
		any = true;
		prepare(&rows[i]);
		if (count) {
			rows[i].run(COUNTED);
			printf("%s %u\n", rows[i].name, COUNTED);
		} else {
			time_case(&rows[i]);
		}
	}
	if (!any)
		fprintf(stderr, "micro: no such case: %s\n", what);
	return (any ? 0 : 2);
}
