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

/** Text that grows to the end of its array and no further. */
struct results_text {
	char *start;
	size_t size;
	size_t at;
};

/**
 * results_add(text, format, ...):
 * Append to it. Thread: its owner.
 */
void results_add(struct results_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * results_number(value, room, size):
 * Write a number as prose has it: "12,500", "0.25". Returns `room`.
 * Thread: any.
 */
const char *results_number(double value, char *room, size_t size);

#endif /* BENCH_RESULTS_PART_H */
