/*
 * The hand-over under real threads: producers push numbered messages, the
 * consumer sleeps as a reactor (poll, clear, take) and as a worker (take,
 * park), checks that each message comes once, whole, and in its producer's
 * order, and gives the items back for their next use through a queue for
 * each producer. Whoever finds a queue empty, and nobody else, wakes.
 *
 *     ./stress_handover [messages [producers [seed]]]
 *
 * STRESS in the environment multiplies the messages. The atomic operations
 * of mpsc.h are marked points here (points.h). It prints how long the
 * consumer took to wake.
 */
#include "points.h"

#include "mpsc.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "park.h"
#include "results.h"
#include "wakeup.h"

#define PRODUCERS_MAX 64
/** Items of a producer: few, so that it must wait for them, too. */
#define ITEMS 32
/** Messages in a chain at most. */
#define CHAIN_MAX 8
/** Worked on before the rest waits for another turn; as BATCH_MAX. */
#define BATCH 256
/** Messages in all; fewer where each access is watched. */
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define MESSAGES 200000u
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define MESSAGES 200000u
#endif
#ifndef MESSAGES
#define MESSAGES 2000000u
#endif
/** From so many on it is a full run: STRESS=50. */
#define FULL 100000000u
/** After so long without an end a wakeup is held to be lost. Seconds. */
#define LOST 60u
/** Of the histogram: powers of two of nanoseconds. */
#define BUCKETS 40

struct item {
	struct mpsc_node node;
	unsigned producer;
	uint64_t number;
	uint64_t check; /* from the number, to see torn hand-overs */
};

struct producer {
	struct mpsc returned; /* its items, for their next use */
	struct park park;
	struct run *run;
	struct mpsc_node *idle;
	uint64_t messages;
	uint64_t random;
	uint64_t found_empty;
	uint64_t expected; /* the consumer's: next number */
	uint64_t woken;    /* the consumer's: it found `returned` empty */
	uint64_t taken;    /* takes of `returned` that gave something */
	struct mpsc_chain back; /* the consumer's: to be given back */
	unsigned number;
	struct item items[ITEMS];
};

struct run {
	struct mpsc queue;
	struct wakeup wakeup;
	struct park park;
	bool by_pipe;
	unsigned count;
	_Atomic uint64_t signalled; /* when, for the histogram */
	uint64_t woke[BUCKETS];
	struct producer *producers[PRODUCERS_MAX];
};

static void
die(const char *what)
{

	fprintf(stderr, "stress_handover: %s\n", what);
	results_add("lost, handover", 1);
	results_end(false);
	exit(1);
}

static void
on_alarm(int number)
{
	static const char text[] = "stress_handover: a wakeup was lost\n";

	(void)number;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

static uint64_t
check_of(unsigned producer, uint64_t number)
{

	return ((number ^ producer) * 0x9e3779b97f4a7c15u);
}

/* The next item, once the consumer has given one back. */
static struct item *
idle_item(struct producer *p)
{
	struct mpsc_node *node;

	while (p->idle == NULL) {
		p->idle = mpsc_take(&p->returned);
		if (p->idle == NULL)
			park_wait(&p->park);
		else
			p->taken++;
	}
	node = p->idle;
	p->idle = node->next;
	return ((struct item *)node);
}

static void *
produce(void *argument)
{
	struct producer *p = argument;
	struct run *run = p->run;
	struct mpsc_chain chain = { 0 };
	struct item *item;
	uint64_t at = 0, length;

	chance = &p->random;
	while (at < p->messages) {
		/* Mostly alone: that is when sleeping and waking race. */
		length = draw(chance) % (2 * CHAIN_MAX);
		if (length == 0 || length > CHAIN_MAX)
			length = 1;
		for (; length > 0 && at < p->messages; length--, at++) {
			item = idle_item(p);
			item->producer = p->number;
			item->number = at;
			item->check = check_of(p->number, at);
			mpsc_chain_add(&chain, &item->node);
		}
		if (!mpsc_push(&run->queue, &chain))
			continue;
		p->found_empty++;
		atomic_store(&run->signalled, clock_now());
		point();
		if (run->by_pipe)
			wakeup_signal(&run->wakeup);
		else
			park_signal(&run->park);
	}
	return (NULL);
}

static void
count_wake(struct run *run)
{
	uint64_t then = atomic_load(&run->signalled), now = clock_now();
	unsigned bucket = 0;

	for (; now > then && now - then >= UINT64_C(2) << bucket &&
	    bucket < BUCKETS - 1; bucket++)
		continue;
	run->woke[bucket]++;
}

/* Wait for a signal. */
static void
sleep_until_signalled(struct run *run)
{
	struct pollfd pfd = { .fd = run->wakeup.read_fd, .events = POLLIN };

	if (run->by_pipe) {
		while (poll(&pfd, 1, -1) != 1)
			continue;
		count_wake(run);
		point();
		wakeup_clear(&run->wakeup);
	} else {
		park_wait(&run->park);
		count_wake(run);
	}
	point();
}

static void
give_back(struct run *run)
{

	for (unsigned i = 0; i < run->count; i++) {
		struct producer *p = run->producers[i];

		if (p->back.count > 0 && mpsc_push(&p->returned, &p->back)) {
			p->woken++;
			point();
			park_signal(&p->park);
		}
	}
}

/* Work on a list, in batches. Return how many there were. */
static uint64_t
consume(struct run *run, struct mpsc_node *list)
{
	struct mpsc_node *next;
	uint64_t n = 0;

	for (; list != NULL; list = next) {
		struct item *item = (struct item *)list;
		struct producer *p;

		next = list->next;
		if (item->producer >= run->count)
			die("a message of nobody");
		p = run->producers[item->producer];
		if (item->number != p->expected++)
			die("a message is lost, doubled or out of order");
		if (item->check != check_of(item->producer, item->number))
			die("a message is not whole");
		mpsc_chain_add(&p->back, &item->node);
		if (++n % BATCH == 0)
			give_back(run);
	}
	give_back(run);
	return (n);
}

/* The thread of the consumer. Return how many takes gave something. */
static uint64_t
receive(struct run *run, uint64_t messages)
{
	struct mpsc_node *list;
	uint64_t got = 0, takes = 0;

	/* A reactor takes only when it was signalled, a worker first looks. */
	while (got < messages) {
		if (run->by_pipe)
			sleep_until_signalled(run);
		list = mpsc_take(&run->queue);
		point();
		if (list != NULL) {
			got += consume(run, list);
			takes++;
		} else if (!run->by_pipe) {
			sleep_until_signalled(run);
		}
	}
	return (takes);
}

static void *
zeroed(size_t size)
{
	void *memory;

	size = (size + MPSC_CACHE_LINE - 1) / MPSC_CACHE_LINE *
	    MPSC_CACHE_LINE;
	if ((memory = aligned_alloc(MPSC_CACHE_LINE, size)) == NULL)
		die("no memory");
	memset(memory, 0, size);
	return (memory);
}

static struct producer *
producer_new(struct run *run, unsigned number, uint64_t messages,
    uint64_t seed)
{
	struct producer *p = zeroed(sizeof(*p));

	p->run = run;
	p->number = number;
	p->messages = messages;
	p->random = (seed + number + 1) * 0x9e3779b97f4a7c15u | 1;
	for (unsigned i = 0; i < ITEMS; i++) {
		p->items[i].node.next = p->idle;
		p->idle = &p->items[i].node;
	}
	if (park_open(&p->park) != 0)
		die("no park");
	return (p);
}

static void
print_run(const struct run *run, uint64_t messages, uint64_t takes,
    uint64_t ns)
{
	uint64_t wakes = 0;

	for (unsigned i = 0; i < BUCKETS; i++)
		wakes += run->woke[i];
	printf("%s: %" PRIu64 " messages of %u producers, %" PRIu64 " takes, %"
	    PRIu64 " wakes, none lost, doubled or out of order; %.1f s, "
	    "%.2f million/s\n", run->by_pipe ? "pipe" : "park", messages,
	    run->count, takes, wakes, (double)ns / 1e9,
	    (double)messages * 1e3 / (double)ns);
	printf("  from signal to awake:");
	for (unsigned i = 0; i < BUCKETS; i++)
		if (run->woke[i] > 0)
			printf(" <%" PRIu64 "ns %" PRIu64, UINT64_C(2) << i,
			    run->woke[i]);
	printf("\n");
}

static void
run_all(bool by_pipe, uint64_t messages, unsigned count, uint64_t seed)
{
	struct run *run = zeroed(sizeof(*run));
	uint64_t random = seed * 2 + 1, found = 0, takes, start;
	pthread_t threads[PRODUCERS_MAX];

	chance = &random;
	run->by_pipe = by_pipe;
	run->count = count;
	if (wakeup_open(&run->wakeup) == -1 || park_open(&run->park) != 0)
		die("no pipe, or no park");
	for (unsigned i = 0; i < count; i++)
		run->producers[i] = producer_new(run, i, messages / count,
		    seed);
	start = clock_now();
	for (unsigned i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, produce,
		    run->producers[i]) != 0)
			die("no thread");
	takes = receive(run, messages / count * count);
	for (unsigned i = 0; i < count; i++) {
		struct producer *p = run->producers[i];

		pthread_join(threads[i], NULL);
		found += p->found_empty;
		p->taken += mpsc_take(&p->returned) != NULL;
		if (p->taken != p->woken)
			die("a producer was not woken once for each take");
		park_close(&p->park);
		free(p);
	}
	if (mpsc_take(&run->queue) != NULL || found != takes)
		die("the consumer was not woken once for each take");
	print_run(run, messages / count * count, takes, clock_now() - start);
	wakeup_close(&run->wakeup);
	park_close(&run->park);
	free(run);
}

int
main(int argc, char **argv)
{
	uint64_t messages = MESSAGES, seed = 1;
	unsigned producers = 4;
	const char *times = getenv("STRESS");

	if (argc > 1)
		messages = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		producers = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		seed = strtoull(argv[3], NULL, 10);
	if (times != NULL && atoi(times) > 0)
		messages *= (uint64_t)atoi(times);
	if (argc > 4 || producers == 0 || producers > PRODUCERS_MAX ||
	    messages < 2 * producers) {
		fprintf(stderr,
		    "usage: stress_handover [messages [producers [seed]]]\n");
		return (2);
	}
	results_begin("stress", "stress_handover", messages >= FULL);
	signal(SIGALRM, on_alarm);
	printf("seed %" PRIu64 "\n", seed);
	for (int by_pipe = 0; by_pipe < 2; by_pipe++) {
		/* More time for more messages; 100,000/s is very slow. */
		alarm(LOST + (unsigned)(messages / 200000));
		run_all(by_pipe, messages / 2, producers, seed);
	}
	results_add("messages, handover",
	    (double)(2 * (messages / 2 / producers * producers)));
	results_add("lost, handover", 0);
	results_end(true);
	return (0);
}
