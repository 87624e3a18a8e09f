/*
 * The heap of the reference server: earliest first, ties as they came.
 */
#include "check.h"

#include "later.h"
#include "rng.h"

#define COUNT 5000

static void
test_order(void **state)
{
	struct later l = { 0 };
	struct later_reply *r;
	struct rng rng;
	uint64_t at = 0, order = 0;

	(void)state;
	rng_seed(&rng, 3);
	assert_true(later_next(&l) == UINT64_MAX);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(later_add(&l, rng_below(&rng, 500), i, 1,
		    "ab", 2), 0);
	for (int i = 0; i < COUNT; i++) {
		assert_true(later_next(&l) >= at);
		r = later_take(&l);
		assert_true(r->at > at || i == 0 || r->order > order);
		assert_memory_equal(r->bytes, "ab", 2);
		assert_int_equal(r->fd, r->order);
		at = r->at;
		order = r->order;
		free(r);
	}
	assert_true(later_next(&l) == UINT64_MAX);
	free(l.heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
