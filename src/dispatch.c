#include "dispatch.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "conn.h"
#include "reactor.h"
#include "work.h"

/** Measured work that a worker is given at a time. Nanoseconds. */
#define QUANTUM (50 * CLOCK_US)

/** And jobs at most, however short they are. */
#define SHARE_MAX 128

/** Weight of one measurement in the estimate: 1/8. */
#define ESTIMATE_SHIFT 3

/**
 * Invariants:
 *
 * 1. The backlog is in order of arrival; a connection has at most one job
 *    in it.
 * 2. `held[w]` counts the jobs that worker w has of this reactor.
 */
struct dispatch {
	struct reactor *reactor;
	struct event *pass; /* runs behind the callbacks of this pass */
	struct job *first;
	struct job **last;
	uint64_t estimate; /* of a job's time, nanoseconds */
	unsigned workers;
	unsigned *held;
};

/* How many jobs a worker may hold, going by the measured time. */
static unsigned
share(const struct dispatch *d)
{
	uint64_t jobs = QUANTUM / (d->estimate + 1);

	if (jobs < 1)
		return (1);
	return (jobs < SHARE_MAX ? (unsigned)jobs : SHARE_MAX);
}

static struct job *
backlog_take(struct dispatch *d)
{
	struct job *job = d->first;

	if (job == NULL)
		return (NULL);
	d->first = job->backlog_next;
	if (d->first == NULL)
		d->last = &d->first;
	return (job);
}

/* A job whose client has left while it waited. */
static void
drop(struct reactor *r, struct job *job)
{

	counter_add_own(r->phase == REACTOR_KILLED ?
	    &r->counters.dropped_stopping : &r->counters.dropped_gone,
	    job_unanswered(job));
	reactor_job_done(r, job);
	r->jobs_out--;
	reactor_poke(r);
}

/* Take the next job that somebody still waits for, ready to leave. */
static struct job *
next_job(struct dispatch *d)
{
	struct reactor *r = d->reactor;
	struct conn *c;
	struct job *job;

	while ((job = backlog_take(d)) != NULL) {
		if (job->kind == JOB_END)
			return (job);
		c = conn_find(r, job->slot, job->generation);
		if (c != NULL) {
			/* The state goes along: no other has it now. */
			job->state = c->state;
			c->state = NULL;
			c->job_out = true;
			return (job);
		}
		drop(r, job);
	}
	return (NULL);
}

/* The end of a pass: every worker in turn gets what it has room for. */
static void
hand_over(evutil_socket_t fd, short what, void *argument)
{
	struct dispatch *d = argument;
	struct mpsc_chain chain = { 0 };
	unsigned limit = share(d);
	struct job *job;

	(void)fd;
	(void)what;
	/*
	 * Always from the first on: the work gathers on as few workers as
	 * have room for it, and the others sleep.
	 */
	for (unsigned w = 0; w < d->workers && d->first != NULL; w++) {
		while (d->held[w] < limit && (job = next_job(d)) != NULL) {
			job->worker = (uint16_t)w;
			job->home = d->reactor;
			d->held[w]++;
			mpsc_chain_add(&chain, &job->node);
		}
		if (chain.count > 0)
			pool_push(d->reactor->pool, w, &chain);
	}
}

struct dispatch *
dispatch_open(struct reactor *r)
{
	unsigned workers = r->service->config.workers;
	struct dispatch *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		goto err0;
	d->reactor = r;
	d->last = &d->first;
	d->workers = workers;
	if ((d->held = calloc(workers, sizeof(*d->held))) == NULL)
		goto err1;
	if ((d->pass = event_new(r->base, -1, 0, hand_over, d)) == NULL)
		goto err2;
	return (d);

err2:
	free(d->held);
err1:
	free(d);
err0:
	return (NULL);
}

void
dispatch_close(struct dispatch *d)
{

	if (d == NULL)
		return;
	event_free(d->pass);
	free(d->held);
	free(d);
}

void
dispatch_job(struct reactor *r, struct job *job)
{
	struct dispatch *d = r->dispatch;

	job->backlog_next = NULL;
	*d->last = job;
	d->last = &job->backlog_next;
	r->jobs_out++;
	/* Active already: nothing happens. Otherwise it runs in this pass,
	 * behind the callbacks that are active now. */
	event_active(d->pass, EV_TIMEOUT, 0);
}

void
dispatch_returned(struct reactor *r, const struct job *job)
{
	struct dispatch *d = r->dispatch;

	r->jobs_out--;
	d->held[job->worker]--;
	d->estimate -= d->estimate >> ESTIMATE_SHIFT;
	d->estimate += job->spent_ns >> ESTIMATE_SHIFT;
	if (d->first != NULL)
		event_active(d->pass, EV_TIMEOUT, 0);
}
