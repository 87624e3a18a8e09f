/* The counters: every field by its name, sums, and many threads. */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "counters.h"

#define THREADS 4
#define ROUNDS 20000

/* Each field's place in the list, from 1. */
enum {
	AT_NONE,
#define AT(name) AT_##name,
	COUNTERS(AT)
#undef AT
};

/* What both sets together have in a field. */
#define BOTH(name) (2 * AT_##name + 1000)

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
	assert_int_equal(t.requests, BOTH(requests));
	assert_int_equal(t.replies, BOTH(replies));
	assert_int_equal(t.refused, BOTH(refused));
	assert_int_equal(t.refused_source, BOTH(refused_source));
	assert_int_equal(t.refused_rate, BOTH(refused_rate));
	assert_int_equal(t.reaped, BOTH(reaped));
	assert_int_equal(t.shed, BOTH(shed));
	assert_int_equal(t.oversize, BOTH(oversize));
	assert_int_equal(t.invalid, BOTH(invalid));
	assert_int_equal(t.failed, BOTH(failed));
	assert_int_equal(t.dropped_gone, BOTH(dropped_gone));
	assert_int_equal(t.dropped_partial, BOTH(dropped_partial));
	assert_int_equal(t.dropped_closing, BOTH(dropped_closing));
	assert_int_equal(t.dropped_stopping, BOTH(dropped_stopping));
	assert_int_equal(t.accept_paused, BOTH(accept_paused));
	assert_int_equal(t.wakeups, BOTH(wakeups));
	assert_int_equal(t.batches, BOTH(batches));
	assert_int_equal(t.working, BOTH(working));
	assert_int_equal(t.log_lost, BOTH(log_lost));
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
