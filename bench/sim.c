/*
 * Discrete events: an arrival or the end of a service, whichever is next.
 *
 * Requests live in one array and are linked by index: in the queue of a
 * server, in the list of those that wait at the client for their connection,
 * or in the free list.
 */
#include "sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define NEVER UINT64_MAX

/* Not those of a plan: both may be seeded alike. */
#define KEY_PICK UINT64_C(0x7069636b)
#define KEY_WORK UINT64_C(0x776f726b)

enum where { FREE, WAITING, SERVING };

struct request {
	struct plan_item item;
	uint64_t number;
	uint64_t sent;
	uint32_t next;
	enum where where;
};

struct queue {
	uint32_t first;
	uint32_t last;
};

struct server {
	struct queue queue;
	uint32_t serving; /* NONE: idle */
	uint64_t end;     /* of what it serves; NEVER: idle */
};

struct connection {
	struct queue waiting;
	uint32_t outstanding;
};

struct sim {
	const struct sim_spec *spec;
	const struct plan_spec *load;
	struct record *record;
	struct plan_stream stream;
	struct rng works;  /* of the closed loop */
	struct rng pick;
	struct request *requests;
	uint32_t room;
	uint32_t unused;   /* first of the free list */
	struct server *servers;
	struct connection *connections;
	struct queue shared;
	uint64_t now;
	uint64_t number;   /* of the next request */
	uint64_t replies;  /* so far, wrong and withheld ones too */
	uint64_t outstanding;
	/* Sharing: a heap of requests by the attained service they end at. */
	uint32_t *heap;
	double *finish;    /* by request */
	uint32_t sharing;
	double attained;
};

static void
put(struct sim *s, struct queue *queue, uint32_t request)
{

	s->requests[request].next = NONE;
	if (queue->first == NONE)
		queue->first = request;
	else
		s->requests[queue->last].next = request;
	queue->last = request;
}

static uint32_t
take(struct sim *s, struct queue *queue)
{
	uint32_t request = queue->first;

	if (request != NONE)
		queue->first = s->requests[request].next;
	return (request);
}

static int
grow(struct sim *s)
{
	uint32_t room = s->room > 0 ? 2 * s->room : 1024;
	struct request *requests;
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
		s->requests[i].where = FREE;
		s->requests[i].next = i + 1 < room ? i + 1 : NONE;
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

/* When `work` that starts at `when` is done, stalls left out. */
static uint64_t
after(const struct sim *s, uint64_t when, uint64_t work)
{

	for (size_t i = 0; i < s->spec->stall_count; i++) {
		const struct sim_stall *stall = &s->spec->stalls[i];

		if (stall->begin + stall->length <= when)
			continue;
		if (stall->begin > when) {
			if (stall->begin - when >= work)
				break;
			work -= stall->begin - when;
		}
		when = stall->begin + stall->length;
	}
	return (when + work);
}

static uint64_t
work_of(const struct sim *s, uint32_t request)
{

	return ((uint64_t)s->requests[request].item.work * PLAN_WORK_UNIT +
	    s->spec->overhead);
}

static void
sift_up(struct sim *s, uint32_t at)
{
	uint32_t request = s->heap[at];

	while (at > 0 && s->finish[s->heap[(at - 1) / 2]] >
	    s->finish[request]) {
		s->heap[at] = s->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	s->heap[at] = request;
}

static void
sift_down(struct sim *s, uint32_t at)
{
	uint32_t request = s->heap[at], child;

	while ((child = 2 * at + 1) < s->sharing) {
		if (child + 1 < s->sharing && s->finish[s->heap[child + 1]] <
		    s->finish[s->heap[child]])
			child++;
		if (s->finish[s->heap[child]] >= s->finish[request])
			break;
		s->heap[at] = s->heap[child];
		at = child;
	}
	s->heap[at] = request;
}

/* How fast each request is served while `sharing` of them share. */
static double
speed(const struct sim *s)
{

	return (s->sharing <= s->spec->servers ? 1 :
	    (double)s->spec->servers / s->sharing);
}

static void
share_until(struct sim *s, uint64_t when)
{

	s->attained += (double)(when - s->now) * speed(s);
}

static void
serve(struct sim *s, struct server *server, uint32_t request)
{

	server->serving = request;
	server->end = request == NONE ? NEVER :
	    after(s, s->now, work_of(s, request));
}

/* The service receives a request. */
static void
receive(struct sim *s, uint32_t request)
{
	unsigned n = s->spec->servers, k = 0;

	if (s->spec->policy == SIM_SHARING) {
		s->finish[request] = s->attained + (double)work_of(s, request);
		s->heap[s->sharing] = request;
		sift_up(s, s->sharing++);
		return;
	}
	if (s->spec->policy == SIM_ROUND_ROBIN)
		k = (unsigned)(s->requests[request].number % n);
	else if (s->spec->policy == SIM_RANDOM)
		k = (unsigned)rng_below(&s->pick, n);
	else
		while (k + 1 < n && s->servers[k].serving != NONE)
			k++;
	if (s->servers[k].serving == NONE)
		serve(s, &s->servers[k], request);
	else
		put(s, s->spec->policy == SIM_SHARED ? &s->shared :
		    &s->servers[k].queue, request);
}

static void
send_now(struct sim *s, uint32_t request)
{
	struct request *r = &s->requests[request];

	r->where = SERVING;
	r->sent = s->now;
	s->connections[r->item.connection].outstanding++;
	s->outstanding++;
	record_sent(s->record, r->item.at, stamp(s, s->now), 0);
	receive(s, request);
}

/* A request is due: send it, or let it wait for its connection. */
static int
due(struct sim *s, const struct plan_item *item)
{
	struct connection *c = &s->connections[item->connection];
	uint32_t request = s->unused;

	if (request == NONE) {
		if (grow(s) != 0)
			return (-1);
		request = s->unused;
	}
	s->unused = s->requests[request].next;
	s->requests[request].item = *item;
	s->requests[request].number = s->number++;
	s->requests[request].where = WAITING;
	if (s->spec->depth > 0 && c->outstanding >= s->spec->depth)
		put(s, &c->waiting, request);
	else
		send_now(s, request);
	return (0);
}

static void
observe(const struct sim *s, const struct request *r, uint64_t done)
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

	s->requests[request].where = FREE;
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
	struct request *r = &s->requests[request];
	struct connection *c = &s->connections[r->item.connection];
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
	if ((waiting = take(s, &c->waiting)) != NONE)
		send_now(s, waiting);
	else if (s->load->arrival == PLAN_CLOSED && s->now < s->record->end)
		return (next_closed(s, connection));
	return (0);
}

/* The moment of the next end of a service, and where. */
static uint64_t
next_end(const struct sim *s, unsigned *which)
{
	uint64_t end = NEVER;

	if (s->spec->policy == SIM_SHARING) {
		double left;

		if (s->sharing == 0)
			return (NEVER);
		left = (s->finish[s->heap[0]] - s->attained) / speed(s);
		return (s->now + (left > 0 ? (uint64_t)llround(left) : 0));
	}
	for (unsigned k = 0; k < s->spec->servers; k++) {
		if (s->servers[k].end < end) {
			end = s->servers[k].end;
			*which = k;
		}
	}
	return (end);
}

static int
end_service(struct sim *s, unsigned which)
{
	struct server *server;
	uint32_t request;

	if (s->spec->policy == SIM_SHARING) {
		request = s->heap[0];
		s->attained = s->finish[request];
		s->heap[0] = s->heap[--s->sharing];
		if (s->sharing > 0)
			sift_down(s, 0);
		return (done(s, request));
	}
	server = &s->servers[which];
	request = server->serving;
	serve(s, server, take(s, s->spec->policy == SIM_SHARED ? &s->shared :
	    &server->queue));
	return (done(s, request));
}

static void
advance(struct sim *s, uint64_t when)
{

	if (s->spec->policy == SIM_SHARING)
		share_until(s, when);
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
		uint64_t arrival = more ? wakes(s, item.at) : NEVER;
		unsigned which = 0;
		uint64_t end = next_end(s, &which);
		int failed;

		if ((end < arrival ? end : arrival) > deadline)
			break;
		advance(s, end <= arrival ? end : arrival);
		if (end <= arrival)
			failed = end_service(s, which);
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
		const struct request *r = &s->requests[i];

		if (r->where == FREE)
			continue;
		record_bad(s->record, r->item.at, stamp(s, s->now),
		    r->where == WAITING ? RECORD_UNSENT : RECORD_UNANSWERED);
		observe(s, r, NEVER);
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
		s->servers[k].queue.first = s->servers[k].serving = NONE;
		s->servers[k].end = NEVER;
	}
	for (uint32_t i = 0; i < s->load->connections; i++)
		s->connections[i].waiting.first = NONE;
	s->shared.first = s->unused = NONE;
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
