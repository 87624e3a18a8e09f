/**
 * calibrate.h - what the instrument itself costs, against the limit server.
 */
#ifndef BENCH_CALIBRATE_H
#define BENCH_CALIBRATE_H

#include "session.h"

/**
 * calibrate(session, length):
 * Measure the micro-costs of the machine and the generator against the
 * cheapest target there is, `length` ns a trial, and put them into the
 * results: CPU per request of the client, its top rate, and the response that
 * no target can fall below. Return 0, or -1 if it could not. Thread: main.
 */
int calibrate(struct session *session, uint64_t length);

/**
 * calibrate_print(results, out):
 * Write the machine card and the costs. Thread: main.
 */
void calibrate_print(const struct results *results, FILE *out);

#endif /* BENCH_CALIBRATE_H */
