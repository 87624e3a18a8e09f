/**
 * wakeup.h - a signal that an event loop can wait for: a pipe.
 *
 * The pipe carries no data, only the fact of a signal, so a full pipe loses
 * nothing: its reader will wake. Both ends are non-blocking and close-on-exec.
 * The waker writes after it has published; the sleeper clears first and looks
 * at what was published second.
 */
#ifndef WAKEUP_H
#define WAKEUP_H

#include <stdbool.h>

/** The two ends of the pipe. */
struct wakeup {
	int read_fd;
	int write_fd;
};

/**
 * wakeup_open(wakeup):
 * Make the pipe. Return 0, or -1 with errno set and nothing left open; on
 * success it goes back with wakeup_close(). Thread: any.
 */
int wakeup_open(struct wakeup *wakeup);

/**
 * wakeup_close(wakeup):
 * Close the pipe. Thread: any, when no other uses it any more.
 */
void wakeup_close(struct wakeup *wakeup);

/**
 * wakeup_signal(wakeup):
 * Make the read end readable. Never blocks, cannot fail, leaves errno as it
 * was. Thread: any; also safe in a signal handler.
 */
void wakeup_signal(const struct wakeup *wakeup);

/**
 * wakeup_is_set(wakeup):
 * Return whether it is signalled and not cleared yet. Thread: the sleeper's.
 */
bool wakeup_is_set(const struct wakeup *wakeup);

/**
 * wakeup_clear(wakeup):
 * Take back all signals given so far. Call it before looking at what the
 * signal announced. Thread: the sleeper.
 */
void wakeup_clear(const struct wakeup *wakeup);

#endif /* WAKEUP_H */
