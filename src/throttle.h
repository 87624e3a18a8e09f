/**
 * throttle.h - so many of one kind a second, and how many more there were.
 *
 * A kind is an event of the log and, where it has one, its reason. Each has a
 * bucket of its own, in the form that needs one word (the generic cell rate
 * algorithm, "virtual scheduling", ITU-T I.371 annex A), so that any number of
 * threads may ask without a lock. The table is fixed: kinds that find no
 * place in it share the last.
 */
#ifndef THROTTLE_H
#define THROTTLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Kinds that have a bucket of their own. */
#define THROTTLE_KINDS 64

/** How many may pass at once and, as a rule, a second; those that a handler
 *  writes may be more. */
#define THROTTLE_RATE 10
#define THROTTLE_HANDLER_RATE 50

/** One kind. Its names are constants, whoever brings them. */
struct throttle_kind {
	_Atomic uint64_t key; /* of the names; 0: free */
	_Atomic(const char *) event;
	_Atomic(const char *) reason; /* NULL: it has none */
	_Atomic uint64_t due;         /* when the bucket is full again */
	_Atomic uint64_t held;        /* back and not yet told */
};

/** All of them. All zero at the start. */
struct throttle {
	struct throttle_kind kinds[THROTTLE_KINDS];
	_Atomic bool pending; /* some are held back and not yet told */
};

/** What is told of a kind. */
struct throttle_tale {
	const char *event;
	const char *reason; /* or NULL */
	uint64_t count;
};

/**
 * throttle_pass(throttle, event, reason, now):
 * Return whether one more of this kind may pass at `now` of clock_now(); if
 * not, it is counted. The names are kept, `reason` may be NULL.
 * Thread: any.
 */
bool throttle_pass(struct throttle *throttle, const char *event,
    const char *reason, uint64_t now);

/**
 * throttle_announce(throttle):
 * Return whether this is the first call since throttle_tell() has told all:
 * somebody must then be made to tell. Thread: any.
 */
bool throttle_announce(struct throttle *throttle);

/**
 * throttle_pending(throttle):
 * Return whether there is something to be told. Thread: any.
 */
bool throttle_pending(const struct throttle *throttle);

/**
 * throttle_tell(throttle, at, tale):
 * Find the next kind from `*at` on of which some were held back, set `*at`
 * behind it and fill in `tale`: they count as told. Return false if there is
 * none. Begin with 0. Thread: one at a time.
 */
bool throttle_tell(struct throttle *throttle, unsigned *at,
    struct throttle_tale *tale);

#endif /* THROTTLE_H */
