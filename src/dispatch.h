/**
 * dispatch.h - which worker gets which job, and when.
 *
 * Jobs that are ready wait in the reactor's backlog, first come first
 * served, and are handed over once per pass of the event loop, each worker's
 * share as one chain. A worker is given only as many jobs as make up a few
 * tens of microseconds of measured work, at least one: tiny jobs travel in
 * long chains and wake as few workers as can do them; long jobs go one at a
 * time to workers that have nothing else, and what waits is not behind them.
 * A worker that has been at one job for long gets no more, and what it has not
 * begun is taken back.
 * (Join-bounded-shortest-queue: Kogias et al., R2P2, USENIX ATC 2019, with
 * the bound in time instead of in jobs.)
 *
 * Thread for all functions: the reactor's.
 */
#ifndef DISPATCH_H
#define DISPATCH_H

#include <stdbool.h>

#include "job.h"

struct reactor;

/** The backlog and what is known of the workers. */
struct dispatch;

/**
 * dispatch_open(reactor):
 * Make the dispatch of a reactor whose event base exists. Return NULL if
 * memory is short. Thread: any, before the reactor runs.
 */
struct dispatch *dispatch_open(struct reactor *reactor);

/**
 * dispatch_close(dispatch):
 * Free it; no job may be left. NULL is allowed. Thread: any, after the
 * reactor has run.
 */
void dispatch_close(struct dispatch *dispatch);

/**
 * dispatch_job(reactor, job):
 * Put a job at the end of the backlog; it is dispatch's until it comes back
 * through reply.c. It leaves at the end of this pass at the earliest.
 * Thread: the reactor's.
 */
void dispatch_job(struct reactor *reactor, struct job *job);

/**
 * dispatch_in_vain(reactor, job):
 * Note that a job has come back whose client has left; call it behind
 * dispatch_returned(). Thread: the reactor's.
 */
void dispatch_in_vain(struct reactor *reactor, const struct job *job);

/**
 * dispatch_forget(reactor, job):
 * Take a job out of the backlog, or of what waits for that; it is the caller's again.
 * Thread: the reactor's.
 */
void dispatch_forget(struct reactor *reactor, struct job *job);

/**
 * dispatch_returned(reactor, job):
 * Note that a job has come back from its worker: there is room again, and
 * its time is one more measurement. Thread: the reactor's.
 */
void dispatch_returned(struct reactor *reactor, const struct job *job);

/**
 * dispatch_taken_back(reactor, job):
 * Note that a job has come back that its worker never began: there is room
 * again, but nothing was measured. Thread: the reactor's.
 */
void dispatch_taken_back(struct reactor *reactor, const struct job *job);

/**
 * dispatch_again(reactor, job):
 * Put a job at the head of the backlog, where it has been before.
 * Thread: the reactor's.
 */
void dispatch_again(struct reactor *reactor, struct job *job);

/**
 * dispatch_now(reactor):
 * Do at once what is due at the end of this pass, and send what has come back
 * meanwhile: for large requests, whose bytes are in the processor's caches now
 * and not after all others have been read. Connections may be gone afterwards.
 * Thread: the reactor's.
 */
void dispatch_now(struct reactor *reactor);

/**
 * dispatch_take(reactor):
 * Take the next job of the backlog for the reactor itself to work on, or NULL
 * if there is none (inline mode). Thread: the reactor's.
 */
struct job *dispatch_take(struct reactor *reactor);

/**
 * dispatch_later(reactor):
 * Go on with the backlog, if there is any, only after the next look at the
 * sockets (inline mode). Thread: the reactor's.
 */
void dispatch_later(struct reactor *reactor);

#endif /* DISPATCH_H */
