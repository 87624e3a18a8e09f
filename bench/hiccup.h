/**
 * hiccup.h - what the machine takes away: a process per processor that sleeps
 * 2 ms at a time and notes by how much it overslept, the idea of G. Tene's
 * jHiccup. No tail of a target below this can be told from the machine's.
 */
#ifndef BENCH_HICCUP_H
#define BENCH_HICCUP_H

#include "hist.h"

/** A meter that runs. */
struct hiccup;

/**
 * hiccup_start():
 * Start a meter, with real-time priority where that is allowed. Return it, or
 * NULL if it could not; ended with hiccup_stop(). Thread: main.
 */
struct hiccup *hiccup_start(void);

/**
 * hiccup_reset(hiccup):
 * Begin anew. NULL is allowed. Thread: main.
 */
void hiccup_reset(struct hiccup *hiccup);

/**
 * hiccup_p99(hiccup):
 * Return the 99th percentile of the oversleeping since the last reset, in ns,
 * or NAN without any. Thread: main.
 */
double hiccup_p99(const struct hiccup *hiccup);

/**
 * hiccup_stop(hiccup):
 * End it. NULL is allowed. Thread: main.
 */
void hiccup_stop(struct hiccup *hiccup);

#endif /* BENCH_HICCUP_H */
