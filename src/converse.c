/*
 * The path of the pool in one thread: read, frame, work, write, with one
 * read and one write for all the requests that have arrived together.
 */
#include "converse.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "await.h"
#include "clock.h"
#include "conn.h"
#include "expire.h"
#include "gather.h"
#include "perclient.h"
#include "process.h"

/** Bytes read at a time; more once a read was filled. Memory that is not
 *  read into is not touched, so an idle client costs a page of it. */
#define READ_FIRST BYTES_KEEP
#define READ_MORE (64u << 10)

/** While there is room for as much, it is not made larger. Bytes. */
#define READ_LEAST (4u << 10)

struct conversation {
	struct service *service;
	struct client *client;
	struct await await;
	struct job *job;
	struct processor processor;
	struct frame_scan scan;
	struct gather gather;
	size_t read_size;
	bool broken; /* the framing was lost */
	bool heard;  /* the first request has come */
	bool last;   /* what has been read is the last that is */
};

/* Make requests of what has been read. */
static void
gather_read(struct conversation *v)
{
	struct gather *g = &v->gather;
	struct bytes *in = &v->job->in;
	enum gather_status status = GATHER_MORE;
	size_t at, used;

	while ((at = g->start + frame_pending(&v->scan)) < in->length) {
		status = gather_piece(g, in->data + at, in->length - at,
		    &used);
		if (status == GATHER_FULL || status == GATHER_END)
			break;
		if (status == GATHER_DROP)
			g->start = at + used;
	}
	await_looked(&v->await, &v->scan, v->job->count > 0);
	if (v->job->count > 0)
		counter_add(&v->service->shared.received, v->job->count);
	v->broken = status == GATHER_END;
	/* What broke it has been counted as invalid, not as partial. */
	if (v->broken) {
		v->scan = (struct frame_scan){ 0 };
		in->length = g->start;
	}
}

/* Room for the next read, of `*size`: what was answered makes way. */
static char *
make_room(struct conversation *v, size_t *size)
{
	struct bytes *in = &v->job->in;
	size_t rest = in->length - v->gather.start;

	if (rest == 0)
		bytes_reset(in);
	else if (v->gather.start > 0)
		memmove(in->data, in->data + v->gather.start, rest);
	in->length = rest;
	v->gather.start = 0;
	/*
	 * To grow is to copy all that there is room for, and so to touch it,
	 * for the few bytes of a client that sends them one by one.
	 */
	*size = in->size - rest;
	if (*size < READ_LEAST || *size > v->read_size ||
	    v->read_size > READ_FIRST)
		*size = v->read_size;
	return (bytes_reserve(in, *size));
}

/* What it keeps when it is idle is not counted, as its stack is not. */
static void
holds(struct conversation *v)
{
	const struct job *job = v->job;

	perclient_holds(v->client, job->in.size > BYTES_KEEP ? job->in.size :
	    0, job->charged);
}

/* Read once. Return 1, or 0 at the end of input, or -1. */
static int
read_some(struct conversation *v)
{
	size_t size;
	char *place = make_room(v, &size);
	ssize_t n;

	holds(v);
	if (place == NULL) {
		v->await.why = CLOSE_MEMORY;
		return (-1);
	}
	if ((n = await_receive(&v->await, place, size)) <= 0)
		return ((int)n);
	v->job->in.length += (size_t)n;
	v->read_size = (size_t)n == size ? READ_MORE : READ_FIRST;
	return (1);
}

static bool
is_set(const _Atomic bool *flag)
{

	/* Acquire: pairs with the server's release. */
	return (atomic_load_explicit(flag, memory_order_acquire));
}

/* Where that is counted which cannot be sent any more. */
static _Atomic uint64_t *
lost_counter(struct conversation *v)
{
	struct counters *counters = &v->service->shared;

	return (is_set(&v->service->killed) ? &counters->dropped_stopping :
	    &counters->dropped_gone);
}

/* Let the handler work on the job, and let others know since when. A coarse
 * clock will do: it is for calls that take very long. */
static void
work(struct conversation *v)
{

	running_since(&v->processor.running, clock_coarse());
	process_job(&v->processor, v->job);
	running_since(&v->processor.running, 0);
}

/* Answer what was gathered. Return 0, or -1 if the client is gone. */
static int
answer(struct conversation *v)
{
	struct counters *counters = &v->service->shared;
	size_t half = v->service->config.output_soft / 2;
	struct job *job = v->job;

	do {
		bytes_reset(&job->out);
		job_uncharge(job, v->service->budget);
		job->replies = 0;
		/* What is kept of the input, as conn_burden(). */
		job->burden = job->in.length < half ? job->in.length : half;
		work(v);
		/* Counted first: see write.c. */
		counter_add(&counters->replies, job->replies);
		holds(v);
		if (await_send(&v->await, job->out.data, job->out.length) ==
		    -1) {
			counter_add(lost_counter(v),
			    job->replies + job_unanswered(job));
			counter_add(&counters->replies,
			    -(uint64_t)job->replies);
			job_settle(job, counters);
			return (-1);
		}
		job_settle(job, counters);
	} while (job_unanswered(job) > 0);
	bytes_reset(&job->out);
	job_uncharge(job, v->service->budget);
	await_answered(&v->await);
	return (0);
}

/* As the pool lingers: see conn.c. */
static void
linger(int fd)
{
	uint64_t end = clock_now() + CONN_LINGER_MS * (uint64_t)CLOCK_MS, now;
	uint64_t us;
	struct timeval left;
	char sink[4096];
	size_t total = 0;
	ssize_t n;

	if (shutdown(fd, SHUT_WR) == -1)
		return;
	while (total <= CONN_LINGER_BYTES && (now = clock_now()) < end) {
		/* Rounded up before it is split, or it could be 1,000,000
		 * microseconds, which the kernel refuses. */
		us = (end - now) / CLOCK_US + 1;
		left.tv_sec = (time_t)(us / 1000000);
		left.tv_usec = (suseconds_t)(us % 1000000);
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &left,
		    sizeof(left));
		n = recv(fd, sink, sizeof(sink), 0);
		if (n == 0 || (n == -1 && errno != EINTR))
			return;
		if (n > 0)
			total += (size_t)n;
	}
}

/* Read and answer until one side wants no more. */
static enum close_reason
exchange(struct conversation *v)
{
	int rc;

	for (;;) {
		gather_read(v);
		if (v->job->count > 0) {
			if (!v->heard)
				perclient_heard(v->client);
			v->heard = true;
			if (answer(v) == -1)
				return (v->await.why);
			if (v->job->close)
				return (v->broken ? CLOSE_INVALID : CLOSE_DONE);
			job_answered(v->job);
			continue;
		}
		/* At the end of the server, one more read, as in the pool. */
		if (v->last)
			return (CLOSE_EOF);
		v->last = is_set(&v->service->draining);
		if ((rc = read_some(v)) == 0)
			return (CLOSE_EOF);
		if (rc == -1)
			return (v->await.why);
	}
}

/* As end_input() of conn.c. */
static void
end_input(struct conversation *v, enum close_reason reason)
{
	struct bytes *in = &v->job->in;
	size_t start = v->gather.start;
	unsigned rest;

	if (in->length == start)
		return;
	rest = gather_count(v->gather.framer, &v->scan,
	    in->data + start, in->length - start);
	counter_add(&v->service->shared.received, rest);
	if (rest > 0)
		counter_add(reason == CLOSE_DONE || reason == CLOSE_INVALID ?
		    &v->service->shared.dropped_closing : lost_counter(v),
		    rest);
	if (frame_pending(&v->scan) > 0)
		counter_add(&v->service->shared.dropped_partial, 1);
}

static void
end_state(struct conversation *v)
{

	if (v->job->state == NULL ||
	    v->service->handler->connection_close == NULL)
		return;
	v->job->kind = JOB_END;
	work(v);
}

/* The handler has no room for another thread. */
static enum close_reason
refuse(struct conversation *v, const struct peer *peer)
{
	char frame[REFUSE_MAX];
	size_t length = refuse_frame(v->service->framer.framing, REFUSE_BUSY,
	    0, frame);

	counter_add(&v->service->shared.refused, 1);
	event_refused(&v->service->log, peer, "busy");
	if (await_send(&v->await, frame, length) == 0)
		linger(v->await.fd);
	return (CLOSE_REFUSED);
}

enum close_reason
converse(struct service *s, int fd, const struct peer *peer,
    struct client *client)
{
	struct conversation v = {
		.service = s, .client = client, .read_size = READ_FIRST,
	};
	enum close_reason reason = CLOSE_MEMORY;
	_Atomic uint64_t *limit;

	if ((v.job = job_new(JOB_REQUESTS_MAX)) == NULL)
		return (reason);
	v.job->peer = *peer;
	await_begin(&v.await, s, fd);
	v.gather = (struct gather){ &s->framer, &v.scan, v.job, 0 };
	if (process_open(&v.processor, s, &s->shared) == -1) {
		reason = refuse(&v, peer);
	} else {
		running_peer(&v.processor.running, &s->registry,
		    &v.job->peer);
		reason = exchange(&v);
		if ((limit = expire_counter(&s->shared, reason)) != NULL)
			counter_add(limit, 1);
		end_input(&v, reason);
		if (reason == CLOSE_DONE || reason == CLOSE_INVALID)
			linger(fd);
		end_state(&v);
		process_close(&v.processor);
	}
	job_uncharge(v.job, s->budget);
	job_free(v.job);
	return (reason);
}
