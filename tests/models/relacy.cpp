/*
 * relacy.cpp - src/mpsc.h, src/park.c and the worker's part of src/work.c as
 * they are, under Relacy: every outcome that the memory orders written there
 * allow, and every race on plain data, up to the bounds of the search.
 *
 *     relacy TEST full | bound SWITCHES | random ITERATIONS
 *
 * The names of the tests are in `tests` at the end. run.sh copies the headers
 * and changes one declaration in each, so that the plain memory that threads
 * share is of the type `plain`; it puts functions of work.c, dispatch.c and
 * reactor.c, unchanged, into functions.h; it makes the mutants, too.
 *
 * Thread 0 is the consumer, the others produce.
 */
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <relacy/relacy.hpp>

/* What Relacy's macros for the orders expand to. */
using rl::mo_acquire;
using rl::mo_acq_rel;
using rl::mo_relaxed;
using rl::mo_release;
using rl::mo_seq_cst;

/* Plain memory whose every access is checked for races. */
template <typename T> class plain {
public:
	operator T() const { return (memory($)); }
	T operator->() const { return (memory($)); }
	plain &operator=(T value) { memory($) = value; return (*this); }
	plain &operator=(const plain &other) { return (*this = (T)other); }

private:
	rl::var<T> memory;
};

#include "mpsc.h"
#include "park.c"

#ifndef MESSAGES
#define MESSAGES 2 /* of each producer */
#endif

struct item {
	mpsc_node node; /* first, as in job.h */
	plain<unsigned> producer;
	plain<unsigned> sequence;
};

/* What a link is once its item is someone else's. Never followed: reading it
 * where it must not be read is an error. */
#define GONE ((mpsc_node *)1)

/* What the tests share: the queue, and the accounts of the consumer. */
template <unsigned PRODUCERS> struct hand_over {
	mpsc queue;
	item items[PRODUCERS][MESSAGES];
	unsigned next[PRODUCERS];
	unsigned got;
	unsigned const all;

	hand_over() : got(0), all(PRODUCERS * MESSAGES)
	{

		for (unsigned i = 0; i < PRODUCERS; i++)
			next[i] = 0;
		/* "All zero: empty." */
		queue.head.store(NULL, mo_relaxed, $);
	}

	/* The item is the next owner's, who writes to it at once. */
	void release(item *i)
	{

		i->node.next = GONE;
		i->sequence = 0;
	}

	/* Read first, for the item is gone a moment later; as reply_look(). */
	void consume(mpsc_node *list)
	{
		mpsc_node *following;

		for (; list != NULL; list = following) {
			item *i = (item *)list;
			unsigned producer = i->producer;
			unsigned sequence = i->sequence;

#ifdef M_FREE_BEFORE_NEXT
			release(i);
			following = list->next;
#else
			following = list->next;
			release(i);
#endif
			RL_ASSERT(following != GONE);
			RL_ASSERT(producer < PRODUCERS);
			RL_ASSERT(sequence == next[producer]);
			next[producer]++;
			got++;
		}
	}

	bool push(unsigned producer, unsigned first, unsigned count)
	{
		mpsc_chain chain = { };

		for (unsigned i = first; i < first + count; i++) {
			items[producer][i].producer = producer;
			items[producer][i].sequence = i;
			mpsc_chain_add(&chain, &items[producer][i].node);
		}
		return (mpsc_push(&queue, &chain));
	}
};

/* The queue alone: the consumer takes TAKES times while they push, and the
 * rest when they have ended. Nothing but the queue orders anything. */
template <unsigned PRODUCERS, unsigned CHAIN, unsigned TAKES>
struct test_take
    : rl::test_suite<test_take<PRODUCERS, CHAIN, TAKES>, PRODUCERS + 1> {
	hand_over<PRODUCERS> h;
	unsigned found_empty, taken;

	void before() { found_empty = taken = 0; }

	void once()
	{
		mpsc_node *list = mpsc_take(&h.queue);

		taken += list != NULL;
		h.consume(list);
	}

	void thread(unsigned index)
	{

		if (index == 0) {
			for (unsigned i = 0; i < TAKES; i++)
				once();
			return;
		}
		for (unsigned i = 0; i < MESSAGES; i += CHAIN)
			if (h.push(index - 1, i, CHAIN))
				found_empty++;
	}

	void after()
	{

		once();
		RL_ASSERT(h.got == h.all);
		/* Whoever ends an emptiness is told, and nobody else. */
		RL_ASSERT(found_empty == taken);
	}
};

/* A worker that takes all: the queue with park.c as it is. */
template <unsigned PRODUCERS, unsigned CHAIN>
struct test_park : rl::test_suite<test_park<PRODUCERS, CHAIN>, PRODUCERS + 1> {
	hand_over<PRODUCERS> h;
	park place;

	void before() { park_open(&place); }

	void after()
	{

		park_close(&place);
		RL_ASSERT(h.got == h.all);
		RL_ASSERT(mpsc_take(&h.queue) == NULL);
	}

	void thread(unsigned index)
	{

		if (index == 0) {
			while (h.got < h.all) {
				mpsc_node *list = mpsc_take(&h.queue);

				if (list == NULL)
					park_wait(&place);
				else
					h.consume(list);
			}
			return;
		}
		/* pool_push() */
		for (unsigned i = 0; i < MESSAGES; i += CHAIN) {
#ifdef M_SIGNAL_FIRST
			if (h.queue.head.load(mo_relaxed, $) == NULL)
				park_signal(&place);
			(void)h.push(index - 1, i, CHAIN);
#else
			if (h.push(index - 1, i, CHAIN))
				park_signal(&place);
#endif
		}
	}
};

/* A reactor: reply_arrived() of reply.c. The pipe gives no order to anything
 * but itself, which is less than any kernel's. A lost wakeup is a livelock:
 * the reactor waits for a byte that never comes. */
template <unsigned PRODUCERS, unsigned CHAIN>
struct test_pipe : rl::test_suite<test_pipe<PRODUCERS, CHAIN>, PRODUCERS + 1> {
	hand_over<PRODUCERS> h;
	rl::atomic<unsigned> bytes;

	void before() { bytes.store(0, mo_relaxed, $); }

	void after() { RL_ASSERT(h.got == h.all); }

	/* wakeup_signal(); the pipe holds one byte, more make no difference. */
	void signal() { bytes.exchange(1, mo_relaxed, $); }

	void thread(unsigned index)
	{
		mpsc_node *list;

		if (index == 0) {
			while (h.got < h.all) {
				/* epoll_wait() */
				while (bytes.fetch_add(0, mo_relaxed, $) ==
				    0)
					rl::yield(1, $);
#ifdef M_TAKE_FIRST
				list = mpsc_take(&h.queue);
				bytes.exchange(0, mo_relaxed, $);
#else
				bytes.exchange(0, mo_relaxed, $);
				list = mpsc_take(&h.queue);
#endif
				h.consume(list);
			}
			return;
		}
		/* reactor_push() */
		for (unsigned i = 0; i < MESSAGES; i += CHAIN) {
#ifdef M_SIGNAL_FIRST
			if (h.queue.head.load(mo_relaxed, $) == NULL)
				signal();
			(void)h.push(index - 1, i, CHAIN);
#else
			if (h.push(index - 1, i, CHAIN))
				signal();
#endif
		}
	}
};

/*
 * A worker whose jobs are taken back: the functions of work.c, dispatch.c and
 * reactor.c that move jobs, with as much of the structures as they use.
 */
struct counters { };

struct processor {
	int running;
};

struct reactor {
	mpsc replies;
	rl::atomic<unsigned> bytes; /* the pipe; see test_pipe */
	struct pool *pool;
	struct counters counters;
	mpsc_chain at_home; /* to be handed over */
	unsigned back;
};

enum { JOB_REQUESTS, JOB_STOP };

struct job {
	mpsc_node node;
	plain<reactor *> home;
	plain<int> kind;
	plain<bool> unworked;
	plain<uint64_t> spent_ns;
	plain<unsigned> done; /* 0: to be worked on, 1: was */
};

struct worker {
	mpsc inbox;
	rl::atomic<mpsc_node *> rest;
	::park park;
	struct processor processor;
	struct counters *counters;
	reactor *owed;
	unsigned owed_jobs;
	uint64_t owed_since;
};

struct pool {
	worker workers[1];
};

/* The clock stands still: a wakeup is owed for as long as may be. */
#define OWED_MAX 32
#define OWED_AGE_MAX 1

static uint64_t clock_now() { return (1); }
static void running_since(int *, uint64_t) { }
static void running_none(int *) { }
static job *job_of(mpsc_node *node) { return ((job *)node); }
static void pool_push(pool *, unsigned, mpsc_chain *);
static mpsc_node *pool_reclaim(pool *, unsigned);

static void
reactor_wake(reactor *r, counters *)
{

	r->bytes.exchange(1, mo_relaxed, $);
}

static void
process_job(processor *, job *j)
{

	RL_ASSERT(j->done == 0 && !j->unworked);
	j->done = 1;
}

static void
reply_unworked(reactor *r, job *j)
{

	RL_ASSERT(j->home == r && j->done == 0);
	j->unworked = false;
	mpsc_chain_add(&r->at_home, &j->node);
}

#ifdef M_REST_SPLIT
/* Read, then cleared. */
static mpsc_node *
split_exchange(rl::atomic<mpsc_node *> *rest, rl::memory_order, rl::debug_info)
{
	mpsc_node *node = rest->load(mo_acquire, $);

	rest->store(NULL, mo_release, $);
	return (node);
}
#endif

#include "functions.h"

/* Each reactor hands over its jobs in one chain; the first one takes back
 * RECLAIMS times what the worker has not begun, and hands over its own again.
 * A lost wakeup is a livelock, or a deadlock in the park. */
template <unsigned REACTORS, unsigned JOBS, unsigned RECLAIMS>
struct test_reclaim
    : rl::test_suite<test_reclaim<REACTORS, JOBS, RECLAIMS>, REACTORS + 1> {
	struct pool pool;
	struct counters counters;
	reactor reactors[REACTORS];
	job jobs[REACTORS][JOBS];
	job stop;
	rl::atomic<unsigned> left;

	void before()
	{
		worker *w = &pool.workers[0];

		w->inbox.head.store(NULL, mo_relaxed, $);
		w->rest.store(NULL, mo_relaxed, $);
		w->counters = &counters;
		w->owed = NULL;
		w->owed_jobs = 0;
		w->owed_since = 0;
		park_open(&w->park);
		for (reactor &r : reactors) {
			r.replies.head.store(NULL, mo_relaxed, $);
			r.bytes.store(0, mo_relaxed, $);
			r.pool = &pool;
			r.at_home = mpsc_chain();
			r.back = 0;
		}
		stop.kind = JOB_STOP;
		left.store(REACTORS, mo_relaxed, $);
	}

	void after()
	{
		worker *w = &pool.workers[0];

		park_close(&w->park);
		RL_ASSERT(w->rest.load(mo_relaxed, $) == NULL);
		RL_ASSERT(mpsc_take(&w->inbox) == NULL);
		for (reactor &r : reactors)
			RL_ASSERT(r.back == JOBS &&
			    mpsc_take(&r.replies) == NULL);
	}

	/* reply_look(), reply_job() */
	void look(reactor *r)
	{
		mpsc_node *node, *next;

		for (node = mpsc_take(&r->replies); node != NULL; node = next) {
			job *j = job_of(node);

			next = node->next;
			RL_ASSERT(next != GONE);
			if (j->unworked) {
				reply_unworked(r, j);
				continue;
			}
			RL_ASSERT(j->done == 1);
			j->done = 2;
			j->node.next = GONE;
			r->back++;
		}
	}

	void thread(unsigned index)
	{
		reactor *r = &reactors[index - 1];
		unsigned reclaims = index == 1 ? RECLAIMS : 0;

		if (index == 0) {
			serve(&pool.workers[0]);
			return;
		}
		for (job &j : jobs[index - 1]) {
			j.home = r;
			j.kind = JOB_REQUESTS;
			j.unworked = false;
			j.done = 0;
			mpsc_chain_add(&r->at_home, &j.node);
		}
		for (;;) {
			if (r->at_home.count > 0)
				pool_push(&pool, 0, &r->at_home);
			if (r->back == JOBS)
				break;
			if (reclaims > 0) {
				reclaims--;
				take_back(r, 0);
				continue;
			}
			while (r->bytes.fetch_add(0, mo_relaxed, $) == 0)
				rl::yield(1, $);
			r->bytes.exchange(0, mo_relaxed, $);
			look(r);
		}
		if (left.fetch_sub(1, mo_acq_rel, $) == 1) {
			mpsc_chain chain = { };

			mpsc_chain_add(&chain, &stop.node);
			pool_push(&pool, 0, &chain);
		}
	}
};

struct named {
	const char *name;
	rl::simulate_f simulate;
};

static const named tests[] = {
#ifdef ONLY
	{ "only", rl::simulate<ONLY> },
#else
	{ "take", rl::simulate<test_take<2, 1, 1> > },
	{ "take-twice", rl::simulate<test_take<2, 1, 2> > },
	{ "take-chains", rl::simulate<test_take<2, 2, 2> > },
	{ "park", rl::simulate<test_park<2, 1> > },
	{ "park-chains", rl::simulate<test_park<2, 2> > },
	{ "park-3", rl::simulate<test_park<3, 1> > },
	{ "pipe", rl::simulate<test_pipe<2, 1> > },
	{ "pipe-chains", rl::simulate<test_pipe<2, 2> > },
	{ "pipe-3", rl::simulate<test_pipe<3, 1> > },
	{ "reclaim", rl::simulate<test_reclaim<2, 1, 1> > },
	{ "reclaim-chain", rl::simulate<test_reclaim<1, 2, 1> > },
	{ "reclaim-twice", rl::simulate<test_reclaim<2, 2, 2> > },
#endif
};

int
main(int argc, char **argv)
{
	rl::test_params params;
	rl::ostringstream quiet;
	bool good;

	if (argc < 3)
		return (2);
	params.progress_stream = &quiet;
	params.output_stream = &quiet;
	if (std::strcmp(argv[2], "full") == 0) {
		params.search_type = rl::fair_full_search_scheduler_type;
	} else if (std::strcmp(argv[2], "bound") == 0 && argc == 4) {
		params.search_type = rl::fair_context_bound_scheduler_type;
		params.context_bound = (unsigned)std::atoi(argv[3]);
	} else if (std::strcmp(argv[2], "random") == 0 && argc == 4) {
		params.search_type = rl::random_scheduler_type;
		params.iteration_count = (rl::iteration_t)std::atol(argv[3]);
	} else {
		return (2);
	}
	for (const named &test : tests) {
		if (std::strcmp(test.name, argv[1]) != 0)
			continue;
		good = test.simulate(params);
		std::printf("%s %s%s%s: %s, %llu iterations\n", argv[1],
		    argv[2], argc > 3 ? " " : "", argc > 3 ? argv[3] : "",
		    rl::test_result_str(params.test_result),
		    (unsigned long long)params.stop_iteration);
		return (good ? 0 : 1);
	}
	return (2);
}
