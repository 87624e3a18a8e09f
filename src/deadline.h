/**
 * deadline.h - very many deadlines, none of which costs anything while it is
 * far away.
 *
 * Whoever waits for something has one entry, however many deadlines hold for
 * it, and is looked at no later than the earliest of them. What is found then
 * decides: it has expired, or it is entered anew. So nothing need be done
 * when a deadline moves into the future, which is what activity does to it:
 * storing the time of the activity is enough.
 *
 * Entries are in lists, each for one constant length of time, twice that of
 * the list before it: appending keeps a list in order, whatever the number of
 * entries. A deadline that is far away comes nearer from list to list, as in
 * the hierarchical wheels of Varghese and Lauck, "Hashed and hierarchical
 * timing wheels", SOSP 1987 (scheme 7), but without slots to step through.
 *
 * Pure: the time comes from the caller, in milliseconds of any origin that
 * may wrap round; no two times compared may be further apart than 24 days.
 *
 * Thread for all functions: the owner of the lists.
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/** The length of the first list, and how exact all of this is. */
#define DEADLINE_MIN_MS 8u

/** Lists; the last is for 2^27 ms (37 h) and more. */
#define DEADLINE_LISTS 25

/** An entry. All zero: in no list. */
struct deadline {
	TAILQ_ENTRY(deadline) link;
	uint32_t due; /* when it is looked at next */
	uint8_t list; /* from 1 on; 0: in none */
};

TAILQ_HEAD(deadline_list, deadline);

/**
 * Invariants:
 *
 * 1. An entry of list i was put there DEADLINE_MIN_MS << i before it is due,
 *    so each list is in order as long as time does not go back.
 * 2. An entry is in one list, or in none.
 */
struct deadlines {
	struct deadline_list lists[DEADLINE_LISTS];
};

/**
 * deadlines_init(deadlines):
 * Make empty lists, in place. Thread: any.
 */
void deadlines_init(struct deadlines *deadlines);

/**
 * deadline_before(a, b):
 * Return whether the time `a` is before `b`. Thread: any.
 */
static inline bool
deadline_before(uint32_t a, uint32_t b)
{

	return ((int32_t)(a - b) < 0);
}

/**
 * deadline_by(deadlines, entry, now, when):
 * See to it that the entry is looked at no later than `when`, or than
 * DEADLINE_MIN_MS from now if that is later. Nothing happens if it will be.
 * Thread: the owner's.
 */
void deadline_by(struct deadlines *deadlines, struct deadline *entry,
    uint32_t now, uint32_t when);

/**
 * deadline_drop(deadlines, entry):
 * Take the entry out of its list, if it is in one. Thread: the owner's.
 */
void deadline_drop(struct deadlines *deadlines, struct deadline *entry);

/**
 * deadlines_due(deadlines, now):
 * Take out and return an entry that is due, or return NULL if there is none.
 * Thread: the owner's.
 */
struct deadline *deadlines_due(struct deadlines *deadlines, uint32_t now);

/**
 * deadlines_next(deadlines, when):
 * Store in `*when` the earliest time at which any entry is due. Return false
 * if there is no entry. Thread: the owner's.
 */
bool deadlines_next(const struct deadlines *deadlines, uint32_t *when);

#endif /* DEADLINE_H */
