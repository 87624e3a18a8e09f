/**
 * fake_reply.h - a throng_reply that only remembers.
 *
 * Linked in place of the library's, so that a handler is tested alone.
 */
#ifndef FAKE_REPLY_H
#define FAKE_REPLY_H

#include "throng.h"

struct throng_reply {
	char *bytes;            /* appended so far; never NULL */
	size_t length;          /* of them */
	size_t limit;           /* appending past it fails; SIZE_MAX at first */
	int error;              /* throng_reply_error() was called */
	int close;              /* throng_reply_close() was called */
	int none;               /* throng_reply_none() was called */
	unsigned logs;          /* calls of throng_reply_log() */
	throng_log_level level; /* of the last one */
	char log[256];          /* its text */
};

/**
 * fake_reply_call(handler, input, length, limit, reply):
 * Give the handler a copy of `length` bytes that ends where its memory
 * ends, so that a sanitizer sees any look past it, and capture what it does
 * in `reply`, which is set up anew; appending past `limit` bytes fails. Return
 * what process_input returned. Free with fake_reply_free(). Thread: any.
 */
int fake_reply_call(const throng_handler *handler, const char *input,
    size_t length, size_t limit, throng_reply *reply);

/**
 * fake_reply_free(reply):
 * Free what was captured. Thread: any.
 */
void fake_reply_free(throng_reply *reply);

#endif /* FAKE_REPLY_H */
