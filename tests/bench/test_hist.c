/*
 * The histogram against sorted truth (self-test 15).
 */
#include "check.h"
#include "hist.h"
#include "rng.h"

#define N 20000

static struct hist *
fresh(void)
{
	struct hist *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	return (h);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return ((x > y) - (x < y));
}

static void
buckets_are_contiguous_and_narrow(void **state)
{

	(void)state;
	assert_true(hist_bucket_low(0) == 0);
	assert_true(hist_bucket_low(HIST_BUCKETS) == UINT64_C(1) << 40);
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t low = hist_bucket_low(i);
		uint64_t next = hist_bucket_low(i + 1);

		assert_true(next > low);
		assert_int_equal(hist_bucket(low), i);
		assert_int_equal(hist_bucket(next - 1), i);
		/* The widest a bucket may be: low / 128. */
		assert_true((next - 1 - low) * 128 <= low);
	}
}

/* Values of every size, and those on either side of each power of two. */
static size_t
values_of_every_size(uint64_t *values)
{
	struct rng rng;
	size_t n = 0;

	rng_seed(&rng, 15);
	for (unsigned bit = 0; bit < 40; bit++) {
		values[n++] = UINT64_C(1) << bit;
		values[n++] = (UINT64_C(1) << bit) - 1;
		values[n++] = (UINT64_C(1) << bit) + 1;
	}
	while (n < N)
		values[n++] = rng_next(&rng) >> 24 >> rng_below(&rng, 40);
	return (n);
}

static void
quantiles_are_within_their_error_of_sorted_truth(void **state)
{
	static uint64_t values[N];
	struct hist *h = fresh();
	size_t n = values_of_every_size(values);

	(void)state;
	for (size_t i = 0; i < n; i++)
		hist_record(h, values[i]);
	qsort(values, n, sizeof(values[0]), compare);
	for (size_t rank = 1; rank <= n; rank++) {
		uint64_t truth = values[rank - 1], value = hist_rank(h, rank);

		assert_true(value >= truth);
		assert_true((value - truth) * 128 <= truth);
	}
	assert_true(hist_quantile(h, 0.5) == hist_rank(h, N / 2));
	assert_true(hist_quantile(h, 0.99) == hist_rank(h, N / 100 * 99));
	assert_true(hist_quantile(h, 0) == hist_rank(h, 1));
	assert_true(hist_quantile(h, 1) == values[n - 1]);
	assert_true(h->min == values[0]);
	free(h);
}

static void
merging_is_commutative_and_associative(void **state)
{
	struct hist *part[3], *left = fresh(), *right = fresh(), *two;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 16);
	for (int i = 0; i < 3; i++) {
		part[i] = fresh();
		for (int k = 0; k < 1000; k++)
			hist_record(part[i], rng_next(&rng) >>
			    (20 + rng_below(&rng, 40)));
		hist_record_infinite(part[i], (uint64_t)i);
		hist_record_signed(part[i], -1);
	}
	hist_merge(left, part[0]);
	hist_merge(left, part[1]);
	hist_merge(left, part[2]);
	two = fresh();
	hist_merge(two, part[2]);
	hist_merge(two, part[1]);
	hist_merge(right, two);
	hist_merge(right, part[0]);
	assert_memory_equal(left, right, sizeof(*left));
	assert_true(left->count == 3 * 1001 + 3);
	assert_true(left->clamped == 3);
	for (int i = 0; i < 3; i++)
		free(part[i]);
	free(left);
	free(right);
	free(two);
}

static void
merged_percentiles_are_those_of_all_values(void **state)
{
	struct hist *fast = fresh(), *slow = fresh();

	(void)state;
	/* 990 at 1 us and 10 at 1 s: p99 of all is 1 us, not the average. */
	for (int i = 0; i < 990; i++)
		hist_record(fast, 1000);
	for (int i = 0; i < 10; i++)
		hist_record(slow, 1000000000);
	hist_merge(fast, slow);
	assert_true(hist_quantile(fast, 0.99) <= 1008);
	assert_true(hist_quantile(fast, 0.991) >= 1000000000);
	free(fast);
	free(slow);
}

static void
overflow_is_visible(void **state)
{
	struct hist *h = fresh();

	(void)state;
	hist_record(h, UINT64_C(1) << 40);
	hist_record(h, (UINT64_C(1) << 40) - 1);
	assert_true(h->overflow == 1);
	assert_true(h->max == UINT64_C(1) << 40);
	assert_true(hist_quantile(h, 0.5) == (UINT64_C(1) << 40) - 1);
	assert_true(hist_quantile(h, 1) == HIST_OVERFLOW);
	hist_record_infinite(h, 1);
	assert_true(hist_quantile(h, 1) == HIST_INFINITE);
	assert_true(hist_quantile(h, 0.6) == HIST_OVERFLOW);
	free(h);
}

static void
the_unanswered_count_in_every_percentile(void **state)
{
	struct hist *h = fresh(), *ages = fresh();

	(void)state;
	for (int i = 0; i < 90; i++)
		hist_record(h, 100);
	hist_record_infinite(h, 10);
	for (int i = 1; i <= 10; i++)
		hist_record(ages, (uint64_t)i * 1000000);
	assert_true(hist_quantile(h, 0.9) == 100);
	assert_true(hist_quantile(h, 0.91) == HIST_INFINITE);
	/* The fifth of ten unanswered is at least 5 ms old. */
	assert_true(hist_quantile_floor(h, ages, 0.95) <= 5000000);
	assert_true(hist_quantile_floor(h, ages, 0.95) >= 4960000);
	assert_true(hist_quantile_floor(h, ages, 1) >= 9920000);
	assert_true(near(hist_mean(h), 100, 0));
	assert_true(hist_above(h, 100) == 10);
	assert_true(hist_above(h, 50) == 100);
	free(h);
	free(ages);
}

static void
negative_values_are_clamped_and_counted(void **state)
{
	struct hist *h = fresh();

	(void)state;
	hist_record_signed(h, -5);
	hist_record_signed(h, 5);
	assert_true(h->clamped == 1 && h->count == 2);
	assert_true(h->min == 0 && h->max == 5);
	assert_true(hist_quantile(h, 0.5) == 0);
	free(h);
}

/* The interval must cover the true quantile as often as it says. */
static void
intervals_cover(void **state)
{
	struct hist *h = fresh();
	struct hist_interval i;
	struct rng rng;
	int covered = 0;
	const int runs = 1000;
	/* The p90 of the exponential law with mean 1 ms. */
	const double truth = 1e6 * log(10);

	(void)state;
	rng_seed(&rng, 17);
	for (int run = 0; run < runs; run++) {
		memset(h, 0, sizeof(*h));
		for (int k = 0; k < 200; k++)
			hist_record(h, (uint64_t)rng_exponential(&rng, 1e6));
		hist_interval(h, 0.9, 0.95, &i);
		assert_true(i.low <= i.value && i.value <= i.high);
		assert_true(i.coverage >= 0.95);
		covered += (double)i.low <= truth && truth <= (double)i.high;
	}
	/* 95% less four standard errors of 0.69%. */
	assert_true(covered >= runs * 92 / 100);
	assert_true(covered < runs);
	free(h);
}

static void
an_interval_without_a_bound_says_so(void **state)
{
	struct hist *h = fresh();
	struct hist_interval i;

	(void)state;
	hist_interval(h, 0.5, 0.95, &i);
	assert_true(i.value == 0);
	for (int k = 1; k <= 100; k++)
		hist_record(h, (uint64_t)k);
	hist_interval(h, 0.999, 0.95, &i);
	assert_true(i.high == HIST_INFINITE);
	assert_true(i.low > 0);
	hist_interval(h, 0.001, 0.95, &i);
	assert_true(i.low == 0);
	free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_contiguous_and_narrow),
		cmocka_unit_test(
		    quantiles_are_within_their_error_of_sorted_truth),
		cmocka_unit_test(merging_is_commutative_and_associative),
		cmocka_unit_test(merged_percentiles_are_those_of_all_values),
		cmocka_unit_test(overflow_is_visible),
		cmocka_unit_test(the_unanswered_count_in_every_percentile),
		cmocka_unit_test(negative_values_are_clamped_and_counted),
		cmocka_unit_test(intervals_cover),
		cmocka_unit_test(an_interval_without_a_bound_says_so),
	};

	return (cmocka_run_group_tests_name("hist", tests, NULL, NULL));
}
