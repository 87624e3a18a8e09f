/*
 * The server: everything is made and unmade here, in one order. Reads as a
 * table of contents; the work is in the stages.
 *
 * throng_create() opens the listeners, throng_run() does the rest: reactors,
 * then workers (or the place for clients' threads), then it waits. The end is
 * in stop.c.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "accept.h"
#include "clock.h"
#include "crash.h"
#include "events.h"
#include "perclient.h"
#include "place.h"
#include "server.h"
#include "server_internal.h"
#include "settings.h"
#include "source.h"
#include "stop.h"
#include "work.h"
#include "writer.h"

/** What a connection takes beside what the budget knows of: its record, the
 *  library's and a buffer; or a stack and an arena's part. Bytes. */
#define HELD_BY_CONNECTION ((size_t)1 << 10)
#define HELD_BY_THREAD ((size_t)32 << 10)

/* Zeroed memory for things that begin on a cache line. */
static void *
aligned_zeroed(size_t count, size_t size)
{
	void *memory;

	size = (count * size + MPSC_CACHE_LINE - 1) / MPSC_CACHE_LINE *
	    MPSC_CACHE_LINE;
	if ((memory = aligned_alloc(MPSC_CACHE_LINE, size)) != NULL)
		memset(memory, 0, size);
	return (memory);
}

/* Perhaps there is no server yet, and so no log of its own. */
static throng_error
no_memory(const throng_config *config)
{
	struct log log = { .fd = config->log_fd, .format =
	    config->log_format == THRONG_LOG_JSON ? THRONG_LOG_JSON :
	    THRONG_LOG_TEXT };

	event_trouble(&log, THRONG_LOG_ERROR, "not-created", ENOMEM);
	return (THRONG_ERR_NOMEM);
}

static throng_error
open_sources(struct service *s)
{

	s->sources = sources_open(s->config.max_per_source,
	    s->config.accept_rate, SOURCE_MAX);
	if (s->sources != NULL)
		return (THRONG_OK);
	event_trouble(&s->log, THRONG_LOG_ERROR, "no-table-of-sources", errno);
	return (errno == ENOMEM ? THRONG_ERR_NOMEM : THRONG_ERR_SYSTEM);
}

static throng_error
open_listeners(throng_server *s)
{
	const throng_config *c = &s->service.config;
	unsigned sockets = c->accept == THRONG_ACCEPT_SPREAD ?
	    c->reactors : 1;
	throng_error error;

	for (; s->listener_count < c->listen_count; s->listener_count++) {
		error = listener_open(&s->listeners[s->listener_count],
		    c->listen[s->listener_count], sockets, c->backlog,
		    &s->service.log);
		if (error != THRONG_OK)
			return (error);
	}
	return (THRONG_OK);
}

static throng_error
open_parts(throng_server *s)
{
	const throng_config *c = &s->service.config;
	throng_error error = THRONG_OK;

	s->parts = aligned_zeroed(c->reactors, sizeof(*s->parts));
	s->worker_counters = aligned_zeroed(c->workers,
	    sizeof(*s->worker_counters));
	s->service.reactors = calloc(c->reactors,
	    sizeof(*s->service.reactors));
	if (s->parts == NULL || s->worker_counters == NULL ||
	    s->service.reactors == NULL)
		return (no_memory(c));
	while (error == THRONG_OK && s->part_count < c->reactors) {
		struct part *p = &s->parts[s->part_count];

		error = reactor_open(&p->reactor, &s->service, s->part_count);
		if (error != THRONG_OK)
			break;
		s->part_count++;
		s->service.reactors[s->service.reactor_count++] = &p->reactor;
		p->server = s;
		p->reactor.drained = stop_on_drained;
		p->reactor.drained_argument = p;
		error = accept_open(&p->reactor, s->listeners,
		    s->listener_count, c->accept == THRONG_ACCEPT_SPREAD);
		if (error != THRONG_OK)
			return (no_memory(c));
	}
	return (error);
}

/* Every failure writes exactly one line: whoever fails does. */
throng_error
throng_create(const throng_config *config, const throng_handler *handler,
    throng_server **server)
{
	throng_server *s;
	throng_error error;

	*server = NULL;
	if ((s = aligned_zeroed(1, sizeof(*s))) == NULL)
		return (no_memory(config));
	s->control = (struct wakeup){ -1, -1 };
	if ((error = settings_apply(&s->service, config, handler)) !=
	    THRONG_OK)
		goto err;
	if (wakeup_open(&s->control) == -1) {
		event_trouble(&s->service.log, THRONG_LOG_ERROR,
		    "not-created", errno);
		s->control = (struct wakeup){ -1, -1 };
		error = THRONG_ERR_SYSTEM;
		goto err;
	}
	budget_open(&s->budget, config->memory_budget,
	    s->service.config.reactors);
	s->service.budget = &s->budget;
	if ((error = open_sources(&s->service)) != THRONG_OK ||
	    (error = open_listeners(s)) != THRONG_OK ||
	    (error = open_parts(s)) != THRONG_OK)
		goto err;
	*server = s;
	return (THRONG_OK);

err:
	throng_free(s);
	return (error);
}

void
throng_free(throng_server *s)
{

	if (s == NULL || s->stuck)
		return;
	for (unsigned i = 0; i < s->part_count; i++)
		reactor_close(&s->parts[i].reactor);
	free(s->parts);
	free(s->worker_counters);
	free(s->service.reactors);
	sources_close(s->service.sources);
	for (unsigned i = 0; i < s->listener_count; i++)
		listener_close(&s->listeners[i]);
	if (s->control.read_fd != -1)
		wakeup_close(&s->control);
	crash_forget(&s->service.log);
	writer_free(&s->service.sink);
	if (s->service.registry_open)
		registry_close(&s->service.registry);
	free(s);
}

/* The signals that the configuration lets a server have. */
static throng_error
take_signals(const struct service *service)
{
	const throng_config *c = &service->config;

	if (c->crash_line && crash_watch(&service->log) == -1)
		return (THRONG_ERR_SYSTEM);
	if (c->stuck_signal != 0 && place_signal(c->stuck_signal) == -1)
		return (THRONG_ERR_SYSTEM);
	return (THRONG_OK);
}

/* Who writes the log, those who run the handler, those who feed them. What
 * went wrong is in `why`, an errno value, or 0 if that has been logged. */
static throng_error
start(throng_server *s, int *why)
{
	throng_error error = take_signals(&s->service);

	*why = errno;
	if (error != THRONG_OK)
		return (error);
	if ((*why = writer_start(&s->service.log)) != 0)
		return (*why == ENOMEM ? THRONG_ERR_NOMEM : THRONG_ERR_THREAD);
	if (s->service.config.mode == THRONG_MODE_THREAD) {
		*why = ENOMEM;
		if ((s->perclient = perclient_open(&s->service)) == NULL)
			return (THRONG_ERR_NOMEM);
	} else if (s->service.config.mode == THRONG_MODE_POOL) {
		error = pool_start(&s->service, s->worker_counters, &s->pool);
		if (error != THRONG_OK)
			return (error);
	}
	for (; s->started < s->part_count; s->started++) {
		struct reactor *r = &s->parts[s->started].reactor;

		r->pool = s->pool;
		r->perclient = s->perclient;
		if ((*why = reactor_start(r)) == 0)
			continue;
		/* What the handler refuses has been logged. */
		if (*why == ECANCELED)
			*why = 0;
		return (THRONG_ERR_THREAD);
	}
	return (THRONG_OK);
}

static throng_error
not_started(throng_server *s, throng_error error, int why)
{
	struct log_line l;

	if (log_begin(&l, &s->service.log, THRONG_LOG_ERROR, "not-started")) {
		if (why != 0)
			log_errno(&l, why);
		else
			log_text(&l, "reason", throng_strerror(error));
		log_end(&l);
	}
	stop_end(s, false);
	return (error);
}

throng_error
throng_run(throng_server *s)
{
	const throng_config *c = &s->service.config;
	throng_error error;
	int why = 0;

	/* Acquire and release: whoever runs it owns it. */
	if (atomic_exchange_explicit(&s->ran, true, memory_order_acq_rel))
		return (THRONG_ERR_STATE);
	if ((error = start(s, &why)) != THRONG_OK)
		return (not_started(s, error, why));
	if (c->started != NULL)
		c->started(s, c->started_argument);
	while (stop_asked(s) == STOP_NO)
		stop_await(s, UINT64_MAX);
	stop_end(s, stop_asked(s) != STOP_NOW &&
	    stop_drain(s, clock_now() + c->drain_ms * (uint64_t)CLOCK_MS));
	return (s->stuck ? THRONG_ERR_STUCK : THRONG_OK);
}

const char *
throng_address(const throng_server *s, unsigned index)
{

	return (index < s->listener_count ? s->listeners[index].text : NULL);
}

unsigned
throng_max_connections(const throng_server *s)
{

	return (s->service.max_connections);
}

void
throng_stats_read(const throng_server *s, throng_stats *stats)
{

	memset(stats, 0, sizeof(*stats));
	counters_sum(&s->service.shared, stats);
	for (unsigned i = 0; i < s->part_count; i++)
		counters_sum(&s->parts[i].reactor.counters, stats);
	for (unsigned i = 0; i < s->service.config.workers; i++)
		counters_sum(&s->worker_counters[i], stats);
}

const struct log *
server_log(const throng_server *s)
{

	return (&s->service.log);
}

size_t
server_holds(const throng_server *s)
{
	/* Relaxed: a count. */
	size_t places = atomic_load_explicit(&s->service.connections,
	    memory_order_relaxed);

	return (budget_total(&s->budget) + places *
	    (s->service.config.mode == THRONG_MODE_THREAD ? HELD_BY_THREAD :
	    HELD_BY_CONNECTION));
}

void
server_unlink(const throng_server *s)
{

	for (unsigned i = 0; i < s->listener_count; i++)
		listener_unlink(&s->listeners[i]);
}
