/**
 * tail_run.h - throng-bench tail: percentiles against the ideal queue.
 */
#ifndef BENCH_TAIL_RUN_H
#define BENCH_TAIL_RUN_H

#include <stdio.h>

#include "cmdline.h"
#include "plan.h"
#include "results.h"
#include "stats.h"
#include "tail.h"

/** Laws of service that are tried when none is named. */
#define TAIL_LAWS 3

/** One target at one load under one law, over its blocks. */
struct tail_row {
	const char *target;
	struct plan_service service;
	double load;                /* 0..1 */
	unsigned blocks;            /* that ran to their end */
	unsigned valid;             /* of these, those that passed the gates */
	size_t requests;            /* of the blocks it rests on */
	double late_p99;            /* us, the median over these blocks */
	struct stats_interval ratio[TAIL_FIGURES];
	struct tail_pair value[TAIL_FIGURES]; /* medians, ns */
	char reason[160];           /* why the last void block is void, or "" */
};

/** The whole table. */
struct tail_table {
	const struct tail_row *rows;
	size_t count;
	int partial;                /* interrupted */
	const struct results *card; /* the machine and the targets; NULL: not
	                             * wanted, for tail_report() only */
};

/**
 * tail_run(options, argc, argv):
 * Run it and write its table, and the files asked for. Return the exit
 * status. Thread: main.
 */
int tail_run(struct cmdline *options, int argc, char **argv);

/**
 * tail_report(options, argc, argv, table, out):
 * Write the table, which is Markdown, with what it rests on. Return 0, or -1
 * if the stream failed; so does the next. Thread: any.
 */
int tail_report(const struct cmdline *options, int argc, char **argv,
    const struct tail_table *table, FILE *out);

/**
 * tail_json(options, argc, argv, table, out):
 * Write the same as JSON. Thread: any.
 */
int tail_json(const struct cmdline *options, int argc, char **argv,
    const struct tail_table *table, FILE *out);

#endif /* BENCH_TAIL_RUN_H */
