/*
 * Escaping, one character of valid UTF-8 at a time.
 */
#include "escape.h"

#include <string.h>
#include <unistr.h>

#define REPLACEMENT "\xef\xbf\xbd"

/*
 * The next character, and how many bytes it takes; U+FFFD for bytes that are
 * not UTF-8. 0 at the end.
 */
static ucs4_t
next(const char **text, const char **bytes, int *length)
{
	ucs4_t c;

	*bytes = *text;
	if (**text == '\0')
		return (0);
	*length = u8_mbtouc(&c, (const uint8_t *)*text, strlen(*text));
	*text += *length;
	return (c);
}

static int
is_control(ucs4_t c)
{

	return (c < 0x20 || (c >= 0x7f && c < 0xa0));
}

/* As it is, or U+FFFD, which a wrong byte has become as well. */
static void
plain(ucs4_t c, const char *bytes, int length, FILE *out)
{

	if (is_control(c) || c == 0xfffd)
		fputs(REPLACEMENT, out);
	else
		fwrite(bytes, 1, (size_t)length, out);
}

void
escape_html(const char *text, FILE *out)
{
	const char *bytes;
	int length = 0;
	ucs4_t c;

	while ((c = next(&text, &bytes, &length)) != 0) {
		switch (c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		case '\n':
		case '\t':
			putc(' ', out);
			break;
		default:
			plain(c, bytes, length, out);
		}
	}
}

void
escape_json(const char *text, FILE *out)
{
	const char *bytes;
	int length = 0;
	ucs4_t c;

	putc('"', out);
	while ((c = next(&text, &bytes, &length)) != 0) {
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (is_control(c))
			fprintf(out, "\\u%04x", (unsigned)c);
		else
			plain(c, bytes, length, out);
	}
	putc('"', out);
}

void
escape_markdown(const char *text, FILE *out)
{
	const char *bytes;
	int length = 0;
	ucs4_t c;

	while ((c = next(&text, &bytes, &length)) != 0) {
		if (c == '\n' || c == '\t')
			putc(' ', out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c < 0x80 && strchr("\\`*_{}[]#|!>~", (int)c) != NULL)
			fprintf(out, "\\%c", (int)c);
		else
			plain(c, bytes, length, out);
	}
}

void
escape_terminal(const char *text, FILE *out)
{
	const char *bytes;
	int length = 0;
	ucs4_t c;

	while ((c = next(&text, &bytes, &length)) != 0)
		putc(c >= 0x20 && c < 0x7f ? (int)c : '?', out);
}
