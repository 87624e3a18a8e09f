/**
 * results.h - figures for the report on reliability, see
 * tests/attack/README.md: JSON lines appended to the file that
 * $THRONG_RESULTS names; nothing is written if it is not set.
 *
 * Thread for all functions: the test's own.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>

/**
 * results_begin(suite, program, full):
 * Say which suite the figures are of that follow, and whether this is the
 * full size, which alone goes into the report. Until results_end() the run
 * stands as one that did not end: a crash or a hang is a failure, too. The
 * texts are kept, not copied.
 */
void results_begin(const char *suite, const char *program, bool full);

/**
 * results_add(name, figure):
 * Append a figure.
 */
void results_add(const char *name, double figure);

/**
 * results_end(well):
 * Say that the run has ended, and whether all was well.
 */
void results_end(bool well);

#endif /* RESULTS_H */
