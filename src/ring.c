#include "ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/** Records begin at multiples of this. */
#define GRAIN 64

/** Room of a record of a few words. */
#define RING_FEW (4 * GRAIN)

/** In `taken`: the ring is shut. */
#define SHUT (UINT64_C(1) << 63)

_Static_assert(offsetof(struct ring_record, node) == 0, "a node is its record");
_Static_assert(sizeof(struct ring_record) < GRAIN, "a record fits a grain");

/**
 * Invariants:
 *
 * 1. taken - returned <= size; what lies between is in use, by producers,
 *    in the queue, or by the consumer.
 * 2. A record does not go round the end: what is left there is skipped, and
 *    is part of the record's room.
 * 3. `done[g]` is what has come back of the room that begins at grain g, 0 if
 *    it has not; only the consumer looks at it.
 */
struct ring {
	struct mpsc queue;
	alignas(MPSC_CACHE_LINE) _Atomic uint64_t taken;
	alignas(MPSC_CACHE_LINE) _Atomic uint64_t returned;
	size_t size;
	uint32_t *done;
	char *bytes;
};

struct ring *
ring_new(size_t size)
{
	struct ring *r;

	assert(size >= 4096 && (size & (size - 1)) == 0);
	if ((r = aligned_alloc(MPSC_CACHE_LINE, sizeof(*r))) == NULL)
		goto err0;
	memset(r, 0, sizeof(*r));
	r->size = size;
	if ((r->bytes = aligned_alloc(GRAIN, size)) == NULL)
		goto err1;
	if ((r->done = calloc(size / GRAIN, sizeof(*r->done))) == NULL)
		goto err2;
	return (r);

err2:
	free(r->bytes);
err1:
	free(r);
err0:
	return (NULL);
}

void
ring_free(struct ring *r)
{

	if (r == NULL)
		return;
	free(r->done);
	free(r->bytes);
	free(r);
}

/* Take room for a record. The result says whether there was any. */
static enum ring_result
take_room(struct ring *r, size_t need, uint64_t *begin, size_t *room)
{
	uint64_t taken, returned;
	size_t left;

	/* Relaxed: a number; what it stands for is ordered by `returned`. */
	taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
	do {
		if (taken & SHUT)
			return (RING_SHUT);
		/*
		 * Acquire: orders the consumer's reads of what lay there
		 * before this producer's writes. A value that is behind only
		 * finds less room; one that is ahead of `taken` means that
		 * `taken` is old, and the exchange fails.
		 */
		returned = atomic_load_explicit(&r->returned,
		    memory_order_acquire);
		left = r->size - (taken & (r->size - 1));
		*room = left < need ? left + need : need;
		if (returned <= taken && taken + *room - returned > r->size)
			return (RING_FULL);
		/* Relaxed: as above; the record is published by its push. */
	} while (!atomic_compare_exchange_weak_explicit(&r->taken, &taken,
	    taken + *room, memory_order_relaxed, memory_order_relaxed));
	*begin = taken;
	return (RING_PUT);
}

enum ring_result
ring_put(struct ring *r, const char *bytes, size_t length)
{
	struct mpsc_chain chain = { 0 };
	struct ring_record *record;
	enum ring_result result;
	size_t need, room;
	uint64_t begin;

	need = (sizeof(*record) + length + GRAIN - 1) / GRAIN * GRAIN;
	if (need > r->size / 4)
		return (RING_FULL);
	if ((result = take_room(r, need, &begin, &room)) != RING_PUT)
		return (result);
	record = (struct ring_record *)(void *)(r->bytes +
	    ((begin + room - need) & (r->size - 1)));
	record->begin = begin;
	record->room = (uint32_t)room;
	record->length = (uint32_t)length;
	memcpy(record->text, bytes, length);
	mpsc_chain_add(&chain, &record->node);
	return (mpsc_push(&r->queue, &chain) ? RING_WAKE : RING_PUT);
}

bool
ring_is_full(const struct ring *r)
{
	uint64_t taken, returned;

	/* Relaxed: a hint; nothing is read or written because of it. */
	taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
	returned = atomic_load_explicit(&r->returned, memory_order_relaxed);
	/* One that is ahead means that `taken` is old. */
	return (!(taken & SHUT) && returned <= taken &&
	    taken + RING_FEW - returned > r->size);
}

struct ring_record *
ring_take(struct ring *r)
{

	return ((struct ring_record *)mpsc_take(&r->queue));
}

void
ring_done(struct ring *r, struct ring_record *record)
{
	uint64_t returned;
	uint32_t *done;

	r->done[(record->begin & (r->size - 1)) / GRAIN] = record->room;
	/* Relaxed: only this thread stores it. */
	returned = atomic_load_explicit(&r->returned, memory_order_relaxed);
	while (done = &r->done[(returned & (r->size - 1)) / GRAIN],
	    *done != 0) {
		returned += *done;
		*done = 0;
	}
	/* Release: pairs with take_room(). */
	atomic_store_explicit(&r->returned, returned, memory_order_release);
}

void
ring_shut(struct ring *r)
{

	/* Relaxed: whoever comes later is told; nothing goes along. */
	atomic_fetch_or_explicit(&r->taken, SHUT, memory_order_relaxed);
}

uint64_t
ring_taken(const struct ring *r)
{

	return (atomic_load_explicit(&r->taken, memory_order_relaxed) & ~SHUT);
}

uint64_t
ring_returned(const struct ring *r)
{

	return (atomic_load_explicit(&r->returned, memory_order_acquire));
}
