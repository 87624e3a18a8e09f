/* The queue: its answers, its order, and that nothing is ever lost or asleep
 * with work at hand. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mpsc.h"
#include "park.h"
#include "wakeup.h"

#define PRODUCERS 4
#define ITEMS 20000

struct item {
	struct mpsc_node node;
	unsigned producer;
	unsigned sequence;
};

static bool
push_one(struct mpsc *q, struct item *item)
{
	struct mpsc_chain chain = { 0 };

	mpsc_chain_add(&chain, &item->node);
	return (mpsc_push(q, &chain));
}

static void
answers(void **state)
{
	struct mpsc q = { .pad = "" };
	struct item items[3] = { 0 };

	(void)state;
	assert_null(mpsc_take(&q));
	assert_true(push_one(&q, &items[0]));
	assert_false(push_one(&q, &items[1]));
	assert_false(push_one(&q, &items[2]));
	assert_non_null(mpsc_take(&q));
	assert_null(mpsc_take(&q));
	assert_true(push_one(&q, &items[0]));
}

static void
oldest_first(void **state)
{
	/* Chains of these lengths, one behind the other. */
	static const unsigned lengths[] = { 1, 3, 1, 2, 5 };
	struct mpsc q = { .pad = "" };
	struct mpsc_chain chain = { 0 };
	struct item items[12] = { 0 };
	struct mpsc_node *node;
	unsigned made = 0, seen = 0;

	(void)state;
	for (unsigned i = 0; i < UNIT_COUNT(lengths); i++) {
		for (unsigned k = 0; k < lengths[i]; k++) {
			items[made].sequence = made;
			mpsc_chain_add(&chain, &items[made++].node);
		}
		assert_int_equal(chain.count, lengths[i]);
		assert_int_equal(mpsc_push(&q, &chain), i == 0);
		assert_int_equal(chain.count, 0);
		assert_null(chain.oldest);
		assert_null(chain.newest);
	}
	for (node = mpsc_take(&q); node != NULL; node = node->next)
		assert_int_equal(((struct item *)node)->sequence, seen++);
	assert_int_equal(seen, made);
}

static void
layout(void **state)
{

	(void)state;
	assert_int_equal(sizeof(struct mpsc) % MPSC_CACHE_LINE, 0);
	assert_int_equal(alignof(struct mpsc), MPSC_CACHE_LINE);
}

/* How the consumer of a run sleeps. */
enum sleep { SPIN, PARK, PIPE };

struct run {
	struct mpsc q;
	struct park park;
	struct wakeup wakeup;
	enum sleep sleep;
	_Atomic unsigned found_empty;
};

struct producer {
	struct run *run;
	unsigned number;
	struct item items[ITEMS];
};

static void
signal_run(struct run *run)
{

	atomic_fetch_add(&run->found_empty, 1);
	if (run->sleep == PARK)
		park_signal(&run->park);
	else if (run->sleep == PIPE)
		wakeup_signal(&run->wakeup);
}

static void *
produce(void *argument)
{
	struct producer *p = argument;
	struct mpsc_chain chain = { 0 };
	uint64_t random = p->number;
	unsigned length, at = 0;

	while (at < ITEMS) {
		/* Mostly alone: that is when sleeping and waking race. */
		length = (unsigned)(support_random(&random) % 8);
		for (length = length > 4 ? length - 3 : 1;
		     length > 0 && at < ITEMS; length--, at++) {
			p->items[at].producer = p->number;
			p->items[at].sequence = at;
			mpsc_chain_add(&chain, &p->items[at].node);
		}
		if (mpsc_push(&p->run->q, &chain))
			signal_run(p->run);
	}
	return (NULL);
}

/* Wait for a signal. Return false when none came for too long. */
static bool
await_signal(struct run *run)
{
	struct pollfd pfd = { .fd = run->wakeup.read_fd, .events = POLLIN };

	switch (run->sleep) {
	case SPIN:
		return (true);
	case PARK:
		park_wait(&run->park);
		return (true);
	case PIPE:
		if (poll(&pfd, 1, SUPPORT_DEADLINE) != 1)
			return (false);
		wakeup_clear(&run->wakeup);
		break;
	}
	return (true);
}

/* Take until all has come. Return the number of takes that gave something. */
static unsigned
consume(struct run *run)
{
	unsigned next[PRODUCERS] = { 0 }, total = 0, takes = 0;
	int64_t deadline = unit_deadline();
	struct mpsc_node *node, *following;

	while (total < PRODUCERS * ITEMS) {
		if ((node = mpsc_take(&run->q)) == NULL) {
			assert_true(support_now() < deadline);
			assert_true(await_signal(run));
			continue;
		}
		takes++;
		for (; node != NULL; node = following) {
			struct item *item = (struct item *)node;

			following = node->next;
			assert_true(item->producer < PRODUCERS);
			assert_int_equal(item->sequence,
			    next[item->producer]++);
			total++;
		}
	}
	return (takes);
}

static void
run_all(enum sleep sleep)
{
	struct run run = { .sleep = sleep };
	struct producer *producers[PRODUCERS];
	pthread_t threads[PRODUCERS];
	unsigned takes;

	assert_int_equal(park_open(&run.park), 0);
	assert_int_equal(wakeup_open(&run.wakeup), 0);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		producers[i] = calloc(1, sizeof(*producers[i]));
		assert_non_null(producers[i]);
		producers[i]->run = &run;
		producers[i]->number = i;
		assert_int_equal(pthread_create(&threads[i], NULL, produce,
				     producers[i]),
		    0);
	}
	takes = consume(&run);
	for (unsigned i = 0; i < PRODUCERS; i++) {
		pthread_join(threads[i], NULL);
		free(producers[i]);
	}
	assert_null(mpsc_take(&run.q));
	/* Every time the queue ceased to be empty, exactly one was told. */
	assert_int_equal(atomic_load(&run.found_empty), takes);
	park_close(&run.park);
	wakeup_close(&run.wakeup);
}

static void
taken_while_pushed(void **state)
{

	(void)state;
	run_all(SPIN);
}

static void
no_lost_wakeup_park(void **state)
{

	(void)state;
	run_all(PARK);
}

static void
no_lost_wakeup_pipe(void **state)
{

	(void)state;
	run_all(PIPE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(oldest_first),
		cmocka_unit_test(layout),
		cmocka_unit_test(taken_while_pushed),
		cmocka_unit_test(no_lost_wakeup_park),
		cmocka_unit_test(no_lost_wakeup_pipe),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
