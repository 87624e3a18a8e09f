/**
 * vain.h - work that nobody waits for: clients that ask and reset at once.
 *
 * A reset is noticed when the reactor comes to read it; a job that leaves
 * before that is worked on in vain. Two things are done about it, both only
 * where the handler has been slow, for otherwise a reset costs its client more
 * than a worker. Before a job leaves, the kernel is asked whether its client
 * has reset the connection; that takes a system call, and slow jobs pay for
 * it, a small part of their time. And once a slow job has come back to nobody,
 * the first request of each new connection waits for a moment, on trial, until
 * no such client has been seen for a while. (Rapid reset, CVE-2023-44487.)
 *
 * Thread for all functions: the reactor's, unless it says otherwise.
 */
#ifndef VAIN_H
#define VAIN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "backlog.h"
#include "clock.h"

/** A job from this length on is slow. Nanoseconds. */
#define VAIN_SLOW CLOCK_MS

/** How long a trial is, and how long it is known that there are clients that
 *  leave at once. Nanoseconds. */
#define VAIN_TRIAL CLOCK_MS
#define VAIN_WARY CLOCK_S

/**
 * Invariants:
 *
 * 1. `trial` has the jobs that are `on_trial`, oldest first.
 * 2. While it has any, `verdict` is pending.
 */
struct vain {
	unsigned questions; /* that slow jobs have paid for */
	uint64_t wary;      /* until then, as clock_now(); 0: not */
	struct job_list trial;
	struct event *verdict;
	void (*passed)(void *, struct job *);
	void *argument;
};

/**
 * vain_open(vain, base, passed, argument):
 * Begin without suspicion. Jobs whose trial is over are given to `passed`.
 * Return 0, or -1 if memory is short. Thread: any, before the reactor runs.
 */
int vain_open(struct vain *vain, struct event_base *base,
    void (*passed)(void *, struct job *), void *argument);

/**
 * vain_close(vain):
 * No job may be on trial. Thread: any, after the reactor has run.
 */
void vain_close(struct vain *vain);

/**
 * vain_worked(vain, ns):
 * The handler was at a job, or is, for that long.
 * Thread: the reactor's.
 */
void vain_worked(struct vain *vain, uint64_t ns);

/**
 * vain_seen(vain, job):
 * A job was found to be for nobody; if it is the first of its connection,
 * those of others will be tried. Thread: the reactor's.
 */
void vain_seen(struct vain *vain, const struct job *job);

/**
 * vain_is_gone(vain, fd):
 * Return whether the client has reset the connection, as far as questions are
 * paid for. Thread: the reactor's.
 */
bool vain_is_gone(struct vain *vain, int fd);

/**
 * vain_try(vain, job):
 * Put a job on trial if it has to be; return whether it is. It comes back by
 * `passed`, or is taken out by vain_drop(). Thread: the reactor's.
 */
bool vain_try(struct vain *vain, struct job *job);

/**
 * vain_drop(vain, job):
 * The client of a job that is on trial has left: take it out.
 * Thread: the reactor's.
 */
void vain_drop(struct vain *vain, struct job *job);

#endif /* VAIN_H */
