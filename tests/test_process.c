/* The handler, run over jobs: order, refusals in their place, closing in the
 * middle, states, and replies that are too many for one turn. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "process.h"

static int fail_realloc;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__wrap_realloc(void *old, size_t size)
{

	return (fail_realloc ? NULL : __real_realloc(old, size));
}

struct bench {
	struct service service;
	struct counters counters;
	struct processor processor;
	struct job *job;
};

static int
bench_open(void **state)
{
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	unit_service(&b->service, &unit_handler);
	assert_int_equal(process_open(&b->processor, &b->service, &b->counters),
	    0);
	b->job = job_new(JOB_REQUESTS_MAX);
	*state = b;
	return (0);
}

static int
bench_close(void **state)
{
	struct bench *b = *state;

	process_close(&b->processor);
	job_free(b->job);
	free(b);
	return (0);
}

/* A request of the job: the text, or "!oversize" or "!invalid". */
static void
request(struct bench *b, const char *text)
{
	struct bytes *in = &b->job->in;
	size_t length = strlen(text), at = in->length;

	if (strcmp(text, "!oversize") == 0) {
		job_add(b->job, at, 0, 0, VERDICT_OVERSIZE);
		return;
	}
	if (strcmp(text, "!invalid") == 0) {
		job_add(b->job, at, 0, 0, VERDICT_INVALID);
		b->job->close = true;
		return;
	}
	memcpy(bytes_reserve(in, length + 1), text, length);
	in->length += length;
	job_add(b->job, at, length, 1, VERDICT_HANDLE);
}

static throng_stats
stats(const struct bench *b)
{
	throng_stats t = { 0 };

	counters_sum(&b->counters, &t);
	return (t);
}

static void
expect_out(const struct bench *b, const char *want)
{

	assert_int_equal(b->job->out.length, strlen(want));
	assert_memory_equal(b->job->out.data, want, strlen(want));
}

#define FAILED "!error failed the request could not be answered\n"
#define OVERSIZE "!error oversize the request is too long\n"
#define INVALID "!error invalid the framing is broken\n"

static void
in_order(void **state)
{
	struct bench *b = *state;

	request(b, "one");
	request(b, "!oversize");
	request(b, "fail");
	request(b, "");
	request(b, "none");
	request(b, "error");
	request(b, "two");
	process_job(&b->processor, b->job);
	expect_out(b, "one\n" OVERSIZE FAILED "\n!error invalid no\ntwo\n");
	assert_int_equal(b->job->replies, 6);
	assert_int_equal(job_unanswered(b->job), 0);
	assert_false(b->job->close);
	assert_int_equal(stats(b).requests, 6);
	assert_int_equal(stats(b).oversize, 1);
	assert_int_equal(stats(b).failed, 1);
	assert_int_equal(stats(b).invalid, 0);
	assert_int_equal(stats(b).batches, 1);
	assert_int_equal(stats(b).dropped_closing, 0);
}

static void
broken_stream(void **state)
{
	struct bench *b = *state;

	request(b, "one");
	request(b, "!invalid");
	process_job(&b->processor, b->job);
	expect_out(b, "one\n" INVALID);
	assert_true(b->job->close);
	assert_int_equal(stats(b).invalid, 1);
	assert_int_equal(stats(b).requests, 1);
}

static void
close_in_the_middle(void **state)
{
	static const char *const last[] = { "close", "stop" };
	static const char *const want[] = { "one\nclose\n", "one\n" FAILED };
	struct bench *b = *state;

	for (int i = 0; i < 2; i++) {
		request(b, "one");
		request(b, last[i]);
		request(b, "two");
		request(b, "!oversize");
		request(b, "!invalid");
		process_job(&b->processor, b->job);
		expect_out(b, want[i]);
		assert_true(b->job->close);
		assert_int_equal(job_unanswered(b->job), 0);
		assert_int_equal(stats(b).dropped_closing, 3 * (i + 1));
		assert_int_equal(stats(b).invalid, 0);
		assert_int_equal(stats(b).oversize, 0);
		job_reset(b->job);
	}
}

static void
close_after_reply(void **state)
{
	struct bench *b = *state;
	/* Static, since bench_close() still looks into it. */
	static throng_handler handler;

	handler = unit_handler;
	handler.traits = THRONG_CLOSE_AFTER_REPLY;
	b->service.handler = &handler;
	request(b, "!oversize");
	request(b, "one");
	request(b, "two");
	process_job(&b->processor, b->job);
	expect_out(b, OVERSIZE "one\n");
	assert_true(b->job->close);
	assert_int_equal(stats(b).dropped_closing, 1);
}

/* Too many replies: what is left waits, and what closes waits with it. */
static void
a_rest_is_left(void **state)
{
	struct bench *b = *state;
	unsigned turns = 0, replies = 0;
	size_t total = 0;

	for (int i = 0; i < 10; i++)
		request(b, "big 100000");
	request(b, "!invalid");
	do {
		bytes_reset(&b->job->out);
		b->job->replies = 0;
		process_job(&b->processor, b->job);
		assert_in_range(b->job->out.length, 1,
		    JOB_REPLIES_MAX + 100001);
		total += b->job->out.length;
		replies += b->job->replies;
		turns++;
	} while (job_unanswered(b->job) > 0);
	assert_int_equal(replies, 11);
	assert_int_equal(total, 10 * 100001 + strlen(INVALID));
	assert_int_equal(turns, 4);
	assert_true(b->job->close);
	assert_int_equal(stats(b).requests, 10);
	assert_int_equal(stats(b).invalid, 1);
	assert_int_equal(stats(b).batches, turns);
}

/* What waits already leaves less room for replies, but always for one. */
static void
beside_what_waits(void **state)
{
	struct bench *b = *state;
	size_t soft = b->service.config.output_soft;
	const struct {
		size_t burden;
		unsigned replies;
	} rows[] = {
		{ 0, (unsigned)(soft / 10001) + 1 },
		{ soft - 15000, 2 },
		{ soft - 10000, 1 },
		{ soft, 1 },
		{ soft + 1, 1 },
		{ 2 * soft, 1 },
	};

	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		for (int n = 0; n < 40; n++)
			request(b, "big 10000");
		b->job->burden = rows[i].burden;
		process_job(&b->processor, b->job);
		assert_int_equal(b->job->replies, rows[i].replies);
		assert_int_equal(job_unanswered(b->job),
		    40 - rows[i].replies);
		job_reset(b->job);
		assert_int_equal(b->job->burden, 0);
	}
}

/* Time that is up after any request: one at a time, none lost. */
static void
gives_way(void **state)
{
	struct bench *b = *state;
	unsigned turns = 0, replies = 0;

	b->service.job_time_max = 0;
	for (int i = 0; i < 5; i++)
		request(b, "x");
	do {
		bytes_reset(&b->job->out);
		b->job->replies = 0;
		process_job(&b->processor, b->job);
		assert_int_equal(b->job->replies, 1);
		replies += b->job->replies;
		turns++;
	} while (job_unanswered(b->job) > 0);
	assert_int_equal(turns, 5);
	assert_int_equal(replies, 5);
	assert_int_equal(stats(b).requests, 5);
}

static void
the_rest_closes(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 2; i++)
		request(b, "big 300000");
	request(b, "close");
	request(b, "lost");
	for (unsigned left = 3; left >= 2; left--) {
		process_job(&b->processor, b->job);
		assert_int_equal(b->job->out.length, 300001);
		assert_int_equal(job_unanswered(b->job), left);
		assert_false(b->job->close);
		bytes_reset(&b->job->out);
	}
	process_job(&b->processor, b->job);
	expect_out(b, "close\n");
	assert_true(b->job->close);
	assert_int_equal(stats(b).dropped_closing, 1);
	assert_int_equal(job_unanswered(b->job), 0);
}

static void
connection_states(void **state)
{
	struct bench *b = *state;

	b->service.handler = &unit_handler_state;
	atomic_store(&unit_states_fail, 1);
	request(b, "state");
	process_job(&b->processor, b->job);
	expect_out(b, FAILED);
	assert_null(b->job->state);
	assert_false(b->job->close);
	job_answered(b->job);
	/* The next request tries again. */
	atomic_store(&unit_states_fail, 0);
	request(b, "state");
	request(b, "state");
	process_job(&b->processor, b->job);
	expect_out(b, "1\n2\n");
	assert_non_null(b->job->state);
	assert_int_equal(unit_states, 1);
	job_answered(b->job);
	request(b, "state");
	process_job(&b->processor, b->job);
	expect_out(b, "3\n");
	job_answered(b->job);
	b->job->kind = JOB_END;
	process_job(&b->processor, b->job);
	assert_int_equal(unit_states, 0);
	assert_null(b->job->state);
}

/* Refusals are not the handler's: they need no state. */
static void
refusals_without_state(void **state)
{
	struct bench *b = *state;

	b->service.handler = &unit_handler_state;
	request(b, "!oversize");
	request(b, "!invalid");
	process_job(&b->processor, b->job);
	expect_out(b, OVERSIZE INVALID);
	assert_null(b->job->state);
	assert_int_equal(unit_states, 0);
}

static int opened, closed, refuse_open;

static void *
open_worker(void)
{

	opened++;
	return (refuse_open ? NULL : &opened);
}

static void
close_worker(void *state)
{

	assert_ptr_equal(state, &opened);
	closed++;
}

static void
worker_states(void **state)
{
	struct bench *b = *state;
	static throng_handler handler;
	struct processor p;

	handler = unit_handler;
	handler.worker_open = open_worker;
	handler.worker_close = close_worker;
	b->service.handler = &handler;
	assert_int_equal(process_open(&p, &b->service, &b->counters), 0);
	assert_ptr_equal(p.worker_state, &opened);
	process_close(&p);
	assert_int_equal(opened, 1);
	assert_int_equal(closed, 1);
	refuse_open = 1;
	assert_int_equal(process_open(&p, &b->service, &b->counters), -1);
	assert_int_equal(opened, 2);
	assert_int_equal(closed, 1);
}

/* No memory at all: the handler is not called, the connection closes. */
static void
no_memory(void **state)
{
	struct bench *b = *state;
	unsigned before = unit_calls;

	request(b, "one");
	request(b, "two");
	fail_realloc = 1;
	process_job(&b->processor, b->job);
	fail_realloc = 0;
	assert_int_equal(unit_calls, before);
	assert_int_equal(b->job->out.length, 0);
	assert_true(b->job->close);
	assert_int_equal(job_unanswered(b->job), 0);
	assert_int_equal(stats(b).failed, 1);
	assert_int_equal(stats(b).dropped_closing, 1);
}

static void
logged(void **state)
{
	struct bench *b = *state;
	char out[2048];

	assert_int_equal(unit_log(&b->service.log, THRONG_LOG_DEBUG,
			     THRONG_LOG_TEXT),
	    0);
	request(b, "one");
	request(b, "none");
	request(b, "!oversize");
	process_job(&b->processor, b->job);
	unit_log_read(&b->service.log, out, sizeof(out));
	assert_non_null(strstr(out, "request peer=unix: bytes=3 data=\"one\""));
	assert_non_null(strstr(out,
	    "reply peer=unix: bytes=4 data=\"one\\n\""));
	assert_non_null(strstr(out,
	    "request peer=unix: bytes=4 data=\"none\""));
	assert_non_null(strstr(out, "data=\"!error oversize"));
	assert_null(strstr(out, "bytes=0"));
}

/* Orders are not the handler's business. */
static void
other_kinds(void **state)
{
	struct bench *b = *state;
	unsigned before = unit_calls;

	request(b, "one");
	for (int kind = JOB_STOP; kind <= JOB_KILL; kind++) {
		b->job->kind = (uint8_t)kind;
		process_job(&b->processor, b->job);
	}
	assert_int_equal(unit_calls, before);
	assert_int_equal(b->job->out.length, 0);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
	static const struct CMUnitTest tests[] = {
		TEST(in_order),
		TEST(broken_stream),
		TEST(close_in_the_middle),
		TEST(close_after_reply),
		TEST(a_rest_is_left),
		TEST(beside_what_waits),
		TEST(the_rest_closes),
		TEST(gives_way),
		TEST(the_rest_closes),
		TEST(connection_states),
		TEST(refusals_without_state),
		TEST(worker_states),
		TEST(no_memory),
		TEST(logged),
		TEST(other_kinds),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
