/*
 * Theory lines: the exact ones, and that the simulated agree with them.
 */
#include "check.h"
#include "curve.h"
#include "theory.h"

static struct results *
made(const char *law, double low, double high)
{
	struct results *r = results_new();

	assert_non_null(r);
	r->load.arrival = PLAN_POISSON;
	assert_int_equal(plan_service_parse(law, &r->load.service), 0);
	results_point(r)->rate = low;
	results_point(r)->rate = high;
	return (r);
}

static void
exponential_service_has_closed_forms(void **state)
{
	struct results *r = made("exp:100us", 2000, 16000);

	(void)state;
	assert_int_equal(curve_add(r, 2, 1), 0);
	assert_int_equal(r->theory_count, 3);
	for (size_t k = 0; k < r->theories[0].count; k++) {
		double rho = r->theories[0].rate[k] * 1e-4 / 2;

		assert_true(near(r->theories[0].p99[k],
		    100 * theory_mmc_quantile(2, rho, .99), 1e-6));
		/* A queue for each, at the same load of each. */
		assert_true(near(r->theories[1].p99[k],
		    100 * log(100) / (1 - rho), 1e-3));
		/* Sharing is no better than one queue at p99 for this law. */
		assert_true(r->theories[2].p99[k] >
		    0.97 * r->theories[0].p99[k]);
	}
	assert_true(r->theories[0].rate[0] == 2000);
	results_free(r);
}

static void
fixed_service_is_simulated(void **state)
{
	struct results *r = made("fixed:100us", 10000, 16000);

	(void)state;
	assert_int_equal(curve_add(r, 2, 1), 0);
	/* p99 at load 0.5 is 2.6 service times, as in the literature. */
	assert_true(near(r->theories[0].p99[0], 260, 20));
	assert_true(near(r->theories[1].p99[0], 430, 45));
	assert_true(near(r->theories[2].p99[0], 350, 35));
	results_free(r);
}

/* Only a pool has a queue where handlers wait. */
static void
waiting_service_has_no_queue_but_in_a_pool(void **state)
{
	struct results *r = made("wait-exp:100us", 2000, 16000);

	(void)state;
	assert_int_equal(curve_add(r, 2, 1), 0);
	assert_int_equal(r->theory_count, 3);
	assert_string_equal(r->theories[0].name,
	    "theory: pool of 2, one queue");
	assert_string_equal(r->theories[1].name, "pool, a queue for each");
	assert_string_equal(r->theories[2].name, "no queue (thread)");
	for (size_t k = 0; k < r->theories[2].count; k++) {
		assert_true(near(r->theories[2].p50[k], 100 * log(2), 1e-6));
		assert_true(near(r->theories[2].p99[k], 100 * log(100),
		    1e-6));
		assert_true(r->theories[2].p99[k] < r->theories[0].p99[k]);
	}
	results_free(r);
	r = made("wait-bimodal:0.9:50us:550us", 2000, 16000);
	assert_int_equal(curve_add(r, 2, 1), 0);
	assert_true(near(r->theories[2].p50[3], 50, 1e-9));
	assert_true(near(r->theories[2].p99[3], 550, 1e-9));
	results_free(r);
	r = made("wait-fixed:100us", 2000, 16000);
	assert_int_equal(curve_add(r, 2, 1), 0);
	assert_true(near(r->theories[2].p99[3], 100, 1e-9));
	results_free(r);
}

static void
nothing_to_draw_adds_nothing(void **state)
{
	struct results *r = made("none", 1000, 2000);

	(void)state;
	assert_int_equal(curve_add(r, 2, 1), 0);
	assert_int_equal(r->theory_count, 0);
	results_free(r);
	r = made("exp:100us", NAN, NAN);
	assert_int_equal(curve_add(r, 2, 1), 0);
	assert_int_equal(r->theory_count, 0);
	results_free(r);
	/* Beyond the capacity there is no curve. */
	r = made("exp:100us", 30000, 40000);
	assert_int_equal(curve_add(r, 2, 1), 0);
	assert_int_equal(r->theory_count, 0);
	results_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exponential_service_has_closed_forms),
		cmocka_unit_test(fixed_service_is_simulated),
		cmocka_unit_test(waiting_service_has_no_queue_but_in_a_pool),
		cmocka_unit_test(nothing_to_draw_adds_nothing),
	};

	return (cmocka_run_group_tests_name("curve", tests, NULL, NULL));
}
