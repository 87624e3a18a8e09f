/**
 * points.h - marked points: the atomic operations of what is included behind
 * this, before which a thread loses some time, by a seed. The operations are
 * the same.
 *
 * Include it before mpsc.h, and set `chance` in each thread that comes to a
 * point; one that has not passes it at once.
 */
#ifndef POINTS_H
#define POINTS_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

/** The calling thread's chance: any number but 0, at first. */
static _Thread_local uint64_t *chance;

/**
 * draw(state):
 * Return the next number: Marsaglia, Xorshift RNGs, 2003. Thread: the owner
 * of `state`.
 */
static inline uint64_t
draw(uint64_t *state)
{

	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state);
}

/**
 * point():
 * Mostly nothing, at times some work, seldom a long way. Thread: any.
 */
static inline void
point(void)
{
	volatile unsigned turns;
	uint64_t r;

	if (chance == NULL)
		return;
	r = draw(chance);
	if (r % 64 == 0)
		for (turns = (unsigned)(r >> 32) % 512; turns > 0; turns--)
			continue;
	if (r % 4096 == 1)
		sched_yield();
}

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_exchange_explicit
#ifdef __clang__
#define point_cas __c11_atomic_compare_exchange_weak
#define atomic_load_explicit(at, order) __c11_atomic_load(at, order)
#define atomic_store_explicit(at, value, order) \
	(point(), __c11_atomic_store(at, value, order))
#define atomic_exchange_explicit(at, value, order) \
	(point(), __c11_atomic_exchange(at, value, order))
#else
#define point_cas(at, old, new, good, bad) \
	__atomic_compare_exchange_n(at, old, new, 1, good, bad)
#define atomic_load_explicit(at, order) __atomic_load_n(at, order)
#define atomic_store_explicit(at, value, order) \
	(point(), __atomic_store_n(at, value, order))
#define atomic_exchange_explicit(at, value, order) \
	(point(), __atomic_exchange_n(at, value, order))
#endif
/* Between the look at the head and its exchange is where others come in. */
#define atomic_compare_exchange_weak_explicit(at, old, new, good, bad) \
	(point(), point_cas(at, old, new, good, bad))

#endif /* POINTS_H */
