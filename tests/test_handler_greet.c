/* The greet handler: one greeting, whatever was said, and good bye. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_reply.h"
#include "handlers/handlers.h"

static void
test_greeting(void **state)
{
	static const char *const inputs[] = { "", "hi", "\xff\xff" };
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		/* The lengths are 0, 1 and 2 as the places are. */
		assert_int_equal(fake_reply_call(&handler_greet, inputs[i], i,
		    SIZE_MAX, &reply), 0);
		assert_string_equal(reply.bytes, "Hello from the server");
		assert_int_equal(reply.length, 21);
		assert_false(reply.none || reply.error);
		fake_reply_free(&reply);
	}
}

static void
test_no_room(void **state)
{
	throng_reply reply;

	(void)state;
	assert_int_not_equal(fake_reply_call(&handler_greet, "", 0, 20,
	    &reply), 0);
	fake_reply_free(&reply);
}

static void
test_table(void **state)
{

	(void)state;
	assert_string_equal(handler_greet.name, "greet");
	assert_non_null(handler_greet.summary);
	assert_int_equal(handler_greet.traits, THRONG_CLOSE_AFTER_REPLY);
	assert_int_equal(handler_greet.raw_limit, 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greeting),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
