/*
 * The end of a server: the reactors drain, then kill what is left, the workers
 * stop, the reactors stop, all are joined.
 */
#include "config.h"

#include "stop.h"

#include <poll.h>
#include <pthread.h>

#include "clock.h"
#include "perclient.h"
#include "server_internal.h"
#include "work.h"
#include "writer.h"

/** What handlers get to return after their connections were killed. */
#define KILL_NS (1 * CLOCK_S)

/** And how long threads that have nothing to do may take to end. */
#define IDLE_NS (10 * (uint64_t)CLOCK_S)

void
stop_on_drained(void *argument)
{
	struct part *part = argument;

	/* Release: what the reactor did is done for whoever sees the flag. */
	atomic_store_explicit(&part->drained, true, memory_order_release);
	wakeup_signal(&part->server->control);
}

enum stop_request
stop_asked(const throng_server *s)
{

	/* Acquire: what its maker did before is seen by the maker of stops. */
	return ((enum stop_request)atomic_load_explicit(&s->stop,
	    memory_order_acquire));
}

void
stop_await(throng_server *s, uint64_t deadline)
{
	struct pollfd pfd = { .fd = s->control.read_fd, .events = POLLIN };
	uint64_t now = clock_now();
	int timeout = -1;

	if (deadline != UINT64_MAX)
		timeout = deadline <= now ? 0 :
		    (int)((deadline - now) / CLOCK_MS + 1);
	(void)poll(&pfd, 1, timeout);
	wakeup_clear(&s->control);
}

static bool
is_drained(const struct part *part)
{

	/* Acquire: pairs with stop_on_drained(). */
	return (atomic_load_explicit(&part->drained, memory_order_acquire));
}

static bool
all_drained(const throng_server *s)
{

	for (unsigned i = 0; i < s->started; i++)
		if (!is_drained(&s->parts[i]))
			return (false);
	return (true);
}

static void
order_all(throng_server *s, enum job_kind order)
{

	for (unsigned i = 0; i < s->started; i++)
		reactor_order(&s->parts[i].reactor, order);
}

bool
stop_drain(throng_server *s, uint64_t deadline)
{
	uint64_t slice;

	order_all(s, JOB_DRAIN);
	while (!all_drained(s)) {
		if (stop_asked(s) == STOP_NOW || clock_now() >= deadline)
			return (false);
		stop_await(s, deadline);
	}
	if (s->perclient == NULL)
		return (true);
	/* Release: before the clients' threads are woken to see it. */
	atomic_store_explicit(&s->service.draining, true,
	    memory_order_release);
	/* In slices, so that a request to end at once is heard. */
	do {
		slice = clock_now() + 50 * (uint64_t)CLOCK_MS;
		if (perclient_drain(s->perclient,
		    slice < deadline ? slice : deadline))
			return (true);
	} while (stop_asked(s) != STOP_NOW && clock_now() < deadline);
	return (false);
}

/* Break what is left. Handlers get a moment to return. */
static void
kill_rest(throng_server *s, uint64_t deadline)
{

	/* Release: as in stop_drain(). */
	atomic_store_explicit(&s->service.killed, true, memory_order_release);
	order_all(s, JOB_KILL);
	while (!all_drained(s) && clock_now() < deadline)
		stop_await(s, deadline);
	if (s->perclient != NULL && !perclient_kill(s->perclient, deadline))
		s->stuck = true;
}

/* Workers first: what they bring back still finds its reactor. */
static void
join_all(throng_server *s, uint64_t deadline)
{
	/* Only there may a handler hold a reactor up for ever. */
	bool here = s->service.config.mode == THRONG_MODE_INLINE;

	if (s->pool != NULL && !pool_stop(s->pool, deadline))
		s->stuck = true;
	/* A reactor with jobs out may have handed over one more, to nobody. */
	if (!all_drained(s))
		s->stuck = true;
	order_all(s, JOB_STOP);
	for (unsigned i = 0; i < s->started; i++)
		if (!here || is_drained(&s->parts[i]))
			pthread_join(s->parts[i].reactor.thread, NULL);
	if (s->stuck)
		return;
	pool_free(s->pool);
	perclient_close(s->perclient);
	s->pool = NULL;
	s->perclient = NULL;
}

void
stop_end(throng_server *s, bool drained)
{
	/* Once all is drained no handler runs: it is for a machine that has
	 * no time for these threads. */
	uint64_t deadline = clock_now() + (drained ? IDLE_NS : KILL_NS);

	if (!drained) {
		kill_rest(s, deadline);
		if (all_drained(s))
			deadline = clock_now() + IDLE_NS;
	}
	join_all(s, deadline);
	writer_stop(&s->service.sink);
}

static void
request_stop(throng_server *s, int wanted)
{
	int seen = STOP_NO;

	/* It only grows. Release: pairs with stop_asked(). */
	while (seen < wanted && !atomic_compare_exchange_weak_explicit(
	    &s->stop, &seen, wanted, memory_order_release,
	    memory_order_relaxed))
		continue;
	wakeup_signal(&s->control);
}

void
throng_stop(throng_server *s)
{

	request_stop(s, STOP_DRAIN);
}

void
throng_stop_now(throng_server *s)
{

	request_stop(s, STOP_NOW);
}
