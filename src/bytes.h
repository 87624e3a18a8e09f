/**
 * bytes.h - a growing run of bytes.
 *
 * Thread for all functions: the owner of the buffer.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

/** Buffers above this are given back when they have been used. Bytes. */
#define BYTES_KEEP (16u << 10)

/** `length` bytes in use of `size` allocated. All zero: empty. */
struct bytes {
	char *data;
	size_t length;
	size_t size;
};

/**
 * bytes_grow(bytes, more, most):
 * Make room for `more` bytes behind those in use, growing by doubling but not
 * beyond `most` bytes in all, which are enough. Return where they go, or NULL
 * if memory is short (nothing has changed). `length` is not moved.
 * Thread: the owner.
 */
char *bytes_grow(struct bytes *bytes, size_t more, size_t most);

/**
 * bytes_free(bytes):
 * Empty the buffer and free its memory. Thread: the owner.
 */
void bytes_free(struct bytes *bytes);

/**
 * bytes_reserve(bytes, more):
 * The same as bytes_grow() without a bound. Thread: the owner.
 */
static inline char *
bytes_reserve(struct bytes *bytes, size_t more)
{

	/* Mostly there is room. */
	if (bytes->data != NULL && more <= bytes->size - bytes->length)
		return (bytes->data + bytes->length);
	return (bytes_grow(bytes, more, SIZE_MAX));
}

/**
 * bytes_reset(bytes):
 * Empty the buffer; its memory is kept if it is at most BYTES_KEEP, so
 * that an idle owner costs little. Thread: the owner.
 */
static inline void
bytes_reset(struct bytes *bytes)
{

	if (bytes->size > BYTES_KEEP)
		bytes_free(bytes);
	bytes->length = 0;
}

#endif /* BYTES_H */
