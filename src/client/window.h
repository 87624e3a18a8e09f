/**
 * window.h - what was asked on one connection and not answered yet.
 *
 * Requests go in framed and numbered, their bytes come out to be sent, and
 * replies take their numbers out again, first in first out. Bounded in count
 * and in bytes.
 *
 * Thread for all functions: one at a time; the caller locks. Only the bytes
 * that window_sendable() points at may be read without the lock, by the
 * thread that sends.
 */
#ifndef CLIENT_WINDOW_H
#define CLIENT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throng.h"

struct window;

/**
 * window_new(capacity, flight):
 * Hold at most `capacity` requests, of which at most `flight` may be on their
 * way; the others wait. Return what goes back with window_free(), or NULL if
 * memory is short. Thread: caller's lock.
 */
struct window *window_new(size_t capacity, size_t flight);

/**
 * window_free(window):
 * Free it; NULL is allowed. Thread: caller's lock.
 */
void window_free(struct window *window);

/**
 * window_full(window):
 * Return whether no more may be added now. Thread: caller's lock.
 */
bool window_full(const struct window *window);

/**
 * window_easy(window):
 * Return whether a full window has drained enough to be worth filling again:
 * well below full, so that its filler is not woken for every request.
 * Thread: caller's lock.
 */
bool window_easy(const struct window *window);

/**
 * window_add(window, framing, number, bytes, length):
 * Add a request to a window that is not full. Return 0, or -1 if memory is
 * short; then nothing was added. Thread: caller's lock.
 */
int window_add(struct window *window, throng_framing framing, uint64_t number,
    const char *bytes, size_t length);

/**
 * window_sendable(window, bytes):
 * Return how many bytes may be sent now, and where they are in `*bytes`,
 * valid until the next call of this function. Thread: caller's lock.
 */
size_t window_sendable(struct window *window, const char **bytes);

/**
 * window_sent(window, length):
 * Note that `length` of the sendable bytes have been sent. Thread: caller's
 * lock.
 */
void window_sent(struct window *window, size_t length);

/**
 * window_answered(window, number):
 * A reply has come: take out the request it belongs to and store its number.
 * Return 0, or -1 if nothing that was asked has been sent. Thread: caller's
 * lock.
 */
int window_answered(struct window *window, uint64_t *number);

/**
 * window_drop(window, number):
 * Take out the oldest request, sent or not. Return 0, or -1 if there is none.
 * Thread: caller's lock.
 */
int window_drop(struct window *window, uint64_t *number);

/**
 * window_count(window):
 * Return how many requests are in it. Thread: caller's lock.
 */
size_t window_count(const struct window *window);

#endif /* CLIENT_WINDOW_H */
