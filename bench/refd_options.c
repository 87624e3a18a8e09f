/*
 * The command line of the reference server.
 */
#include "config.h"

#include "refd.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

static int
time_of(const char *text, uint64_t *ns)
{

	return (parse_time(text, strlen(text), 0, REFD_LONGEST, ns));
}

/* "N:T" or "KIND:K": cut at the colon. */
static char *
second(char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return (NULL);
	*colon = '\0';
	return (colon + 1);
}

static int
option(struct refd *r, int c, char *text)
{
	uint64_t n = 0;
	char *rest;

	switch (c) {
	case 's':
		if (parse_number(text, 1, REFD_SERVERS, &n))
			return (-1);
		r->servers = (unsigned)n;
		return (0);
	case 'k':
		return (parse_number(text, 0, UINT32_MAX, &r->skip));
	case 'm':
		return (parse_number(text, 1, UINT32_MAX, &r->mute));
	case 'b':
		return (time_of(text, &r->spin));
	case 'l':
		return (parse_number(text, 1, 65535, &r->backlog));
	case 't':
		rest = second(text);
		return (rest == NULL || time_of(rest, &r->stall) ||
		    parse_number(text, 1, UINT32_MAX, &r->stall_at));
	case 'f':
		rest = second(text);
		r->fault = text;
		return (rest == NULL ||
		    parse_number(rest, 1, UINT32_MAX, &r->every));
	}
	return (-1);
}

/* The options of this server; those of serve.c are left in `argv`. */
int
refd_options(struct refd *r, int *argc, char **argv)
{
	static const struct option table[] = {
		{ "servers", required_argument, NULL, 's' },
		{ "skip", required_argument, NULL, 'k' },
		{ "mute", required_argument, NULL, 'm' },
		{ "backlog", required_argument, NULL, 'l' },
		{ "spin", required_argument, NULL, 'b' },
		{ "stall", required_argument, NULL, 't' },
		{ "fault", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 }
	};
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		const struct option *o = table;

		while (o->name != NULL && (strncmp(argv[i], "--", 2) != 0 ||
		    strcmp(argv[i] + 2, o->name) != 0))
			o++;
		if (o->name == NULL) {
			argv[kept++] = argv[i];
		} else if (++i == *argc || option(r, o->val, argv[i])) {
			fprintf(stderr, "throng-refd: --%s: not understood\n",
			    o->name);
			return (2);
		}
	}
	*argc = kept;
	argv[kept] = NULL;
	return (0);
}
