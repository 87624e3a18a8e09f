/**
 * admit.h - who gets a seat: a place for the connection, and the leave of its source.
 */
#ifndef ADMIT_H
#define ADMIT_H

#include <stdint.h>

#include "peer.h"
#include "service.h"

struct job;
struct reactor;

/** Whether a newcomer got in, and why not. */
enum admission {
	ADMIT_OK,
	ADMIT_FULL,   /* no place, and nobody who has said nothing yet */
	ADMIT_SOURCE, /* its source has too many connections */
	ADMIT_RATE,   /* its source's come too fast */
	ADMIT_PASS    /* another reactor can make room: see admit_pass() */
};

/** What a newcomer was given. */
struct seat {
	uint32_t source;   /* for source_leave() */
	uint8_t admission; /* enum admission */
};

/**
 * admit(reactor, peer):
 * Decide about a newcomer. When every place is taken, the connection that has
 * been without a first request the longest is closed for it. Return its seat,
 * which is for conn_open(), perclient_start() or admit_pass().
 * Thread: the reactor's.
 */
struct seat admit(struct reactor *reactor, const struct peer *peer);

/**
 * admit_pass(reactor, fd, peer, seat):
 * Give a newcomer whose seat is ADMIT_PASS to the reactor that can make room,
 * or else refuse it. The descriptor is given away. Thread: the reactor's.
 */
void admit_pass(struct reactor *reactor, int fd, const struct peer *peer,
    struct seat seat);

/**
 * admit_passed(reactor, job):
 * A newcomer has come that another reactor gave away; the job is freed.
 * Thread: the reactor's.
 */
void admit_passed(struct reactor *reactor, struct job *job);

/**
 * admit_descriptor(reactor):
 * There is no descriptor for the next newcomer. Close the connection that has
 * been without a first request the longest, if it had a moment to make one; or
 * ask another reactor to. Return whether one is free now; in thread mode it
 * will be in a moment, see admit_freed(). Thread: the reactor's.
 */
bool admit_descriptor(struct reactor *reactor);

/**
 * admit_freed(reactor):
 * A client's thread has given back the descriptor of one who made room.
 * Thread: any.
 */
void admit_freed(struct reactor *reactor);

/**
 * admit_asked(reactor, job):
 * Another reactor needs a descriptor, or a client's thread has given one back;
 * the job is freed. Thread: the reactor's.
 */
void admit_asked(struct reactor *reactor, struct job *job);

/**
 * admit_leave(service, source):
 * Give a seat back that was ADMIT_OK. Thread: any.
 */
void admit_leave(struct service *service, uint32_t source);

/**
 * admit_refused(reactor, peer, admission):
 * Count and log that a newcomer is turned away for what `admission` says.
 * Thread: the reactor's.
 */
void admit_refused(struct reactor *reactor, const struct peer *peer,
    enum admission admission);

#endif /* ADMIT_H */
