/**
 * curve.h - what ideal queues would do with the load of some results.
 */
#ifndef BENCH_CURVE_H
#define BENCH_CURVE_H

#include <stdint.h>

#include "results.h"

/**
 * curve_add(results, servers, seed):
 * Append the curves that the latencies are drawn against: one queue shared
 * by `servers` servers, a queue for each, and all sharing their time; for the
 * law of service in `results->load`, over the range of rates of its points.
 * Where the service waits, the first two are of a pool of `servers` workers,
 * by name, and the third is that of no queue, as with a thread per client.
 * By the closed form where there is one, else simulated from `seed`, in about
 * a second. Adds nothing for a closed loop or without a law. Return 0, or -1
 * without memory. Thread: one at a time.
 */
int curve_add(struct results *results, unsigned servers, uint64_t seed);

#endif /* BENCH_CURVE_H */
