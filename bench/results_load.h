/**
 * results_load.h - results from the JSON that was written of them.
 */
#ifndef BENCH_RESULTS_LOAD_H
#define BENCH_RESULTS_LOAD_H

#include <stddef.h>

#include "results.h"

/**
 * results_load(path, why, size):
 * Read what report_json() wrote, derived figures included, so that the
 * reports come out as they did; "-" is standard input. Not for
 * results_close(): trials have no records of their own. Return the results,
 * which the caller frees with results_free(), or NULL with one line of why
 * not. Thread: main.
 */
struct results *results_load(const char *path, char *why, size_t size);

#endif /* BENCH_RESULTS_LOAD_H */
