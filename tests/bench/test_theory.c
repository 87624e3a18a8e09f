/*
 * The closed forms against the table of the literature and against sums.
 */
#include "check.h"
#include "theory.h"

static void
erlang_c_matches_its_sum(void **state)
{

	(void)state;
	for (unsigned c = 1; c <= 30; c++) {
		for (double rho = 0.1; rho < 1; rho += 0.2) {
			double a = c * rho, term = 1, sum = 0;

			for (unsigned k = 0; k < c; k++) {
				sum += term;
				term *= a / (k + 1);
			}
			term /= 1 - rho;
			assert_true(near(theory_erlang_c(c, rho),
			    term / (sum + term), 1e-12));
		}
	}
	assert_true(near(theory_erlang_c(2, 0.7), 0.576, 0.0005));
	assert_true(near(theory_mmc_mean(2, 0.7), 1.96, 0.005));
	assert_true(near(theory_mmc_mean(1, 0.9), 10, 1e-9));
}

static void
quantiles_match_the_table(void **state)
{
	static const struct {
		unsigned servers;
		double rho, p50, p99, p999;
	} rows[] = {
		{ 1, .5, 1.39, 9.21, 13.8 }, { 1, .9, 6.93, 46.1, 69.1 },
		{ 2, .5, .97, 5.67, 8.23 }, { 2, .8, 2.04, 11.9, 17.7 },
		{ 4, .7, 1.03, 5.49, 7.90 }, { 4, .95, 3.99, 23.6, 35.1 },
		{ 16, .8, .80, 4.73, 7.04 }, { 16, .95, 1.60, 7.22, 10.2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned c = rows[i].servers;
		double rho = rows[i].rho;

		assert_true(near(theory_mmc_quantile(c, rho, .5), rows[i].p50,
		    .005 * rows[i].p50 + .005));
		assert_true(near(theory_mmc_quantile(c, rho, .99),
		    rows[i].p99, .005 * rows[i].p99));
		assert_true(near(theory_mmc_quantile(c, rho, .999),
		    rows[i].p999, .005 * rows[i].p999));
	}
}

/* The mean is the integral of the tail, also where two rates meet. */
static void
tails_integrate_to_the_mean(void **state)
{
	static const double loads[] = { 0.3, 0.5, 0.75, 0.9 };

	(void)state;
	for (unsigned c = 1; c <= 4; c++) {
		for (int i = 0; i < 4; i++) {
			double sum = 0, step = 0.001;

			for (double t = step / 2; t < 200; t += step)
				sum += step * theory_mmc_tail(c, loads[i], t);
			assert_true(near(sum, theory_mmc_mean(c, loads[i]),
			    1e-4));
		}
	}
	assert_true(theory_mmc_tail(2, 0.5, 0) == 1);
}

static void
the_other_forms(void **state)
{

	(void)state;
	/* M/D/1 at 0.8 waits 2, M/M/1 twice that, the mean in M/M/1 is 5. */
	assert_true(near(theory_mg1_wait(.8, 1), 2, 1e-12));
	assert_true(near(theory_mg1_wait(.8, 2), 4, 1e-12));
	assert_true(near(1 + theory_mg1_wait(.8, 2), theory_mmc_mean(1, .8),
	    1e-12));
	assert_true(near(theory_ps_mean(.8), 5, 1e-12));
	/* T = 30 s, D = 1.4 s: p99 = 1.10 s; T = 10, D = 5: p75 = 2.5 s. */
	assert_true(near(theory_stall_quantile(30, 1.4, .99), 1.10, .005));
	assert_true(near(theory_stall_quantile(10, 5, .75), 2.5, 1e-9));
	assert_true(theory_stall_quantile(30, 1.4, .5) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(erlang_c_matches_its_sum),
		cmocka_unit_test(quantiles_match_the_table),
		cmocka_unit_test(tails_integrate_to_the_mean),
		cmocka_unit_test(the_other_forms),
	};

	return (cmocka_run_group_tests_name("theory", tests, NULL, NULL));
}
