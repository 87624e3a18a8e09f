#include "config.h"

#include "cmdline_part.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "payload.h"
#include "targets.h"

#define MS 1000000ull
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)

/* How an option's text is read. */
enum kind { FLAG, NUMBER, SIZE, TIME, TEXT, LIST, RATES, TARGET };

struct option_row {
	const char *name;
	enum kind kind;
	size_t offset; /* of the field in struct cmdline */
	uint64_t min;
	uint64_t max;
	const char *argument;
	const char *help;
};

#define AT(field) offsetof(struct cmdline, field)

static const struct option_row rows[] = {
	{ "target", TARGET, 0, 0, 0, "T",
	    "NAME=COMMAND with {addr}, NAME=@OTHER, an address, or one of\n"
	    "pool, thread, inline, limit, bufferevent, or a peer; repeatable" },
	{ "peers", TEXT, AT(peers), 0, 0, "LIST",
	    "peers by name, or \"all\" that are installed" },
	{ "connections", LIST, AT(connections), 1, 10000000, "N,...",
	    "connections; several make a sweep (100)" },
	{ "idle", NUMBER, AT(idle), 0, 10000000, "N",
	    "connections on top that send nothing (0)" },
	{ "active", NUMBER, AT(active), 1, 10000000, "N",
	    "connections that are used (all of --connections, as where these\n"
	    "are fewer)" },
	{ "probe", NUMBER, AT(probe), 1, 100000, "R",
	    "4 connections more, with R requests per second, Poisson,\n"
	    "measured apart (none)" },
	{ "disturb", TEXT, AT(disturb_text), 0, 0, "KIND:N,...",
	    "each load also beside clients that do not behave: slow-read,\n"
	    "dribble, half, reset, churn, silent (none)" },
	{ "depth", NUMBER, AT(depth), 1, 1024, "D",
	    "closed loop: requests outstanding per connection (1)" },
	{ "rate", RATES, 0, 0, 0, "R,...",
	    "open loop: requests per second, or 10%,50% of the lowest\n"
	    "capacity among the targets (compare: 25%; run: closed loop)" },
	{ "capacity", LIST, AT(capacities), 1, 1000000000, "C,...",
	    "what 100% of --rate is, in requests per second, for each of\n"
	    "--connections (measured)" },
	{ "closed", FLAG, AT(closed), 0, 0, NULL,
	    "closed loop: the next request when the reply is there" },
	{ "churn", FLAG, AT(churn), 0, 0, NULL,
	    "closed loop: connect, one request, close, for each of\n"
	    "--connections at a time" },
	{ "arrival", TEXT, AT(arrival_text), 0, 0, "LAW",
	    "constant, poisson or burst (poisson)" },
	{ "burst", NUMBER, AT(burst), 1, 100000, "N",
	    "requests in a burst (10)" },
	{ "visit", NUMBER, AT(visit), 1, 10000, "N",
	    "partly open: an arrival is a visit of so many requests in\n"
	    "the mean, each at the reply before it; --rate is of requests (1)" },
	{ "choice", TEXT, AT(choice_text), 0, 0, "HOW",
	    "connection of an arrival: round-robin, random, hot (random)" },
	{ "service", TEXT, AT(service_text), 0, 0, "LAW",
	    "work asked of the handler: none, fixed:100us, exp:100us,\n"
	    "bimodal:0.9:50us:550us; wait-... sleeps instead (none)" },
	{ "frame", TEXT, AT(frame_text), 0, 0, "F",
	    "line, raw, len32, len16 or netstring (line)" },
	{ "crlf", FLAG, AT(crlf), 0, 0, NULL, "lines end with CR LF" },
	{ "request", TEXT, AT(request), 0, 0, "TEXT",
	    "send this, with C escapes; else stamped bytes, echoed" },
	{ "expect", TEXT, AT(expect), 0, 0, "TEXT",
	    "the right reply; else the first one is" },
	{ "size", SIZE, AT(size), 1, PAYLOAD_MAX, "BYTES",
	    "of a stamped request (16)" },
	{ "reply", SIZE, AT(reply_size), 0, PAYLOAD_MAX, "BYTES",
	    "reply size asked of the work handler (0: as it likes)" },
	{ "handler", TEXT, AT(handler), 0, 0, "NAME",
	    "of the built-in targets (echo; work with --service)" },
	{ "workers", NUMBER, AT(workers), 1, 1024, "N",
	    "of the built-in pool (2; tail: 16)" },
	{ "load", LIST, AT(loads), 0, 1, "L,...",
	    "tail: shares of the workers' time (0.5,0.8)" },
	{ "blocks", NUMBER, AT(blocks), 1, 1000, "N",
	    "rounds through all targets (10; run: 1; tail: 5)" },
	{ "duration", TIME, AT(trial), MS, HOUR, "T",
	    "measured time of a trial (600ms; run: 5s; tail: 4s)" },
	{ "warmup", TIME, AT(warm), 0, HOUR, "T",
	    "before it, as a closed loop (200ms)" },
	{ "drain", TIME, AT(drain), 0, HOUR, "T",
	    "wait for replies after it (1s)" },
	{ "tolerance", TIME, AT(tolerance), 1000, SECOND, "T",
	    "a request sent later than that is not in time (5ms)" },
	{ "gate", TEXT, AT(gates_text), 0, 0, "LIST",
	    "as in steal<3%,foreign<off; off: none" },
	{ "slo", TEXT, AT(slo), 0, 0, "P<T",
	    "find the highest rate that passes, as in p99<5ms" },
	{ "seed", NUMBER, AT(seed), 0, UINT64_MAX, "N", "of everything (1)" },
	{ "processes", NUMBER, AT(processes), 1, 256, "N",
	    "generators, at least (as many as descriptors ask for)" },
	{ "shards", NUMBER, AT(shards), 1, 64, "N",
	    "servers that a target is, at least (as many as descriptors\n"
	    "ask for)" },
	{ "in-flight", NUMBER, AT(in_flight), 1, 4096, "N",
	    "connects not yet served, at most (128)" },
	{ "congestion", TEXT, AT(congestion), 0, 0, "NAME",
	    "congestion control (reno)" },
	{ "layout", TEXT, AT(layout), 0, 0, "HOW",
	    "shared: all processors for all; split: the last for the\n"
	    "generator, the others for the target (shared)" },
	{ "netns", TEXT, AT(netns), 0, 0, "HOW",
	    "a network namespace of one's own: auto, yes, no (auto)" },
	{ "no-control", FLAG, AT(no_control), 0, 0, NULL,
	    "no A/A control: no noise floor" },
	{ "no-count", FLAG, AT(no_count), 0, 0, NULL,
	    "compare: no counting of system calls at the end" },
	{ "out", TEXT, AT(out), 0, 0, "DIR",
	    "write report.html, .json and .md there, and for each target\n"
	    "its histogram, as .hgrm" },
	{ "json", TEXT, AT(json), 0, 0, "FILE", "write JSON there; - is stdout" },
	{ "html", TEXT, AT(html), 0, 0, "FILE", "write HTML there" },
	{ "md", TEXT, AT(md), 0, 0, "FILE", "write Markdown there" },
	{ "long", FLAG, AT(long_form), 0, 0, NULL, "selftest: the long ones" },
	{ "exact", FLAG, AT(exact), 0, 0, NULL,
	    "selftest: only those that depend on no clock" },
	{ "quiet", FLAG, AT(quiet), 0, 0, NULL, "no live line" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	const char *name;
	const char *help;
} commands[] = {
	{ "compare", "targets against each other, interleaved" },
	{ "run", "one target, one load" },
	{ "count", "system calls per request, in trials of their own" },
	{ "tail", "percentiles against the ideal queue, on the same requests" },
	{ "doctor", "what on this machine stops how many connections" },
	{ "calibrate", "the machine card and the cost of the generator" },
	{ "selftest", "the instrument against servers with known faults" },
	{ "report", "the reports again, from a report.json" },
	{ "replay", "run again what a report.json records" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void
cmdline_help(FILE *out)
{
	const char *at, *end;

	fprintf(out, "usage: throng-bench COMMAND [OPTION...]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name,
		    commands[i].help);
	fputs("\n", out);
	for (size_t i = 0; i < ROWS; i++) {
		int n = fprintf(out, "  --%s%s%s", rows[i].name,
		    rows[i].argument != NULL ? " " : "",
		    rows[i].argument != NULL ? rows[i].argument : "");

		fprintf(out, "%*s", n < 21 ? 21 - n : 1, "");
		for (at = rows[i].help; (end = strchr(at, '\n')) != NULL;
		    at = end + 1)
			fprintf(out, "%.*s\n%21s", (int)(end - at), at, "");
		fprintf(out, "%s\n", at);
	}
	fputs("\nExit status: 0 done; compare: a difference was found; 1 "
	    "failed; 2 wrong command\nline; 3 within noise; 4 void.\n"
	    "Interrupted: what the blocks that it has give; a second time: "
	    "130 or 143.\n", out);
}

int
cmdline_wrong(const char *name, const char *value, const char *allowed)
{

	fprintf(stderr, "throng-bench: --%s %s: %s\n", name, value, allowed);
	return (-1);
}

/* "1..1000:x10": from, to, and the factor between two. */
static int
read_range(const char *text, const char *dots, double min, double max,
    struct cmdline_list *list)
{
	double from, to, factor;
	char first[32];

	/* strtod() would take one of the dots for its own. */
	snprintf(first, sizeof(first), "%.*s", (int)(dots - text), text);
	if (sscanf(first, "%lf", &from) != 1 ||
	    sscanf(dots + 2, "%lf:x%lf", &to, &factor) != 2 ||
	    !(factor > 1) || from < min || to > max)
		return (-1);
	for (; from <= to * 1.0001 && list->count < CMDLINE_LIST;
	    from *= factor)
		list->value[list->count++] = from;
	return (list->count > 0 ? 0 : -1);
}

/* "1,10,100" or a range. */
static int
read_list(const char *text, double min, double max, struct cmdline_list *list)
{
	const char *dots = strstr(text, "..");
	double value;
	char *end;

	list->count = 0;
	if (dots != NULL)
		return (read_range(text, dots, min, max, list));
	for (;;) {
		value = strtod(text, &end);
		if (end == text || !(value >= min && value <= max) ||
		    list->count == CMDLINE_LIST)
			return (-1);
		list->value[list->count++] = value;
		if (*end == '\0')
			return (0);
		if (*end != ',')
			return (-1);
		text = end + 1;
	}
}

/* "1000,2000", or "10%,50%". */
int
cmdline_rates(const char *text, struct cmdline *o)
{
	char copy[256], *out = copy;

	o->rate_text = text;
	o->rates_are_shares = strchr(text, '%') != NULL;
	if (strlen(text) >= sizeof(copy))
		return (-1);
	for (; *text != '\0'; text++)
		if (*text != '%')
			*out++ = *text;
	*out = '\0';
	if (o->rates_are_shares)
		return (read_list(copy, 0.1, 200, &o->rates));
	return (read_list(copy, 0.01, 1e8, &o->rates));
}

static int
read_row(const struct option_row *row, const char *value, struct cmdline *o)
{
	char *field = (char *)o + row->offset;
	char range[80];
	int rc = 0;

	if (row->kind == FLAG)
		*(int *)(void *)field = 1;
	else if (row->kind == TEXT)
		*(const char **)(void *)field = value;
	else if (row->kind == NUMBER)
		rc = parse_number(value, row->min, row->max,
		    (uint64_t *)(void *)field);
	else if (row->kind == SIZE)
		rc = parse_size(value, row->min, row->max,
		    (uint64_t *)(void *)field);
	else if (row->kind == TIME)
		rc = parse_time(value, strlen(value), row->min, row->max,
		    (uint64_t *)(void *)field);
	else if (row->kind == LIST)
		rc = read_list(value, (double)row->min, (double)row->max,
		    (struct cmdline_list *)(void *)field);
	else if (row->kind == RATES)
		return (cmdline_rates(value, o) == 0 ? 0 : cmdline_wrong(row->name,
		    value, "not a list of rates, as in 1000,2000 or 10%,50%"));
	else
		return (targets_read(value, o));
	if (rc == 0)
		return (0);
	if (row->kind == TIME)
		snprintf(range, sizeof(range), "not a time from %lluus to "
		    "%llus", (unsigned long long)row->min / 1000,
		    (unsigned long long)(row->max / SECOND));
	else
		snprintf(range, sizeof(range), "not a number from %llu to "
		    "%llu", (unsigned long long)row->min,
		    (unsigned long long)row->max);
	return (cmdline_wrong(row->name, value, range));
}

static void
defaults(struct cmdline *o)
{

	memset(o, 0, sizeof(*o));
	o->depth = 1;
	o->burst = 10;
	o->visit = 1;
	o->size = PAYLOAD_STAMP_SIZE;
	o->warm = 200 * MS;
	o->drain = SECOND;
	o->tolerance = 5 * MS;
	o->in_flight = 128;
	o->seed = 1;
	o->congestion = "reno";
	o->layout = "shared";
	o->netns = "auto";
	o->choice = PLAN_RANDOM;
	o->arrival = PLAN_POISSON;
	gates_defaults(&o->gates);
}

static int
read_options(int argc, char **argv, struct cmdline *o)
{
	static char name[] = "throng-bench";
	struct option table[ROWS + 3] = { { NULL, 0, NULL, 0 } };
	char *first = argv[0];
	int c, index = 0;

	for (size_t i = 0; i < ROWS; i++)
		table[i] = (struct option){ rows[i].name,
		    rows[i].kind == FLAG ? no_argument : required_argument,
		    NULL, 1 };
	table[ROWS] = (struct option){ "help", no_argument, NULL, 'h' };
	table[ROWS + 1] = (struct option){ "version", no_argument, NULL, 'v' };
	/* From the start: the self-tests come here more than once. And with
	 * the program's name, which getopt's own words begin with. */
	optind = 0;
	argv[0] = name;
	while ((c = getopt_long(argc, argv, "", table, &index)) == 1 &&
	    read_row(&rows[index], optarg, o) == 0)
		;
	argv[0] = first;
	return (c == -1 ? 0 : c == 'h' || c == 'v' ? c : -1);
}

static int
read_command(const char *name, struct cmdline *o)
{

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0) {
			o->command = commands[i].name;
			return (0);
		}
	}
	fprintf(stderr, "throng-bench: no command %s (", name);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stderr, "%s%s", commands[i].name,
		    i + 1 < COMMANDS ? ", " : ")\n");
	return (-1);
}

int
cmdline_parse(int argc, char **argv, struct cmdline *o, int *status)
{
	int rc;

	defaults(o);
	*status = CMDLINE_USAGE;
	if (argc > 1 && argv[1][0] != '-') {
		if (read_command(argv[1], o))
			return (1);
		argc--;
		argv++;
	}
	if ((rc = read_options(argc, argv, o)) > 0) {
		if (rc == 'h')
			cmdline_help(stdout);
		else
			puts("throng-bench " PACKAGE_VERSION);
		*status = CMDLINE_HOLDS;
		return (1);
	}
	if (rc == -1)
		return (1);
	if (o->command == NULL) {
		fprintf(stderr, "throng-bench: a command comes first, as in "
		    "throng-bench compare (see --help)\n");
		return (1);
	}
	if (optind < argc) {
		fprintf(stderr, "throng-bench: %s: not understood\n",
		    argv[optind]);
		return (1);
	}
	return (cmdline_settle(o));
}
