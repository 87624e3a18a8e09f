/*
 * One table says everything about an option: its name, argument, range,
 * default and help. --help is made from it, so it cannot be out of date.
 */
#include "config.h"

#include "options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "frame.h"
#include "log.h"
#include "option_row.h"
#include "parse.h"
#include "settings.h"

#define FIELD(name) offsetof(throng_config, name)

/** A time that a client is given; never 0, never without end. */
#define TIMEOUT(name) \
	.argument = "TIME", .kind = KIND_MS, .offset = FIELD(name), .min = 1, \
	.max = SETTINGS_TIMEOUT_MS_MAX

static const struct option_row rows[] = {
	{ .name = "listen", .argument = "ADDR", .kind = KIND_LISTEN,
	    .help = "host:port, [ipv6]:port or unix:/path; repeatable; "
	    "port 0: the kernel chooses (127.0.0.1:8000)" },
	{ .name = "handler", .argument = "NAME", .kind = KIND_HANDLER,
	    .help = "what answers, see below" },
	{ .name = "frame", .argument = "line|raw|len32|len16|netstring",
	    .kind = KIND_CHOICE, .offset = FIELD(framing),
	    .choices = { "line", "raw", "len32", "len16", "netstring" },
	    .help = "how requests are told apart (line)" },
	{ .name = "mode", .argument = "pool|thread|inline", .kind = KIND_CHOICE,
	    .offset = FIELD(mode), .choices = { "pool", "thread", "inline" },
	    .help = "reactors and workers, a thread per client, or the handler "
	    "within the reactor, which it must never hold up (pool)" },
	{ .name = "workers", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(workers), .min = 1, .max = SETTINGS_WORKERS_MAX,
	    .help = "threads that run the handler (4)" },
	{ .name = "reactors", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(reactors), .min = 1,
	    .max = SETTINGS_REACTORS_MAX,
	    .help = "threads that do the input and output (1)" },
	{ .name = "accept", .argument = "spread|shared",
	    .kind = KIND_CHOICE, .offset = FIELD(accept),
	    .choices = { "spread", "shared" },
	    .help = "a listener per reactor, or one for all (spread)" },
	{ .name = "max-frame", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(max_frame), .min = 1, .max = FRAME_ABSURD_LENGTH,
	    .help = "longest request (1M)" },
	{ .name = "max-reply", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(max_reply), .min = 1, .max = SETTINGS_REPLY_MAX,
	    .help = "longest reply (64M)" },
	{ .name = "max-connections", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(max_connections), .min = 1,
	    .max = SETTINGS_CONNECTIONS_MAX,
	    .help = "more are answered busy (descriptor limit less 64 or more)" },
	{ .name = "max-connections-per-source", .argument = "N",
	    .kind = KIND_COUNT, .offset = FIELD(max_per_source), .min = 1,
	    .max = SETTINGS_CONNECTIONS_MAX,
	    .help = "of one address, or of one IPv6 /64 (256; not loopback)" },
	{ .name = "accept-rate-per-source", .argument = "N",
	    .kind = KIND_COUNT, .offset = FIELD(accept_rate), .min = 1,
	    .max = SETTINGS_ACCEPT_RATE_MAX,
	    .help = "new ones a second, likewise (100; not loopback)" },
	{ .name = "memory-budget", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(memory_budget), .min = SETTINGS_BUDGET_MIN,
	    .max = SETTINGS_BUDGET_MAX,
	    .help = "for requests and replies of all (half of the memory)" },
	{ .name = "backlog", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(backlog), .min = 1, .max = SETTINGS_BACKLOG_MAX,
	    .help = "connections that the kernel may hold (4096)" },
	{ .name = "stack-size", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(stack_size), .min = SETTINGS_STACK_MIN,
	    .max = SETTINGS_STACK_MAX,
	    .help = "stack of a client's thread, thread mode (128K)" },
	{ .name = "drain-timeout", .argument = "TIME", .kind = KIND_MS,
	    .offset = FIELD(drain_ms), .min = 0,
	    .max = SETTINGS_DRAIN_MS_MAX,
	    .help = "at the end, for owed replies; handlers get 1s more (30s)" },
	{ .name = "first-frame-timeout", TIMEOUT(first_frame_ms),
	    .help = "until a client's first request is complete (60s)" },
	{ .name = "frame-timeout", TIMEOUT(frame_ms),
	    .help = "for the rest of a request that has begun (10s)" },
	{ .name = "min-rate", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(min_rate), .min = 1, .max = SETTINGS_RATE_MAX,
	    .help = "bytes a second that lengthen these two (1K)" },
	{ .name = "idle-timeout", TIMEOUT(idle_ms),
	    .help = "nothing received and nothing owed (10m)" },
	{ .name = "half-close-timeout", TIMEOUT(half_close_ms),
	    .help = "replies not taken after the end of input (10s)" },
	{ .name = "write-timeout", TIMEOUT(write_ms),
	    .help = "no byte of a waiting reply taken (30s)" },
	{ .name = "output-soft", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(output_soft), .min = SETTINGS_OUTPUT_MIN,
	    .max = SETTINGS_OUTPUT_MAX,
	    .help = "unsent, above it no more is read of a client (256K)" },
	{ .name = "output-hard", .argument = "SIZE", .kind = KIND_SIZE,
	    .offset = FIELD(output_hard), .min = SETTINGS_OUTPUT_MIN,
	    .max = SETTINGS_OUTPUT_MAX,
	    .help = "above it and one reply the client is closed (1M)" },
	{ .name = "queue-limit", .argument = "N", .kind = KIND_COUNT,
	    .offset = FIELD(queue_limit), .min = 0,
	    .max = SETTINGS_CONNECTIONS_MAX,
	    .help = "connections that wait for a worker, each reactor; more "
	    "requests are answered busy (0: all)" },
	{ .name = "queue-age", TIMEOUT(queue_age_ms),
	    .help = "while one has waited longer, new requests are answered "
	    "busy (5s)" },
	{ .name = "request-timeout", TIMEOUT(request_ms),
	    .help = "a request not begun by then is answered timeout (30s)" },
	{ .name = "stuck-after", TIMEOUT(stuck_ms),
	    .help = "a handler that takes longer is warned about (2s)" },
	{ .name = "log-level", .argument = "error|warn|info|debug",
	    .kind = KIND_CHOICE, .offset = FIELD(log_level),
	    .choices = { "error", "warn", "info", "debug" },
	    .help = "info: connections; debug: requests, replies (warn)" },
	{ .name = "log-format", .argument = "text|json",
	    .kind = KIND_CHOICE, .offset = FIELD(log_format),
	    .choices = { "text", "json" },
	    .help = "how log lines are written (text)" },
	{ .name = "check", .kind = KIND_CHECK,
	    .help = "serve nothing; say what would be done, and which limit "
	    "of the machine is below what was asked" },
	{ .name = "help", .kind = KIND_HELP, .help = "print this" },
	{ .name = "version", .kind = KIND_VERSION,
	    .help = "print the version" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct option_row *
option_row(size_t index)
{

	return (index < ROWS ? &rows[index] : NULL);
}

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
	char left[64];

	fprintf(out, "usage: %s [options]\n\n", program);
	for (size_t i = 0; i < ROWS; i++) {
		const char *argument = rows[i].argument;

		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
		    argument != NULL ? " " : "",
		    argument != NULL ? argument : "");
		fprintf(out, "  %-24s%s%s\n", left,
		    strlen(left) > 22 ? "\n                          " : "  ",
		    rows[i].help);
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
			return (wrong_range(p, row, value, "a size"));
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

/* getopt's table, made from ours: option i returns i + 1. */
static void
make_long_options(struct option *out)
{

	for (size_t i = 0; i < ROWS; i++)
		out[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument != NULL ?
			    required_argument : no_argument,
			.val = (int)i + 1,
		};
	out[ROWS] = (struct option){ 0 };
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

/* A letter may stand amid others, so getopt names it; a word is the last
 * that was looked at. */
static enum options_result
unknown(const struct parsing *p, char **argv, int c)
{
	char letter[3] = { '-', (char)optopt, '\0' };

	/* A letter beyond ASCII may be below 0. */
	return (stray(p, c == '?' && (optopt > (int)ROWS || optopt < 0) ?
	    letter : argv[optind - 1], c == ':' ? "an argument is missing" :
	    "no such option"));
}

enum options_result
options_parse(int argc, char **argv, const throng_handler *const *handlers,
    struct options *options, FILE *out, FILE *err)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	struct parsing p = { .handlers = handlers, .options = options,
	    .err = err };
	struct option long_options[ROWS + 1];
	bool check = false;
	int c;

	p.program = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "throngd";
	throng_config_init(&options->config);
	options->handler = handlers[0];
	make_long_options(long_options);
	opterr = 0;
	/* Not 1: a line that was refused amid its letters before, in this
	 * process, would be gone on with. */
	optind = 0;
	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		const struct option_row *row = c > 0 && (size_t)c <= ROWS ?
		    &rows[c - 1] : NULL;

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
	return (check ? OPTIONS_CHECK : OPTIONS_SERVE);
}
