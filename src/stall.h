/**
 * stall.h - whether a client takes what waits for it.
 *
 * Output waits in two places, here and in the kernel, and a client that reads
 * slowly takes it from the kernel for a long time before that takes any more
 * from here; replies that fit there leave nothing here. So the kernel is
 * asked, at intervals, where it can tell.
 *
 * Thread for all functions: the owner's.
 */
#ifndef STALL_H
#define STALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How often to look while output waits, at most. Milliseconds. */
#define STALL_LOOK_MS 500

/** What is known of one connection whose output waits. */
struct stall {
	uint32_t since;   /* the client has taken nothing since then, ms */
	uint32_t waiting; /* bytes here, at the last look or added since */
	uint32_t queued;  /* bytes in the kernel, at the last look */
};

/**
 * stall_begin(stall, fd, now):
 * Output begins to wait; none of it has been added. Thread: the owner's.
 */
void stall_begin(struct stall *stall, int fd, uint32_t now);

/**
 * stall_add(stall, length):
 * So many bytes more wait here. Thread: the owner's.
 */
void stall_add(struct stall *stall, size_t length);

/**
 * stall_look(stall, fd, waiting, now):
 * Look again: `waiting` bytes are here. If the client has taken any since the
 * last look, `since` becomes `now`. Thread: the owner's.
 */
void stall_look(struct stall *stall, int fd, size_t waiting, uint32_t now);

/**
 * stall_untaken(fd):
 * Return how many bytes the kernel holds for the client, 0 where it cannot
 * tell. Thread: the owner's.
 */
uint32_t stall_untaken(int fd);

/**
 * stall_half_closed(fd):
 * Return whether the client has ended its sending, even if not all of that
 * was read; false where the system cannot tell. Thread: the owner's.
 */
bool stall_half_closed(int fd);

/**
 * stall_interval(limit):
 * Return how long to wait between two looks so that a stall of `limit` is
 * noticed soon after. Milliseconds, at least 1. Thread: any.
 */
uint32_t stall_interval(uint32_t limit);

#endif /* STALL_H */
