/**
 * backlog.h - what waits for a worker, and the policy of overload.
 *
 * Jobs that no worker has room for wait here, first come first served, at
 * most one of each connection. Whether a job may wait is decided once, at the
 * end of the pass in which it came: not if too many wait already, if the
 * oldest has waited too long, or if every worker is stuck. A job that has
 * waited past the deadline of requests is no longer worth a worker's time, and
 * when every worker is stuck no job that waits is worth its client's.
 * Each goes to a list of its own, to be answered by the reactor itself.
 *
 * Pure: time is told, nothing is sent. A job's place in the lists is the
 * backlog's; the job stays its connection's.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef BACKLOG_H
#define BACKLOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "job.h"

/** A backlog that has not been looked at for so long was not running, as
 *  under SIGSTOP; what waited is not blamed for it. Nanoseconds. */
#define BACKLOG_FROZEN 1000000000u

TAILQ_HEAD(job_list, job);

/** Why new jobs are refused. */
enum backlog_full {
	BACKLOG_NOT_FULL,
	BACKLOG_COUNT, /* too many wait */
	BACKLOG_AGE,   /* the oldest waits for too long */
	BACKLOG_STUCK  /* every worker is stuck */
};

/**
 * Invariants:
 *
 * 1. `jobs` is in order of arrival: first those that wait, `since` set, then
 *    those that came in this pass, `since` zero.
 * 2. `waiting` counts those of the former that carry requests.
 * 3. A job in `refused` has its `refusal` set, all others have not.
 */
struct backlog {
	struct job_list jobs;
	struct job_list refused;
	unsigned waiting;
	unsigned limit;    /* of `waiting` */
	uint64_t age_max;  /* of the oldest, nanoseconds */
	uint64_t deadline; /* of a job, nanoseconds */
	uint64_t now;      /* as last told */
	uint64_t thawed;   /* the last time that it was found frozen */
	uint64_t swept;    /* the last look at all deadlines */
	enum backlog_full full; /* why jobs were refused last */
};

/**
 * backlog_init(backlog, config):
 * Make an empty backlog with the limits of `config`.
 * Thread: the reactor's.
 */
void backlog_init(struct backlog *backlog, const throng_config *config);

/**
 * backlog_empty(backlog):
 * Return whether no job wants a worker.
 * Thread: the reactor's.
 */
static inline bool
backlog_empty(const struct backlog *backlog)
{

	return (TAILQ_EMPTY(&backlog->jobs));
}

/**
 * backlog_time(backlog, now, watched):
 * Tell the time, clock_now(). `watched`: it has been told every few
 * milliseconds so far, as it is while anything waits.
 * Thread: the reactor's.
 */
static inline void
backlog_time(struct backlog *backlog, uint64_t now, bool watched)
{

	if ((watched || backlog->waiting > 0) &&
	    now - backlog->now > BACKLOG_FROZEN)
		backlog->thawed = now;
	backlog->now = now;
}

/**
 * backlog_add(backlog, job):
 * Put a job that has just come at the end.
 * Thread: the reactor's.
 */
static inline void
backlog_add(struct backlog *backlog, struct job *job)
{

	job->since = 0;
	TAILQ_INSERT_TAIL(&backlog->jobs, job, backlog);
}

/**
 * backlog_again(backlog, job):
 * Put a job back at the head, which it has left; it waits.
 * Thread: the reactor's.
 */
void backlog_again(struct backlog *backlog, struct job *job);

/**
 * backlog_remove(backlog, job):
 * Take a job out, wherever it is.
 * Thread: the reactor's.
 */
void backlog_remove(struct backlog *backlog, struct job *job);

/**
 * backlog_oldest(backlog):
 * As backlog_next(), when the next job has waited.
 * Thread: the reactor's.
 */
struct job *backlog_oldest(struct backlog *backlog);

/**
 * backlog_next(backlog):
 * Take out the next job for a worker, or return NULL. Those whose deadline
 * has passed are refused on the way.
 * Thread: the reactor's.
 */
static inline struct job *
backlog_next(struct backlog *backlog)
{
	struct job *job = TAILQ_FIRST(&backlog->jobs);

	if (job == NULL || job->since != 0)
		return (job == NULL ? NULL : backlog_oldest(backlog));
	TAILQ_REMOVE(&backlog->jobs, job, backlog);
	return (job);
}

/**
 * backlog_settle(backlog, stuck):
 * The end of a pass: of the jobs that came in it and are still here, let
 * wait what may, and refuse the rest; all of it if every worker is `stuck`.
 * Jobs that wait past their deadline are refused as well, if not at once
 * then within a tenth of a second.
 * Thread: the reactor's.
 */
void backlog_settle(struct backlog *backlog, bool stuck);

/**
 * backlog_refused(backlog):
 * Take out the next job that was refused, `refusal` saying how, or return
 * NULL.
 * Thread: the reactor's.
 */
struct job *backlog_refused(struct backlog *backlog);

/**
 * backlog_age(backlog, since):
 * Return the nanoseconds that have passed since a moment, not counting time
 * before the backlog was last found frozen.
 * Thread: the reactor's.
 */
uint64_t backlog_age(const struct backlog *backlog, uint64_t since);

#endif /* BACKLOG_H */
