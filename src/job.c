#include "job.h"

#include "budget.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

_Static_assert(offsetof(struct job, node) == 0, "a node is its job");

struct job *
job_new(unsigned room)
{
	struct job *job;

	job = calloc(1, sizeof(*job) + room * sizeof(job->requests[0]));
	if (job != NULL)
		job->room = (uint16_t)room;
	return (job);
}

void
job_reset(struct job *job)
{

	bytes_reset(&job->in);
	job_answered(job);
	job->state = NULL;
	job->spent_ns = 0;
	job->held = 0;
	job->out_held = 0;
	job->burden = 0;
	job->first = false;
	job->refusal = VERDICT_HANDLE;
	job->kind = JOB_REQUESTS;
}

void
job_answered(struct job *job)
{

	bytes_reset(&job->out);
	job->replies = 0;
	job->close = false;
	job->count = 0;
	job->done = 0;
}

void
job_settle(struct job *job, struct counters *counters)
{

	/* The worker added as many to its own counter: the sum is right. */
	counter_add(&counters->working, -(uint64_t)job->begun);
	job->begun = 0;
}

void
job_uncharge(struct job *job, struct budget *budget)
{

	if (job->charged > 0 && budget != NULL)
		budget_give(budget, job->charged);
	job->charged = 0;
}

unsigned
job_unanswered(const struct job *job)
{

	return (job->kind == JOB_REQUESTS ?
	    (unsigned)(job->count - job->done) : 0u);
}

void
job_free(struct job *job)
{

	if (job == NULL)
		return;
	bytes_free(&job->in);
	bytes_free(&job->out);
	free(job);
}

void
job_add(struct job *job, size_t offset, size_t length, unsigned tail,
    enum verdict verdict)
{

	assert(job->count < job->room);
	job->requests[job->count++] = (struct request){
		.offset = (uint32_t)offset,
		.length = (uint32_t)length,
		.tail = (uint8_t)tail,
		.verdict = (uint8_t)verdict,
	};
}

bool
job_full(const struct job *job)
{
	const struct request *last;

	if (job->count == 0)
		return (false);
	last = &job->requests[job->count - 1];
	return (job->count == job->room ||
	    last->offset + last->length >= JOB_BYTES_MAX);
}
