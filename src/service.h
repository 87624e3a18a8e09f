/**
 * service.h - what all threads of a server share: settings that no longer
 * change, and the number of connections.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "counters.h"
#include "frame.h"
#include "log.h"
#include "running.h"
#include "throng.h"

struct reactor;
struct sources;

/** Constant once threads run, but for the atomics. */
struct service {
	throng_config config;
	const throng_handler *handler;
	struct framer framer;
	struct log log;
	struct log_sink sink;         /* the log's */
	unsigned max_connections;
	struct sources *sources;      /* NULL: nobody is counted */
	struct reactor **reactors;    /* all of them */
	unsigned reactor_count;
	uint64_t job_time_max;        /* nanoseconds of one job at a time */
	size_t replies_max;           /* bytes of one job's replies at a time */
	_Atomic unsigned connections; /* admitted and not yet closed */
	_Atomic bool draining;        /* no more is to be read */
	_Atomic bool killed;          /* nothing more is to be sent */
	_Atomic uint64_t pause_logged; /* clock_now(), 0: never */
	struct registry registry;      /* who runs the handler */
	bool registry_open;
	struct counters shared;       /* of threads without their own */
};

/**
 * service_admit(service):
 * Take one of the places for connections. Return false if there is none.
 * Thread: any.
 */
static inline bool
service_admit(struct service *service)
{

	/* Relaxed: a count of places; nothing else is read through it. */
	if (atomic_fetch_add_explicit(&service->connections, 1,
	    memory_order_relaxed) < service->max_connections)
		return (true);
	atomic_fetch_sub_explicit(&service->connections, 1,
	    memory_order_relaxed);
	return (false);
}

/**
 * service_leave(service):
 * Give a place back. Thread: any.
 */
static inline void
service_leave(struct service *service)
{

	/* Relaxed: as above. */
	atomic_fetch_sub_explicit(&service->connections, 1,
	    memory_order_relaxed);
}

#endif /* SERVICE_H */
