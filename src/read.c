/*
 * One read brings many small requests or a part of a large one. It goes into
 * a buffer that the reactor keeps for all its connections, so an idle
 * connection holds none. What is complete moves on into a job: by copying
 * while it is small, by handing the whole buffer over when it is not. What is
 * incomplete, or comes while the connection's job is out, is kept in the
 * connection's own input, which takes further reads directly and grows with
 * the bytes received, not with those declared. So memory that cannot be had
 * costs only the connection that it was for.
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
#include "write.h"

/** Bytes read at a time, and how often in a row. */
#define READ_SIZE (128u << 10)
#define READ_TURNS 4

/** From this much of an unfinished frame on, reads go straight behind it. */
#define DIRECT_MIN (32u << 10)

/** Complete requests above this move with their buffer. Bytes. */
#define MOVE_MIN (8u << 10)

/* One read behind what `to` holds. Return the bytes read, 0 if there is
 * nothing now, or -1 if the connection has been closed for it. */
static ssize_t
receive(struct conn *c, struct bytes *to, size_t size)
{
	char *place = bytes_reserve(to, size);
	ssize_t n;

	if (place == NULL) {
		conn_close(c, CLOSE_MEMORY);
		return (-1);
	}
	do
		n = recv(c->fd, place, size, MSG_DONTWAIT);
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

/* Bytes from `from` on are left over: they become the connection's input. */
static bool
keep_rest(struct conn *c, const struct bytes *from, size_t whole)
{
	size_t rest = from->length - whole;
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
	if ((place = bytes_reserve(&c->input, rest)) == NULL)
		return (false);
	memcpy(place, from->data + whole, rest);
	c->input.length += rest;
	return (true);
}

/* Move the first `whole` bytes of `from` into the job, and keep the rest. */
static bool
move(struct conn *c, struct job *job, struct bytes *from, size_t whole)
{
	struct bytes moved;
	char *place;

	/* The shared buffer goes away only once there is another: without it
	 * nobody could be read from. Short of memory, the request is copied,
	 * into what it needs alone. */
	if (whole > MOVE_MIN && job->in.length == 0 &&
	    (from != &c->reactor->scratch ||
	    bytes_reserve(&job->in, READ_SIZE) != NULL)) {
		/* The buffers change places; the rest, mostly little, goes
		 * back into the one that the job had. */
		moved = *from;
		*from = job->in;
		job->in = moved;
		moved.length = moved.length - whole;
		job->in.length = whole;
		if (moved.length == 0)
			return (true);
		place = bytes_reserve(&c->input, moved.length);
		if (place == NULL)
			return (false);
		memcpy(place, job->in.data + whole, moved.length);
		c->input.length += moved.length;
		return (true);
	}
	if ((place = bytes_reserve(&job->in, whole)) == NULL)
		return (false);
	memcpy(place, from->data, whole);
	job->in.length += whole;
	return (keep_rest(c, from, whole));
}

/* A new job of this connection goes to dispatch. */
static void
hand_on(struct conn *c, struct job *job)
{

	conn_heard(c);
	if (!c->asked)
		expire_asked(c);
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
	expire_looked(c, g.job->count > before);
	counter_add_own(&r->counters.received, g.job->count - before);
	if (g.job->count > before)
		ok = move(c, g.job, from, g.start - base);
	else
		ok = keep_rest(c, from, g.start - base);
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

	return (c->phase == CONN_OPEN && !c->job_out && !hold_waits(c) &&
	    !conn_stuffed(c));
}

int
read_open(struct reactor *r)
{

	return (bytes_reserve(&r->scratch, READ_SIZE) == NULL ? -1 : 0);
}

bool
read_requests(struct conn *c)
{
	bool ok;

	if (!may_take(c) || c->input.length <= frame_pending(&c->scan))
		return (true);
	ok = take(c, &c->input);
	if (c->input.length == 0)
		bytes_free(&c->input);
	return (ok);
}

/* What was read into the scratch buffer becomes requests, or input. */
static bool
use_scratch(struct conn *c)
{
	struct bytes *scratch = &c->reactor->scratch;

	if (c->input.length == 0 && may_take(c))
		return (take(c, scratch));
	return (keep_rest(c, scratch, 0) && read_requests(c));
}

/* Read once and make requests of it. Return false when there is no more to
 * be had now, or the connection is gone. */
static bool
turn(struct conn *c)
{
	struct bytes *scratch = &c->reactor->scratch;
	bool direct = c->input.length >= DIRECT_MIN, ok = true;
	ssize_t n;

	if (direct) {
		if ((n = receive(c, &c->input, READ_SIZE)) > 0)
			ok = read_requests(c);
	} else {
		scratch->length = 0;
		if ((n = receive(c, scratch, READ_SIZE)) > 0)
			ok = use_scratch(c);
	}
	if (!ok)
		conn_close(c, CLOSE_MEMORY);
	return (ok && n == READ_SIZE);
}

static void
discard(struct conn *c)
{
	struct bytes *scratch = &c->reactor->scratch;
	ssize_t n;

	scratch->length = 0;
	if ((n = receive(c, scratch, READ_SIZE)) == -1)
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
		hold_look(c);
		hold_settle(r);
		if (conn_find(r, slot, generation) == NULL)
			return;
		more = more && c->phase == CONN_OPEN && !c->eof &&
		    !read_must_wait(c);
	}
	conn_poke(c);
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

	return (conn_stuffed(c) || hold_waits(c) ||
	    ((c->job_out || c->job_held || (c->job != NULL &&
	    job_full(c->job))) && c->input.length >= CONN_INPUT_AHEAD));
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
