/**
 * sim_pool.h - the workers of a simulation, in the place of the pool: each
 * takes a time for a job that the seed says, now and then a long one.
 *
 * Thread for all functions: main.
 */
#ifndef SIM_POOL_H
#define SIM_POOL_H

#include <stdint.h>

#include "process.h"
#include "reactor.h"

/**
 * sim_pool_open(reactor, workers, counters):
 * Have that many idle workers for a reactor. Thread: main.
 */
void sim_pool_open(struct reactor *reactor, unsigned workers,
    struct counters *counters);

/**
 * sim_pool_close():
 * End them; nothing may be with them. Thread: main.
 */
void sim_pool_close(void);

/**
 * sim_pool_next():
 * Return when the next of them has something to do; UINT64_MAX: never.
 * Thread: main.
 */
uint64_t sim_pool_next(void);

/**
 * sim_pool_move(now):
 * Let one do what is due at that moment. Thread: main.
 */
void sim_pool_move(uint64_t now);

#endif /* SIM_POOL_H */
