/**
 * process.h - the handler, run over a job.
 *
 * The work itself, the same in both modes: every request of a job is given
 * to process_input, and its reply is framed behind the ones before it.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdint.h>

#include "job.h"
#include "running.h"
#include "service.h"

/** One thread that runs the handler. */
struct processor {
	struct running running;
	struct service *service;
	struct counters *counters; /* the thread's, or shared ones */
	void *worker_state;
};

/**
 * process_open(processor, service, counters):
 * Get ready to run the handler in the calling thread, worker_open included.
 * Return 0, or -1 if worker_open refused. Thread: the one that will run it.
 */
int process_open(struct processor *processor, struct service *service,
    struct counters *counters);

/**
 * process_close(processor):
 * Undo process_open(). Thread: the same.
 */
void process_close(struct processor *processor);

/**
 * process_job(processor, job):
 * Do what the job says: answer its requests, or close the handler's state of
 * its connection. The replies are in `job->out`; `job->close` says that the
 * connection is to be closed after them. When the replies grow too many, or
 * take too long, requests are left unanswered: send the replies, empty `job->out` and call
 * again. The job stays the caller's, who settles it (job_settle()) when the
 * replies are sent.
 * Thread: the processor's.
 */
void process_job(struct processor *processor, struct job *job);

/**
 * process_refuse(processor, job, refusal):
 * Answer every request that is left of a job with VERDICT_BUSY or
 * VERDICT_TIMEOUT instead of giving it to the handler; those that are refused
 * for another reason keep theirs. The handler does not run, so the processor
 * need not be opened: its service and its counters will do. As for the rest,
 * like process_job(). Thread: the owner of the job.
 */
void process_refuse(struct processor *processor, struct job *job,
    enum verdict refusal);

#endif /* PROCESS_H */
