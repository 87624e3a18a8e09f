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
 * must outlive the pool. Store the pool, which goes back with pool_stop().
 * On failure return an error and leave nothing behind. Thread: any.
 */
throng_error pool_start(const struct service *service,
    struct counters *counters, struct pool **pool);

/**
 * pool_stop(pool, deadline):
 * Tell every worker to end once it has done what it holds, and wait for
 * that until `deadline` (clock_now()). Return true if all ended: the pool is
 * freed. Return false if a handler did not return: the pool stays, for its
 * thread still uses it. Thread: any, when nobody pushes any more.
 */
bool pool_stop(struct pool *pool, uint64_t deadline);

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

#endif /* WORK_H */
