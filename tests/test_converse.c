/* Thread mode's conversation: the same answers as the pool's, blocking. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "converse.h"
#include "gather.h"

static _Atomic int interruptions;
static _Atomic size_t send_most = SIZE_MAX, realloc_most = SIZE_MAX;
static _Atomic int fail_calloc;

ssize_t __real_send(int fd, const void *bytes, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t length, int flags);
ssize_t __real_recv(int fd, void *bytes, size_t length, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t length, int flags);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __real_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length);

/* A clock that goes on by so many nanoseconds at every look; 0: the real one.
 * And socket options that could not be set. */
static _Atomic long clock_step, clock_at;
static _Atomic int bad_options;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	long step = atomic_load(&clock_step);

	if (step == 0)
		return (__real_clock_gettime(clock, now));
	*now = (struct timespec){
		1,
		atomic_fetch_add(&clock_at, step) % 1000000000,
	};
	return (0);
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length)
{
	int rc = __real_setsockopt(fd, level, name, value, length);

	/* Without its timeout the conversation would never end. */
	if (rc == -1) {
		atomic_fetch_add(&bad_options, 1);
		shutdown(fd, SHUT_RDWR);
	}
	return (rc);
}

static bool
interrupted(void)
{

	if (atomic_load(&interruptions) == 0)
		return (false);
	atomic_fetch_sub(&interruptions, 1);
	errno = EINTR;
	return (true);
}

ssize_t
__wrap_send(int fd, const void *bytes, size_t length, int flags)
{
	size_t most = atomic_load(&send_most);

	if (interrupted())
		return (-1);
	return (__real_send(fd, bytes, length < most ? length : most, flags));
}

ssize_t
__wrap_recv(int fd, void *bytes, size_t length, int flags)
{

	return (interrupted() ? -1 : __real_recv(fd, bytes, length, flags));
}

void *
__wrap_realloc(void *old, size_t size)
{

	return (size > atomic_load(&realloc_most) ? NULL
						  : __real_realloc(old, size));
}

void *
__wrap_calloc(size_t count, size_t size)
{

	return (atomic_load(&fail_calloc) ? NULL : __real_calloc(count, size));
}

/* A conversation in a thread of its own; the test is the client. */
struct talk {
	struct service service;
	pthread_t thread;
	int server, client;
	enum close_reason reason;
};

static void *
run(void *argument)
{
	struct talk *t = argument;
	struct peer peer = { 0 };

	t->reason = converse(&t->service, t->server, &peer, NULL);
	close(t->server);
	return (NULL);
}

static struct talk *
talk_new(const throng_handler *handler)
{
	struct talk *t = aligned_alloc(64, (sizeof(*t) + 63) / 64 * 64);
	int fds[2];

	assert_non_null(t);
	memset(t, 0, sizeof(*t));
	unit_service(&t->service, handler);
	assert_int_equal(unit_pair(fds), 0);
	t->server = fds[0];
	t->client = fds[1];
	return (t);
}

static void
talk_start(struct talk *t)
{

	assert_int_equal(pthread_create(&t->thread, NULL, run, t), 0);
}

/* Let it end, check why, and return what was counted. */
static throng_stats
talk_end(struct talk *t, enum close_reason want)
{
	throng_stats stats = { 0 };

	pthread_join(t->thread, NULL);
	assert_int_equal(t->reason, want);
	close(t->client);
	counters_sum(&t->service.shared, &stats);
	unit_balance(stats);
	free(t);
	return (stats);
}

static void
say_bytes(struct talk *t, const char *bytes, size_t length)
{

	assert_int_equal(__real_send(t->client, bytes, length, MSG_NOSIGNAL),
	    (ssize_t)length);
}

static void
say(struct talk *t, const char *text)
{

	say_bytes(t, text, strlen(text));
}

static void
hear_bytes(struct talk *t, const char *bytes, size_t length)
{
	static char got[1u << 16];
	size_t n;

	assert_true(length <= sizeof(got));
	n = unit_read(t->client, got, length, unit_deadline());
	if (n != length || memcmp(got, bytes, length) != 0)
		fail_msg("%.*s is not %.*s", (int)n, got, (int)length, bytes);
}

static void
hear(struct talk *t, const char *text)
{

	hear_bytes(t, text, strlen(text));
}

static void
hear_end(struct talk *t)
{
	char byte;

	assert_int_equal(unit_read(t->client, &byte, 1, unit_deadline()), 0);
}

static void
answers(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	throng_stats stats;

	(void)state;
	talk_start(t);
	say(t, "a\nb\r\n\nfail\nnone\nerror\nc\npart");
	hear(t,
	    "a\nb\r\n\n!error failed the request could not be answered\n"
	    "!error invalid no\nc\n");
	say(t, "ial\nlost");
	hear(t, "partial\n");
	shutdown(t->client, SHUT_WR);
	hear_end(t);
	stats = talk_end(t, CLOSE_EOF);
	assert_int_equal(stats.requests, 8);
	assert_int_equal(stats.replies, 7);
	assert_int_equal(stats.failed, 1);
	assert_int_equal(stats.dropped_partial, 1);
}

/* Streams in every framing, cut at every byte: each answered alike. */
static const struct row {
	throng_framing framing;
	size_t length;
	const char *bytes;
	size_t want_length;
	const char *want;
	enum close_reason reason;
} rows[] = {
#define ROW(framing, bytes, want, reason)                         \
	{                                                         \
		THRONG_FRAME_##framing, sizeof(bytes) - 1, bytes, \
		    sizeof(want) - 1, want, CLOSE_##reason        \
	}
	ROW(LINE, "a\n123456789\r\nb\n",
	    "a\n!error oversize the request is too long\nb\n", EOF),
	ROW(LEN32,
	    "\0\0\0\1a\0\0\0\11"
	    "123456789\0\0\0\0",
	    "\0\0\0\1a\0\0\0\47!error oversize the request is too long"
	    "\0\0\0\0",
	    EOF),
	ROW(LEN16,
	    "\0\1a\0\11"
	    "123456789\0\1b",
	    "\0\1a\0\47!error oversize the request is too long\0\1b", EOF),
	ROW(NETSTRING, "1:a,9:123456789,1:b,",
	    "1:a,39:!error oversize the request is too long,1:b,", EOF),
	ROW(NETSTRING, "1:a,1:bx1:c,",
	    "1:a,36:!error invalid the framing is broken,", INVALID),
	ROW(NETSTRING, "1:a,99999999:x",
	    "1:a,39:!error oversize the request is too long,", INVALID),
	ROW(LINE, "a\nclose\nb\n", "a\nclose\n", DONE),
};

static void
every_cut(void **state)
{

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++)
		for (size_t cut = 0; cut <= rows[i].length; cut++) {
			struct talk *t = talk_new(&unit_handler);

			unit_framing(&t->service, rows[i].framing, 8);
			talk_start(t);
			say_bytes(t, rows[i].bytes, cut);
			/* It may have ended at the first piece. */
			(void)__real_send(t->client, rows[i].bytes + cut,
			    rows[i].length - cut, MSG_NOSIGNAL);
			hear_bytes(t, rows[i].want, rows[i].want_length);
			shutdown(t->client, SHUT_WR);
			hear_end(t);
			talk_end(t, rows[i].reason);
		}
}

/* Large frames, behind each other, and requests behind them. */
static void
large(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	char *line = malloc(1000001), *got = malloc(1000001);
	size_t n;

	(void)state;
	assert_true(line != NULL && got != NULL);
	memset(line, 'y', 1000000);
	line[1000000] = '\n';
	talk_start(t);
	for (int i = 0; i < 3; i++) {
		say_bytes(t, line, 1000001);
		n = unit_read(t->client, got, 1000001, unit_deadline());
		assert_int_equal(n, 1000001);
		assert_memory_equal(got, line, n);
		say(t, "a\nb\nc\n");
		hear(t, "a\nb\nc\n");
	}
	free(line);
	free(got);
	shutdown(t->client, SHUT_WR);
	talk_end(t, CLOSE_EOF);
}

static void
many(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	char lines[8000], *at = lines;
	throng_stats stats;

	(void)state;
	talk_start(t);
	for (int i = 0; i < 1000; i++)
		at += sprintf(at, "%d\n", i);
	/* At once: a thousand pieces each way are more than the sockets hold,
	 * and nobody reads yet. */
	say(t, lines);
	hear(t, lines);
	shutdown(t->client, SHUT_WR);
	stats = talk_end(t, CLOSE_EOF);
	assert_int_equal(stats.requests, 1000);
	assert_int_equal(stats.replies, 1000);
}

/* Replies that are too many for one job's output. */
static void
many_replies(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	static char got[100001];

	(void)state;
	talk_start(t);
	for (int i = 0; i < 10; i++)
		say(t, "big 100000\n");
	say(t, "close\nlost\n");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(unit_read(t->client, got, sizeof(got),
				     unit_deadline()),
		    sizeof(got));
		assert_int_equal(got[0], 'x');
		assert_int_equal(got[100000], '\n');
	}
	hear(t, "close\n");
	shutdown(t->client, SHUT_WR);
	hear_end(t);
	assert_int_equal(talk_end(t, CLOSE_DONE).dropped_closing, 1);
}

static void
interruptions_are_invisible(void **state)
{
	struct talk *t = talk_new(&unit_handler);

	(void)state;
	atomic_store(&send_most, 3);
	atomic_store(&interruptions, 3);
	talk_start(t);
	say(t, "one\n");
	hear(t, "one\n");
	atomic_store(&interruptions, 3);
	say(t, "two two two\n");
	hear(t, "two two two\n");
	assert_int_equal(atomic_load(&interruptions), 0);
	atomic_store(&send_most, SIZE_MAX);
	shutdown(t->client, SHUT_WR);
	talk_end(t, CLOSE_EOF);
}

static void
client_gone(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	throng_stats stats;

	(void)state;
	say(t, "big 300000\na\nb\n");
	shutdown(t->client, SHUT_RD);
	talk_start(t);
	stats = talk_end(t, CLOSE_RESET);
	assert_int_equal(stats.dropped_gone, 3);
	assert_int_equal(stats.replies, 0);
}

static void
states(void **state)
{
	struct talk *t = talk_new(&unit_handler_state);

	(void)state;
	talk_start(t);
	say(t, "state\nstate\n");
	hear(t, "1\n2\n");
	assert_int_equal(unit_states, 1);
	shutdown(t->client, SHUT_WR);
	talk_end(t, CLOSE_EOF);
	assert_int_equal(unit_states, 0);
}

/* Its last words stay readable for a client that goes on sending. */
static void
lingers(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	char bytes[1024] = "";
	size_t sent = 0;
	ssize_t n;

	(void)state;
	talk_start(t);
	say(t, "close\n");
	hear(t, "close\n");
	hear_end(t);
	/* More than it puts up with: it does not wait for the time. */
	while ((n = __real_send(t->client, bytes, sizeof(bytes),
		    MSG_NOSIGNAL)) > 0)
		sent += (size_t)n;
	assert_true(sent > 65536);
	talk_end(t, CLOSE_DONE);
}

/* And a client that does nothing is not waited for without end. */
static void
lingers_by_time(void **state)
{
	struct talk *t = talk_new(&unit_handler);

	(void)state;
	talk_start(t);
	say(t, "close\n");
	hear(t, "close\n");
	hear_end(t);
	talk_end(t, CLOSE_DONE);
}

/* However little of the time is over when it begins. */
static void
lingers_from_the_start(void **state)
{
	struct talk *t;

	(void)state;
	for (long step = 1; step <= 10000; step *= 10) {
		t = talk_new(&unit_handler);
		atomic_store(&clock_step, step);
		talk_start(t);
		say(t, "close\n");
		/* Not to be waited for with this clock. */
		assert_int_equal(__real_recv(t->client, (char[6]){ 0 }, 6,
				     MSG_WAITALL),
		    6);
		assert_int_equal(__real_recv(t->client, (char[1]){ 0 }, 1, 0),
		    0);
		shutdown(t->client, SHUT_WR);
		talk_end(t, CLOSE_DONE);
		atomic_store(&clock_step, 0);
		assert_int_equal(atomic_load(&bad_options), 0);
	}
}

static void
no_memory(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	static char line[200000];

	(void)state;
	atomic_store(&fail_calloc, 1);
	talk_start(t);
	hear_end(t);
	atomic_store(&fail_calloc, 0);
	talk_end(t, CLOSE_MEMORY);
	t = talk_new(&unit_handler);
	talk_start(t);
	say(t, "a\n");
	hear(t, "a\n");
	atomic_store(&realloc_most, 40000);
	memset(line, 'x', sizeof(line));
	(void)__real_send(t->client, line, sizeof(line),
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	talk_end(t, CLOSE_MEMORY);
	atomic_store(&realloc_most, SIZE_MAX);
}

static void *
refuse(void)
{

	return (NULL);
}

static void
close_never(void *worker)
{

	(void)worker;
	abort();
}

static void
worker_refuses(void **state)
{
	throng_handler handler = unit_handler;
	throng_stats stats;
	struct talk *t;

	(void)state;
	handler.worker_open = refuse;
	handler.worker_close = close_never;
	t = talk_new(&handler);
	talk_start(t);
	hear(t, "!error busy too many connections\n");
	hear_end(t);
	shutdown(t->client, SHUT_WR);
	stats = talk_end(t, CLOSE_REFUSED);
	assert_int_equal(stats.requests, 0);
	assert_int_equal(stats.refused, 1);
}

/* A few bytes at a time do not make the buffer grow, nor be copied. */
static void
drips(void **state)
{
	struct talk *t = talk_new(&unit_handler);
	int64_t deadline = unit_deadline();
	int unread = 1;

	(void)state;
	atomic_store(&realloc_most, BYTES_KEEP);
	t->service.config.frame_ms = 600000;
	talk_start(t);
	for (int i = 0; i < 100; i++) {
		say(t, "x");
		while (ioctl(t->server, FIONREAD, &unread) == 0 && unread > 0)
			assert_true(support_turn(deadline));
	}
	say(t, "\n");
	for (int i = 0; i < 100; i++)
		hear(t, "x");
	hear(t, "\n");
	shutdown(t->client, SHUT_WR);
	talk_end(t, CLOSE_EOF);
	atomic_store(&realloc_most, SIZE_MAX);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(large),
		cmocka_unit_test(many),
		cmocka_unit_test(many_replies),
		cmocka_unit_test(interruptions_are_invisible),
		cmocka_unit_test(client_gone),
		cmocka_unit_test(states),
		cmocka_unit_test(lingers),
		cmocka_unit_test(lingers_by_time),
		cmocka_unit_test(lingers_from_the_start),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(worker_refuses),
		cmocka_unit_test(drips),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
