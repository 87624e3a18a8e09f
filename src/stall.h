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

/** What is known of one connection whose output waits. All that was ever
 *  given to it, less what waits, is what it has taken; modulo 2^32. */
struct stall {
	uint32_t since; /* the client has taken nothing since then, ms */
	uint32_t taken; /* bytes, at the last look */
};

/**
 * stall_begin(stall, fd, given, now):
 * Output begins to wait: of `given` bytes some are in the kernel, and none
 * here. Thread: the owner's.
 */
void stall_begin(struct stall *stall, int fd, uint32_t given, uint32_t now);

/**
 * stall_look(stall, fd, given, waiting, now):
 * Look again: of `given` bytes `waiting` are here, and some in the kernel. If
 * the client has taken any since the last look, `since` becomes `now`.
 * Thread: the owner's.
 */
void stall_look(struct stall *stall, int fd, uint32_t given, size_t waiting,
    uint32_t now);

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
 * stall_reset(fd):
 * Return whether the connection was reset, even if what came before that has
 * not been read: nobody is there for a reply. Thread: the owner's.
 */
bool stall_reset(int fd);

/**
 * stall_interval(limit):
 * Return how long to wait between two looks so that a stall of `limit` is
 * noticed soon after. Milliseconds, at least 1. Thread: any.
 */
uint32_t stall_interval(uint32_t limit);

#endif /* STALL_H */
