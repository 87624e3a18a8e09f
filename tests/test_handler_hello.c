/* The hello handler: UTF-8, white space at the end, upper case, --QUIT--. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicase.h>
#include <unistr.h>

#include "fake_reply.h"
#include "handlers/handlers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Text with its length, so that it may hold NUL. */
#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *input;
	size_t length;
	const char *output;
	size_t output_length;
} answers[] = {
	{ TEXT("zack"), TEXT("Hello ZACK") },
	{ TEXT("Zack Zanther 3!"), TEXT("Hello ZACK ZANTHER 3!") },
	{ TEXT("az AZ @[`{ 09"), TEXT("Hello AZ AZ @[`{ 09") },
	/* Nothing, and nothing but white space. */
	{ TEXT(""), TEXT("Hello ") },
	{ TEXT(" \t\n\v\f\r"), TEXT("Hello ") },
	{ TEXT("\x1c\x1d\x1e\x1f"), TEXT("Hello ") },
	{ TEXT("\xc2\x85\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"),
	    TEXT("Hello ") },
	/* White space is dropped at the end only. */
	{ TEXT("  a b \r\n"), TEXT("Hello   A B") },
	{ TEXT("a\u3000b\u3000\r\n"), TEXT("Hello A\u3000B") },
	/* What looks like white space and is none to Python. */
	{ TEXT("a\u200b"), TEXT("Hello A\u200b") },
	{ TEXT("a\u180e"), TEXT("Hello A\u180e") },
	{ TEXT("a\ufeff"), TEXT("Hello A\ufeff") },
	{ TEXT("a\x1b"), TEXT("Hello A\x1b") },
	{ TEXT("a\x7f"), TEXT("Hello A\x7f") },
	/* NUL is a byte like others. */
	{ TEXT("a\0b"), TEXT("Hello A\0B") },
	{ TEXT("\0"), TEXT("Hello \0") },
	{ TEXT("\0 "), TEXT("Hello \0") },
	/* Greek, Cyrillic, Latin with marks. */
	{ TEXT("αβγ ς σ ώ"), TEXT("Hello ΑΒΓ Σ Σ Ώ") },
	{ TEXT("привет, ёж"), TEXT("Hello ПРИВЕТ, ЁЖ") },
	{ TEXT("éàñ ÿ Ž"), TEXT("Hello ÉÀÑ Ÿ Ž") },
	/* One for one: a sharp s and a ligature stay. */
	{ TEXT("straße"), TEXT("Hello STRAßE") },
	{ TEXT("\ufb01n"), TEXT("Hello \ufb01N") },
	/* Upper case may be shorter (dotless i, long s) or longer. */
	{ TEXT("ı"), TEXT("Hello I") },
	{ TEXT("ſ ı x"), TEXT("Hello S I X") },
	{ TEXT("\u0250\u0251"), TEXT("Hello \u2c6f\u2c6d") },
	/* Four bytes: Deseret has case, a face has none. */
	{ TEXT("\U00010428 \U0001f600"), TEXT("Hello \U00010400 \U0001f600") },
	{ TEXT("\U0010ffff"), TEXT("Hello \U0010ffff") },
	/* Nearly a farewell. */
	{ TEXT("--quit-"), TEXT("Hello --QUIT-") },
	{ TEXT("--qu it--"), TEXT("Hello --QU IT--") },
	{ TEXT("-- quit --"), TEXT("Hello -- QUIT --") },
};

static void
test_answers(void **state)
{
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		assert_int_equal(fake_reply_call(&handler_hello,
		    answers[i].input, answers[i].length, SIZE_MAX, &reply), 0);
		if (reply.length != answers[i].output_length)
			print_error("row %zu: %s\n", i, reply.bytes);
		assert_int_equal(reply.length, answers[i].output_length);
		assert_memory_equal(reply.bytes, answers[i].output,
		    reply.length);
		assert_false(reply.close || reply.none || reply.error);
		assert_int_equal(reply.logs, 0);
		fake_reply_free(&reply);
	}
}

static const struct {
	const char *input;
	size_t length;
} invalid[] = {
	{ TEXT("\x80") },             /* a tail without a head */
	{ TEXT("abc\xff") },          /* never a byte of UTF-8 */
	{ TEXT("\xc3") },             /* cut short: of two bytes, */
	{ TEXT("\xe2\x82") },         /* of three, */
	{ TEXT("\xf0\x9f\x98") },     /* of four */
	{ TEXT("\xc3(") },            /* a head, and no tail */
	{ TEXT("\xc0\xaf") },         /* longer than need be */
	{ TEXT("\xe0\x80\xaf") },     /* the same */
	{ TEXT("\xf0\x80\x80\xaf") }, /* the same */
	{ TEXT("\xed\xa0\x80") },     /* half of a UTF-16 pair */
	{ TEXT("\xf4\x90\x80\x80") }, /* past the last character */
	{ TEXT("\xf8\x88\x80\x80\x80") },
	{ TEXT("ok\n\xfe") },
	{ TEXT("--quit--\xfe") },     /* checked before it may end all */
};

static void
test_invalid(void **state)
{
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < COUNT(invalid); i++) {
		assert_int_equal(fake_reply_call(&handler_hello,
		    invalid[i].input, invalid[i].length, SIZE_MAX, &reply), 0);
		if (!reply.error)
			print_error("row %zu: %s\n", i, reply.bytes);
		assert_true(reply.error);
		assert_string_equal(reply.bytes,
		    "!error invalid the input is not UTF-8");
		assert_false(reply.close || reply.none);
		fake_reply_free(&reply);
	}
}

static const struct {
	const char *input;
	size_t length;
} farewells[] = {
	{ TEXT("--quit--") },
	{ TEXT("--QUIT--") },
	{ TEXT("--QuIt--\r\n") },
	{ TEXT("and so --quit-- it is") },
	{ TEXT("----quit----") },
	{ TEXT("\0--quit--") },
	{ TEXT("--quıt--") }, /* the result decides, and it says QUIT */
};

static void
test_farewell(void **state)
{
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < COUNT(farewells); i++) {
		assert_int_equal(fake_reply_call(&handler_hello,
		    farewells[i].input, farewells[i].length, SIZE_MAX, &reply),
		    0);
		assert_true(reply.close);
		assert_true(reply.none);
		assert_false(reply.error);
		assert_int_equal(reply.length, 0);
		fake_reply_free(&reply);
	}
}

/* Every character there is, against the library's own mapping. */
static void
test_every_character(void **state)
{
	uint8_t input[8], output[8];
	throng_reply reply;

	(void)state;
	for (ucs4_t c = 0; c <= 0x10ffff; c++) {
		int in = u8_uctomb(input, c, sizeof(input) - 1);
		int out = u8_uctomb(output, uc_toupper(c), sizeof(output) - 1);

		if (in < 0)
			continue; /* half of a UTF-16 pair */
		/* A dot, so that white space is not at the end. */
		input[in++] = '.';
		output[out++] = '.';
		assert_int_equal(fake_reply_call(&handler_hello,
		    (const char *)input, (size_t)in, SIZE_MAX, &reply), 0);
		assert_int_equal(reply.length, 6 + out);
		assert_memory_equal(reply.bytes + 6, output, (size_t)out);
		fake_reply_free(&reply);
	}
}

static void
test_large(void **state)
{
	static const struct {
		size_t length;
		unsigned warnings;
	} rows[] = { { 5119, 0 }, { 5120, 1 }, { 5121, 1 }, { 300000, 1 } };
	throng_reply reply;
	char *input;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		input = malloc(rows[i].length);
		assert_non_null(input);
		memset(input, 'q', rows[i].length);
		assert_int_equal(fake_reply_call(&handler_hello, input,
		    rows[i].length, SIZE_MAX, &reply), 0);
		assert_int_equal(reply.length, 6 + rows[i].length);
		assert_int_equal(reply.bytes[reply.length - 1], 'Q');
		assert_int_equal(reply.logs, rows[i].warnings);
		if (rows[i].warnings > 0) {
			assert_int_equal(reply.level, THRONG_LOG_WARN);
			assert_non_null(strstr(reply.log,
			    "input larger than expected"));
		}
		fake_reply_free(&reply);
		free(input);
	}
}

static void
test_no_room(void **state)
{
	throng_reply reply;

	(void)state;
	for (size_t limit = 0; limit < 10; limit++) {
		assert_int_not_equal(fake_reply_call(&handler_hello, "zack", 4,
		    limit, &reply), 0);
		fake_reply_free(&reply);
	}
	assert_int_equal(fake_reply_call(&handler_hello, "zack", 4, 10,
	    &reply), 0);
	fake_reply_free(&reply);
}

static void
test_table(void **state)
{

	(void)state;
	assert_string_equal(handler_hello.name, "hello");
	assert_non_null(handler_hello.summary);
	assert_int_equal(handler_hello.traits, 0);
	assert_int_equal(handler_hello.raw_limit, 5120);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_farewell),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
