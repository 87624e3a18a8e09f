/* The reverse handler: bytes, not characters, the last one first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_reply.h"
#include "handlers/handlers.h"

static const struct {
	const char *input;
	size_t length;
	const char *output;
} rows[] = {
	{ "", 0, "" },
	{ "a", 1, "a" },
	{ "ab", 2, "ba" },
	{ "hello from client", 17, "tneilc morf olleh" },
	{ "a\0b\n", 4, "\nb\0a" },
	/* UTF-8 is torn apart, as the original does. */
	{ "\xc3\xa9x", 3, "x\xa9\xc3" },
	{ "\xff\xfe", 2, "\xfe\xff" },
};

static void
test_rows(void **state)
{
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(fake_reply_call(&handler_reverse,
		    rows[i].input, rows[i].length, SIZE_MAX, &reply), 0);
		assert_int_equal(reply.length, rows[i].length);
		assert_memory_equal(reply.bytes, rows[i].output,
		    rows[i].length);
		assert_false(reply.close || reply.none || reply.error);
		fake_reply_free(&reply);
	}
}

static void
test_no_room(void **state)
{
	throng_reply reply;

	(void)state;
	assert_int_not_equal(fake_reply_call(&handler_reverse, "four", 4, 3,
	    &reply), 0);
	fake_reply_free(&reply);
}

static void
test_table(void **state)
{

	(void)state;
	assert_string_equal(handler_reverse.name, "reverse");
	assert_non_null(handler_reverse.summary);
	assert_int_equal(handler_reverse.traits, 0);
	assert_int_equal(handler_reverse.raw_limit, 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
