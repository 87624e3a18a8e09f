/**
 * until.h - points in time to wait until.
 *
 * A point is nanoseconds of the monotonic clock, so setting the wall clock
 * changes nothing.
 */
#ifndef CLIENT_UNTIL_H
#define CLIENT_UNTIL_H

#include <stdint.h>

/** The point that never comes. */
#define UNTIL_NEVER UINT64_MAX

/**
 * until_in(nanoseconds):
 * Return the point that is `nanoseconds` away. Thread: any.
 */
uint64_t until_in(uint64_t nanoseconds);

/**
 * until_ms(point):
 * Return the milliseconds left, rounded up, as poll(2) takes them: 0 for a
 * point that has passed, -1 for UNTIL_NEVER. Thread: any.
 */
int until_ms(uint64_t point);

#endif /* CLIENT_UNTIL_H */
