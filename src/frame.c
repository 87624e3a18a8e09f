/*
 * The framers: one small step function per framing, all of the same shape.
 * A step consumes what it can of one piece and leaves its progress in the
 * scan, so that a frame cut anywhere gives what the whole one gives.
 */
#include "frame.h"

#include <assert.h>
#include <string.h>

enum state {
	ST_START = 0,  /* at a frame's first byte */
	ST_HEAD,       /* within a length */
	ST_BODY,       /* within the payload, or a line */
	ST_END,        /* before the comma of a netstring */
	ST_SKIP_BYTES, /* swallowing: `length` bytes are still to come */
	ST_SKIP_LINE   /* swallowing up to the next LF */
};

static enum frame_status
ready(struct frame_scan *s, unsigned head, unsigned tail)
{

	s->head = (uint8_t)head;
	s->tail = (uint8_t)tail;
	s->state = ST_START;
	return (FRAME_READY);
}

/* Forget the frame: what was held of it is the caller's to drop. */
static void
start_over(struct frame_scan *s)
{

	memset(s, 0, sizeof(*s));
}

static enum frame_status
line_skip(struct frame_scan *s, const char *bytes, size_t length, size_t *used)
{
	const char *lf = memchr(bytes, '\n', length);

	*used = length;
	if (lf != NULL) {
		*used = (size_t)(lf - bytes) + 1;
		start_over(s);
	}
	return (FRAME_SKIP);
}

static enum frame_status
line_step(const struct framer *f, struct frame_scan *s, const char *bytes,
    size_t length, size_t *used)
{
	const char *lf;
	size_t before, cr;

	/*
	 * A CR counts as payload unless an LF follows, so a line may hold one
	 * byte more than the maximum while its end is not known. Looking at
	 * no more than that keeps `scanned` within 32 bits.
	 */
	size_t window = (size_t)f->max + 2 - s->scanned;

	if (window > length)
		window = length;
	lf = memchr(bytes, '\n', window);
	before = lf != NULL ? (size_t)(lf - bytes) : window;
	if (before > 0)
		s->last = (uint8_t)bytes[before - 1];
	cr = s->last == '\r';
	*used = before + (lf != NULL);
	s->scanned += (uint32_t)*used;
	s->length = s->scanned - (lf != NULL) - (uint32_t)cr;
	if (s->length > f->max) {
		start_over(s);
		s->state = lf != NULL ? ST_START : ST_SKIP_LINE;
		return (FRAME_OVERSIZE);
	}
	if (lf != NULL)
		return (ready(s, 0, 1 + (unsigned)cr));
	s->state = ST_BODY;
	return (FRAME_PARTIAL);
}

static enum frame_status
raw_step(const struct framer *f, struct frame_scan *s, size_t length,
    size_t *used)
{

	*used = length < f->max ? length : f->max;
	s->scanned = s->length = (uint32_t)*used;
	return (ready(s, 0, 0));
}

/* The length is known: refuse it, or wait for that much. */
static enum frame_status
length_known(const struct framer *f, struct frame_scan *s, unsigned tail)
{

	s->head = (uint8_t)s->scanned;
	s->state = ST_BODY;
	if (s->length <= f->max)
		return (FRAME_PARTIAL);
	if (s->length > FRAME_ABSURD_LENGTH)
		return (FRAME_ABSURD);
	s->length += tail;
	s->scanned = 0;
	s->state = ST_SKIP_BYTES;
	return (FRAME_OVERSIZE);
}

static size_t
body_step(struct frame_scan *s, size_t length)
{
	size_t rest = (size_t)s->head + s->length - s->scanned;
	size_t take = rest < length ? rest : length;

	s->scanned += (uint32_t)take;
	return (take);
}

static enum frame_status
fixed_step(const struct framer *f, struct frame_scan *s, unsigned head,
    const char *bytes, size_t length, size_t *used)
{
	size_t at = 0;

	if (s->state != ST_BODY) {
		while (at < length && s->scanned < head) {
			s->length = s->length << 8 | (uint8_t)bytes[at++];
			s->scanned++;
		}
		s->state = ST_HEAD;
		if (s->scanned == head) {
			enum frame_status status = length_known(f, s, 0);

			if (status != FRAME_PARTIAL) {
				*used = at;
				return (status);
			}
		}
	}
	if (s->state == ST_BODY)
		at += body_step(s, length - at);
	*used = at;
	if (s->state == ST_BODY && s->scanned == head + s->length)
		return (ready(s, head, 0));
	return (FRAME_PARTIAL);
}

/* One byte of a netstring's decimal length, or its colon. */
static enum frame_status
netstring_digit(const struct framer *f, struct frame_scan *s, char byte)
{
	const unsigned tail = 1;

	s->state = ST_HEAD;
	s->scanned++;
	if (byte == ':' && s->last > 0)
		return (length_known(f, s, tail));
	if (byte < '0' || byte > '9')
		return (FRAME_BAD);
	/* One number, one spelling: no leading zeros. */
	if (s->last > 0 && s->length == 0)
		return (FRAME_BAD);
	s->last++;
	s->length = s->length * 10 + (uint32_t)(byte - '0');
	/* Checked at every digit, so the length cannot overflow. */
	return (s->length > FRAME_ABSURD_LENGTH ? FRAME_ABSURD : FRAME_PARTIAL);
}

static enum frame_status
netstring_step(const struct framer *f, struct frame_scan *s,
    const char *bytes, size_t length, size_t *used)
{
	enum frame_status status = FRAME_PARTIAL;
	size_t at = 0;

	while (at < length && s->state <= ST_HEAD && status == FRAME_PARTIAL)
		status = netstring_digit(f, s, bytes[at++]);
	if (status == FRAME_PARTIAL && s->state == ST_BODY) {
		at += body_step(s, length - at);
		if (s->scanned == s->head + s->length)
			s->state = ST_END;
	}
	if (status == FRAME_PARTIAL && s->state == ST_END && at < length) {
		s->scanned++;
		status = bytes[at++] == ',' ? ready(s, s->head, 1) : FRAME_BAD;
	}
	*used = at;
	return (status);
}

static enum frame_status
skip_bytes(const struct framer *f, struct frame_scan *s, const char *bytes,
    size_t length, size_t *used)
{

	*used = length < s->length ? length : s->length;
	s->length -= (uint32_t)*used;
	if (s->length > 0)
		return (FRAME_SKIP);
	start_over(s);
	/* The last byte swallowed of a netstring is its comma. */
	if (f->framing == THRONG_FRAME_NETSTRING && bytes[*used - 1] != ',')
		return (FRAME_BAD);
	return (FRAME_SKIP);
}

enum frame_status
frame_scan(const struct framer *f, struct frame_scan *s, const char *bytes,
    size_t length, size_t *used)
{

	assert(length > 0);
	if (s->state == ST_SKIP_BYTES)
		return (skip_bytes(f, s, bytes, length, used));
	if (s->state == ST_SKIP_LINE)
		return (line_skip(s, bytes, length, used));
	if (s->state == ST_START)
		start_over(s);
	switch (f->framing) {
	case THRONG_FRAME_LINE:
		return (line_step(f, s, bytes, length, used));
	case THRONG_FRAME_RAW:
		return (raw_step(f, s, length, used));
	case THRONG_FRAME_LEN32:
		return (fixed_step(f, s, 4, bytes, length, used));
	case THRONG_FRAME_LEN16:
		return (fixed_step(f, s, 2, bytes, length, used));
	case THRONG_FRAME_NETSTRING:
		return (netstring_step(f, s, bytes, length, used));
	}
	*used = 0;
	return (FRAME_BAD);
}

size_t
frame_held(const struct frame_scan *s)
{

	if (s->state == ST_HEAD || s->state == ST_BODY || s->state == ST_END)
		return (s->scanned);
	return (0);
}

size_t
frame_missing(const struct framer *f, const struct frame_scan *s)
{
	size_t whole;

	if (s->state == ST_SKIP_BYTES)
		return (s->length);
	if (s->state != ST_BODY || f->framing == THRONG_FRAME_LINE)
		return (1);
	whole = (size_t)s->head + s->length;
	if (f->framing == THRONG_FRAME_NETSTRING)
		whole++;
	return (whole - s->scanned);
}

size_t
frame_head(throng_framing framing, size_t length, char *out)
{
	char digits[FRAME_HEAD_MAX];
	size_t n = 0, at = 0;

	switch (framing) {
	case THRONG_FRAME_LEN32:
	case THRONG_FRAME_LEN16:
		n = framing == THRONG_FRAME_LEN32 ? 4 : 2;
		while (n-- > 0)
			out[at++] = (char)(length >> 8 * n & 0xff);
		return (at);
	case THRONG_FRAME_NETSTRING:
		do
			digits[n++] = (char)('0' + length % 10);
		while ((length /= 10) > 0 && n < FRAME_HEAD_MAX - 1);
		while (n > 0)
			out[at++] = digits[--n];
		out[at++] = ':';
		return (at);
	case THRONG_FRAME_LINE:
	case THRONG_FRAME_RAW:
		break;
	}
	return (0);
}

size_t
frame_tail(throng_framing framing, unsigned request_tail, char *out)
{

	switch (framing) {
	case THRONG_FRAME_LINE:
		if (request_tail == 2) {
			memcpy(out, "\r\n", 2);
			return (2);
		}
		out[0] = '\n';
		return (1);
	case THRONG_FRAME_NETSTRING:
		out[0] = ',';
		return (1);
	case THRONG_FRAME_RAW:
	case THRONG_FRAME_LEN32:
	case THRONG_FRAME_LEN16:
		break;
	}
	return (0);
}

size_t
frame_payload_max(throng_framing framing)
{

	switch (framing) {
	case THRONG_FRAME_LEN16:
		return (UINT16_MAX);
	case THRONG_FRAME_LEN32:
		return (UINT32_MAX);
	case THRONG_FRAME_NETSTRING:
		return (UINT32_MAX);
	case THRONG_FRAME_LINE:
	case THRONG_FRAME_RAW:
		break;
	}
	return (SIZE_MAX);
}

static const char *const names[] = {
	[THRONG_FRAME_LINE] = "line",
	[THRONG_FRAME_RAW] = "raw",
	[THRONG_FRAME_LEN32] = "len32",
	[THRONG_FRAME_LEN16] = "len16",
	[THRONG_FRAME_NETSTRING] = "netstring",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

const char *
frame_name(throng_framing framing)
{

	return ((size_t)framing < NAMES ? names[framing] : NULL);
}

int
frame_by_name(const char *name, throng_framing *framing)
{

	for (size_t i = 0; i < NAMES; i++) {
		if (strcmp(names[i], name) == 0) {
			*framing = (throng_framing)i;
			return (0);
		}
	}
	return (-1);
}
