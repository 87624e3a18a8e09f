/**
 * output.h - where reports go.
 */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H

#include "cmdline.h"
#include "results.h"
#include "tail_run.h"

/**
 * output_check(options):
 * See, before anything is measured, that every file asked for can be
 * written. Return 0, or -1 with one line on standard error. Thread: main.
 */
int output_check(const struct cmdline *options);

/**
 * output_write(options, results):
 * Write the table to standard output and every file asked for. Return 0, or
 * -1 with one line on standard error; the other files are written all the
 * same. Thread: main.
 */
int output_write(const struct cmdline *options,
    const struct results *results);

/**
 * output_tail(options, argc, argv, table):
 * Write the table of `tail` and its files. Return 0, or -1 with one line on
 * standard error. Thread: main.
 */
int output_tail(const struct cmdline *options, int argc, char **argv,
    const struct tail_table *table);

#endif /* BENCH_OUTPUT_H */
