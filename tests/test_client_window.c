/* Requests asked and not answered: bytes out, numbers back, and the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/window.h"

/* Add a text as a request. */
static void
add(struct window *w, throng_framing framing, uint64_t number,
    const char *text)
{

	assert_false(window_full(w));
	assert_int_equal(window_add(w, framing, number, text, strlen(text)),
	    0);
}

/* What may be sent now must be these bytes; send them in steps of one. */
static void
sends(struct window *w, const char *expected, size_t length)
{
	const char *bytes = NULL;

	for (size_t i = 0; i < length; i++) {
		assert_int_equal(window_sendable(w, &bytes) > 0, 1);
		assert_int_equal(bytes[0], expected[i]);
		window_sent(w, 1);
	}
	assert_int_equal(window_sendable(w, &bytes), 0);
}

static void
answered(struct window *w, uint64_t expected)
{
	uint64_t number = 0;

	assert_int_equal(window_answered(w, &number), 0);
	assert_int_equal(number, expected);
}

static void
every_framing(void **state)
{
	static const struct {
		throng_framing framing;
		const char *bytes;
		size_t length;
	} rows[] = {
		{ THRONG_FRAME_LINE, "hi\n\n", 4 },
		{ THRONG_FRAME_LEN32, "\0\0\0\2hi\0\0\0\0", 10 },
		{ THRONG_FRAME_LEN16, "\0\2hi\0\0", 6 },
		{ THRONG_FRAME_NETSTRING, "2:hi,0:,", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct window *w = window_new(8, 8);

		assert_non_null(w);
		add(w, rows[i].framing, 5, "hi");
		add(w, rows[i].framing, 6, "");
		sends(w, rows[i].bytes, rows[i].length);
		answered(w, 5);
		answered(w, 6);
		assert_int_equal(window_count(w), 0);
		window_free(w);
	}
	window_free(NULL);
}

/* With a flight of one the next goes out when the first is answered. */
static void
one_at_a_time(void **state)
{
	struct window *w = window_new(8, 1);

	(void)state;
	assert_non_null(w);
	add(w, THRONG_FRAME_RAW, 0, "one");
	add(w, THRONG_FRAME_RAW, 1, "two");
	sends(w, "one", 3);
	add(w, THRONG_FRAME_RAW, 2, "three");
	sends(w, "", 0);
	answered(w, 0);
	sends(w, "two", 3);
	answered(w, 1);
	sends(w, "three", 5);
	answered(w, 2);
	sends(w, "", 0);
	window_free(w);
}

/* A reply to what was not sent is none; to what is being sent it is one. */
static void
replies_too_early(void **state)
{
	struct window *w = window_new(8, 8);
	const char *bytes;
	uint64_t number;

	(void)state;
	assert_non_null(w);
	assert_int_equal(window_answered(w, &number), -1);
	add(w, THRONG_FRAME_LINE, 7, "long");
	add(w, THRONG_FRAME_LINE, 8, "next");
	assert_int_equal(window_answered(w, &number), -1);
	assert_int_equal(window_sendable(w, &bytes), 10);
	window_sent(w, 1);
	answered(w, 7);
	assert_int_equal(window_answered(w, &number), -1);
	/* Dropped all the same when the connection ends. */
	assert_int_equal(window_drop(w, &number), 0);
	assert_int_equal(number, 8);
	assert_int_equal(window_drop(w, &number), -1);
	window_free(w);
}

static void
bounded_in_count(void **state)
{
	struct window *w = window_new(4, 4);
	const char *bytes;

	(void)state;
	assert_non_null(w);
	for (uint64_t i = 0; i < 4; i++)
		add(w, THRONG_FRAME_LINE, i, "x");
	assert_true(window_full(w));
	window_sent(w, window_sendable(w, &bytes));
	assert_true(window_full(w));
	answered(w, 0);
	assert_false(window_full(w));
	assert_false(window_easy(w));
	answered(w, 1);
	assert_true(window_easy(w));
	/* The ring goes round. */
	for (uint64_t i = 4; i < 100; i++) {
		add(w, THRONG_FRAME_LINE, i, "x");
		window_sent(w, window_sendable(w, &bytes));
		answered(w, i - 2);
	}
	window_free(w);
}

static void
bounded_in_bytes(void **state)
{
	static char large[200000];
	struct window *w = window_new(100, 100);
	const char *bytes;
	size_t n, total = 0;

	(void)state;
	assert_non_null(w);
	memset(large, 'x', sizeof(large));
	for (n = 0; !window_full(w); n++)
		assert_int_equal(window_add(w, THRONG_FRAME_LINE, n, large,
		    sizeof(large)), 0);
	assert_in_range(n, 2, 3);
	assert_false(window_easy(w));
	/* What the sender has taken makes room. */
	assert_true(window_sendable(w, &bytes) > 0);
	assert_false(window_full(w));
	assert_true(window_easy(w));
	for (size_t length; (length = window_sendable(w, &bytes)) > 0;) {
		total += length;
		window_sent(w, length);
	}
	assert_int_equal(total, n * (sizeof(large) + 1));
	window_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_framing),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(replies_too_early),
		cmocka_unit_test(bounded_in_count),
		cmocka_unit_test(bounded_in_bytes),
	};

	return (cmocka_run_group_tests_name("client_window", tests, NULL,
	    NULL));
}
