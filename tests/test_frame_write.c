/*
 * What frame.c writes, what it calls its framings, and how much it reads:
 * memchr() is wrapped by the linker, so that every byte it looks at counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"

void *__real_memchr(const void *bytes, int byte, size_t length);
void *__wrap_memchr(const void *bytes, int byte, size_t length);

static size_t looked_at;

void *
__wrap_memchr(const void *bytes, int byte, size_t length)
{
	const char *found = __real_memchr(bytes, byte, length);

	looked_at += found == NULL ? length :
	    (size_t)(found - (const char *)bytes) + 1;
	return ((void *)(uintptr_t)found);
}

struct written {
	throng_framing framing;
	size_t payload;
	const char *head;
	size_t head_length;
	const char *tail;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct written written[] = {
	{ THRONG_FRAME_LINE, 7, BYTES(""), "\n" },
	{ THRONG_FRAME_RAW, 7, BYTES(""), "" },
	{ THRONG_FRAME_LEN32, 0, BYTES("\0\0\0\0"), "" },
	{ THRONG_FRAME_LEN32, 0x01020304, BYTES("\1\2\3\4"), "" },
	{ THRONG_FRAME_LEN32, UINT32_MAX, BYTES("\xff\xff\xff\xff"), "" },
	{ THRONG_FRAME_LEN16, 0, BYTES("\0\0"), "" },
	{ THRONG_FRAME_LEN16, 0x0102, BYTES("\1\2"), "" },
	{ THRONG_FRAME_LEN16, UINT16_MAX, BYTES("\xff\xff"), "" },
	{ THRONG_FRAME_NETSTRING, 0, BYTES("0:"), "," },
	{ THRONG_FRAME_NETSTRING, 9, BYTES("9:"), "," },
	{ THRONG_FRAME_NETSTRING, 10, BYTES("10:"), "," },
	{ THRONG_FRAME_NETSTRING, 67108864, BYTES("67108864:"), "," },
	{ THRONG_FRAME_NETSTRING, UINT32_MAX, BYTES("4294967295:"), "," },
};

static void
heads_and_tails(void **state)
{
	char out[FRAME_HEAD_MAX + 1];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		const struct written *w = &written[i];

		memset(out, '!', sizeof(out));
		n = frame_head(w->framing, w->payload, out);
		assert_int_equal(n, w->head_length);
		assert_memory_equal(out, w->head, n);
		assert_int_equal(out[n], '!');
		memset(out, '!', sizeof(out));
		n = frame_tail(w->framing, 0, out);
		assert_int_equal(n, strlen(w->tail));
		assert_memory_equal(out, w->tail, n);
		assert_int_equal(out[n], '!');
	}
}

static void
a_line_ends_as_its_request_did(void **state)
{
	char out[FRAME_TAIL_MAX];

	(void)state;
	assert_int_equal(frame_tail(THRONG_FRAME_LINE, 1, out), 1);
	assert_int_equal(out[0], '\n');
	assert_int_equal(frame_tail(THRONG_FRAME_LINE, 2, out), 2);
	assert_memory_equal(out, "\r\n", 2);
	/* The line ending of the request is nobody else's business. */
	assert_int_equal(frame_tail(THRONG_FRAME_RAW, 2, out), 0);
	assert_int_equal(frame_tail(THRONG_FRAME_NETSTRING, 2, out), 1);
}

static void
what_is_written_is_read(void **state)
{
	static const size_t lengths[] = { 0, 1, 9, 10, 99, 100, 255, 256,
		65534, 65535, 65536, 100000 };
	static char bytes[100100];
	size_t i, n, at, used;
	int framing;

	(void)state;
	for (framing = 0; framing < 5; framing++)
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct framer f = { (throng_framing)framing, 1u << 20 };
		struct frame_scan scan = { 0 };

		n = lengths[i];
		if (n > frame_payload_max(f.framing) ||
		    (framing == THRONG_FRAME_RAW && n == 0))
			continue;
		at = frame_head(f.framing, n, bytes);
		memset(bytes + at, 'r', n);
		at += n;
		at += frame_tail(f.framing, 2, bytes + at);
		assert_int_equal(frame_scan(&f, &scan, bytes, at, &used),
		    FRAME_READY);
		assert_int_equal(used, at);
		assert_int_equal(scan.length, n);
		assert_int_equal(scan.head, frame_head(f.framing, n, bytes));
		if (framing == THRONG_FRAME_LINE)
			assert_int_equal(scan.tail, 2);
	}
}

static void
names(void **state)
{
	static const char *const expected[] = { "line", "raw", "len32",
		"len16", "netstring" };
	static const char *const unknown[] = { "", "LINE", "lin", "lines",
		" line", "len", "len64", "netstrings" };
	throng_framing framing;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_string_equal(frame_name((throng_framing)i), expected[i]);
		assert_int_equal(frame_by_name(expected[i], &framing), 0);
		assert_int_equal(framing, i);
	}
	assert_null(frame_name((throng_framing)5));
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(frame_by_name(unknown[i], &framing), -1);
}

static void
payload_limits(void **state)
{

	(void)state;
	assert_int_equal(frame_payload_max(THRONG_FRAME_LEN16), 65535);
	assert_int_equal(frame_payload_max(THRONG_FRAME_LEN32), UINT32_MAX);
	assert_true(frame_payload_max(THRONG_FRAME_LINE) >= UINT32_MAX);
	assert_true(frame_payload_max(THRONG_FRAME_RAW) >= UINT32_MAX);
	assert_true(frame_payload_max(THRONG_FRAME_NETSTRING) >= UINT32_MAX);
}

/* Feed one long line in pieces and count what is looked at. */
static size_t
cost(size_t line, size_t piece, uint32_t max)
{
	static char bytes[1u << 20];
	struct framer f = { THRONG_FRAME_LINE, max };
	struct frame_scan scan = { 0 };
	size_t at, to, used;

	memset(bytes, 'x', line);
	bytes[line - 1] = '\n';
	looked_at = 0;
	for (at = 0; at < line; at += used) {
		to = at + piece < line ? at + piece : line;
		frame_scan(&f, &scan, bytes + at, to - at, &used);
	}
	return (looked_at);
}

static void
no_byte_is_looked_at_twice(void **state)
{

	(void)state;
	assert_int_equal(cost(1u << 20, 1u << 20, 2u << 20), 1u << 20);
	assert_int_equal(cost(1u << 20, 1, 2u << 20), 1u << 20);
	assert_int_equal(cost(1u << 20, 4096, 2u << 20), 1u << 20);
	/* Refused and swallowed: still once each. */
	assert_int_equal(cost(1u << 20, 1, 1000), 1u << 20);
	assert_int_equal(cost(1u << 20, 4096, 1000), 1u << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_and_tails),
		cmocka_unit_test(a_line_ends_as_its_request_did),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(names),
		cmocka_unit_test(payload_limits),
		cmocka_unit_test(no_byte_is_looked_at_twice),
	};

	return (cmocka_run_group_tests_name("frame_write", tests, NULL, NULL));
}
