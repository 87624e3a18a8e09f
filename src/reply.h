/**
 * reply.h - what comes back from the workers.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef REPLY_H
#define REPLY_H

#include <event2/event.h>

/**
 * reply_arrived(fd, what, reactor):
 * The callback of the reactor's wakeup: take what workers have brought back
 * and what the server orders, send the replies, and let their connections go
 * on. Thread: the reactor's.
 */
void reply_arrived(evutil_socket_t fd, short what, void *reactor);

struct job;
struct reactor;

/**
 * reply_unworked(reactor, job):
 * Take a job of this reactor back that its worker has not begun: it waits
 * again, before all others. Thread: the reactor's.
 */
void reply_unworked(struct reactor *reactor, struct job *job);

/**
 * reply_refused(reactor, job):
 * Answer a job's requests as its `refusal` says, without a worker. It has
 * left the backlog; its connection is there, but may be gone afterwards.
 * Thread: the reactor's.
 */
void reply_refused(struct reactor *reactor, struct job *job);

/**
 * reply_job(reactor, job):
 * Take a job of this reactor back that has been worked on: send the replies,
 * and let its connection go on. The job is no longer the caller's.
 * Thread: the reactor's.
 */
void reply_job(struct reactor *reactor, struct job *job);

/**
 * reply_look(reactor):
 * Work on what has been brought back, whether or not anybody has signalled.
 * Thread: the reactor's.
 */
void reply_look(struct reactor *reactor);

/**
 * reply_look_unasked(reactor):
 * The same without having been woken. What is found then is mostly a worker's
 * that is at its next job and owes the wakeup; if it is one's that has gone to
 * sleep without paying, that is counted, as `lost_wakeups`: it must never be.
 * Thread: the reactor's.
 */
void reply_look_unasked(struct reactor *reactor);

#endif /* REPLY_H */
