#include "options.h"

#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "frame.h"
#include "parse.h"

#define RETRIES_MAX 1000
#define TIME_MIN CLOCK_MS
#define TIME_MAX (24 * 3600 * CLOCK_S)

enum choice {
	OPT_FRAME = 1,
	OPT_SPLIT,
	OPT_CONNECTIONS,
	OPT_CONNECT_TIMEOUT,
	OPT_TIMEOUT,
	OPT_RETRY,
	OPT_WINDOW,
	OPT_MAX_FRAME,
	OPT_HELP,
	OPT_VERSION
};

static const struct option table[] = {
	{ "frame", required_argument, NULL, OPT_FRAME },
	{ "split", required_argument, NULL, OPT_SPLIT },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "connect-timeout", required_argument, NULL, OPT_CONNECT_TIMEOUT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "retry", required_argument, NULL, OPT_RETRY },
	{ "window", required_argument, NULL, OPT_WINDOW },
	{ "max-frame", required_argument, NULL, OPT_MAX_FRAME },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

void
options_help(FILE *out)
{

	fputs(
	    "Usage: throng [options] ADDRESS...\n"
	    "Send lines to one or more servers and print their replies.\n"
	    "ADDRESS is HOST:PORT, [IPV6]:PORT or unix:/path.\n"
	    "\n"
	    "  --frame NAME          line, raw, len32, len16 or netstring"
	    " (line)\n"
	    "  --split lines|none    a request per line, or the whole input as"
	    " one (lines)\n"
	    "  --connections N       connections to each server, 1 to 256 (1)\n"
	    "  --connect-timeout TIME\n"
	    "                        give up connecting after this long (5s)\n"
	    "  --timeout TIME        give up on a server that owes a reply for"
	    " this long (30s)\n"
	    "  --retry N             attempts to connect after the first, 0 to"
	    " 1000 (0)\n"
	    "  --window N            requests in flight on a connection,"
	    " 1 to 4096 (256)\n"
	    "  --max-frame SIZE      longest reply accepted, 1 to 64M (1M)\n"
	    "  --help, --version     say so and end\n"
	    "\n"
	    "TIME is a number with us, ms, s, m or h; SIZE one with or without"
	    " K, M or G.\n"
	    "On a terminal throng prompts for lines until 'quit' or the end of"
	    " file;\n"
	    "otherwise it sends its standard input. Exit status: 0 if every"
	    " request was\n"
	    "answered, 1 if not, 2 for a wrong command line.\n", out);
}

static void
set_defaults(struct options *o)
{

	*o = (struct options){
		.framing = THRONG_FRAME_LINE,
		.split = LINES_EACH,
		.connections = 1,
		.window = 256,
		.connect_timeout = 5 * CLOCK_S,
		.timeout = 30 * CLOCK_S,
		.max_frame = (size_t)1 << 20,
	};
}

/* Each setter returns NULL, or what would have been allowed. */
static const char *
set_number(const char *text, uint64_t min, uint64_t max, unsigned *value,
    const char *allowed)
{
	uint64_t number;

	if (parse_number(text, min, max, &number))
		return (allowed);
	*value = (unsigned)number;
	return (NULL);
}

static const char *
set_time(const char *text, uint64_t *value)
{

	if (parse_time(text, strlen(text), TIME_MIN, TIME_MAX, value))
		return ("a time from 1ms to 24h, such as 250ms or 5s");
	return (NULL);
}

static const char *
set_size(const char *text, size_t *value)
{
	uint64_t number;

	if (parse_size(text, 1, FRAME_ABSURD_LENGTH, &number))
		return ("a size from 1 to 64M");
	*value = (size_t)number;
	return (NULL);
}

static const char *
set_split(const char *text, enum lines_split *split)
{

	if (strcmp(text, "lines") == 0)
		*split = LINES_EACH;
	else if (strcmp(text, "none") == 0)
		*split = LINES_NONE;
	else
		return ("lines or none");
	return (NULL);
}

static const char *
set(struct options *o, int choice, const char *text)
{

	switch (choice) {
	case OPT_FRAME:
		return (frame_by_name(text, &o->framing) ?
		    "line, raw, len32, len16 or netstring" : NULL);
	case OPT_SPLIT:
		return (set_split(text, &o->split));
	case OPT_CONNECTIONS:
		return (set_number(text, 1, OPTIONS_CONNECTIONS_MAX,
		    &o->connections, "a number from 1 to 256"));
	case OPT_CONNECT_TIMEOUT:
		return (set_time(text, &o->connect_timeout));
	case OPT_TIMEOUT:
		return (set_time(text, &o->timeout));
	case OPT_RETRY:
		return (set_number(text, 0, RETRIES_MAX, &o->retries,
		    "a number from 0 to 1000"));
	case OPT_WINDOW:
		return (set_number(text, 1, OPTIONS_WINDOW_MAX, &o->window,
		    "a number from 1 to 4096"));
	case OPT_MAX_FRAME:
		return (set_size(text, &o->max_frame));
	default:
		return ("nothing");
	}
}

static const char *
option_name(int choice)
{

	for (const struct option *t = table; t->name != NULL; t++) {
		if (t->val == choice)
			return (t->name);
	}
	return ("?");
}

/* Whether the beginning of a name that was typed fits several options. */
static bool
is_ambiguous(const char *typed)
{
	size_t length = strcspn(typed, "=");
	unsigned fit = 0;

	if (length < 2 || strncmp(typed, "--", 2) != 0)
		return (false);
	for (const struct option *t = table; t->name != NULL; t++)
		fit += strncmp(t->name, typed + 2, length - 2) == 0;
	return (fit > 1);
}

/* What getopt_long() did not like about argv[index]. */
static enum options_action
complain(int found, char *const *argv, int index, char *why, size_t size)
{

	if (found == ':')
		snprintf(why, size, "--%s: a value is missing",
		    option_name(optopt));
	else if (optopt > OPT_VERSION)
		snprintf(why, size, "-%c: there is no such option (see --help)",
		    optopt);
	else if (optopt > 0)
		snprintf(why, size, "--%s: takes no value",
		    option_name(optopt));
	else
		snprintf(why, size, "%s: %s (see --help)", argv[index],
		    is_ambiguous(argv[index]) ? "more than one option begins "
		    "so" : "there is no such option");
	return (OPTIONS_WRONG);
}

static enum options_action
check_addresses(const struct options *o, char *why, size_t size)
{
	const char *wrong;

	if (o->servers == 0) {
		snprintf(why, size, "ADDRESS is missing: HOST:PORT, "
		    "[IPV6]:PORT or unix:/path (see --help)");
		return (OPTIONS_WRONG);
	}
	if (o->servers > OPTIONS_SERVERS_MAX) {
		snprintf(why, size, "%u addresses: at most %d are allowed",
		    o->servers, OPTIONS_SERVERS_MAX);
		return (OPTIONS_WRONG);
	}
	for (unsigned i = 0; i < o->servers; i++) {
		if (address_check(o->addresses[i], &wrong)) {
			snprintf(why, size, "%s: %s", o->addresses[i], wrong);
			return (OPTIONS_WRONG);
		}
	}
	return (OPTIONS_RUN);
}

static enum options_action
check_whole(const struct options *o, char *why, size_t size)
{

	if (o->split == LINES_NONE && (o->framing == THRONG_FRAME_LINE ||
	    o->framing == THRONG_FRAME_RAW)) {
		snprintf(why, size, "--split none: --frame %s cannot carry it;"
		    " len32, len16 and netstring can",
		    frame_name(o->framing));
		return (OPTIONS_WRONG);
	}
	return (check_addresses(o, why, size));
}

enum options_action
options_parse(int argc, char **argv, struct options *o, char *why,
    size_t size)
{
	const char *allowed;
	int found, index;

	set_defaults(o);
#ifdef __GLIBC__
	optind = 0; /* forget an earlier command line altogether */
#else
	optind = 1;
#endif
	opterr = 0;
	for (;;) {
		index = optind > 0 ? optind : 1;
		found = getopt_long(argc, argv, ":", table, NULL);
		if (found == -1)
			break;
		if (found == OPT_HELP)
			return (OPTIONS_HELP);
		if (found == OPT_VERSION)
			return (OPTIONS_VERSION);
		if (found == ':' || found == '?')
			return (complain(found, argv, optind > index ?
			    optind - 1 : index, why, size));
		if ((allowed = set(o, found, optarg)) != NULL) {
			snprintf(why, size, "--%s: '%s' is not %s",
			    option_name(found), optarg, allowed);
			return (OPTIONS_WRONG);
		}
	}
	o->addresses = argv + optind;
	o->servers = (unsigned)(argc - optind);
	return (check_whole(o, why, size));
}
