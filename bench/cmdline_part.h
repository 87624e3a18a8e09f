/**
 * cmdline_part.h - between cmdline.c, which reads words, and
 * cmdline_settle.c, which makes sense of them.
 */
#ifndef BENCH_CMDLINE_PART_H
#define BENCH_CMDLINE_PART_H

#include "cmdline.h"

/**
 * cmdline_wrong(name, value, allowed):
 * Write one line about an option, on standard error, and return -1.
 * Thread: main.
 */
int cmdline_wrong(const char *name, const char *value, const char *allowed);

/**
 * cmdline_rates(text, options):
 * Read rates, "1000,2000" or "10%,50%". Return 0, or -1 if the text is
 * something else. Thread: main.
 */
int cmdline_rates(const char *text, struct cmdline *options);

/**
 * cmdline_settle(options):
 * Turn names into what they name, fill in what depends on other options, and
 * refuse what does not go together. Return 0, or -1 with one line on standard
 * error. Thread: main.
 */
int cmdline_settle(struct cmdline *options);

#endif /* BENCH_CMDLINE_PART_H */
