/**
 * link.h - one connection to a server, on a thread of its own.
 *
 * The thread connects, sends what is asked, and receives in the same loop, so
 * that neither side can block the other: a server that does not read until
 * its replies are read gets them read.
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

struct link;

/**
 * What a link tells its owner. All are called by the link's thread without
 * any lock held; texts and bytes are valid until the function returns.
 */
struct link_events {
	/** It is connected. */
	void (*up)(void *context);
	/** The reply to request `number`. */
	void (*reply)(void *context, uint64_t number, const char *bytes,
	    size_t length);
	/** A reply to nothing; the link ends if this returns false. */
	bool (*stray)(void *context, const char *bytes, size_t length);
	/** The reply to request `number` has come and cannot be given; the
	 *  link goes on. */
	void (*dropped)(void *context, uint64_t number, const char *why);
	/** No reply will come to request `number`, for the link ends. */
	void (*lost)(void *context, uint64_t number, const char *why);
	/** Should no more be received for now? link_wake() asks again. */
	bool (*full)(void *context);
	/** What was received at once has been told. */
	void (*flush)(void *context);
	/** It has ended: `why` is NULL after link_finish() or link_abort();
	 *  `connected` tells whether it ever was. */
	void (*gone)(void *context, const char *why, bool connected);
};

/**
 * link_capacity(options):
 * Return how many requests a link holds at most, with those that wait in it
 * because only so many may be in flight. Thread: any.
 */
size_t link_capacity(const struct options *options);

/**
 * link_new(options, address, events, context):
 * Make a link; nothing happens before link_start(). The arguments stay the
 * caller's and must outlive it. Return what goes back with link_free(), or
 * NULL with errno set. Thread: main.
 */
struct link *link_new(const struct options *options, const char *address,
    const struct link_events *events, void *context);

/**
 * link_start(link):
 * Start the thread, which connects. Return 0 or an errno value. Thread: main.
 */
int link_start(struct link *link);

/**
 * link_send(link, number, bytes, length, wait):
 * Ask: the bytes are copied, framed and sent soon, at the latest after
 * link_kick(). With `wait`, wait for room. Return 0; EAGAIN if there is no
 * room; ENOMEM; or EPIPE if the link has ended. Thread: main.
 */
int link_send(struct link *link, uint64_t number, const char *bytes,
    size_t length, bool wait);

/**
 * link_kick(link):
 * Nothing follows soon: send what was asked. Thread: main.
 */
void link_kick(struct link *link);

/**
 * link_wake(link):
 * Let the link look again whether it is full. Thread: any.
 */
void link_wake(struct link *link);

/**
 * link_finish(link):
 * No more will be asked: the link ends when all is answered. Thread: main.
 */
void link_finish(struct link *link);

/**
 * link_abort(link):
 * Let the link end at once, answered or not. Thread: any.
 */
void link_abort(struct link *link);

/**
 * link_resolving(link):
 * Return whether the link may be in the system's resolver, which nothing can
 * interrupt, so that link_join() would wait for it. Thread: main.
 */
bool link_resolving(struct link *link);

/**
 * link_join(link):
 * Wait for the end of the link's thread, if it was started. Thread: main.
 */
void link_join(struct link *link);

/**
 * link_free(link):
 * Free a link whose thread does not run; NULL is allowed. Thread: main.
 */
void link_free(struct link *link);

#endif /* CLIENT_LINK_H */
