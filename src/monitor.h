/**
 * monitor.h - a mutex and the condition that goes with it, waited for until a
 * time of clock.h.
 *
 * The two stay the caller's own, as fields beside what they guard.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <pthread.h>
#include <stdint.h>

/**
 * monitor_open(lock, changed):
 * Make both. Return 0 or an errno value; on success they go back with
 * monitor_close(). Thread: any.
 */
int monitor_open(pthread_mutex_t *lock, pthread_cond_t *changed);

/**
 * monitor_close(lock, changed):
 * Free what monitor_open() made. Thread: any, when no other uses it.
 */
void monitor_close(pthread_mutex_t *lock, pthread_cond_t *changed);

/**
 * monitor_wait(lock, changed, deadline):
 * Under the lock, wait until `changed` is signalled, for no reason, or until
 * `deadline` (clock_now()). Return 0 or an errno value: ETIMEDOUT, then.
 * Thread: any.
 */
int monitor_wait(pthread_mutex_t *lock, pthread_cond_t *changed,
    uint64_t deadline);

#endif /* MONITOR_H */
