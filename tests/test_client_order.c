/* Replies back in the order of their requests, from every order of arrival. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/order.h"
#include "support.h"

/* Take out what is due; each reply is the text of its number. */
static void
drain(struct order *order, uint64_t *expected, const bool *skipped)
{
	struct order_reply reply;
	uint64_t number;

	while (order_take(order, &reply)) {
		while (skipped[*expected])
			(*expected)++;
		assert_int_equal(reply.length, sizeof(number));
		memcpy(&number, reply.bytes, sizeof(number));
		assert_int_equal(number, *expected);
		(*expected)++;
		free(reply.bytes);
	}
}

/* Every order of arrival within a window, some replies never coming. */
static void
any_order(void **state)
{
	enum { COUNT = 2000, WINDOW = 16, OWNERS = 3 };
	static bool came[COUNT + WINDOW], skipped[COUNT + WINDOW];
	struct order *order = order_new(WINDOW, OWNERS);
	uint64_t seed = 7, expected = 0, oldest = 0, number;

	(void)state;
	assert_non_null(order);
	while (oldest < COUNT) {
		number = oldest + support_random(&seed) % WINDOW;
		if (came[number] || number >= COUNT)
			continue;
		assert_true(order_room(order, number));
		came[number] = true;
		if (support_random(&seed) % 10 == 0) {
			skipped[number] = true;
			order_skip(order, number);
		} else if (order_pass(order, number)) {
			while (skipped[expected])
				expected++;
			assert_int_equal(number, expected);
			expected++;
		} else {
			assert_int_equal(order_hold(order, number,
			    (unsigned)(number % OWNERS), (char *)&number,
			    sizeof(number)), 0);
		}
		drain(order, &expected, skipped);
		while (oldest < COUNT && came[oldest])
			oldest++;
	}
	for (unsigned i = 0; i < OWNERS; i++)
		assert_int_equal(order_held(order, i), 0);
	while (expected < COUNT && skipped[expected])
		expected++;
	assert_int_equal(expected, COUNT);
	order_free(order);
}

static void
room_and_bytes_held(void **state)
{
	struct order *order = order_new(4, 2);
	struct order_reply reply;

	(void)state;
	assert_non_null(order);
	assert_true(order_room(order, 3));
	assert_false(order_room(order, 4));
	assert_int_equal(order_hold(order, 1, 1, "abc", 3), 0);
	assert_int_equal(order_hold(order, 2, 0, "", 0), 0);
	assert_int_equal(order_hold(order, 3, 1, "de", 2), 0);
	assert_int_equal(order_held(order, 0), 0);
	assert_int_equal(order_held(order, 1), 5);
	assert_false(order_take(order, &reply));
	assert_false(order_pass(order, 1));
	assert_true(order_pass(order, 0));
	assert_true(order_room(order, 4));
	assert_true(order_take(order, &reply));
	assert_int_equal(reply.owner, 1);
	assert_memory_equal(reply.bytes, "abc", 3);
	free(reply.bytes);
	assert_int_equal(order_held(order, 1), 2);
	assert_true(order_take(order, &reply));
	assert_int_equal(reply.length, 0);
	assert_null(reply.bytes);
	/* What is held goes with it. */
	order_free(order);
	order_free(NULL);
}

static void
a_skipped_one_at_its_turn(void **state)
{
	struct order *order = order_new(2, 1);
	struct order_reply reply;

	(void)state;
	assert_non_null(order);
	order_skip(order, 0);
	order_skip(order, 1);
	assert_false(order_take(order, &reply));
	assert_true(order_room(order, 3));
	assert_true(order_pass(order, 2));
	order_free(order);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(room_and_bytes_held),
		cmocka_unit_test(a_skipped_one_at_its_turn),
	};

	return (cmocka_run_group_tests_name("client_order", tests, NULL,
	    NULL));
}
