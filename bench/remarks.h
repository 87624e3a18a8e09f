/**
 * remarks.h - what a reader of some results should know, though it is no
 * fault that voids them.
 */
#ifndef BENCH_REMARKS_H
#define BENCH_REMARKS_H

#include "results.h"

/**
 * remarks_add(results):
 * Append a note for each target at each load whose plan was more than the
 * client could send, or whose closed loop was measured for so short a time
 * that there are fewer replies than connections. Return 0, or -1 without
 * memory. Thread: one at a time.
 */
int remarks_add(struct results *results);

#endif /* BENCH_REMARKS_H */
