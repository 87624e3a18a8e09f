/*
 * The tests of arrivals: right about uniform values as often as they say,
 * and not fooled by others.
 */
#include "check.h"
#include "fit.h"
#include "rng.h"
#include "stats.h"

#define N 500

static void
p_values_are_uniform_when_the_law_is_right(void **state)
{
	double ks[400], ad[400], v[N], p;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5);
	for (int run = 0; run < 400; run++) {
		for (int i = 0; i < N; i++)
			v[i] = rng_unit(&rng);
		stats_sort(v, N);
		(void)fit_ks(v, N, &ks[run]);
		(void)fit_anderson_darling(v, N, &ad[run]);
	}
	stats_sort(ks, 400);
	stats_sort(ad, 400);
	/* Each test judges the p-values of both. */
	assert_true(fit_ks(ks, 400, &p) < 0.12 && p > 0.0001);
	assert_true(fit_ks(ad, 400, &p) < 0.12 && p > 0.0001);
}

static void
wrong_laws_are_found(void **state)
{
	double v[N], ks, ad;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6);
	for (int i = 0; i < N; i++)
		v[i] = pow(rng_unit(&rng), 1.3);
	stats_sort(v, N);
	(void)fit_ks(v, N, &ks);
	(void)fit_anderson_darling(v, N, &ad);
	assert_true(ks < 0.001 && ad < 0.001);
	/* Too even is no chance either for Anderson-Darling's lower side. */
	for (int i = 0; i < N; i++)
		v[i] = (i + 0.5) / N;
	assert_true(fit_ks(v, N, &ks) < 0.0011 && ks > 0.999);
}

/* Anderson and Darling's table of the limit: 2.492 at 5%, 3.857 at 1%. */
static void
the_limit_matches_the_table(void **state)
{
	double v[2000], p, low = 1, high = 2, a;

	(void)state;
	/* Find the power that makes the statistic 2.492. */
	for (int turn = 0; turn < 60; turn++) {
		double power = (low + high) / 2;

		for (int i = 0; i < 2000; i++)
			v[i] = pow((i + 0.5) / 2000, power);
		a = fit_anderson_darling(v, 2000, &p);
		if (a < 2.492)
			low = power;
		else
			high = power;
	}
	assert_true(near(a, 2.492, 0.001) && near(p, 0.05, 0.001));
}

static void
dispersion_correlation_and_period(void **state)
{
	double even[100], saw[100], times[1000];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7);
	for (int i = 0; i < 100; i++) {
		even[i] = 10;
		saw[i] = i % 2;
	}
	assert_true(fit_dispersion(even, 100) == 0);
	assert_true(near(fit_autocorrelation(saw, 100, 1), -1, 0.02));
	assert_true(near(fit_autocorrelation(saw, 100, 2), 1, 0.03));
	assert_true(fit_autocorrelation(even, 100, 1) == 0);
	/* Half of the times fall just after a multiple of 5. */
	for (int i = 0; i < 1000; i++)
		times[i] = i % 2 ? rng_unit(&rng) * 5000 :
		    5 * floor(rng_unit(&rng) * 1000) + 0.1;
	assert_true(fit_rayleigh(times, 1000, 5) > 100);
	assert_true(fit_rayleigh(times, 1000, 7.77) < 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_values_are_uniform_when_the_law_is_right),
		cmocka_unit_test(wrong_laws_are_found),
		cmocka_unit_test(the_limit_matches_the_table),
		cmocka_unit_test(dispersion_correlation_and_period),
	};

	return (cmocka_run_group_tests_name("fit", tests, NULL, NULL));
}
