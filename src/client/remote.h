/**
 * remote.h - one server: its connections, and what it owes.
 *
 * Requests are spread round robin over the connections that live; replies go
 * to the sink in the order of the requests, whichever connection brought
 * them.
 */
#ifndef CLIENT_REMOTE_H
#define CLIENT_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "sink.h"

struct remote;

/** How a remote is doing. One moment's figures. */
struct remote_state {
	unsigned connecting; /* connections on their way */
	unsigned up;         /* connections in use */
	bool failed;         /* a connection failed, or was lost */
	bool unreachable;    /* of them, one could not be had at all */
	uint64_t asked;      /* requests */
	uint64_t answered;   /* replies */
	uint64_t refused;    /* of them, those that begin with "!error " */
	uint64_t lost;       /* requests that will not be answered */
};

/**
 * remote_new(options, name, sink, patient):
 * Make a remote for the address `name`, not yet connected. With `patient`,
 * remote_ask() waits for room, and a reply to nothing ends a connection
 * unless the framing is raw; without, such a reply is shown. The arguments
 * stay the caller's and must outlive it. Return what goes back with
 * remote_free(), or NULL with errno set. Thread: main.
 */
struct remote *remote_new(const struct options *options, const char *name,
    const struct sink *sink, bool patient);

/**
 * remote_start(remote):
 * Start its connections, each on its thread. Return 0 or an errno value.
 * Thread: main.
 */
int remote_start(struct remote *remote);

/**
 * remote_ask(remote, bytes, length):
 * Send a request over the next living connection; the bytes are copied.
 * Return 0; EPIPE if no connection lives (the request is counted as lost);
 * EAGAIN if there is no room and the remote is not patient (nothing was
 * counted). Thread: main.
 */
int remote_ask(struct remote *remote, const char *bytes, size_t length);

/**
 * remote_kick(remote):
 * Nothing follows soon: send what was asked. Thread: main.
 */
void remote_kick(struct remote *remote);

/**
 * remote_finish(remote):
 * No more will be asked: the connections end when all is answered. Thread:
 * main.
 */
void remote_finish(struct remote *remote);

/**
 * remote_abort(remote):
 * Let the connections end at once. Thread: main.
 */
void remote_abort(struct remote *remote);

/**
 * remote_join(remote):
 * Wait for the end of all its connections. Thread: main.
 */
void remote_join(struct remote *remote);

/**
 * remote_resolving(remote):
 * Return whether a connection may be in the system's resolver, so that
 * remote_join() would wait for that. Thread: main.
 */
bool remote_resolving(struct remote *remote);

/**
 * remote_state(remote):
 * Return how it is doing. Thread: main.
 */
struct remote_state remote_state(struct remote *remote);

/**
 * remote_why(remote):
 * Return why it first lost something, "" if it did not; valid until
 * remote_free(). Thread: main, after remote_join().
 */
const char *remote_why(const struct remote *remote);

/**
 * remote_name(remote):
 * Return its address as the user wrote it. Thread: any.
 */
const char *remote_name(const struct remote *remote);

/**
 * remote_free(remote):
 * Wait for the end of its connections and free it; NULL is allowed. Thread:
 * main.
 */
void remote_free(struct remote *remote);

#endif /* CLIENT_REMOTE_H */
