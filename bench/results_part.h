/**
 * results_part.h - between the files that close results.
 */
#ifndef BENCH_RESULTS_PART_H
#define BENCH_RESULTS_PART_H

#include "results.h"

/**
 * results_slopes(results):
 * Fill in `slopes`, for which there is room. Return 0, or -1 without memory.
 * Thread: one at a time.
 */
int results_slopes(struct results *results);

#endif /* BENCH_RESULTS_PART_H */
