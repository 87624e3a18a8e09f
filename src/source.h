/**
 * source.h - how much each address may ask for: connections at a time, and
 * new ones a second.
 *
 * A source is an IPv4 address, or the upper 64 bits of an IPv6 address, which
 * is what one customer is given. Local sockets have none. Loopback has none
 * either unless a limit was set for it.
 *
 * One table serves all reactors, since a source is one whichever listener it
 * comes to. It is behind a mutex that is taken when a connection comes and
 * when it goes, for a few loads and stores, and never for a request; a table
 * per reactor would let a source have its limit as many times as there are
 * reactors.
 *
 * The table holds at most SOURCE_MAX entries. Those without a connection make
 * room for others, the one longest unused first. Where every entry has a
 * connection, a newcomer from elsewhere is let in without one: to refuse it
 * would hand the server to whoever owns so many addresses.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdint.h>

#include "peer.h"

/** Sources that are known at a time. */
#define SOURCE_MAX 65536

/** What holds where nothing was set. */
#define SOURCE_CONNECTIONS 256
#define SOURCE_RATE 100

/** The entry of a connection that has none. */
#define SOURCE_NONE 0

/** All that are known. */
struct sources;

/** Whether a source may have another connection. */
enum source_verdict {
	SOURCE_OK,
	SOURCE_MANY, /* it has as many as it may */
	SOURCE_FAST  /* they come faster than they may */
};

/**
 * sources_open(connections, rate, max):
 * Make a table of at most `max` sources for these limits; 0 stands for the
 * default, from which loopback is exempt. Return NULL with errno set if memory
 * or random numbers cannot be had. Thread: any.
 */
struct sources *sources_open(unsigned connections, unsigned rate,
    unsigned max);

/**
 * sources_close(sources):
 * Free it; NULL is allowed. Thread: any, once nobody uses it.
 */
void sources_close(struct sources *sources);

/**
 * source_enter(sources, peer, now, entry):
 * A connection has come at `now` (clock_now()). If it may stay, store in
 * `*entry` what source_leave() wants when it goes, SOURCE_NONE for one that is
 * not counted. With `sources` NULL nobody is counted. Thread: any.
 */
enum source_verdict source_enter(struct sources *sources,
    const struct peer *peer, uint64_t now, uint32_t *entry);

/**
 * source_leave(sources, entry):
 * A connection, and what was done for it, has ended. Thread: any.
 */
void source_leave(struct sources *sources, uint32_t entry);

/**
 * sources_known(sources):
 * Return how many sources are known. Thread: any.
 */
unsigned sources_known(struct sources *sources);

#endif /* SOURCE_H */
