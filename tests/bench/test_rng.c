/*
 * The generator against its authors' reference values, and its streams.
 */
#include "check.h"
#include "rng.h"

/* splitmix64 from 0 gives these (Vigna's splitmix64.c). */
static void
seeding_is_splitmix64(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 0);
	assert_true(rng.state[0] == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(rng.state[1] == UINT64_C(0x6e789e6aa1b965f4));
	assert_true(rng.state[2] == UINT64_C(0x06c45d188009454f));
	assert_true(rng.state[3] == UINT64_C(0xf88bb8a8724c81ec));
}

/* The authors' C code gives these from the state 1, 2, 3, 4. */
static void
steps_are_xoshiro(void **state)
{
	static const uint64_t reference[] = { 41943041, 58720359,
	    3588806011781223, 3591011842654386, 9228616714210784205u,
	    9973669472204895162u };
	struct rng rng = { .state = { 1, 2, 3, 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof(reference) / sizeof(reference[0]); i++)
		assert_true(rng_next(&rng) == reference[i]);
}

static void
a_split_stream_does_not_depend_on_its_parent(void **state)
{
	struct rng parent, a, b, c;

	(void)state;
	rng_seed(&parent, 42);
	rng_split(&parent, 7, &a);
	for (int i = 0; i < 100; i++)
		(void)rng_next(&parent);
	rng_split(&parent, 7, &b);
	rng_split(&parent, 8, &c);
	for (int i = 0; i < 100; i++) {
		uint64_t x = rng_next(&a);

		assert_true(x == rng_next(&b));
		assert_true(x != rng_next(&c));
	}
}

static void
below_is_even(void **state)
{
	unsigned counts[7] = { 0 };
	struct rng rng;
	double chi = 0;

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 70000; i++)
		counts[rng_below(&rng, 7)]++;
	for (int i = 0; i < 7; i++)
		chi += pow(counts[i] - 10000.0, 2) / 10000;
	/* P(chi-square with 6 degrees > 22.5) = 0.001. */
	assert_true(chi < 22.5);
	assert_int_equal(rng_below(&rng, 1), 0);
	/* Two thirds of 2^64: half of all products would be biased. */
	for (int i = 0; i < 1000; i++)
		assert_true(rng_below(&rng, UINT64_C(0xaaaaaaaaaaaaaaab)) <
		    UINT64_C(0xaaaaaaaaaaaaaaab));
}

static void
laws_have_their_moments(void **state)
{
	double sum = 0, squares = 0, normal = 0, normal2 = 0;
	const int n = 200000;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (int i = 0; i < n; i++) {
		double x = rng_exponential(&rng, 5), z = rng_normal(&rng);

		assert_true(x >= 0);
		sum += x;
		squares += x * x;
		normal += z;
		normal2 += z * z;
	}
	/* Four standard errors: sd 5, of the squares sqrt(20) 25. */
	assert_true(near(sum / n, 5, 4 * 5 / sqrt(n)));
	assert_true(near(squares / n, 50, 4 * 25 * sqrt(20) / sqrt(n)));
	assert_true(near(normal / n, 0, 4 / sqrt(n)));
	assert_true(near(normal2 / n, 1, 4 * sqrt(2) / sqrt(n)));
}

static void
shuffles_are_permutations_evenly(void **state)
{
	unsigned counts[6] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 9);
	for (int i = 0; i < 60000; i++) {
		uint32_t items[3] = { 0, 1, 2 };

		rng_shuffle(&rng, items, 3);
		assert_int_equal(items[0] + items[1] + items[2], 3);
		assert_int_not_equal(items[0], items[1]);
		counts[items[0] * 2 + (items[1] > items[2])]++;
	}
	for (int i = 0; i < 6; i++)
		assert_true(near(counts[i], 10000, 5 * 91.3));
	rng_shuffle(&rng, NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeding_is_splitmix64),
		cmocka_unit_test(steps_are_xoshiro),
		cmocka_unit_test(a_split_stream_does_not_depend_on_its_parent),
		cmocka_unit_test(below_is_even),
		cmocka_unit_test(laws_have_their_moments),
		cmocka_unit_test(shuffles_are_permutations_evenly),
	};

	return (cmocka_run_group_tests_name("rng", tests, NULL, NULL));
}
