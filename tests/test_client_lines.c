/* The input cut into requests, whatever pieces it is read in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/lines.h"

/* The requests as text: each in brackets, then what ended them. */
struct heard {
	char text[512];
	size_t length;
};

static void
hear(struct heard *h, const char *bytes, size_t length)
{

	assert_true(h->length + length < sizeof(h->text));
	memcpy(h->text + h->length, bytes, length);
	h->length += length;
}

/* Take all there is; the status that stopped it. */
static enum lines_status
take(struct lines *lines, struct heard *h)
{
	enum lines_status status;
	const char *bytes;
	size_t length;

	while ((status = lines_next(lines, &bytes, &length)) == LINES_READY) {
		hear(h, "[", 1);
		hear(h, bytes, length);
		hear(h, "]", 1);
	}
	return (status);
}

/* Read `input`, cut at `cut`; what it gives, and the status at its end. */
static enum lines_status
cut_in_two(enum lines_split split, size_t max, const char *input,
    size_t length, size_t cut, struct heard *h)
{
	struct lines *lines = lines_new(split, max);
	const size_t ends[] = { cut, length };
	enum lines_status status = LINES_MORE;
	size_t at = 0;
	int fds[2];

	assert_non_null(lines);
	assert_int_equal(pipe(fds), 0);
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < 2 && status == LINES_MORE; i++) {
		if (ends[i] == at)
			continue;
		assert_int_equal(write(fds[1], input + at, ends[i] - at),
		    ends[i] - at);
		at = ends[i];
		assert_int_equal(lines_fill(lines, fds[0]), 0);
		status = take(lines, h);
	}
	close(fds[1]);
	if (status == LINES_MORE) {
		assert_int_equal(lines_fill(lines, fds[0]), 0);
		status = take(lines, h);
	}
	close(fds[0]);
	lines_free(lines);
	return (status);
}

/* Whatever the cut, `input` must become `expected` and end so. */
static void
becomes(enum lines_split split, size_t max, const char *input, size_t length,
    const char *expected, size_t expected_length, enum lines_status end)
{
	struct heard h;

	for (size_t cut = 0; cut <= length; cut++) {
		assert_int_equal(cut_in_two(split, max, input, length, cut,
		    &h), end);
		assert_int_equal(h.length, expected_length);
		assert_memory_equal(h.text, expected, expected_length);
	}
}

#define BECOMES(split, max, input, expected, end) \
	becomes(split, max, input, sizeof(input) - 1, expected, \
	    sizeof(expected) - 1, end)

static void
line_by_line(void **state)
{

	(void)state;
	BECOMES(LINES_EACH, 9, "", "", LINES_END);
	BECOMES(LINES_EACH, 9, "one\ntwo\n", "[one][two]", LINES_END);
	BECOMES(LINES_EACH, 9, "one\ntwo", "[one][two]", LINES_END);
	BECOMES(LINES_EACH, 9, "\n\na\n\n", "[][][a][]", LINES_END);
	BECOMES(LINES_EACH, 9, "a\r\n\r\nb\r", "[a\r][\r][b\r]", LINES_END);
	BECOMES(LINES_EACH, 9, "a\0b\n\0\n\xff\xfe", "[a\0b][\0][\xff\xfe]",
	    LINES_END);
}

static void
too_long(void **state)
{

	(void)state;
	BECOMES(LINES_EACH, 3, "abc\nabcd\ne\n", "[abc]", LINES_TOO_LONG);
	BECOMES(LINES_EACH, 3, "abc", "[abc]", LINES_END);
	BECOMES(LINES_EACH, 3, "abcd", "", LINES_TOO_LONG);
	BECOMES(LINES_NONE, 3, "a\nb", "[a\nb]", LINES_END);
	BECOMES(LINES_NONE, 3, "a\nbc", "", LINES_TOO_LONG);
}

static void
whole(void **state)
{

	(void)state;
	BECOMES(LINES_NONE, 99, "", "[]", LINES_END);
	BECOMES(LINES_NONE, 99, "a\nb\n\n", "[a\nb\n\n]", LINES_END);
	BECOMES(LINES_NONE, 99, "\0", "[\0]", LINES_END);
}

/* Longer than a read, and then short ones again. */
static void
long_lines(void **state)
{
	const size_t size = 3u << 20;
	struct lines *lines = lines_new(LINES_EACH, size);
	enum lines_status status;
	char *input = malloc(size + 4), path[] = "/tmp/throng-lines-XXXXXX";
	const char *bytes;
	size_t length;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && input != NULL && lines != NULL);
	unlink(path);
	memset(input, 'x', size);
	memcpy(input + size, "\ny\nz", 4);
	assert_int_equal(write(fd, input, size + 4), size + 4);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	while ((status = lines_next(lines, &bytes, &length)) == LINES_MORE)
		assert_int_equal(lines_fill(lines, fd), 0);
	assert_int_equal(status, LINES_READY);
	assert_int_equal(length, size);
	assert_memory_equal(bytes, input, size);
	while ((status = lines_next(lines, &bytes, &length)) == LINES_MORE)
		assert_int_equal(lines_fill(lines, fd), 0);
	assert_int_equal(length, 1);
	assert_int_equal(bytes[0], 'y');
	while ((status = lines_next(lines, &bytes, &length)) == LINES_MORE)
		assert_int_equal(lines_fill(lines, fd), 0);
	assert_int_equal(status, LINES_READY);
	assert_int_equal(bytes[0], 'z');
	assert_int_equal(lines_next(lines, &bytes, &length), LINES_END);
	assert_int_equal(lines_count(lines), 3);
	lines_free(lines);
	close(fd);
	free(input);
}

static void
read_error(void **state)
{
	struct lines *lines = lines_new(LINES_EACH, 9);

	(void)state;
	assert_non_null(lines);
	assert_int_equal(lines_fill(lines, -1), -1);
	lines_free(lines);
	lines_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_by_line),
		cmocka_unit_test(too_long),
		cmocka_unit_test(whole),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(read_error),
	};

	return (cmocka_run_group_tests_name("client_lines", tests, NULL,
	    NULL));
}
