/*
 * The heap is the binary one of Williams (Algorithm 232, CACM 7, 1964), from 1
 * on, with each connection knowing its place.
 */
#include "hold.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "budget.h"
#include "conn.h"
#include "write.h"

/** Less than this is never large. Bytes. */
#define LARGE_MIN (64u << 10)

static void
put(struct hold *h, uint32_t at, struct conn *c)
{

	h->heap[at] = c;
	c->heap_at = at;
}

static void
rise(struct hold *h, struct conn *c)
{
	uint32_t at = c->heap_at;

	for (; at > 1 && h->heap[at / 2]->holds < c->holds; at /= 2)
		put(h, at, h->heap[at / 2]);
	put(h, at, c);
}

static void
sink(struct hold *h, struct conn *c)
{
	uint32_t at = c->heap_at, child;

	for (; (child = at * 2) <= h->count; at = child) {
		if (child < h->count &&
		    h->heap[child + 1]->holds > h->heap[child]->holds)
			child++;
		if (h->heap[child]->holds <= c->holds)
			break;
		put(h, at, h->heap[child]);
	}
	put(h, at, c);
}

/* Put a connection in the place that `held` gives it, or nowhere for 0. */
static void
sort(struct hold *h, struct conn *c)
{
	struct conn *last;

	if (c->holds > 0) {
		if (c->heap_at == 0)
			put(h, ++h->count, c);
		rise(h, c);
		sink(h, c);
	} else if (c->heap_at != 0) {
		last = h->heap[h->count--];
		if (last != c) {
			put(h, c->heap_at, last);
			rise(h, last);
			sink(h, last);
		}
		c->heap_at = 0;
	}
	/* Relaxed: a hint, who has the largest. */
	atomic_store_explicit(&h->top, h->count > 0 ? h->heap[1]->holds : 0,
	    memory_order_relaxed);
}

int
hold_room(struct reactor *r, uint32_t connections)
{
	struct hold *h = &r->hold;
	struct conn **heap;

	if (connections <= h->room)
		return (0);
	heap = realloc(h->heap, ((size_t)connections + 1) * sizeof(*heap));
	if (heap == NULL)
		return (-1);
	h->heap = heap;
	h->room = connections;
	return (0);
}

void
hold_free(struct reactor *r)
{
	struct hold *h = &r->hold;

	if (r->service->budget != NULL)
		budget_add(r->service->budget, -h->told);
	free(h->heap);
	h->heap = NULL;
	h->count = h->room = 0;
	h->held = h->told = h->leaving = 0;
}

static void
tell(struct reactor *r)
{
	struct hold *h = &r->hold;

	budget_add(r->service->budget, h->held - h->told);
	h->told = h->held;
}

/* The sum of this reactor has changed. */
static void
moved(struct reactor *r)
{
	struct hold *h = &r->hold;
	size_t by = h->held > h->told ? h->held - h->told :
	    h->told - h->held;

	if (by >= r->service->budget->chunk)
		tell(r);
}

/* Small buffers are kept with the job, whoever uses it next: of those only
 * what is in them counts. */
static size_t
buffer(const struct bytes *b)
{

	return (b->size > BYTES_KEEP ? b->size : b->length);
}

static size_t
output(const struct conn *c)
{
	size_t pending;

	if (c->bev == NULL)
		return (0);
	/* A buffer that was moved is there whole until all of it is sent. */
	pending = write_pending(c);
	return (c->moved + (pending < c->copied ? pending : c->copied));
}

void
hold_look(struct conn *c)
{
	struct reactor *r = c->reactor;
	size_t now;

	if (r->service->budget == NULL)
		return;
	now = c->input.size + output(c);
	if (c->job != NULL) {
		/* What is with a worker is as it was when it left. */
		if (!c->job_out) {
			c->job->out_held = buffer(&c->job->out);
			c->job->held = buffer(&c->job->in) +
			    c->job->out_held;
		}
		now += c->job->held;
	}
	if (now < HOLD_STEP)
		now = 0;
	if (now == c->holds ||
	    (now > c->holds && now - c->holds < HOLD_STEP) ||
	    (now < c->holds && c->holds - now < HOLD_STEP && now > 0))
		return;
	r->hold.held += now - c->holds;
	c->holds = now;
	sort(&r->hold, c);
	moved(r);
}

void
hold_end(struct conn *c)
{
	struct reactor *r = c->reactor;
	size_t stays = c->job_out ? c->job->held : 0;

	if (r->service->budget == NULL || (c->holds == 0 && stays == 0))
		return;
	r->hold.held += stays - c->holds;
	r->hold.leaving += stays;
	c->holds = 0;
	sort(&r->hold, c);
	moved(r);
}

void
hold_back(struct reactor *r, struct job *job)
{

	if (job->held == 0)
		return;
	r->hold.held -= job->held;
	r->hold.leaving -= job->held;
	job->held = 0;
	moved(r);
}

/* What all hold, this reactor's part of it exactly; without what will be gone
 * as soon as workers are done with it, and without the replies that they are
 * making: closing others cannot hasten either. */
static size_t
sum(const struct reactor *r)
{
	const struct hold *h = &r->hold;
	const struct budget *b = r->service->budget;
	size_t all = budget_total(b) - h->told + h->held;
	size_t busy = h->leaving + budget_making(b);

	/* Others tell between our looks. */
	return (all > SIZE_MAX / 2 || all < busy ? 0 : all - busy);
}

/* The reactor whose largest holder is larger than this one's, or NULL. */
static struct reactor *
find_larger(const struct reactor *r)
{
	const struct service *s = r->service;
	struct reactor *larger = NULL;
	size_t most = r->hold.count > 0 ? r->hold.heap[1]->holds : 0, top;

	for (unsigned i = 0; i < s->reactor_count; i++) {
		/* Relaxed: see sort(). */
		top = atomic_load_explicit(&s->reactors[i]->hold.top,
		    memory_order_relaxed);
		if (s->reactors[i] != r && top > most) {
			larger = s->reactors[i];
			most = top;
		}
	}
	return (larger);
}

void
hold_settle(struct reactor *r)
{
	const struct budget *b = r->service->budget;
	struct reactor *larger;

	/* Mostly nobody holds anything. */
	if (r->hold.count == 0 || sum(r) <= b->over)
		return;
	tell(r);
	while (r->hold.count > 0 && sum(r) > b->over) {
		larger = find_larger(r);
		if (larger != NULL)
			reactor_wake(larger, &r->counters);
		/* It will do it; unless there is no time left for that. */
		if (larger != NULL && sum(r) <= b->limit)
			return;
		counter_add_own(&r->counters.shed, 1);
		conn_abort(r->hold.heap[1], CLOSE_SHED);
		tell(r);
	}
}

bool
hold_waits(const struct conn *c)
{
	const struct reactor *r = c->reactor;

	return (c->holds >= LARGE_MIN && (c->job != NULL ||
	    write_pending(c) > 0) &&
	    c->holds >= r->hold.heap[1]->holds / 2 &&
	    sum(r) > r->service->budget->tight);
}
