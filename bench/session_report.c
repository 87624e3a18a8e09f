#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "curve.h"
#include "output.h"
#include "remarks.h"
#include "session.h"

/* A claim needs a difference of the headline beyond the noise. */
static int
verdict(const struct results *r)
{
	int seen = CMDLINE_VOID;

	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *ratio = &r->ratios[i];

		if (ratio->metric != METRIC_CPU || ratio->control)
			continue;
		if (ratio->verdict == STATS_BETTER ||
		    ratio->verdict == STATS_WORSE)
			return (CMDLINE_HOLDS);
		if (ratio->verdict == STATS_NOISE)
			seen = CMDLINE_NOISE;
	}
	return (seen);
}

/* A search has found out something, if only that no rate passes. */
static int
search_status(const struct session *s)
{
	const struct results *r = s->results;

	for (size_t i = 0; i < r->search_count; i++)
		if (r->searches[i].rate > 0 || !r->searches[i].unjudged)
			return (CMDLINE_HOLDS);
	return (s->failed_trials > 0 ? CMDLINE_FAILED : CMDLINE_VOID);
}

/* Whether anything is valid at any load: what was interrupted or failed at
 * once left blocks that are neither valid nor void. */
static int
any_valid(const struct results *r)
{

	for (uint32_t p = 0; p < r->point_count; p++)
		for (uint32_t t = 0; t < r->target_count; t++)
			if (results_cell(r, p, t)->blocks > 0 &&
			    !results_cell(r, p, t)->voided)
				return (1);
	return (0);
}

/* Whether system calls were counted in any trial. */
static int
counted(const struct results *r)
{

	for (size_t b = 0; b < r->block_count; b++)
		for (size_t i = 0; i < r->blocks[b].trial_count; i++)
			if (!isnan(r->blocks[b].trials[i].value[METRIC_CALLS]))
				return (1);
	return (0);
}

int
session_report(struct session *s)
{
	struct results *r = s->results;

	if (remarks_add(r)) {
		fprintf(stderr, "throng-bench: no memory\n");
		return (CMDLINE_FAILED);
	}
	r->seconds = (double)(clock_now() - s->begun) / 1e9;
	if (curve_add(r, s->options->service.work == PLAN_SPIN ?
	    (unsigned)sysconf(_SC_NPROCESSORS_ONLN) :
	    (unsigned)s->options->workers, s->options->seed)) {
		fprintf(stderr, "throng-bench: no memory\n");
		return (CMDLINE_FAILED);
	}
	if (s->live.on)
		results_fact(r, "generator", "live line",
		    "%.3f%% of a core", (double)s->live.spent /
		    (r->seconds * 1e9) * 100);
	if (results_close(r)) {
		fprintf(stderr, "throng-bench: no memory\n");
		return (CMDLINE_FAILED);
	}
	if (output_write(s->options, r))
		return (CMDLINE_FAILED);
	if (r->search_count > 0)
		return (search_status(s));
	if (s->failed_trials > 0 && s->failed_trials ==
	    s->options->target_count * r->block_count)
		return (CMDLINE_FAILED);
	if (strcmp(s->options->command, "count") == 0 && !counted(r)) {
		fprintf(stderr, "throng-bench: no system call was counted%s%s\n",
		    r->note_count > 0 ? ": " : "", r->note_count > 0 ?
		    r->notes[r->note_count - 1].text : "");
		return (CMDLINE_FAILED);
	}
	if (strcmp(s->options->command, "count") == 0)
		return (CMDLINE_HOLDS);
	if (strcmp(s->options->command, "run") == 0)
		return (s->failed_trials > 0 ? CMDLINE_FAILED :
		    any_valid(r) ? CMDLINE_HOLDS : CMDLINE_VOID);
	return (verdict(r));
}
