/**
 * gen.h - generators: processes that hold connections and run an engine.
 *
 * The parent orders them about through pipes; they write what they measure
 * into shared memory, each into its own part, which the parent reads when
 * they have said that they are done. A generator holds as many connections
 * as its descriptor limit allows, so more connections mean more processes.
 */
#ifndef BENCH_GEN_H
#define BENCH_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "disturb.h"
#include "engine.h"
#include "frame.h"
#include "payload.h"
#include "plan.h"
#include "record.h"

/** Descriptors that a generator keeps for itself. */
#define GEN_SPARE 64

/** Connections of the probe, which has a process of its own. */
#define GEN_PROBES 4

/** What the generators are to do; the pointers must outlive them. */
struct gen_config {
	const struct address *addresses; /* of the shards of the target */
	unsigned shards;        /* at least 1; each generator has one of them */
	int spread;             /* take all of 127.0.0.0/8 as the address */
	uint32_t connections;   /* idle ones included */
	uint32_t active;
	uint32_t depth;
	uint32_t processes;     /* 0: as many as the limits ask for */
	uint32_t in_flight;     /* connects not yet served, at most */
	struct framer framer;
	unsigned line_tail;     /* 1: LF, 2: CR LF */
	struct payload *payload;
	const struct plan *plan; /* NULL: closed loop */
	double stay;            /* see struct engine_config */
	uint32_t trace;         /* answers to note one by one; 0: none */
	int churn;              /* see struct engine_config */
	const struct plan *probe; /* measured apart; NULL: none */
	struct disturb disturb; /* those who do not behave */
	uint64_t seed;
	uint64_t connect_ns;    /* give up connecting after that long */
	const char *congestion; /* control, or NULL: as the system has it */
	int cpu;                /* to be pinned to; -1: none */
};

/** What a measurement gave, all generators together. */
struct gen_result {
	struct record *record;      /* the caller's, filled in */
	struct record *probe;       /* the caller's, that of the probe */
	const uint32_t *completions; /* per active connection, the generators' */
	uint64_t gap;               /* longest without a reply, ns */
	int64_t slack;              /* closed loop: see engine_slack() */
	uint64_t cpu;               /* of all, with the drain, ns */
	double busiest;             /* share of a core of the busiest one,
	                             * within the measured time */
	uint64_t wall;              /* ns: the longest that these are of */
	double cores;               /* all of them, in cores, likewise */
};

/** A set of generators. */
struct gen;

/** Called about ten times a second while something runs; not 0 stops it. */
typedef int (*gen_tick)(void *context, const struct gen *gen);

/**
 * gen_needed(config):
 * Return how many generators such a load takes on this machine, as
 * gen_processes() of them will be. Thread: any.
 */
uint32_t gen_needed(const struct gen_config *config);

/**
 * gen_start(config, tick, context, why, size):
 * Start the generators, connect everything, and see one request served on
 * each connection. Return them, or NULL with one line of why not. The caller
 * ends them with gen_free(). `tick` may be NULL. Thread: main.
 */
struct gen *gen_start(const struct gen_config *config, gen_tick tick,
    void *context, char *why, size_t size);

/**
 * gen_connect_ns(gen):
 * Return how long connecting took, in ns, from the first connect to the last
 * first reply. Thread: main.
 */
uint64_t gen_connect_ns(const struct gen *gen);

/**
 * gen_processes(gen):
 * Return how many generators there are, without the probe and those who do
 * not behave. Thread: main.
 */
uint32_t gen_processes(const struct gen *gen);

/**
 * gen_warm(gen, nanoseconds, tick, context, why, size):
 * Drive the service as a closed loop for that long, then wait until nothing
 * is outstanding. Return 0, or -1 with one line of why not; so do the next.
 * Thread: main.
 */
int gen_warm(struct gen *gen, uint64_t nanoseconds, gen_tick tick,
    void *context, char *why, size_t size);

/**
 * gen_measure(gen, length, drain, tick, context, why, size):
 * Measure for `length` ns, and return when they are over; the generators go
 * on to wait, at most `drain` ns, for outstanding replies. Thread: main.
 */
int gen_measure(struct gen *gen, uint64_t length, uint64_t drain,
    gen_tick tick, void *context, char *why, size_t size);

/**
 * gen_drain(gen, tick, context, why, size):
 * Wait until all generators have done with gen_measure(). Thread: main.
 */
int gen_drain(struct gen *gen, gen_tick tick, void *context, char *why,
    size_t size);

/**
 * gen_peek(gen, replies, begin, response):
 * Store how many good replies there are so far and when measuring began (ns,
 * monotonic; 0: not yet), and merge what is known of the responses into
 * `response`. Not exact while the generators run. Thread: main.
 */
void gen_peek(const struct gen *gen, uint64_t *replies, uint64_t *begin,
    struct hist *response);

/**
 * gen_collect(gen, result):
 * Merge what was measured into `result->record` and fill in the rest.
 * Thread: main.
 */
void gen_collect(const struct gen *gen, struct gen_result *result);

/**
 * gen_trace(gen, i, count):
 * Return the answers that process `i` has noted, the gen's, and store how
 * many. Thread: main.
 */
const struct engine_trace *gen_trace(const struct gen *gen, uint32_t i,
    uint64_t *count);

/**
 * gen_free(gen):
 * Reset all connections, end the processes, free everything. NULL is
 * allowed. Thread: main.
 */
void gen_free(struct gen *gen);

#endif /* BENCH_GEN_H */
