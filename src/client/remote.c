#include "remote.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "order.h"

/* Bytes held for their turn above which a connection is not read from. */
#define HELD_MAX ((size_t)256 << 10)

#define WHY_MAX 400

struct member {
	struct remote *remote;
	struct link *link;
	unsigned index;
};

/*
 * 1. `lock` guards what is listed below it. A link's own lock may be taken
 *    under it, never the other way round.
 * 2. The sink is called under the lock, so replies reach it in order.
 */
struct remote {
	const struct options *options;
	const char *name;
	const struct sink *sink;
	bool patient;
	unsigned next;   /* the member whose turn it is to be asked */
	uint64_t number; /* of the next request */
	unsigned count;
	struct member *members;

	pthread_mutex_t lock;
	pthread_cond_t room;
	bool asker_waits;
	struct order *order;
	struct remote_state state;
	char why[WHY_MAX];
};

/* The name before a reply: needed only among others. */
static const char *
label(const struct remote *r)
{

	return (r->options->servers > 1 ? r->name : NULL);
}

static void
on_up(void *context)
{
	struct remote *r = ((struct member *)context)->remote;

	pthread_mutex_lock(&r->lock);
	r->state.connecting--;
	r->state.up++;
	pthread_mutex_unlock(&r->lock);
	r->sink->changed(r->sink->context);
}

/* Under the lock: the turn has moved on. */
static void
drain(struct remote *r, const struct member *mine)
{
	struct order_reply reply;

	while (order_take(r->order, &reply)) {
		r->sink->reply(r->sink->context, label(r), reply.bytes,
		    reply.length);
		free(reply.bytes);
		/* Its link may have stopped reading because of this one. */
		if (reply.owner != mine->index && reply.length > 0)
			link_wake(r->members[reply.owner].link);
	}
	if (r->asker_waits)
		pthread_cond_signal(&r->room);
}

/* Under the lock. */
static void
lose(struct remote *r, const struct member *mine, uint64_t number,
    const char *why)
{

	r->state.lost++;
	if (r->why[0] == '\0')
		snprintf(r->why, sizeof(r->why), "%s", why);
	order_skip(r->order, number);
	drain(r, mine);
}

/* Under the lock: one is lost though its connection lives, which at the end
 * tells of the others. Who reads along is told; a pipe has its summary. */
static void
tell_lost(const struct remote *r, const char *why)
{
	char line[2 * WHY_MAX];

	if (r->patient)
		return;
	snprintf(line, sizeof(line), "%s: no reply: %s", r->name, why);
	r->sink->notice(r->sink->context, line);
}

static void
on_reply(void *context, uint64_t number, const char *bytes, size_t length)
{
	struct member *m = context;
	struct remote *r = m->remote;

	pthread_mutex_lock(&r->lock);
	r->state.answered++;
	if (length >= 7 && memcmp(bytes, "!error ", 7) == 0)
		r->state.refused++;
	if (order_pass(r->order, number)) {
		r->sink->reply(r->sink->context, label(r), bytes, length);
		drain(r, m);
	} else if (order_hold(r->order, number, m->index, bytes, length)) {
		r->state.answered--;
		tell_lost(r, strerror(ENOMEM));
		lose(r, m, number, strerror(ENOMEM));
	}
	pthread_mutex_unlock(&r->lock);
}

static bool
on_stray(void *context, const char *bytes, size_t length)
{
	struct remote *r = ((struct member *)context)->remote;

	/* Of raw bytes nobody can tell what they belong to: show them. */
	if (r->patient && r->options->framing != THRONG_FRAME_RAW)
		return (false);
	pthread_mutex_lock(&r->lock);
	r->sink->reply(r->sink->context, label(r), bytes, length);
	pthread_mutex_unlock(&r->lock);
	return (true);
}

static void
on_dropped(void *context, uint64_t number, const char *why)
{
	struct member *m = context;

	pthread_mutex_lock(&m->remote->lock);
	tell_lost(m->remote, why);
	lose(m->remote, m, number, why);
	pthread_mutex_unlock(&m->remote->lock);
}

static void
on_lost(void *context, uint64_t number, const char *why)
{
	struct member *m = context;

	pthread_mutex_lock(&m->remote->lock);
	lose(m->remote, m, number, why);
	pthread_mutex_unlock(&m->remote->lock);
}

static bool
on_full(void *context)
{
	struct member *m = context;
	struct remote *r = m->remote;
	bool full;

	if (r->count == 1)
		return (false); /* always in order, so nothing is held */
	pthread_mutex_lock(&r->lock);
	full = order_held(r->order, m->index) > HELD_MAX;
	pthread_mutex_unlock(&r->lock);
	return (full);
}

static void
on_flush(void *context)
{
	const struct sink *sink = ((struct member *)context)->remote->sink;

	sink->flush(sink->context);
}

/* Under the lock: tell the user now, unless the summary at the end will. */
static void
report(const struct remote *r, const char *why, bool connected)
{
	char line[2 * WHY_MAX];

	if (!connected)
		snprintf(line, sizeof(line), "Connection error: %s: %s",
		    r->name, why);
	else if (r->patient && r->options->servers == 1)
		return;
	else if (r->state.up > 0)
		snprintf(line, sizeof(line), "%s: one of %u connections: %s",
		    r->name, r->count, why);
	else
		snprintf(line, sizeof(line), "%s: %s", r->name, why);
	r->sink->notice(r->sink->context, line);
}

/* Under the lock: a connection failed, or was lost. */
static void
fail(struct remote *r, const char *why, bool connected)
{

	/* Of many connections that cannot be had, the first is enough. */
	if (connected || !r->state.unreachable)
		report(r, why, connected);
	r->state.failed = true;
	if (!connected)
		r->state.unreachable = true;
	if (r->why[0] == '\0')
		snprintf(r->why, sizeof(r->why), "%s", why);
}

static void
on_gone(void *context, const char *why, bool connected)
{
	struct remote *r = ((struct member *)context)->remote;

	pthread_mutex_lock(&r->lock);
	if (connected)
		r->state.up--;
	else
		r->state.connecting--;
	if (why != NULL)
		fail(r, why, connected);
	pthread_cond_signal(&r->room);
	pthread_mutex_unlock(&r->lock);
	r->sink->changed(r->sink->context);
}

static const struct link_events events = {
	.up = on_up,
	.reply = on_reply,
	.stray = on_stray,
	.dropped = on_dropped,
	.lost = on_lost,
	.full = on_full,
	.flush = on_flush,
	.gone = on_gone,
};

struct remote *
remote_new(const struct options *options, const char *name,
    const struct sink *sink, bool patient)
{
	struct remote *r = calloc(1, sizeof(*r));
	size_t out = options->connections * link_capacity(options);

	if (r == NULL)
		return (NULL);
	r->options = options;
	r->name = name;
	r->sink = sink;
	r->patient = patient;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->room, NULL);
	r->order = order_new(out, options->connections);
	r->members = calloc(options->connections, sizeof(*r->members));
	if (r->order == NULL || r->members == NULL) {
		remote_free(r);
		return (NULL);
	}
	for (; r->count < options->connections; r->count++) {
		struct member *m = &r->members[r->count];

		m->remote = r;
		m->index = r->count;
		m->link = link_new(options, name, &events, m);
		if (m->link == NULL) {
			remote_free(r);
			return (NULL);
		}
	}
	r->state.connecting = r->count;
	return (r);
}

int
remote_start(struct remote *r)
{
	int rc;

	for (unsigned i = 0; i < r->count; i++) {
		if ((rc = link_start(r->members[i].link)) != 0)
			return (rc);
	}
	return (0);
}

void
remote_free(struct remote *r)
{

	if (r == NULL)
		return;
	remote_abort(r);
	remote_join(r);
	for (unsigned i = 0; i < r->count; i++)
		link_free(r->members[i].link);
	free(r->members);
	order_free(r->order);
	pthread_cond_destroy(&r->room);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static bool
alive(const struct remote *r)
{

	return (r->state.connecting + r->state.up > 0);
}

/* Wait until the next request may go out; whether it may. */
static bool
wait_for_room(struct remote *r)
{
	bool room;

	pthread_mutex_lock(&r->lock);
	if (r->patient && !order_room(r->order, r->number)) {
		remote_kick(r);
		r->asker_waits = true;
		while (!order_room(r->order, r->number) && alive(r))
			pthread_cond_wait(&r->room, &r->lock);
		r->asker_waits = false;
	}
	room = order_room(r->order, r->number);
	pthread_mutex_unlock(&r->lock);
	return (room);
}

int
remote_ask(struct remote *r, const char *bytes, size_t length)
{
	struct link *link;
	int rc = EPIPE;

	if (!wait_for_room(r))
		return (EAGAIN);
	pthread_mutex_lock(&r->lock);
	r->state.asked++;
	pthread_mutex_unlock(&r->lock);
	for (unsigned i = 0; i < r->count && rc == EPIPE; i++) {
		link = r->members[r->next++ % r->count].link;
		rc = link_send(link, r->number, bytes, length, r->patient);
	}
	if (rc == 0) {
		r->number++;
		return (0);
	}
	pthread_mutex_lock(&r->lock);
	if (rc == EAGAIN)
		r->state.asked--;
	else
		r->state.lost++;
	if (rc == ENOMEM) {
		tell_lost(r, strerror(rc));
		if (r->why[0] == '\0')
			snprintf(r->why, sizeof(r->why), "%s", strerror(rc));
	}
	pthread_mutex_unlock(&r->lock);
	return (rc);
}

void
remote_kick(struct remote *r)
{

	for (unsigned i = 0; i < r->count; i++)
		link_kick(r->members[i].link);
}

void
remote_finish(struct remote *r)
{

	for (unsigned i = 0; i < r->count; i++)
		link_finish(r->members[i].link);
}

void
remote_abort(struct remote *r)
{

	for (unsigned i = 0; i < r->count; i++)
		link_abort(r->members[i].link);
}

void
remote_join(struct remote *r)
{

	for (unsigned i = 0; i < r->count; i++)
		link_join(r->members[i].link);
}

bool
remote_resolving(struct remote *r)
{

	for (unsigned i = 0; i < r->count; i++) {
		if (link_resolving(r->members[i].link))
			return (true);
	}
	return (false);
}

struct remote_state
remote_state(struct remote *r)
{
	struct remote_state state;

	pthread_mutex_lock(&r->lock);
	state = r->state;
	pthread_mutex_unlock(&r->lock);
	return (state);
}

const char *
remote_why(const struct remote *r)
{

	return (r->why);
}

const char *
remote_name(const struct remote *r)
{

	return (r->name);
}
