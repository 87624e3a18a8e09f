/**
 * read.h - from the socket to requests: the frame stage of the pool mode.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef READ_H
#define READ_H

#include <event2/util.h>
#include <stdbool.h>

struct conn;
struct reactor;

/**
 * read_open(reactor):
 * Make the buffer that all connections' reads share. Return 0, or -1 if memory
 * is short. Thread: any, before the reactor runs.
 */
int read_open(struct reactor *reactor);

/**
 * read_arrived(fd, what, conn):
 * The callback of a readable socket: read, make requests, follow up with
 * conn_poke(). The connection may be gone afterwards.
 * Thread: the reactor's.
 */
void read_arrived(evutil_socket_t fd, short what, void *conn);

/**
 * read_last(conn):
 * Read once what the kernel holds, before reading stops for good. Does not
 * poke; the connection may be gone afterwards. Thread: the reactor's.
 */
void read_last(struct conn *conn);

/**
 * read_requests(conn):
 * Move the complete frames of the connection's input into its job and give
 * that to dispatch, as far as limits allow. Return false if memory is
 * short. Thread: the reactor's.
 */
bool read_requests(struct conn *conn);

/**
 * read_must_wait(conn):
 * Return whether so much is held for the connection already, in or out, that
 * no more may be read. Thread: the reactor's.
 */
bool read_must_wait(const struct conn *conn);

/**
 * read_interest(conn):
 * Stop or go on reading, as the amounts of input and output demand. The
 * connection may be gone afterwards: it is closed if it cannot go on.
 * Thread: the reactor's.
 */
void read_interest(struct conn *conn);

#endif /* READ_H */
