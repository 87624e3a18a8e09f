/* Deadlines on a virtual clock, against a plain list that is searched. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "deadline.h"

#define MANY 500
#define HOUR 3600000u

/* The base of a run: near the point where time wraps round, too. */
static const uint32_t bases[] = { 0, 1, 0x7fffffffu - 500, 0u - 2 * HOUR,
	0u - 1000 };

struct client {
	struct deadline entry;
	uint32_t when; /* the real deadline */
	bool alive;
};

static uint64_t seed;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift
 * generators, scrambled", 2016. */
static uint32_t
below(uint32_t n)
{

	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return ((uint32_t)(seed * 2685821657736338717u >> 33) % n);
}

static struct client *
client_of(struct deadline *d)
{

	return ((struct client *)d);
}

static void
one(void **state)
{
	struct deadlines ds;
	struct deadline d = { 0 };
	uint32_t when;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bases); i++) {
		uint32_t now = bases[i];

		deadlines_init(&ds);
		assert_false(deadlines_next(&ds, &when));
		assert_null(deadlines_due(&ds, now));
		deadline_drop(&ds, &d);
		deadline_by(&ds, &d, now, now + 1000);
		assert_true(deadlines_next(&ds, &when));
		/* Not later, and not before half of it. */
		assert_in_range(when - now, 500, 1000);
		assert_null(deadlines_due(&ds, when - 1));
		assert_ptr_equal(deadlines_due(&ds, when), &d);
		assert_null(deadlines_due(&ds, when));
		assert_int_equal(d.list, 0);
	}
}

static void
nearer_but_not_farther(void **state)
{
	struct deadlines ds;
	struct deadline d = { 0 };
	uint32_t when, first;

	(void)state;
	deadlines_init(&ds);
	deadline_by(&ds, &d, 100, 100 + HOUR);
	first = d.due;
	deadline_by(&ds, &d, 200, 100 + 10 * HOUR);
	assert_int_equal(d.due, first);
	deadline_by(&ds, &d, 200, first);
	assert_int_equal(d.due, first);
	deadline_by(&ds, &d, 200, 1200);
	assert_true(deadlines_next(&ds, &when));
	assert_in_range(when, 700, 1200);
	/* What is past or too near is looked at soon. */
	deadline_by(&ds, &d, 300, 301);
	assert_int_equal(d.due, 300 + DEADLINE_MIN_MS);
	deadline_drop(&ds, &d);
	deadline_by(&ds, &d, 300, 100);
	assert_int_equal(d.due, 300 + DEADLINE_MIN_MS);
	deadline_drop(&ds, &d);
	assert_false(deadlines_next(&ds, &when));
}

static void
the_longest(void **state)
{
	struct deadlines ds;
	struct deadline d = { 0 };

	(void)state;
	deadlines_init(&ds);
	for (uint32_t in = 1; in < 1u << 30; in *= 2) {
		deadline_by(&ds, &d, 7, 7 + in);
		assert_in_range(d.list, 1, DEADLINE_LISTS);
		assert_true(d.due - 7 <= in || d.due - 7 == DEADLINE_MIN_MS);
		deadline_drop(&ds, &d);
	}
}

/* A client does something: its deadline moves into the future, which is only
 * stored, or comes nearer, which must be said. */
static void
act(struct deadlines *ds, struct client *c, uint32_t now)
{

	switch (below(4)) {
	case 0:
		c->when = now + 1 + below(2000);
		deadline_by(ds, &c->entry, now, c->when);
		break;
	case 1:
		deadline_drop(ds, &c->entry);
		c->when = now + 1 + below(2 * HOUR);
		deadline_by(ds, &c->entry, now, c->when);
		break;
	default:
		c->when += below(10000);
		break;
	}
}

/* Nobody is closed early, nobody late by more than the lists are exact and
 * the steps of the clock. */
static void
many(uint32_t now)
{
	struct client *clients = calloc(MANY, sizeof(*clients));
	unsigned alive = MANY, looks = 0, step;
	struct deadlines ds;
	struct deadline *d;

	assert_non_null(clients);
	deadlines_init(&ds);
	for (unsigned i = 0; i < MANY; i++) {
		clients[i].alive = true;
		clients[i].when = now + below(HOUR);
		deadline_by(&ds, &clients[i].entry, now, clients[i].when);
	}
	for (unsigned turn = 0; alive > 0; turn++) {
		now += step = 1 + below(turn < 2000 ? 50 : 5000);
		while ((d = deadlines_due(&ds, now)) != NULL) {
			struct client *c = client_of(d);

			looks++;
			assert_true(c->alive);
			if (deadline_before(now, c->when)) {
				deadline_by(&ds, d, now, c->when);
				continue;
			}
			assert_true(now - c->when <= step + DEADLINE_MIN_MS);
			c->alive = false;
			alive--;
		}
		for (unsigned i = 0; i < MANY; i++)
			assert_false(clients[i].alive &&
			    deadline_before(clients[i].when +
			    DEADLINE_MIN_MS, now));
		if (turn < 2000 && clients[turn % MANY].alive)
			act(&ds, &clients[turn % MANY], now);
	}
	/* Far fewer looks than there were steps of the clock. */
	assert_in_range(looks, MANY, MANY * 100);
	free(clients);
}

static void
at_random(void **state)
{

	(void)state;
	for (uint64_t run = 1; run <= 20; run++) {
		seed = run;
		many(bases[run % UNIT_COUNT(bases)]);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),
		cmocka_unit_test(nearer_but_not_farther),
		cmocka_unit_test(the_longest),
		cmocka_unit_test(at_random),
	};

	unit_guard();
	return (cmocka_run_group_tests_name("deadline", tests, NULL, NULL));
}
