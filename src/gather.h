/**
 * gather.h - from a stream's bytes to a job's requests: the framer, applied.
 *
 * Both modes gather the same way: the bytes are shown in pieces, complete
 * frames become requests of a job, refusals become requests of their own
 * kind, so that their answers keep the order. The bytes themselves are the
 * caller's to move.
 *
 * Thread for all functions: the owner of the job.
 */
#ifndef GATHER_H
#define GATHER_H

#include <stddef.h>

#include "frame.h"
#include "job.h"

/** What gather_piece() wants. */
enum gather_status {
	GATHER_MORE, /* all was looked at; bring the next piece */
	GATHER_FULL, /* the job is full: look at the rest next time */
	GATHER_DROP, /* drop the bytes of the unfinished frame, go on */
	GATHER_END   /* the stream is broken or over: read no more */
};

/** One gathering. */
struct gather {
	const struct framer *framer;
	struct frame_scan *scan; /* the connection's, kept between */
	struct job *job;
	size_t start; /* where the current frame begins in the job's `in` */
};

/**
 * gather_piece(gather, bytes, length, used):
 * Look at the next `length` bytes, at least one, and store in `*used` how
 * many were looked at. `gather->start` moves behind every complete frame.
 * At GATHER_DROP the bytes from `start` up to what was looked at are of no
 * use: either drop them, or leave them and move `start` behind them.
 * Thread: the owner of the job.
 */
enum gather_status gather_piece(struct gather *gather, const char *bytes,
    size_t length, size_t *used);

/**
 * gather_count(framer, scan, bytes, length):
 * Return how many complete frames begin in `bytes`, of which frame_pending()
 * of `scan` were looked at already; nothing is changed. For counting what
 * will not be answered. Thread: any.
 */
unsigned gather_count(const struct framer *framer,
    const struct frame_scan *scan, const char *bytes, size_t length);

#endif /* GATHER_H */
