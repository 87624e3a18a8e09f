/**
 * counter.h - system calls of processes, by name: by perf(1), which costs
 * the process next to nothing, or by strace(1), which costs it dearly.
 * Counting is for trials of its own.
 */
#ifndef BENCH_COUNTER_H
#define BENCH_COUNTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define COUNTER_NAMES 32

/** Most processes that are counted together. */
#define COUNTER_PROCESSES 512

/** Calls of one name. */
struct counter_name {
	char name[32];
	uint64_t calls;
};

/** What was counted. */
struct counter_result {
	uint64_t total;
	struct counter_name names[COUNTER_NAMES]; /* most calls first */
	unsigned count;
	int perturbing; /* by strace: the times of the trial are worthless */
};

/** A count that is under way. */
struct counter;

/**
 * counter_start(list, count, why, size):
 * Begin to count all threads of these processes together, and of those that
 * they will make. Return the count, which is ended with counter_stop(), or
 * NULL with one line of why not. Thread: main.
 */
struct counter *counter_start(const pid_t *list, unsigned count, char *why,
    size_t size);

/**
 * counter_stop(counter, result):
 * End it and store what was counted. Return 0, or -1 if it was nothing.
 * Thread: main.
 */
int counter_stop(struct counter *counter, struct counter_result *result);

/**
 * counter_parse_perf(text, result):
 * Read what `perf stat -x,` writes. Return 0, or -1 if nothing was counted.
 * Thread: any.
 */
int counter_parse_perf(const char *text, struct counter_result *result);

/**
 * counter_parse_strace(text, result):
 * Read what `strace -c` writes. Returns as counter_parse_perf().
 * Thread: any.
 */
int counter_parse_strace(const char *text, struct counter_result *result);

#endif /* BENCH_COUNTER_H */
