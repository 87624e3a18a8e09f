/**
 * hold.h - what each connection holds of the memory budget, and who is closed
 * first when that is exceeded.
 *
 * A reactor counts for itself, in plain numbers: a connection's share is
 * looked at whenever anything has changed for it, and changes only by steps of
 * HOLD_STEP, so that small requests touch nothing; the reactor tells the
 * common sum only when its own has moved by a chunk. Those who hold something
 * are in a heap with the largest on top.
 *
 * Thread for all functions: the reactor's, unless said otherwise.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct job;
struct reactor;

/** Changes below this are not looked at, nor less held than this. Bytes. */
#define HOLD_STEP (4u << 10)

/**
 * Invariants:
 *
 * 1. `held` is the sum of what the connections are known to hold, and of the
 *    jobs that are out without a connection; `told` is what the budget's total
 *    has of it.
 * 2. The heap holds every connection that holds something, as heap[1] to
 *    heap[count], each larger than or equal to its children.
 */
struct hold {
	struct conn **heap;
	uint32_t count;
	uint32_t room;
	size_t held;
	size_t told;
	size_t leaving; /* part of `held`: jobs whose connection is closed */
	_Atomic size_t top; /* of the largest; other reactors read it */
};

/**
 * hold_room(reactor, connections):
 * Make room for that many. Return 0, or -1 if memory is short.
 * Thread: the reactor's.
 */
int hold_room(struct reactor *reactor, uint32_t connections);

/**
 * hold_free(reactor):
 * Free what hold_room() made, and hold nothing. Thread: any, after the reactor
 * has run.
 */
void hold_free(struct reactor *reactor);

/**
 * hold_look(conn):
 * Look at what a connection holds now. Thread: the reactor's.
 */
void hold_look(struct conn *conn);

/**
 * hold_end(conn):
 * A connection is being closed: it holds no more. What is with a worker is
 * held until hold_back(). Thread: the reactor's.
 */
void hold_end(struct conn *conn);

/**
 * hold_back(reactor, job):
 * A job has come back whose connection was closed. Thread: the reactor's.
 */
void hold_back(struct reactor *reactor, struct job *job);

/**
 * hold_settle(reactor):
 * If the budget is exceeded, close the largest holders, or have the reactor
 * do it that has larger ones. Any connection may be gone afterwards.
 * Thread: the reactor's.
 */
void hold_settle(struct reactor *reactor);

/**
 * hold_waits(conn):
 * Return whether a connection is one of the largest while memory is tight, so
 * that neither is it read from nor are more of its requests dispatched. Only
 * those that are owed something wait, for they are looked at again when they
 * have got it; to wait with a part of a request would be in vain.
 * Thread: the reactor's.
 */
bool hold_waits(const struct conn *conn);

#endif /* HOLD_H */
