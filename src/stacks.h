/**
 * stacks.h - what the threads of clients stand on.
 *
 * The C library keeps up to 40 MiB of the stacks that threads have left, some
 * pages of each in memory: megabytes, for ever, once a crowd has been there.
 * Here a few are kept for those who come and go, and the others return to the
 * system at once.
 */
#ifndef STACKS_H
#define STACKS_H

#include <pthread.h>
#include <stddef.h>

/** How many are kept at most, and how much of each in memory. Bytes. */
#define STACKS_KEPT 64
#define STACKS_USED ((size_t)16 << 10)

/** Invariant, under the lock: `kept` holds `count` stacks that nobody uses,
 *  the one that was used last at the end. */
struct stacks {
	pthread_mutex_t lock;
	void *kept[STACKS_KEPT];
	unsigned count;
	size_t size;  /* of one, without its guard; constant */
	size_t guard; /* bytes below it that nobody may touch; constant */
};

/**
 * stacks_open(stacks, size):
 * Begin without any; each will have `size` bytes, or what a thread needs at
 * least. Return 0 or an errno value; on success it goes back with
 * stacks_close(). Thread: any.
 */
int stacks_open(struct stacks *stacks, size_t size);

/**
 * stacks_close(stacks):
 * Give back what is kept; all that were taken have been given.
 * Thread: the last that uses it.
 */
void stacks_close(struct stacks *stacks);

/**
 * stacks_take(stacks, attr):
 * Take a stack and enter it into the attributes of a thread to be made.
 * Return it, or NULL with errno set. It goes back with stacks_give(), once
 * that thread was joined or could not be made. Thread: any.
 */
void *stacks_take(struct stacks *stacks, pthread_attr_t *attr);

/**
 * stacks_give(stacks, stack):
 * Take it back: keep it or unmap it. Thread: any.
 */
void stacks_give(struct stacks *stacks, void *stack);

#endif /* STACKS_H */
