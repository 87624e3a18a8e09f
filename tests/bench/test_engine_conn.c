/*
 * The requests of one connection, against a plain list of them.
 */
#include "check.h"

#include "engine_conn.h"
#include "rng.h"

#define MOST 3000

/* Any order of pushes and pops: first in, first out, with their stamps. */
static void
test_a_queue(void **state)
{
	static struct engine_request list[MOST];
	struct engine_conn c = { 0 };
	struct rng rng;
	size_t first = 0, last = 0;

	(void)state;
	rng_seed(&rng, 11);
	while (last < MOST || first < last) {
		if (last < MOST && rng_below(&rng, 100) < 52) {
			list[last] = (struct engine_request){
			    .intended = rng_next(&rng), .work = (uint32_t)last };
			assert_int_equal(engine_conn_push(&c, &list[last]),
			    0);
			last++;
		} else if (first < last) {
			struct engine_request r = engine_conn_pop(&c);

			assert_int_equal(r.intended, list[first].intended);
			assert_int_equal(r.sent, list[first].sent);
			first++;
		}
		if (first < last) {
			uint32_t back = (uint32_t)rng_below(&rng, last - first);
			uint64_t sent = rng_next(&rng);

			assert_int_equal(engine_conn_stamp(&c, back, sent),
			    list[last - 1 - back].intended);
			list[last - 1 - back].sent = sent;
		}
		assert_int_equal(c.outstanding, last - first);
	}
	engine_conn_free(&c);
}

/* One request at a time borrows nothing. */
static void
test_no_slab_for_one(void **state)
{
	struct engine_conn c = { 0 };
	struct engine_request r = { .intended = 5 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(engine_conn_push(&c, &r), 0);
		engine_conn_stamp(&c, 0, 7);
		assert_int_equal(engine_conn_pop(&c).sent, 7);
		assert_int_equal(engine_conn_keep_rest(&c, "", 0), 0);
	}
	assert_null(c.slab);
}

static void
test_skipped_ones(void **state)
{
	struct engine_conn c = { 0 };
	struct engine_request r = { .intended = 0 }, found;

	(void)state;
	for (uint32_t i = 0; i < ENGINE_SKIPS; i++) {
		r.intended = i * 10;
		assert_int_equal(engine_conn_skip(&c, &r, 100 + i), 0);
	}
	assert_int_equal(engine_conn_skip(&c, &r, 99), -1);
	assert_int_equal(engine_conn_unskip(&c, 99, &found), -1);
	for (uint32_t i = 0; i < ENGINE_SKIPS; i += 2) {
		assert_int_equal(engine_conn_unskip(&c, 100 + i, &found), 0);
		assert_int_equal(found.intended, i * 10);
		assert_int_equal(engine_conn_unskip(&c, 100 + i, &found), -1);
	}
	assert_int_equal(c.skips, ENGINE_SKIPS / 2);
	engine_conn_free(&c);
}

static void
test_rest_and_unsent(void **state)
{
	struct engine_conn c = { 0 };
	const char *bytes;
	char out[16];

	(void)state;
	assert_int_equal(engine_conn_rest(&c, out), 0);
	assert_int_equal(engine_conn_unsent(&c, &bytes), 0);
	assert_int_equal(engine_conn_keep_rest(&c, "hello", 5), 0);
	assert_int_equal(engine_conn_rest(&c, out), 5);
	assert_memory_equal(out, "hello", 5);
	assert_int_equal(engine_conn_keep_rest(&c, "x", 1), 0);
	assert_int_equal(engine_conn_rest(&c, out), 1);
	assert_int_equal(engine_conn_keep_rest(&c, "", 0), 0);
	assert_int_equal(engine_conn_rest(&c, out), 0);
	assert_int_equal(engine_conn_keep_unsent(&c, "abc", 3), 0);
	assert_int_equal(engine_conn_keep_unsent(&c, "def", 3), 0);
	engine_conn_sent(&c, 4);
	assert_int_equal(engine_conn_unsent(&c, &bytes), 2);
	assert_memory_equal(bytes, "ef", 2);
	engine_conn_sent(&c, 2);
	assert_int_equal(engine_conn_unsent(&c, &bytes), 0);
	engine_conn_free(&c);
	assert_null(c.slab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_queue),
		cmocka_unit_test(test_no_slab_for_one),
		cmocka_unit_test(test_skipped_ones),
		cmocka_unit_test(test_rest_and_unsent),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
