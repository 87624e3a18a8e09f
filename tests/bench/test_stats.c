/*
 * Intervals, ratios and verdicts; self-tests 10 and 11 on simulated trials.
 */
#include "check.h"
#include "rng.h"
#include "stats.h"

/* The ranks and coverages that order statistics of the median have. */
static void
median_ranks_match_the_table(void **state)
{
	static const struct {
		uint64_t n, low, high;
		double coverage;
	} rows[] = {
		{ 10, 2, 9, .979 }, { 15, 4, 12, .965 }, { 18, 5, 14, .969 },
		{ 20, 6, 15, .959 }, { 25, 8, 18, .957 }, { 30, 10, 21, .957 },
		{ 40, 14, 27, .962 }, { 6, 1, 6, .969 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t low, high;
		double coverage = stats_ranks(rows[i].n, 0.5, 0.95, &low,
		    &high);

		assert_int_equal(low, rows[i].low);
		assert_int_equal(high, rows[i].high);
		assert_true(near(coverage, rows[i].coverage, 0.0005));
	}
}

static void
too_few_values_give_their_range_and_less_coverage(void **state)
{
	double values[] = { 3, 1, 2, 5, 4 };
	struct stats_interval i;

	(void)state;
	stats_median_interval(values, 5, 0.95, &i);
	assert_true(i.low == 1 && i.value == 3 && i.high == 5);
	assert_true(near(i.coverage, 1 - 2.0 / 32, 1e-12));
	stats_median_interval(values, 1, 0.95, &i);
	assert_true(i.coverage == 0);
	stats_median_interval(values, 0, 0.95, &i);
	assert_true(isnan(i.value) && i.n == 0);
}

static void
ratios_are_paired_by_block(void **state)
{
	/* Noise of a factor 100 between blocks, none within them. */
	double a[] = { 2, 200, 20, 2, 2000, NAN, 2, INFINITY, 0 };
	double b[] = { 1, 100, 10, 1, 1000, 1, 99, 1, 1 };
	unsigned char use[] = { 1, 1, 1, 1, 1, 1, 0, 0, 1 };
	struct stats_interval i;
	double room[9];

	(void)state;
	stats_ratio(a, b, use, 9, 0.95, room, &i);
	assert_int_equal(i.n, 5);
	assert_true(i.low == 2 && i.value == 2 && i.high == 2);
	stats_ratio(a, b, NULL, 9, 0.95, room, &i);
	assert_int_equal(i.n, 7);
	assert_true(isinf(i.high));
}

static struct stats_interval
made(double low, double value, double high, double coverage)
{
	struct stats_interval i = { low, value, high, coverage, 20 };

	return (i);
}

static void
verdicts_need_an_interval_off_one_and_above_the_noise(void **state)
{
	struct stats_interval floor = made(0.98, 1.01, 1.03, 0.96);
	struct stats_interval r = made(1.05, 1.08, 1.1, 0.96);

	(void)state;
	assert_int_equal(stats_judge(&r, &floor, 0.95, 1), STATS_WORSE);
	assert_int_equal(stats_judge(&r, &floor, 0.95, 0), STATS_BETTER);
	assert_int_equal(stats_judge(&r, NULL, 0.95, 1), STATS_WORSE);
	r = made(0.8, 0.9, 0.95, 0.96);
	assert_int_equal(stats_judge(&r, &floor, 0.95, 1), STATS_BETTER);
	/* The interval holds 1. */
	r = made(0.99, 1.08, 1.1, 0.96);
	assert_int_equal(stats_judge(&r, &floor, 0.95, 1), STATS_NOISE);
	/* Off 1, but within what the control does by itself. */
	r = made(1.01, 1.02, 1.025, 0.96);
	assert_int_equal(stats_judge(&r, &floor, 0.95, 1), STATS_NOISE);
	r = made(0.972, 0.975, 0.98, 0.96);
	assert_int_equal(stats_judge(&r, &floor, 0.95, 1), STATS_NOISE);
	assert_true(near(stats_noise(&floor), 1.03, 1e-12));
	/* Too few blocks for the confidence. */
	r = made(1.05, 1.08, 1.1, 0.9);
	assert_int_equal(stats_judge(&r, &floor, 0.95, 1), STATS_VOID);
	r.n = 0;
	assert_int_equal(stats_judge(&r, &floor, 0.95, 1), STATS_VOID);
}

/*
 * `blocks` blocks of two trials: noise shared within the block (sd 20%), and
 * noise of each trial (sd 3%), now and then tripled.
 */
static void
simulate(struct rng *rng, size_t blocks, double effect, double *a, double *b)
{

	for (size_t i = 0; i < blocks; i++) {
		double shared = exp(0.2 * rng_normal(rng));
		double wide = rng_unit(rng) < 0.1 ? 3 : 1;

		a[i] = 10 * shared * effect * exp(.03 * wide * rng_normal(rng));
		b[i] = 10 * shared * exp(.03 * wide * rng_normal(rng));
	}
}

/* Self-test 11: 1,000 simulated A/A runs, with their own A/A control. */
static void
a_against_a_is_within_noise(void **state)
{
	double a[20], b[20], room[20];
	struct stats_interval ratio, floor;
	unsigned noise = 0, lower = 0, higher = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 11);
	for (int run = 0; run < 1000; run++) {
		simulate(&rng, 20, 1, a, b);
		stats_ratio(a, b, NULL, 20, 0.95, room, &floor);
		simulate(&rng, 20, 1, a, b);
		stats_ratio(a, b, NULL, 20, 0.95, room, &ratio);
		noise += stats_judge(&ratio, &floor, 0.95, 1) == STATS_NOISE;
		lower += ratio.value < 1;
		higher += ratio.value > 1;
	}
	assert_in_range(noise, 950, 1000);
	/* No bias towards either side. */
	assert_true(stats_sign_test(lower, higher) > 0.001);
}

/* Self-test 10: the interval covers a known difference, here 3%. */
static void
a_known_difference_is_covered(void **state)
{
	double a[20], b[20], room[20];
	struct stats_interval ratio;
	unsigned covered = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 10);
	for (int run = 0; run < 1000; run++) {
		simulate(&rng, 20, 1.03, a, b);
		stats_ratio(a, b, NULL, 20, 0.95, room, &ratio);
		covered += ratio.low <= 1.03 && ratio.high >= 1.03;
	}
	/* It must not be too wide either: the exact coverage is 95.9%. */
	assert_in_range(covered, 930, 985);
}

/* The power of the default: a difference of 10% is found, and the right way. */
static void
a_large_difference_is_found(void **state)
{
	double a[20], b[20], room[20];
	struct stats_interval ratio, floor;
	unsigned worse = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 12);
	for (int run = 0; run < 200; run++) {
		simulate(&rng, 20, 1, a, b);
		stats_ratio(a, b, NULL, 20, 0.95, room, &floor);
		simulate(&rng, 20, 1.1, a, b);
		stats_ratio(a, b, NULL, 20, 0.95, room, &ratio);
		worse += stats_judge(&ratio, &floor, 0.95, 1) == STATS_WORSE;
	}
	assert_in_range(worse, 190, 200);
}

static void
slope_shrugs_off_outliers(void **state)
{
	double x[21], y[21], slope = 0;

	(void)state;
	for (int i = 0; i < 21; i++) {
		x[i] = i;
		y[i] = 3 * i + 1;
	}
	y[4] = 1e9;
	y[17] = -1e9;
	assert_int_equal(stats_slope(x, y, 21, &slope), 0);
	assert_true(near(slope, 3, 1e-9));
	assert_int_equal(stats_slope(x, y, 1, &slope), -1);
	assert_int_equal(stats_slope(x, y, 0, &slope), -1);
	x[1] = x[0];
	assert_int_equal(stats_slope(x, y, 2, &slope), -1);
}

static void
sign_test_matches_its_definition(void **state)
{

	(void)state;
	/* 2 (1 + 10) / 1024 */
	assert_true(near(stats_sign_test(1, 9), 22.0 / 1024, 1e-12));
	assert_true(near(stats_sign_test(9, 1), 22.0 / 1024, 1e-12));
	assert_true(stats_sign_test(5, 5) == 1);
	assert_true(stats_sign_test(0, 0) == 1);
}

/* Self-test 17, the figures: fair, starved, and in favour of a few. */
static void
the_spread_is_sorted_and_relative(void **state)
{
	static uint32_t counts[1000];
	double spread[STATS_SPREAD];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		counts[i] = (i * 7 % 1000) * 2;
	assert_int_equal(stats_spread(counts, 1000, spread), 0);
	for (unsigned i = 0; i < STATS_SPREAD; i++)
		assert_true(near(spread[i], 2.0 * i / (STATS_SPREAD - 1),
		    0.01));
	counts[0] = 3;
	assert_int_equal(stats_spread(counts, 2, spread), 0);
	assert_true(near(spread[0], 2 * 3 / 17.0, 1e-9));
	assert_true(near(spread[STATS_SPREAD - 1], 2 * 14 / 17.0, 1e-9));
	assert_int_equal(stats_spread(counts, 1, spread), -1);
	assert_true(isnan(spread[0]) && isnan(spread[STATS_SPREAD - 1]));
	counts[0] = counts[1] = 0;
	assert_int_equal(stats_spread(counts, 2, spread), -1);
}

static void
fairness_is_held_against_chance(void **state)
{
	static uint32_t counts[1000];
	struct stats_fairness f;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 17);
	for (int i = 0; i < 100000; i++)
		counts[rng_below(&rng, 1000)]++;
	stats_fairness(counts, 1000, &f);
	assert_true(near(f.jain_expected, 100000.0 / 100999, 1e-9));
	assert_true(near(f.jain, f.jain_expected, 0.002));
	assert_true(near(f.dispersion, 1, 0.2));
	assert_true(f.p_uneven > 0.001);
	assert_int_equal(f.starved, 0);
	/* Starve 1%: exactly those are counted, and it is no chance. */
	memset(counts, 0, 10 * sizeof(counts[0]));
	stats_fairness(counts, 1000, &f);
	assert_int_equal(f.starved, 10);
	assert_true(f.starved_expected < 1e-30);
	assert_true(f.p_uneven < 1e-9);
	/* All alike: fairer than chance, and not flagged. */
	for (int i = 0; i < 1000; i++)
		counts[i] = 100;
	stats_fairness(counts, 1000, &f);
	assert_true(near(f.jain, 1, 1e-12) && f.p_uneven > 0.999);
	stats_fairness(counts, 0, &f);
	assert_true(f.jain == 1);
}

static void
quantiles_of_values(void **state)
{
	double v[] = { 1, 2, 3, 4 };

	(void)state;
	assert_true(stats_median(v, 4) == 2.5);
	assert_true(stats_median(v, 3) == 2);
	assert_true(isnan(stats_median(v, 0)));
	assert_true(stats_quantile(v, 4, 0.5) == 2);
	assert_true(stats_quantile(v, 4, 0.51) == 3);
	assert_true(stats_quantile(v, 4, 0) == 1);
	assert_true(stats_quantile(v, 4, 1) == 4);
	assert_string_equal(stats_verdict_name(STATS_NOISE), "within noise");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(median_ranks_match_the_table),
		cmocka_unit_test(
		    too_few_values_give_their_range_and_less_coverage),
		cmocka_unit_test(ratios_are_paired_by_block),
		cmocka_unit_test(
		    verdicts_need_an_interval_off_one_and_above_the_noise),
		cmocka_unit_test(a_against_a_is_within_noise),
		cmocka_unit_test(a_known_difference_is_covered),
		cmocka_unit_test(a_large_difference_is_found),
		cmocka_unit_test(slope_shrugs_off_outliers),
		cmocka_unit_test(sign_test_matches_its_definition),
		cmocka_unit_test(the_spread_is_sorted_and_relative),
		cmocka_unit_test(fairness_is_held_against_chance),
		cmocka_unit_test(quantiles_of_values),
	};

	return (cmocka_run_group_tests_name("stats", tests, NULL, NULL));
}
