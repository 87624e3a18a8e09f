/**
 * report.h - results as people and programs read them.
 *
 * Every writer takes results after results_close(), complete, partial, void
 * or empty, and a stream that it leaves open. It returns 0, or -1 with errno
 * set if the stream failed. Text of the user is escaped for its format.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "results.h"

/**
 * report_json(results, out):
 * Write the JSON record, of the schema in RESULTS_SCHEMA: everything needed
 * to run it again, every trial, voided ones too. Infinite values are the
 * string "inf", readings not taken are null.
 * Thread: any, while nobody changes the results.
 */
int report_json(const struct results *results, FILE *out);

/**
 * report_markdown(results, out):
 * Write the tables and findings as Markdown.
 * Thread: any, while nobody changes the results.
 */
int report_markdown(const struct results *results, FILE *out);

/**
 * report_html(results, out):
 * Write one self-contained HTML file with inline SVG charts.
 * Thread: any, while nobody changes the results.
 */
int report_html(const struct results *results, FILE *out);

/**
 * report_hgrm(hist, out):
 * Write a histogram in the percentile format of HdrHistogram, in
 * microseconds, as its plotter reads it.
 * Thread: any, while nobody changes the results.
 */
int report_hgrm(const struct hist *hist, FILE *out);

/**
 * report_terminal(results, width, colour, out):
 * Write the table for a terminal `width` columns wide (0: unlimited), with
 * ANSI emphasis if `colour` is not 0. Line by line, ASCII only.
 * Thread: any, while nobody changes the results.
 */
int report_terminal(const struct results *results, unsigned width,
    int colour, FILE *out);

#endif /* BENCH_REPORT_H */
