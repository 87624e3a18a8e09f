/**
 * pace.h - whether the request that a client has begun comes in fast enough.
 *
 * The deadline is absolute: it does not start anew with every byte, or one
 * byte now and then would hold a connection for ever. What has been received
 * lengthens it by as long as it takes at the least rate, so that a large
 * request on a slow line has its time.
 *
 * Pure. Thread for all functions: the connection's owner.
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/** What lengthens a deadline, at most: 24 h. Milliseconds. */
#define PACE_CREDIT_MAX 86400000u

/** The same for a request that was refused. Milliseconds. */
#define PACE_SWALLOW_MAX 60000u

/** What is going on between two reads. */
enum pace_state {
	PACE_NONE,   /* no request is begun */
	PACE_FRAME,  /* one is, and kept */
	PACE_SWALLOW /* one is that was refused; its bytes are dropped */
};

/** All zero at the start. */
struct pace {
	uint32_t began; /* when the request began, ms */
	uint32_t bytes; /* received since; up to FRAME_ABSURD_LENGTH */
	uint8_t state;  /* enum pace_state */
};

/**
 * pace_received(pace, length):
 * So many bytes have come; follow it with pace_look().
 * Thread: the connection's owner.
 */
static inline void
pace_received(struct pace *pace, size_t length)
{

	if (pace->bytes < FRAME_ABSURD_LENGTH)
		pace->bytes += (uint32_t)length;
}

/**
 * pace_look(pace, scan, ended, now):
 * What was received has been looked at: `scan` says where the stream is, and
 * `ended` whether any frame ended, or was refused, since the last look.
 * Return whether a request is begun. Thread: the connection's owner.
 */
bool pace_look(struct pace *pace, const struct frame_scan *scan, bool ended,
    uint32_t now);

/**
 * pace_again(pace, now):
 * It was the server that did not read for a while: the request that is begun
 * has all its time again. Thread: the connection's owner.
 */
void pace_again(struct pace *pace, uint32_t now);

/**
 * pace_credit(pace, rate):
 * Return how long what has been received of the request takes at `rate` bytes
 * a second, in milliseconds; 0 while none is begun.
 * Thread: the connection's owner.
 */
uint32_t pace_credit(const struct pace *pace, size_t rate);

#endif /* PACE_H */
