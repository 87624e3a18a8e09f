/**
 * batch.h - lines on their way to a descriptor, a pipe's worth at a time.
 *
 * A write waits until poll(2) says that it need not, and no longer than until
 * a deadline. It may hang all the same, when others write to the same pipe:
 * then its thread can be left alone, once and for all, by batch_leave().
 */
#ifndef BATCH_H
#define BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

/** How often a write that waits looks whether it is late. Milliseconds. */
#define BATCH_SLICE_MS 50

/** Whether the thread may be left alone. */
enum batch_state { BATCH_RUNNING, BATCH_WRITING, BATCH_LEFT };

/** Lines, whole ones. All zero but `fd`: empty. */
struct batch {
	int fd;
	_Atomic int state;         /* enum batch_state */
	_Atomic uint64_t deadline; /* clock_now(); 0: none yet */
	bool torn;                 /* the last line was cut */
	size_t length;
	char bytes[LOG_LINE_MAX + 1];
};

/**
 * batch_fits(batch, length):
 * Return whether a line of `length` bytes, LOG_LINE_MAX at most, can be
 * added. One always can after batch_write(). Thread: the writing one.
 */
bool batch_fits(const struct batch *batch, size_t length);

/**
 * batch_add(batch, text, length):
 * Add a line that fits. Thread: the writing one.
 */
void batch_add(struct batch *batch, const char *text, size_t length);

/**
 * batch_write(batch, lost):
 * Write all and empty the batch; `*lost` is how many lines could not be
 * written. Return false if the thread was left: it must end, and touch
 * nothing that others use. Thread: the writing one.
 */
bool batch_write(struct batch *batch, uint64_t *lost);

/**
 * batch_is_late(batch):
 * Return whether the deadline has passed. Thread: any.
 */
bool batch_is_late(const struct batch *batch);

/**
 * batch_leave(batch):
 * Leave the writing thread alone if it is in a write. Return whether it was.
 * Thread: any but that.
 */
bool batch_leave(struct batch *batch);

#endif /* BATCH_H */
