/**
 * counters.h - what has happened, counted without locks.
 *
 * Every thread that counts often has counters of its own; whoever reads adds
 * them up. The fields are those of throng_stats, one to one.
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

#include "throng.h"

/** X(field) for every counter; `open` is derived from them. */
#define COUNTERS(X) \
	X(connections) \
	X(closed) \
	X(requests) \
	X(replies) \
	X(refused) \
	X(oversize) \
	X(invalid) \
	X(failed) \
	X(dropped_gone) \
	X(dropped_partial) \
	X(dropped_closing) \
	X(dropped_stopping) \
	X(accept_paused) \
	X(wakeups) \
	X(batches) \
	X(working) \
	X(log_lost) \
	X(busy) \
	X(timed_out) \
	X(stuck)

/** One thread's counters, or ones shared by many; on cache lines of their
 *  own, so that threads do not slow each other. All zero at the start. */
struct counters {
	alignas(64)
#define COUNTERS_FIELD(name) _Atomic uint64_t name;
	COUNTERS(COUNTERS_FIELD)
#undef COUNTERS_FIELD
};

/**
 * counter_add(counter, n):
 * Add to a counter that many threads add to. Thread: any.
 */
static inline void
counter_add(_Atomic uint64_t *counter, uint64_t n)
{

	/* Relaxed: a count orders nothing; only its own sum matters. */
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/**
 * counter_add_own(counter, n):
 * Add to a counter that only the calling thread adds to: a plain load and
 * store, atomic only so that others may read it. Thread: the counter's.
 */
static inline void
counter_add_own(_Atomic uint64_t *counter, uint64_t n)
{

	/* Relaxed: as above; one writer, so nothing can come between. */
	atomic_store_explicit(counter,
	    atomic_load_explicit(counter, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/**
 * counters_sum(counters, stats):
 * Add the counters to `stats`; `open` becomes accepted less closed.
 * Thread: any.
 */
void counters_sum(const struct counters *counters, throng_stats *stats);

#endif /* COUNTERS_H */
