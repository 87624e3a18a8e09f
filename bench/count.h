/**
 * count.h - counting trials: system calls per request, target by target.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include "session.h"

/** Above this many connections nothing is counted: a counter has to attach
 *  to each thread of a target. */
#define COUNT_CONNECTIONS 1000

/**
 * count_trials(session):
 * Run one counting trial for each target at each point with no more than
 * COUNT_CONNECTIONS, and put the calls per request among the values of that
 * target's trials there. What each call is, goes to the notes.
 * Return 0, or -1 if nothing could be counted. Thread: main.
 */
int count_trials(struct session *session);

#endif /* BENCH_COUNT_H */
