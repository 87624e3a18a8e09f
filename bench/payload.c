#include "config.h"

#include "payload.h"

#include <stdlib.h>
#include <string.h>

#define HEX 8

/* Visible bytes that fill up a stamped request; no LF, CR or NUL. */
static const char filler[] =
    "throng-bench-fills-up-what-the-stamp-leaves-free-"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* The finaliser of splitmix64 (S. Vigna, 2015): every bit counts. */
static uint64_t
mix(uint64_t z)
{

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31));
}

static uint32_t
checksum(uint64_t seed, uint32_t connection, uint32_t number)
{

	return ((uint32_t)mix(seed ^ mix((uint64_t)connection << 32 | number)));
}

static void
put_hex(char *out, uint32_t value)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = HEX - 1; i >= 0; i--) {
		out[i] = digits[value & 15];
		value >>= 4;
	}
}

static int
get_hex(const char *text, uint32_t *value)
{

	*value = 0;
	for (int i = 0; i < HEX; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint32_t)(c - 'a' + 10);
		else
			return (-1);
	}
	return (0);
}

static void
stamp(const struct payload *p, const struct payload_key *key, char *out)
{

	put_hex(out, key->number);
	put_hex(out + HEX, checksum(p->seed, key->connection, key->number));
}

size_t
payload_make(const struct payload *p, const struct payload_key *key,
    char *out)
{
	char head[PAYLOAD_STAMP_SIZE];
	size_t at = PAYLOAD_STAMP_SIZE, n;

	if (p->kind == PAYLOAD_WORK)
		return (plan_request(p->spec, key->work, out,
		    PLAN_REQUEST_MAX));
	if (p->kind == PAYLOAD_TEXT) {
		if (p->text_length > 0)
			memcpy(out, p->text, p->text_length);
		return (p->text_length);
	}
	stamp(p, key, head);
	memcpy(out, head, p->size < at ? p->size : at);
	for (; at < p->size; at += n) {
		n = p->size - at;
		if (n > sizeof(filler) - 1)
			n = sizeof(filler) - 1;
		memcpy(out + at, filler, n);
	}
	return (p->size);
}

size_t
payload_size(const struct payload *p)
{

	if (p->kind == PAYLOAD_WORK)
		return (PLAN_REQUEST_MAX);
	return (p->kind == PAYLOAD_TEXT ? p->text_length : p->size);
}

size_t
payload_reply_size(const struct payload *p)
{

	if (p->kind == PAYLOAD_STAMP)
		return (p->size);
	return (p->expect != NULL ? p->expect_length : p->learnt_length);
}

static int
same_filler(const char *bytes, size_t length)
{
	size_t n;

	for (; length > 0; length -= n, bytes += n) {
		n = length < sizeof(filler) - 1 ? length : sizeof(filler) - 1;
		if (memcmp(bytes, filler, n) != 0)
			return (0);
	}
	return (1);
}

static int
check_stamp(const struct payload *p, const struct payload_key *key,
    const char *bytes, size_t length, uint32_t *number)
{
	char want[PAYLOAD_STAMP_SIZE];
	size_t n = length < sizeof(want) ? length : sizeof(want);
	uint32_t sum;

	if (length != p->size)
		return (RECORD_LENGTH);
	stamp(p, key, want);
	if (length > n && !same_filler(bytes + n, length - n))
		return (RECORD_CONTENT);
	if (memcmp(want, bytes, n) == 0)
		return (PAYLOAD_GOOD);
	if (n == sizeof(want) && get_hex(bytes, number) == 0 &&
	    get_hex(bytes + HEX, &sum) == 0 &&
	    sum == checksum(p->seed, key->connection, *number))
		return (RECORD_ORDER);
	return (RECORD_CONTENT);
}

static int
is_refusal(const char *bytes, size_t length)
{
	static const char start[] = "!error ";

	return (length >= sizeof(start) - 1 &&
	    memcmp(bytes, start, sizeof(start) - 1) == 0);
}

static int
learn(struct payload *p, const char *bytes, size_t length)
{

	if ((p->learnt = malloc(length + 1)) == NULL)
		return (RECORD_CONTENT);
	memcpy(p->learnt, bytes, length);
	p->learnt_length = length;
	return (PAYLOAD_GOOD);
}

int
payload_check(struct payload *p, const struct payload_key *key,
    const char *bytes, size_t length, uint32_t *number)
{
	const char *expect = p->expect;
	size_t expect_length = p->expect_length;
	int verdict;

	if (p->kind == PAYLOAD_STAMP) {
		verdict = check_stamp(p, key, bytes, length, number);
		if (verdict != PAYLOAD_GOOD && verdict != RECORD_ORDER &&
		    is_refusal(bytes, length))
			return (RECORD_REFUSED);
		return (verdict);
	}
	if (expect == NULL) {
		if (p->learnt == NULL && !is_refusal(bytes, length))
			return (learn(p, bytes, length));
		expect = p->learnt;
		expect_length = p->learnt_length;
	}
	if (expect != NULL && length == expect_length &&
	    memcmp(bytes, expect, length) == 0)
		return (PAYLOAD_GOOD);
	if (is_refusal(bytes, length))
		return (RECORD_REFUSED);
	return (length != expect_length ? RECORD_LENGTH : RECORD_CONTENT);
}

void
payload_free(struct payload *p)
{

	free(p->learnt);
	p->learnt = NULL;
	p->learnt_length = 0;
}

/* One escape after its backslash: the byte, or -1; *at moves behind it. */
static int
escape(const char **at)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *high, *low;

	switch (*(*at)++) {
	case 'n':
		return ('\n');
	case 'r':
		return ('\r');
	case 't':
		return ('\t');
	case '0':
		return ('\0');
	case '\\':
		return ('\\');
	case 'x':
		if ((*at)[0] == '\0' || (*at)[1] == '\0')
			return (-1);
		high = strchr(digits, (*at)[0]);
		low = strchr(digits, (*at)[1]);
		*at += 2;
		if (high == NULL || low == NULL)
			return (-1);
		return ((int)((high - digits) % 16 * 16 + (low - digits) % 16));
	}
	return (-1);
}

int
payload_unescape(const char *text, char *out, size_t *length)
{
	int c;

	*length = 0;
	while (*text != '\0') {
		c = (unsigned char)*text++;
		if (c == '\\' && (c = escape(&text)) == -1)
			return (-1);
		out[(*length)++] = (char)c;
	}
	return (0);
}
