/**
 * record.h - what one generator writes down during one trial.
 *
 * The engine says what happened and when; every decision about what that
 * means for the figures is here, where it can be tested in virtual time:
 *
 *   response  reply minus the intended time; what a user would have felt.
 *             A request never answered is infinite.
 *   service   reply minus the actual send; what the naive view shows.
 *   lateness  actual send minus the intended time; the instrument's error.
 *
 * In a closed loop a request is intended when it is sent.
 * A struct record holds no pointer and lies in shared memory, one writer
 * each; the parent merges them after the trial. All zero is an empty one.
 */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stdint.h>

#include "hist.h"

/** Windows of the trial, by which steadiness is judged. */
#define RECORD_WINDOWS 256

/** The picture of the trial: steps of time by bins of the response. Below
 *  1.024 us is the first bin, then two to an octave up to 2.1 s, and the last
 *  is of what is longer or was never answered. */
#define RECORD_HEAT_STEPS 64
#define RECORD_HEAT_BINS 44

/** What can be wrong with a reply, or in the place of one. */
enum record_error {
	RECORD_UNANSWERED, /* no reply until the drain deadline */
	RECORD_LENGTH,     /* a reply of the wrong length */
	RECORD_CONTENT,    /* the right length, a wrong byte */
	RECORD_ORDER,      /* the reply of another request */
	RECORD_SURPLUS,    /* a reply that nobody asked for */
	RECORD_FRAMING,    /* bytes that are no frame */
	RECORD_REFUSED,    /* an `!error` reply of the service */
	RECORD_CLOSED,     /* the connection ended before the reply */
	RECORD_RESET,      /* the connection was reset before the reply */
	RECORD_CONNECT,    /* the connection could not be made */
	RECORD_UNSENT,     /* planned, but the client never sent it */
	RECORD_ERRORS
};

/** The counts of one window of the trial. */
struct record_window {
	uint64_t replies;
	uint64_t response_sum; /* ns, of replies by intended time */
};

/** Everything of one generator in one trial. */
struct record {
	struct hist response;
	struct hist service;
	struct hist lateness;
	struct hist ages;      /* of unanswered requests, at the end */
	uint64_t planned;      /* requests that should have been sent */
	uint64_t sent;         /* requests that were: no more than planned */
	uint64_t replies;      /* good ones */
	uint64_t in_time;      /* of which received before `end` */
	uint64_t bytes_out;
	uint64_t bytes_in;
	uint64_t errors[RECORD_ERRORS];
	uint64_t outstanding_sum; /* request-ns: the integral of N over time */
	uint64_t begin;        /* ns: when the measured time began */
	uint64_t end;          /* ns: when the last request was due */
	uint64_t window;       /* ns: the length of one window */
	struct record_window windows[RECORD_WINDOWS];
	uint32_t heat[RECORD_HEAT_STEPS][RECORD_HEAT_BINS];
};

/**
 * record_begin(record, begin, length):
 * Empty the record and note that the measured time starts at `begin` and is
 * `length` long, both in ns of the clock that stamps the requests.
 * Thread: the only writer of `record`.
 */
void record_begin(struct record *record, uint64_t begin, uint64_t length);

/**
 * record_sent(record, intended, sent, bytes):
 * A request due at `intended` was given to the kernel at `sent`.
 * Thread: the only writer of `record`.
 */
void record_sent(struct record *record, uint64_t intended, uint64_t sent,
    uint64_t bytes);

/**
 * record_unsendable(record, intended, now):
 * A request due at `intended` came to its turn at `now`, and there was no
 * connection left to send it on: it was planned and is lost, never sent.
 * Thread: the only writer of `record`.
 */
void record_unsendable(struct record *record, uint64_t intended,
    uint64_t now);

/**
 * record_reply(record, intended, sent, received, bytes):
 * A reply was read at `received` and found good. Thread: the only writer of
 * `record`.
 */
void record_reply(struct record *record, uint64_t intended, uint64_t sent,
    uint64_t received, uint64_t bytes);

/**
 * record_bad(record, intended, now, kind):
 * A request that was due at `intended` came to the end that `kind` says, at
 * `now`: it counts as an error and as infinite, never as a latency.
 * Thread: the only writer of `record`.
 */
void record_bad(struct record *record, uint64_t intended, uint64_t now,
    enum record_error kind);

/**
 * record_event(record, kind):
 * Count an error that belongs to no request (a surplus reply, a connection
 * that could not be made). Thread: the only writer of `record`.
 */
void record_event(struct record *record, enum record_error kind);

/**
 * record_merge(into, from):
 * Add the record of another generator of the same trial, or of another trial
 * of the same target. Windows are added by their number.
 * Thread: the only writer of `into`, while nobody writes `from`.
 */
void record_merge(struct record *into, const struct record *from);

/**
 * record_heat_low(bin):
 * Return the shortest response that falls into a bin of the picture, in ns.
 * Thread: any.
 */
uint64_t record_heat_low(unsigned bin);

/**
 * record_bad_total(record):
 * Return the sum of all errors. Thread: any.
 */
uint64_t record_bad_total(const struct record *record);

/**
 * record_error_name(kind):
 * Return the short name of a kind of error; a constant. Thread: any.
 */
const char *record_error_name(enum record_error kind);

#endif /* BENCH_RECORD_H */
