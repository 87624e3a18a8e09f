/* The backlog on a clock of the test's own: who waits, who is refused and
 * why, and that nobody is lost or counted twice. */
#include "unit.h"

#include <string.h>

#include "backlog.h"
#include "clock.h"

#define JOBS 32
#define MS ((uint64_t)CLOCK_MS)

/* A backlog with limits and jobs, all new. */
struct bench {
	struct backlog backlog;
	struct job *jobs[JOBS];
	uint64_t now;
};

static void
bench_open(struct bench *b, unsigned limit, unsigned age_ms,
    unsigned request_ms)
{
	throng_config config;

	throng_config_init(&config);
	config.queue_limit = limit;
	config.queue_age_ms = age_ms;
	config.request_ms = request_ms;
	backlog_init(&b->backlog, &config);
	b->now = 1000 * CLOCK_S;
	backlog_time(&b->backlog, b->now, false);
	for (int i = 0; i < JOBS; i++) {
		b->jobs[i] = job_new(1);
		assert_non_null(b->jobs[i]);
		b->jobs[i]->slot = (uint32_t)i;
	}
}

static void
bench_close(struct bench *b)
{

	assert_true(backlog_empty(&b->backlog));
	assert_null(backlog_refused(&b->backlog));
	assert_int_equal(b->backlog.waiting, 0);
	for (int i = 0; i < JOBS; i++)
		job_free(b->jobs[i]);
}

/* Time goes by, a look every few milliseconds. */
static void
pass_time(struct bench *b, uint64_t ns)
{
	uint64_t end = b->now + ns;

	while (b->now < end) {
		b->now = end - b->now > 2 * MS ? b->now + 2 * MS : end;
		backlog_time(&b->backlog, b->now, true);
	}
}

static void
add(struct bench *b, int from, int to)
{

	for (int i = from; i < to; i++)
		backlog_add(&b->backlog, b->jobs[i]);
}

static void
expect_refused(struct bench *b, int from, int to, enum verdict refusal)
{

	for (int i = from; i < to; i++) {
		assert_ptr_equal(backlog_refused(&b->backlog), b->jobs[i]);
		assert_int_equal(b->jobs[i]->refusal, refusal);
		b->jobs[i]->refusal = VERDICT_HANDLE;
	}
	assert_null(backlog_refused(&b->backlog));
}

static void
expect_next(struct bench *b, int from, int to)
{

	for (int i = from; i < to; i++) {
		assert_false(backlog_empty(&b->backlog));
		assert_ptr_equal(backlog_next(&b->backlog), b->jobs[i]);
	}
}

static void
in_order(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 0, 5000, 30000);
	assert_null(backlog_next(&b.backlog));
	add(&b, 0, 5);
	expect_next(&b, 0, 2);
	backlog_settle(&b.backlog, false);
	assert_int_equal(b.backlog.waiting, 3);
	add(&b, 5, 8);
	expect_next(&b, 2, 8);
	assert_null(backlog_next(&b.backlog));
	bench_close(&b);
}

/* Those that came first may wait; a place that is free is given again. */
static void
by_count(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 3, 5000, 30000);
	add(&b, 0, 5);
	backlog_settle(&b.backlog, false);
	expect_refused(&b, 3, 5, VERDICT_BUSY);
	assert_int_equal(b.backlog.full, BACKLOG_COUNT);
	assert_int_equal(b.backlog.waiting, 3);
	expect_next(&b, 0, 1);
	add(&b, 5, 7);
	backlog_settle(&b.backlog, false);
	expect_refused(&b, 6, 7, VERDICT_BUSY);
	expect_next(&b, 1, 3);
	expect_next(&b, 5, 6);
	bench_close(&b);
}

/* No limit by count: all of them wait. */
static void
no_count(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 0, 5000, 30000);
	add(&b, 0, JOBS);
	backlog_settle(&b.backlog, false);
	assert_int_equal(b.backlog.waiting, JOBS);
	expect_next(&b, 0, JOBS);
	bench_close(&b);
}

static void
by_age(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 0, 100, 30000);
	add(&b, 0, 2);
	backlog_settle(&b.backlog, false);
	pass_time(&b, 100 * MS);
	add(&b, 2, 3);
	backlog_settle(&b.backlog, false);
	assert_int_equal(b.backlog.waiting, 3);
	pass_time(&b, 1);
	add(&b, 3, 5);
	backlog_settle(&b.backlog, false);
	expect_refused(&b, 3, 5, VERDICT_BUSY);
	assert_int_equal(b.backlog.full, BACKLOG_AGE);
	/* The oldest gone, the next is younger: the door is open again. */
	expect_next(&b, 0, 2);
	add(&b, 5, 6);
	backlog_settle(&b.backlog, false);
	expect_next(&b, 2, 3);
	expect_next(&b, 5, 6);
	bench_close(&b);
}

static void
all_stuck(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 0, 5000, 30000);
	add(&b, 0, 2);
	backlog_settle(&b.backlog, false);
	add(&b, 2, 4);
	backlog_settle(&b.backlog, true);
	/* Those that wait already wait for nobody, either. */
	expect_refused(&b, 0, 4, VERDICT_BUSY);
	assert_int_equal(b.backlog.full, BACKLOG_STUCK);
	assert_int_equal(b.backlog.waiting, 0);
	add(&b, 4, 6);
	backlog_settle(&b.backlog, false);
	expect_next(&b, 4, 6);
	bench_close(&b);
}

/* At the turn of a job, and without its turn ever coming. */
static void
deadline(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 0, 5000, 200);
	add(&b, 0, 3);
	backlog_settle(&b.backlog, false);
	pass_time(&b, 199 * MS);
	expect_next(&b, 0, 1);
	add(&b, 3, 4);
	backlog_settle(&b.backlog, false);
	pass_time(&b, 1 * MS);
	expect_next(&b, 3, 4);
	expect_refused(&b, 1, 3, VERDICT_TIMEOUT);
	/* Nobody asks for the next one. */
	add(&b, 4, 6);
	backlog_settle(&b.backlog, false);
	pass_time(&b, 150 * MS);
	add(&b, 6, 7);
	backlog_settle(&b.backlog, false);
	assert_null(backlog_refused(&b.backlog));
	for (int i = 0; i < 100; i++) {
		pass_time(&b, 1 * MS);
		backlog_settle(&b.backlog, false);
	}
	assert_int_equal(b.backlog.waiting, 1);
	expect_refused(&b, 4, 6, VERDICT_TIMEOUT);
	expect_next(&b, 6, 7);
	bench_close(&b);
}

/* What a worker gave back has waited since it first came. */
static void
given_back(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 2, 5000, 200);
	add(&b, 0, 3);
	expect_next(&b, 0, 1);
	backlog_settle(&b.backlog, false);
	pass_time(&b, 150 * MS);
	expect_next(&b, 1, 2);
	backlog_again(&b.backlog, b.jobs[1]);
	backlog_again(&b.backlog, b.jobs[0]);
	assert_int_equal(b.backlog.waiting, 3);
	/* It counts among those that wait. */
	add(&b, 3, 4);
	backlog_settle(&b.backlog, false);
	expect_refused(&b, 3, 4, VERDICT_BUSY);
	pass_time(&b, 50 * MS);
	/* The first was new when it left. */
	expect_next(&b, 0, 1);
	assert_null(backlog_next(&b.backlog));
	expect_refused(&b, 1, 3, VERDICT_TIMEOUT);
	bench_close(&b);
}

/* Whoever closes a state is never refused and takes nobody's place. */
static void
states_are_closed(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 1, 100, 200);
	for (int i = 0; i < 4; i++)
		b.jobs[i]->kind = JOB_END;
	add(&b, 0, 5);
	backlog_settle(&b.backlog, true);
	expect_refused(&b, 4, 5, VERDICT_BUSY);
	backlog_add(&b.backlog, b.jobs[5]);
	backlog_settle(&b.backlog, false);
	assert_int_equal(b.backlog.waiting, 1);
	for (int i = 0; i < 10; i++) {
		pass_time(&b, 100 * MS);
		backlog_settle(&b.backlog, false);
	}
	expect_refused(&b, 5, 6, VERDICT_TIMEOUT);
	expect_next(&b, 0, 4);
	bench_close(&b);
}

/* From wherever they are. */
static void
removed(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 2, 100, 200);
	add(&b, 0, 6);
	backlog_remove(&b.backlog, b.jobs[1]);
	backlog_settle(&b.backlog, false);
	assert_int_equal(b.backlog.waiting, 2);
	backlog_remove(&b.backlog, b.jobs[2]);
	assert_int_equal(b.backlog.waiting, 1);
	backlog_remove(&b.backlog, b.jobs[5]);
	backlog_remove(&b.backlog, b.jobs[3]);
	assert_int_equal(b.jobs[3]->refusal, VERDICT_HANDLE);
	expect_refused(&b, 4, 5, VERDICT_BUSY);
	expect_next(&b, 0, 1);
	bench_close(&b);
}

/* A process that was stopped blames nobody for it. */
static void
frozen(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 0, 1000, 3000);
	add(&b, 0, 2);
	backlog_settle(&b.backlog, false);
	b.now += 3600 * CLOCK_S;
	backlog_time(&b.backlog, b.now, true);
	add(&b, 2, 3);
	backlog_settle(&b.backlog, false);
	assert_null(backlog_refused(&b.backlog));
	expect_next(&b, 0, 1);
	/* From then on time counts again. */
	pass_time(&b, 1001 * MS);
	add(&b, 3, 4);
	backlog_settle(&b.backlog, false);
	expect_refused(&b, 3, 4, VERDICT_BUSY);
	assert_int_equal(b.backlog.full, BACKLOG_AGE);
	pass_time(&b, 1999 * MS);
	assert_null(backlog_next(&b.backlog));
	expect_refused(&b, 1, 3, VERDICT_TIMEOUT);
	bench_close(&b);
}

/* Nothing to do for long is not being frozen. */
static void
idle(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 0, 1000, 3000);
	b.now += 3600 * CLOCK_S;
	backlog_time(&b.backlog, b.now, false);
	assert_int_equal(b.backlog.thawed, 0);
	assert_int_equal(backlog_age(&b.backlog, b.now - 7), 7);
	assert_int_equal(backlog_age(&b.backlog, b.now + 7), 0);
	bench_close(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(by_count),
		cmocka_unit_test(no_count),
		cmocka_unit_test(by_age),
		cmocka_unit_test(all_stuck),
		cmocka_unit_test(deadline),
		cmocka_unit_test(given_back),
		cmocka_unit_test(states_are_closed),
		cmocka_unit_test(removed),
		cmocka_unit_test(frozen),
		cmocka_unit_test(idle),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
