/**
 * handle.h - the handlers of the reference servers.
 *
 * The limit and the bufferevent server do the work of throngd's handlers of
 * the same names in the thread that reads and writes, so that a comparison
 * differs in the model alone.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include <stddef.h>

/** Bytes that grow; all zero is empty. Free with handle_bytes_free(). */
struct handle_bytes {
	char *bytes;
	size_t length;
	size_t size;
};

/** Appends the answer to one request; returns 0, or -1 without memory. */
typedef int (*handle_fn)(const char *input, size_t length,
    struct handle_bytes *reply);

/**
 * handle_by_name(name):
 * Return the handler called `name` (echo, work or hello), or NULL if there
 * is none. Thread: any.
 */
handle_fn handle_by_name(const char *name);

/**
 * handle_append(reply, bytes, length):
 * Append a copy of `length` bytes. Return 0, or -1 without memory.
 * Thread: the owner of `reply`.
 */
int handle_append(struct handle_bytes *reply, const void *bytes,
    size_t length);

/**
 * handle_bytes_free(bytes):
 * Free what `bytes` holds and make it empty. Thread: the owner.
 */
void handle_bytes_free(struct handle_bytes *bytes);

#endif /* HANDLE_H */
