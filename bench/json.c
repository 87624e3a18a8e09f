/*
 * The commas, line breaks and numbers of JSON.
 */
#include "json.h"
#include "escape.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* What goes before a value. */
static void
begin(struct json *j, const char *key)
{

	if (j->more)
		putc(',', j->out);
	if (j->flat > 0 && j->more)
		putc(' ', j->out);
	if (j->flat == 0 && j->depth > 0)
		fprintf(j->out, "\n%*s", (int)j->depth, "");
	j->more = 1;
	if (key != NULL) {
		escape_json(key, j->out);
		fputs(": ", j->out);
	}
}

void
json_open(struct json *j, const char *key, char bracket)
{

	begin(j, key);
	putc(bracket, j->out);
	j->depth++;
	j->more = 0;
}

void
json_flat(struct json *j, const char *key, char bracket)
{

	json_open(j, key, bracket);
	if (j->flat == 0)
		j->flat = (int)j->depth;
}

void
json_close(struct json *j, char bracket)
{

	if (j->flat == 0 && j->more)
		fprintf(j->out, "\n%*s", (int)j->depth - 1, "");
	if (j->flat == (int)j->depth)
		j->flat = 0;
	j->depth--;
	j->more = 1;
	putc(bracket, j->out);
	if (j->depth == 0)
		putc('\n', j->out);
}

void
json_text(struct json *j, const char *key, const char *text)
{

	begin(j, key);
	escape_json(text, j->out);
}

void
json_number(struct json *j, const char *key, double value)
{
	char text[40];

	begin(j, key);
	if (isnan(value)) {
		fputs("null", j->out);
		return;
	}
	if (isinf(value)) {
		fputs(value > 0 ? "\"inf\"" : "\"-inf\"", j->out);
		return;
	}
	/* The shortest that reads back as the same number. */
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	fputs(text, j->out);
}

void
json_whole(struct json *j, const char *key, uint64_t value)
{
	const char *quote = value >= UINT64_C(1) << 53 ? "\"" : "";

	begin(j, key);
	fprintf(j->out, "%s%" PRIu64 "%s", quote, value, quote);
}

void
json_truth(struct json *j, const char *key, int value)
{

	begin(j, key);
	fputs(value ? "true" : "false", j->out);
}

void
json_hex(struct json *j, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	json_text(j, key, text);
}
