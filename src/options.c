/*
 * Reads the command line by the table of option_row.c: getopt's table and
 * --help are made from that one.
 */
#include "config.h"

#include "options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "clock.h"
#include "option_row.h"
#include "parse.h"

/** getopt's number of the first option, above all letters. */
#define LONG_FIRST 256

/** What the parsing of one command line needs. */
struct parsing {
	const char *program;
	const throng_handler *const *handlers;
	struct options *options;
	FILE *err;
};

static void
print_help(FILE *out, const char *program,
    const throng_handler *const *handlers)
{
	const struct option_row *row;
	char left[64];

	fprintf(out, "usage: %s [options]\n\n", program);
	for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
		const char *argument = row->argument;

		snprintf(left, sizeof(left), "--%s%s%s", row->name,
		    argument != NULL ? " " : "",
		    argument != NULL ? argument : "");
		/* What is too long for its column has a line of its own. */
		if (strlen(left) > 24)
			fprintf(out, "  %s\n  %-26s%s\n", left, "", row->help);
		else
			fprintf(out, "  %-26s%s\n", left, row->help);
	}
	fprintf(out, "\nSizes take K, M, G; times us, ms, s, m, h. Handlers:\n");
	for (; *handlers != NULL; handlers++)
		fprintf(out, "  %-12s%s\n", (*handlers)->name,
		    (*handlers)->summary != NULL ? (*handlers)->summary : "");
	fprintf(out, "\nThe first SIGTERM or SIGINT drains and ends, the second "
	    "ends at once.\n");
}

/* What was typed, in one line, and harmless to a terminal. */
static void
put_typed(FILE *err, const char *text)
{

	if (*text == '\0')
		fputs("''", err); /* or nothing would be seen */
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x20 && *text != 0x7f)
			fputc(*text, err);
		else
			fprintf(err, "\\x%02x", (unsigned char)*text);
	}
}

/* The beginning of every complaint about an option's value. */
static void
put_wrong(const struct parsing *p, const struct option_row *row,
    const char *value)
{

	fprintf(p->err, "%s: --%s ", p->program, row->name);
	put_typed(p->err, value);
	fputs(": ", p->err);
}

static int
wrong_time(const struct parsing *p, const struct option_row *row,
    const char *value)
{

	put_wrong(p, row, value);
	fprintf(p->err, "not a time from %" PRIu64 "ms to %" PRIu64 "h, such "
	    "as 500ms or 30s\n", row->min, row->max / 3600000);
	return (-1);
}

static int
wrong_size(const struct parsing *p, const struct option_row *row,
    const char *value)
{
	char min[PARSE_SIZE_TEXT], max[PARSE_SIZE_TEXT];

	put_wrong(p, row, value);
	fprintf(p->err, "not a size from %s to %s\n",
	    parse_size_text(row->min, min), parse_size_text(row->max, max));
	return (-1);
}

static int
wrong_range(const struct parsing *p, const struct option_row *row,
    const char *value, const char *what)
{

	put_wrong(p, row, value);
	fprintf(p->err, "not %s from %" PRIu64 " to %" PRIu64 "\n", what,
	    row->min, row->max);
	return (-1);
}

static int
set_listen(struct parsing *p, const struct option_row *row, const char *value)
{
	throng_config *c = &p->options->config;

	if (c->listen_count == THRONG_LISTEN_MAX) {
		put_wrong(p, row, value);
		fprintf(p->err, "more than %d addresses\n", THRONG_LISTEN_MAX);
		return (-1);
	}
	c->listen[c->listen_count++] = value;
	return (0);
}

static int
set_handler(struct parsing *p, const struct option_row *row, const char *value)
{

	for (const throng_handler *const *h = p->handlers; *h != NULL; h++) {
		if (strcmp((*h)->name, value) == 0) {
			p->options->handler = *h;
			return (0);
		}
	}
	put_wrong(p, row, value);
	fputs("no such handler, but", p->err);
	for (const throng_handler *const *h = p->handlers; *h != NULL; h++)
		fprintf(p->err, " %s", (*h)->name);
	fputc('\n', p->err);
	return (-1);
}

static int
set_choice(struct parsing *p, const struct option_row *row, const char *value)
{
	/* All enums of throng_config are ints, counted from 0. */
	char *field = (char *)&p->options->config + row->offset;

	for (int i = 0; i < 6 && row->choices[i] != NULL; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			memcpy(field, &i, sizeof(i));
			return (0);
		}
	}
	put_wrong(p, row, value);
	fprintf(p->err, "not %s\n", row->argument);
	return (-1);
}

static int
set_number(struct parsing *p, const struct option_row *row, const char *value)
{
	char *field = (char *)&p->options->config + row->offset;
	uint64_t v;
	unsigned count;
	size_t size;

	switch (row->kind) {
	case KIND_SIZE:
		if (parse_size(value, row->min, row->max, &v))
			return (wrong_size(p, row, value));
		size = (size_t)v;
		memcpy(field, &size, sizeof(size));
		return (0);
	case KIND_MS:
		if (parse_time(value, strlen(value), row->min * CLOCK_MS,
		    row->max * CLOCK_MS, &v))
			return (wrong_time(p, row, value));
		v /= CLOCK_MS;
		break;
	default:
		if (parse_number(value, row->min, row->max, &v))
			return (wrong_range(p, row, value, "a number"));
		break;
	}
	count = (unsigned)v;
	memcpy(field, &count, sizeof(count));
	return (0);
}

static int
set(struct parsing *p, const struct option_row *row, const char *value)
{

	switch (row->kind) {
	case KIND_LISTEN:
		return (set_listen(p, row, value));
	case KIND_HANDLER:
		return (set_handler(p, row, value));
	case KIND_CHOICE:
		return (set_choice(p, row, value));
	case KIND_COUNT:
	case KIND_SIZE:
	case KIND_MS:
		return (set_number(p, row, value));
	case KIND_HELP:
	case KIND_VERSION:
	case KIND_CHECK:
		break;
	}
	return (0);
}

/* What no single option can be blamed for before all are read. */
static int
check_together(const struct parsing *p)
{
	const throng_config *c = &p->options->config;
	char hard[PARSE_SIZE_TEXT], soft[PARSE_SIZE_TEXT];

	if (c->output_hard >= c->output_soft)
		return (0);
	fprintf(p->err, "%s: --output-hard %s: less than --output-soft %s\n",
	    p->program, parse_size_text(c->output_hard, hard),
	    parse_size_text(c->output_soft, soft));
	return (-1);
}

/* getopt's table, made from ours: option i returns LONG_FIRST + i. */
static void
make_long_options(struct option *out)
{
	const struct option_row *row;
	size_t i;

	for (i = 0; (row = option_row(i)) != NULL; i++)
		out[i] = (struct option){
			.name = row->name,
			.has_arg = row->argument != NULL ?
			    required_argument : no_argument,
			.val = LONG_FIRST + (int)i,
		};
	out[i] = (struct option){ 0 };
}

/* Something on the command line that is no option of ours. */
static enum options_result
stray(const struct parsing *p, const char *typed, const char *why)
{

	fprintf(p->err, "%s: ", p->program);
	put_typed(p->err, typed);
	fprintf(p->err, ": %s, see --help\n", why);
	return (OPTIONS_WRONG);
}

/* Whether the beginning of a name that was typed fits several options. */
static bool
is_ambiguous(const char *typed)
{
	const struct option_row *row;
	unsigned fit = 0;
	size_t length;

	if (strncmp(typed, "--", 2) != 0)
		return (false);
	typed += 2;
	length = strcspn(typed, "=");
	for (size_t i = 0; (row = option_row(i)) != NULL; i++)
		fit += strncmp(row->name, typed, length) == 0;
	return (fit > 1);
}

/* What getopt_long() did not like. A letter may stand amid others, so it
 * names that one; a word is the last that was looked at. */
static enum options_result
unknown(const struct parsing *p, char **argv, int c)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	const char *word = argv[optind - 1];

	if (c == ':')
		return (stray(p, word, "an argument is missing"));
	if (optopt >= LONG_FIRST)
		return (stray(p, word, "takes no value"));
	if (optopt != 0)
		return (stray(p, letter, "no such option"));
	return (stray(p, word, is_ambiguous(word) ? "more than one option "
	    "begins so" : "no such option"));
}

enum options_result
options_parse(int argc, char **argv, const throng_handler *const *handlers,
    struct options *options, FILE *out, FILE *err)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	struct parsing p = { .handlers = handlers, .options = options,
	    .err = err };
	struct option long_options[OPTION_ROWS + 1];
	bool check = false;
	int c;

	p.program = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "throngd";
	throng_config_init(&options->config);
	options->handler = handlers[0];
	options->program = p.program;
	make_long_options(long_options);
	opterr = 0;
	/* Not 1: a line that was refused amid its letters before, in this
	 * process, would be gone on with. */
	optind = 0;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		const struct option_row *row = c >= LONG_FIRST ?
		    option_row((size_t)(c - LONG_FIRST)) : NULL;

		if (row == NULL)
			return (unknown(&p, argv, c));
		if (row->kind == KIND_HELP) {
			print_help(out, p.program, handlers);
			return (OPTIONS_DONE);
		}
		if (row->kind == KIND_VERSION) {
			fprintf(out, "%s %s\n", p.program, throng_version());
			return (OPTIONS_DONE);
		}
		if (set(&p, row, optarg) == -1)
			return (OPTIONS_WRONG);
		check = check || row->kind == KIND_CHECK;
	}
	if (optind < argc)
		return (stray(&p, argv[optind], "not an option"));
	if (check_together(&p) == -1)
		return (OPTIONS_WRONG);
	return (check ? OPTIONS_CHECK : OPTIONS_SERVE);
}
