/**
 * search.h - the highest rate that meets an objective, as a state machine.
 *
 * It knows nothing of trials: it names a rate and is told whether that rate
 * passed. It doubles until one fails, bisects by the ratio until the two ends
 * are within the tolerance, then asks for a longer trial at the answer; if
 * that fails it steps down and confirms again.
 */
#ifndef BENCH_SEARCH_H
#define BENCH_SEARCH_H

#include <stddef.h>

#include "hist.h"

/** What a rate has to keep to: a percentile of the response below a limit. */
struct search_objective {
	double p;       /* 0.99 */
	uint64_t limit; /* ns */
};

/** What to do next. */
enum search_step {
	SEARCH_TRY,     /* a trial at `rate` */
	SEARCH_CONFIRM, /* a longer trial at `rate` */
	SEARCH_FOUND,   /* `rate` passes, and was confirmed */
	SEARCH_NONE,    /* not even the lowest rate passes */
	SEARCH_ALL      /* even the highest rate passes, and was confirmed */
};

/** A search; private but for `step`, `rate`, `trials`. */
struct search {
	enum search_step step;
	double rate;     /* the rate to try, or the answer */
	double low;      /* the highest rate that passed; 0: none yet */
	double high;     /* the lowest rate that failed; 0: none yet */
	double least;
	double most;
	double tolerance; /* 0.05: the answer is within 5% */
	unsigned trials;  /* told so far */
	unsigned failed_confirms;
};

/**
 * search_start(search, least, first, most, tolerance):
 * Begin between the rates `least` and `most` (0 < least <= first <= most),
 * with a trial at `first`. Thread: any.
 */
void search_start(struct search *search, double least, double first,
    double most, double tolerance);

/**
 * search_tell(search, passed):
 * Say how the trial at `rate` went, and return the next step. A void trial is
 * not told: it is repeated by the caller. Thread: any.
 */
enum search_step search_tell(struct search *search, int passed);

/**
 * search_ended(search):
 * Return whether there is nothing more to try. Thread: any.
 */
int search_ended(const struct search *search);

/**
 * search_objective_parse(text, objective):
 * Read "p99<5ms" or "p99.9<500us". Return 0, or -1 if the text is something
 * else. Thread: any.
 */
int search_objective_parse(const char *text,
    struct search_objective *objective);

/**
 * search_objective_met(objective, response):
 * Return whether the responses meet the objective; requests never answered
 * count as infinite, and none at all do not. Thread: any.
 */
int search_objective_met(const struct search_objective *objective,
    const struct hist *response);

#endif /* BENCH_SEARCH_H */
