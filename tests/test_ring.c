/* The ring: what is put in comes out whole, once, in each producer's order;
 * what finds no room is refused; room comes back in whatever order it is
 * given back; and the consumer sleeps only while there is nothing. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"
#include "wakeup.h"

#define SIZE 4096

static int until_failure = -1;

#define FAILING(name, parameters, arguments)            \
	void *__real_##name parameters;                 \
	void *__wrap_##name parameters;                 \
	void *__wrap_##name parameters                  \
	{                                               \
		if (until_failure >= 0 && until_failure-- == 0) \
			return (NULL);                  \
		return (__real_##name arguments);       \
	}

FAILING(calloc, (size_t count, size_t size), (count, size))
FAILING(aligned_alloc, (size_t to, size_t size), (to, size))

static struct ring *
ring_made(size_t size)
{
	struct ring *r = ring_new(size);

	assert_non_null(r);
	assert_null(ring_take(r));
	assert_int_equal(ring_taken(r), 0);
	assert_int_equal(ring_returned(r), 0);
	return (r);
}

static struct ring_record *
next_of(struct ring_record *record)
{

	return ((struct ring_record *)record->node.next);
}

static void
no_memory(void **state)
{

	(void)state;
	for (int i = 0; i < 3; i++) {
		until_failure = i;
		assert_null(ring_new(SIZE));
	}
	until_failure = -1;
	ring_free(NULL);
}

static void
one_by_one(void **state)
{
	struct ring *r = ring_made(SIZE);
	struct ring_record *record;
	char text[200];

	(void)state;
	/* Many times round, in lengths that meet every end. */
	for (unsigned i = 0; i < 2000; i++) {
		size_t length = i % sizeof(text);

		memset(text, (int)(i % 251), length);
		assert_int_equal(ring_put(r, text, length), RING_WAKE);
		record = ring_take(r);
		assert_non_null(record);
		assert_null(next_of(record));
		assert_null(ring_take(r));
		assert_int_equal(record->length, length);
		assert_memory_equal(record->text, text, length);
		ring_done(r, record);
		assert_int_equal(ring_returned(r), ring_taken(r));
	}
	ring_free(r);
}

/* Fill it up, and empty it from either end. */
static void
full(void **state)
{
	struct ring *r = ring_made(SIZE);
	struct ring_record *records[SIZE / 64], *record, *next;
	unsigned put, n;

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		char byte = (char)round;
		uint64_t returned = ring_returned(r);

		/* Not always from the beginning. */
		assert_int_equal(ring_put(r, &byte, 1), RING_WAKE);
		for (put = 1; ring_put(r, &byte, 1) == RING_PUT; put++)
			continue;
		assert_int_equal(ring_put(r, &byte, 1), RING_FULL);
		assert_int_equal(put, SIZE / 64);
		n = 0;
		for (record = ring_take(r); record != NULL; record = next) {
			next = next_of(record);
			assert_int_equal(record->text[0], byte);
			records[n++] = record;
		}
		assert_int_equal(n, put);
		/* The last first: no room comes back before the first has. */
		while (round % 2 == 0 && n-- > 1) {
			ring_done(r, records[n]);
			assert_int_equal(ring_returned(r), returned);
			assert_int_equal(ring_put(r, &byte, 1), RING_FULL);
		}
		for (unsigned i = 0; i < (round % 2 == 0 ? 1 : n); i++)
			ring_done(r, records[i]);
		assert_int_equal(ring_returned(r), ring_taken(r));
	}
	ring_free(r);
}

static void
too_long(void **state)
{
	struct ring *r = ring_made(SIZE);
	static char text[SIZE];
	size_t most = SIZE / 4 - sizeof(struct ring_record);

	(void)state;
	assert_int_equal(ring_put(r, text, most + 1), RING_FULL);
	assert_int_equal(ring_put(r, text, sizeof(text)), RING_FULL);
	assert_int_equal(ring_taken(r), 0);
	assert_int_equal(ring_put(r, text, most), RING_WAKE);
	/* At the end of the ring there is too little: what is there is
	 * skipped, and comes back with the record. */
	assert_int_equal(ring_put(r, text, 1), RING_PUT);
	assert_int_equal(ring_put(r, text, most), RING_PUT);
	assert_int_equal(ring_put(r, text, most), RING_PUT);
	assert_int_equal(ring_put(r, text, most), RING_FULL);
	for (struct ring_record *n, *i = ring_take(r); i != NULL; i = n) {
		n = next_of(i);
		ring_done(r, i);
	}
	assert_int_equal(ring_put(r, text, most), RING_WAKE);
	assert_int_equal(ring_take(r)->length, most);
	ring_free(r);
}

static void
shut(void **state)
{
	struct ring *r = ring_made(SIZE);
	struct ring_record *record;

	(void)state;
	assert_int_equal(ring_put(r, "in", 2), RING_WAKE);
	ring_shut(r);
	assert_int_equal(ring_put(r, "out", 3), RING_SHUT);
	assert_int_equal(ring_taken(r), 64);
	record = ring_take(r);
	assert_memory_equal(record->text, "in", 2);
	ring_done(r, record);
	assert_int_equal(ring_returned(r), 64);
	ring_free(r);
}

#define PRODUCERS 4
#define EACH 30000

/* What a record of the stress test says. */
struct message {
	unsigned producer;
	unsigned number;
	unsigned char fill[120];
};

static struct {
	struct ring *ring;
	struct wakeup wakeup;
	_Atomic unsigned refused, ended;
} stress;

static void *
produce(void *argument)
{
	unsigned self = (unsigned)(uintptr_t)argument;
	uint64_t seed = self + 1;
	struct message m = { .producer = self };

	for (m.number = 0; m.number < EACH; m.number++) {
		size_t length = support_random(&seed) % sizeof(m.fill);

		memset(m.fill, (int)(m.number % 255), length);
		switch (ring_put(stress.ring, (const char *)&m,
		    offsetof(struct message, fill) + length)) {
		case RING_WAKE:
			wakeup_signal(&stress.wakeup);
			break;
		case RING_FULL:
			/* Or there would be little but refusals. */
			stress.refused++;
			sched_yield();
			break;
		case RING_PUT:
		case RING_SHUT:
			break;
		}
	}
	stress.ended++;
	wakeup_signal(&stress.wakeup);
	return (NULL);
}

/* Whole, and behind all that came before of the same producer. */
static void
check(const struct ring_record *record, unsigned *next)
{
	struct message m;

	assert_in_range(record->length, offsetof(struct message, fill),
	    sizeof(m));
	memcpy(&m, record->text, record->length);
	assert_true(m.producer < PRODUCERS);
	assert_true(m.number >= next[m.producer] && m.number < EACH);
	next[m.producer] = m.number + 1;
	for (size_t i = offsetof(struct message, fill); i < record->length;
	    i++)
		if ((unsigned char)record->text[i] != m.number % 255)
			fail_msg("a record is not whole");
}

/* Take until all producers have ended; a wakeup that is lost ends the test.
 * Return how many records there were. */
static unsigned
consume(unsigned *next)
{
	struct pollfd p = { .fd = stress.wakeup.read_fd, .events = POLLIN };
	struct ring_record *record, *following;
	unsigned count = 0;
	bool ended = false;

	while (!ended) {
		if (poll(&p, 1, SUPPORT_DEADLINE) != 1)
			fail_msg("a wakeup was lost after %u", count);
		ended = stress.ended == PRODUCERS;
		wakeup_clear(&stress.wakeup);
		for (record = ring_take(stress.ring); record != NULL;
		    record = following) {
			following = next_of(record);
			check(record, next);
			ring_done(stress.ring, record);
			count++;
		}
	}
	return (count);
}

static void
many_producers(void **state)
{
	unsigned next[PRODUCERS] = { 0 }, count;
	pthread_t threads[PRODUCERS];

	(void)state;
	/* Small, so that it is full time and again. */
	stress.ring = ring_made(SIZE);
	assert_int_equal(wakeup_open(&stress.wakeup), 0);
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, produce,
		    (void *)i), 0);
	count = consume(next);
	for (unsigned i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(count + stress.refused, PRODUCERS * EACH);
	assert_true(count > 0);
	print_message("%u of %u records had room\n", count,
	    PRODUCERS * EACH);
	assert_int_equal(ring_returned(stress.ring), ring_taken(stress.ring));
	wakeup_close(&stress.wakeup);
	ring_free(stress.ring);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory),
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(full),
		cmocka_unit_test(too_long),
		cmocka_unit_test(shut),
		cmocka_unit_test(many_producers),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
