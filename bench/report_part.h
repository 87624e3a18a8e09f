/**
 * report_part.h - what the parts of the reports share.
 */
#ifndef BENCH_REPORT_PART_H
#define BENCH_REPORT_PART_H

#include <stdio.h>

#include "json.h"
#include "results.h"
#include "svg.h"

/** The width of every drawing, in its own units. */
#define REPORT_WIDTH 920.0

/** Said of those that results_late() names. */
#define REPORT_LATE "The client was late: its lateness has a p99 above the " \
	"p50 of the response, so the response above its median is the " \
	"client's as much as the target's (service is not). It was so for"

/**
 * report_style():
 * Return the style sheet of the page; a constant. Thread: any.
 */
const char *report_style(void);

/**
 * report_point(results):
 * Return the point that the report shows first: that of the main ratio, or
 * the last one where something was measured. Thread: any.
 */
uint32_t report_point(const struct results *results);

/**
 * report_drawn(results, target):
 * Return whether a target has a line of its own in charts: not what was
 * skipped, nor the A/A control. Thread: any.
 */
int report_drawn(const struct results *results, uint32_t target);

/**
 * report_legend(results, out, x, y):
 * Draw the legend of all targets drawn. Thread: any.
 */
void report_legend(const struct results *results, FILE *out, double x,
    double y);

/**
 * report_caption(results, point, what, out):
 * End a figure with a caption: what it shows, and the load model of the
 * point. Thread: any.
 */
void report_caption(const struct results *results, uint32_t point,
    const char *what, FILE *out);

/**
 * report_facts(results, out):
 * Write what is known of the machine as rows of a table in Markdown, of three
 * columns. Thread: any.
 */
void report_facts(const struct results *results, FILE *out);

/**
 * report_targets(results, out):
 * Write a list in Markdown of the targets, with their commands, versions and,
 * if so, why they were left out. Thread: any.
 */
void report_targets(const struct results *results, FILE *out);

/**
 * report_curves(results, out):
 * Write the figures against load and connections, and of memory, as far as
 * there is something to show. Thread: any.
 */
void report_curves(const struct results *results, FILE *out);

/**
 * report_spectrum(results, out):
 * Write the figure of percentiles up to the last. Thread: any.
 */
void report_spectrum(const struct results *results, FILE *out);

/**
 * report_fair(results, out):
 * Write the figure of completions per connection. Thread: any.
 */
void report_fair(const struct results *results, FILE *out);

/**
 * report_heat(results, out):
 * Write the map of the response over time. Thread: any.
 */
void report_heat(const struct results *results, FILE *out);

/**
 * report_reading(i, offset):
 * Return the JSON key of the i-th reading of a trial and store where it lies
 * in struct gates_readings; NULL past the last. Thread: any.
 */
const char *report_reading(size_t i, size_t *offset);

/**
 * report_name(results, target):
 * Return the name of a target, "" past the last. Thread: any.
 */
const char *report_name(const struct results *results, uint32_t target);

/**
 * report_lateness(results, out):
 * Write the figure of the client's own lateness. Thread: any.
 */
void report_lateness(const struct results *results, FILE *out);

/**
 * report_forest(results, out):
 * Write the figure of all ratios with the noise of the control.
 * Thread: any.
 */
void report_forest(const struct results *results, FILE *out);

/**
 * report_timeline(results, out):
 * Write the figure of blocks in the order in which they ran. Thread: any.
 */
void report_timeline(const struct results *results, FILE *out);

/**
 * report_validity(results, out):
 * Write the section on what was checked and what was voided. Thread: any.
 */
void report_validity(const struct results *results, FILE *out);

/**
 * report_blocks(results, json):
 * Write all blocks with their trials as "blocks". Thread: any.
 */
void report_blocks(const struct results *results, struct json *json);

/**
 * report_derived(results, json):
 * Write the cells as "cells" and the ratios as "ratios". Thread: any.
 */
void report_derived(const struct results *results, struct json *json);

/**
 * report_searches(results, out):
 * Write the table of searches for the highest rate, if there were any.
 * Thread: any.
 */
void report_searches(const struct results *results, FILE *out);

/**
 * report_memory(results, out):
 * Write the figure of memory against connections. Thread: any.
 */
void report_memory(const struct results *results, FILE *out);

/**
 * report_machine(results, out):
 * Write the machine card, if there is one. Thread: any.
 */
void report_machine(const struct results *results, FILE *out);

/**
 * report_again(results, out):
 * Write the command line and the targets. Thread: any.
 */
void report_again(const struct results *results, FILE *out);

/**
 * report_series(results, out):
 * Write the figure over time, of a run with one block. Thread: any.
 */
void report_series(const struct results *results, FILE *out);

#endif /* BENCH_REPORT_PART_H */
