#include "parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Digits at *at, moved past them; -1 if there are none or too many. */
static int
digits(const char **at, const char *end, uint64_t *value)
{
	const char *p = *at;
	uint64_t v = 0;

	if (p == end || *p < '0' || *p > '9')
		return (-1);
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return (-1);
		v = v * 10 + digit;
	}
	*at = p;
	*value = v;
	return (0);
}

static int
in_range(uint64_t v, uint64_t min, uint64_t max, uint64_t *value)
{

	if (v < min || v > max)
		return (-1);
	*value = v;
	return (0);
}

int
parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t v;

	if (digits(&text, text + strlen(text), &v) || *text != '\0')
		return (-1);
	return (in_range(v, min, max, value));
}

int
parse_size(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned shift = 0;
	uint64_t v;

	if (digits(&text, text + strlen(text), &v))
		return (-1);
	if (*text == 'K' || *text == 'k')
		shift = 10;
	else if (*text == 'M' || *text == 'm')
		shift = 20;
	else if (*text == 'G' || *text == 'g')
		shift = 30;
	if (shift > 0)
		text++;
	if (*text != '\0' || v > UINT64_MAX >> shift)
		return (-1);
	return (in_range(v << shift, min, max, value));
}

const char *
parse_size_text(uint64_t bytes, char text[PARSE_SIZE_TEXT])
{
	static const char units[][2] = { "", "K", "M", "G" };
	size_t unit = 0;

	for (; unit < 3 && bytes > 0 && bytes % 1024 == 0; unit++)
		bytes /= 1024;
	snprintf(text, PARSE_SIZE_TEXT, "%" PRIu64 "%s", bytes, units[unit]);
	return (text);
}

/* Nanoseconds of the unit named by the text from `at` to `end`, or 0. */
static uint64_t
unit(const char *at, const char *end)
{
	size_t n = (size_t)(end - at);

	if (n == 2 && memcmp(at, "us", 2) == 0)
		return (1000);
	if (n == 2 && memcmp(at, "ms", 2) == 0)
		return (1000 * 1000);
	if (n == 1 && *at == 's')
		return (1000 * 1000 * 1000);
	if (n == 1 && *at == 'm')
		return (60ull * 1000 * 1000 * 1000);
	if (n == 1 && *at == 'h')
		return (3600ull * 1000 * 1000 * 1000);
	return (0);
}

int
parse_time(const char *text, size_t length, uint64_t min, uint64_t max,
    uint64_t *nanoseconds)
{
	const char *end = text + length, *from;
	uint64_t whole, part = 0, scale = 1, per;

	if (digits(&text, end, &whole))
		return (-1);
	if (text < end && *text == '.') {
		from = ++text;
		if (digits(&text, end, &part) || text - from > 9)
			return (-1);
		for (; from < text; from++)
			scale *= 10;
	}
	per = unit(text, end);
	if (per == 0 || whole > UINT64_MAX / 2 / per)
		return (-1);
	/* From seconds on the scale divides the unit; divided first, it fits. */
	part = per % scale == 0 ? part * (per / scale) : part * per / scale;
	return (in_range(whole * per + part, min, max, nanoseconds));
}
