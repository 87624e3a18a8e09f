/*
 * Discrete events: an arrival or the end of a service, whichever is next.
 *
 * Requests live in one array and are linked by index: in the queue of a
 * server, in the list of those that wait at the client for their connection,
 * or in the free list.
 */
#include "sim_part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Not those of a plan: both may be seeded alike. */
#define KEY_PICK UINT64_C(0x7069636b)
#define KEY_WORK UINT64_C(0x776f726b)

static int
grow(struct sim *s)
{
	uint32_t room = s->room > 0 ? 2 * s->room : 1024;
	struct sim_request *requests;
	uint32_t *heap;
	double *finish;

	if ((requests = realloc(s->requests, room * sizeof(*requests))) == NULL)
		return (-1);
	s->requests = requests;
	if ((heap = realloc(s->heap, room * sizeof(*heap))) == NULL)
		return (-1);
	s->heap = heap;
	if ((finish = realloc(s->finish, room * sizeof(*finish))) == NULL)
		return (-1);
	s->finish = finish;
	for (uint32_t i = s->room; i < room; i++) {
		s->requests[i].where = SIM_FREE;
		s->requests[i].next = i + 1 < room ? i + 1 : SIM_NONE;
	}
	s->unused = s->room;
	s->room = room;
	return (0);
}

static uint64_t
stamp(const struct sim *s, uint64_t when)
{

	return (s->spec->clock != NULL ?
	    s->spec->clock(s->spec->argument, when) : when);
}

static void
send_now(struct sim *s, uint32_t request)
{
	struct sim_request *r = &s->requests[request];

	r->where = SIM_SENT;
	r->sent = s->now;
	s->connections[r->item.connection].outstanding++;
	s->outstanding++;
	record_sent(s->record, r->item.at, stamp(s, s->now), 0);
	sim_receive(s, request);
}

/* A request is due: send it, or let it wait for its connection. */
static int
due(struct sim *s, const struct plan_item *item)
{
	struct sim_connection *c = &s->connections[item->connection];
	uint32_t request = s->unused;

	if (request == SIM_NONE) {
		if (grow(s) != 0)
			return (-1);
		request = s->unused;
	}
	s->unused = s->requests[request].next;
	s->requests[request].item = *item;
	s->requests[request].number = s->number++;
	s->requests[request].where = SIM_WAITING;
	if (s->spec->depth > 0 && c->outstanding >= s->spec->depth)
		sim_put(s, &c->waiting, request);
	else
		send_now(s, request);
	return (0);
}

static void
observe(const struct sim *s, const struct sim_request *r, uint64_t done)
{
	struct sim_event event = { r->number, r->item.at, r->sent, done,
	    (uint64_t)r->item.work * PLAN_WORK_UNIT + s->spec->overhead,
	    r->item.connection };

	if (s->spec->observe != NULL)
		s->spec->observe(s->spec->argument, &event);
}

static void
let_go(struct sim *s, uint32_t request)
{

	s->requests[request].where = SIM_FREE;
	s->requests[request].next = s->unused;
	s->unused = request;
}

static int
next_closed(struct sim *s, uint32_t connection)
{
	struct plan_item item = { s->now, connection,
	    plan_work(&s->load->service, &s->works) };

	return (due(s, &item));
}

/* The service has done its work: the reply reaches the client, or not. */
static int
done(struct sim *s, uint32_t request)
{
	const struct sim_spec *spec = s->spec;
	struct sim_request *r = &s->requests[request];
	struct sim_connection *c = &s->connections[r->item.connection];
	uint32_t connection = r->item.connection, waiting;
	uint64_t n = ++s->replies;

	if ((spec->withhold > 0 && n % spec->withhold == 0) ||
	    connection < spec->starved)
		return (0); /* stays where it is, until the deadline */
	if (spec->corrupt > 0 && n % spec->corrupt == 0)
		record_bad(s->record, r->item.at, stamp(s, s->now),
		    RECORD_CONTENT);
	else
		record_reply(s->record, r->item.at, stamp(s, r->sent),
		    stamp(s, s->now), 0);
	observe(s, r, s->now);
	if (spec->completions != NULL)
		spec->completions[connection]++;
	let_go(s, request);
	c->outstanding--;
	s->outstanding--;
	if ((waiting = sim_take(s, &c->waiting)) != SIM_NONE)
		send_now(s, waiting);
	else if (s->load->arrival == PLAN_CLOSED && s->now < s->record->end)
		return (next_closed(s, connection));
	return (0);
}

static void
advance(struct sim *s, uint64_t when)
{

	if (s->spec->policy == SIM_SHARING)
		sim_share(s, when);
	s->record->outstanding_sum += s->outstanding * (when - s->now);
	s->now = when;
}

/* When the client acts on an arrival: it may wake at ticks only. */
static uint64_t
wakes(const struct sim *s, uint64_t at)
{
	uint64_t tick = s->spec->tick;

	return (tick > 0 ? (at + tick - 1) / tick * tick : at);
}

static int
run(struct sim *s)
{
	uint64_t deadline = s->record->end + s->spec->drain;
	struct plan_item item;
	int more = plan_stream_next(&s->stream, &item);

	for (;;) {
		uint64_t arrival = more ? wakes(s, item.at) : SIM_NEVER;
		unsigned which = 0;
		uint64_t end = sim_next_end(s, &which);
		int failed;

		if ((end < arrival ? end : arrival) > deadline)
			break;
		advance(s, end <= arrival ? end : arrival);
		if (end <= arrival)
			failed = done(s, sim_end(s, which));
		else {
			failed = due(s, &item);
			more = plan_stream_next(&s->stream, &item);
		}
		if (failed)
			return (-1);
	}
	advance(s, deadline);
	return (0);
}

/* What is left at the deadline was never answered, or never even sent. */
static void
give_up(struct sim *s)
{

	for (uint32_t i = 0; i < s->room; i++) {
		const struct sim_request *r = &s->requests[i];

		if (r->where == SIM_FREE)
			continue;
		record_bad(s->record, r->item.at, stamp(s, s->now),
		    r->where == SIM_WAITING ? RECORD_UNSENT :
		    RECORD_UNANSWERED);
		observe(s, r, SIM_NEVER);
	}
}

static int
prepare(struct sim *s)
{
	struct rng root;

	s->servers = calloc(s->spec->servers, sizeof(*s->servers));
	s->connections = calloc(s->load->connections,
	    sizeof(*s->connections));
	if (s->servers == NULL || s->connections == NULL)
		return (-1);
	for (unsigned k = 0; k < s->spec->servers; k++) {
		s->servers[k].queue.first = s->servers[k].serving = SIM_NONE;
		s->servers[k].end = SIM_NEVER;
	}
	for (uint32_t i = 0; i < s->load->connections; i++)
		s->connections[i].waiting.first = SIM_NONE;
	s->shared.first = s->unused = SIM_NONE;
	rng_seed(&root, s->spec->seed);
	rng_split(&root, KEY_PICK, &s->pick);
	rng_seed(&root, s->load->seed);
	rng_split(&root, KEY_WORK, &s->works);
	record_begin(s->record, 0, s->load->duration);
	for (uint32_t i = 0; s->load->arrival == PLAN_CLOSED &&
	    i < s->load->connections; i++) {
		for (uint32_t d = 0; d < s->spec->depth || d < 1; d++)
			if (next_closed(s, i) != 0)
				return (-1);
	}
	return (0);
}

int
sim_run(const struct sim_spec *spec, const struct plan_spec *load,
    struct record *record)
{
	struct sim s = { .spec = spec, .load = load, .record = record };
	int failed;

	if (spec->servers == 0 || load->connections == 0) {
		errno = EINVAL;
		return (-1);
	}
	if (plan_stream_start(&s.stream, load, 0, 1) != 0)
		return (-1);
	failed = prepare(&s) != 0 || run(&s) != 0;
	if (!failed)
		give_up(&s);
	free(s.servers);
	free(s.connections);
	free(s.requests);
	free(s.heap);
	free(s.finish);
	if (failed)
		errno = ENOMEM;
	return (failed ? -1 : 0);
}
