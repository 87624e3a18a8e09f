/* Replies out of a stream, whatever pieces it comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/reader.h"

/* What was read: replies in brackets, `#` for one too long, `!` broken. */
struct heard {
	char text[256];
	size_t length;
};

static void
hear(struct heard *h, const char *bytes, size_t length)
{

	assert_true(h->length + length < sizeof(h->text));
	memcpy(h->text + h->length, bytes, length);
	h->length += length;
}

/* Give it the bytes; false once the stream is broken. */
static bool
give(struct reader *r, const char *bytes, size_t length, struct heard *h)
{
	enum reader_status status;
	const char *reply;
	size_t size;
	char *room = reader_room(r, &size);

	assert_non_null(room);
	assert_true(size >= length);
	memcpy(room, bytes, length);
	reader_filled(r, length);
	for (;;) {
		status = reader_next(r, &reply, &size);
		if (status == READER_MORE)
			return (true);
		if (status == READER_BROKEN) {
			hear(h, "!", 1);
			return (false);
		}
		if (status == READER_OVERSIZE) {
			hear(h, "#", 1);
			continue;
		}
		hear(h, "[", 1);
		hear(h, reply, size);
		hear(h, "]", 1);
	}
}

static void
becomes(throng_framing framing, const char *bytes, size_t length,
    const char *expected, size_t expected_length, bool within)
{

	for (size_t cut = 0; cut <= length; cut++) {
		struct reader *r = reader_new(framing, 5);
		struct heard h = { .length = 0 };
		bool whole = true;

		assert_non_null(r);
		if (cut > 0)
			whole = give(r, bytes, cut, &h);
		if (cut < length && whole)
			whole = give(r, bytes + cut, length - cut, &h);
		assert_int_equal(h.length, expected_length);
		assert_memory_equal(h.text, expected, expected_length);
		if (whole)
			assert_int_equal(reader_within(r), within);
		reader_free(r);
	}
}

#define BECOMES(framing, bytes, expected, within) \
	becomes(THRONG_FRAME_##framing, bytes, sizeof(bytes) - 1, expected, \
	    sizeof(expected) - 1, within)

static void
lines(void **state)
{

	(void)state;
	BECOMES(LINE, "one\ntwo\n\n", "[one][two][]", false);
	BECOMES(LINE, "one\r\n\r\ntwo\n", "[one\r][\r][two]", false);
	BECOMES(LINE, "a\0\n\xff\nhal", "[a\0][\xff]", true);
	BECOMES(LINE, "12345\n123456\n12345\r\n", "[12345]#[12345\r]", false);
}

static void
lengths(void **state)
{

	(void)state;
	BECOMES(LEN32, "\0\0\0\2hi\0\0\0\0\0\0\0\1x", "[hi][][x]", false);
	BECOMES(LEN32, "\0\0\0\6toolon\0\0\0\1x\0", "#[x]", true);
	BECOMES(LEN32, "\0\0\0\1x\xff\xff\xff\xffy", "[x]!", false);
	BECOMES(LEN16, "\0\2hi\0\0\0\1x\0\2h", "[hi][][x]", true);
	BECOMES(LEN16, "\0\6toolon\0\1x", "#[x]", false);
}

static void
netstrings(void **state)
{

	(void)state;
	BECOMES(NETSTRING, "2:hi,0:,1:x,", "[hi][][x]", false);
	BECOMES(NETSTRING, "6:toolon,1:x,3", "#[x]", true);
	BECOMES(NETSTRING, "2:hi,Hello", "[hi]!", false);
	BECOMES(NETSTRING, "2:hi;1:x,", "!", false);
}

/* A raw reply is what one receive brings, up to the maximum. */
static void
raw(void **state)
{
	struct reader *r = reader_new(THRONG_FRAME_RAW, 5);
	struct heard h = { .length = 0 };

	(void)state;
	assert_non_null(r);
	assert_true(give(r, "ab", 2, &h));
	assert_true(give(r, "c\n\0", 3, &h));
	assert_true(give(r, "1234567", 7, &h));
	assert_int_equal(h.length, 20);
	assert_memory_equal(h.text, "[ab][c\n\0][12345][67]", 20);
	reader_free(r);
	reader_free(NULL);
}

/* Longer than the buffer at its start, and then short ones again. */
static void
long_replies(void **state)
{
	const size_t size = 3u << 20;
	struct reader *r = reader_new(THRONG_FRAME_LINE, size);
	struct heard h = { .length = 0 };
	const char *reply;
	size_t room_size, left = size;
	char *room;

	(void)state;
	assert_non_null(r);
	while (left > 0) {
		assert_int_equal(reader_next(r, &reply, &room_size),
		    READER_MORE);
		room = reader_room(r, &room_size);
		assert_non_null(room);
		if (room_size > left)
			room_size = left;
		memset(room, 'x', room_size);
		reader_filled(r, room_size);
		left -= room_size;
	}
	assert_int_equal(reader_next(r, &reply, &room_size), READER_MORE);
	room = reader_room(r, &room_size);
	memcpy(room, "\ny", 2);
	reader_filled(r, 2);
	assert_int_equal(reader_next(r, &reply, &room_size), READER_READY);
	assert_int_equal(room_size, size);
	assert_int_equal(reply[0], 'x');
	assert_int_equal(reply[size - 1], 'x');
	assert_int_equal(reader_next(r, &reply, &room_size), READER_MORE);
	assert_true(give(r, "z\n", 2, &h));
	assert_memory_equal(h.text, "[yz]", 4);
	reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(lengths),
		cmocka_unit_test(netstrings),
		cmocka_unit_test(raw),
		cmocka_unit_test(long_replies),
	};

	return (cmocka_run_group_tests_name("client_reader", tests, NULL,
	    NULL));
}
