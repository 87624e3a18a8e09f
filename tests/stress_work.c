/*
 * The pool under real threads: src/work.c as it is, with marked points at its
 * atomic operations (points.h) and a handler that counts. Threads act as
 * reactors: they hand jobs over to workers of their choice, take back at random
 * what some worker has not begun, whoever's it is, send home what is another's
 * and push their own again, and sleep until they are woken when they have
 * nothing else to do. Every handing over ends with one run of the handler;
 * nothing is lost, doubled, torn or left behind. The stop comes when all is
 * back, or while they are still at it: then what is left is with the workers.
 *
 *     ./stress_work [jobs [seed]]
 *
 * STRESS in the environment multiplies the jobs.
 */
#include "config.h"

#include "points.h"

#include "../src/work.c"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "unit.h"

#define WORKERS 3
#define REACTORS 2
/** Jobs of a reactor: few, so that it must wait for them. */
#define ITEMS 24
/** Rounds worked on in all, each with a pool of its own. */
#define ROUNDS 20
/** After so long without an end a wakeup is held to be lost. Seconds. */
#define LOST 60u

/* A job, and what its owner knows of it. Its handler's state is the item. */
struct item {
	struct job *job; /* whose slot is the place in the array */
	uint64_t worked; /* runs of the handler; plain, for TSan to watch */
	uint64_t sent;   /* the reactor's: runs that there must have been */
	bool out;        /* the reactor's: it is not at home */
};

struct acting {
	struct reactor reactor; /* as much of it as workers see */
	struct item items[ITEMS];
	struct run *run;
	uint64_t random;
	uint64_t left; /* runs of the handler still to be asked for */
	uint64_t reclaimed, foreign, stops;
	unsigned out;
};

struct run {
	struct service service;
	struct counters counters[WORKERS];
	struct pool *pool;
	struct acting *reactors[REACTORS];
	_Atomic bool leave; /* at once; the stop came too early */
};

static _Atomic uint64_t seeds;
static _Thread_local uint64_t own_chance;

static void
die(const char *what)
{

	fprintf(stderr, "stress_work: %s\n", what);
	_exit(1);
}

static void
on_alarm(int number)
{
	static const char text[] = "stress_work: a wakeup was lost\n";

	(void)number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

static void
take_chance(void)
{

	own_chance = (atomic_fetch_add(&seeds, 1) + 1) * 0x9e3779b97f4a7c15u;
	chance = &own_chance;
}

static void *
worker_opens(void)
{

	take_chance();
	return (&own_chance);
}

/* The handler's part: JOB_END goes straight to it. */
static void
run_handler(void *state)
{
	struct item *item = state;

	item->worked++;
	point();
}

static int
no_input(const char *input, size_t length, throng_reply *reply)
{

	(void)input;
	(void)length;
	(void)reply;
	return (-1);
}

static const throng_handler handler = {
	.name = "stress",
	.process_input = no_input,
	.worker_open = worker_opens,
	.connection_close = run_handler,
};

/* It is at home again; worked on, or as it left. */
static void
came_back(struct acting *a, struct job *job)
{
	struct item *item = &a->items[job->slot];

	if (job->home != &a->reactor || !item->out)
		die("a job of another, or one that was not out");
	if (job->unworked ? item->worked + 1 != item->sent ||
	    job->state != item : item->worked != item->sent ||
	    job->state != NULL)
		die("a job is lost, doubled or torn");
	if (job->unworked) {
		item->sent--;
		a->left++;
	}
	job->unworked = false;
	item->out = false;
	a->out--;
}

/* reply_look() */
static void
look(struct acting *a)
{
	struct mpsc_node *node, *next;

	for (node = mpsc_take(&a->reactor.replies); node != NULL; node = next) {
		next = node->next;
		came_back(a, job_of(node));
	}
}

/* take_back() of dispatch.c, which counts on a whole reactor. */
static void
take_back(struct acting *a, unsigned w)
{
	struct mpsc_node *node, *next;
	struct mpsc_chain chain = { 0 };

	for (node = pool_reclaim(a->run->pool, w); node != NULL; node = next) {
		struct job *job = job_of(node);
		struct reactor *home;

		next = node->next;
		point();
		if (job->kind == JOB_STOP) {
			a->stops++;
			mpsc_chain_add(&chain, node);
			pool_push(a->run->pool, w, &chain);
			continue;
		}
		a->reclaimed++;
		job->unworked = true;
		if ((home = job->home) == &a->reactor) {
			came_back(a, job);
			continue;
		}
		a->foreign++;
		mpsc_chain_add(&chain, node);
		if (reactor_push(home, &chain))
			reactor_wake(home, &a->reactor.counters);
	}
}

/* Some of the jobs that are at home to one worker, in one chain. */
static void
hand_over_some(struct acting *a)
{
	unsigned w = (unsigned)(draw(&a->random) % WORKERS);
	unsigned most = 1 + (unsigned)(draw(&a->random) % ITEMS);
	struct mpsc_chain chain = { 0 };

	for (unsigned i = 0; i < ITEMS && most > 0 && a->left > 0; i++) {
		struct item *item = &a->items[i];

		if (item->out)
			continue;
		item->out = true;
		item->sent++;
		item->job->state = item;
		a->left--;
		a->out++;
		most--;
		mpsc_chain_add(&chain, &item->job->node);
	}
	if (chain.count > 0)
		pool_push(a->run->pool, w, &chain);
}

static void *
act(void *argument)
{
	struct acting *a = argument;
	struct pollfd pfd = { .fd = a->reactor.wakeup.read_fd,
		.events = POLLIN };

	take_chance();
	while ((a->left > 0 || a->out > 0) && !atomic_load(&a->run->leave)) {
		if (a->left > 0 && a->out < ITEMS)
			hand_over_some(a);
		if (draw(&a->random) % 4 == 0)
			take_back(a, (unsigned)(draw(&a->random) % WORKERS));
		/* Without a timer: whoever pushed must wake. */
		if (a->out == ITEMS || (a->left == 0 && a->out > 0)) {
			while (poll(&pfd, 1, -1) != 1)
				continue;
			wakeup_clear(&a->reactor.wakeup);
		}
		look(a);
	}
	return (NULL);
}

static void *
zeroed(size_t size)
{
	void *memory = aligned_alloc(64, (size + 63) / 64 * 64);

	if (memory == NULL)
		die("no memory");
	memset(memory, 0, size);
	return (memory);
}

static void
acting_free(struct acting *a)
{

	wakeup_close(&a->reactor.wakeup);
	for (unsigned i = 0; i < ITEMS; i++)
		job_free(a->items[i].job);
	free(a);
}

static struct acting *
acting_new(struct run *run, uint64_t jobs, uint64_t seed)
{
	struct acting *a = zeroed(sizeof(*a));

	a->run = run;
	a->left = jobs;
	a->random = seed * 0x9e3779b97f4a7c15u | 1;
	if (wakeup_open(&a->reactor.wakeup) == -1)
		die("no pipe");
	for (unsigned i = 0; i < ITEMS; i++) {
		struct job *job = job_new(0);

		if (job == NULL)
			die("no memory");
		job->kind = JOB_END;
		job->home = &a->reactor;
		job->slot = i;
		a->items[i].job = job;
	}
	return (a);
}

/* The workers have ended. Whatever is still with them, or on its way home, is
 * there once. */
static void
collect(struct run *run, bool early, uint64_t *stranded)
{

	for (unsigned w = 0; w < WORKERS; w++) {
		struct acting *a = run->reactors[0];
		uint64_t before = a->reclaimed;

		take_back(a, w);
		*stranded += a->reclaimed - before;
	}
	for (unsigned i = 0; i < REACTORS; i++) {
		look(run->reactors[i]);
		if (run->reactors[i]->out > 0)
			die("a job is nowhere");
		if (!early && run->reactors[i]->left > 0)
			die("a job was left behind");
	}
}

struct totals {
	uint64_t reclaimed, foreign, stops, stranded, wakeups;
};

static void
run_round(uint64_t jobs, uint64_t seed, bool early, struct totals *t)
{
	struct run *run = zeroed(sizeof(*run));
	pthread_t threads[REACTORS];
	uint64_t stranded = 0;

	unit_service(&run->service, &handler);
	run->service.config.workers = WORKERS;
	if (pool_start(&run->service, run->counters, &run->pool) != THRONG_OK)
		die("no pool");
	for (unsigned i = 0; i < REACTORS; i++)
		run->reactors[i] = acting_new(run, jobs / REACTORS,
		    seed * REACTORS + i + 1);
	for (unsigned i = 0; i < REACTORS; i++)
		if (pthread_create(&threads[i], NULL, act, run->reactors[i]) !=
		    0)
			die("no thread");
	for (unsigned i = 0; i < REACTORS && !early; i++)
		pthread_join(threads[i], NULL);
	/* The stop arrives, whoever takes it back meanwhile. */
	if (!pool_stop(run->pool, clock_now() + LOST * CLOCK_S))
		die("a worker did not end");
	if (early) {
		atomic_store(&run->leave, true);
		for (unsigned i = 0; i < REACTORS; i++) {
			wakeup_signal(&run->reactors[i]->reactor.wakeup);
			pthread_join(threads[i], NULL);
		}
	}
	collect(run, early, &stranded);
	if (!early && stranded > 0)
		die("a job was left with a worker");
	t->stranded += stranded;
	for (unsigned i = 0; i < WORKERS; i++)
		t->wakeups += atomic_load(&run->counters[i].wakeups);
	for (unsigned i = 0; i < REACTORS; i++) {
		t->reclaimed += run->reactors[i]->reclaimed;
		t->foreign += run->reactors[i]->foreign;
		t->stops += run->reactors[i]->stops;
		acting_free(run->reactors[i]);
	}
	pool_free(run->pool);
	registry_close(&run->service.registry);
	free(run);
}

int
main(int argc, char **argv)
{
	uint64_t jobs = support_sanitized() ? 60000 : 400000, seed = 1;
	const char *times = getenv("STRESS");
	struct totals t = { 0 };

	if (argc > 1)
		jobs = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	if (times != NULL && atoi(times) > 0)
		jobs *= (uint64_t)atoi(times);
	if (argc > 3 || jobs < ROUNDS * REACTORS) {
		fprintf(stderr, "usage: stress_work [jobs [seed]]\n");
		return (2);
	}
	signal(SIGALRM, on_alarm);
	printf("seed %" PRIu64 "\n", seed);
	atomic_store(&seeds, seed << 20);
	for (unsigned i = 0; i < ROUNDS; i++) {
		alarm(2 * LOST + (unsigned)(jobs / ROUNDS / 20000));
		run_round(jobs / ROUNDS, seed * ROUNDS + i, i % 4 == 3, &t);
	}
	printf("%" PRIu64 " jobs, %" PRIu64 " taken back, %" PRIu64
	    " of them another reactor's; %" PRIu64 " stops taken back, %" PRIu64
	    " jobs behind an early stop; %" PRIu64 " wakeups; none lost, "
	    "doubled or left behind\n", jobs, t.reclaimed, t.foreign, t.stops,
	    t.stranded, t.wakeups);
	return (0);
}
