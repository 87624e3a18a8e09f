/**
 * budget.h - how much memory all connections together may hold: received
 * parts of requests, jobs and replies, and output that waits.
 *
 * Above BUDGET_TIGHT the largest holders that are owed something are neither
 * read from nor dispatched; above BUDGET_OVER the largest are closed; what is
 * between that and the limit is for what is under way: a read of each reactor,
 * sums not told yet, replies being made. A reply that would go above the
 * limit fails.
 */
#ifndef BUDGET_H
#define BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The limit, and what is held; constant but for `total`. */
struct budget {
	size_t limit; /* bytes */
	size_t tight;
	size_t over;
	size_t reply_free; /* replies are charged above this size */
	size_t chunk; /* by so much a reactor's share differs from the told */
	_Atomic size_t total;
	_Atomic size_t making; /* of it, taken by budget_take() */
};

/** Replies being made are charged above this size, or a 64th of a budget if
 *  that is less, but not below BYTES_KEEP. Bytes. */
#define BUDGET_REPLY_FREE (64u << 10)

/**
 * budget_machine(root, ram):
 * Return the bytes that this process may use: `ram`, or the memory limit of a
 * control group (version 1 or 2) that it is in, as told by the files under
 * `root`, "" for the machine's own. Thread: any.
 */
uint64_t budget_machine(const char *root, uint64_t ram);

/**
 * budget_ram():
 * Return the machine's memory in bytes. Thread: any.
 */
uint64_t budget_ram(void);

/**
 * budget_open(budget, asked, reactors):
 * Set a budget of `asked` bytes for so many reactors; 0: half of what
 * budget_machine() says. Thread: any.
 */
void budget_open(struct budget *budget, size_t asked, unsigned reactors);

/**
 * budget_total(budget):
 * Return what is held, as far as it was told. Thread: any.
 */
static inline size_t
budget_total(const struct budget *budget)
{

	/* Relaxed: a sum; no data is read through it. */
	return (atomic_load_explicit(&budget->total, memory_order_relaxed));
}

/**
 * budget_add(budget, n):
 * So much more is held; (size_t)-n for less. Thread: any.
 */
static inline void
budget_add(struct budget *budget, size_t n)
{

	/* Relaxed: as above. */
	atomic_fetch_add_explicit(&budget->total, n, memory_order_relaxed);
}

/**
 * budget_take(budget, n):
 * Take that many bytes for a reply that is being made, unless this would
 * exceed the limit; return whether it does not. They go back with
 * budget_give(). NULL takes all. Thread: any.
 */
bool budget_take(struct budget *budget, size_t n);

/**
 * budget_give(budget, n):
 * Give back what budget_take() has taken. Thread: any.
 */
void budget_give(struct budget *budget, size_t n);

/**
 * budget_making(budget):
 * Return how much is taken for replies that are being made: it counts, but
 * closing other connections does not make it less. Thread: any.
 */
static inline size_t
budget_making(const struct budget *budget)
{

	/* Relaxed: as above. */
	return (atomic_load_explicit(&budget->making, memory_order_relaxed));
}

#endif /* BUDGET_H */
