/* Jobs: what fills them, what empties them, what they keep. */
#include "unit.h"

#include <stdlib.h>

#include "job.h"

static int fail_calloc;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *
__wrap_calloc(size_t count, size_t size)
{

	return (fail_calloc ? NULL : __real_calloc(count, size));
}

static void
news(void **state)
{
	struct job *job = job_new(3);

	(void)state;
	assert_non_null(job);
	assert_int_equal(job->room, 3);
	assert_int_equal(job->kind, JOB_REQUESTS);
	assert_int_equal(job->count, 0);
	assert_int_equal(job_unanswered(job), 0);
	assert_false(job_full(job));
	assert_ptr_equal(job_of(&job->node), job);
	assert_null(job_of(NULL));
	job_free(job);
	job_free(NULL);
	fail_calloc = 1;
	assert_null(job_new(3));
	fail_calloc = 0;
}

static void
full_by_count(void **state)
{
	struct job *job = job_new(JOB_REQUESTS_MAX);

	(void)state;
	for (unsigned i = 0; i < JOB_REQUESTS_MAX; i++) {
		assert_false(job_full(job));
		job_add(job, i, i + 1, i % 3,
		    i % 2 ? VERDICT_OVERSIZE : VERDICT_HANDLE);
	}
	assert_true(job_full(job));
	for (unsigned i = 0; i < JOB_REQUESTS_MAX; i++) {
		assert_int_equal(job->requests[i].offset, i);
		assert_int_equal(job->requests[i].length, i + 1);
		assert_int_equal(job->requests[i].tail, i % 3);
		assert_int_equal(job->requests[i].verdict,
		    i % 2 ? VERDICT_OVERSIZE : VERDICT_HANDLE);
	}
	job_free(job);
}

/* Bytes count from the second request on: a large one always fits alone. */
static void
full_by_bytes(void **state)
{
	struct job *job = job_new(8);

	(void)state;
	job_add(job, 0, JOB_BYTES_MAX - 1, 1, VERDICT_HANDLE);
	assert_false(job_full(job));
	job_add(job, JOB_BYTES_MAX - 1, 1, 1, VERDICT_HANDLE);
	assert_true(job_full(job));
	job_answered(job);
	assert_false(job_full(job));
	job_add(job, 5, 64u << 20, 1, VERDICT_HANDLE);
	assert_true(job_full(job));
	job_free(job);
}

static void
unanswered(void **state)
{
	struct job *job = job_new(4);

	(void)state;
	for (int i = 0; i < 4; i++)
		job_add(job, 0, 0, 0, VERDICT_HANDLE);
	assert_int_equal(job_unanswered(job), 4);
	job->done = 3;
	assert_int_equal(job_unanswered(job), 1);
	job->kind = JOB_END;
	assert_int_equal(job_unanswered(job), 0);
	job_free(job);
}

static void
use(struct job *job, size_t size)
{
	static int mark;

	assert_non_null(bytes_reserve(&job->in, size));
	assert_non_null(bytes_reserve(&job->out, size));
	job->in.length = job->out.length = size;
	job_add(job, 0, size, 0, VERDICT_HANDLE);
	job->done = job->count;
	job->replies = 7;
	job->close = true;
	job->spent_ns = 5;
	job->state = &mark;
}

static void
empties(void **state)
{
	struct job *job = job_new(4);

	(void)state;
	use(job, 1000);
	job_answered(job);
	assert_int_equal(job->in.length, 1000);
	assert_non_null(job->state);
	assert_int_equal(job->out.length, 0);
	assert_int_equal(job->count + job->done + job->replies, 0);
	assert_false(job->close);
	use(job, 1000);
	job->kind = JOB_END;
	job_reset(job);
	assert_int_equal(job->kind, JOB_REQUESTS);
	assert_int_equal(job->in.length + job->out.length, 0);
	assert_null(job->state);
	assert_int_equal(job->spent_ns, 0);
	assert_int_equal(job->count + job->done + job->replies, 0);
	assert_false(job->close);
	assert_int_equal(job->room, 4);
	assert_true(job->in.size > 0 && job->out.size > 0);
	use(job, BYTES_KEEP + 1);
	job_reset(job);
	assert_int_equal(job->in.size + job->out.size, 0);
	job_free(job);
}

/* Added by one thread, taken back by another: the sum is what counts. */
static void
settles(void **state)
{
	struct job *job = job_new(1);
	struct counters worker = { 0 }, reactor = { 0 };
	throng_stats t = { 0 };

	(void)state;
	counter_add(&worker.working, 5);
	job->begun = 5;
	job_settle(job, &reactor);
	job_settle(job, &reactor); /* nothing more to take back */
	counters_sum(&worker, &t);
	counters_sum(&reactor, &t);
	assert_int_equal(t.working, 0);
	job_free(job);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(news),
		cmocka_unit_test(full_by_count),
		cmocka_unit_test(full_by_bytes),
		cmocka_unit_test(unanswered),
		cmocka_unit_test(empties),
		cmocka_unit_test(settles),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
