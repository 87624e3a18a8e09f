/*
 * throng-bench: see options.c for the command line, session.c for the order
 * of things, doc/BENCHMARKS for what every number means.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "count.h"
#include "options.h"
#include "selftest.h"
#include "session.h"

static int
measure(struct options *o, int argc, char **argv)
{
	struct session s;
	int rc = session_open(&s, o, argc, argv);

	if (rc == 0) {
		if (session_points(&s) == 0 && session_run(&s) == 0 &&
		    strcmp(o->command, "compare") == 0 && !o->no_count)
			count_trials(&s);
		rc = session_report(&s);
	}
	session_close(&s);
	return (rc);
}

int
main(int argc, char **argv)
{
	struct options o;
	int status;

	if (options_parse(argc, argv, &o, &status))
		return (status);
	if (strcmp(o.command, "compare") == 0 || strcmp(o.command, "run") == 0)
		return (measure(&o, argc, argv));
	if (strcmp(o.command, "selftest") == 0)
		return (selftest(&o));
	fprintf(stderr, "throng-bench: %s: not yet\n", o.command);
	return (OPTIONS_FAILED);
}
