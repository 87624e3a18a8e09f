/**
 * running.h - what each thread that runs the handler is at, for those who
 * have to know without stopping it: the watchdog, and the signal handlers of
 * that very thread.
 */
#ifndef RUNNING_H
#define RUNNING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "job.h"

struct place;

/** Room for a thread's name, as the system has it. */
#define RUNNING_NAME_MAX 16

/**
 * One thread. Invariants:
 *
 * 1. `since` and `job` are stored by the thread alone; others may compare
 *    them, but only a signal handler of the thread looks into the job.
 * 2. What is below `asked` is constant, or under the registry's lock.
 */
struct running {
	_Atomic uint64_t since;          /* of its job, clock_now(); 0: idle */
	_Atomic(const struct job *) job; /* NULL: not in the handler */
	_Atomic(struct place *) asked;   /* place.h: where are you? */
	struct running *before;          /* what the thread was at before */
	const struct peer *peer;         /* of a client's thread; else NULL */
	uint64_t warned;                 /* the `since` last warned about */
	pthread_t thread;
	const throng_handler *handler;
	LIST_ENTRY(running) list;
	char name[RUNNING_NAME_MAX];
};

/** All of them that a watchdog looks at. */
struct registry {
	pthread_mutex_t lock;
	LIST_HEAD(, running) running;
};

/**
 * registry_open(registry):
 * Make an empty registry. Return 0 or an errno value. Thread: any.
 */
int registry_open(struct registry *registry);

/**
 * registry_close(registry):
 * Undo it; nobody may be in it. Thread: any.
 */
void registry_close(struct registry *registry);

/**
 * running_enter(running, registry, handler):
 * The calling thread will run the handler: enter it into the registry, under
 * the name that it has now. Thread: the one that will run it.
 */
void running_enter(struct running *running, struct registry *registry,
    const throng_handler *handler);

/**
 * running_leave(running, registry):
 * Undo running_enter(). Whoever has asked where it is gets no answer.
 * Thread: the same.
 */
void running_leave(struct running *running, struct registry *registry);

/**
 * running_peer(running, registry, peer):
 * Let it be known that the thread works for one client only. `peer` must last
 * until running_leave(). Thread: the same.
 */
void running_peer(struct running *running, struct registry *registry,
    const struct peer *peer);

/**
 * running_self():
 * Return what the calling thread has entered, or NULL. Thread: any, also in
 * a signal handler.
 */
struct running *running_self(void);

/**
 * running_job(running, job):
 * Note the job that the handler is called for; NULL: it has returned.
 * Thread: the running one.
 */
static inline void
running_job(struct running *running, const struct job *job)
{

	/* Relaxed: read by this thread, or compared and not followed. */
	atomic_store_explicit(&running->job, job, memory_order_relaxed);
}

/**
 * running_since(running, since):
 * Note when the thread began its job (clock_now()), or 0 in passing.
 * Thread: the running one.
 */
static inline void
running_since(struct running *running, uint64_t since)
{

	/* Relaxed: a hint, which orders nothing. */
	atomic_store_explicit(&running->since, since, memory_order_relaxed);
}

/**
 * running_none(running):
 * Note that the thread has no job and has done all it does behind the last.
 * Thread: the running one.
 */
static inline void
running_none(struct running *running)
{

	/* Release: whoever sees that it is idle sees what it did before, the
	 * wakeups that it owed among that. */
	atomic_store_explicit(&running->since, 0, memory_order_release);
}

/**
 * running_is_none(running):
 * Return whether it has none. Thread: any.
 */
static inline bool
running_is_none(const struct running *running)
{

	/* Acquire: pairs with running_none(). */
	return (atomic_load_explicit(&running->since,
	    memory_order_acquire) == 0);
}

/**
 * running_for(running, now):
 * Return for how many nanoseconds a thread has been at its job at the time
 * `now` (clock_now()); 0: it has none. Thread: any.
 */
static inline uint64_t
running_for(const struct running *running, uint64_t now)
{
	/* Relaxed: as above. */
	uint64_t since = atomic_load_explicit(&running->since,
	    memory_order_relaxed);

	return (since != 0 && now > since ? now - since : 0);
}

#endif /* RUNNING_H */
