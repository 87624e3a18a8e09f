/**
 * input.h - bytes that a connection has received and that are not yet
 * requests, and the way into a job without more copies than needed.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"

struct conn;
struct job;

/** Bytes read at a time into the buffer that all connections share. */
#define INPUT_READ (128u << 10)

/** From this much on, input and requests are large: reads go straight behind
 *  them, and buffers change hands instead of being copied. Bytes. */
#define INPUT_LARGE (32u << 10)

/** What a reply may be longer than its request, and so a buffer than its
 *  frame, to be of use for both. Bytes. */
#define INPUT_REPLY_ROOM 256u

/**
 * input_frame(conn, held):
 * Return how long the unfinished frame will be of which `held` bytes are there,
 * looked at or not; 0 if that is not known, or if it is all there.
 * Thread: the reactor's.
 */
size_t input_frame(const struct conn *conn, size_t held);

/**
 * input_room(conn, more, whole):
 * Make room for `more` bytes behind the input, which belong to a frame of
 * `whole` bytes, 0 if that is not known: it grows with what comes, and not
 * beyond the frame. Return where they go, or NULL if memory is short.
 * Thread: the reactor's.
 */
char *input_room(struct conn *conn, size_t more, size_t whole);

/**
 * input_keep(conn, from, used):
 * Make what `from` holds behind its first `used` bytes the connection's
 * input; `from` is that itself, or the shared buffer. Return false if memory
 * is short. Thread: the reactor's.
 */
bool input_keep(struct conn *conn, struct bytes *from, size_t used);

/**
 * input_move(conn, job, from, used):
 * Move the first `used` bytes of `from` into the job, and keep the rest as
 * input_keep() does. Return false if memory is short. Thread: the reactor's.
 */
bool input_move(struct conn *conn, struct job *job, struct bytes *from,
    size_t used);

#endif /* INPUT_H */
