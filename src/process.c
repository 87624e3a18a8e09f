#include "process.h"

#include "clock.h"
#include "events.h"
#include "reply_build.h"

/* What one job adds to the counters, added once at its end. */
struct tally {
	unsigned requests;
	unsigned failed;
	unsigned oversize;
	unsigned invalid;
	unsigned silent;
	unsigned busy;
	unsigned timed_out;
	unsigned dropped;
};

int
process_open(struct processor *p, struct service *service,
    struct counters *counters)
{

	*p = (struct processor){ .service = service, .counters = counters };
	if (service->handler->worker_open != NULL &&
	    (p->worker_state = service->handler->worker_open()) == NULL)
		return (-1);
	running_enter(&p->running, &service->registry, service->handler);
	return (0);
}

void
process_close(struct processor *p)
{

	running_leave(&p->running, &p->service->registry);
	if (p->service->handler->worker_close != NULL &&
	    p->worker_state != NULL)
		p->service->handler->worker_close(p->worker_state);
}

/* The connection's own state must be there before its first request. */
static bool
state_ready(const throng_handler *h, struct job *job)
{

	if (h->connection_open == NULL || job->state != NULL)
		return (true);
	job->state = h->connection_open();
	return (job->state != NULL);
}

static void
handle(const throng_handler *h, struct throng_reply *r,
    const struct request *q)
{
	const struct service *s = r->processor->service;
	struct job *job = r->job;
	/* Never NULL, even for an empty request of an empty buffer. */
	const char *input = job->in.data != NULL ?
	    job->in.data + q->offset : "";

	event_request(&s->log, &job->peer, input, q->length);
	if (r->failed)
		return;
	if (!state_ready(h, job) ||
	    h->process_input(input, q->length, r) != 0)
		r->failed = true;
	if (h->traits & THRONG_CLOSE_AFTER_REPLY)
		r->close = true;
}

/* Refuse a request that the handler would have answered. Where every
 * connection serves one, this was the one. */
static void
refuse(struct throng_reply *r, enum refusal refusal, unsigned *counted)
{

	++*counted;
	reply_refuse(r, refusal);
	if (r->processor->service->handler->traits & THRONG_CLOSE_AFTER_REPLY)
		r->close = true;
}

/* Answer one request. */
static void
answer(struct processor *p, struct job *job, const struct request *q,
    struct tally *tally)
{
	const struct service *s = p->service;
	struct throng_reply r;

	reply_begin(&r, p, job);
	switch ((enum verdict)q->verdict) {
	case VERDICT_HANDLE:
		tally->requests++;
		handle(s->handler, &r, q);
		break;
	case VERDICT_OVERSIZE:
		tally->oversize++;
		reply_refuse(&r, REFUSE_OVERSIZE);
		break;
	case VERDICT_INVALID:
		tally->invalid++;
		reply_refuse(&r, REFUSE_INVALID);
		break;
	case VERDICT_BUSY:
		refuse(&r, REFUSE_OVERLOAD, &tally->busy);
		break;
	case VERDICT_TIMEOUT:
		refuse(&r, REFUSE_TIMEOUT, &tally->timed_out);
		break;
	}
	if (!reply_end(&r, q))
		tally->failed++;
	if (r.none)
		tally->silent++;
	if (job->out.length > r.start)
		event_reply(&s->log, &job->peer, job->out.data + r.start,
		    job->out.length - r.start);
	job->last = (uint32_t)(job->out.length - r.start);
	if (r.close)
		job->close = true;
}

/* A worker's counters are its own; clients' threads share theirs. */
static void
add(const struct processor *p, _Atomic uint64_t *counter, uint64_t n)
{

	if (p->counters == &p->service->shared)
		counter_add(counter, n);
	else
		counter_add_own(counter, n);
}

static void
count(const struct processor *p, const struct tally *tally)
{
	struct counters *c = p->counters;

	if (tally->failed > 0)
		add(p, &c->failed, tally->failed);
	if (tally->oversize > 0)
		add(p, &c->oversize, tally->oversize);
	if (tally->invalid > 0)
		add(p, &c->invalid, tally->invalid);
	if (tally->silent > 0)
		add(p, &c->silent, tally->silent);
	if (tally->dropped > 0)
		add(p, &c->dropped_closing, tally->dropped);
}

/* Requests of a job that are still to be given to the handler. */
static unsigned
to_handle(const struct job *job)
{
	unsigned n = 0;

	for (unsigned i = job->done; i < job->count; i++)
		n += job->requests[i].verdict == VERDICT_HANDLE;
	return (n);
}

/* Behind an answer that closes the connection nothing is answered; `close`:
 * it is to be closed anyhow. */
static void
drop_rest(struct job *job, bool close, struct tally *tally)
{

	if (job->close) {
		tally->dropped = job->count - job->done;
		job->done = job->count;
	}
	job->close = job->close || close;
}

/* How many bytes of replies are enough for now: together with what waits
 * already they are output_soft. Zero is for one reply. */
static size_t
enough(const struct service *s, const struct job *job)
{
	size_t soft = s->config.output_soft;
	size_t left = job->burden < soft ? soft - job->burden : 0;

	return (left < s->replies_max ? left : s->replies_max);
}

static void
answer_all(struct processor *p, struct job *job)
{
	struct tally tally = { 0 };
	/* Set already if the last request is one that breaks the stream. */
	bool close = job->close;
	unsigned expected = to_handle(job);
	size_t most = enough(p->service, job);
	uint64_t begin = job->count > 1 ? clock_now() : 0;

	/* Counted before, since a handler may take long, and put right
	 * after; adding a negative number wraps round to the right sum. */
	add(p, &p->counters->requests, expected);
	add(p, &p->counters->working, expected);
	job->begun = (uint16_t)expected;
	job->close = false;
	while (job->done < job->count && !job->close &&
	    job->out.length <= most) {
		answer(p, job, &job->requests[job->done++], &tally);
		if (job->count > 1 && clock_now() - begin >
		    p->service->job_time_max)
			break;
	}
	drop_rest(job, close, &tally);
	if (tally.requests != expected)
		add(p, &p->counters->requests,
		    (uint64_t)tally.requests - expected);
	add(p, &p->counters->batches, 1);
	count(p, &tally);
}

void
process_refuse(struct processor *p, struct job *job, enum verdict refusal)
{
	struct tally tally = { 0 };
	bool close = job->close;

	for (unsigned i = job->done; i < job->count; i++)
		if (job->requests[i].verdict == VERDICT_HANDLE)
			job->requests[i].verdict = (uint8_t)refusal;
	job->close = false;
	while (job->done < job->count && !job->close)
		answer(p, job, &job->requests[job->done++], &tally);
	drop_rest(job, close, &tally);
	count(p, &tally);
	add(p, &p->counters->busy, tally.busy);
	add(p, &p->counters->timed_out, tally.timed_out);
}

void
process_job(struct processor *p, struct job *job)
{
	const throng_handler *h = p->service->handler;

	running_job(&p->running, job);
	switch ((enum job_kind)job->kind) {
	case JOB_REQUESTS:
		answer_all(p, job);
		break;
	case JOB_END:
		h->connection_close(job->state);
		job->state = NULL;
		break;
	case JOB_NEWCOMER:
	case JOB_ROOM:
	case JOB_STOP:
	case JOB_DRAIN:
	case JOB_KILL:
		break;
	}
	running_job(&p->running, NULL);
}
