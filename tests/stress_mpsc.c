/*
 * Many producers, one consumer: every message arrives once, those of one
 * producer in order, and whoever finds the queue empty, and nobody else, is
 * told to wake the consumer, who never misses a wake.
 *
 *     ./stress_mpsc [messages [producers [longest chain]]]
 *
 * STRESS in the environment multiplies the messages.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mpsc.h"
#include "results.h"

struct message {
	struct mpsc_node node; /* first, so that a node is its message */
	unsigned producer;
	uint64_t number;
	uint64_t check; /* written last before the push */
};

/** Messages of all from which on it is a full run: STRESS=50. */
#define FULL 20000000u

static struct mpsc queue;
static sem_t signals;
static uint64_t per_producer = 100000;
static unsigned producers = 4;
static unsigned longest = 8;
static atomic_ullong wakes;

static struct message *
message(unsigned producer, uint64_t number)
{
	struct message *m = malloc(sizeof(*m));

	if (m == NULL)
		abort();
	m->producer = producer;
	m->number = number;
	m->check = number * 31 + producer;
	return (m);
}

static void *
produce(void *argument)
{
	unsigned self = (unsigned)(uintptr_t)argument, seed = self + 1, n;
	uint64_t next = 0;

	while (next < per_producer) {
		struct mpsc_chain chain = { 0 };

		n = 1 + (unsigned)rand_r(&seed) % longest;
		while (n-- > 0 && next < per_producer)
			mpsc_chain_add(&chain,
			    &message(self, next++)->node);
		if (mpsc_push(&queue, &chain)) {
			atomic_fetch_add(&wakes, 1);
			sem_post(&signals);
		}
		if (chain.count != 0 || chain.newest != NULL)
			abort();
	}
	return (NULL);
}

static _Noreturn void
failed(void)
{

	results_add("lost, mpsc", 1);
	results_end(false);
	exit(1);
}

/* Work off a list; returns how many messages it had. */
static uint64_t
consume(struct mpsc_node *list, uint64_t *next)
{
	struct mpsc_node *following;
	uint64_t n = 0;

	for (; list != NULL; list = following, n++) {
		struct message *m = (struct message *)list;

		following = list->next;
		if (m->producer >= producers ||
		    m->number != next[m->producer]++ ||
		    m->check != m->number * 31 + m->producer) {
			fprintf(stderr, "producer %u: message %llu instead "
			    "of %llu\n", m->producer,
			    (unsigned long long)m->number,
			    (unsigned long long)next[m->producer] - 1);
			failed();
		}
		free(m);
	}
	return (n);
}

/* Sleep until signalled; a wake that is lost ends the test. */
static void
wait_for_signal(void)
{
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 60;
	while (sem_timedwait(&signals, &deadline) != 0) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		if (now.tv_sec >= deadline.tv_sec) {
			fprintf(stderr, "a wake was lost\n");
			failed();
		}
	}
}

int
main(int argc, char **argv)
{
	uint64_t *next, received = 0, takes = 0, most = 0, n;
	const char *times = getenv("STRESS");
	pthread_t *threads;
	unsigned i;

	if (argc > 1)
		per_producer = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		producers = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		longest = (unsigned)strtoul(argv[3], NULL, 10);
	if (times != NULL && atoi(times) > 0)
		per_producer *= (uint64_t)atoi(times);
	results_begin("stress", "stress_mpsc",
	    per_producer * producers >= FULL);
	next = calloc(producers, sizeof(*next));
	threads = calloc(producers, sizeof(*threads));
	if (next == NULL || threads == NULL || longest == 0 ||
	    sem_init(&signals, 0, 0) != 0)
		return (2);
	for (i = 0; i < producers; i++)
		if (pthread_create(&threads[i], NULL, produce,
		    (void *)(uintptr_t)i) != 0)
			return (2);
	/* Every signal is taken and followed by exactly one take. */
	while (received < per_producer * producers) {
		wait_for_signal();
		n = consume(mpsc_take(&queue), next);
		received += n;
		most = n > most ? n : most;
		takes++;
		if (n == 0) {
			fprintf(stderr, "a wake without a message\n");
			failed();
		}
	}
	for (i = 0; i < producers; i++)
		pthread_join(threads[i], NULL);
	if (mpsc_take(&queue) != NULL || takes != atomic_load(&wakes)) {
		fprintf(stderr, "%llu takes, %llu wakes\n",
		    (unsigned long long)takes,
		    (unsigned long long)atomic_load(&wakes));
		failed();
	}
	printf("%llu messages of %u producers, %llu takes, at most %llu\n",
	    (unsigned long long)received, producers,
	    (unsigned long long)takes, (unsigned long long)most);
	results_add("messages, mpsc", (double)received);
	results_add("lost, mpsc", 0);
	results_end(true);
	free(next);
	free(threads);
	sem_destroy(&signals);
	return (0);
}
