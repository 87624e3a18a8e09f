#include "throttle.h"

#include <string.h>

#include "clock.h"

/* A 64-bit FNV-1a of a name (Fowler, Noll, Vo), going on from `hash`. */
static uint64_t
hash_name(uint64_t hash, const char *name)
{

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
	return ((hash ^ 0xff) * UINT64_C(1099511628211));
}

/* The place of a kind, taken now if it had none. */
static struct throttle_kind *
find(struct throttle *t, const char *event, const char *reason)
{
	struct throttle_kind *k = NULL;
	uint64_t key, seen;

	key = hash_name(UINT64_C(14695981039346656037), event);
	if (reason != NULL)
		key = hash_name(key, reason);
	for (unsigned i = 0; i < THROTTLE_KINDS; i++) {
		k = &t->kinds[i];
		/* Relaxed: a key names a place; nothing else goes along. */
		seen = atomic_load_explicit(&k->key, memory_order_relaxed);
		if (seen == 0 && atomic_compare_exchange_strong_explicit(
		    &k->key, &seen, key, memory_order_relaxed,
		    memory_order_relaxed)) {
			/* Relaxed: constants. Until they are there, nothing
			 * of this kind is told. */
			atomic_store_explicit(&k->reason, reason,
			    memory_order_relaxed);
			atomic_store_explicit(&k->event, event,
			    memory_order_release);
			return (k);
		}
		if (seen == key)
			return (k);
	}
	return (k);
}

bool
throttle_pass(struct throttle *t, const char *event, const char *reason,
    uint64_t now)
{
	struct throttle_kind *k = find(t, event, reason);
	uint64_t rate = strcmp(event, "handler") == 0 ?
	    THROTTLE_HANDLER_RATE : THROTTLE_RATE;
	uint64_t interval = CLOCK_S / rate, due, next;

	/* Relaxed: the word is all there is to it. */
	due = atomic_load_explicit(&k->due, memory_order_relaxed);
	do {
		next = (due > now ? due : now) + interval;
		if (next - now > CLOCK_S) {
			/* In one order with throttle_announce(): either it
			 * is told now, or this announces it. */
			atomic_fetch_add(&k->held, 1);
			return (false);
		}
	} while (!atomic_compare_exchange_weak_explicit(&k->due, &due, next,
	    memory_order_relaxed, memory_order_relaxed));
	return (true);
}

bool
throttle_announce(struct throttle *t)
{

	/* Looked at first, so that a storm does not write. */
	return (!atomic_load(&t->pending) &&
	    !atomic_exchange(&t->pending, true));
}

bool
throttle_pending(const struct throttle *t)
{

	return (atomic_load_explicit(&t->pending, memory_order_relaxed));
}

bool
throttle_tell(struct throttle *t, unsigned *at, struct throttle_tale *tale)
{

	/* Taken back before looking: what is held back from here on announces
	 * itself again. */
	if (*at == 0)
		atomic_store(&t->pending, false);
	while (*at < THROTTLE_KINDS) {
		struct throttle_kind *k = &t->kinds[(*at)++];

		/* Acquire: with the event, the reason is there. */
		tale->event = atomic_load_explicit(&k->event,
		    memory_order_acquire);
		if (tale->event == NULL)
			continue;
		tale->reason = atomic_load_explicit(&k->reason,
		    memory_order_relaxed);
		tale->count = atomic_exchange(&k->held, 0);
		if (tale->count > 0)
			return (true);
	}
	return (false);
}
