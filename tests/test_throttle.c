/* So many of a kind a second: the bucket, its kinds, and what is told of those
 * that were held back. The clock is the test's. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "throttle.h"

#define START (100 * CLOCK_S)
#define STEP (CLOCK_S / THROTTLE_RATE)

static struct throttle throttle;

static int
clear(void **state)
{

	(void)state;
	memset(&throttle, 0, sizeof(throttle));
	return (0);
}

/* How many of `tries` pass at one moment. */
static unsigned
passed(const char *event, const char *reason, uint64_t now, unsigned tries)
{
	unsigned n = 0;

	while (tries-- > 0)
		n += throttle_pass(&throttle, event, reason, now);
	return (n);
}

static void
bucket(void **state)
{

	(void)state;
	assert_int_equal(passed("e", NULL, START, 100), THROTTLE_RATE);
	assert_int_equal(passed("e", NULL, START + STEP - 1, 100), 0);
	assert_int_equal(passed("e", NULL, START + STEP, 100), 1);
	assert_int_equal(passed("e", NULL, START + 4 * STEP, 100), 3);
	/* It does not hold more than a second's worth. */
	assert_int_equal(passed("e", NULL, START + 100 * CLOCK_S, 100),
	    THROTTLE_RATE);
	/* A clock that stands or goes back makes no room. */
	assert_int_equal(passed("e", NULL, START, 100), 0);
}

static void
storm(void **state)
{
	unsigned n = 0;

	(void)state;
	/* Ten seconds, a thousand a second. */
	for (unsigned i = 0; i < 10000; i++)
		n += throttle_pass(&throttle, "e", "r",
		    START + i * (uint64_t)CLOCK_MS);
	assert_in_range(n, 10 * THROTTLE_RATE, 11 * THROTTLE_RATE);
}

static void
kinds(void **state)
{
	char event[] = "e", reason[] = "r";

	(void)state;
	assert_int_equal(passed("e", NULL, START, 20), THROTTLE_RATE);
	assert_int_equal(passed("f", NULL, START, 20), THROTTLE_RATE);
	assert_int_equal(passed("e", "r", START, 20), THROTTLE_RATE);
	assert_int_equal(passed("e", "s", START, 20), THROTTLE_RATE);
	/* A name is its letters, not where they lie. */
	assert_int_equal(passed(event, reason, START, 20), 0);
	assert_int_equal(passed("handler", NULL, START, 200),
	    THROTTLE_HANDLER_RATE);
}

static void
told(void **state)
{
	struct throttle_tale tale;
	unsigned at = 0;

	(void)state;
	assert_false(throttle_pending(&throttle));
	assert_false(throttle_tell(&throttle, &at, &tale));
	passed("a", NULL, START, THROTTLE_RATE);
	at = 0;
	assert_false(throttle_tell(&throttle, &at, &tale));
	passed("a", NULL, START, 3);
	passed("b", "why", START, THROTTLE_RATE + 5);
	/* The first to hold back is to make somebody tell, and no other. */
	assert_true(throttle_announce(&throttle));
	assert_false(throttle_announce(&throttle));
	assert_true(throttle_pending(&throttle));
	at = 0;
	assert_true(throttle_tell(&throttle, &at, &tale));
	assert_false(throttle_pending(&throttle));
	assert_string_equal(tale.event, "a");
	assert_null(tale.reason);
	assert_int_equal(tale.count, 3);
	assert_true(throttle_tell(&throttle, &at, &tale));
	assert_string_equal(tale.event, "b");
	assert_string_equal(tale.reason, "why");
	assert_int_equal(tale.count, 5);
	assert_false(throttle_tell(&throttle, &at, &tale));
	/* Once. */
	at = 0;
	assert_false(throttle_tell(&throttle, &at, &tale));
	assert_true(throttle_announce(&throttle));
}

/* More kinds than places: the last place is for all the others. */
static void
crowd(void **state)
{
	static char names[THROTTLE_KINDS * 2][8];
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < THROTTLE_KINDS * 2; i++) {
		snprintf(names[i], sizeof(names[i]), "k%u", i);
		n += passed(names[i], NULL, START, 20);
	}
	assert_int_equal(n, THROTTLE_KINDS * THROTTLE_RATE);
}

#define THREADS 4
#define EACH 20000

static void *
hammer(void *argument)
{
	unsigned *count = argument;

	*count = passed("e", "r", START, EACH);
	return (NULL);
}

static void
threads(void **state)
{
	unsigned counts[THREADS], n = 0, at = 0;
	pthread_t them[THREADS];
	struct throttle_tale tale;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&them[i], NULL, hammer,
		    &counts[i]), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(them[i], NULL);
		n += counts[i];
	}
	assert_int_equal(n, THROTTLE_RATE);
	assert_true(throttle_tell(&throttle, &at, &tale));
	assert_int_equal(tale.count, THREADS * EACH - THROTTLE_RATE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(bucket, clear),
		cmocka_unit_test_setup(storm, clear),
		cmocka_unit_test_setup(kinds, clear),
		cmocka_unit_test_setup(told, clear),
		cmocka_unit_test_setup(crowd, clear),
		cmocka_unit_test_setup(threads, clear),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
