/*
 * A connection lives in a slot. Slots are made as they are needed, never
 * more than the connection limit, and used again most recent first. When a
 * crowd has left, those at the end of the table are freed.
 *
 * Closing politely takes two steps, because a socket closed with unread
 * input resets the connection and may destroy the last reply on its way:
 * first the sending side is shut down, then the client's remaining input is
 * read and thrown away, bounded in bytes and time (lingering).
 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "accept.h"
#include "dispatch.h"
#include "expire.h"
#include "gather.h"
#include "hold.h"
#include "read.h"
#include "refuse.h"
#include "source.h"
#include "write.h"

#define SLOTS_FIRST 64

/** Free slots above this number are freed, from the end of the table. */
#define SLOTS_FREE_MAX 1024

/** Slots are made, and freed, by so many: what libevent makes for each
 *  descriptor, and keeps, would otherwise lie between them and hold on to
 *  every page. */
#define SLOTS_AT_ONCE 64

/* A new slot at the end of the table, or NULL. */
static struct conn *
slot_make(struct reactor *r)
{
	struct conn *first, *c;
	uint32_t at;

	if (r->slots_made == r->slots_room) {
		uint32_t room = r->slots_room ? r->slots_room * 2 :
		    SLOTS_FIRST;
		struct conn **slots;

		if (hold_room(r, room) == -1)
			return (NULL);
		slots = realloc(r->slots, room * sizeof(*slots));
		if (slots == NULL)
			return (NULL);
		r->slots = slots;
		r->slots_room = room;
	}
	at = r->slots_made % SLOTS_AT_ONCE;
	first = at > 0 ? r->slots[r->slots_made - at] :
	    calloc(SLOTS_AT_ONCE, sizeof(*first));
	if (first == NULL)
		return (NULL);
	c = &first[at];
	/* None that had this number before had that generation. */
	*c = (struct conn){
		.reactor = r, .slot = r->slots_made,
		.generation = r->slots_freed,
	};
	r->slots[r->slots_made++] = c;
	return (c);
}

static struct conn *
slot_take(struct reactor *r)
{
	struct conn *c = TAILQ_FIRST(&r->free_slots);

	if (c == NULL)
		return (slot_make(r));
	TAILQ_REMOVE(&r->free_slots, c, list);
	r->slots_free--;
	return (c);
}

/* The memory of a crowd that has left. */
static void
slots_shrink(struct reactor *r)
{
	struct conn *c;

	while (r->slots_free > SLOTS_FREE_MAX &&
	    (c = r->slots[r->slots_made - 1])->phase == CONN_FREE) {
		if (c->generation > r->slots_freed)
			r->slots_freed = c->generation;
		TAILQ_REMOVE(&r->free_slots, c, list);
		r->slots_free--;
		if (--r->slots_made % SLOTS_AT_ONCE == 0)
			free(c);
	}
}

/* Give the slot back; from here on nobody finds the connection, which may be
 * gone. */
static void
slot_give(struct conn *c)
{
	struct reactor *r = c->reactor;
	uint32_t slot = c->slot, generation = c->generation + 1;

	*c = (struct conn){
		.reactor = r, .slot = slot, .generation = generation,
	};
	TAILQ_INSERT_HEAD(&r->free_slots, c, list);
	r->slots_free++;
	slots_shrink(r);
}

struct conn *
conn_find(struct reactor *r, uint32_t slot, uint32_t generation)
{
	struct conn *c = slot < r->slots_made ? r->slots[slot] : NULL;

	if (c == NULL || c->phase == CONN_FREE ||
	    c->generation != generation)
		return (NULL);
	return (c);
}

void
conn_slots_free(struct reactor *r)
{

	for (uint32_t i = 0; i < r->slots_made; i += SLOTS_AT_ONCE)
		free(r->slots[i]);
	free(r->slots);
	r->slots = NULL;
	r->slots_made = r->slots_room = 0;
}

/* The socket under the reactor's eye; on failure the caller still owns it. */
static int
attach(struct conn *c, int fd)
{

	c->fd = fd;
	if (event_assign(&c->readable, c->reactor->base, fd,
	    EV_READ | EV_PERSIST, read_arrived, c) == -1)
		return (-1);
	return (event_add(&c->readable, NULL));
}

/* Only a handler with state per connection needs a job to close it. */
static int
prepare_state(struct conn *c)
{
	const throng_handler *h = c->reactor->service->handler;

	if (h->connection_close == NULL)
		return (0);
	if ((c->state_job = job_new(0)) == NULL)
		return (-1);
	c->state_job->kind = JOB_END;
	return (0);
}

static void
greet_refused(struct conn *c, enum admission why)
{
	char frame[REFUSE_MAX];
	struct service *s = c->reactor->service;
	size_t length;

	c->reactor->refusing++;
	admit_refused(c->reactor, &c->peer, why);
	conn_last(c, CLOSE_REFUSED);
	length = refuse_frame(s->framer.framing, REFUSE_BUSY, 0, frame);
	if (write_reply(c, frame, length) == 0)
		conn_poke(c);
	else
		conn_close(c, CLOSE_RESET);
}

/* More refusals than may linger: answered without the courtesy. */
static void
refuse_abruptly(struct reactor *r, int fd, const struct peer *peer,
    enum admission why)
{
	char frame[REFUSE_MAX];
	size_t length;

	length = refuse_frame(r->service->framer.framing, REFUSE_BUSY, 0,
	    frame);
	(void)send(fd, frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	evutil_closesocket(fd);
	admit_refused(r, peer, why);
}

/* There is no memory for a connection: it costs only itself. */
static void
open_failed(struct reactor *r, struct conn *c, int fd, struct seat seat)
{

	event_trouble(&r->service->log, THRONG_LOG_WARN, "connection-dropped",
	    ENOMEM);
	if (c != NULL && event_initialized(&c->readable))
		event_del(&c->readable);
	evutil_closesocket(fd);
	if (c != NULL) {
		expire_forget(c);
		job_free(c->state_job);
		slot_give(c);
	}
	if (seat.admission != ADMIT_OK)
		return;
	reactor_count_silent(r, -1);
	admit_leave(r->service, seat.source);
}

void
conn_open(struct reactor *r, int fd, const struct peer *peer,
    struct seat seat)
{
	bool admitted = seat.admission == ADMIT_OK;
	struct conn *c;

	if (!admitted && r->refusing >= CONN_REFUSING_MAX) {
		refuse_abruptly(r, fd, peer, seat.admission);
		return;
	}
	if ((c = slot_take(r)) == NULL || attach(c, fd) == -1 ||
	    prepare_state(c) == -1 || (admitted && !expire_opened(c))) {
		open_failed(r, c, fd, seat);
		return;
	}
	c->phase = CONN_OPEN;
	c->peer = *peer;
	c->admitted = admitted;
	r->open++;
	if (!admitted) {
		greet_refused(c, seat.admission);
		return;
	}
	c->source = seat.source;
	c->silent = true;
	TAILQ_INSERT_TAIL(&r->silent, c, list);
	counter_add_own(&r->counters.connections, 1);
	event_accepted(&r->service->log, peer);
}

void
conn_heard(struct conn *c)
{

	if (!c->silent)
		return;
	c->silent = false;
	TAILQ_REMOVE(&c->reactor->silent, c, list);
	reactor_count_silent(c->reactor, -1);
}

/* Whether closing at once would destroy nothing: what is unread makes the
 * kernel reset the connection. */
static bool
nothing_unread(const struct conn *c)
{
	char byte;

	return (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK));
}

bool
conn_reap(struct reactor *r, uint32_t quiet_ms)
{
	struct conn *c = TAILQ_FIRST(&r->silent);

	if (c == NULL || (quiet_ms > 0 &&
	    (reactor_ms(r) - c->opened < quiet_ms || !nothing_unread(c))))
		return (false);
	counter_add_own(&r->counters.reaped, 1);
	conn_close(c, CLOSE_REAPED);
	return (true);
}

/*
 * The handler's state is closed by a worker, as the handler never runs here.
 * A job that is with a worker brings the state back; then reply.c closes it.
 */
static void
end_state(struct conn *c)
{

	if (c->state == NULL) {
		job_free(c->state_job);
		return;
	}
	c->state_job->state = c->state;
	c->state_job->peer = c->peer;
	dispatch_job(c->reactor, c->state_job);
}

/* Requests that were read and are never looked at, and what is less than
 * one: dropped for the reason that ends the connection. */
static void
end_input(struct conn *c, enum close_reason reason)
{
	struct reactor *r = c->reactor;
	unsigned rest = 0;

	if (c->input.length > 0)
		rest = gather_count(&r->service->framer, &c->scan,
		    c->input.data, c->input.length);
	counter_add_own(&r->counters.received, rest);
	if (rest > 0)
		counter_add_own(r->phase == REACTOR_KILLED ?
		    &r->counters.dropped_stopping :
		    reason == CLOSE_DONE || reason == CLOSE_INVALID ?
		    &r->counters.dropped_closing :
		    &r->counters.dropped_gone, rest);
	if (frame_pending(&c->scan) > 0)
		counter_add_own(&r->counters.dropped_partial, 1);
	c->scan = (struct frame_scan){ 0 };
	bytes_free(&c->input);
}

/* A job that waits, for a worker or for the output, waits in vain; one that
 * is out will find nobody. */
static void
end_job(struct conn *c)
{
	struct counters *counters = &c->reactor->counters;

	if (c->job == NULL || c->job_out)
		return;
	if (!c->job_held)
		dispatch_forget(c->reactor, c->job);
	counter_add_own(c->reactor->phase == REACTOR_KILLED ?
	    &counters->dropped_stopping : &counters->dropped_gone,
	    job_unanswered(c->job));
	reactor_job_done(c->reactor, c->job);
}

void
conn_close(struct conn *c, enum close_reason reason)
{
	struct reactor *r = c->reactor;
	_Atomic uint64_t *limit = expire_counter(&r->counters, reason);

	if (limit != NULL)
		counter_add_own(limit, 1);
	expire_forget(c);
	conn_heard(c);
	hold_end(c);
	end_input(c, reason);
	end_job(c);
	end_state(c);
	event_del(&c->readable);
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	evutil_closesocket(c->fd);
	event_closed(&r->service->log, &c->peer, reason);
	if (c->admitted) {
		counter_add_own(&r->counters.closed, 1);
		/* What a worker still does for it counts on: see reply.c. */
		admit_leave(r->service, c->job_out ? SOURCE_NONE : c->source);
	} else {
		r->refusing--;
	}
	r->open--;
	if (r->accept_paused)
		accept_room(r);
	slot_give(c);
	reactor_poke(r);
}

void
conn_abort(struct conn *c, enum close_reason reason)
{
	const struct linger none = { .l_onoff = 1 };

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	conn_close(c, reason);
}

void
conn_last(struct conn *c, enum close_reason reason)
{

	if (c->phase != CONN_OPEN)
		return;
	conn_heard(c);
	c->phase = CONN_LAST;
	c->reason = (uint8_t)reason;
}

/* All is sent: shut our side down and wait for the client's. */
static void
linger(struct conn *c)
{

	/* At the end there may be many; who is quiet is not waited for. */
	if (c->eof || (c->reason == CLOSE_STOPPING && nothing_unread(c)) ||
	    shutdown(c->fd, SHUT_WR) == -1) {
		conn_close(c, c->phase == CONN_LAST ? c->reason : CLOSE_EOF);
		return;
	}
	conn_heard(c);
	c->phase = CONN_LINGER;
	if (!expire_lingering(c)) {
		conn_close(c, c->reason);
		return;
	}
	end_input(c, c->reason);
	hold_look(c);
	if (event_add(&c->readable, NULL) == -1)
		conn_close(c, c->reason);
}

size_t
conn_burden(const struct conn *c)
{
	size_t half = c->reactor->service->config.output_soft / 2;

	return (write_pending(c) +
	    (c->input.length < half ? c->input.length : half));
}

bool
conn_overfull(const struct conn *c)
{

	return (conn_burden(c) > c->reactor->service->config.output_soft);
}

void
conn_poke(struct conn *c)
{

	if (c->phase == CONN_LINGER) {
		if (c->eof)
			conn_close(c, c->reason);
		return;
	}
	if (c->job_held && !conn_stuffed(c) &&
	    (write_pending(c) == 0 || !hold_waits(c))) {
		c->job_held = false;
		dispatch_job(c->reactor, c->job);
	}
	if (c->phase == CONN_OPEN && c->input.length > 0 &&
	    !read_requests(c)) {
		conn_close(c, CLOSE_MEMORY);
		return;
	}
	/* At the end of the server, this was the last request of this one. */
	if (c->reactor->phase != REACTOR_SERVING && c->job == NULL &&
	    !conn_must_wait(c))
		conn_last(c, CLOSE_STOPPING);
	if (c->job == NULL && (c->phase == CONN_LAST || c->eof) &&
	    write_pending(c) == 0) {
		linger(c);
		return;
	}
	/* Mostly it holds nothing and is owed nothing. */
	if (c->job != NULL || c->holds > 0 || c->input.size > 0 ||
	    c->bev != NULL)
		hold_look(c);
	read_interest(c);
}
