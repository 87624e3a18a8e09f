/*
 * A hash table with chains, over entries that are all allocated at once and
 * named by their index from 1 on; memory of entries never used is never
 * touched.
 *
 * The rate is a token bucket as deep as one second's worth, kept as one time:
 * the moment at which the bucket will be full again (the virtual scheduling
 * form of GCRA, ITU-T I.371).
 */
#include "source.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "clock.h"
#include "siphash.h"

/** What tells sources apart: no gaps, it is hashed and compared whole. */
struct key {
	uint64_t prefix;
	uint64_t family;
};

/**
 * Invariants, all under the lock:
 *
 * 1. An entry is in the chain of its key's hash from its first use on, until
 *    another key takes it over.
 * 2. It is in `idle` while it has no connection; those used last are at the
 *    end.
 */
struct entry {
	struct key key;
	uint64_t full_at; /* clock_now() at which the bucket is full */
	TAILQ_ENTRY(entry) idle;
	uint32_t next;    /* of its chain; 0: the last */
	uint32_t connections;
};

struct sources {
	pthread_mutex_t lock;
	struct siphash_key secret;
	unsigned connections; /* of one source */
	uint64_t interval;    /* nanoseconds between two connections */
	bool loopback_count;  /* loopback has as many as others */
	bool loopback_rate;
	unsigned max;
	unsigned used; /* entries that ever had a key */
	uint32_t mask; /* of `chains` */
	uint32_t *chains;
	struct entry *entries; /* [0] is nobody's */
	TAILQ_HEAD(, entry) idle;
};

static uint32_t
chains_for(unsigned max)
{
	uint32_t count = 16;

	while (count < max)
		count *= 2;
	return (count);
}

static int
get_secret(struct siphash_key *key)
{
	ssize_t n;

	/* So few bytes come whole or not at all. */
	while ((n = getrandom(key, sizeof(*key), 0)) == -1 && errno == EINTR)
		continue;
	return (n == (ssize_t)sizeof(*key) ? 0 : -1);
}

struct sources *
sources_open(unsigned connections, unsigned rate, unsigned max)
{
	struct sources *s;
	uint32_t chains = chains_for(max);

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	s->connections = connections > 0 ? connections : SOURCE_CONNECTIONS;
	s->interval = CLOCK_S / (rate > 0 ? rate : SOURCE_RATE);
	s->loopback_count = connections > 0;
	s->loopback_rate = rate > 0;
	s->max = max;
	s->mask = chains - 1;
	TAILQ_INIT(&s->idle);
	s->chains = calloc(chains, sizeof(*s->chains));
	s->entries = calloc((size_t)max + 1, sizeof(*s->entries));
	if (s->chains != NULL && s->entries != NULL &&
	    get_secret(&s->secret) == 0 &&
	    pthread_mutex_init(&s->lock, NULL) == 0)
		return (s);
	free(s->entries);
	free(s->chains);
	free(s);
	return (NULL);
}

void
sources_close(struct sources *s)
{

	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->entries);
	free(s->chains);
	free(s);
}

/* An IPv4 address, also one within IPv6. */
static void
set_ipv4(struct key *key, const uint8_t *addr, bool *loopback)
{

	key->family = AF_INET;
	memcpy(&key->prefix, addr, 4);
	*loopback = addr[0] == 127;
}

/* Return false for what has no source. */
static bool
key_of(const struct peer *peer, struct key *key, bool *loopback)
{
	struct in6_addr in6;

	*key = (struct key){ 0 };
	*loopback = false;
	if (peer->family == AF_INET) {
		set_ipv4(key, peer->addr, loopback);
		return (true);
	}
	if (peer->family != AF_INET6)
		return (false);
	memcpy(&in6, peer->addr, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6)) {
		set_ipv4(key, peer->addr + 12, loopback);
		return (true);
	}
	key->family = AF_INET6;
	memcpy(&key->prefix, peer->addr, sizeof(key->prefix));
	*loopback = IN6_IS_ADDR_LOOPBACK(&in6);
	return (true);
}

static uint32_t *
chain_of(struct sources *s, const struct key *key)
{

	return (&s->chains[siphash(&s->secret, key, sizeof(*key)) & s->mask]);
}

static bool
same(const struct key *a, const struct key *b)
{

	return (a->prefix == b->prefix && a->family == b->family);
}

static struct entry *
find(struct sources *s, const struct key *key)
{
	uint32_t i;

	for (i = *chain_of(s, key); i != 0; i = s->entries[i].next)
		if (same(&s->entries[i].key, key))
			return (&s->entries[i]);
	return (NULL);
}

/* Take an entry out of its chain. */
static void
unlink_entry(struct sources *s, struct entry *e)
{
	uint32_t *at = chain_of(s, &e->key);
	uint32_t index = (uint32_t)(e - s->entries);

	while (*at != index)
		at = &s->entries[*at].next;
	*at = e->next;
}

/* An entry for a new source, or NULL if all have connections. */
static struct entry *
make(struct sources *s, const struct key *key)
{
	struct entry *e;
	uint32_t *chain;

	if (s->used < s->max) {
		e = &s->entries[++s->used];
	} else if ((e = TAILQ_FIRST(&s->idle)) != NULL) {
		TAILQ_REMOVE(&s->idle, e, idle);
		unlink_entry(s, e);
	} else {
		return (NULL);
	}
	chain = chain_of(s, key);
	*e = (struct entry){ .key = *key, .next = *chain };
	*chain = (uint32_t)(e - s->entries);
	/* The caller takes it out again if it gets a connection. */
	TAILQ_INSERT_TAIL(&s->idle, e, idle);
	return (e);
}

/* Whether the bucket still has one. */
static bool
has_token(const struct sources *s, const struct entry *e, uint64_t now)
{

	return (e->full_at <= now ||
	    e->full_at - now <= CLOCK_S - s->interval);
}

static enum source_verdict
enter(struct sources *s, const struct key *key, bool count, bool rate,
    uint64_t now, uint32_t *entry)
{
	struct entry *e = find(s, key);

	if (e == NULL && (e = make(s, key)) == NULL)
		return (SOURCE_OK);
	if (count && e->connections >= s->connections)
		return (SOURCE_MANY);
	if (rate && !has_token(s, e, now)) {
		/* Whoever goes on trying is not forgotten first. */
		if (e->connections == 0) {
			TAILQ_REMOVE(&s->idle, e, idle);
			TAILQ_INSERT_TAIL(&s->idle, e, idle);
		}
		return (SOURCE_FAST);
	}
	e->full_at = (e->full_at > now ? e->full_at : now) + s->interval;
	if (e->connections++ == 0)
		TAILQ_REMOVE(&s->idle, e, idle);
	*entry = (uint32_t)(e - s->entries);
	return (SOURCE_OK);
}

enum source_verdict
source_enter(struct sources *s, const struct peer *peer, uint64_t now,
    uint32_t *entry)
{
	enum source_verdict verdict;
	struct key key;
	bool loopback, count, rate;

	*entry = SOURCE_NONE;
	if (s == NULL || !key_of(peer, &key, &loopback))
		return (SOURCE_OK);
	count = !loopback || s->loopback_count;
	rate = !loopback || s->loopback_rate;
	if (!count && !rate)
		return (SOURCE_OK);
	pthread_mutex_lock(&s->lock);
	verdict = enter(s, &key, count, rate, now, entry);
	pthread_mutex_unlock(&s->lock);
	return (verdict);
}

void
source_leave(struct sources *s, uint32_t entry)
{
	struct entry *e;

	if (entry == SOURCE_NONE)
		return;
	e = &s->entries[entry];
	pthread_mutex_lock(&s->lock);
	if (--e->connections == 0)
		TAILQ_INSERT_TAIL(&s->idle, e, idle);
	pthread_mutex_unlock(&s->lock);
}

unsigned
sources_known(struct sources *s)
{
	unsigned known;

	pthread_mutex_lock(&s->lock);
	known = s->used;
	pthread_mutex_unlock(&s->lock);
	return (known);
}
