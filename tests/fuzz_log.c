/*
 * Whatever bytes a client sends, a log line is one line of printable ASCII
 * with the fields that were put in, and the bytes can be read back from it.
 *
 * Input: one byte of choice (format; how much goes before), then the bytes.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "log.h"

const char fuzz_corpus[] = "log";

static int
hex(char c)
{

	return (c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

/* One byte of a quoted value of the text format, or -1 at its end. */
static int
unescape(const char **p)
{
	const char *s = *p;

	if (*s == '"' || *s == '\0')
		return (-1);
	if (*s != '\\') {
		*p = s + 1;
		return ((unsigned char)*s);
	}
	*p = s + 2;
	switch (s[1]) {
	case 'n':
		return ('\n');
	case 'r':
		return ('\r');
	case 't':
		return ('\t');
	case 'x':
		if (hex(s[2]) < 0 || hex(s[3]) < 0)
			fuzz_wrong("half an escape in %s", s);
		*p = s + 4;
		return (hex(s[2]) * 16 + hex(s[3]));
	case '"':
	case '\\':
		return (s[1]);
	default:
		fuzz_wrong("an unknown escape in %s", s);
	}
}

/* The value called `key` of a line in the text format; SIZE_MAX: none. */
static size_t
text_value(const char *line, const char *key, char *out, size_t size)
{
	char head[32];
	const char *p;
	size_t n = 0;
	int byte;

	snprintf(head, sizeof(head), " %s=\"", key);
	if ((p = strstr(line, head)) == NULL)
		return (SIZE_MAX);
	p += strlen(head);
	while ((byte = unescape(&p)) != -1 && n < size)
		out[n++] = (char)byte;
	if (*p != '"')
		fuzz_wrong("no end of %s in %s", key, line);
	return (n);
}

/* The bytes are there, from the first on, as far as they are shown. */
static void
check_value(const char *line, bool json, const char *bytes, size_t length)
{
	char got[LOG_BYTES_SHOWN + 64];
	size_t shown = length < LOG_BYTES_SHOWN ? length : LOG_BYTES_SHOWN;
	size_t n = json ? json_text(line, "data", got, sizeof(got)) :
	    text_value(line, "data", got, sizeof(got));

	if (n == SIZE_MAX)
		return; /* the line was full before */
	if (shown < length) {
		if (n < 3 || memcmp(got + n - 3, "...", 3) != 0)
			fuzz_wrong("nothing says that there is more: %s",
			    line);
		n -= 3;
	}
	/* A full line leaves bytes out, at most from some point on; single
	 * short ones may still fit behind a long one that did not. */
	if (n > shown || (strlen(line) < 900 && n != shown) ||
	    (n == shown && memcmp(got, bytes, shown) != 0))
		fuzz_wrong("not the bytes that went in: %s", line);
}

static void
check(throng_log_format format, unsigned before, const char *bytes,
    size_t length)
{
	struct log log = { .fd = -1, .level = THRONG_LOG_DEBUG,
		.format = format };
	struct log_line l;
	char line[LOG_LINE_MAX + 8], value[512];
	const char *wrong;
	bool json = format == THRONG_LOG_JSON;

	snprintf(value, sizeof(value), "%.*s", (int)length,
	    length > 0 ? bytes : "");
	if (!log_begin(&l, &log, THRONG_LOG_DEBUG, "request"))
		fuzz_wrong("the level is off");
	for (unsigned i = 0; i < before; i++)
		log_text(&l, "peer", value);
	log_bytes(&l, "data", bytes, length);
	log_number(&l, "bytes", length);
	if (l.length > LOG_LINE_MAX - 2)
		fuzz_wrong("%zu bytes: no room for the end", l.length);
	for (size_t i = 0; i < l.length; i++)
		if (l.text[i] < 0x20 || l.text[i] > 0x7e)
			fuzz_wrong("byte %02x in the log",
			    (unsigned char)l.text[i]);
	snprintf(line, sizeof(line), "%.*s%s", (int)l.length, l.text,
	    json ? "}\n" : "");
	if (json && (wrong = json_wrong(line)) != NULL)
		fuzz_wrong("%s: %s", wrong, line);
	/* What stands before may hold any text, this key's too. */
	if (before == 0)
		check_value(line, json, bytes, length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{

	if (size < 1)
		return (0);
	check(data[0] & 1 ? THRONG_LOG_JSON : THRONG_LOG_TEXT,
	    data[0] >> 1 & 7, (const char *)data + 1, size - 1);
	return (0);
}
