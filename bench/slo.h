/**
 * slo.h - the highest rate at which a target meets an objective.
 */
#ifndef BENCH_SLO_H
#define BENCH_SLO_H

#include "session.h"

/**
 * slo_run(session):
 * For each target and each number of connections, search for the highest rate
 * at which --slo is met, and put the answers into the results. Return 0, or
 * -1 if it was interrupted or nothing could be measured. Thread: main.
 */
int slo_run(struct session *session);

#endif /* BENCH_SLO_H */
