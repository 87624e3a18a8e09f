/**
 * trial.h - one trial: start the target, connect, warm up, measure, stop.
 */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "gen.h"
#include "hiccup.h"
#include "results.h"
#include "target.h"

/** Called at the begin (1) and the end (0) of the measured time, with the
 *  sessions of the target: none, if it was not started by us. */
typedef void (*trial_edge)(void *context, struct account_sessions sessions,
    int begin);

/** Most servers that one target may be. */
#define TRIAL_SHARDS 64

/** Descriptors that a server needs beside its connections. */
#define TRIAL_SERVER_SPARE 200

/** Memory of a target, in bytes: its own and, since before the first
 *  connection, the kernel's. */
struct trial_memory {
	double idle_user;   /* every connection there, served once */
	double idle_kernel;
	double active_user; /* after the measured time */
	double active_kernel;
};

/** The answers of a trial, one by one; freed by who asked for them. */
struct trial_trace {
	struct engine_trace *items;
	size_t count;
};

/** What a trial does. */
struct trial_config {
	const struct target_spec *target;
	unsigned shards;        /* how many of it are started, at least 1 */
	struct gen_config load; /* the addresses are filled in */
	uint64_t warm;          /* ns */
	uint64_t length;        /* ns */
	uint64_t drain;         /* ns */
	uint64_t tolerance;     /* ns: a request sent later is not in time */
	struct hiccup *hiccup;  /* NULL: none */
	gen_tick tick;          /* NULL: none */
	void *context;
	struct trial_memory *memory; /* NULL: not wanted */
	struct trial_trace *trace; /* NULL: not wanted; see load.trace */
	trial_edge edge;        /* NULL: none */
	void *edge_context;
};

/**
 * trial_run(config, trial):
 * Run it and fill in everything that was read; what went wrong, in one line,
 * goes to `trial->failed`. The record, if any, belongs to `trial`. Return 0,
 * or -1 if it failed. Thread: main.
 */
int trial_run(const struct trial_config *config,
    struct results_trial *trial);

#endif /* BENCH_TRIAL_H */
