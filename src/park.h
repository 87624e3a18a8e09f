/**
 * park.h - where a worker sleeps: a binary semaphore that is portable.
 *
 * A signal given while nobody waits is kept, so the order of signal and wait
 * does not matter. Several signals count as one.
 */
#ifndef PARK_H
#define PARK_H

#include <pthread.h>
#include <stdbool.h>

/** One sleeper's place. */
struct park {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool signalled; /* under the lock */
};

/**
 * park_open(park):
 * Make a place without a signal. Return 0 or an errno value; on success it
 * goes back with park_close(). Thread: any.
 */
int park_open(struct park *park);

/**
 * park_close(park):
 * Free what park_open() made. Thread: any, when no other uses it.
 */
void park_close(struct park *park);

/**
 * park_signal(park):
 * Wake the sleeper, now or at its next park_wait(). Thread: any.
 */
void park_signal(struct park *park);

/**
 * park_wait(park):
 * Sleep until there is a signal, and take it back. Thread: the sleeper.
 */
void park_wait(struct park *park);

#endif /* PARK_H */
