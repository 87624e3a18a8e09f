/* The counters: every field by its name, sums, and many threads. */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "counters.h"

#define THREADS 4
#define ROUNDS 20000

/* Field i counts i + 1; `base` keeps several sets apart. */
static void
fill(struct counters *c, uint64_t base)
{
	uint64_t n = base;

	memset(c, 0, sizeof(*c));
#define FILL(name) counter_add_own(&c->name, ++n);
	COUNTERS(FILL)
#undef FILL
}

static void
sums(void **state)
{
	struct counters a, b;
	throng_stats t = { 0 };

	(void)state;
	fill(&a, 0);
	fill(&b, 1000);
	/* More were accepted than closed. */
	counter_add(&a.connections, 50);
	counters_sum(&a, &t);
	assert_int_equal(t.connections, 51);
	assert_int_equal(t.open, 49);
	counter_add(&b.closed, 5);
	counters_sum(&b, &t);
	assert_int_equal(t.connections, 51 + 1001);
	assert_int_equal(t.open, 49 + 1001 - 1007);
	assert_int_equal(t.requests, 3 + 1003);
	assert_int_equal(t.replies, 4 + 1004);
	assert_int_equal(t.refused, 5 + 1005);
	assert_int_equal(t.oversize, 6 + 1006);
	assert_int_equal(t.invalid, 7 + 1007);
	assert_int_equal(t.failed, 8 + 1008);
	assert_int_equal(t.dropped_gone, 9 + 1009);
	assert_int_equal(t.dropped_partial, 10 + 1010);
	assert_int_equal(t.dropped_closing, 11 + 1011);
	assert_int_equal(t.dropped_stopping, 12 + 1012);
	assert_int_equal(t.accept_paused, 13 + 1013);
	assert_int_equal(t.wakeups, 14 + 1014);
	assert_int_equal(t.batches, 15 + 1015);
	assert_int_equal(t.working, 16 + 1016);
	assert_int_equal(t.log_lost, 17 + 1017);
	assert_int_equal(t.busy, 18 + 1018);
	assert_int_equal(t.timed_out, 19 + 1019);
	assert_int_equal(t.stuck, 20 + 1020);
}

/* A connection that closed in one set may have been accepted in another. */
static void
open_across_sets(void **state)
{
	struct counters a = { 0 }, b = { 0 };
	throng_stats t = { 0 };

	(void)state;
	counter_add(&a.connections, 3);
	counter_add(&b.closed, 2);
	counters_sum(&b, &t);
	counters_sum(&a, &t);
	assert_int_equal(t.open, 1);
}

static void
layout(void **state)
{
	struct counters many[2];

	(void)state;
	assert_int_equal(sizeof(struct counters) % 64, 0);
	assert_int_equal((uintptr_t)&many[1] % 64, 0);
}

static void *
count(void *argument)
{
	struct counters *c = argument;

	for (int i = 0; i < ROUNDS; i++)
		counter_add(&c->requests, 1);
	return (NULL);
}

static void
shared(void **state)
{
	struct counters c = { 0 };
	pthread_t threads[THREADS];
	throng_stats t = { 0 };

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, &c),
		    0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	counters_sum(&c, &t);
	assert_int_equal(t.requests, THREADS * ROUNDS);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums),
		cmocka_unit_test(open_across_sets),
		cmocka_unit_test(layout),
		cmocka_unit_test(shared),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
