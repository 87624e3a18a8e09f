/*
 * The service: queues and servers, or a processor shared by all.
 */
#include "sim_part.h"

#include <math.h>

void
sim_put(struct sim *s, struct sim_queue *queue, uint32_t request)
{

	s->requests[request].next = SIM_NONE;
	if (queue->first == SIM_NONE)
		queue->first = request;
	else
		s->requests[queue->last].next = request;
	queue->last = request;
}

uint32_t
sim_take(struct sim *s, struct sim_queue *queue)
{
	uint32_t request = queue->first;

	if (request != SIM_NONE)
		queue->first = s->requests[request].next;
	return (request);
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

void
sim_share(struct sim *s, uint64_t when)
{

	s->attained += (double)(when - s->now) * speed(s);
}

static void
serve(struct sim *s, struct sim_server *server, uint32_t request)
{

	server->serving = request;
	server->end = request == SIM_NONE ? SIM_NEVER :
	    after(s, s->now, work_of(s, request));
}

/* The service receives a request. */
void
sim_receive(struct sim *s, uint32_t request)
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
		while (k + 1 < n && s->servers[k].serving != SIM_NONE)
			k++;
	if (s->servers[k].serving == SIM_NONE)
		serve(s, &s->servers[k], request);
	else
		sim_put(s, s->spec->policy == SIM_SHARED ? &s->shared :
		    &s->servers[k].queue, request);
}

/* The moment of the next end of a service, and where. */
uint64_t
sim_next_end(const struct sim *s, unsigned *which)
{
	uint64_t end = SIM_NEVER;

	if (s->spec->policy == SIM_SHARING) {
		double left;

		if (s->sharing == 0)
			return (SIM_NEVER);
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

uint32_t
sim_end(struct sim *s, unsigned which)
{
	struct sim_server *server;
	uint32_t request;

	if (s->spec->policy == SIM_SHARING) {
		request = s->heap[0];
		s->attained = s->finish[request];
		s->heap[0] = s->heap[--s->sharing];
		if (s->sharing > 0)
			sift_down(s, 0);
		return (request);
	}
	server = &s->servers[which];
	request = server->serving;
	serve(s, server, sim_take(s, s->spec->policy == SIM_SHARED ?
	    &s->shared : &server->queue));
	return (request);
}
