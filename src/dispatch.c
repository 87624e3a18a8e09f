#include "dispatch.h"

#include <event2/event.h>
#include <stdlib.h>

#include "backlog.h"
#include "clock.h"
#include "conn.h"
#include "events.h"
#include "inline.h"
#include "reactor.h"
#include "reply.h"
#include "vain.h"
#include "watchdog.h"
#include "work.h"

/** Measured work that a worker is given at a time. Nanoseconds. */
#define QUANTUM (50 * CLOCK_US)

/** And jobs at most, however short they are. */
#define SHARE_MAX 128

/** How often the late ones are looked for while jobs are out. */
#define LOOK_US 2000

/** Weight of one measurement in the estimate: 1/8. */
#define ESTIMATE_SHIFT 3

/**
 * Invariants:
 *
 * 1. A connection has at most one job in the backlog.
 * 2. `held[w]` counts the jobs that worker w has of this reactor.
 * 3. While any is held or waits, or a late worker has been asked where it
 *    is, `look` is pending.
 * 4. While `due`, `pass` is active or has a timer; it is not asked again.
 * 5. While `answering`, jobs that come wait for the next turn of the loop: a
 *    client that is refused at once must not keep this one from ending.
 */
struct dispatch {
	struct reactor *reactor;
	struct event *pass; /* runs behind the callbacks of this pass */
	struct backlog backlog;
	uint64_t estimate; /* of a job's time, nanoseconds */
	unsigned workers;
	unsigned first; /* the worker that is filled first */
	unsigned *held;
	unsigned held_all;
	struct event *look;
	bool answering;
	bool due;         /* `pass` is active, or will be */
	struct vain vain;
	uint64_t told;    /* when refusals were logged last */
	uint64_t refused; /* jobs since then */
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

/* Have the backlog looked at behind the callbacks that are active now. */
static void
at_end_of_pass(struct dispatch *d)
{

	if (d->due)
		return;
	d->due = true;
	event_active(d->pass, EV_TIMEOUT, 0);
}

/* Take the next job, ready to leave. */
static struct job *
next_job(struct dispatch *d)
{
	struct job *job;
	struct conn *c;

	while ((job = backlog_next(&d->backlog)) != NULL &&
	    job->kind == JOB_REQUESTS) {
		/* Whoever leaves takes the job along: it is still there. */
		c = conn_find(d->reactor, job->slot, job->generation);
		if (vain_is_gone(&d->vain, c->fd)) {
			vain_seen(&d->vain, job);
			/* It takes its job along, from where that was. */
			backlog_again(&d->backlog, job);
			conn_close(c, CLOSE_RESET);
			continue;
		}
		/* The state goes with the job: no other has it now. */
		job->state = c->state;
		job->burden = c->bev != NULL || c->input.length > 0 ?
		    conn_burden(c) : 0;
		c->state = NULL;
		c->job_out = true;
		break;
	}
	return (job);
}

/* Take back what a late worker has not begun; some may be other reactors'.
 * The newest comes first, since each goes to the head of its backlog. */
static void
take_back(struct reactor *r, unsigned w)
{
	struct mpsc_node *node, *next;
	struct mpsc_chain chain = { 0 };
	struct reactor *home;
	struct job *job;

	for (node = pool_reclaim(r->pool, w); node != NULL; node = next) {
		next = node->next;
		job = job_of(node);
		if (job->kind == JOB_STOP) {
			mpsc_chain_add(&chain, node);
			pool_push(r->pool, w, &chain);
			continue;
		}
		job->unworked = true;
		if (job->home == r) {
			reply_unworked(r, job);
			continue;
		}
		/* Once pushed, the job is its reactor's. */
		home = job->home;
		mpsc_chain_add(&chain, node);
		if (reactor_push(home, &chain))
			reactor_wake(home, &r->counters);
	}
}

static void
start_looking(struct dispatch *d)
{

	if (!evtimer_pending(d->look, NULL))
		(void)evtimer_add(d->look,
		    &(struct timeval){ .tv_usec = LOOK_US });
}

/*
 * Look for what a slow handler holds up: finished jobs whose wakeup its worker
 * owes, and jobs behind it.
 */
static void
look(evutil_socket_t fd, short what, void *argument)
{
	struct dispatch *d = argument;
	struct watchdog *dog = d->reactor->watchdog;
	uint64_t now = clock_now();
	bool late = watchdog_waits(dog);

	(void)fd;
	(void)what;
	backlog_time(&d->backlog, now, true);
	reply_look_unasked(d->reactor);
	for (unsigned w = 0; w < d->workers; w++)
		if (d->held[w] > 0 &&
		    pool_is_late(d->reactor->pool, w, now)) {
			take_back(d->reactor, w);
			vain_worked(&d->vain, LOOK_US * (uint64_t)CLOCK_US);
			late = true;
		}
	if (late)
		watchdog_look(dog, now, d->backlog.thawed);
	/* Workers that were late may have room again without having brought
	 * anything back to this reactor. */
	if (!backlog_empty(&d->backlog))
		at_end_of_pass(d);
	if (d->held_all > 0 || !backlog_empty(&d->backlog) ||
	    watchdog_waits(dog))
		start_looking(d);
}

/* Give a worker what it has room for. */
static void
fill(struct dispatch *d, unsigned w, unsigned limit)
{
	struct mpsc_chain chain = { 0 };
	struct job *job;

	while (d->held[w] < limit && (job = next_job(d)) != NULL) {
		job->worker = (uint16_t)w;
		job->home = d->reactor;
		d->held[w]++;
		d->held_all++;
		mpsc_chain_add(&chain, &job->node);
	}
	if (chain.count > 0)
		pool_push(d->reactor->pool, w, &chain);
}

/*
 * Always in the same order: the work gathers on as few workers as have room
 * for it, and the others sleep. Each reactor has an order of its own, and who
 * is busy with another's jobs comes last: `held` tells only of its own.
 */
static void
fill_all(struct dispatch *d, unsigned limit, uint64_t now, bool busy)
{
	struct pool *pool = d->reactor->pool;

	for (unsigned i = 0; i < d->workers && !backlog_empty(&d->backlog);
	     i++) {
		unsigned w = (d->first + i) % d->workers;

		if (!pool_is_late(pool, w, now) &&
		    (busy || d->held[w] > 0 || pool_is_idle(pool, w)))
			fill(d, w, limit);
	}
}

/* One line a second at most, however many are refused. */
static void
tell(struct dispatch *d, const struct job *job)
{
	static const char *const reasons[] = {
		[BACKLOG_NOT_FULL] = "",
		[BACKLOG_COUNT] = "queue-limit",
		[BACKLOG_AGE] = "queue-age",
		[BACKLOG_STUCK] = "all-stuck",
	};
	uint64_t now = d->backlog.now;

	d->refused++;
	if (d->told != 0 && now - d->told < CLOCK_S)
		return;
	event_overload(&d->reactor->service->log,
	    job->refusal == VERDICT_TIMEOUT ? "request-timeout" :
	    reasons[d->backlog.full], d->backlog.waiting, d->refused);
	d->told = now;
	d->refused = 0;
}

/* Those that are not to have a worker are answered here. */
static void
answer_refused(struct dispatch *d)
{
	struct job *job;

	d->answering = true;
	while ((job = backlog_refused(&d->backlog)) != NULL) {
		tell(d, job);
		reply_refused(d->reactor, job);
	}
	d->answering = false;
	/* For what came meanwhile: a timer that is due comes behind the next
	 * look at the sockets. Without memory for one, at once. */
	if (!backlog_empty(&d->backlog) &&
	    event_add(d->pass, &(struct timeval){ 0 }) == -1)
		at_end_of_pass(d);
}

/* No worker has room for all. Whoever may not wait is answered. */
static void
settle(struct dispatch *d)
{
	struct reactor *r = d->reactor;
	uint64_t limit = r->service->config.stuck_ms * (uint64_t)CLOCK_MS;

	/* Time that this process was stopped is no worker's fault. */
	backlog_settle(&d->backlog,
	    backlog_age(&d->backlog, d->backlog.thawed) >= limit &&
	    pool_all_stuck(r->pool, d->backlog.now, limit));
}

/* The end of a pass: every worker in turn gets what it has room for. */
static void
hand_over(evutil_socket_t fd, short what, void *argument)
{
	struct dispatch *d = argument;
	unsigned limit = share(d);
	uint64_t now = clock_now();

	(void)fd;
	(void)what;
	d->due = false;
	backlog_time(&d->backlog, now, d->held_all > 0);
	/* Alone, nobody is at another's jobs: who seems busy and has none of
	 * ours is about to sleep, and had better not. */
	if (d->reactor->service->config.reactors > 1)
		fill_all(d, limit, now, false);
	fill_all(d, limit, now, true);
	if (!backlog_empty(&d->backlog))
		settle(d);
	if (!TAILQ_EMPTY(&d->backlog.refused))
		answer_refused(d);
	if (d->held_all > 0 || !backlog_empty(&d->backlog))
		start_looking(d);
}

/* A job wants a worker. */
static void
enter(void *argument, struct job *job)
{
	struct dispatch *d = argument;

	backlog_add(&d->backlog, job);
	if (!d->answering)
		at_end_of_pass(d);
}

struct dispatch *
dispatch_open(struct reactor *r)
{
	unsigned workers = r->service->config.workers;
	bool here = r->service->config.mode == THRONG_MODE_INLINE;
	struct dispatch *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		goto err0;
	d->reactor = r;
	backlog_init(&d->backlog, &r->service->config);
	d->workers = workers;
	d->first = r->number * workers / r->service->config.reactors % workers;
	/* Nothing is known yet: one job at a time. */
	d->estimate = QUANTUM;
	if ((d->held = calloc(workers, sizeof(*d->held))) == NULL)
		goto err1;
	d->pass = event_new(r->base, -1, 0, here ? inline_pass : hand_over,
	    here ? (void *)r : d);
	if (d->pass == NULL)
		goto err2;
	d->look = evtimer_new(r->base, here ? inline_pass : look,
	    here ? (void *)r : d);
	if (d->look == NULL)
		goto err3;
	if (vain_open(&d->vain, r->base, enter, d) == -1)
		goto err4;
	return (d);

err4:
	event_free(d->look);
err3:
	event_free(d->pass);
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
	vain_close(&d->vain);
	event_free(d->look);
	event_free(d->pass);
	free(d->held);
	free(d);
}

void
dispatch_job(struct reactor *r, struct job *job)
{
	struct dispatch *d = r->dispatch;

	r->jobs_out++;
	if (!vain_try(&d->vain, job))
		enter(d, job);
}

void
dispatch_again(struct reactor *r, struct job *job)
{
	struct dispatch *d = r->dispatch;

	backlog_again(&d->backlog, job);
	at_end_of_pass(d);
}

void
dispatch_forget(struct reactor *r, struct job *job)
{

	r->jobs_out--;
	if (job->on_trial)
		vain_drop(&r->dispatch->vain, job);
	else
		backlog_remove(&r->dispatch->backlog, job);
}

void
dispatch_in_vain(struct reactor *r, const struct job *job)
{

	if (job->spent_ns >= VAIN_SLOW)
		vain_seen(&r->dispatch->vain, job);
}

/* A worker has one job less. */
static void
let_go(struct dispatch *d, const struct job *job)
{

	d->held[job->worker]--;
	d->held_all--;
}

void
dispatch_taken_back(struct reactor *r, const struct job *job)
{

	let_go(r->dispatch, job);
}

void
dispatch_returned(struct reactor *r, const struct job *job)
{
	struct dispatch *d = r->dispatch;

	r->jobs_out--;
	let_go(d, job);
	d->estimate -= d->estimate >> ESTIMATE_SHIFT;
	d->estimate += job->spent_ns >> ESTIMATE_SHIFT;
	vain_worked(&d->vain, job->spent_ns);
	if (!backlog_empty(&d->backlog))
		at_end_of_pass(d);
}

void
dispatch_now(struct reactor *r)
{

	if (r->inlined != NULL) {
		inline_pass(-1, EV_TIMEOUT, r);
		return;
	}
	hand_over(-1, EV_TIMEOUT, r->dispatch);
	reply_look(r);
}

struct job *
dispatch_take(struct reactor *r)
{
	struct dispatch *d = r->dispatch;
	struct job *job = next_job(d);

	d->due = false;
	if (job == NULL)
		return (NULL);
	/* As if it were the first worker's. */
	job->worker = 0;
	job->home = r;
	d->held[0]++;
	d->held_all++;
	return (job);
}

void
dispatch_later(struct reactor *r)
{
	struct dispatch *d = r->dispatch;

	/* The pass would run again before sockets are looked at; a timer that
	 * is due comes after them. */
	event_del(d->pass);
	d->due = false;
	if (!backlog_empty(&d->backlog) && evtimer_add(d->look,
	    &(struct timeval){ .tv_usec = 0 }) == -1)
		at_end_of_pass(d);
}
