/**
 * selftest.h - the instrument against servers whose behaviour is known.
 */
#ifndef BENCH_SELFTEST_H
#define BENCH_SELFTEST_H

#include "cmdline.h"

/**
 * selftest(options):
 * Run the self-tests for real, one line for each on standard output; with
 * --exact only those that count and depend on no clock, with --long the
 * statistical ones longer. Return the exit status. Thread: main.
 */
int selftest(const struct cmdline *options);

#endif /* BENCH_SELFTEST_H */
