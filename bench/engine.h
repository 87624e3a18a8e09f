/**
 * engine.h - sends requests and matches replies: the core of a generator.
 *
 * Pure: sockets and clock come in as functions, so that tests run it in
 * virtual time. It holds at most 64 bytes per connection; what more a busy
 * one needs (a deeper pipeline, a reply cut in two, an unsent rest) is
 * borrowed and stays with it.
 *
 * Closed loop: each active connection has `depth` requests outstanding and
 * sends the next when a reply is there. Open loop: the plan says when and on
 * which connection, whatever is still outstanding there. Partly open: the
 * plan says when a visit begins; after each reply it goes on with a
 * probability (B. Schroeder, A. Wierman, M. Harchol-Balter, NSDI 2006).
 *
 * Churn: a closed loop in which each request has a connection of its own. It
 * counts from the moment at which connecting begins.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "payload.h"
#include "plan.h"
#include "record.h"

/** What the functions of struct engine_io return for "not now". */
#define ENGINE_AGAIN (-1)
/** And for a connection that is broken: reset, or worse. */
#define ENGINE_BROKEN (-2)

/** Sockets and clock, as the engine sees them. Connections by number. */
struct engine_io {
	/** Send; returns how many bytes went, or one of the above. */
	long (*send)(void *context, uint32_t connection, const char *bytes,
	    size_t length);
	/** Receive; 0 is the end of the stream. */
	long (*receive)(void *context, uint32_t connection, char *bytes,
	    size_t size);
	/** Call engine_writable() when there is room. */
	void (*want_room)(void *context, uint32_t connection);
	/** The connection has ended; called once. */
	void (*ended)(void *context, uint32_t connection);
	/** Churn: end the connection and make a new one in its place, then
	 *  call engine_opened() or engine_refused(), perhaps at once. */
	void (*renew)(void *context, uint32_t connection);
	/** Nanoseconds of the monotonic clock. */
	uint64_t (*now)(void *context);
	void *context;
};

/** One answered request of the measured time; ns after its begin. */
struct engine_trace {
	uint64_t intended;
	uint64_t sent;
	uint64_t done;
	uint32_t connection; /* its number in the whole */
};

/** How an engine is to work; copied, but for what the pointers name. */
struct engine_config {
	struct engine_io io;
	struct framer framer;
	unsigned line_tail;       /* of a line: 1 LF, 2 CR LF */
	struct payload *payload;
	uint32_t connections;     /* of this generator */
	uint32_t active;          /* the first of them, which are used */
	uint32_t first;           /* number of connection 0 in the whole */
	uint32_t depth;           /* closed loop, at least 1 */
	uint64_t seed;            /* of the service times of a closed loop */
	const struct plan *plan;  /* NULL: closed loop */
	double stay;              /* with a plan: the probability that a reply
	                           * is followed by another request at once */
	int churn;                /* a connection for each request */
	struct record *record;    /* of the measured time */
	uint32_t *completions;    /* per connection, of the measured time */
	struct engine_trace *trace; /* room for the first so many answers */
	uint64_t trace_room;      /* 0: none */
	uint64_t *traced;         /* how many there are */
};

/** An engine. */
struct engine;

/**
 * engine_new(config):
 * Make an engine whose connections are all to be opened yet, or return NULL
 * without memory. The caller frees it with engine_free().
 * Thread: the generator's only one.
 */
struct engine *engine_new(const struct engine_config *config);

/**
 * engine_free(engine):
 * Free an engine; NULL is allowed. Thread: the generator's only one.
 */
void engine_free(struct engine *engine);

/**
 * engine_opened(engine, connection):
 * The connection is there: send one request on it, not measured, to see that
 * it is served; or, after `renew`, the request that it was made for.
 * Thread: the generator's only one.
 */
void engine_opened(struct engine *engine, uint32_t connection);

/**
 * engine_refused(engine, connection):
 * The connection could not be made; it counts as an error of the trial.
 * Thread: the generator's only one.
 */
void engine_refused(struct engine *engine, uint32_t connection);

/**
 * engine_warm(engine):
 * Drive the active connections as a closed loop, without measuring.
 * Thread: the generator's only one.
 */
void engine_warm(struct engine *engine);

/**
 * engine_measure(engine, begin, length):
 * Measure from the clock's `begin` for `length` ns, nothing being
 * outstanding. A closed loop starts at once; an open one when
 * engine_poll() is called at or after its intended times.
 * Thread: the generator's only one.
 */
void engine_measure(struct engine *engine, uint64_t begin, uint64_t length);

/**
 * engine_poll(engine):
 * Send all that is due, end what has to end, and return the time at which to
 * call again at the latest, UINT64_MAX without one.
 * Thread: the generator's only one.
 */
uint64_t engine_poll(struct engine *engine);

/**
 * engine_readable(engine, connection):
 * Something can be received: do it, match the replies, send what follows.
 * Thread: the generator's only one.
 */
void engine_readable(struct engine *engine, uint32_t connection);

/**
 * engine_writable(engine, connection):
 * There is room again after want_room: send the rest.
 * Thread: the generator's only one.
 */
void engine_writable(struct engine *engine, uint32_t connection);

/**
 * engine_hold(engine):
 * Send nothing new; replies are still matched. Ends warm-up and measuring.
 * Thread: the generator's only one.
 */
void engine_hold(struct engine *engine);

/**
 * engine_outstanding(engine):
 * Return how many requests have no reply yet.
 * Thread: the generator's only one.
 */
uint64_t engine_outstanding(const struct engine *engine);

/**
 * engine_answered(engine):
 * Return how many good replies came since the engine was made, measured or
 * not. Thread: the generator's only one.
 */
uint64_t engine_answered(const struct engine *engine);

/**
 * engine_failures(engine):
 * Return how many errors there were while nothing was measured.
 * Thread: the generator's only one.
 */
uint64_t engine_failures(const struct engine *engine);

/**
 * engine_failure(engine):
 * Return the kind of the first error while nothing was measured, or
 * RECORD_ERRORS without one. Thread: the generator's only one.
 */
enum record_error engine_failure(const struct engine *engine);

/**
 * engine_finish(engine):
 * The drain is over: what is outstanding goes down as unanswered, with the
 * age it has reached; what was planned and not sent, as unsent.
 * Thread: the generator's only one.
 */
void engine_finish(struct engine *engine);

/**
 * engine_longest_gap(engine):
 * Return the longest time, in ns, that an active connection went without a
 * good reply while it was measured, counted from the begin and to the end; no
 * more than the measured time is long.
 * Thread: the generator's only one.
 */
uint64_t engine_longest_gap(const struct engine *engine);

/**
 * engine_slack(engine):
 * Return by how much the outstanding requests of a closed loop, summed over
 * time, differ from depth x connections x length, in request-ns: less for
 * those that the begin found unsent, more for those that the end found
 * unanswered. Little's law is audited with it.
 * Thread: the generator's only one.
 */
int64_t engine_slack(const struct engine *engine);

/**
 * engine_bytes_per_connection():
 * Return how many bytes an idle connection holds.
 * Thread: the generator's only one.
 */
size_t engine_bytes_per_connection(void);

#endif /* BENCH_ENGINE_H */
