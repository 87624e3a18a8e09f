/**
 * unit.h - what the tests of single source files share: cmocka, a handler
 * that does as its input says, a service without a server, a log that can be
 * read back, and a count of what is left open.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service.h"
#include "support.h"

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/**
 * A handler that echoes, except for these inputs: "fail" fails, "close"
 * echoes and closes, "none" answers nothing, "big N" answers N bytes 'x',
 * "error" answers `!error invalid no`, "state" answers how many requests its
 * connection has made when it keeps state, "stop" closes and fails.
 */
extern const throng_handler unit_handler;

/** The same with state per connection, counted in unit_states. */
extern const throng_handler unit_handler_state;

/** Connection states opened and not closed; and whether opening fails. */
extern _Atomic int unit_states;
extern _Atomic int unit_states_fail;

/** Calls of process_input of either handler. */
extern _Atomic unsigned unit_calls;

/**
 * unit_guard():
 * End the process if it is still there after minutes: a lost wakeup then is
 * a failure and not a test without end. Thread: main.
 */
void unit_guard(void);

/**
 * unit_under_valgrind():
 * Return whether this program runs under valgrind, which keeps limits of
 * its own in place of some of the kernel's. Thread: any.
 */
bool unit_under_valgrind(void);

/**
 * unit_service(service, handler):
 * Fill in a service with the defaults, a log that is as good as off, and room
 * for 100 connections. Thread: any.
 */
void unit_service(struct service *service, const throng_handler *handler);

/**
 * unit_framing(service, framing, max):
 * Change its framing and longest request. Thread: any.
 */
void unit_framing(struct service *service, throng_framing framing, size_t max);

/**
 * unit_log(log, level, format):
 * Make a log whose lines can be read back with unit_log_read(), which also
 * closes it. Return 0 or -1. Thread: any.
 */
int unit_log(struct log *log, throng_log_level level, throng_log_format format);

/**
 * unit_log_read(log, out, size):
 * Read all lines that fit into a pipe, close the log, end `out` with NUL and
 * return the number of bytes. Thread: any.
 */
size_t unit_log_read(struct log *log, char *out, size_t size);

/**
 * unit_balance(stats):
 * Assert that nothing is open and that every request received has met
 * exactly one end. Thread: the test's own.
 */
void unit_balance(throng_stats stats);

/**
 * unit_descriptors():
 * Return how many descriptors are open. Thread: any.
 */
unsigned unit_descriptors(void);

/**
 * unit_pair(fds):
 * Make a pair of connected local sockets, both blocking. Return 0 or -1.
 * Thread: any.
 */
int unit_pair(int fds[2]);

/**
 * unit_read(fd, out, size, deadline):
 * Read until `size` bytes are there, the other end has closed or `deadline`
 * of support_now() has passed. Return the number of bytes. Thread: any.
 */
size_t unit_read(int fd, char *out, size_t size, int64_t deadline);

/**
 * unit_deadline():
 * Return the moment at which to give up, from now. Thread: any.
 */
int64_t unit_deadline(void);

#endif /* UNIT_H */
