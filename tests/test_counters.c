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
	uint64_t n = 0;

	(void)state;
	fill(&a, 0);
	fill(&b, 1000);
	/* More were accepted than closed. */
	counter_add(&a.connections, 50);
	counters_sum(&a, &t);
	assert_int_equal(t.connections, 51);
	assert_int_equal(t.closed, 2);
	assert_int_equal(t.open, 49);
	counter_add(&b.closed, 5);
	counters_sum(&b, &t);
	assert_int_equal(t.connections, 51 + 1001);
	assert_int_equal(t.closed, 2 + 1007);
	assert_int_equal(t.open, 49 + 1001 - 1007);
	t.connections -= 50;
	t.closed -= 5;
#define CHECK(name) n++; assert_int_equal(t.name, n + n + 1000);
	COUNTERS(CHECK)
#undef CHECK
}

/* What is printed: every field of throng_stats once, by its name. */
static void
names(void **state)
{
	throng_stats t = { 0 };
	const char *name;
	size_t count = 0;
	uint64_t all = 0;

	(void)state;
	t.connections = 1;
	t.dropped_gone = 20;
	t.log_suppressed = 300;
	t.open = 4000;
	for (; (name = counters_name(count)) != NULL; count++) {
		uint64_t value = counters_value(&t, count);

		all += value;
		if (strcmp(name, "connections") == 0)
			assert_int_equal(value, 1);
		if (strcmp(name, "dropped_gone") == 0)
			assert_int_equal(value, 20);
		if (strcmp(name, "log_suppressed") == 0)
			assert_int_equal(value, 300);
		if (strcmp(name, "open") == 0)
			assert_int_equal(value, 4000);
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(counters_name(i), name);
	}
	assert_int_equal(all, 4321);
	assert_int_equal(count * sizeof(uint64_t), sizeof(throng_stats));
	assert_null(counters_name(count + 1));
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
		cmocka_unit_test(names),
		cmocka_unit_test(open_across_sets),
		cmocka_unit_test(layout),
		cmocka_unit_test(shared),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
