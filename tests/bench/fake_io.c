#include "fake_io.h"

#include <stdlib.h>
#include <string.h>

static void
put(struct fake_conn *c, const char *bytes, size_t length)
{

	if (c->begin == c->end)
		c->begin = c->end = 0;
	if (c->end + length > FAKE_ROOM)
		abort();
	memcpy(c->reply + c->end, bytes, length);
	c->end += length;
}

static size_t
framed(const struct fake *f, const char *payload, size_t length, char *out)
{
	size_t n = frame_head(f->framer.framing, length, out);

	memcpy(out + n, payload, length);
	n += length;
	return (n + frame_tail(f->framer.framing, 0, out + n));
}

/* The engine's stamp is its own; a foreign one is made by asking it. */
static void
foreign(struct fake *f, struct fake_conn *c, char *reply, size_t *length)
{
	for (int i = 0; i < FAKE_CONNS; i++) {
		struct fake_conn *other = &f->conn[i];

		if (other == c || other->last_length == 0)
			continue;
		memcpy(reply, other->last, other->last_length);
		*length = other->last_length;
		f->injected++;
		return;
	}
}

/* Faults that change the reply; whether it is to be sent. */
static int
spoil(struct fake *f, struct fake_conn *c, const char *payload,
    size_t length, char *reply, size_t *reply_length)
{
	static const char refusal[] = "!error busy try later";
	char copy[4096];

	memcpy(copy, payload, length);
	copy[length] = 'x';
	switch (f->fault) {
	case FAKE_CORRUPT:
		copy[length / 2] ^= 1;
		*reply_length = framed(f, copy, length, reply);
		break;
	case FAKE_SHORT:
		*reply_length = framed(f, copy, length - 1, reply);
		break;
	case FAKE_LONG:
		*reply_length = framed(f, copy, length + 1, reply);
		break;
	case FAKE_REFUSE:
		*reply_length = framed(f, refusal, sizeof(refusal) - 1, reply);
		break;
	case FAKE_FOREIGN:
		foreign(f, c, reply, reply_length);
		return (1);
	case FAKE_STALE:
		if (c->last_length == 0)
			return (1);
		memcpy(reply, c->last, *reply_length = c->last_length);
		break;
	case FAKE_CLOSE:
		c->closed = 1;
		*reply_length /= 2;
		break;
	case FAKE_RESET:
		c->reset = 1;
		f->injected++;
		return (0);
	case FAKE_GARBAGE:
		memset(reply, 'z', *reply_length);
		break;
	default:
		f->injected++;
		return (0);
	}
	f->injected++;
	return (1);
}

static void
serve(struct fake *f, struct fake_conn *c, const char *payload,
    size_t length)
{
	const int due = f->every > 0 && ++f->requests % f->every == 0;
	char reply[4200], good[4200];
	size_t n = framed(f, payload, length, reply), good_length = n;

	if (c->closed || c->reset)
		return;
	memcpy(good, reply, n);
	if (due && f->fault == FAKE_SWAP) {
		memcpy(c->held, reply, c->held_length = n);
		f->injected++;
		return;
	}
	if (due && f->fault == FAKE_DOUBLE) {
		put(c, reply, n);
		f->injected++;
	} else if (due && !spoil(f, c, payload, length, reply, &n)) {
		return;
	}
	put(c, reply, n);
	if (c->held_length > 0) {
		put(c, c->held, c->held_length);
		c->held_length = 0;
	}
	memcpy(c->last, good, c->last_length = good_length);
}

static int
not_now(struct fake *f)
{

	return (f->again > 0 && ++f->calls % f->again == 0);
}

static long
io_send(void *context, uint32_t i, const char *bytes, size_t length)
{
	struct fake *f = context;
	struct fake_conn *c = &f->conn[i];
	size_t start, at, used;

	if (not_now(f))
		return (ENGINE_AGAIN);
	if (c->closed || c->reset)
		return (c->reset ? ENGINE_BROKEN : (long)length);
	if (f->gulp > 0 && length > f->gulp)
		length = f->gulp;
	f->now += f->late;
	at = c->request_length;
	memcpy(c->request + at, bytes, length);
	c->request_length += length;
	for (start = 0; at < c->request_length; start = at) {
		if (frame_scan(&f->framer, &c->scan, c->request + at,
		    c->request_length - at, &used) != FRAME_READY)
			break;
		at += used;
		serve(f, c, c->request + start + c->scan.head,
		    c->scan.length);
	}
	memmove(c->request, c->request + start, c->request_length - start);
	c->request_length -= start;
	return ((long)length);
}

static long
io_receive(void *context, uint32_t i, char *bytes, size_t size)
{
	struct fake *f = context;
	struct fake_conn *c = &f->conn[i];
	size_t n = c->end - c->begin;

	if (not_now(f))
		return (ENGINE_AGAIN);
	if (n == 0)
		return (c->reset ? ENGINE_BROKEN : c->closed ? 0 :
		    ENGINE_AGAIN);
	if (f->piece > 0 && n > f->piece)
		n = f->piece;
	n = n < size ? n : size;
	memcpy(bytes, c->reply + c->begin, n);
	c->begin += n;
	return ((long)n);
}

static void
io_want_room(void *context, uint32_t i)
{
	struct fake *f = context;

	f->wants[i] = 1;
}

static void
io_ended(void *context, uint32_t i)
{
	struct fake *f = context;

	if (f->conn[i].ended++ > 0)
		abort();
}

static void
io_renew(void *context, uint32_t i)
{
	struct fake *f = context;

	memset(&f->conn[i], 0, sizeof(f->conn[i]));
	f->renewing[i] = 1;
}

/* Connecting has ended, well or badly. */
static void
renew(struct fake *f, struct engine *e, uint32_t i)
{

	f->renewing[i] = 0;
	f->renewed++;
	if (f->refuse > 0 && f->renewed % f->refuse == 0) {
		f->conn[i].ended = 1;
		engine_refused(e, i);
	} else {
		engine_opened(e, i);
	}
}

static uint64_t
io_now(void *context)
{

	return (((struct fake *)context)->now);
}

struct fake *
fake_new(throng_framing framing)
{
	struct fake *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->now = 1000000000;
	f->framer.framing = framing;
	f->framer.max = 1u << 16;
	return (f);
}

struct engine_io
fake_io(struct fake *f)
{

	return ((struct engine_io){ io_send, io_receive, io_want_room,
	    io_ended, io_renew, io_now, f });
}

void
fake_pump(struct fake *f, struct engine *e, uint64_t until)
{
	int moved = 1;

	while (moved && f->now < until) {
		moved = engine_poll(e) <= until;
		f->now += 1000;
		for (uint32_t i = 0; i < FAKE_CONNS; i++) {
			struct fake_conn *c = &f->conn[i];

			if (f->renewing[i]) {
				moved = 1;
				renew(f, e, i);
			}
			if (c->ended)
				continue;
			if (f->wants[i]) {
				f->wants[i] = 0;
				moved = 1;
				engine_writable(e, i);
			}
			if (!c->ended && (c->begin < c->end || c->closed ||
			    c->reset)) {
				moved = 1;
				engine_readable(e, i);
			}
		}
	}
}
