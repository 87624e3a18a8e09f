/**
 * live.h - the one line on the terminal that says how far it is.
 *
 * On standard error, and only if that is a terminal. Its own cost is known:
 * it is at most one merge of histograms and one write a second.
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdint.h>
#include <stdio.h>

#include "gen.h"

/** The line. */
struct live {
	int on;
	FILE *out;                 /* the terminal */
	unsigned width;
	unsigned block, blocks;    /* from 1 */
	const char *target;
	const char *ratio;         /* the ratio so far, or "" */
	uint64_t begun;            /* ns: when the first block began */
	double done;               /* share of the whole that is done, 0..1 */
	uint64_t last;             /* ns: when it was last drawn */
	uint64_t spent;            /* ns of CPU that it took */
	unsigned draws;
};

/**
 * live_start(live, quiet):
 * Begin; it stays off unless standard error is a terminal. Thread: main.
 */
void live_start(struct live *live, int quiet);

/**
 * live_draw(live, gen):
 * Draw the line if a second has passed. `gen` may be NULL. Thread: main.
 */
void live_draw(struct live *live, const struct gen *gen);

/**
 * live_clear(live):
 * Take the line away. Thread: main.
 */
void live_clear(struct live *live);

#endif /* BENCH_LIVE_H */
