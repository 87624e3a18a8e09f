/*
 * What is complete moves on into a job: by copying while it is small, by
 * handing the whole buffer over when it is not. What is incomplete, or comes
 * while the connection's job is out, is kept in the connection's own input,
 * which grows with the bytes received, not with those declared. So memory that
 * cannot be had costs only the connection that it was for.
 */
#include "input.h"

#include <stdint.h>
#include <string.h>

#include "conn.h"

/** Requests above this move with their buffer, if that is the connection's own;
 *  the shared one is larger, and has to be replaced: INPUT_LARGE. Bytes. */
#define MOVE_MIN (8u << 10)

size_t
input_frame(const struct conn *c, size_t held)
{
	size_t rest = frame_missing(&c->reactor->service->framer, &c->scan);
	size_t pending = frame_pending(&c->scan);

	/* What was read ahead may hold its end already. */
	return (rest > 1 && pending > 0 && pending + rest > held ?
	    pending + rest : 0);
}

/* Let the input go on in a spare buffer that takes the whole frame. */
static bool
use_spare(struct conn *c, size_t whole)
{
	struct bytes *in = &c->input, spare = { 0 };

	if (whole < INPUT_LARGE || in->size >= whole ||
	    !spares_take(&c->reactor->spares, whole + INPUT_REPLY_ROOM, &spare))
		return (false);
	if (in->length > 0)
		memcpy(spare.data, in->data, in->length);
	spare.length = in->length;
	spares_give(&c->reactor->spares, in);
	*in = spare;
	return (true);
}

char *
input_room(struct conn *c, size_t more, size_t whole)
{
	struct bytes *in = &c->input;

	if (more > in->size - in->length)
		(void)use_spare(c, whole);
	return (bytes_grow(in, more,
	    whole > 0 ? whole + INPUT_REPLY_ROOM : SIZE_MAX));
}

static void
swap(struct bytes *a, struct bytes *b)
{
	struct bytes c = *a;

	*a = *b;
	*b = c;
}

/* The shared buffer is needed elsewhere: another one takes its place first, so
 * that a lack of memory never costs those who share it. */
static bool
replace_shared(struct reactor *r, struct bytes *old)
{
	struct bytes fresh = { 0 };

	if (!spares_take(&r->spares, INPUT_READ, &fresh) &&
	    bytes_reserve(&fresh, INPUT_READ) == NULL)
		return (false);
	swap(&r->scratch, &fresh);
	spares_give(&r->spares, old);
	*old = fresh;
	return (true);
}

bool
input_keep(struct conn *c, struct bytes *from, size_t whole)
{
	size_t rest = from->length - whole, frame;
	char *place;

	if (rest == 0) {
		c->input.length = 0;
		return (true);
	}
	if (from == &c->input) {
		if (whole > 0)
			memmove(c->input.data, c->input.data + whole, rest);
		c->input.length = rest;
		return (true);
	}
	frame = input_frame(c, c->input.length + rest);
	/* Much of it is not copied, but goes on with its buffer. */
	if (whole == 0 && c->input.length == 0 && rest >= INPUT_READ / 2 &&
	    (frame <= from->size || !use_spare(c, frame)) &&
	    replace_shared(c->reactor, &c->input))
		return (true);
	if ((place = input_room(c, rest, frame)) == NULL)
		return (false);
	memcpy(place, from->data + whole, rest);
	c->input.length += rest;
	return (true);
}

bool
input_move(struct conn *c, struct job *job, struct bytes *from, size_t whole)
{
	size_t rest;
	char *place;

	/* Short of memory, the request is copied, into what it needs alone. */
	if (job->in.length == 0 && (from == &c->input ? whole > MOVE_MIN :
	    whole > INPUT_LARGE && replace_shared(c->reactor, &job->in))) {
		/* The buffer is the job's; the rest, mostly little, goes
		 * into the connection's own. */
		if (from == &c->input)
			swap(&job->in, from);
		rest = job->in.length - whole;
		job->in.length = whole;
		c->input.length = 0;
		if (rest == 0)
			return (true);
		place = input_room(c, rest, input_frame(c, rest));
		if (place == NULL)
			return (false);
		memcpy(place, job->in.data + whole, rest);
		c->input.length = rest;
		return (true);
	}
	if ((place = bytes_reserve(&job->in, whole)) == NULL)
		return (false);
	memcpy(place, from->data, whole);
	job->in.length += whole;
	return (input_keep(c, from, whole));
}
