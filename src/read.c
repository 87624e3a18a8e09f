/*
 * One read brings many small requests or a part of a large one. It goes into
 * a buffer that the reactor keeps for all its connections, so an idle
 * connection holds none; what becomes of it is in input.c. The rest of a large
 * frame is read straight behind its beginning.
 */
#include "read.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>

#include "conn.h"
#include "dispatch.h"
#include "expire.h"
#include "gather.h"
#include "hold.h"
#include "input.h"
#include "write.h"

/** How often it is read in a row. */
#define READ_TURNS 4

/** Bytes read at a time behind the beginning of a large frame, at most. */
#define READ_LARGE (512u << 10)

/** Once this much of large requests has been gathered, they are not kept for the
 *  end of the pass: by then they would have left the caches. Bytes. */
#define GATHERED_MAX (512u << 10)

/* Read up to `size` bytes behind what `to` holds, for which there is room.
 * Return the bytes read, 0 if there is nothing now, or -1 if the connection
 * has been closed for it. */
static ssize_t
receive(struct conn *c, struct bytes *to, size_t size)
{
	ssize_t n;

	if (size > to->size - to->length) {
		conn_close(c, CLOSE_MEMORY);
		return (-1);
	}
	do
		n = recv(c->fd, to->data + to->length, size, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	c->active = reactor_ms(c->reactor);
	if (n > 0) {
		to->length += (size_t)n;
		pace_received(&c->pace, (size_t)n);
		return (n);
	}
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return (0);
	if (n == -1) {
		conn_close(c, CLOSE_RESET);
		return (-1);
	}
	c->eof = true;
	event_del(&c->readable);
	return (0);
}

/* Whether what is read now can only be kept for later. */
static bool
is_ahead(const struct conn *c)
{

	return (c->job_out || c->job_held ||
	    (c->job != NULL && job_full(c->job)));
}

/* How much is read at a time: of what is kept for later, what there is room
 * for; at the end, once, as much as of anybody. */
static size_t
read_size(const struct conn *c)
{

	return (is_ahead(c) && c->input.length < CONN_INPUT_AHEAD ?
	    CONN_INPUT_AHEAD - c->input.length : INPUT_READ);
}

/* Read into the buffer that all connections share, which is always there. */
static ssize_t
receive_shared(struct conn *c, size_t size)
{

	c->reactor->scratch.length = 0;
	return (receive(c, &c->reactor->scratch, size));
}

/* Read behind the beginning of a large frame, not beyond its end: what comes
 * behind would have to be moved again. How much was asked for is in `*size`. */
static ssize_t
receive_direct(struct conn *c, size_t *size)
{
	struct bytes *in = &c->input;
	size_t whole = input_frame(c, in->length);
	size_t rest = whole > 0 ? whole - in->length : *size;
	size_t least = rest < INPUT_READ ? rest : INPUT_READ;

	*size = least;
	if (input_room(c, least, whole) != NULL) {
		*size = in->size - in->length;
		if (*size > rest)
			*size = rest;
		if (*size > READ_LARGE)
			*size = READ_LARGE;
	}
	return (receive(c, in, *size));
}

/* Look at what `from` holds and was not looked at; requests go to g->job. */
static enum gather_status
gather_all(struct gather *g, const struct bytes *from, size_t base)
{
	enum gather_status status = GATHER_MORE;
	size_t at, used;

	while ((at = g->start - base + frame_pending(g->scan)) <
	    from->length) {
		status = gather_piece(g, from->data + at, from->length - at,
		    &used);
		if (status == GATHER_FULL || status == GATHER_END)
			break;
		/* What is to be dropped stays between the requests. */
		if (status == GATHER_DROP)
			g->start = base + at + used;
	}
	return (status);
}

/* A new job of this connection goes to dispatch. */
static void
hand_on(struct conn *c, struct job *job)
{

	conn_heard(c);
	job->first = !c->asked;
	if (!c->asked)
		expire_asked(c);
	/* A long request is taken for one that has a long reply. */
	if (job->in.length > BYTES_KEEP && job->out.size < job->in.length)
		(void)spares_take(&c->reactor->spares,
		    job->in.length + INPUT_REPLY_ROOM, &job->out);
	c->job = job;
	job->source = c->source;
	job->slot = c->slot;
	job->generation = c->generation;
	job->peer = c->peer;
	dispatch_job(c->reactor, job);
}

/* There was no memory for what has been read: the connection will be closed,
 * and its input is in no state to be looked at. */
static void
lose(struct conn *c, const struct gather *g)
{

	/* A job that waits is counted when it is given up. */
	if (c->job == NULL)
		counter_add_own(&c->reactor->counters.dropped_gone,
		    g->job->count);
	c->scan = (struct frame_scan){ 0 };
	bytes_free(&c->input);
}

/* Make requests of what `from` holds. Return false if memory is short. */
static bool
take(struct conn *c, struct bytes *from)
{
	struct reactor *r = c->reactor;
	struct gather g = { &r->service->framer, &c->scan, c->job, 0 };
	enum gather_status status;
	size_t base;
	unsigned before;
	bool ok;

	if (g.job == NULL && (g.job = reactor_job(r)) == NULL)
		return (false);
	base = g.start = g.job->in.length;
	before = g.job->count;
	status = gather_all(&g, from, base);
	if (frame_begun(&c->scan) || c->pace.state != PACE_NONE)
		expire_looked(c, g.job->count > before);
	counter_add_own(&r->counters.received, g.job->count - before);
	if (g.job->count > before)
		ok = input_move(c, g.job, from, g.start - base);
	else
		ok = input_keep(c, from, g.start - base);
	if (!ok)
		lose(c, &g);
	if (c->job == NULL && (!ok || g.job->count == 0))
		reactor_job_done(r, g.job);
	else if (c->job == NULL)
		hand_on(c, g.job);
	if (status == GATHER_END) {
		/* What broke it is counted as invalid, not as partial. */
		c->scan = (struct frame_scan){ 0 };
		bytes_free(&c->input);
		conn_last(c, CLOSE_INVALID);
	}
	return (ok);
}

/* Whether what arrives now can become requests at once. */
static bool
may_take(const struct conn *c)
{

	return (c->phase == CONN_OPEN && !c->job_out && !conn_must_wait(c));
}

int
read_open(struct reactor *r)
{

	return (bytes_reserve(&r->scratch, INPUT_READ) == NULL ? -1 : 0);
}

bool
read_requests(struct conn *c)
{
	bool ok;

	if (!may_take(c) || c->input.length <= frame_pending(&c->scan))
		return (true);
	ok = take(c, &c->input);
	if (c->input.length == 0)
		spares_give(&c->reactor->spares, &c->input);
	return (ok);
}

/* What was read into the scratch buffer becomes requests, or input. */
static bool
use_scratch(struct conn *c)
{
	struct bytes *scratch = &c->reactor->scratch;

	if (c->input.length == 0 && may_take(c))
		return (take(c, scratch));
	return (input_keep(c, scratch, 0) && read_requests(c));
}

/* Read once and make requests of it. Return false when there is no more to
 * be had now, or the connection is gone. */
static bool
turn(struct conn *c)
{
	size_t size = read_size(c);
	bool ok = true, ended = false;
	ssize_t n;

	if (c->input.length >= INPUT_LARGE) {
		if ((n = receive_direct(c, &size)) > 0) {
			ok = read_requests(c);
			/* Not asked for more than the frame: there may be
			 * none. */
			ended = c->input.length == 0;
		}
	} else {
		if ((n = receive_shared(c, size)) > 0)
			ok = use_scratch(c);
	}
	if (!ok)
		conn_close(c, CLOSE_MEMORY);
	return (ok && n == (ssize_t)size && !ended);
}

static void
discard(struct conn *c)
{
	ssize_t n;

	if ((n = receive_shared(c, INPUT_READ)) == -1)
		return;
	c->lingered += (uint32_t)n;
	if (c->lingered > CONN_LINGER_BYTES)
		conn_close(c, c->reason);
	else
		conn_poke(c);
}

void
read_arrived(evutil_socket_t fd, short what, void *argument)
{
	struct conn *c = argument;
	struct reactor *r = c->reactor;
	uint32_t slot = c->slot, generation = c->generation;
	bool more = true;

	(void)fd;
	(void)what;
	if (c->phase == CONN_LINGER) {
		discard(c);
		return;
	}
	/* A read that was filled promises more: a large frame need not go
	 * through the event loop for every piece. */
	for (int i = 0; i < READ_TURNS && more; i++) {
		more = turn(c);
		if (conn_find(r, slot, generation) == NULL)
			return;
		/* The last turn is looked at by conn_poke(). */
		if (!more)
			break;
		hold_look(c);
		hold_settle(r);
		if (conn_find(r, slot, generation) == NULL)
			return;
		more = c->phase == CONN_OPEN && !c->eof && !read_must_wait(c);
	}
	if (c->job != NULL && !c->job_out &&
	    c->job->in.length > INPUT_LARGE)
		r->gathered += c->job->in.length;
	conn_poke(c);
	hold_settle(r);
	if (r->gathered > (r->inlined == NULL ? GATHERED_MAX : 0)) {
		r->gathered = 0;
		dispatch_now(r);
	}
}

void
read_last(struct conn *c)
{

	if (c->phase == CONN_OPEN && !c->eof)
		(void)turn(c);
}

bool
read_must_wait(const struct conn *c)
{

	return (conn_must_wait(c) ||
	    (is_ahead(c) && c->input.length >= CONN_INPUT_AHEAD));
}

void
read_interest(struct conn *c)
{
	bool stop = c->phase != CONN_OPEN ||
	    c->reactor->phase != REACTOR_SERVING || read_must_wait(c);

	if (c->eof || stop == c->paused)
		return;
	c->paused = stop;
	if (stop) {
		event_del(&c->readable);
		if (c->phase == CONN_OPEN && conn_stuffed(c))
			counter_add_own(&c->reactor->counters.output_soft, 1);
	} else if (event_add(&c->readable, NULL) == -1) {
		/* Nothing would ever look at it again. */
		conn_close(c, CLOSE_MEMORY);
	} else {
		expire_resumed(c);
	}
}
