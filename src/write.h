/**
 * write.h - replies on their way out.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef WRITE_H
#define WRITE_H

#include <stddef.h>

struct conn;
struct job;

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
 * write_pending(conn):
 * Return how many bytes wait to be sent. Thread: the reactor's.
 */
size_t write_pending(const struct conn *conn);

#endif /* WRITE_H */
