/**
 * handle.h - throngd's handlers, run in the thread that reads and writes.
 *
 * The reference servers link the very handlers that throngd serves, with the
 * plainest throng_reply there can be, so that a comparison differs in the
 * model alone.
 */
#ifndef BENCH_HANDLE_H
#define BENCH_HANDLE_H

#include <stddef.h>

#include "throng.h"

/** Bytes that grow; all zero is empty. Free with handle_bytes_free(). */
struct handle_bytes {
	char *bytes;
	size_t length;
	size_t size;
};

/** What became of a request; to be or-ed, 0: it was answered. */
#define HANDLE_NONE 1u  /* nothing is to be sent */
#define HANDLE_CLOSE 2u /* the connection ends after it */
#define HANDLE_NOMEM 4u /* nothing was appended, for want of memory */

/**
 * handle_by_name(name):
 * Return the handler called `name`, or NULL if there is none. Thread: any.
 */
const throng_handler *handle_by_name(const char *name);

/**
 * handle_names():
 * Return all names, separated by bars; a constant. Thread: any.
 */
const char *handle_names(void);

/**
 * handle_request(handler, input, length, out):
 * Run the handler for one request, append its answer to `out` and return
 * what became of it.
 * Thread: the owner of `out`.
 */
unsigned handle_request(const throng_handler *handler,
    const char *input, size_t length, struct handle_bytes *out);

/**
 * handle_append(bytes, from, length):
 * Append a copy of `length` bytes. Return 0, or -1 without memory.
 * Thread: the owner of `bytes`.
 */
int handle_append(struct handle_bytes *bytes, const void *from,
    size_t length);

/**
 * handle_bytes_free(bytes):
 * Free what `bytes` holds and make it empty. Thread: the owner of `bytes`.
 */
void handle_bytes_free(struct handle_bytes *bytes);

#endif /* BENCH_HANDLE_H */
