/**
 * work.h - the pool: a fixed number of workers that run the handler.
 */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "mpsc.h"
#include "service.h"

/** The workers, their inboxes and the jobs they hold. */
struct pool;

/**
 * pool_start(service, counters, pool):
 * Start the workers that `service` asks for and wait until each has opened
 * its state. Worker i counts in `counters[i]`, which stays the caller's and
 * must outlive the pool. Store the pool, which goes back with pool_free().
 * On failure return an error and leave nothing behind. Thread: any.
 */
throng_error pool_start(struct service *service,
    struct counters *counters, struct pool **pool);

/**
 * pool_stop(pool, deadline):
 * Tell every worker to end once it has done what it holds, and wait for
 * that until `deadline` (clock_now()). Return true if all ended; false if a
 * handler did not return, whose worker ends when it does. Once a pool.
 * Thread: any.
 */
bool pool_stop(struct pool *pool, uint64_t deadline);

/**
 * pool_free(pool):
 * Free a pool whose workers have all ended; NULL is allowed. Thread: any,
 * when nobody pushes any more.
 */
void pool_free(struct pool *pool);

/**
 * pool_workers(pool):
 * Return how many workers there are. Thread: any.
 */
unsigned pool_workers(const struct pool *pool);

/**
 * pool_push(pool, worker, jobs):
 * Hand the jobs of a chain, at least one, to a worker and wake it if need
 * be. They are the worker's until they come back to their reactors. Never
 * waits. Thread: any.
 */
void pool_push(struct pool *pool, unsigned worker, struct mpsc_chain *jobs);

/**
 * pool_is_late(pool, worker, now):
 * Return whether a worker has been at one job for so long, at the time `now`
 * (clock_now()), that nothing should wait behind it. Thread: any.
 */
bool pool_is_late(const struct pool *pool, unsigned worker, uint64_t now);

/**
 * pool_is_idle(pool, worker):
 * Return whether a worker is at no job and none waits for it, as far as can be
 * told from outside: a hint for who chooses among workers. To the thread that
 * has taken a job that the worker had finished, idle means that it has done all
 * it does behind that job. Thread: any.
 */
bool pool_is_idle(const struct pool *pool, unsigned worker);

/**
 * pool_all_stuck(pool, now, limit):
 * Return whether every worker has been at one job for at least `limit`
 * nanoseconds at the time `now` (clock_now()). Thread: any.
 */
bool pool_all_stuck(const struct pool *pool, uint64_t now, uint64_t limit);

/**
 * pool_reclaim(pool, worker):
 * Take back the jobs that a worker has not begun, newest first, linked by
 * `next`, or NULL. They are the caller's, whatever reactor they came from, a
 * stop message among them. Thread: any.
 */
struct mpsc_node *pool_reclaim(struct pool *pool, unsigned worker);

#endif /* WORK_H */
