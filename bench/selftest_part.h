/**
 * selftest_part.h - between selftest.c, which runs rows, and those who have
 * them: selftest_rows.c and selftest_gates.c.
 */
#ifndef BENCH_SELFTEST_PART_H
#define BENCH_SELFTEST_PART_H

#include <stddef.h>

#include "results.h"

/** Whether the results are those that must come out; one line of what did. */
typedef int (*selftest_check)(const struct results *results, char *why,
    size_t size);

/** One self-test. */
struct selftest_row {
	const char *name;
	const char *line;      /* words; @ is the path of throng-refd */
	selftest_check check;
	int exact;             /* depends on no clock */
	const char *long_line; /* the same for --long, or NULL */
	int hog;               /* while somebody else burns a processor */
};

/**
 * selftest_rows(count):
 * Return the tests of the figures and store how many. Thread: any.
 */
const struct selftest_row *selftest_rows(size_t *count);

/**
 * selftest_gates(count):
 * Return the tests of the gates, each of which has to fire, and store how
 * many. Thread: any.
 */
const struct selftest_row *selftest_gates(size_t *count);

#endif /* BENCH_SELFTEST_PART_H */
