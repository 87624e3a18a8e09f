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
 * clock_of(clock):
 * Return the nanoseconds of one of the system's clocks, such as
 * CLOCK_PROCESS_CPUTIME_ID. Thread: any.
 */
static inline uint64_t
clock_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return ((uint64_t)now.tv_sec * CLOCK_S + (uint64_t)now.tv_nsec);
}

/**
 * clock_now():
 * Return nanoseconds since some fixed moment. Thread: any.
 */
static inline uint64_t
clock_now(void)
{

	return (clock_of(CLOCK_MONOTONIC));
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
	return (clock_of(CLOCK_MONOTONIC_COARSE));
#else
	return (clock_now());
#endif
}

#endif /* CLOCK_H */
