/**
 * results.h - a whole comparison, run or sweep, as plain data.
 *
 * The engine fills in what it did and what it read, in any state of
 * completeness; results_close() computes everything that is derived: gates,
 * pooled records, ratios, verdicts, headline. The report writers only read.
 *
 *   point   one load: a rate, a number of connections, a depth
 *   block   one round through all targets at one point, in random order
 *   trial   one target in one block: server start, warm-up, measurement
 *   cell    one target at one point, over all valid blocks
 *
 * A reading that was not taken is NAN. Text is cut to its array, always
 * ends with NUL, and may hold any byte a user can type: writers escape it.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <stddef.h>
#include <stdint.h>

#include "gates.h"
#include "metric.h"
#include "plan.h"
#include "record.h"
#include "stats.h"

/** The version of the JSON schema; a change of meaning raises it. */
#define RESULTS_SCHEMA 3

#define RESULTS_NAME 48
#define RESULTS_TEXT 256
#define RESULTS_LONG 1024

/** No target: the place of `baseline`, `same_as` without one. */
#define RESULTS_NONE UINT32_MAX

/** One line of the machine card, the micro-costs, the versions, sysctls. */
struct results_fact {
	char group[RESULTS_NAME]; /* "machine", "costs", "limits", "sysctl" */
	char name[RESULTS_NAME];
	char value[RESULTS_TEXT]; /* with its unit */
};

/** Something to tell: a target skipped, "refused at N because of X". */
struct results_note {
	char text[RESULTS_TEXT];
};

/** One thing that is compared. */
struct results_target {
	char name[RESULTS_NAME];
	char command[RESULTS_LONG]; /* as the user gave it */
	char version[RESULTS_TEXT]; /* what it says of itself, or "" */
	uint32_t same_as;           /* A/A control of that target, or NONE */
	char skipped[RESULTS_TEXT]; /* why it was not measured, or "" */
};

/** One load. */
struct results_point {
	double rate;          /* requests per second; NAN: closed loop */
	uint32_t connections; /* active ones */
	uint32_t idle;        /* more connections, that send nothing */
	uint32_t depth;       /* requests outstanding per connection (closed) */
	uint64_t plan_hash;   /* of its first block; 0: closed loop */
	double load;          /* offered share of capacity, 0..1, or NAN */
	int disturbed;        /* beside clients that do not behave */
};

/** One trial: what was read. */
struct results_trial {
	uint32_t target;   /* index */
	uint32_t position; /* in the order of its block, from 0 */
	uint64_t seed;     /* of its plan */
	uint64_t start;    /* ns since the start of the run */
	uint64_t length;   /* ns measured */
	uint32_t generators; /* processes; 0: not known */
	uint32_t servers;    /* shards that the target was */
	char failed[RESULTS_TEXT]; /* why it did not run to its end, or "" */
	struct gates_readings readings;
	double value[METRICS];
	struct stats_fairness fairness; /* jain 0: not read */
	double spread[STATS_SPREAD]; /* of completions; NAN: not read */
	double gap;        /* longest time a connection went unserved, ns */
	double connect;    /* ns from the first connect to the last */
	struct record *record; /* malloc'd, owned; NULL: nothing recorded */
	unsigned gates;        /* by results_close(): failed, as bits */
};

/** One block. */
struct results_block {
	uint32_t point;
	uint64_t start; /* ns since the start of the run */
	uint64_t end;
	struct results_trial *trials; /* in the order they ran; owned */
	size_t trial_count;
	int void_;      /* by results_close() */
	char reason[RESULTS_LONG]; /* by results_close() */
};

/** By results_close(): one target at one point, over its valid blocks. */
struct results_cell {
	struct record *pooled; /* owned; NULL: no valid block */
	size_t blocks;         /* that it rests on: valid ones, unless: */
	int voided;            /* none was valid; these are of void blocks */
	/* Median over the blocks; of one block, percentiles have the
	 * interval that its requests give, other metrics none. */
	struct stats_interval value[METRICS];
	struct gates_readings readings;       /* medians over the blocks */
	double spread[STATS_SPREAD];          /* medians, too */
	const char *limiter;   /* a constant; "" without a valid block */
	int overload;          /* less was answered than offered */
	char failed[RESULTS_TEXT]; /* why it never ran here, or "" */
};

/** By results_close(): target against baseline at one point. */
struct results_ratio {
	uint32_t point;
	uint32_t target;
	enum metric metric;
	struct stats_interval valid; /* over the valid blocks */
	struct stats_interval all;   /* over all blocks, voided ones too */
	enum stats_verdict verdict;  /* of `valid` */
	enum stats_verdict verdict_all;
	int control;                 /* this is the A/A control */
};

/** One reading of memory at one number of connections. */
struct results_memory {
	uint32_t target;
	uint32_t connections;
	uint32_t round;  /* the how manieth at that number, from 0 */
	int active;      /* 0: idle connections, 1: after traffic */
	double user;     /* bytes, private to the server */
	double kernel;   /* bytes; NAN: not read */
	char refused[RESULTS_TEXT]; /* why N was not reached, or "" */
};

/** Bytes per connection, as a slope; NAN: too few readings. */
struct results_slope_part {
	struct stats_interval slope; /* the median over the rounds */
	double first; /* of the lower half of the range */
	double last;  /* of the upper half */
	int bends;    /* the halves differ beyond their noise */
};

/** By results_close(): memory per connection. */
struct results_slope {
	struct results_slope_part user;
	struct results_slope_part kernel;
};

/** What one trial of a search came to. */
enum results_outcome {
	RESULTS_PASSED,
	RESULTS_MISSED,    /* by the target */
	RESULTS_LIMITED,   /* by the client: it says nothing of the target */
	RESULTS_UNSURE,    /* void: a gate failed */
	RESULTS_BROKEN,    /* it did not run to its end */
	RESULTS_OUTCOMES
};

/** One trial of a search. */
struct results_attempt {
	double rate;     /* requests per second, offered */
	double measured; /* the percentile, us; NAN: not read */
	double cpu;      /* of the server, us per request; or NAN */
	uint64_t length; /* ns */
	enum results_outcome outcome;
	char why[RESULTS_TEXT]; /* it did not pass, or "" */
};

/** The answer of a search for the highest rate. */
struct results_search {
	uint32_t target;
	uint32_t point;   /* whose connections are meant; its rate is none */
	char objective[RESULTS_NAME]; /* "p99<5ms" */
	double rate;      /* requests per second; 0: not even the lowest */
	int confirmed;
	int above;        /* even the highest rate passed */
	int unjudged;     /* what ended it was not the target: `rate` is a
	                   * lower bound, and without one there is no answer */
	char stopped[RESULTS_TEXT]; /* what kept the next rate from passing */
	uint32_t trials;
	double measured;  /* the percentile at that rate, us; or NAN */
	struct results_attempt *attempts; /* in their order; owned */
	size_t attempt_count;
};

/** A curve that measurements are held against. */
struct results_theory {
	char name[RESULTS_NAME]; /* "M/M/2, one shared queue" */
	size_t count;
	double rate[32]; /* requests per second */
	double p50[32];  /* us */
	double p99[32];  /* us */
};

/** Everything. */
struct results {
	/* filled in by the engine */
	char tool[RESULTS_NAME];    /* "throng-bench 0.1.0" */
	char command[RESULTS_NAME]; /* "compare", "run", "sweep" */
	char started[RESULTS_NAME]; /* "2026-01-31T12:00:00Z" */
	double seconds;             /* how long it took */
	char **arguments;           /* argv; owned, with its strings */
	size_t argument_count;
	uint64_t seed;
	int partial;                /* interrupted: what is here is valid */
	struct plan_spec load;      /* what all points share */
	int partly_open;            /* visits of several requests */
	int churn;                  /* a connection for each request */
	char disturb[RESULTS_TEXT]; /* who does not behave, or "" */
	double probe;               /* requests per second; 0: none */
	char framing[RESULTS_NAME];
	char request[RESULTS_TEXT]; /* its text, for service "none" */
	uint32_t request_size;      /* payload bytes; 0: it varies */
	uint64_t warmup;            /* ns */
	uint64_t trial;             /* ns */
	uint64_t drain;             /* ns */
	double confidence;          /* 0.95 */
	struct gates_limits limits;
	uint32_t baseline;          /* the target that ratios are against */
	double client_floor_us;     /* client CPU per request, null target */
	double client_top_rate;     /* requests per second, null target */
	double floor_p50_us;        /* response of the null target */
	double floor_p99_us;
	struct results_fact *facts;
	size_t fact_count;
	struct results_note *notes;
	size_t note_count;
	struct results_target *targets;
	size_t target_count;
	struct results_point *points;
	size_t point_count;
	struct results_block *blocks;
	size_t block_count;
	struct results_memory *memory;
	size_t memory_count;
	struct results_search *searches;
	size_t search_count;
	struct results_theory *theories;
	size_t theory_count;

	/* filled in by results_close() */
	struct results_cell *cells; /* [point * target_count + target] */
	struct results_ratio *ratios;
	size_t ratio_count;
	struct results_slope *slopes; /* [target * 2 + active] */
	char headline[RESULTS_LONG];  /* one sentence, plain text */
	char basis[RESULTS_TEXT];     /* what its intervals rest on, or "" */
};

/**
 * results_new():
 * Return an empty set of results with every limit and reading at its default,
 * or NULL without memory. The caller frees it with results_free().
 * Thread: one at a time.
 */
struct results *results_new(void);

/**
 * results_free(results):
 * Free it with everything it owns. NULL is allowed. Thread: one at a time.
 */
void results_free(struct results *results);

/**
 * results_argument(results, text):
 * Append a copy of one word of the command line. Return 0, or -1 without
 * memory; so do all functions below that return int. Thread: one at a time.
 */
int results_argument(struct results *results, const char *text);

/**
 * results_fact(results, group, name, format, ...):
 * Append one line of the machine card. Thread: one at a time.
 */
int results_fact(struct results *results, const char *group,
    const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/**
 * results_note(results, format, ...):
 * Append something to tell. Thread: one at a time.
 */
int results_note(struct results *results, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * results_target(results, name, command):
 * Append a target and return it, or NULL without memory. What was returned
 * before moves: keep the index, not the pointer; this goes for all of these.
 * Thread: one at a time.
 */
struct results_target *results_target(struct results *results,
    const char *name, const char *command);

/**
 * results_point(results):
 * Append a load without a rate, with one connection and depth 1.
 * Thread: one at a time.
 */
struct results_point *results_point(struct results *results);

/**
 * results_block(results, point):
 * Append a block at that point, without trials. Thread: one at a time.
 */
struct results_block *results_block(struct results *results, uint32_t point);

/**
 * results_trial(block, target):
 * Append a trial to a block, nothing read yet, no record.
 * Thread: one at a time.
 */
struct results_trial *results_trial(struct results_block *block,
    uint32_t target);

/**
 * results_memory(results, target, connections):
 * Append a reading of memory. Thread: one at a time.
 */
struct results_memory *results_memory(struct results *results,
    uint32_t target, uint32_t connections);

/**
 * results_search(results, target, point, objective):
 * Append the answer of a search, which is none yet. Thread: one at a time.
 */
struct results_search *results_search(struct results *results,
    uint32_t target, uint32_t point, const char *objective);

/**
 * results_attempt(search):
 * Append a trial to a search, nothing read yet. Thread: one at a time.
 */
struct results_attempt *results_attempt(struct results_search *search);

/**
 * results_outcome(outcome):
 * Return what an outcome is called; a constant. Thread: any.
 */
const char *results_outcome(enum results_outcome outcome);

/**
 * results_answer(search, text, size):
 * Write the answer of a search in words: "14,200 requests/s", "at least
 * 9,000 requests/s (not confirmed)", "not even the lowest rate tried", "void:
 * foreign 90% (limit 5%)". Returns `text`. Thread: any.
 */
const char *results_answer(const struct results_search *search, char *text,
    size_t size);

/**
 * results_where(results, search, text, size):
 * Write " at 20 connections" where searches are of several loads, else "".
 * Returns `text`. Thread: any.
 */
const char *results_where(const struct results *results,
    const struct results_search *search, char *text, size_t size);

/**
 * results_memory_curve(results, target, active, kernel, most, x, y):
 * Store the numbers of connections at which memory was read, at most `most`
 * of them in order, and the median of the readings at each, in bytes.
 * Return how many. Thread: any.
 */
size_t results_memory_curve(const struct results *results, uint32_t target,
    int active, int kernel, size_t most, double *x, double *y);

/**
 * results_theory(results, name):
 * Append a curve without points. Thread: one at a time.
 */
struct results_theory *results_theory(struct results *results,
    const char *name);

/**
 * results_measure(trial, tolerance, expected):
 * Fill in every value and reading of a trial that follows from its record:
 * percentiles, throughput, adherence (requests sent within `tolerance` ns of
 * the plan), Little's residual (closed loop: `expected` requests outstanding,
 * else 0), drift, errors. CPU and system readings are the engine's. Does
 * nothing without a record. Thread: one at a time.
 */
void results_measure(struct results_trial *trial, uint64_t tolerance,
    double expected);

/**
 * results_probe(trial, probe):
 * Fill in what the record of the probe connections says; a wrong reply to
 * them is an error of the trial, too. After results_measure().
 * Thread: one at a time.
 */
void results_probe(struct results_trial *trial, const struct record *probe);

/**
 * results_close(results):
 * Compute everything that is derived, again if need be: it may be called
 * after every block, for the live view, and on partial data. A block is void,
 * whole, if any of its trials failed a gate or did not run, or if a target
 * is missing; a target that never ran at a point is reported there as failed
 * and does not void the others. A verdict on a cost that would favour the
 * target that left more requests without a good reply is void, too.
 * Thread: one at a time.
 */
int results_close(struct results *results);

/**
 * results_headline(results):
 * Write `headline` and `basis` anew from what is there; results_close()
 * calls it. Thread: one at a time.
 */
void results_headline(struct results *results);

/**
 * results_cell(results, point, target):
 * Return that cell, or NULL before results_close(). Thread: one at a time.
 */
const struct results_cell *results_cell(const struct results *results,
    uint32_t point, uint32_t target);

/**
 * results_failure(results, point, target):
 * Return why a target never ran at a point, without its name before it, or
 * NULL if it did or nothing was tried. The results'. Thread: one at a time.
 */
const char *results_failure(const struct results *results, uint32_t point,
    uint32_t target);

/**
 * results_find(results, point, target, metric):
 * Return that ratio, or NULL if there is none. Thread: one at a time.
 */
const struct results_ratio *results_find(const struct results *results,
    uint32_t point, uint32_t target, enum metric metric);

/**
 * results_order(results, metric, more, less):
 * Count the valid blocks in which, of the two trials of the same program (the
 * A/A control and its original), the later one had more or less of a metric:
 * the sign test of these says whether the order in a block matters. Both 0
 * without a control. Thread: any.
 */
void results_order(const struct results *results, enum metric metric,
    uint64_t *more, uint64_t *less);

/** What audits a row of figures, beside the figures. */
enum results_audit {
	RESULTS_LITTLE,    /* X R / N - 1 */
	RESULTS_DRIFT,     /* within a trial */
	RESULTS_ADHERENCE, /* requests sent in time */
	RESULTS_EVEN,      /* Jain's index that chance would give */
	RESULTS_GAP,       /* longest time a connection had no reply */
	RESULTS_PROCESSES, /* of generators and of servers */
	RESULTS_AUDITS
};

/**
 * results_audit(results, point, target, audit, text, size):
 * Write an audit of a cell, "" if it was not read, and return what it is
 * called; a constant. Thread: any.
 */
const char *results_audit(const struct results *results, uint32_t point,
    uint32_t target, enum results_audit audit, char *text, size_t size);

/**
 * results_unread(results, text, size):
 * Write the gates that passed since there was nothing to judge, such as
 * "steal in 30 of 30 trials, drops in 3 of 30"; "" if all that are on were
 * read. Returns `text`. Thread: any.
 */
const char *results_unread(const struct results *results, char *text,
    size_t size);

/**
 * results_late(results, text, size):
 * Write for which targets the p99 of the client's lateness is above the p50
 * of the response, such as "pool at 2 of 5 loads, limit at 5 of 5": what
 * their responses are above the median has the client's own delay in it.
 * "" if there is none. Returns `text`. Thread: any.
 */
const char *results_late(const struct results *results, char *text,
    size_t size);

/**
 * results_shown(ratio):
 * Return the interval that reports show: over the valid blocks, or over all
 * where none is valid (the verdict is void then). Thread: any.
 */
const struct stats_interval *results_shown(
    const struct results_ratio *ratio);

/**
 * results_withheld(results, ratio):
 * Return whether there are blocks enough for a verdict, and it is void since
 * the cheaper target left more requests without a good reply. Thread: any.
 */
int results_withheld(const struct results *results,
    const struct results_ratio *ratio);

/**
 * results_main(results):
 * Return the ratio that the comparison is about: that of the first target
 * which differs from the baseline, or of the first one if none does, at the
 * highest point, in the first of server CPU, throughput and p99 that was
 * read; or NULL. Thread: one at a time.
 */
const struct results_ratio *results_main(const struct results *results);

/**
 * results_control(results):
 * Return the target that is the A/A control, or RESULTS_NONE.
 * Thread: one at a time.
 */
uint32_t results_control(const struct results *results);

/**
 * results_ran(results, point):
 * Return whether there is a block at a point: a search has none of its own.
 * Thread: one at a time.
 */
int results_ran(const struct results *results, uint32_t point);

/**
 * results_voided(results):
 * Return how many blocks are void. Thread: one at a time.
 */
size_t results_voided(const struct results *results);

/**
 * results_model(results, point, text, size):
 * Write the load model of a point in words, for captions: "open loop,
 * Poisson 10,000/s, exponential 100 us, 1,000 connections". Returns `text`.
 * Thread: one at a time.
 */
const char *results_model(const struct results *results, uint32_t point,
    char *text, size_t size);

/**
 * results_models(results, points, count, text, size):
 * Write the load model of several points, at least one, that differ in their
 * rates or connections: "closed loop, depth 1, 1 to 10,000 connections".
 * Returns `text`. Thread: any.
 */
const char *results_models(const struct results *results,
    const uint32_t *points, size_t count, char *text, size_t size);

#endif /* BENCH_RESULTS_H */
