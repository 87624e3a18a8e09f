/**
 * session.h - a comparison, a run or a sweep, from the first block to the
 * last: which trial comes next, and what goes into the results.
 */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include <stdint.h>

#include "live.h"
#include "cmdline.h"
#include "results.h"
#include "rng.h"
#include "trial.h"

/** A target that was left out. */
struct session_skipped {
	char name[TARGET_NAME];
	char why[RESULTS_TEXT];
};

/** Everything of one invocation. Private but for `options`, `results`. */
struct session {
	struct cmdline *options;
	struct results *results;
	struct payload payloads[CMDLINE_TARGETS];
	char *texts; /* what the payloads point to */
	struct plan_spec spec; /* what payloads of PAYLOAD_WORK refer to */
	struct rng rng;
	struct live live;
	struct hiccup *hiccup;
	uint64_t begun; /* ns, monotonic */
	uint64_t blocks_begun;
	unsigned failed_trials;
	trial_edge edge; /* of the next trials, or NULL */
	void *edge_context;
	struct trial_trace *trace; /* of the next trials, or NULL */
	uint32_t target; /* of the trial that runs */
	unsigned char known[CMDLINE_TARGETS]; /* its version is complete */
	struct session_skipped skipped[CMDLINE_TARGETS];
	unsigned skipped_count;
};

/**
 * session_open(session, options, argc, argv):
 * Begin: catch SIGINT and SIGTERM, complete the targets, describe the
 * machine, enter a network namespace if that is wanted. Return 0, or an exit
 * status with one line on standard error. Ended with session_close() either
 * way. Thread: main.
 */
int session_open(struct session *session, struct cmdline *options, int argc,
    char **argv);

/**
 * session_points(session):
 * Add the points that the options ask for. Return 0, or -1 without memory.
 * Thread: main.
 */
int session_points(struct session *session);

/**
 * session_capacity(session, target, connections):
 * Measure the closed-loop throughput of a target, per second; 0 if it
 * failed, or answered nothing three times. The trials are no part of the
 * results. Thread: main.
 */
double session_capacity(struct session *session, uint32_t target,
    uint32_t connections);

/**
 * session_trial(session, point, target, seed, length, trial):
 * Run one trial of `length` ns into `trial`. Return 0, or -1 if it failed.
 * Thread: main.
 */
int session_trial(struct session *session, uint32_t point, uint32_t target,
    uint64_t seed, uint64_t length, struct results_trial *trial);

/**
 * session_block(session, point):
 * Run one block, all targets in a random order. Return 0, or -1 if it was
 * interrupted. Thread: main.
 */
int session_block(struct session *session, uint32_t point);

/**
 * session_run(session):
 * Run all blocks of all points. Return 0, or -1 if it was interrupted.
 * Thread: main.
 */
int session_run(struct session *session);

/**
 * session_catch():
 * Catch SIGINT and SIGTERM: the first asks for the end, which keeps what was
 * measured, the second ends at once. Thread: main.
 */
void session_catch(void);

/**
 * session_interrupted():
 * Return whether a signal asked for the end. Thread: main.
 */
int session_interrupted(void);

/**
 * session_report(session):
 * Close the results, write the files and the table. Return the exit status.
 * Thread: main.
 */
int session_report(struct session *session);

/**
 * session_close(session):
 * Free everything. Thread: main.
 */
void session_close(struct session *session);

#endif /* BENCH_SESSION_H */
