/**
 * daemon.h - throngd as a child process of a test.
 *
 * The program is named by the environment variable THRONGD (cut at spaces,
 * so that a checker may stand before it), by default ./throngd. Functions
 * return -1 or NULL with the reason in support_why().
 *
 * Thread: main, all of them but daemon_address(): a child dies with the
 * thread that started it.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A child process, running or not. */
struct daemon;

/**
 * daemon_start(arguments, listeners):
 * Start the daemon with the arguments of a list ended by NULL and wait until
 * it has printed `listeners` lines "listening on ADDR". Returns the caller's,
 * to be given back with daemon_free(); NULL if it ended before that.
 * Thread: main.
 */
struct daemon *daemon_start(const char *const *arguments,
    unsigned listeners);

/**
 * daemon_spawn(arguments, limit):
 * Start the daemon without waiting, with at most `limit` open descriptors (0:
 * as many as the test). Thread: main.
 */
struct daemon *daemon_spawn(const char *const *arguments, size_t limit);

/**
 * daemon_ready(daemon, listeners):
 * Wait for the lines as daemon_start() does. Thread: main.
 */
int daemon_ready(struct daemon *daemon, unsigned listeners);

/**
 * daemon_address(daemon, index):
 * Return the address of a listener, or NULL. Thread: any.
 */
const char *daemon_address(const struct daemon *daemon, unsigned index);

/**
 * daemon_pid(daemon):
 * Return the process's id. Thread: main.
 */
pid_t daemon_pid(const struct daemon *daemon);

/**
 * daemon_signal(daemon, number):
 * Send a signal to the child. Thread: main.
 */
void daemon_signal(const struct daemon *daemon, int number);

/**
 * daemon_wait(daemon, status):
 * Wait for the end of the process and store its exit status, or 128 and the
 * signal that ended it. Thread: main.
 */
int daemon_wait(struct daemon *daemon, int *status);

/**
 * daemon_ended(daemon):
 * Return whether the process has ended, without waiting. Thread: main.
 */
bool daemon_ended(struct daemon *daemon);

/**
 * daemon_output(daemon):
 * Return what was written to standard output so far. Thread: main.
 */
const char *daemon_output(struct daemon *daemon);

/**
 * daemon_errors(daemon):
 * Return what was written to standard error so far. Thread: main.
 */
const char *daemon_errors(struct daemon *daemon);

/**
 * daemon_summary(daemon, key, value):
 * Store the number of "key=number" in the last line of standard error.
 * Thread: main.
 */
int daemon_summary(struct daemon *daemon, const char *key, uint64_t *value);

/**
 * daemon_counters(daemon, key, want, line, size):
 * Ask for the counters (SIGUSR1) until the one called `key` has the value, and
 * copy their line, whose JSON is checked, to `line` of `size` bytes.
 * Thread: main.
 */
int daemon_counters(struct daemon *daemon, const char *key, uint64_t want,
    char *line, size_t size);

/**
 * daemon_memory(daemon):
 * Return the resident bytes of the process, 0 if unknown. Thread: main.
 */
size_t daemon_memory(const struct daemon *daemon);

/**
 * daemon_cpu(daemon):
 * Return the milliseconds of processor time used. Thread: main.
 */
int64_t daemon_cpu(const struct daemon *daemon);

/**
 * daemon_descriptors(daemon):
 * Return how many descriptors the process has open. Thread: main.
 */
size_t daemon_descriptors(const struct daemon *daemon);

/**
 * daemon_limit(daemon, descriptors):
 * Change the limit of open descriptors of the running process.
 * Thread: main.
 */
int daemon_limit(const struct daemon *daemon, size_t descriptors);

/**
 * daemon_free(daemon):
 * Kill the process if it still runs, and free the rest. Thread: main.
 */
void daemon_free(struct daemon *daemon);

/**
 * daemon_free_all():
 * Do so with all that were not given back. Thread: main.
 */
void daemon_free_all(void);

#endif /* DAEMON_H */
