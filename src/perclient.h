/**
 * perclient.h - thread mode: one thread per client.
 *
 * The same framers, handler, limits, refusals and log lines as the pool, in
 * a blocking loop. A reactor only accepts; every client's socket belongs to
 * the client's thread from then on.
 */
#ifndef PERCLIENT_H
#define PERCLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "admit.h"
#include "peer.h"
#include "service.h"

struct reactor;

/** One of them. */
struct client;

/** All clients of a server in thread mode. */
struct perclient;

/**
 * perclient_open(service):
 * Make the place where clients are known. Return NULL if memory is short.
 * Thread: any.
 */
struct perclient *perclient_open(struct service *service);

/**
 * perclient_start(perclient, reactor, fd, peer, seat):
 * Serve an admitted client in a thread of its own; if it cannot get one, it
 * is refused through `reactor`. The descriptor and the client's place in the
 * service are given away. Thread: the reactor's.
 */
void perclient_start(struct perclient *perclient, struct reactor *reactor,
    int fd, const struct peer *peer, struct seat seat);

/**
 * perclient_heard(client):
 * The client's first request has come: it no longer makes room for newcomers.
 * NULL is allowed. Thread: the client's.
 */
void perclient_heard(struct client *client);

/**
 * perclient_holds(client, input, replies):
 * The client holds so many bytes of input, and of replies that are charged
 * already: see budget.h. If that is too much for all together, break the
 * connections that hold the most, perhaps this one's. NULL is allowed.
 * Thread: the client's.
 */
void perclient_holds(struct client *client, size_t input, size_t replies);

/**
 * perclient_reap(perclient, quiet_ms):
 * Break the connection that has been without a first request the longest; its
 * place is free at once, its descriptor in a moment. `quiet_ms` and result as
 * of conn_reap(). Thread: that of perclient_start().
 */
bool perclient_reap(struct perclient *perclient, uint32_t quiet_ms);

/**
 * perclient_drain(perclient, deadline):
 * Let every client get what it is owed and end, until `deadline`
 * (clock_now()). Return whether all have ended. Thread: any, once no more
 * clients are started.
 */
bool perclient_drain(struct perclient *perclient, uint64_t deadline);

/**
 * perclient_kill(perclient, deadline):
 * Break every connection and wait for the threads until `deadline`. Return
 * false if a handler did not return. Thread: as perclient_drain().
 */
bool perclient_kill(struct perclient *perclient, uint64_t deadline);

/**
 * perclient_close(perclient):
 * Free it; no client may be left. NULL is allowed. Thread: any.
 */
void perclient_close(struct perclient *perclient);

#endif /* PERCLIENT_H */
