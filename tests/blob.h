/**
 * blob.h - a growing run of bytes, and frames put into it. Without memory the
 * test ends.
 */
#ifndef BLOB_H
#define BLOB_H

#include <stddef.h>

#include "throng.h"

/** A growing run of bytes. All zero: empty. */
struct blob {
	char *data;
	size_t length;
	size_t size;
};

/**
 * blob_add(blob, bytes, length):
 * Append bytes. Thread: the owner.
 */
void blob_add(struct blob *blob, const void *bytes, size_t length);

/**
 * blob_frame(blob, framing, ending, payload, length):
 * Append a frame as `framing` writes it; `ending`
 * is the bytes of a line's ending, 1 LF, 2 CR LF.
 * Thread: the owner.
 */
void blob_frame(struct blob *blob, throng_framing framing, unsigned ending,
    const void *payload, size_t length);

/**
 * blob_free(blob):
 * Empty it and free its memory. Thread: the owner.
 */
void blob_free(struct blob *blob);

#endif /* BLOB_H */
