/*
 * libevent 2.1 reads at most 4,096 bytes at a time, however large the frame.
 * So when a frame is unfinished after such a read, the rest is read here,
 * straight into the input buffer, until the frame is there or the socket is
 * dry. Bytes stay in that buffer until their frame is complete; then they
 * move into the job, once.
 */
#include "read.h"

#include <event2/buffer.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "conn.h"
#include "dispatch.h"
#include "gather.h"
#include "write.h"

/** What libevent reads at most; less means that the socket is dry. */
#define LIBEVENT_READ_MAX 4096

/** Bytes read at a time here, and how often in a row. */
#define READ_SIZE (64u << 10)
#define READ_TURNS 4

/** Pieces of the input looked at in one go. */
#define PIECES 16

/* Read up to `size` bytes more. Return how many; 0: dry, closed or broken,
 * which libevent's own read will find out about. */
static size_t
top_up(struct conn *c, size_t size)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	struct evbuffer_iovec vec[2];
	struct msghdr message = { .msg_iov = (struct iovec *)vec };
	ssize_t n = -1;
	int used;

	/* A bufferevent keeps its input closed to others than itself; this
	 * runs in its own thread, between its own reads. */
	evbuffer_unfreeze(input, 0);
	used = evbuffer_reserve_space(input, (ev_ssize_t)size, vec, 2);
	if (used > 0) {
		message.msg_iovlen = (size_t)used;
		n = recvmsg(bufferevent_getfd(c->bev), &message, MSG_DONTWAIT);
	}
	if (n > 0) {
		if (vec[0].iov_len > (size_t)n) {
			vec[0].iov_len = (size_t)n;
			used = 1;
		} else if (used > 1) {
			vec[1].iov_len = (size_t)n - vec[0].iov_len;
		}
		evbuffer_commit_space(input, vec, used);
	}
	evbuffer_freeze(input, 0);
	return (n > 0 ? (size_t)n : 0);
}

void
read_arrived(struct conn *c)
{
	const struct framer *framer = &c->reactor->service->framer;
	struct evbuffer *input = bufferevent_get_input(c->bev);
	uint32_t slot = c->slot, generation = c->generation;
	struct reactor *r = c->reactor;
	size_t size;

	size = evbuffer_get_length(input);
	conn_poke(c);
	/* So little means that the socket was emptied. */
	if (size < LIBEVENT_READ_MAX)
		return;
	for (int turn = 0; turn < READ_TURNS; turn++) {
		if (conn_find(r, slot, generation) == NULL ||
		    c->phase != CONN_OPEN || c->paused || c->job_out ||
		    (c->job != NULL && job_full(c->job)))
			return;
		size = frame_missing(framer, &c->scan);
		if (top_up(c, size > READ_SIZE ? size : READ_SIZE) == 0)
			return;
		conn_poke(c);
	}
}

void
read_last(struct conn *c)
{

	if (c->phase == CONN_OPEN && !c->eof)
		top_up(c, READ_SIZE);
}

/* Move complete frames from the input into the job. */
static bool
move(struct evbuffer *input, struct job *job, size_t length)
{
	char *place;

	if (length == 0)
		return (true);
	if ((place = bytes_reserve(&job->in, length)) == NULL)
		return (false);
	evbuffer_remove(input, place, length);
	job->in.length += length;
	return (true);
}

/* Bytes of the input that were looked at: whole frames, then a piece. */
static size_t
seen(const struct gather *g)
{

	return (g->start - g->job->in.length + frame_pending(g->scan));
}

/* Look at the pieces of the input behind those. */
static enum gather_status
look(struct gather *g, struct evbuffer *input, size_t *looked)
{
	struct evbuffer_iovec pieces[PIECES];
	enum gather_status status = GATHER_MORE;
	struct evbuffer_ptr from;
	size_t used;
	int count;

	*looked = seen(g);
	evbuffer_ptr_set(input, &from, *looked, EVBUFFER_PTR_SET);
	count = evbuffer_peek(input, -1, &from, pieces, PIECES);
	if (count > PIECES)
		count = PIECES;
	for (int i = 0; i < count && status == GATHER_MORE; i++) {
		if (pieces[i].iov_len == 0)
			continue;
		status = gather_piece(g, pieces[i].iov_base,
		    pieces[i].iov_len, &used);
		*looked += used;
	}
	return (status);
}

/* Gather until the input, or the job, has nothing more to give. */
static bool
gather_input(struct gather *g, struct evbuffer *input,
    enum gather_status *status)
{
	size_t looked, whole;

	while (evbuffer_get_length(input) > seen(g)) {
		*status = look(g, input, &looked);
		if (*status == GATHER_FULL || *status == GATHER_END)
			break;
		if (*status == GATHER_MORE)
			continue;
		/* What is complete moves out first, so that what is to be
		 * dropped is at the front. */
		whole = g->start - g->job->in.length;
		if (!move(input, g->job, whole))
			return (false);
		evbuffer_drain(input, looked - whole);
	}
	return (move(input, g->job, g->start - g->job->in.length));
}

/* A new job of this connection goes to dispatch. */
static void
hand_on(struct conn *c, struct job *job)
{

	c->job = job;
	job->slot = c->slot;
	job->generation = c->generation;
	job->peer = c->peer;
	dispatch_job(c->reactor, job);
}

bool
read_requests(struct conn *c)
{
	struct reactor *r = c->reactor;
	struct evbuffer *input = bufferevent_get_input(c->bev);
	struct gather g = { &r->service->framer, &c->scan, c->job, 0 };
	enum gather_status status = GATHER_MORE;
	bool ok;

	if (c->job_out || write_pending(c) > CONN_OUTPUT_SOFT ||
	    evbuffer_get_length(input) <= frame_pending(&c->scan))
		return (true);
	if (g.job == NULL && (g.job = reactor_job(r)) == NULL)
		return (false);
	g.start = g.job->in.length;
	ok = gather_input(&g, input, &status);
	if (c->job == NULL && (!ok || g.job->count == 0))
		reactor_job_done(r, g.job);
	else if (c->job == NULL)
		hand_on(c, g.job);
	if (status == GATHER_END)
		conn_last(c, CLOSE_INVALID);
	return (ok);
}

void
read_interest(struct conn *c)
{
	size_t held = evbuffer_get_length(bufferevent_get_input(c->bev));
	bool stop = c->phase != CONN_OPEN ||
	    c->reactor->phase != REACTOR_SERVING ||
	    write_pending(c) > CONN_OUTPUT_SOFT ||
	    (c->job != NULL && held >= CONN_INPUT_AHEAD);

	if (c->eof || stop == c->paused)
		return;
	c->paused = stop;
	if (stop)
		bufferevent_disable(c->bev, EV_READ);
	else
		bufferevent_enable(c->bev, EV_READ);
}

void
read_discard(struct conn *c)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	size_t length = evbuffer_get_length(input);

	evbuffer_drain(input, length);
	c->lingered += (uint32_t)length;
	if (c->lingered > CONN_LINGER_BYTES)
		conn_close(c, c->reason);
}
