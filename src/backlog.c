/*
 * While workers have room, nothing here is done but to link and unlink a
 * job: the time is stored in those only that are left over at the end of a
 * pass, and limits are looked at only then.
 *
 * (A queue judged by the time spent in it rather than by its length: Nichols
 * and Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012; for servers,
 * with a deadline at dequeue: Maurer, "Fail at Scale", ACM Queue 13(8), 2015.)
 */
#include "backlog.h"

#include <limits.h>

#include "clock.h"

/** Of those that wait when every worker is stuck, so many are refused at a
 *  time, so that a turn of the loop stays short. */
#define STUCK_MAX 256

/** How often all deadlines are looked at, should no worker take any job. */
#define SWEEP (100 * (uint64_t)CLOCK_MS)

void
backlog_init(struct backlog *b, const throng_config *config)
{

	*b = (struct backlog){
		.limit = config->queue_limit > 0 ? config->queue_limit :
		    UINT_MAX,
		.age_max = config->queue_age_ms * (uint64_t)CLOCK_MS,
		.deadline = config->request_ms * (uint64_t)CLOCK_MS,
	};
	TAILQ_INIT(&b->jobs);
	TAILQ_INIT(&b->refused);
}

uint64_t
backlog_age(const struct backlog *b, uint64_t since)
{

	if (since < b->thawed)
		since = b->thawed;
	return (b->now > since ? b->now - since : 0);
}

/* Jobs that close a state must come to a worker, however late. */
static bool
counts(const struct job *job)
{

	return (job->since != 0 && job->kind == JOB_REQUESTS);
}

static bool
expired(const struct backlog *b, const struct job *job)
{

	return (job->since != 0 && backlog_age(b, job->since) >= b->deadline);
}

static void
take_out(struct backlog *b, struct job *job)
{

	TAILQ_REMOVE(&b->jobs, job, backlog);
	b->waiting -= counts(job);
}

static void
refuse(struct backlog *b, struct job *job, enum verdict refusal)
{

	job->refusal = (uint8_t)refusal;
	TAILQ_INSERT_TAIL(&b->refused, job, backlog);
}

void
backlog_again(struct backlog *b, struct job *job)
{

	/* Those that were new when they left have waited since about now. */
	if (job->since == 0)
		job->since = b->now;
	TAILQ_INSERT_HEAD(&b->jobs, job, backlog);
	b->waiting += counts(job);
}

void
backlog_remove(struct backlog *b, struct job *job)
{

	if (job->refusal != VERDICT_HANDLE) {
		TAILQ_REMOVE(&b->refused, job, backlog);
		job->refusal = VERDICT_HANDLE;
		return;
	}
	take_out(b, job);
}

struct job *
backlog_oldest(struct backlog *b)
{
	struct job *job;

	while ((job = TAILQ_FIRST(&b->jobs)) != NULL) {
		take_out(b, job);
		if (job->kind != JOB_REQUESTS || !expired(b, job))
			break;
		refuse(b, job, VERDICT_TIMEOUT);
	}
	return (job);
}

/* The first that came in this pass, or NULL. */
static struct job *
first_new(struct backlog *b)
{
	struct job *job = TAILQ_LAST(&b->jobs, job_list), *before;

	if (job == NULL || job->since != 0)
		return (NULL);
	while ((before = TAILQ_PREV(job, job_list, backlog)) != NULL &&
	    before->since == 0)
		job = before;
	return (job);
}

static enum backlog_full
is_full(const struct backlog *b, bool stuck)
{
	const struct job *oldest = TAILQ_FIRST(&b->jobs);

	if (stuck)
		return (BACKLOG_STUCK);
	if (b->waiting >= b->limit)
		return (BACKLOG_COUNT);
	if (oldest->since != 0 && backlog_age(b, oldest->since) > b->age_max)
		return (BACKLOG_AGE);
	return (BACKLOG_NOT_FULL);
}

/* Deadlines of those that no worker comes for. The oldest come first. */
static void
sweep(struct backlog *b)
{
	struct job *job, *next;

	if (b->now - b->swept < SWEEP)
		return;
	b->swept = b->now;
	for (job = TAILQ_FIRST(&b->jobs); job != NULL && expired(b, job);
	     job = next) {
		next = TAILQ_NEXT(job, backlog);
		if (job->kind != JOB_REQUESTS)
			continue;
		take_out(b, job);
		refuse(b, job, VERDICT_TIMEOUT);
	}
}

/* Every worker is stuck: those that wait already wait for nobody, either. */
static void
give_up(struct backlog *b)
{
	struct job *job, *next;
	unsigned left = STUCK_MAX;

	b->full = BACKLOG_STUCK;
	for (job = TAILQ_FIRST(&b->jobs); job != NULL && job->since != 0 &&
	     left > 0; job = next) {
		next = TAILQ_NEXT(job, backlog);
		if (job->kind != JOB_REQUESTS)
			continue;
		take_out(b, job);
		refuse(b, job, VERDICT_BUSY);
		left--;
	}
}

void
backlog_settle(struct backlog *b, bool stuck)
{
	struct job *job, *next;
	enum backlog_full full;

	sweep(b);
	if (stuck)
		give_up(b);
	for (job = first_new(b); job != NULL; job = next) {
		next = TAILQ_NEXT(job, backlog);
		full = job->kind == JOB_REQUESTS ? is_full(b, stuck) :
		    BACKLOG_NOT_FULL;
		if (full == BACKLOG_NOT_FULL) {
			job->since = b->now;
			b->waiting += counts(job);
			continue;
		}
		b->full = full;
		TAILQ_REMOVE(&b->jobs, job, backlog);
		refuse(b, job, VERDICT_BUSY);
	}
}

struct job *
backlog_refused(struct backlog *b)
{
	struct job *job = TAILQ_FIRST(&b->refused);

	if (job != NULL)
		TAILQ_REMOVE(&b->refused, job, backlog);
	return (job);
}
