/**
 * write.h - replies on their way out.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef WRITE_H
#define WRITE_H

#include <stddef.h>

#include "conn.h"

/**
 * write_reply(conn, bytes, length):
 * Send bytes, which are copied as far as they cannot be sent at once, behind
 * those already waiting. Return 0, or -1 if the connection is broken or
 * memory is short, and is to be closed. Thread: the reactor's.
 */
int write_reply(struct conn *conn, const char *bytes, size_t length);

/**
 * write_job(conn, job):
 * Send a job's replies and count them. A large rest moves out of the job
 * without being copied. Returns as write_reply(). Thread: the reactor's.
 */
int write_job(struct conn *conn, struct job *job);

/**
 * write_queued(conn):
 * Return how many bytes wait in the output of a connection that has one.
 * Thread: the reactor's.
 */
size_t write_queued(const struct conn *conn);

/**
 * write_pending(conn):
 * Return how many bytes wait to be sent. Thread: the reactor's.
 */
static inline size_t
write_pending(const struct conn *conn)
{

	return (conn->bev == NULL ? 0 : write_queued(conn));
}

#endif /* WRITE_H */
