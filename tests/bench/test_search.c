/*
 * The search against services whose capacity is known.
 */
#include "check.h"
#include "rng.h"
#include "search.h"

/* Search a service that passes up to `capacity`; return the answer. */
static double
find(double capacity, double least, double first, double most,
    enum search_step *end)
{
	struct search s;

	search_start(&s, least, first, most, 0.05);
	while (!search_ended(&s)) {
		assert_true(s.rate >= least && s.rate <= most);
		assert_true(s.trials < 60);
		(void)search_tell(&s, s.rate <= capacity);
	}
	*end = s.step;
	return (s.rate);
}

static void
finds_within_the_tolerance(void **state)
{
	enum search_step end;

	(void)state;
	for (double capacity = 150; capacity < 900000; capacity *= 1.37) {
		double rate = find(capacity, 100, 1000, 1e6, &end);

		assert_int_equal(end, SEARCH_FOUND);
		assert_true(rate <= capacity && rate * 1.05 >= capacity);
	}
}

static void
ends_at_either_end(void **state)
{
	enum search_step end;

	(void)state;
	assert_true(find(1e9, 100, 1000, 1e6, &end) == 1e6);
	assert_int_equal(end, SEARCH_ALL);
	assert_true(find(50, 100, 1000, 1e6, &end) == 0);
	assert_int_equal(end, SEARCH_NONE);
	assert_true(find(100, 100, 100, 100, &end) == 100);
	assert_int_equal(end, SEARCH_ALL);
	assert_true(find(99, 100, 100, 100, &end) == 0);
	assert_int_equal(end, SEARCH_NONE);
}

static void
steps_down_when_the_confirmation_fails(void **state)
{
	struct search s;
	double rate;

	(void)state;
	search_start(&s, 100, 1000, 1e6, 0.05);
	while (s.step == SEARCH_TRY)
		(void)search_tell(&s, s.rate <= 5000);
	assert_int_equal(s.step, SEARCH_CONFIRM);
	rate = s.rate;
	assert_int_equal(search_tell(&s, 0), SEARCH_CONFIRM);
	assert_true(near(s.rate, rate / 1.05, 1e-6));
	assert_int_equal(search_tell(&s, 1), SEARCH_FOUND);
	assert_true(near(s.rate, rate / 1.05, 1e-6));
	assert_int_equal(s.failed_confirms, 1);
	/* Told more than it asked for, it stays with its answer. */
	assert_int_equal(search_tell(&s, 0), SEARCH_FOUND);
}

/* Whatever it is told, it comes to an end and stays within its range. */
static void
always_ends(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int run = 0; run < 2000; run++) {
		struct search s;

		search_start(&s, 10, 500, 20000, 0.05);
		while (!search_ended(&s)) {
			assert_true(s.rate >= 10 && s.rate <= 20000);
			assert_true(s.trials < 1000);
			(void)search_tell(&s, rng_unit(&rng) < 0.5);
		}
	}
}

static void
objectives_are_read(void **state)
{
	static const char *const bad[] = { "", "p", "p99", "p99<", "99<5ms",
	    "p<5ms", "p100<5ms", "p-1<5ms", "p99<5", "p99<0us", "p99>5ms",
	    "pnan<5ms", "p99<5msx", "p9.9.9<5ms" };
	struct search_objective o;

	(void)state;
	assert_int_equal(search_objective_parse("p99<5ms", &o), 0);
	assert_true(near(o.p, 0.99, 1e-12) && o.limit == 5000000);
	assert_int_equal(search_objective_parse("p99.9<500us", &o), 0);
	assert_true(near(o.p, 0.999, 1e-12) && o.limit == 500000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(search_objective_parse(bad[i], &o), -1);
}

static void
the_unanswered_do_not_meet_an_objective(void **state)
{
	struct search_objective o = { 0.99, 5000000 };
	struct hist *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(h);
	assert_false(search_objective_met(&o, h));
	for (int i = 0; i < 990; i++)
		hist_record(h, 1000);
	assert_true(search_objective_met(&o, h));
	hist_record_infinite(h, 10);
	assert_true(search_objective_met(&o, h));
	hist_record_infinite(h, 1);
	assert_false(search_objective_met(&o, h));
	free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_within_the_tolerance),
		cmocka_unit_test(ends_at_either_end),
		cmocka_unit_test(steps_down_when_the_confirmation_fails),
		cmocka_unit_test(always_ends),
		cmocka_unit_test(objectives_are_read),
		cmocka_unit_test(the_unanswered_do_not_meet_an_objective),
	};

	return (cmocka_run_group_tests_name("search", tests, NULL, NULL));
}
