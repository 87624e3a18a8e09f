/*
 * A worker owns its inbox's consumer end and the jobs that it has taken. It
 * sleeps only on an empty inbox with nothing to give back, so a reply never
 * waits for the next request.
 *
 * Replies go back in chains: one compare-and-swap and at most one wakeup for
 * many jobs. A chain is pushed when the inbox is empty, when it is long, or
 * when its first reply has waited longer than the hand-over costs.
 */
#include "config.h"

#include "work.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "events.h"
#include "job.h"
#include "park.h"
#include "process.h"
#include "reactor.h"

/** A chain of replies is pushed at this length. Jobs. */
#define CHAIN_MAX 32

/** And when its first reply has waited this long. Nanoseconds. */
#define CHAIN_AGE_MAX (50 * CLOCK_US)

struct worker {
	struct mpsc inbox;
	struct park park;
	struct pool *pool;
	pthread_t thread;
	unsigned number;
	struct job *stop; /* the message that ends it */
	struct processor processor;
	struct counters *counters;
	/* Replies that have not been pushed yet, all for one reactor. */
	struct mpsc_chain done;
	struct reactor *home;
	uint64_t held_since;
};

struct pool {
	const struct service *service;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned ready;  /* under the lock: workers that serve */
	unsigned failed; /* under the lock: workers that could not start */
	unsigned ended;  /* under the lock: workers past their last job */
	unsigned started;
	unsigned count;
	struct worker workers[];
};

static void
give_back(struct worker *w)
{

	if (w->done.count == 0)
		return;
	reactor_push(w->home, &w->done, w->counters);
}

/* Keep a finished job with others of its reactor, for a while. */
static void
finished(struct worker *w, struct job *job, uint64_t now)
{

	if (w->done.count > 0 && w->home != job->home)
		give_back(w);
	if (w->done.count == 0) {
		w->home = job->home;
		w->held_since = now;
	}
	mpsc_chain_add(&w->done, &job->node);
	if (w->done.count >= CHAIN_MAX || now - w->held_since > CHAIN_AGE_MAX)
		give_back(w);
}

/* Work on jobs, oldest first. Return false after the stop message. */
static bool
work_off(struct worker *w, struct mpsc_node *node)
{
	uint64_t before = clock_now(), now;
	struct mpsc_node *next;
	struct job *job;

	for (; node != NULL; node = next, before = now) {
		/* Read first: the job may be on its way back a moment later. */
		next = node->next;
		job = job_of(node);
		if (job->kind == JOB_STOP)
			return (false);
		process_job(&w->processor, job);
		now = clock_now();
		job->spent_ns = now - before;
		finished(w, job, now);
	}
	return (true);
}

static void
report(struct pool *pool, unsigned *what)
{

	pthread_mutex_lock(&pool->lock);
	++*what;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

static void
serve(struct worker *w)
{
	struct mpsc_node *jobs;

	/* Invariant: nothing is held back when the worker goes to sleep. */
	for (;;) {
		jobs = mpsc_take(&w->inbox);
		if (jobs == NULL) {
			give_back(w);
			park_wait(&w->park);
		} else if (!work_off(w, jobs)) {
			give_back(w);
			return;
		}
	}
}

static void *
worker_main(void *argument)
{
	struct worker *w = argument;
	struct pool *pool = w->pool;

#ifdef HAVE_PTHREAD_SETNAME_NP
	char name[16];

	snprintf(name, sizeof(name), "worker-%u", w->number);
	pthread_setname_np(pthread_self(), name);
#endif
	if (process_open(&w->processor, pool->service, w->counters) == -1) {
		report(pool, &pool->failed);
		return (NULL);
	}
	report(pool, &pool->ready);
	serve(w);
	process_close(&w->processor);
	report(pool, &pool->ended);
	return (NULL);
}

static int
worker_start(struct pool *pool, unsigned number, struct counters *counters)
{
	struct worker *w = &pool->workers[number];
	int rc;

	w->pool = pool;
	w->number = number;
	w->counters = counters;
	if ((w->stop = job_new(0)) == NULL)
		return (ENOMEM);
	w->stop->kind = JOB_STOP;
	if ((rc = park_open(&w->park)) != 0)
		goto err0;
	if ((rc = pthread_create(&w->thread, NULL, worker_main, w)) != 0)
		goto err1;
	return (0);

err1:
	park_close(&w->park);
err0:
	job_free(w->stop);
	return (rc);
}

/* All started workers have ended: free everything. */
static void
pool_free(struct pool *pool)
{

	for (unsigned i = 0; i < pool->started; i++) {
		pthread_join(pool->workers[i].thread, NULL);
		park_close(&pool->workers[i].park);
		job_free(pool->workers[i].stop);
	}
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static void
send_stop(struct pool *pool)
{
	struct mpsc_chain chain = { 0 };

	for (unsigned i = 0; i < pool->started; i++) {
		mpsc_chain_add(&chain, &pool->workers[i].stop->node);
		pool_push(pool, i, &chain);
	}
}

/* The barrier: every worker serves or has failed. */
static bool
all_ready(struct pool *pool)
{
	bool ok;

	pthread_mutex_lock(&pool->lock);
	while (pool->ready + pool->failed < pool->started)
		pthread_cond_wait(&pool->changed, &pool->lock);
	ok = pool->ready == pool->count;
	pthread_mutex_unlock(&pool->lock);
	return (ok);
}

/* Timed waits are in monotonic time, where the system can. */
static int
open_sync(struct pool *pool)
{
	pthread_condattr_t attr;
	int rc;

	if ((rc = pthread_mutex_init(&pool->lock, NULL)) != 0)
		return (rc);
	if ((rc = pthread_condattr_init(&attr)) != 0)
		goto err0;
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(&pool->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (rc == 0)
		return (0);
err0:
	pthread_mutex_destroy(&pool->lock);
	return (rc);
}

throng_error
pool_start(const struct service *service, struct counters *counters,
    struct pool **result)
{
	unsigned count = service->config.workers;
	struct pool *pool;
	size_t size;
	int rc = 0;

	*result = NULL;
	size = sizeof(*pool) + count * sizeof(pool->workers[0]);
	/* Workers begin on cache lines of their own; see mpsc.h. */
	size = (size + MPSC_CACHE_LINE - 1) / MPSC_CACHE_LINE *
	    MPSC_CACHE_LINE;
	if ((pool = aligned_alloc(MPSC_CACHE_LINE, size)) == NULL)
		return (THRONG_ERR_NOMEM);
	memset(pool, 0, size);
	pool->service = service;
	pool->count = count;
	if (open_sync(pool) != 0) {
		free(pool);
		return (THRONG_ERR_NOMEM);
	}
	for (; rc == 0 && pool->started < count; pool->started += rc == 0)
		rc = worker_start(pool, pool->started,
		    &counters[pool->started]);
	if (!all_ready(pool) || rc != 0) {
		event_trouble(&service->log, THRONG_LOG_ERROR,
		    "worker-not-started", rc != 0 ? rc : ECANCELED);
		send_stop(pool);
		pool_free(pool);
		return (THRONG_ERR_THREAD);
	}
	*result = pool;
	return (THRONG_OK);
}

bool
pool_stop(struct pool *pool, uint64_t deadline)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline / CLOCK_S),
		.tv_nsec = (long)(deadline % CLOCK_S),
	};
	int rc = 0;
	bool all;

	send_stop(pool);
	pthread_mutex_lock(&pool->lock);
	while (pool->ended < pool->count && rc == 0)
		rc = pthread_cond_timedwait(&pool->changed, &pool->lock,
		    &until);
	all = pool->ended == pool->count;
	pthread_mutex_unlock(&pool->lock);
	if (all)
		pool_free(pool);
	return (all);
}

unsigned
pool_workers(const struct pool *pool)
{

	return (pool->count);
}

void
pool_push(struct pool *pool, unsigned worker, struct mpsc_chain *jobs)
{
	struct worker *w = &pool->workers[worker];

	if (mpsc_push(&w->inbox, jobs))
		park_signal(&w->park);
}
