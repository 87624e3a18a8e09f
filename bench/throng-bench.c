/*
 * throng-bench: see cmdline.c for the command line, session.c for the order
 * of things, doc/throng-bench.md for what every number means.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "calibrate.h"
#include "count.h"
#include "doctor.h"
#include "cmdline.h"
#include "output.h"
#include "replay.h"
#include "results_load.h"
#include "selftest.h"
#include "session.h"
#include "slo.h"
#include "standard.h"
#include "tail_run.h"
#include "targets.h"

/* Trials that tell what the instrument itself costs. */
#define CALIBRATE_NS 200000000u

static int
calibrate_only(struct cmdline *o, int argc, char **argv)
{
	struct session s;
	int rc = targets_read("limit", o) ? CMDLINE_FAILED :
	    session_open(&s, o, argc, argv);

	if (rc == 0 && calibrate(&s, 5 * CALIBRATE_NS))
		rc = CMDLINE_FAILED;
	if (rc == 0)
		calibrate_print(s.results, stdout);
	session_close(&s);
	return (rc);
}

static int
measure(struct cmdline *o, int argc, char **argv)
{
	const int compare = strcmp(o->command, "run") != 0;
	struct session s;
	int rc = session_open(&s, o, argc, argv);

	if (rc == 0) {
		if (compare)
			calibrate(&s, CALIBRATE_NS);
		if (session_points(&s) == 0 &&
		    (o->slo != NULL ? slo_run(&s) : session_run(&s)) == 0 &&
		    compare && !o->no_count && o->slo == NULL)
			count_trials(&s);
		rc = session_report(&s);
	}
	session_close(&s);
	return (rc);
}

static int
run(int argc, char **argv)
{
	struct cmdline o;
	int status;

	if (cmdline_parse(argc, argv, &o, &status))
		return (status);
	if (strcmp(o.command, "calibrate") == 0)
		return (calibrate_only(&o, argc, argv));
	if (strcmp(o.command, "doctor") == 0)
		return (doctor(&o, stdout));
	if (strcmp(o.command, "tail") == 0)
		return (tail_run(&o, argc, argv));
	if (strcmp(o.command, "selftest") == 0)
		return (selftest(&o));
	return (measure(&o, argc, argv));
}

/* The words of `report FILE OPTION...` are those of a command, but one. */
static int
report_again(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[2] : "";
	struct results *r = NULL;
	char why[RESULTS_TEXT * 2];
	struct cmdline o;
	int status, rc;

	if (argc < 3 || (argv[2][0] == '-' && argv[2][1] != '\0')) {
		fprintf(stderr, "throng-bench: report of which "
		    "report.json?\n");
		return (CMDLINE_USAGE);
	}
	argv[2] = argv[1];
	if (cmdline_parse(argc - 1, argv + 1, &o, &status))
		return (status);
	if ((r = results_load(path, why, sizeof(why))) == NULL) {
		fprintf(stderr, "throng-bench: %s\n", why);
		return (CMDLINE_FAILED);
	}
	rc = output_check(&o) || output_write(&o, r) ? CMDLINE_FAILED :
	    CMDLINE_HOLDS;
	results_free(r);
	return (rc);
}

int
main(int argc, char **argv)
{
	char **words;
	int status, count;

	if (standard_open() == -1)
		return (CMDLINE_FAILED);
	if (argc > 1 && strcmp(argv[1], "report") == 0)
		return (report_again(argc, argv));
	if (argc < 2 || strcmp(argv[1], "replay") != 0)
		return (run(argc, argv));
	if (argc < 3) {
		fprintf(stderr, "throng-bench: replay which report.json?\n");
		return (CMDLINE_USAGE);
	}
	words = replay_arguments(argv[2], argv + 3, &count);
	if (words == NULL)
		return (CMDLINE_FAILED);
	status = run(count, words);
	replay_free(words);
	return (status);
}
