/**
 * reader.h - replies out of received bytes.
 *
 * A buffer in front of frame.c: it grows with the bytes that have come, never
 * with those that were announced, up to the longest reply accepted.
 *
 * Thread for all functions: the one that receives.
 */
#ifndef CLIENT_READER_H
#define CLIENT_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "throng.h"

/** What reader_next() found. */
enum reader_status {
	READER_READY,    /* a reply */
	READER_MORE,     /* none yet: receive more */
	READER_OVERSIZE, /* a reply that is too long: its bytes are dropped */
	READER_BROKEN    /* the stream makes no sense any more */
};

struct reader;

/**
 * reader_new(framing, max):
 * Read replies of at most `max` bytes. Return what goes back with
 * reader_free(), or NULL if memory is short. Thread: receiver.
 */
struct reader *reader_new(throng_framing framing, size_t max);

/**
 * reader_free(reader):
 * Free it; NULL is allowed. Thread: receiver.
 */
void reader_free(struct reader *reader);

/**
 * reader_room(reader, size):
 * Return where received bytes go and store how many fit in `*size`, at least
 * one; NULL if memory is short. Call it when reader_next() wants more; it
 * ends the life of the bytes given before. Thread: receiver.
 */
char *reader_room(struct reader *reader, size_t *size);

/**
 * reader_filled(reader, length):
 * Note that `length` bytes were put there. Thread: receiver.
 */
void reader_filled(struct reader *reader, size_t length);

/**
 * reader_next(reader, bytes, length):
 * At READER_READY the reply's bytes are stored in `*bytes` and `*length`,
 * valid until reader_room(). With line framing a CR before the LF is among
 * them: it is the terminal's to drop, not a pipe's. After READER_BROKEN
 * nothing more can be read. Thread: receiver.
 */
enum reader_status reader_next(struct reader *reader, const char **bytes,
    size_t *length);

/**
 * reader_within(reader):
 * Return whether a reply has begun and not ended. Thread: receiver.
 */
bool reader_within(const struct reader *reader);

#endif /* CLIENT_READER_H */
