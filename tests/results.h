/**
 * results.h - figures for the report on reliability.
 */
#ifndef RESULTS_H
#define RESULTS_H

/**
 * results_add(suite, name, figure):
 * Append a figure as one JSON line to the file that $THRONG_RESULTS names; do
 * nothing if it is not set. Thread: any.
 */
void results_add(const char *suite, const char *name, double figure);

#endif /* RESULTS_H */
