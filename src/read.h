/**
 * read.h - from the socket to requests: the frame stage of the pool mode.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef READ_H
#define READ_H

#include <stdbool.h>

struct conn;

/**
 * read_arrived(conn):
 * Bytes have arrived in the connection's input; libevent reads few at a
 * time, so more are read if an unfinished frame wants them. Follows up with
 * conn_poke(). Thread: the reactor's.
 */
void read_arrived(struct conn *conn);

/**
 * read_last(conn):
 * Read once what the kernel holds, before reading stops for good. Does not
 * poke. Thread: the reactor's.
 */
void read_last(struct conn *conn);

/**
 * read_requests(conn):
 * Move the complete frames of the input into the connection's job and give
 * that to dispatch, as far as limits allow. Return false if memory is
 * short. Thread: the reactor's.
 */
bool read_requests(struct conn *conn);

/**
 * read_interest(conn):
 * Stop or go on reading, as the amounts of input and output demand.
 * Thread: the reactor's.
 */
void read_interest(struct conn *conn);

/**
 * read_discard(conn):
 * Throw the input of a lingering connection away; closes it when there was
 * too much of it. Thread: the reactor's.
 */
void read_discard(struct conn *conn);

#endif /* READ_H */
