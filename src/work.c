/*
 * A worker owns one job at a time. What it has taken from its inbox beyond
 * that lies in `rest`, a word that anybody may empty by one exchange: when a
 * handler takes long, the reactors take back what waits behind it, so a
 * handler that never returns strands nothing but its own request.
 *
 * A finished job is pushed to its reactor at once, but the reactor is woken
 * for many of them together: when there is nothing left to do, when they are
 * many, or when the first has waited longer than a wakeup costs. Whoever found
 * the queue empty owes that wakeup; should the next handler be slow, the
 * reactor looks by itself (dispatch.c).
 */
#include "config.h"

#include "work.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crash.h"
#include "events.h"
#include "job.h"
#include "monitor.h"
#include "park.h"
#include "process.h"
#include "reactor.h"

/** The reactor is woken after this many finished jobs. */
#define OWED_MAX 128

/** And when the first of them has waited this long. Nanoseconds. */
#define OWED_AGE_MAX (50 * CLOCK_US)

/** A handler that runs longer than this holds things up. Nanoseconds. */
#define LATE (2 * (uint64_t)CLOCK_MS)

/**
 * Invariants:
 *
 * 1. Only the worker stores jobs in `rest`, and only after it has emptied
 *    it; anybody may empty it.
 * 2. `owed` is the reactor whose queue this worker found empty and has not
 *    woken yet; NULL when it sleeps.
 */
struct worker {
	struct mpsc inbox;
	alignas(MPSC_CACHE_LINE) _Atomic(struct mpsc_node *) rest;
	struct park park;
	struct pool *pool;
	pthread_t thread;
	unsigned number;
	struct job *stop; /* the message that ends it */
	alignas(MPSC_CACHE_LINE) struct processor processor;
	struct counters *counters;
	struct reactor *owed;
	unsigned owed_jobs;
	uint64_t owed_since;
};

struct pool {
	struct service *service;
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
wake_owed(struct worker *w)
{

	if (w->owed != NULL)
		reactor_wake(w->owed, w->counters);
	w->owed = NULL;
}

/* Give a finished job back; the reactor learns of it a little later. */
static void
finished(struct worker *w, struct job *job, uint64_t now)
{
	struct reactor *home = job->home;
	struct mpsc_chain chain = { 0 };

	mpsc_chain_add(&chain, &job->node);
	/* From here on the job is the reactor's. */
	if (reactor_push(home, &chain) && w->owed != home) {
		wake_owed(w);
		w->owed = home;
		w->owed_jobs = 0;
		w->owed_since = now;
	}
	if (w->owed != NULL && (++w->owed_jobs >= OWED_MAX ||
	    now - w->owed_since > OWED_AGE_MAX))
		wake_owed(w);
}

/* The next job, oldest first; NULL if there is none. */
static struct job *
take_one(struct worker *w)
{
	struct mpsc_node *node;

	/*
	 * Acquire: the links and jobs were written by whoever pushed them;
	 * this thread has acquired them before, but takes no chances with a
	 * list that others may take.
	 */
	node = atomic_exchange_explicit(&w->rest, NULL, memory_order_acquire);
	if (node == NULL)
		node = mpsc_take(&w->inbox);
	if (node != NULL && node->next != NULL)
		/* Release: whoever takes the rest back reads its links. */
		atomic_store_explicit(&w->rest, node->next,
		    memory_order_release);
	return (job_of(node));
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
	uint64_t before = 0, now;
	struct job *job;

	/* Invariant: nobody is owed a wakeup when the worker goes to sleep. */
	for (;;) {
		if ((job = take_one(w)) == NULL) {
			wake_owed(w);
			running_none(&w->processor.running);
			park_wait(&w->park);
			before = 0;
			continue;
		}
		if (job->kind == JOB_STOP) {
			wake_owed(w);
			return;
		}
		if (before == 0)
			before = clock_now();
		running_since(&w->processor.running, before);
		process_job(&w->processor, job);
		now = clock_now();
		job->spent_ns = now - before;
		before = now;
		finished(w, job, now);
	}
}

static void *
worker_main(void *argument)
{
	struct worker *w = argument;
	struct pool *pool = w->pool;
	struct crash_stack stack;

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
	crash_thread_begin(&stack);
	serve(w);
	crash_thread_end(&stack);
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

void
pool_free(struct pool *pool)
{

	if (pool == NULL)
		return;
	for (unsigned i = 0; i < pool->started; i++) {
		pthread_join(pool->workers[i].thread, NULL);
		park_close(&pool->workers[i].park);
		job_free(pool->workers[i].stop);
	}
	monitor_close(&pool->lock, &pool->changed);
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

throng_error
pool_start(struct service *service, struct counters *counters,
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
	if (monitor_open(&pool->lock, &pool->changed) != 0) {
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
	int rc = 0;
	bool all;

	send_stop(pool);
	pthread_mutex_lock(&pool->lock);
	while (pool->ended < pool->count && rc == 0)
		rc = monitor_wait(&pool->lock, &pool->changed, deadline);
	all = pool->ended == pool->count;
	pthread_mutex_unlock(&pool->lock);
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

bool
pool_is_late(const struct pool *pool, unsigned worker, uint64_t now)
{

	return (running_for(&pool->workers[worker].processor.running, now) > LATE);
}

bool
pool_is_idle(const struct pool *pool, unsigned worker)
{
	const struct worker *w = &pool->workers[worker];

	/*
	 * For a job of the worker that was taken from its reactor's queue, the
	 * acquire of that orders the look at `since` behind its store before
	 * the job: none is from after it, and with it the wakeup. Relaxed for
	 * the inbox: a hint.
	 */
	return (running_is_none(&w->processor.running) &&
	    atomic_load_explicit(&w->inbox.head, memory_order_relaxed) ==
	    NULL);
}

bool
pool_all_stuck(const struct pool *pool, uint64_t now, uint64_t limit)
{

	for (unsigned i = 0; i < pool->count; i++)
		if (running_for(&pool->workers[i].processor.running, now) < limit)
			return (false);
	return (true);
}

struct mpsc_node *
pool_reclaim(struct pool *pool, unsigned worker)
{
	struct worker *w = &pool->workers[worker];
	struct mpsc_node *lists[2], *node, *next, *newest = NULL;

	/* Acquire: as in take_one(). What is in the inbox is younger. */
	lists[0] = atomic_exchange_explicit(&w->rest, NULL,
	    memory_order_acquire);
	lists[1] = mpsc_take(&w->inbox);
	for (int i = 0; i < 2; i++) {
		for (node = lists[i]; node != NULL; node = next) {
			next = node->next;
			node->next = newest;
			newest = node;
		}
	}
	return (newest);
}
