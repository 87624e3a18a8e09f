/**
 * ring.h - records of bytes from many threads to one, in a fixed room.
 *
 * Room is taken in a ring, by one compare-and-swap on how much was ever
 * taken; the record is filled in there and pushed onto an mpsc queue, so the
 * order of the records is that of their pushes and waking follows the rule of
 * mpsc.h. Room comes back in the order in which it was taken: a producer that
 * is descheduled between the two holds up the room behind its own, not the
 * records of others. Nobody ever waits: a record for which there is no room
 * is refused.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mpsc.h"

/** A ring of bytes. */
struct ring;

/** What ring_put() may say. */
enum ring_result {
	RING_PUT,  /* it is in; the consumer is awake or will be */
	RING_WAKE, /* it is in; the caller must wake the consumer */
	RING_FULL, /* there is no room now */
	RING_SHUT  /* there will be none any more */
};

/** A record in the ring; the consumer's once it was taken. */
struct ring_record {
	struct mpsc_node node; /* the first member: a node is its record */
	uint64_t begin;        /* where its room begins, of all ever taken */
	uint32_t room;         /* bytes of it, with what was skipped */
	uint32_t length;       /* of the text */
	char text[];
};

/**
 * ring_new(size):
 * Make a ring of `size` bytes, a power of two of at least 4,096. Return it,
 * to be given back with ring_free(), or NULL without memory. Thread: any.
 */
struct ring *ring_new(size_t size);

/**
 * ring_free(ring):
 * Free a ring; NULL is allowed. Thread: any, when no other uses it any more.
 */
void ring_free(struct ring *ring);

/**
 * ring_put(ring, bytes, length):
 * Copy a record in, if there is room. Never waits; lock-free. A record may
 * be up to a quarter of the ring. Thread: any; also safe in a signal handler.
 */
enum ring_result ring_put(struct ring *ring, const char *bytes,
    size_t length);

/**
 * ring_is_full(ring):
 * Return whether a record of a few words would find no room now: a hint,
 * before one is made. Thread: any; also safe in a signal handler.
 */
bool ring_is_full(const struct ring *ring);

/**
 * ring_take(ring):
 * Take all records that are in. Return the oldest, linked to the younger
 * ones by `node.next`, or NULL; each goes back with ring_done(), after its
 * link was read. Thread: the consumer.
 */
struct ring_record *ring_take(struct ring *ring);

/**
 * ring_done(ring, record):
 * Give a record's room back. Thread: the consumer.
 */
void ring_done(struct ring *ring, struct ring_record *record);

/**
 * ring_shut(ring):
 * Let no more records in. Those who are at it may still finish.
 * Thread: any.
 */
void ring_shut(struct ring *ring);

/**
 * ring_taken(ring):
 * Return how many bytes of room were ever taken. Thread: any; also safe in a
 * signal handler.
 */
uint64_t ring_taken(const struct ring *ring);

/**
 * ring_returned(ring):
 * Return how many of them, counted from the beginning and without a gap,
 * came back. Thread: any; also safe in a signal handler.
 */
uint64_t ring_returned(const struct ring *ring);

#endif /* RING_H */
