/**
 * doctor.h - what on this machine stops how many connections.
 */
#ifndef BENCH_DOCTOR_H
#define BENCH_DOCTOR_H

#include <stdio.h>

#include "cmdline.h"

/** How a limit binds. */
enum doctor_kind {
	DOCTOR_GENERATOR, /* each generator: there will be more of them */
	DOCTOR_SERVER,    /* each server process: there will be more */
	DOCTOR_SPREAD,    /* met by spreading over destinations */
	DOCTOR_HARD       /* the machine: only the advice helps */
};

/** One limit: how many connections it allows. */
struct doctor_limit {
	const char *name;
	const char *who;    /* what it binds: "generator", "pool", ... */
	double value;       /* as the system states it; NAN: not read */
	double allows;      /* connections; INFINITY: no bound */
	enum doctor_kind kind;
	const char *advice; /* what to change */
};

#define DOCTOR_LIMITS 16

/**
 * doctor_limits(limits):
 * Read this machine's limits; at most DOCTOR_LIMITS. Return how many.
 * Thread: main.
 */
unsigned doctor_limits(struct doctor_limit *limits);

/**
 * doctor_judge(limits, n, connections, out):
 * Write which of the limits bind at so many connections, with how many
 * generators and servers, as `run` would start them. Return whether a pool
 * holds them. Thread: any.
 */
int doctor_judge(const struct doctor_limit *limits, unsigned n,
    double connections, FILE *out);

/**
 * doctor(options, out):
 * Write, for each number of --connections, which limits bind and what to
 * change. Return the exit status: 1 if a number is impossible. Thread: main.
 */
int doctor(const struct cmdline *options, FILE *out);

#endif /* BENCH_DOCTOR_H */
