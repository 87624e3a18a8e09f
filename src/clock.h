/**
 * clock.h - the one clock for durations: monotonic, so that a change of the
 * wall clock moves no deadline.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_US 1000u
#define CLOCK_MS 1000000u
#define CLOCK_S 1000000000ull

/**
 * clock_now():
 * Return nanoseconds since some fixed moment. Thread: any.
 */
static inline uint64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((uint64_t)now.tv_sec * CLOCK_S + (uint64_t)now.tv_nsec);
}

/**
 * clock_ms():
 * Return the same in milliseconds that wrap round, for deadline.h.
 * Thread: any.
 */
static inline uint32_t
clock_ms(void)
{

	return ((uint32_t)(clock_now() / CLOCK_MS));
}

/**
 * clock_coarse():
 * The same to within a few milliseconds, for less. Thread: any.
 */
static inline uint64_t
clock_coarse(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return ((uint64_t)now.tv_sec * CLOCK_S + (uint64_t)now.tv_nsec);
#else
	return (clock_now());
#endif
}

#endif /* CLOCK_H */
