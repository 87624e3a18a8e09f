/**
 * gen_part.h - between gen.c, the parent, and gen_run.c, a generator.
 */
#ifndef BENCH_GEN_PART_H
#define BENCH_GEN_PART_H

#include "gen.h"

/** Orders, parent to generator. */
#define GEN_WARM 'w'    /* drive a closed loop */
#define GEN_HOLD 'h'    /* send nothing more, say GEN_DONE when all is back */
#define GEN_MEASURE 'm' /* see `begin`, `length`, `drain` */

/** Answers, generator to parent. */
#define GEN_READY 'r' /* connected, or not: see `error` */
#define GEN_DONE 'd'  /* the order is carried out */

/** One generator's part of the shared memory: written by it alone, but for
 *  the times of the measurement. */
struct gen_part {
	struct record record;
	uint64_t begin;  /* by the parent: ns, monotonic */
	uint64_t length; /* by the parent */
	uint64_t drain;  /* by the parent */
	uint64_t connect_begin;
	uint64_t connect_end;
	uint64_t cpu;    /* ns, from the begin to the end of the drain */
	uint64_t busy;   /* ns of CPU, from the begin to the end */
	uint64_t wall;   /* ns, from the begin to the end */
	uint64_t gap;
	int64_t slack;   /* request-ns */
	uint64_t traced;
	char error[200]; /* one line, or "" */
};

/** What a generator is given. */
struct gen_job {
	const struct gen_config *config;
	const struct address *address; /* its shard of the target */
	struct gen_part *part;
	uint32_t *completions; /* of its active connections */
	struct engine_trace *trace; /* `config->trace` of them */
	uint32_t connections;
	uint32_t active;
	uint32_t first; /* number of its first active connection */
	int control;    /* its end of a socket pair */
};

/**
 * gen_run(job):
 * Be a generator until the parent closes the socket pair. Return the exit
 * status. Thread: the only one of a new process.
 */
int gen_run(const struct gen_job *job);

/**
 * gen_disturb(job):
 * Be the process of the clients that do not behave, until the parent closes
 * the socket pair. Return the exit status. Thread: the only one of a new
 * process.
 */
int gen_disturb(const struct gen_job *job);

#endif /* BENCH_GEN_PART_H */
