/* A large request that is its own reply goes back in the buffer that it came
 * in, unless something speaks against it; the bytes are the same either way. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "reactor.h"

#define LARGE 20000u

static struct service service;
static struct counters counters;
static struct reactor home;
static char payload[LARGE];

/** What the handler does with its input. */
static enum way {
	ECHO, TWICE, MORE, PRINTED, RESERVED, MOST, SHIFTED, REFUSED, NONE,
	FAILED, WAYS
} way;

static int
answer(const char *input, size_t length, throng_reply *r)
{
	char *place;
	int rc;

	assert_memory_equal(input, payload, length);
	switch (way) {
	case SHIFTED:
		return (throng_reply_append(r, input + 1, length - 1));
	case MOST:
		return (throng_reply_append(r, input, length - 1));
	default:
		break;
	}
	rc = throng_reply_append(r, input, length);
	if (way == TWICE)
		rc |= throng_reply_append(r, input, length);
	if (way == MORE)
		rc |= throng_reply_append(r, "more", 4);
	if (way == PRINTED)
		rc |= throng_reply_printf(r, "%s", "more");
	if (way == RESERVED) {
		place = throng_reply_reserve(r, 4);
		assert_non_null(place);
		memcpy(place, "more", 4);
	}
	if (way == REFUSED)
		rc = throng_reply_error(r, "invalid", "no");
	if (way == NONE)
		throng_reply_none(r);
	if (way == FAILED)
		rc = -1;
	/* Still there, whatever was appended. */
	assert_memory_equal(input, payload, length);
	return (rc);
}

static const throng_handler handler = {
	.name = "lend", .process_input = answer,
};

/* What has to come back, without its framing. */
static size_t
wanted(char *out, size_t length)
{

	memcpy(out, payload, length);
	switch (way) {
	case ECHO:
		return (length);
	case TWICE:
		memcpy(out + length, payload, length);
		return (2 * length);
	case MORE:
	case PRINTED:
	case RESERVED:
		memcpy(out + length, "more", 4);
		return (length + 4);
	case MOST:
		return (length - 1);
	case SHIFTED:
		memcpy(out, payload + 1, length - 1);
		return (length - 1);
	case REFUSED:
		memcpy(out, "!error invalid no", 17);
		return (17);
	case FAILED:
		return (refuse_payload(REFUSE_FAILED, out));
	case NONE:
	case WAYS:
		break;
	}
	return (0);
}

/* A job with requests of `length` bytes; the tail of a line is CR LF. */
static struct job *
make(unsigned requests, size_t length)
{
	throng_framing f = service.framer.framing;
	struct job *job = job_new(4);
	unsigned tail = f == THRONG_FRAME_LINE ? 2 : 1;
	size_t head;
	char *at;

	assert_non_null(job);
	while (requests-- > 0) {
		at = bytes_reserve(&job->in, length + 32);
		assert_non_null(at);
		head = frame_head(f, length, at);
		memcpy(at + head, payload, length);
		job_add(job, job->in.length + head, length, tail,
		    VERDICT_HANDLE);
		job->in.length += head + length;
		job->in.length += frame_tail(f, tail, at + head + length);
	}
	return (job);
}

/* Work on it; return whether the first request's buffer is now the reply's. */
static bool
work(struct job *job, size_t length)
{
	static char want[4 * LARGE], body[2 * LARGE + 64];
	throng_framing f = service.framer.framing;
	struct processor processor;
	char *before = job->in.data;
	size_t n, at = 0;

	assert_int_equal(process_open(&processor, &service, &counters), 0);
	process_job(&processor, job);
	process_close(&processor);
	for (unsigned i = 0; i < job->count && way != NONE; i++) {
		n = wanted(body, length);
		at += frame_head(f, n, want + at);
		memcpy(want + at, body, n);
		at += n;
		at += frame_tail(f, job->requests[i].tail, want + at);
	}
	assert_int_equal(job->out.length, at);
	assert_memory_equal(job->out.data, want, at);
	assert_true(job->out.length <= job->out.size);
	assert_int_equal(job->replies, way == NONE ? 0 : job->count);
	return (job->out.data == before);
}

static void
every_way(void **state)
{

	(void)state;
	for (int f = 0; f <= THRONG_FRAME_NETSTRING; f++) {
		unit_framing(&service, (throng_framing)f, 1u << 20);
		for (way = ECHO; way < WAYS; way++) {
			struct job *job = make(1, LARGE);

			job->home = &home;
			assert_int_equal(work(job, LARGE), way == ECHO);
			/* Either buffer may be used again. */
			assert_true(job->in.data != job->out.data);
			job_free(job);
		}
	}
}

/* Copied after all: small ones, several, and where the input is still
 * needed. */
static void
not_lent(void **state)
{
	struct job *job;

	(void)state;
	way = ECHO;
	unit_framing(&service, THRONG_FRAME_LEN32, 1u << 20);
	job = make(1, 1000);
	job->home = &home;
	assert_false(work(job, 1000));
	job_free(job);
	job = make(2, LARGE);
	job->home = &home;
	assert_false(work(job, LARGE));
	job_free(job);
	job = make(1, LARGE);
	assert_false(work(job, LARGE));
	job_free(job);
}

static void
not_beyond_max_reply(void **state)
{
	struct job *job = make(1, LARGE);

	(void)state;
	way = FAILED;
	service.config.max_reply = LARGE - 1;
	job->home = &home;
	assert_false(work(job, LARGE));
	assert_int_equal(atomic_load(&counters.failed) > 0, 1);
	service.config.max_reply = LARGE;
	job_free(job);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way),
		cmocka_unit_test(not_lent),
		cmocka_unit_test(not_beyond_max_reply),
	};

	unit_guard();
	for (size_t i = 0; i < LARGE; i++)
		payload[i] = (char)(i % 251);
	unit_service(&service, &handler);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
