#include "config.h"

#include "reactor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "budget.h"
#include "conn.h"
#include "crash.h"
#include "dispatch.h"
#include "events.h"
#include "expire.h"
#include "inline.h"
#include "read.h"
#include "reply.h"
#include "watchdog.h"

/** Empty jobs kept for their next use. */
#define IDLE_JOBS_MAX 1024

/*
 * Only this reactor's thread touches the base, so it needs no locks. select
 * and poll cannot carry what throng is for; the environment must not choose.
 */
static struct event_base *
base_new(void)
{
	struct event_config *config;
	struct event_base *base = NULL;

	if ((config = event_config_new()) == NULL)
		return (NULL);
	if (event_config_avoid_method(config, "select") == 0 &&
	    event_config_avoid_method(config, "poll") == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return (base);
}

static int
orders_make(struct reactor *r)
{
	static const enum job_kind kinds[] = {
		JOB_DRAIN, JOB_KILL, JOB_STOP,
	};

	for (int i = 0; i < 3; i++) {
		if ((r->orders[i] = job_new(0)) == NULL)
			return (-1);
		r->orders[i]->kind = (uint8_t)kinds[i];
	}
	return (0);
}

/* They and their buffers are at most a small part of the memory budget. */
static unsigned
idle_max(const struct service *s)
{
	size_t most;

	if (s->budget == NULL)
		return (IDLE_JOBS_MAX);
	most = s->budget->limit / 16 / s->config.reactors / (2 * BYTES_KEEP);
	return (most < IDLE_JOBS_MAX ? (unsigned)most : IDLE_JOBS_MAX);
}

/* The same for large buffers. */
static size_t
spares_max(const struct service *s)
{
	size_t most;

	if (s->budget == NULL)
		return (SPARES_BYTES);
	most = s->budget->limit / 16 / s->config.reactors;
	return (most < SPARES_BYTES ? most : SPARES_BYTES);
}

throng_error
reactor_open(struct reactor *r, struct service *service, unsigned number)
{

	memset(r, 0, sizeof(*r));
	r->service = service;
	r->number = number;
	r->idle_max = idle_max(service);
	r->wakeup = (struct wakeup){ -1, -1 };
	TAILQ_INIT(&r->free_slots);
	TAILQ_INIT(&r->silent);
	deadlines_init(&r->deadlines);
	if ((r->base = base_new()) == NULL) {
		event_trouble(&service->log, THRONG_LOG_ERROR,
		    "no-scalable-event-method", errno);
		return (THRONG_ERR_SYSTEM);
	}
	if (wakeup_open(&r->wakeup) == -1) {
		event_trouble(&service->log, THRONG_LOG_ERROR,
		    "no-wakeup-pipe", errno);
		reactor_close(r);
		return (THRONG_ERR_SYSTEM);
	}
	r->wakeup_event = event_new(r->base, r->wakeup.read_fd,
	    EV_READ | EV_PERSIST, reply_arrived, r);
	r->tick = evtimer_new(r->base, expire_tick, r);
	r->dispatch = dispatch_open(r);
	r->watchdog = watchdog_open(r);
	(void)spares_open(&r->spares, r->base, spares_max(service));
	if (service->config.mode == THRONG_MODE_INLINE)
		r->inlined = inline_open(r);
	if (r->wakeup_event == NULL || r->tick == NULL ||
	    r->dispatch == NULL || r->watchdog == NULL ||
	    orders_make(r) == -1 || read_open(r) == -1 ||
	    (service->config.mode == THRONG_MODE_INLINE &&
	    r->inlined == NULL) || r->spares.look == NULL ||
	    event_add(r->wakeup_event, NULL) == -1) {
		event_trouble(&service->log, THRONG_LOG_ERROR, "not-created",
		    ENOMEM);
		reactor_close(r);
		return (THRONG_ERR_NOMEM);
	}
	return (THRONG_OK);
}

void
reactor_close(struct reactor *r)
{
	struct job *job;

	accept_close(r);
	dispatch_close(r->dispatch);
	watchdog_close(r->watchdog);
	inline_close(r->inlined);
	spares_close(&r->spares);
	if (r->tick != NULL)
		event_free(r->tick);
	if (r->wakeup_event != NULL)
		event_free(r->wakeup_event);
	if (r->wakeup.read_fd != -1)
		wakeup_close(&r->wakeup);
	if (r->base != NULL)
		event_base_free(r->base);
	for (int i = 0; i < 3; i++)
		job_free(r->orders[i]);
	while ((job = r->idle_jobs) != NULL) {
		r->idle_jobs = job->idle_next;
		job_free(job);
	}
	bytes_free(&r->scratch);
	conn_slots_free(r);
	hold_free(r);
}

static void *
reactor_main(void *argument)
{
	struct reactor *r = argument;
	struct crash_stack stack;

#ifdef HAVE_PTHREAD_SETNAME_NP
	char name[16];

	snprintf(name, sizeof(name), "reactor-%u", r->number);
	pthread_setname_np(pthread_self(), name);
#endif
	if (r->inlined != NULL && inline_enter(r->inlined) == -1)
		return (NULL);
	crash_thread_begin(&stack);
	/* A flag of our own: libevent's break is lost before the loop runs. */
	while (!r->stopped) {
		r->now = 0;
		event_base_loop(r->base,
		    EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
	}
	crash_thread_end(&stack);
	if (r->inlined != NULL)
		inline_leave(r->inlined);
	return (NULL);
}

int
reactor_start(struct reactor *r)
{
	int rc;

	if (accept_start(r) == -1)
		return (ENOMEM);
	if ((rc = pthread_create(&r->thread, NULL, reactor_main, r)) != 0)
		return (rc);
	if (r->inlined == NULL || inline_await(r->inlined) == 0)
		return (0);
	pthread_join(r->thread, NULL);
	return (ECANCELED);
}

bool
reactor_push(struct reactor *r, struct mpsc_chain *jobs)
{

	return (mpsc_push(&r->replies, jobs));
}

void
reactor_wake(struct reactor *r, struct counters *counters)
{

	wakeup_signal(&r->wakeup);
	counter_add_own(&counters->wakeups, 1);
}

void
reactor_order(struct reactor *r, enum job_kind order)
{
	struct mpsc_chain chain = { 0 };
	struct job *job = r->orders[order == JOB_DRAIN ? 0 :
	    order == JOB_KILL ? 1 : 2];

	mpsc_chain_add(&chain, &job->node);
	if (mpsc_push(&r->replies, &chain))
		wakeup_signal(&r->wakeup);
}

struct job *
reactor_job(struct reactor *r)
{
	struct job *job = r->idle_jobs;

	if (job == NULL)
		return (job_new(JOB_REQUESTS_MAX));
	r->idle_jobs = job->idle_next;
	r->idle_count--;
	return (job);
}

void
reactor_job_done(struct reactor *r, struct job *job)
{

	/* Those without room only close a state; they are made singly. */
	if (job->room == 0 || r->idle_count >= r->idle_max) {
		job_free(job);
		return;
	}
	if (job->in.size > BYTES_KEEP)
		spares_give(&r->spares, &job->in);
	if (job->out.size > BYTES_KEEP)
		spares_give(&r->spares, &job->out);
	job_reset(job);
	job->idle_next = r->idle_jobs;
	r->idle_jobs = job;
	r->idle_count++;
}

void
reactor_count_silent(struct reactor *r, int n)
{

	/* Relaxed: a hint to others; there is one writer. */
	atomic_store_explicit(&r->silent_count, (unsigned)n +
	    atomic_load_explicit(&r->silent_count, memory_order_relaxed),
	    memory_order_relaxed);
}

void
reactor_poke(struct reactor *r)
{

	if (r->phase == REACTOR_SERVING || r->open > 0 || r->jobs_out > 0 ||
	    r->drained == NULL)
		return;
	r->drained(r->drained_argument);
}
