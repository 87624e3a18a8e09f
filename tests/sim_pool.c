#include "sim_pool.h"

#include <stdbool.h>
#include <string.h>

#include "dispatch.h"
#include "sim.h"
#include "vkernel.h"
#include "work.h"

#define WAITING_MAX 512

/** One worker: what it is at, what it holds, whom it owes a wakeup. */
struct sim_worker {
	struct processor processor;
	struct job *at;
	uint64_t since;
	uint64_t done;            /* when it has done that */
	struct mpsc_node *first;  /* what it has not begun, oldest first */
	unsigned holds;
	uint64_t wakes;           /* when it pays its debt; UINT64_MAX: none */
};

/** A job in the backlog, and the order in which it became ready. */
struct ready {
	const struct job *job;
	uint64_t stamp; /* 0: taken back, so before all others */
	bool tried;     /* vain.c has let others go before it */
};

static struct {
	struct reactor *reactor;
	struct counters *counters;
	struct sim_worker workers[SIM_WORKERS_MAX];
	unsigned count;
	struct ready ready[WAITING_MAX];
	unsigned ready_count;
	uint64_t stamp;
} pool;

void
sim_pool_open(struct reactor *reactor, unsigned workers,
    struct counters *counters)
{

	memset(&pool, 0, sizeof(pool));
	pool.reactor = reactor;
	pool.counters = counters;
	pool.count = workers;
	for (unsigned w = 0; w < workers; w++) {
		pool.workers[w].wakes = UINT64_MAX;
		pool.workers[w].done = UINT64_MAX;
		process_open(&pool.workers[w].processor, reactor->service,
		    counters);
	}
}

void
sim_pool_close(void)
{

	for (unsigned w = 0; w < pool.count; w++)
		if (pool.workers[w].at != NULL ||
		    pool.workers[w].first != NULL)
			sim_wrong("worker %u still has a job", w);
	for (unsigned w = 0; w < pool.count; w++)
		process_close(&pool.workers[w].processor);
	if (pool.ready_count > 0)
		sim_wrong("%u jobs still wait", pool.ready_count);
}

/* Most are short; one in a hundred is later than a worker may be. */
static uint64_t
service_time(void)
{
	uint64_t r = vk_random();

	if (r % 100 == 0)
		return (3000000 + r / 100 % 20000000);
	if (r % 10 == 0)
		return (r / 10 % 300000);
	return (300 + r / 10 % 5000);
}

static void
begin(struct sim_worker *w)
{
	uint64_t now = vk_now();

	if (w->at != NULL || w->first == NULL)
		return;
	w->at = job_of(w->first);
	w->first = w->first->next;
	w->since = now;
	w->done = now + service_time();
}

/* As in work.c: pushed at once, the wakeup a little later. */
static void
finish(struct sim_worker *w, uint64_t now)
{
	struct mpsc_chain chain = { 0 };
	struct job *job = w->at;

	w->at = NULL;
	w->holds--;
	process_job(&w->processor, job);
	job->spent_ns = now - w->since;
	mpsc_chain_add(&chain, &job->node);
	if (reactor_push(pool.reactor, &chain))
		w->wakes = now + vk_random() % 50000;
	w->done = UINT64_MAX;
	begin(w);
}

uint64_t
sim_pool_next(void)
{
	uint64_t next = UINT64_MAX;

	for (unsigned w = 0; w < pool.count; w++) {
		if (pool.workers[w].done < next)
			next = pool.workers[w].done;
		if (pool.workers[w].wakes < next)
			next = pool.workers[w].wakes;
	}
	return (next);
}

void
sim_pool_move(uint64_t now)
{

	for (unsigned i = 0; i < pool.count; i++) {
		struct sim_worker *w = &pool.workers[i];

		if (w->wakes <= now) {
			w->wakes = UINT64_MAX;
			reactor_wake(pool.reactor, pool.counters);
			return;
		}
		if (w->done <= now) {
			finish(w, now);
			return;
		}
	}
}

/* A job has left the backlog. Nobody may have been ready before it. */
static void
leaves(const struct job *job, bool begun)
{
	unsigned at = 0;

	while (at < pool.ready_count && pool.ready[at].job != job)
		at++;
	if (at == pool.ready_count)
		sim_wrong("a job left that was not in the backlog");
	for (unsigned i = 0; i < pool.ready_count && begun; i++)
		if (pool.ready[i].stamp < pool.ready[at].stamp &&
		    (!pool.ready[i].tried || pool.ready[at].tried))
			sim_wrong("a job was overtaken by a later one");
	pool.ready[at] = pool.ready[--pool.ready_count];
}

static void
enters(const struct job *job, uint64_t stamp)
{

	if (pool.ready_count == WAITING_MAX)
		sim_wrong("a backlog without bound");
	for (unsigned i = 0; i < pool.ready_count; i++)
		if (pool.ready[i].job == job)
			sim_wrong("a job is in the backlog twice");
	pool.ready[pool.ready_count++] = (struct ready){ job, stamp, false };
}

void __wrap_dispatch_job(struct reactor *r, struct job *job);
void __real_dispatch_job(struct reactor *r, struct job *job);

void
__wrap_dispatch_job(struct reactor *r, struct job *job)
{

	enters(job, ++pool.stamp);
	__real_dispatch_job(r, job);
	pool.ready[pool.ready_count - 1].tried = job->on_trial;
}

void __wrap_dispatch_again(struct reactor *r, struct job *job);
void __real_dispatch_again(struct reactor *r, struct job *job);

void
__wrap_dispatch_again(struct reactor *r, struct job *job)
{

	enters(job, 0);
	__real_dispatch_again(r, job);
}

void __wrap_dispatch_forget(struct reactor *r, struct job *job);
void __real_dispatch_forget(struct reactor *r, struct job *job);

void
__wrap_dispatch_forget(struct reactor *r, struct job *job)
{

	leaves(job, false);
	__real_dispatch_forget(r, job);
}

struct job *__wrap_dispatch_take(struct reactor *r);
struct job *__real_dispatch_take(struct reactor *r);

/* Inline mode: begun at once, and the clock goes on while the handler runs,
 * with nobody else's move in between. */
struct job *
__wrap_dispatch_take(struct reactor *r)
{
	struct job *job = __real_dispatch_take(r);

	if (job == NULL)
		return (NULL);
	leaves(job, true);
	vk_wait(vk_now() + service_time());
	return (job);
}

void __wrap_pool_push(struct pool *p, unsigned worker,
    struct mpsc_chain *jobs);

void
__wrap_pool_push(struct pool *p, unsigned worker, struct mpsc_chain *jobs)
{
	struct sim_worker *w = &pool.workers[worker];
	struct mpsc q = { .pad = "" };
	struct mpsc_node *node, *chain, **end = &w->first;

	(void)p;
	if (worker >= pool.count)
		sim_wrong("there is no worker %u", worker);
	mpsc_push(&q, jobs);
	chain = mpsc_take(&q);
	for (node = chain; node != NULL; node = node->next) {
		leaves(job_of(node), true);
		w->holds++;
	}
	if (w->holds > 128)
		sim_wrong("a worker holds %u jobs", w->holds);
	while (*end != NULL)
		end = &(*end)->next;
	*end = chain;
	begin(w);
}

bool __wrap_pool_is_late(const struct pool *p, unsigned worker, uint64_t now);

bool
__wrap_pool_is_late(const struct pool *p, unsigned worker, uint64_t now)
{
	struct sim_worker *w = &pool.workers[worker];

	(void)p;
	return (w->at != NULL && now > w->since && now - w->since > 2000000);
}

bool __wrap_pool_is_idle(const struct pool *p, unsigned worker);

bool
__wrap_pool_is_idle(const struct pool *p, unsigned worker)
{
	struct sim_worker *w = &pool.workers[worker];

	(void)p;
	return (w->at == NULL && w->first == NULL);
}

bool __wrap_pool_all_stuck(const struct pool *p, uint64_t now,
    uint64_t limit);

bool
__wrap_pool_all_stuck(const struct pool *p, uint64_t now, uint64_t limit)
{

	(void)p;
	for (unsigned i = 0; i < pool.count; i++) {
		struct sim_worker *w = &pool.workers[i];

		if (w->at == NULL || now - w->since < limit)
			return (false);
	}
	return (true);
}

struct mpsc_node *__wrap_pool_reclaim(struct pool *p, unsigned worker);

struct mpsc_node *
__wrap_pool_reclaim(struct pool *p, unsigned worker)
{
	struct sim_worker *w = &pool.workers[worker];
	struct mpsc_node *node, *next, *newest = NULL;

	(void)p;
	for (node = w->first; node != NULL; node = next) {
		next = node->next;
		node->next = newest;
		newest = node;
		w->holds--;
	}
	w->first = NULL;
	return (newest);
}
