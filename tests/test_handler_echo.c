/* The echo handler: every byte comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_reply.h"
#include "handlers/handlers.h"

static void
test_all_bytes(void **state)
{
	throng_reply reply;
	char input[512];

	(void)state;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (char)(i & 0xff);
	for (size_t length = 0; length <= sizeof(input); length++) {
		assert_int_equal(fake_reply_call(&handler_echo, input, length,
		    SIZE_MAX, &reply), 0);
		assert_int_equal(reply.length, length);
		assert_memory_equal(reply.bytes, input, length);
		assert_false(reply.close || reply.none || reply.error);
		assert_int_equal(reply.logs, 0);
		fake_reply_free(&reply);
	}
}

static void
test_no_room(void **state)
{
	throng_reply reply;

	(void)state;
	assert_int_not_equal(fake_reply_call(&handler_echo, "four", 4, 3,
	    &reply), 0);
	fake_reply_free(&reply);
}

static void
test_table(void **state)
{

	(void)state;
	assert_string_equal(handler_echo.name, "echo");
	assert_non_null(handler_echo.summary);
	assert_int_equal(handler_echo.traits, 0);
	assert_int_equal(handler_echo.raw_limit, 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
