/**
 * reactor.h - one event loop and all that belongs to its thread.
 *
 * The struct is open to the files of the reactor's own stages (accept, conn,
 * read, dispatch, reply, write, drain) and to nobody else. What other
 * threads may do is reactor_push() and reactor_order().
 */
#ifndef REACTOR_H
#define REACTOR_H

#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "clock.h"
#include "counters.h"
#include "deadline.h"
#include "hold.h"
#include "job.h"
#include "mpsc.h"
#include "service.h"
#include "spares.h"
#include "wakeup.h"

struct acceptor;
struct conn;
struct dispatch;
struct inlined;
struct perclient;
struct pool;
struct watchdog;

/** How far the end has come. */
enum reactor_phase {
	REACTOR_SERVING,
	REACTOR_DRAINING, /* accepts and reads no more */
	REACTOR_KILLED    /* all connections are closed */
};

/** A list of connections; see conn.h. */
TAILQ_HEAD(conn_list, conn);

/**
 * Invariants:
 *
 * 1. Everything but `replies`, `wakeup`, `counters` and what others read is
 *    touched by the reactor's thread alone while that runs.
 * 2. `jobs_out` counts the jobs in the backlog and with workers; each comes
 *    back exactly once.
 * 3. `idle_jobs` holds the empty jobs; their number is bounded.
 */
struct reactor {
	struct mpsc replies; /* from workers, and orders */
	struct wakeup wakeup;
	struct service *service;
	struct pool *pool;
	struct perclient *perclient; /* thread mode: who takes connections */
	struct inlined *inlined;     /* inline mode: who runs the handler */
	struct event_base *base;
	struct event *wakeup_event;
	pthread_t thread;
	unsigned number;
	enum reactor_phase phase;
	bool stopped; /* the loop is to end */
	uint64_t now; /* clock_now() in this pass of the loop; 0: not asked */

	/* conn.c */
	struct conn **slots;
	uint32_t slots_made;
	uint32_t slots_room;
	uint32_t slots_free;        /* in `free_slots` */
	uint32_t slots_freed;       /* the largest generation of those */
	struct conn_list free_slots;
	struct conn_list silent;    /* no request yet, oldest first */
	_Atomic unsigned silent_count; /* reactor_count_silent() */
	unsigned open;
	unsigned refusing; /* connections admitted only to be refused */

	/* hold.c */
	struct hold hold;

	/* expire.c */
	struct deadlines deadlines; /* of connections */
	struct event *tick;         /* while there are any */
	uint32_t tick_due;          /* when it fires, as reactor_ms() */
	bool graced;                /* it was late: this time nobody is judged */

	/* dispatch.c */
	struct dispatch *dispatch;
	struct watchdog *watchdog;
	unsigned jobs_out;
	struct job *idle_jobs;
	unsigned idle_count;
	unsigned idle_max;

	/* read.c */
	struct bytes scratch; /* where reads go first */
	size_t gathered;      /* bytes of large requests since the last look */
	struct spares spares; /* large buffers for the next large frame */

	/* reply.c */
	struct mpsc_node *pending; /* taken, not yet worked on */

	/* accept.c */
	struct acceptor *acceptors;
	unsigned acceptor_count;
	bool accept_paused; /* a timer runs to begin again */
	unsigned room_asked; /* admit.c: whose turn it is to make room */

	/* the end */
	void (*drained)(void *); /* called once when nothing is left */
	void *drained_argument;
	struct job *orders[3]; /* preallocated messages: drain, kill, stop */

	struct counters counters;
};

/**
 * reactor_open(reactor, service, number):
 * Make a reactor that does not run yet, in place. Return THRONG_OK, or an
 * error with one line in the log and nothing left behind. Thread: any.
 */
throng_error reactor_open(struct reactor *reactor, struct service *service,
    unsigned number);

/**
 * reactor_close(reactor):
 * Free a reactor that does not run. Thread: any.
 */
void reactor_close(struct reactor *reactor);

/**
 * reactor_start(reactor):
 * Run the loop in a thread of its own. Return 0 or an errno value; then there
 * is no thread. Thread: any.
 */
int reactor_start(struct reactor *reactor);

/**
 * reactor_push(reactor, jobs):
 * Bring back a chain of jobs, at least one. Return true if the caller owes
 * the reactor a reactor_wake(), soon. Never waits. Thread: any.
 */
bool reactor_push(struct reactor *reactor, struct mpsc_chain *jobs);

/**
 * reactor_wake(reactor, counters):
 * Wake the reactor to look at what was pushed, and count that in `counters`,
 * the caller's own. Thread: any.
 */
void reactor_wake(struct reactor *reactor, struct counters *counters);

/**
 * reactor_order(reactor, order):
 * Send JOB_DRAIN, JOB_KILL or JOB_STOP, each at most once and in this
 * order. Thread: any, one at a time.
 */
void reactor_order(struct reactor *reactor, enum job_kind order);

/**
 * reactor_job(reactor):
 * Return an empty job, or NULL if memory is short. It goes back with
 * reactor_job_done(). Thread: the reactor's.
 */
struct job *reactor_job(struct reactor *reactor);

/**
 * reactor_job_done(reactor, job):
 * Take back a job. Thread: the reactor's.
 */
void reactor_job_done(struct reactor *reactor, struct job *job);

/**
 * reactor_count_silent(reactor, n):
 * There are `n` more connections, or fewer, that wait for their first request
 * or are on their way to that. Thread: the reactor's.
 */
void reactor_count_silent(struct reactor *reactor, int n);

/**
 * reactor_ms(reactor):
 * Return the time of this pass of the loop, in milliseconds that wrap round.
 * It costs next to nothing. Thread: the reactor's.
 */
static inline uint32_t
reactor_ms(struct reactor *reactor)
{

	if (reactor->now == 0)
		reactor->now = clock_now();
	return ((uint32_t)(reactor->now / CLOCK_MS));
}

/**
 * reactor_poke(reactor):
 * See whether the end has been reached; call it when a connection has closed
 * or a job has come back. Thread: the reactor's.
 */
void reactor_poke(struct reactor *reactor);

#endif /* REACTOR_H */
