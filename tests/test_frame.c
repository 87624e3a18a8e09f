/*
 * The framers: rows with what they hold written by hand, each cut at every
 * byte and at every pair of bytes; random streams against the reference;
 * lengths up to the absurd; the helpers that write frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"
#include "frames.h"

#define BYTES(text) text, sizeof(text) - 1

struct row {
	throng_framing framing;
	const char *bytes;
	size_t length;
	const char *holds; /* as frames_text() writes it; the maximum is 4 */
};

#define LINE(text, holds) { THRONG_FRAME_LINE, BYTES(text), holds }
#define LEN16(text, holds) { THRONG_FRAME_LEN16, BYTES(text), holds }
#define LEN32(text, holds) { THRONG_FRAME_LEN32, BYTES(text), holds }
#define NETS(text, holds) { THRONG_FRAME_NETSTRING, BYTES(text), holds }

static const struct row rows[] = {
	LINE("\n", "()"),
	LINE("\r\n", "()~"),
	LINE("\n\n\r\n\n", "()()()~()"),
	LINE("abc\n", "(abc)"),
	LINE("abc\r\n", "(abc)~"),
	LINE("abcd\n", "(abcd)"),
	LINE("abcd\r\n", "(abcd)~"),
	LINE("abcde\n", "O"),
	LINE("abcde\r\n", "O"),
	LINE("abcde\r\nx\n", "O(x)"),
	LINE("abcdefghijklm\nok\r\n", "O(ok)~"),
	LINE("abcdefgh\n\n", "O()"),
	LINE("abcdefgh\nijklmnop\nx\n", "OO(x)"),
	LINE("abcd", "+4"),
	LINE("abcd\r", "+5"),
	LINE("abcde", "O"),
	LINE("abcd\r\r", "O"),
	LINE("abcd\rx", "O"),
	LINE("abcd\r\r\n", "O"),
	LINE("abc\r\r\n", "(abc\\x0d)~"),
	LINE("\r\r\n", "(\\x0d)~"),
	LINE("\r", "+1"),
	LINE("ab\rc\n", "(ab\\x0dc)"),
	LINE("\rabc\n", "(\\x0dabc)"),
	LINE("a\r\nb\nc\r\nd", "(a)~(b)(c)~+1"),
	LINE("a\0b\n\0\n", "(a\\x00b)(\\x00)"),
	LINE("\xff\xc3\n", "(\\xff\\xc3)"),
	LINE("x\r\nabcdefg\r\n\r\n", "(x)~O()~"),
	LEN16("\0\0", "()"),
	LEN16("\0\0\0\0\0\0", "()()()"),
	LEN16("\0\3abc", "(abc)"),
	LEN16("\0\4a\0\n\xff", "(a\\x00\\x0a\\xff)"),
	LEN16("\0\5abcde\0\1x", "O(x)"),
	LEN16("\0\1x\0\5abcde\0\0", "(x)O()"),
	LEN16("\0\1x\xff\xff", "(x)O"),
	LEN16("\1\0", "O"),
	LEN16("\0", "+1"),
	LEN16("\0\3ab", "+4"),
	LEN16("\0\0\0\4abc", "()+5"),
	LEN32("\0\0\0\0", "()"),
	LEN32("\0\0\0\3abc\0\0\0\1\0", "(abc)(\\x00)"),
	LEN32("\0\0\0\5abcde\0\0\0\4wxyz", "O(wxyz)"),
	LEN32("\0\0\0", "+3"),
	LEN32("\0\0\0\4abc", "+7"),
	LEN32("\0\0\1\0", "O"),
	LEN32("\4\0\0\0", "O"),
	LEN32("\4\0\0\1", "A"),
	LEN32("\0\0\0\1x\4\0\0\1yz", "(x)A"),
	LEN32("\x7f\xff\xff\xff", "A"),
	LEN32("\x80\0\0\0", "A"),
	LEN32("\xff\xff\xff\xff", "A"),
	LEN32("\xff\xff\xff\xff\0\0\0\0", "A"),
	NETS("0:,", "()"),
	NETS("3:abc,0:,1:\0,", "(abc)()(\\x00)"),
	NETS("4:,:,:,", "(,:,:)"),
	NETS("5:abcde,1:x,", "O(x)"),
	NETS("10:abcdefghij,4:wxyz,", "O(wxyz)"),
	NETS("5:abcdeX", "OB"),
	NETS("5:abcde", "O"),
	NETS("3:abcX", "B"),
	NETS("1:x,3:abc;", "(x)B"),
	NETS("0:x", "B"),
	NETS("3:ab", "+4"),
	NETS("3:abc", "+5"),
	NETS("12", "+2"),
	NETS("03:abc,", "B"),
	NETS("00:,", "B"),
	NETS(":", "B"),
	NETS(",", "B"),
	NETS("abc", "B"),
	NETS("-1:", "B"),
	NETS("+1:x,", "B"),
	NETS(" 1:x,", "B"),
	NETS("1 :x,", "B"),
	NETS("1;x,", "B"),
	NETS("1\0:x,", "B"),
	NETS("\xff", "B"),
	NETS("0x1:x,", "B"),
	NETS("67108864:abc", "O"),
	NETS("67108865:", "A"),
	NETS("2147483647:", "A"),
	NETS("2147483648:", "A"),
	NETS("4294967295:", "A"),
	NETS("4294967296:", "A"),
	NETS("18446744073709551617:x,", "A"),
	NETS("3:abc,99999999999999999999999999", "(abc)A"),
};

/* Scan with the cuts; fail unless the stream holds what is expected. */
static void
expect(const struct framer *f, const char *bytes, size_t length,
    const size_t *cuts, size_t count, const char *holds)
{
	struct frames_list list = { 0 };
	char text[1024];
	const char *wrong;

	wrong = frames_scan(f, bytes, length, cuts, count, &list);
	frames_text(&list, bytes, text, sizeof(text));
	frames_free(&list);
	if (wrong == NULL && strcmp(text, holds) == 0)
		return;
	fail_msg("%s: want %s, got %s%s%s; cuts: %zu, first %zu, last %zu",
	    frame_name(f->framing), holds, text, wrong ? ", " : "",
	    wrong ? wrong : "", count, count > 0 ? cuts[0] : 0,
	    count > 0 ? cuts[count - 1] : 0);
}

static void
rows_cut_everywhere(void **state)
{
	size_t i, a, b, all[64];

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct framer f = { r->framing, 4 };
		struct frames_list list = { 0 };
		char text[1024];

		assert_true(r->length < 64);
		frames_reference(&f, r->bytes, r->length, &list);
		assert_string_equal(r->holds,
		    frames_text(&list, r->bytes, text, sizeof(text)));
		frames_free(&list);
		for (a = 0; a <= r->length; a++) {
			all[a] = a;
			for (b = a; b <= r->length; b++)
				expect(&f, r->bytes, r->length,
				    (size_t[]){ a, b }, 2, r->holds);
		}
		expect(&f, r->bytes, r->length, NULL, 0, r->holds);
		expect(&f, r->bytes, r->length, all, r->length, r->holds);
	}
}

static void
raw_is_whatever_came(void **state)
{
	struct framer f = { THRONG_FRAME_RAW, 4 };
	struct frame_scan scan = { 0 };
	size_t used;

	(void)state;
	assert_int_equal(frame_scan(&f, &scan, "abc", 3, &used), FRAME_READY);
	assert_int_equal(used, 3);
	assert_int_equal(scan.length, 3);
	assert_int_equal(scan.head + scan.tail, 0);
	assert_int_equal(frame_pending(&scan), 0);
	assert_int_equal(frame_scan(&f, &scan, "abcdef", 6, &used),
	    FRAME_READY);
	assert_int_equal(used, 4);
	assert_int_equal(scan.length, 4);
	assert_int_equal(scan.scanned, 4);
}

/* What a stream may be made of, so that boundaries are met often. */
static size_t
random_stream(throng_framing framing, uint32_t max, char *out, size_t size)
{
	static const char spice[] = "\r\n\n\r\r0123456789:,,:\0\0\1\4\xff";
	size_t at = 0, n, i;

	while (at + max + 20 < size && rand() % 40 != 0) {
		if (rand() % 12 == 0) {
			out[at++] = spice[(size_t)rand() % sizeof(spice)];
			continue;
		}
		n = (size_t)rand() % (max + 4);
		at += frame_head(framing, n, out + at);
		for (i = 0; i < n; i++)
			out[at++] = rand() % 4 ? 'x' :
			    spice[(size_t)rand() % sizeof(spice)];
		at += frame_tail(framing, (unsigned)rand() % 3, out + at);
	}
	return (at);
}

static size_t
random_cuts(size_t length, size_t *cuts, size_t room)
{
	size_t count = 0, at = 0, step = 1 + (size_t)rand() % 24;

	while (count < room) {
		at += (size_t)rand() % (2 * step);
		if (at > length)
			break;
		cuts[count++] = at;
	}
	return (count);
}

static void
random_streams_match_the_reference(void **state)
{
	static char bytes[4096];
	size_t cuts[512], count, length;
	unsigned seed, framing;

	(void)state;
	for (seed = 0; seed < 20000; seed++) {
		struct frames_list want = { 0 }, got = { 0 };
		const char *wrong;
		struct framer f;

		srand(seed);
		framing = (unsigned)rand() % 5;
		f.framing = (throng_framing)framing;
		f.max = 1 + (uint32_t)rand() % 40;
		length = random_stream(f.framing, f.max, bytes, sizeof(bytes));
		count = random_cuts(length, cuts, 512);
		frames_reference(&f, bytes, length, &want);
		wrong = frames_scan(&f, bytes, length, cuts, count, &got);
		if (wrong != NULL || !frames_equal(&want, &got))
			fail_msg("seed %u, %s, max %u: %s", seed,
			    frame_name(f.framing), f.max,
			    wrong ? wrong : "another list");
		frames_free(&want);
		frames_free(&got);
	}
}

/* A refused frame of `declared` bytes, then a good one. */
static void
swallow(throng_framing framing, uint32_t max, size_t declared)
{
	static char chunk[1u << 20];
	struct framer f = { framing, max };
	struct frame_scan scan = { 0 };
	enum frame_status status = FRAME_PARTIAL;
	char head[FRAME_HEAD_MAX], tail[FRAME_TAIL_MAX];
	size_t left = declared, n, used, refusals = 0, at;

	n = frame_head(framing, declared, head);
	for (at = 0; at < n; at += used) {
		status = frame_scan(&f, &scan, head + at, n - at, &used);
		refusals += status == FRAME_OVERSIZE;
	}
	memset(chunk, 'x', sizeof(chunk));
	for (; left > 0; left -= used) {
		n = left < sizeof(chunk) ? left : sizeof(chunk);
		status = frame_scan(&f, &scan, chunk, n, &used);
		refusals += status == FRAME_OVERSIZE;
		if (refusals > 0)
			assert_int_equal(frame_pending(&scan), 0);
	}
	n = frame_tail(framing, 0, tail);
	for (at = 0; at < n; at += used)
		status = frame_scan(&f, &scan, tail + at, n - at, &used);
	assert_int_equal(refusals, 1);
	assert_int_equal(status, FRAME_SKIP);
	n = frame_head(framing, 1, chunk);
	chunk[n++] = 'y';
	n += frame_tail(framing, 0, chunk + n);
	assert_int_equal(frame_scan(&f, &scan, chunk, n, &used), FRAME_READY);
	assert_int_equal(used, n);
	assert_int_equal(scan.length, 1);
}

static void
oversize_is_swallowed_once(void **state)
{
	static const size_t sizes[] = {
		1001, 1002, 4096, 65535, 65536, 65537, 1u << 20, 16u << 20,
		(64u << 20) - 1, 64u << 20,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		swallow(THRONG_FRAME_LINE, 1000, sizes[i]);
		swallow(THRONG_FRAME_LEN32, 1000, sizes[i]);
		swallow(THRONG_FRAME_NETSTRING, 1000, sizes[i]);
		if (sizes[i] <= UINT16_MAX)
			swallow(THRONG_FRAME_LEN16, 1000, sizes[i]);
	}
	/* A line has no declared length, so it may go on for ever. */
	swallow(THRONG_FRAME_LINE, 1000, 100u << 20);
}

static void
around_the_maximum(void **state)
{
	static char bytes[70000];
	static const uint32_t maxima[] = { 1, 255, 256, 4096, 65535 };
	static const char tails[2][3] = { "(", "O" };
	size_t i, length, at;
	int framing, over;

	(void)state;
	for (i = 0; i < sizeof(maxima) / sizeof(maxima[0]); i++)
	for (framing = 0; framing < 5; framing++)
	for (over = -1; over <= 1; over++) {
		struct framer f = { (throng_framing)framing, maxima[i] };
		struct frames_list list = { 0 };

		length = maxima[i] + (size_t)over;
		if (framing == THRONG_FRAME_RAW ||
		    length > frame_payload_max(f.framing))
			continue;
		at = frame_head(f.framing, length, bytes);
		memset(bytes + at, 'z', length);
		at += length;
		at += frame_tail(f.framing, 0, bytes + at);
		assert_null(frames_scan(&f, bytes, at, NULL, 0, &list));
		assert_int_equal(list.count, 1);
		assert_int_equal(list.event[0].kind,
		    tails[over > 0][0] == 'O' ? 'O' : 'F');
		if (over <= 0)
			assert_int_equal(list.event[0].length, length);
		frames_free(&list);
	}
}

static void
largest_legal_frame(void **state)
{
	struct framer f = { THRONG_FRAME_LEN32, FRAME_ABSURD_LENGTH };
	struct frame_scan scan = { 0 };
	size_t used;

	(void)state;
	assert_int_equal(frame_scan(&f, &scan, "\4\0\0\0", 4, &used),
	    FRAME_PARTIAL);
	assert_int_equal(frame_missing(&f, &scan), 64u << 20);
	assert_int_equal(frame_pending(&scan), 4);
	f.framing = THRONG_FRAME_NETSTRING;
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(frame_scan(&f, &scan, "67108864:ab", 11, &used),
	    FRAME_PARTIAL);
	assert_int_equal(frame_missing(&f, &scan), (64u << 20) - 2 + 1);
	assert_int_equal(frame_pending(&scan), 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_cut_everywhere),
		cmocka_unit_test(raw_is_whatever_came),
		cmocka_unit_test(random_streams_match_the_reference),
		cmocka_unit_test(oversize_is_swallowed_once),
		cmocka_unit_test(around_the_maximum),
		cmocka_unit_test(largest_legal_frame),
	};

	return (cmocka_run_group_tests_name("frame", tests, NULL, NULL));
}
