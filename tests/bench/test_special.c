/*
 * The laws against sums over their definitions and printed tables.
 */
#include "check.h"
#include "special.h"

static void
binomial_is_the_sum_of_its_terms(void **state)
{

	(void)state;
	for (unsigned n = 1; n <= 40; n++) {
		for (double p = 0.1; p < 1; p += 0.2) {
			double term = pow(1 - p, n), sum = 0;

			for (unsigned k = 0; k < n; k++) {
				sum += term;
				assert_true(near(special_binomial_cdf(k, n, p),
				    sum, 1e-12));
				term *= p / (1 - p) * (n - k) / (k + 1);
			}
		}
	}
	assert_true(special_binomial_cdf(-1, 5, 0.5) == 0);
	assert_true(special_binomial_cdf(5, 5, 0.5) == 1);
}

static void
binomial_holds_for_many(void **state)
{

	(void)state;
	/* By symmetry, and by the normal limit. */
	assert_true(near(special_binomial_cdf(500000, 1000001, 0.5), 0.5,
	    1e-9));
	assert_true(near(special_binomial_cdf(99000 + 62, 100000, 0.99),
	    0.977, 0.003));
}

static void
chi_square_matches_the_tables(void **state)
{

	(void)state;
	assert_true(near(special_chi_square_tail(3.841, 1), 0.05, 1e-4));
	assert_true(near(special_chi_square_tail(18.307, 10), 0.05, 1e-4));
	assert_true(near(special_chi_square_tail(135.807, 100), 0.01, 1e-4));
	assert_true(near(special_chi_square_tail(2.558, 10), 0.99, 1e-4));
	/* With two degrees it is exp(-x/2). */
	assert_true(near(special_chi_square_tail(7, 2), exp(-3.5), 1e-12));
	assert_true(special_chi_square_tail(0, 3) == 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binomial_is_the_sum_of_its_terms),
		cmocka_unit_test(binomial_holds_for_many),
		cmocka_unit_test(chi_square_matches_the_tables),
	};

	return (cmocka_run_group_tests_name("special", tests, NULL, NULL));
}
