/* Sources: what counts as one, how many and how fast, and a table that is
 * full. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "siphash.h"
#include "source.h"

#define NOW (1000 * CLOCK_S)
#define MANY 10
#define THREADS 4

static int random_fails;

ssize_t __real_getrandom(void *bytes, size_t length, unsigned flags);
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags);

ssize_t
__wrap_getrandom(void *bytes, size_t length, unsigned flags)
{

	if (random_fails == 0)
		return (__real_getrandom(bytes, length, flags));
	errno = random_fails > 1 ? EINTR : ENOSYS;
	random_fails--;
	return (-1);
}

/* The key that was hashed with last. */
static struct siphash_key hashed_with;

uint64_t __real_siphash(const struct siphash_key *key, const void *bytes,
    size_t length);
uint64_t __wrap_siphash(const struct siphash_key *key, const void *bytes,
    size_t length);

uint64_t
__wrap_siphash(const struct siphash_key *key, const void *bytes, size_t length)
{

	hashed_with = *key;
	return (__real_siphash(key, bytes, length));
}

/* A peer of a written address; "unix" for a local one. */
static struct peer
peer(const char *text)
{
	struct peer p = { .port = 77 };

	if (strcmp(text, "unix") == 0)
		p.family = AF_UNIX;
	else if (inet_pton(AF_INET, text, p.addr) == 1)
		p.family = AF_INET;
	else if (inet_pton(AF_INET6, text, p.addr) == 1)
		p.family = AF_INET6;
	else
		fail_msg("%s", text);
	return (p);
}

static enum source_verdict
enter(struct sources *s, const char *text, uint64_t now, uint32_t *entry)
{
	struct peer p = peer(text);

	return (source_enter(s, &p, now, entry));
}

/* So many at a time of one address, whatever its port; others as many. */
static void
connections(void **state)
{
	struct sources *s = sources_open(MANY, 1000000, SOURCE_MAX);
	uint32_t in[MANY], other, more;

	(void)state;
	assert_non_null(s);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(enter(s, "10.0.0.1", NOW, &in[i]), SOURCE_OK);
		assert_int_not_equal(in[i], SOURCE_NONE);
		assert_int_equal(in[i], in[0]);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(enter(s, "10.0.0.1", NOW, &more),
		    SOURCE_MANY);
		assert_int_equal(more, SOURCE_NONE);
	}
	assert_int_equal(enter(s, "10.0.0.2", NOW, &other), SOURCE_OK);
	assert_int_not_equal(other, in[0]);
	source_leave(s, in[3]);
	assert_int_equal(enter(s, "10.0.0.1", NOW, &in[3]), SOURCE_OK);
	assert_int_equal(enter(s, "10.0.0.1", NOW, &more), SOURCE_MANY);
	for (int i = 0; i < MANY; i++)
		source_leave(s, in[i]);
	source_leave(s, other);
	source_leave(s, SOURCE_NONE); /* harmless */
	assert_int_equal(sources_known(s), 2);
	sources_close(s);
}

/* A second's worth at once, then one for each interval. */
static void
rate(void **state)
{
	struct sources *s = sources_open(1000, 4, SOURCE_MAX);
	uint64_t now = NOW;
	uint32_t entry;

	(void)state;
	for (int round = 0; round < 2; round++, now += 5 * CLOCK_S) {
		for (int i = 0; i < 4; i++)
			assert_int_equal(enter(s, "10.0.0.1", now, &entry),
			    SOURCE_OK);
		assert_int_equal(enter(s, "10.0.0.1", now, &entry),
		    SOURCE_FAST);
		assert_int_equal(entry, SOURCE_NONE);
		assert_int_equal(enter(s, "10.0.0.1",
				     now + CLOCK_S / 4 - 1, &entry),
		    SOURCE_FAST);
		/* What was refused has cost nothing. */
		assert_int_equal(enter(s, "10.0.0.1", now + CLOCK_S / 4,
				     &entry),
		    SOURCE_OK);
		assert_int_equal(enter(s, "10.0.0.1", now + CLOCK_S / 4,
				     &entry),
		    SOURCE_FAST);
		assert_int_equal(enter(s, "10.0.0.2", now, &entry),
		    SOURCE_OK);
		/* A clock that another thread read earlier. */
		assert_int_equal(enter(s, "10.0.0.1", now - CLOCK_S, &entry),
		    SOURCE_FAST);
	}
	sources_close(s);
}

/* Rates that a second does not divide into. */
static void
odd_rates(void **state)
{
	static const unsigned rates[] = { 1, 3, 7, 999, 1000000 };
	uint32_t entry;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rates); i++) {
		struct sources *s = sources_open(10000000, rates[i], 1);
		unsigned n = 0;

		while (enter(s, "10.0.0.1", NOW, &entry) == SOURCE_OK)
			n++;
		assert_int_equal(n, rates[i]);
		sources_close(s);
	}
}

static const struct pair {
	const char *one, *other;
	bool same;
} pairs[] = {
	{ "10.0.0.1", "10.0.0.1", true },
	{ "10.0.0.1", "10.0.1.1", false },
	{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true },
	{ "2001:db8::1", "2001:db8:0:1::1", false },
	{ "::ffff:10.0.0.1", "10.0.0.1", true },
	{ "::ffff:10.0.0.1", "::ffff:10.0.0.2", false },
	/* The bytes of an IPv4 address in front do not make it one. */
	{ "10.0.0.1", "a00:1::", false },
};

static void
what_is_one(void **state)
{
	uint32_t one, other;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
		struct sources *s = sources_open(1, 1000, SOURCE_MAX);
		enum source_verdict want = pairs[i].same ? SOURCE_MANY :
		    SOURCE_OK;

		assert_int_equal(enter(s, pairs[i].one, NOW, &one),
		    SOURCE_OK);
		if (enter(s, pairs[i].other, NOW, &other) != want)
			fail_msg("%s and %s", pairs[i].one, pairs[i].other);
		sources_close(s);
	}
}

/* Each limit holds for loopback if it was set, and for local sockets never. */
static void
exempt(void **state)
{
	static const char *const loopback[] = { "127.0.0.1", "127.3.2.1",
		"::1", "::ffff:127.0.0.1" };
	struct sources *s;
	uint32_t entry;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(loopback); i++) {
		s = sources_open(0, 0, SOURCE_MAX);
		for (int n = 0; n < SOURCE_CONNECTIONS + 10; n++) {
			assert_int_equal(enter(s, loopback[i], NOW, &entry),
			    SOURCE_OK);
			assert_int_equal(entry, SOURCE_NONE);
			assert_int_equal(enter(s, "unix", NOW, &entry),
			    SOURCE_OK);
			assert_int_equal(entry, SOURCE_NONE);
		}
		assert_int_equal(sources_known(s), 0);
		sources_close(s);
		s = sources_open(1, 0, SOURCE_MAX);
		assert_int_equal(enter(s, loopback[i], NOW, &entry),
		    SOURCE_OK);
		assert_int_equal(enter(s, loopback[i], NOW, &entry),
		    SOURCE_MANY);
		sources_close(s);
		s = sources_open(0, 1, SOURCE_MAX);
		assert_int_equal(enter(s, loopback[i], NOW, &entry),
		    SOURCE_OK);
		assert_int_equal(enter(s, loopback[i], NOW, &entry),
		    SOURCE_FAST);
		/* Counted, but not by the limit that it is exempt from. */
		for (uint64_t n = 1; n < SOURCE_CONNECTIONS + 10; n++)
			assert_int_equal(enter(s, loopback[i],
					     NOW + n * CLOCK_S, &entry),
			    SOURCE_OK);
		sources_close(s);
	}
	assert_int_equal(enter(NULL, "10.0.0.1", NOW, &entry), SOURCE_OK);
	assert_int_equal(entry, SOURCE_NONE);
}

/* What holds for others when nothing was set. */
static void
defaults(void **state)
{
	struct sources *s = sources_open(0, 0, SOURCE_MAX);
	uint64_t now = NOW;
	uint32_t entry;

	(void)state;
	for (int i = 0; i < SOURCE_RATE; i++)
		assert_int_equal(enter(s, "10.0.0.1", now, &entry),
		    SOURCE_OK);
	assert_int_equal(enter(s, "10.0.0.1", now, &entry), SOURCE_FAST);
	for (int i = SOURCE_RATE; i < SOURCE_CONNECTIONS; i++) {
		now += CLOCK_S;
		assert_int_equal(enter(s, "10.0.0.1", now, &entry),
		    SOURCE_OK);
	}
	now += CLOCK_S;
	assert_int_equal(enter(s, "10.0.0.1", now, &entry), SOURCE_MANY);
	sources_close(s);
}

/* The one longest unused makes room; those with connections stay. */
static void
full(void **state)
{
	struct sources *s = sources_open(5, 1, 3);
	uint32_t a, b, c, d, none;

	(void)state;
	assert_int_equal(enter(s, "10.0.0.1", NOW, &a), SOURCE_OK);
	assert_int_equal(enter(s, "10.0.0.2", NOW, &b), SOURCE_OK);
	assert_int_equal(enter(s, "10.0.0.3", NOW, &c), SOURCE_OK);
	/* Nobody can go: let in, but not known. */
	assert_int_equal(enter(s, "10.0.0.4", NOW, &none), SOURCE_OK);
	assert_int_equal(none, SOURCE_NONE);
	assert_int_equal(enter(s, "10.0.0.4", NOW, &none), SOURCE_OK);
	source_leave(s, c);
	source_leave(s, b);
	/* Refused, and remembered for it. */
	assert_int_equal(enter(s, "10.0.0.3", NOW, &none), SOURCE_FAST);
	assert_int_equal(enter(s, "10.0.0.4", NOW, &d), SOURCE_OK);
	assert_int_equal(d, b);
	assert_int_equal(enter(s, "10.0.0.4", NOW, &none), SOURCE_FAST);
	assert_int_equal(enter(s, "10.0.0.1", NOW, &none), SOURCE_FAST);
	assert_int_equal(enter(s, "10.0.0.3", NOW, &none), SOURCE_FAST);
	/* Forgotten with its bucket. */
	assert_int_equal(enter(s, "10.0.0.2", NOW, &b), SOURCE_OK);
	assert_int_equal(b, c);
	assert_int_equal(sources_known(s), 3);
	sources_close(s);
}

/* Very many addresses, each once: the table does not grow. */
static void
strangers(void **state)
{
	struct sources *s = sources_open(5, 5, SOURCE_MAX);
	struct peer p = { .family = AF_INET6 };
	uint32_t entry, first;

	(void)state;
	assert_int_equal(enter(s, "10.0.0.1", NOW, &first), SOURCE_OK);
	for (uint32_t i = 0; i < 200000; i++) {
		memcpy(p.addr, &i, sizeof(i));
		p.addr[4] = 1;
		assert_int_equal(source_enter(s, &p, NOW, &entry), SOURCE_OK);
		source_leave(s, entry);
	}
	assert_int_equal(sources_known(s), SOURCE_MAX);
	for (int i = 1; i < 5; i++)
		assert_int_equal(enter(s, "10.0.0.1", NOW, &entry),
		    SOURCE_OK);
	assert_int_equal(entry, first);
	assert_int_equal(enter(s, "10.0.0.1", NOW, &entry), SOURCE_MANY);
	sources_close(s);
}

/* Nobody can know which chain an address will be in: each table draws a key
 * of its own, and hashes with it. */
static void
secret(void **state)
{
	struct siphash_key first;
	struct sources *s[2];
	uint32_t entry;

	(void)state;
	for (int i = 0; i < 2; i++) {
		s[i] = sources_open(1, 1, SOURCE_MAX);
		assert_non_null(s[i]);
	}
	assert_int_equal(enter(s[0], "10.0.0.1", NOW, &entry), SOURCE_OK);
	first = hashed_with;
	assert_int_equal(enter(s[1], "10.0.0.1", NOW, &entry), SOURCE_OK);
	/* By chance not once in 2^64. */
	assert_true(first.k0 != hashed_with.k0);
	assert_true(first.k1 != hashed_with.k1);
	assert_int_equal(enter(s[0], "10.0.0.2", NOW, &entry), SOURCE_OK);
	assert_memory_equal(&first, &hashed_with, sizeof(first));
	for (int i = 0; i < 2; i++)
		sources_close(s[i]);
}

static void *
come_and_go(void *argument)
{
	struct sources *s = argument;
	struct peer p = { .family = AF_INET, .addr = { 10 } };
	uint32_t entry;

	for (int i = 0; i < 20000; i++) {
		p.addr[3] = (uint8_t)(i % 7);
		if (source_enter(s, &p, clock_now(), &entry) == SOURCE_OK)
			source_leave(s, entry);
	}
	return (NULL);
}

/* Many threads, few entries: afterwards everybody has left. */
static void
threads(void **state)
{
	struct sources *s = sources_open(1, 1000000, 4);
	pthread_t threads[THREADS];
	uint32_t entry;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
				     come_and_go, s),
		    0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 7; i++) {
		struct peer p = { .family = AF_INET,
			.addr = { 10, 0, 0, (uint8_t)i } };

		assert_int_equal(source_enter(s, &p, clock_now() + CLOCK_S,
				     &entry),
		    SOURCE_OK);
		assert_true(i >= 4 || entry != SOURCE_NONE);
	}
	sources_close(s);
}

static void
opening_fails(void **state)
{
	struct sources *s;

	(void)state;
	random_fails = 2; /* interrupted, then none at all */
	assert_null(sources_open(0, 0, SOURCE_MAX));
	assert_int_equal(errno, ENOSYS);
	random_fails = 0;
	sources_close(NULL); /* harmless */
	s = sources_open(0, 0, SOURCE_MAX);
	assert_non_null(s);
	sources_close(s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections),
		cmocka_unit_test(rate),
		cmocka_unit_test(odd_rates),
		cmocka_unit_test(what_is_one),
		cmocka_unit_test(exempt),
		cmocka_unit_test(defaults),
		cmocka_unit_test(full),
		cmocka_unit_test(strangers),
		cmocka_unit_test(secret),
		cmocka_unit_test(threads),
		cmocka_unit_test(opening_fails),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
