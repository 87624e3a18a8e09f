/*
 * What a search for the highest rate came to: trial by trial, and in words.
 */
#include "results.h"

#include <stdio.h>

const char *
results_outcome(enum results_outcome outcome)
{
	static const char *const names[RESULTS_OUTCOMES] = {
		[RESULTS_PASSED] = "passed",
		[RESULTS_MISSED] = "missed",
		[RESULTS_LIMITED] = "client",
		[RESULTS_UNSURE] = "void",
		[RESULTS_BROKEN] = "failed",
	};

	return ((size_t)outcome < RESULTS_OUTCOMES ? names[outcome] : "?");
}

const char *
results_answer(const struct results_search *s, char *text, size_t size)
{
	char n[32];

	if (s->rate > 0)
		snprintf(text, size, "%s%s requests/s%s", s->above ||
		    s->unjudged ? "at least " : "", metric_format(
		    METRIC_THROUGHPUT, s->rate, n, sizeof(n)),
		    s->confirmed ? "" : " (not confirmed)");
	else if (s->unjudged)
		snprintf(text, size, "%s", s->stopped[0] != '\0' ?
		    s->stopped : "nothing was measured");
	else
		snprintf(text, size, "not even the lowest rate tried");
	return (text);
}

const char *
results_where(const struct results *r, const struct results_search *s,
    char *text, size_t size)
{
	const struct results_point *p;
	char n[32];

	snprintf(text, size, "%s", "");
	if (r->point_count < 2 || s->point >= r->point_count)
		return (text);
	p = &r->points[s->point];
	/* A count has no decimals. */
	if (p->connections < 100)
		snprintf(n, sizeof(n), "%u", (unsigned)p->connections);
	else
		metric_format(METRIC_THROUGHPUT, p->connections, n,
		    sizeof(n));
	snprintf(text, size, " at %s connection%s%s", n,
	    p->connections == 1 ? "" : "s",
	    p->disturbed ? ", disturbed" : "");
	return (text);
}
