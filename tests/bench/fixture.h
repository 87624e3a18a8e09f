/**
 * fixture.h - results made up from simulated runs, for tests of the reports.
 */
#ifndef TESTS_BENCH_FIXTURE_H
#define TESTS_BENCH_FIXTURE_H

#include "results.h"

/**
 * fixture_compare(blocks):
 * Return a comparison of four targets and a control at one point, with that
 * many blocks, some of them void, closed; the caller frees it. Thread: any.
 */
struct results *fixture_compare(unsigned blocks);

/**
 * fixture_sweep(connections):
 * Return a sweep over connections (or over the rate), with memory readings,
 * theory, and a search, closed; the caller frees it. Thread: any.
 */
struct results *fixture_sweep(int connections);

/**
 * fixture_hostile(void):
 * Return results whose every text tries to break out of its format, partial
 * and void; the caller frees it. Thread: any.
 */
struct results *fixture_hostile(void);

/**
 * fixture_lossy(void):
 * Return results in which one target leaves requests unanswered, and another
 * never runs; the caller frees it. Thread: any.
 */
struct results *fixture_lossy(void);

#endif /* TESTS_BENCH_FIXTURE_H */
