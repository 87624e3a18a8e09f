/**
 * trim.h - when memory is given back to the system.
 *
 * After a crowd has left, the C library keeps what it held: between blocks
 * that live on, and in the arenas of many threads. malloc_trim() gives that
 * back, but holds the lock of one arena after the other meanwhile, for some
 * milliseconds where there is much, and what is wanted again costs page
 * faults. So it is called seldom: when much is gone, when a peak is over, and
 * a second time for what was kept for a while. That is a decision about the
 * whole process, which throng_main() makes and the library does not.
 *
 * Pure: time is told, and nothing is freed here.
 *
 * Thread for all functions: the one that waits for signals.
 */
#ifndef TRIM_H
#define TRIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"

/** How often it is looked at, at most how often it is done, and when it is
 *  done again: spares and idle threads are gone by then. Nanoseconds. */
#define TRIM_LOOK (CLOCK_S / 2)
#define TRIM_APART (1 * CLOCK_S)
#define TRIM_AGAIN (3 * CLOCK_S)

/** Less than this is not worth it. Bytes. */
#define TRIM_MIN ((size_t)2 << 20)

/** What was held at most since the last time. All zero: a new one. */
struct trim {
	size_t peak;
	uint64_t last;  /* as clock_now(); 0: never */
	bool again;     /* the second time is still to come */
};

/**
 * trim_due(trim, holds, now):
 * So many bytes are held at the time `now`, clock_now(). Return whether to
 * trim: at least TRIM_MIN and half of the peak is gone, or the second time
 * has come. Thread: as above.
 */
bool trim_due(struct trim *trim, size_t holds, uint64_t now);

#endif /* TRIM_H */
