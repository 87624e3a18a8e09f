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
#include <stddef.h>
#include <stdint.h>

#include "throng.h"

/**
 * X(field) for every field of throng_stats but `open`, which is derived. A
 * new counter is a line here and one in throng_stats: sums, the summary and
 * SIGUSR1's line come from this list, and it does not compile while one of
 * the two is missing.
 */
#define COUNTERS(X) \
	X(connections) \
	X(closed) \
	X(received) \
	X(requests) \
	X(replies) \
	X(silent) \
	X(refused) \
	X(refused_source) \
	X(refused_rate) \
	X(reaped) \
	X(shed) \
	X(oversize) \
	X(invalid) \
	X(failed) \
	X(dropped_gone) \
	X(dropped_partial) \
	X(dropped_closing) \
	X(dropped_stopping) \
	X(accept_paused) \
	X(wakeups) \
	X(lost_wakeups) \
	X(batches) \
	X(working) \
	X(log_lost) \
	X(log_suppressed) \
	X(timeout_first) \
	X(timeout_frame) \
	X(timeout_idle) \
	X(timeout_half_close) \
	X(timeout_write) \
	X(output_hard) \
	X(output_soft) \
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

/**
 * counters_name(index):
 * Return the name of field `index` of throng_stats, in the order in which
 * they are printed, or NULL past the last one. Thread: any.
 */
const char *counters_name(size_t index);

/**
 * counters_value(stats, index):
 * Return the value of the field that counters_name() names. Thread: any.
 */
uint64_t counters_value(const throng_stats *stats, size_t index);

#endif /* COUNTERS_H */
