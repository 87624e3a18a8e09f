/**
 * support.h - what every test needs: a clock for deadlines, the reason of a
 * failure, a folder to write in, and text that no other client sends.
 *
 * Helpers never assert, so that they may be called from any thread: they
 * return -1 or NULL and leave the reason for support_why().
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Milliseconds after which a test gives up waiting: never a measure. */
#define SUPPORT_DEADLINE 60000

/** Bytes of a nonce with its NUL. */
#define SUPPORT_NONCE 40

/**
 * support_now():
 * Return milliseconds of a clock that only goes forward. Thread: any.
 */
int64_t support_now(void);

/**
 * support_turn(deadline):
 * Let a moment pass before a condition is looked at again. Return false when
 * `deadline`, a time of support_now(), has passed. Thread: any.
 */
bool support_turn(int64_t deadline);

/**
 * support_wrong(format, ...):
 * Keep the reason of a failure for support_why() and return -1.
 * Thread: any; each thread has its own reason.
 */
int support_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/**
 * support_why():
 * Return the reason that the calling thread kept last. Thread: any.
 */
const char *support_why(void);

/**
 * support_escaped(bytes, length):
 * Return the first few bytes as printable text, for a message; the text is
 * the thread's own until its next call. Thread: any.
 */
const char *support_escaped(const void *bytes, size_t length);

/**
 * support_nonce(number, out):
 * Write a text of varying length that no other number gives, at most
 * SUPPORT_NONCE bytes with its NUL, and return its length. Thread: any.
 */
size_t support_nonce(uint64_t number, char *out);

/**
 * support_random(state):
 * Return the next pseudo-random number of the sequence in `*state`.
 * Thread: any.
 */
uint64_t support_random(uint64_t *state);

/**
 * support_sanitized():
 * Return whether this is a build whose memory and speed say little.
 * Thread: any.
 */
bool support_sanitized(void);

/**
 * support_threads_checked():
 * Return whether threads left behind at the end are reported as errors.
 * Thread: any.
 */
bool support_threads_checked(void);

/**
 * support_descriptors(wanted):
 * Raise the limit of open descriptors to at least `wanted`, or as far as it
 * goes, and return it. Thread: main.
 */
size_t support_descriptors(size_t wanted);

/**
 * support_path(name, out, size):
 * Write the path of a file in a folder that is this process's own and is
 * removed, with what is in it, when the process ends. Returns `out`.
 * Thread: main.
 */
const char *support_path(const char *name, char *out, size_t size);

#endif /* SUPPORT_H */
