/*
 * hello: the process_input that throng grew out of. It goes over the input
 * twice: first to check and to measure, then to write straight into the
 * reply, whose length must be known before.
 */
#define _GNU_SOURCE /* memmem */
#include "handlers.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

/* What one read takes of an input without delimiters, in bytes. Input that
 * fills it is remarked on: there may be more. */
#define READ_MAX 5120

static const char greeting[] = "Hello ";
static const char quit[] = "--QUIT--";

#define GREETING_LENGTH (sizeof(greeting) - 1)

/* What the input holds before the white space at its end, in bytes. */
struct measure {
	size_t in;  /* as it came */
	size_t out; /* in upper case */
};

/* What Python's str.isspace() takes for white space. */
static int
is_space(ucs4_t c)
{

	/* The separators of ASCII are white space to Python alone. */
	if (c < 0x80)
		return (c == ' ' || (c >= '\t' && c <= '\r') ||
		    (c >= 0x1c && c <= 0x1f));
	return (uc_is_property_white_space(c));
}

static ucs4_t
upper(ucs4_t c)
{

	if (c < 0x80)
		return (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
	return (uc_toupper(c));
}

/*
 * Write a character in UTF-8 and return its length, which may differ from
 * that of its other case. `room` is what `out` has, in bytes; it must be
 * enough.
 */
static size_t
put(uint8_t *out, size_t room, ucs4_t c)
{

	if (c < 0x80) {
		*out = (uint8_t)c;
		return (1);
	}
	return ((size_t)u8_uctomb(out, c, (ptrdiff_t)room));
}

/* Measure the input; -1 if it is not UTF-8. */
static int
measure(const uint8_t *in, size_t length, struct measure *m)
{
	size_t at = 0, out = 0;
	uint8_t scratch[4];
	ucs4_t c;

	m->in = m->out = 0;
	while (at < length) {
		int n = u8_mbtoucr(&c, in + at, length - at);

		if (n < 0)
			return (-1);
		at += (size_t)n;
		out += put(scratch, sizeof(scratch), upper(c));
		if (!is_space(c)) {
			m->in = at;
			m->out = out;
		}
	}
	return (0);
}

/* Write what was measured in upper case: m->out bytes exactly. */
static void
write_upper(const uint8_t *in, const struct measure *m, uint8_t *out)
{
	size_t from = 0, to = 0;
	ucs4_t c;

	while (from < m->in) {
		from += (size_t)u8_mbtoucr(&c, in + from, m->in - from);
		to += put(out + to, m->out - to, upper(c));
	}
}

static int
hello(const char *input, size_t length, throng_reply *reply)
{
	const uint8_t *in = (const uint8_t *)input;
	struct measure m;
	char *out;

	if (length >= READ_MAX)
		throng_reply_log(reply, THRONG_LOG_WARN,
		    "input larger than expected: %zu bytes, expected less"
		    " than %d",
		    length, READ_MAX);
	if (measure(in, length, &m))
		return (throng_reply_error(reply, "invalid",
		    "the input is not UTF-8"));
	out = throng_reply_reserve(reply, GREETING_LENGTH + m.out);
	if (out == NULL)
		return (-1);
	memcpy(out, greeting, GREETING_LENGTH);
	write_upper(in, &m, (uint8_t *)out + GREETING_LENGTH);
	if (memmem(out, GREETING_LENGTH + m.out, quit, sizeof(quit) - 1)) {
		throng_reply_none(reply);
		throng_reply_close(reply);
	}
	return (0);
}

const throng_handler handler_hello = {
	.name = "hello",
	.summary = "answers Hello and the input in upper case",
	.process_input = hello,
	.raw_limit = READ_MAX,
};
