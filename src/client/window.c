#include "window.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "frame.h"

/* Bytes that may wait to be sent; one request may be longer. */
#define BYTES_MAX ((size_t)256 << 10)

/* Empty buffers above this are given back after a long request. */
#define KEEP_SIZE (2 * BYTES_MAX)

/* A request: its number, and where its bytes end in the stream of all. */
struct asked {
	uint64_t number;
	uint64_t end;
};

/*
 * 1. Requests are ring[(head + i) % capacity], 0 <= i < count, oldest first.
 * 2. `answered` <= `sent` <= the end of `out` <= the end of `pending`, all
 *    counted in bytes of the stream from its start.
 * 3. Only the sender changes `out`, only the asker appends to `pending`.
 */
struct window {
	struct asked *ring;
	size_t capacity, flight, head, count;
	struct bytes pending; /* added and not yet given to the sender */
	struct bytes out;     /* being sent */
	size_t out_at;        /* how much of it has been */
	uint64_t added, sent, answered;
};

struct window *
window_new(size_t capacity, size_t flight)
{
	struct window *w = calloc(1, sizeof(*w));

	assert(flight > 0 && flight <= capacity);
	if (w == NULL)
		return (NULL);
	if ((w->ring = calloc(capacity, sizeof(*w->ring))) == NULL) {
		free(w);
		return (NULL);
	}
	w->capacity = capacity;
	w->flight = flight;
	return (w);
}

void
window_free(struct window *w)
{

	if (w == NULL)
		return;
	bytes_free(&w->pending);
	bytes_free(&w->out);
	free(w->ring);
	free(w);
}

bool
window_full(const struct window *w)
{

	return (w->count == w->capacity || w->pending.length >= BYTES_MAX);
}

bool
window_easy(const struct window *w)
{

	return (w->count <= w->capacity / 2 &&
	    w->pending.length < BYTES_MAX / 2);
}

int
window_add(struct window *w, throng_framing framing, uint64_t number,
    const char *bytes, size_t length)
{
	struct asked *asked;
	size_t used;
	char *to;

	assert(w->count < w->capacity);
	to = bytes_reserve(&w->pending,
	    length + FRAME_HEAD_MAX + FRAME_TAIL_MAX);
	if (to == NULL)
		return (-1);
	used = frame_head(framing, length, to);
	if (length > 0)
		memcpy(to + used, bytes, length);
	used += length;
	used += frame_tail(framing, 0, to + used);
	w->pending.length += used;
	w->added += used;
	asked = &w->ring[(w->head + w->count++) % w->capacity];
	*asked = (struct asked){ number, w->added };
	return (0);
}

/* Everything given to the sender is sent: give it what has come since. */
static void
refill(struct window *w)
{
	struct bytes empty = w->out;

	empty.length = 0;
	if (empty.size > KEEP_SIZE)
		bytes_free(&empty);
	w->out = w->pending;
	w->pending = empty;
	w->out_at = 0;
}

size_t
window_sendable(struct window *w, const char **bytes)
{
	size_t left, last = w->count < w->flight ? w->count : w->flight;
	uint64_t end;

	if (w->out_at == w->out.length)
		refill(w);
	left = w->out.length - w->out_at;
	if (left == 0 || last == 0)
		return (0);
	*bytes = w->out.data + w->out_at;
	end = w->ring[(w->head + last - 1) % w->capacity].end;
	if (end <= w->sent)
		return (0);
	return (left < end - w->sent ? left : (size_t)(end - w->sent));
}

void
window_sent(struct window *w, size_t length)
{

	w->out_at += length;
	w->sent += length;
}

int
window_answered(struct window *w, uint64_t *number)
{

	if (w->sent <= w->answered)
		return (-1);
	return (window_drop(w, number));
}

int
window_drop(struct window *w, uint64_t *number)
{
	const struct asked *oldest = &w->ring[w->head];

	if (w->count == 0)
		return (-1);
	*number = oldest->number;
	w->answered = oldest->end;
	w->head = (w->head + 1) % w->capacity;
	w->count--;
	return (0);
}

size_t
window_count(const struct window *w)
{

	return (w->count);
}
