/**
 * rig.h - a reactor on the bench: no threads, one turn of its loop at a time,
 * and instead of the pool a list of what was handed over, which is worked on
 * when the test says so. Link with $(RIG_WRAPS).
 *
 * Thread for all functions: the test's own, since they assert.
 */
#ifndef RIG_H
#define RIG_H

#include "budget.h"
#include "conn.h"
#include "process.h"
#include "reactor.h"
#include "unit.h"

#define RIG_HELD_MAX 1024

/** A bench. Change `service` between rig_new() and rig_start(). */
struct rig {
	struct service service;
	struct budget budget; /* of the service; more than is needed */
	struct reactor reactor;
	struct counters workers;
	struct processor processor;
	struct job *held[RIG_HELD_MAX]; /* with the workers, oldest first */
	unsigned held_count;
	unsigned number; /* of the reactor */
	unsigned pushes;   /* chains that were handed over */
	uint64_t spent_ns; /* what every job is said to have taken */
	unsigned drained;  /* times that the end was reported */
	bool made_up;      /* jobs came from elsewhere: sums do not match */
	uint64_t late;     /* bit w: worker w is at its oldest job for long */
	uint64_t busy;     /* bit w: worker w is at other reactors' jobs */
	bool all_stuck;    /* all of them are, for very long */
};

/**
 * rig_new(handler):
 * Return a bench for a handler that does not run yet; never NULL.
 * Thread: the test's own.
 */
struct rig *rig_new(const throng_handler *handler);

/**
 * rig_start(rig):
 * Open its reactor.
 * Thread: the test's own.
 */
void rig_start(struct rig *rig);

/**
 * rig_free(rig):
 * Close every connection, let what is out come back, and free the bench.
 * Asserts that nothing is left.
 * Thread: the test's own.
 */
void rig_free(struct rig *rig);

/**
 * rig_client(rig):
 * Let a client in, as accept does, and return its non-blocking end.
 * Thread: the test's own.
 */
int rig_client(struct rig *rig);

/**
 * rig_conn(rig, slot):
 * Return the connection in a slot, which is in use.
 * Thread: the test's own.
 */
struct conn *rig_conn(struct rig *rig, uint32_t slot);

/**
 * rig_turn(rig):
 * Turn the event loop once, without waiting.
 * Thread: the test's own.
 */
void rig_turn(struct rig *rig);

/**
 * rig_work(rig, count):
 * Work on up to `count` jobs and bring them back as one chain, which the
 * next turn will see. Return how many.
 * Thread: the test's own.
 */
unsigned rig_work(struct rig *rig, unsigned count);

/**
 * rig_teach(rig, fd, nanoseconds):
 * Let dispatch measure, over many round trips of a client, that a job takes
 * this long.
 */
void rig_teach(struct rig *rig, int fd, uint64_t nanoseconds);

/**
 * rig_settle(rig):
 * Turn and work until there is nothing to do.
 * Thread: the test's own.
 */
void rig_settle(struct rig *rig);

/**
 * rig_say(fd, text):
 * Send the whole text as a client.
 * Thread: the test's own.
 */
void rig_say(int fd, const char *text);

/**
 * rig_hear(rig, fd, text):
 * Turn and work until as many bytes have come, and check that they are the
 * text.
 * Thread: the test's own.
 */
void rig_hear(struct rig *rig, int fd, const char *text);

/**
 * rig_hear_x(rig, fd, count):
 * The same for `count` bytes 'x' and a newline.
 * Thread: the test's own.
 */
void rig_hear_x(struct rig *rig, int fd, size_t count);

/**
 * rig_silent(fd):
 * Return whether nothing has come and the connection is open.
 * Thread: the test's own.
 */
bool rig_silent(int fd);

/**
 * rig_end(rig, fd):
 * Turn and work until the connection ends, and close the client's end.
 * Thread: the test's own.
 */
void rig_end(struct rig *rig, int fd);

/**
 * rig_stats(rig):
 * Return all counters.
 * Thread: the test's own.
 */
throng_stats rig_stats(const struct rig *rig);

#endif /* RIG_H */
