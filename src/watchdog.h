/**
 * watchdog.h - calls of the handler that do not return: each is warned about
 * once, with its thread, its client and where it is.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct reactor;

/** One reactor's view of all threads that run the handler. */
struct watchdog;

/**
 * watchdog_open(reactor):
 * Make the watchdog of a reactor whose event base exists. Where the reactor
 * has no other reason to look, it looks by itself a few times a second.
 * Return NULL if memory is short. Thread: any, before the reactor runs.
 */
struct watchdog *watchdog_open(struct reactor *reactor);

/**
 * watchdog_close(watchdog):
 * Free it; NULL is allowed. Thread: any, once nobody runs the handler.
 */
void watchdog_close(struct watchdog *watchdog);

/**
 * watchdog_look(watchdog, now, thawed):
 * Look for threads that have been at one job for too long at the time `now`
 * (clock_now()), not counting any time before `thawed`. Threads are asked
 * where they are one at a time, so it takes several looks to warn. Cheap when
 * called again at once. Thread: the reactor's.
 */
void watchdog_look(struct watchdog *watchdog, uint64_t now, uint64_t thawed);

/**
 * watchdog_waits(watchdog):
 * Return whether a thread has been asked and has yet to answer: then
 * look again soon. Thread: the reactor's.
 */
bool watchdog_waits(const struct watchdog *watchdog);

#endif /* WATCHDOG_H */
