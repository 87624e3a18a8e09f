/**
 * expire.h - how long each client is waited for, in the pool's reactors.
 *
 * Which deadlines hold for a connection follows from its state and the times
 * in it; nothing is armed or disarmed as it goes about its business:
 *
 *   first       from when it was accepted to its first complete request
 *   frame       from the first byte of a request to its last; see pace.h
 *   idle        while nothing is owed, from the last byte received or reply
 *   write       while output waits, here or in the kernel, from the last byte
 *               taken; see stall.h
 *   half-close  the same, once the client has ended its sending
 *   lingering   from when all was sent; see conn.c
 *
 * The first three hold only while the server reads. A connection is looked at
 * when the earliest deadline that could hold may have passed; see deadline.h.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef EXPIRE_H
#define EXPIRE_H

#include <event2/util.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "events.h"

struct conn;
struct reactor;

/** A timer this late says that the process did not run. Milliseconds. */
#define EXPIRE_LATE_MS 1000

/** What clients then have to be heard. Milliseconds. */
#define EXPIRE_GRACE_MS 1000

/**
 * expire_opened(conn):
 * A connection takes requests from now on. Return false if there is no memory
 * for a timer; without one it must not be let in. Thread: the reactor's.
 */
bool expire_opened(struct conn *conn);

/**
 * expire_asked(conn):
 * Its first request is complete. Thread: the reactor's.
 */
void expire_asked(struct conn *conn);

/**
 * expire_looked(conn, ended):
 * What was read has been looked at; `ended` as for pace_look().
 * Thread: the reactor's.
 */
void expire_looked(struct conn *conn, bool ended);

/**
 * expire_resumed(conn):
 * Reading goes on that had been stopped. Thread: the reactor's.
 */
void expire_resumed(struct conn *conn);

/**
 * expire_replied(conn):
 * Something is sent to it that nobody watched since it was sent something
 * last. Thread: the reactor's.
 */
void expire_replied(struct conn *conn);

/**
 * expire_waiting(conn):
 * Output begins to wait; none of it has been added. Thread: the reactor's.
 */
void expire_waiting(struct conn *conn);

/**
 * expire_lingering(conn):
 * All is sent. Return false if there is no memory for a timer.
 * Thread: the reactor's.
 */
bool expire_lingering(struct conn *conn);

/**
 * expire_forget(conn):
 * The connection closes. Thread: the reactor's.
 */
void expire_forget(struct conn *conn);

/**
 * expire_run(reactor, now):
 * Close what has expired at `now` (milliseconds, as reactor_ms()), a bounded
 * number of connections at a time. Return false if more are due already.
 * Thread: the reactor's.
 */
bool expire_run(struct reactor *reactor, uint32_t now);

/**
 * expire_tick(fd, what, reactor):
 * The callback of the reactor's timer. Thread: the reactor's.
 */
void expire_tick(evutil_socket_t fd, short what, void *reactor);

/**
 * expire_counter(counters, reason):
 * Return the counter of connections closed for one of the limits of a client,
 * or NULL if `reason` is none. Thread: any.
 */
_Atomic uint64_t *expire_counter(struct counters *counters,
    enum close_reason reason);

#endif /* EXPIRE_H */
