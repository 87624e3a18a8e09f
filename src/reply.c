#include "reply.h"

#include "conn.h"
#include "dispatch.h"
#include "drain.h"
#include "expire.h"
#include "hold.h"
#include "process.h"
#include "reactor.h"
#include "source.h"
#include "work.h"
#include "write.h"

/** Jobs worked on before other callbacks of the pass get their turn. */
#define BATCH_MAX 256

/* The client has left: the replies have nowhere to go, but the handler's
 * state must still be closed by a worker. */
static void
gone(struct reactor *r, struct job *job)
{
	void *state = job->state;

	counter_add_own(r->phase == REACTOR_KILLED ?
	    &r->counters.dropped_stopping : &r->counters.dropped_gone,
	    job->replies + job_unanswered(job));
	dispatch_in_vain(r, job);
	job_settle(job, &r->counters);
	job_uncharge(job, r->service->budget);
	hold_back(r, job);
	/* Until now the work counted for the source: to leave it behind and
	 * come again is not a way to have more of it. */
	source_leave(r->service->sources, job->source);
	job->source = SOURCE_NONE;
	if (state != NULL &&
	    r->service->handler->connection_close != NULL) {
		job_reset(job);
		job->kind = JOB_END;
		job->state = state;
		dispatch_job(r, job);
		return;
	}
	reactor_job_done(r, job);
}

void
reply_unworked(struct reactor *r, struct job *job)
{
	struct conn *c = conn_find(r, job->slot, job->generation);

	job->unworked = false;
	dispatch_taken_back(r, job);
	if (job->kind == JOB_END) {
		dispatch_again(r, job);
	} else if (c != NULL) {
		/* As it was before it left. */
		c->state = job->state;
		c->job_out = false;
		if (c->pace.state != PACE_NONE)
			expire_resumed(c);
		dispatch_again(r, job);
	} else {
		r->jobs_out--;
		gone(r, job);
		reactor_poke(r);
	}
}

/* Send what was made of a connection's requests. */
static void
deliver(struct reactor *r, struct conn *c, struct job *job)
{
	bool close = job->close, sent, over;

	c->job = NULL;
	c->job_out = false;
	c->state = job->state;
	c->active = reactor_ms(r);
	if (!c->watched)
		expire_replied(c);
	/* Nothing of it was looked at meanwhile. */
	if (c->pace.state != PACE_NONE)
		expire_resumed(c);
	sent = write_job(c, job) == 0;
	job_uncharge(job, r->service->budget);
	over = sent && write_pending(c) >
	    r->service->config.output_hard + job->last;
	job_settle(job, &r->counters);
	if (sent && job_unanswered(job) > 0) {
		/* Its replies were many: the rest when they are out. */
		bytes_free(&job->out);
		job->out_held = 0;
		job->first = false;
		job->replies = 0;
		c->job = job;
		c->job_held = true;
		close = false;
	} else {
		reactor_job_done(r, job);
	}
	if (close)
		conn_last(c, CLOSE_DONE);
	if (!sent)
		conn_close(c, CLOSE_RESET);
	else if (over)
		conn_abort(c, CLOSE_OUTPUT_HARD);
	else
		conn_poke(c);
}

/* A worker is done with a connection's requests, for now. */
static void
replied(struct reactor *r, struct job *job)
{
	struct conn *c = conn_find(r, job->slot, job->generation);

	dispatch_returned(r, job);
	if (c != NULL) {
		deliver(r, c, job);
		return;
	}
	gone(r, job);
	reactor_poke(r);
}

void
reply_refused(struct reactor *r, struct job *job)
{
	/* Whoever leaves takes a job that waits along: it is still there. */
	struct conn *c = conn_find(r, job->slot, job->generation);
	struct processor p = { .service = r->service,
		.counters = &r->counters };
	enum verdict refusal = (enum verdict)job->refusal;

	job->refusal = VERDICT_HANDLE;
	job->state = c->state;
	process_refuse(&p, job, refusal);
	r->jobs_out--;
	deliver(r, c, job);
}

/* A connection's state has been closed. */
static void
ended(struct reactor *r, struct job *job)
{

	dispatch_returned(r, job);
	reactor_job_done(r, job);
	reactor_poke(r);
}

void
reply_job(struct reactor *r, struct job *job)
{

	if (job->unworked) {
		reply_unworked(r, job);
		return;
	}
	switch ((enum job_kind)job->kind) {
	case JOB_REQUESTS:
		replied(r, job);
		break;
	case JOB_END:
		ended(r, job);
		break;
	case JOB_NEWCOMER:
		admit_passed(r, job);
		break;
	case JOB_ROOM:
		admit_asked(r, job);
		break;
	case JOB_DRAIN:
		drain_begin(r);
		break;
	case JOB_KILL:
		drain_kill(r);
		break;
	case JOB_STOP:
		r->stopped = true;
		break;
	}
}

void
reply_arrived(evutil_socket_t fd, short what, void *argument)
{
	struct reactor *r = argument;

	(void)fd;
	(void)what;
	/* Clear first, take second: what is pushed in between is taken, and
	 * its signal wakes us once for nothing. */
	if (r->pending == NULL)
		wakeup_clear(&r->wakeup);
	reply_look(r);
}

/* Whether the worker who found the queue empty sleeps and nobody was woken.
 * The oldest job is that worker's, unless another reactor gave it back. */
static bool
is_lost(const struct reactor *r, const struct job *oldest)
{

	return ((oldest->kind == JOB_REQUESTS || oldest->kind == JOB_END) &&
	    !oldest->unworked && pool_is_idle(r->pool, oldest->worker) &&
	    !wakeup_is_set(&r->wakeup));
}

void
reply_look_unasked(struct reactor *r)
{

	if (r->pending == NULL &&
	    (r->pending = mpsc_take(&r->replies)) != NULL &&
	    is_lost(r, job_of(r->pending)))
		counter_add_own(&r->counters.lost_wakeups, 1);
	reply_look(r);
}

void
reply_look(struct reactor *r)
{
	struct mpsc_node *node;
	int left = BATCH_MAX;

	if (r->pending == NULL)
		r->pending = mpsc_take(&r->replies);
	while ((node = r->pending) != NULL && left-- > 0) {
		r->pending = node->next;
		reply_job(r, job_of(node));
	}
	hold_settle(r);
	/* Nobody signals for what was taken already. */
	if (r->pending != NULL)
		event_active(r->wakeup_event, EV_READ, 0);
}
