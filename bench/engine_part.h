/**
 * engine_part.h - between the files of the engine:
 *
 *   engine.c        its life and phases
 *   engine_send.c   requests out
 *   engine_churn.c  each on a connection of its own
 *   engine_match.c  replies in
 *   engine_books.c  what is written down, and every way that a request ends
 */
#ifndef BENCH_ENGINE_PART_H
#define BENCH_ENGINE_PART_H

#include "engine.h"
#include "engine_conn.h"
#include "rng.h"

/** What an engine is at. */
enum engine_phase { ENGINE_PROBE, ENGINE_WARM, ENGINE_MEASURE, ENGINE_HOLD };

/** An engine. `outstanding` is the sum over its connections. */
struct engine {
	struct engine_config config;
	struct engine_conn *conns;
	enum engine_phase phase;
	int measured;       /* what is outstanding belongs to the record */
	uint64_t begin;     /* of the measured time */
	uint64_t end;
	size_t planned;     /* items of the plan dealt with */
	uint64_t outstanding;
	uint64_t changed;   /* when that number changed last */
	unsigned staying;   /* visits that go on after this pass */
	int64_t slack;      /* see engine_slack() */
	uint64_t answered;
	uint64_t failures;
	enum record_error failure;
	struct record *idle; /* where what is not measured goes */
	struct rng rng;
	char *in;
	size_t in_size;
	char *out;
	size_t out_size;
	size_t out_length;
};

/**
 * engine_now(e):
 * Return the time, in ns. Thread: the generator's only one.
 */
static inline uint64_t
engine_now(const struct engine *e)
{

	return (e->config.io.now(e->config.io.context));
}

/**
 * engine_record(e):
 * Return where what happens now is written down.
 * Thread: the generator's only one.
 */
static inline struct record *
engine_record(struct engine *e)
{

	return (e->measured ? e->config.record : e->idle);
}

/**
 * engine_number(e, c):
 * Return the number of a connection within its generator.
 * Thread: the generator's only one.
 */
static inline uint32_t
engine_number(const struct engine *e, const struct engine_conn *c)
{

	return ((uint32_t)(c - e->conns));
}

/**
 * engine_add(engine, conn, intended, work):
 * Put a request, framed, into the output buffer and on its connection.
 * Return 0, or -1 without memory. Thread: the generator's only one.
 */
int engine_add(struct engine *engine, struct engine_conn *conn,
    uint64_t intended, uint32_t work);

/**
 * engine_send(engine, conn, count, now):
 * Send the output buffer, which holds the newest `count` requests of the
 * connection. Thread: the generator's only one.
 */
void engine_send(struct engine *engine, struct engine_conn *conn,
    unsigned count, uint64_t now);

/**
 * engine_refill(engine, conn, now, depth):
 * Fill the connection up to `depth` outstanding requests, with one send.
 * Thread: the generator's only one.
 */
void engine_refill(struct engine *engine, struct engine_conn *conn,
    uint64_t now, unsigned depth);

/**
 * engine_renew(engine, conn, now):
 * Churn: leave the connection and begin the next request, which will be sent
 * when there is a new one. Thread: the generator's only one.
 */
void engine_renew(struct engine *engine, struct engine_conn *conn,
    uint64_t now);

/**
 * engine_integrate(engine, now):
 * Take the outstanding requests into account up to `now`; to be called before
 * their number changes. Thread: the generator's only one.
 */
void engine_integrate(struct engine *engine, uint64_t now);

/**
 * engine_pop_good(engine, conn, now, bytes):
 * The oldest request of the connection has its reply of `bytes` bytes.
 * Thread: the generator's only one.
 */
void engine_pop_good(struct engine *engine, struct engine_conn *conn,
    uint64_t now, size_t bytes);

/**
 * engine_pop_bad(engine, conn, now, kind):
 * The oldest request of the connection ends badly.
 * Thread: the generator's only one.
 */
void engine_pop_bad(struct engine *engine, struct engine_conn *conn,
    uint64_t now, enum record_error kind);

/**
 * engine_note_failure(engine, kind):
 * Remember an error of the time before measuring.
 * Thread: the generator's only one.
 */
void engine_note_failure(struct engine *engine, enum record_error kind);

/**
 * engine_event(engine, kind):
 * Count an error that belongs to no request. Thread: the generator's only one.
 */
void engine_event(struct engine *engine, enum record_error kind);

/**
 * engine_lost(engine, conn, kind):
 * The connection is gone, and all that was asked on it.
 * Thread: the generator's only one.
 */
void engine_lost(struct engine *engine, struct engine_conn *conn,
    enum record_error kind);

/**
 * engine_note_gap(engine, conn, now):
 * The connection was served, or the measured time is over.
 * Thread: the generator's only one.
 */
void engine_note_gap(const struct engine *engine, struct engine_conn *conn,
    uint64_t now);

#endif /* BENCH_ENGINE_PART_H */
