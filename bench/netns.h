/**
 * netns.h - a network namespace of one's own: ports, sysctls and counters
 * that nobody else touches.
 */
#ifndef BENCH_NETNS_H
#define BENCH_NETNS_H

#include "cmdline.h"
#include "results.h"

/**
 * netns_enter(options, results):
 * Move the process, and with it all that it starts, into a new network
 * namespace with its loopback up, a wide range of ports and the congestion
 * control asked for, if the options and the system allow it, and note what
 * was done. Return 0, or an exit status with one line on standard error if
 * it was demanded and cannot be. Thread: main, before any other.
 */
int netns_enter(const struct cmdline *options, struct results *results);

#endif /* BENCH_NETNS_H */
