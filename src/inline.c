#include "inline.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "dispatch.h"
#include "events.h"
#include "hold.h"
#include "park.h"
#include "process.h"
#include "reactor.h"
#include "reply.h"

/** Handlers run this long before sockets and orders get their turn; one job
 *  may take longer. Nanoseconds. */
#define PASS_NS (5 * (uint64_t)CLOCK_MS)

struct inlined {
	struct reactor *reactor;
	struct processor processor;
	struct park entered; /* signalled by inline_enter() */
	int result;          /* of it */
};

struct inlined *
inline_open(struct reactor *r)
{
	struct inlined *in;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		return (NULL);
	in->reactor = r;
	if (park_open(&in->entered) != 0) {
		free(in);
		return (NULL);
	}
	return (in);
}

void
inline_close(struct inlined *in)
{

	if (in == NULL)
		return;
	park_close(&in->entered);
	free(in);
}

int
inline_enter(struct inlined *in)
{
	struct reactor *r = in->reactor;

	in->result = process_open(&in->processor, r->service, &r->counters);
	park_signal(&in->entered);
	return (in->result);
}

void
inline_leave(struct inlined *in)
{

	process_close(&in->processor);
}

int
inline_await(struct inlined *in)
{

	park_wait(&in->entered);
	if (in->result == -1)
		event_trouble(&in->reactor->service->log, THRONG_LOG_ERROR,
		    "worker-not-started", ECANCELED);
	return (in->result);
}

void
inline_pass(evutil_socket_t fd, short what, void *argument)
{
	struct reactor *r = argument;
	struct running *running = &r->inlined->processor.running;
	uint64_t now = clock_now(), end = now + PASS_NS, before;
	struct job *job;

	(void)fd;
	(void)what;
	while ((job = dispatch_take(r)) != NULL) {
		running_since(running, now);
		process_job(&r->inlined->processor, job);
		running_since(running, 0);
		/* The handler may have taken long: the client has not. */
		before = now;
		r->now = now = clock_now();
		job->spent_ns = now - before;
		reply_job(r, job);
		if (now >= end) {
			dispatch_later(r);
			break;
		}
	}
	/* As behind the replies of workers. */
	hold_settle(r);
}
