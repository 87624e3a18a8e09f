/**
 * doctor.h - what on this machine stops how many connections.
 */
#ifndef BENCH_DOCTOR_H
#define BENCH_DOCTOR_H

#include <stdio.h>

#include "cmdline.h"

/** One limit: how many connections it allows. */
struct doctor_limit {
	const char *name;
	const char *who;    /* what it binds: "generator", "pool", ... */
	double value;       /* as the system states it; NAN: not read */
	double allows;      /* connections; INFINITY: no bound */
	int hard;           /* it cannot be met with more processes */
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
 * doctor(options, out):
 * Write, for each number of --connections, which limits bind and what to
 * change. Return the exit status: 1 if a number is impossible. Thread: main.
 */
int doctor(const struct cmdline *options, FILE *out);

#endif /* BENCH_DOCTOR_H */
