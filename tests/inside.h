/**
 * inside.h - a server of libthrong within the test, run by a thread of its
 * own, by means of throng.h alone.
 *
 * Thread: main, all of them.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "throng.h"

/** One server; all zero: none. */
struct inside {
	throng_server *server;
	pthread_t thread;
	bool running;       /* there is a thread to join */
	throng_error ended; /* what throng_run() returned */
};

/**
 * inside_config(config, mode):
 * Fill in defaults for tests: a port of the kernel's choice, nothing logged.
 * Thread: main.
 */
void inside_config(throng_config *config, throng_mode mode);

/**
 * inside_start(inside, config, handler):
 * Create a server and run it. Returns 0, or -1 with the reason in
 * support_why(). Thread: main.
 */
int inside_start(struct inside *inside, const throng_config *config,
    const throng_handler *handler);

/**
 * inside_run(inside):
 * Run a server that was created. Returns as inside_start(). Thread: main.
 */
int inside_run(struct inside *inside);

/**
 * inside_join(inside):
 * Wait until throng_run() has returned, and return what it returned.
 * Thread: main.
 */
throng_error inside_join(struct inside *inside);

/**
 * inside_stop(inside):
 * Stop the server, wait, free it; returns what throng_run() returned.
 * Thread: main.
 */
throng_error inside_stop(struct inside *inside);

/**
 * inside_descriptors():
 * Return how many descriptors this process has open. Thread: any.
 */
size_t inside_descriptors(void);

/**
 * inside_threads():
 * Return how many threads this process has. Thread: any.
 */
size_t inside_threads(void);

/**
 * inside_threads_left(want):
 * Return how many threads the process has once there are no more than `want`,
 * or at the deadline: one that was joined may be listed a moment longer.
 * Thread: any.
 */
size_t inside_threads_left(size_t want);

#endif /* INSIDE_H */
