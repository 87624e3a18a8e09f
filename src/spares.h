/**
 * spares.h - large buffers between two uses.
 *
 * A frame of 64 KiB or more goes through two buffers of its size. Fresh from
 * the system each costs a page fault for every 4 KiB, which is more than to
 * copy them; so a reactor keeps those it has just used, bounded in number and
 * bytes, and gives them back to the system when nobody has wanted one for a
 * second.
 *
 * Thread for all functions: the reactor's, unless it says otherwise.
 */
#ifndef SPARES_H
#define SPARES_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"

/** What is kept at most. */
#define SPARES_COUNT 64
#define SPARES_BYTES (16u << 20)

/**
 * Invariants:
 *
 * 1. `kept` holds `count` empty buffers of `total` bytes together, the one
 *    that was used last at the end.
 * 2. While it holds any, `look` is pending.
 */
struct spares {
	struct bytes kept[SPARES_COUNT];
	unsigned count;
	size_t total;
	size_t most; /* of `total` */
	bool wanted; /* one was taken since the last look */
	struct event *look;
};

/**
 * spares_open(spares, base, most):
 * Begin without any, to keep `most` bytes at most. Return 0, or -1 if memory is short.
 * Thread: any, before the reactor runs.
 */
int spares_open(struct spares *spares, struct event_base *base,
    size_t most);

/**
 * spares_close(spares):
 * Free all; what is given later is freed at once.
 * Thread: any, after the reactor has run.
 */
void spares_close(struct spares *spares);

/**
 * spares_take(spares, size, to):
 * Put a buffer of at least `size` bytes, the smallest there is, into `to`,
 * which holds no bytes in use; what it had is freed. Return whether there was
 * one; if not, nothing has changed. Thread: the reactor's.
 */
bool spares_take(struct spares *spares, size_t size, struct bytes *to);

/**
 * spares_give(spares, bytes):
 * Take over the buffer of `bytes`, which then has none: kept if it is large
 * and there is room, else freed. Thread: the reactor's.
 */
void spares_give(struct spares *spares, struct bytes *bytes);

#endif /* SPARES_H */
