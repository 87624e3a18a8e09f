/**
 * sim.h - a service and a client in virtual time.
 *
 * The client keeps to a plan and writes its record just as the real one
 * does; the service is a queue whose exact behaviour is known. So the
 * instrument can be held against closed forms in seconds, on any machine,
 * with the same result each time. It also computes the curves of those laws
 * and policies that have no closed form.
 */
#ifndef BENCH_SIM_H
#define BENCH_SIM_H

#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "record.h"

/** Which server takes which request. */
enum sim_policy {
	SIM_SHARED,      /* one queue, first come first served */
	SIM_ROUND_ROBIN, /* a queue for each server, in turn */
	SIM_RANDOM,      /* a queue for each server, by chance */
	SIM_SHARING      /* all at once, each at min(1, servers / n) */
};

/** The service does nothing from `begin` on, for `length`; in ns. */
struct sim_stall {
	uint64_t begin;
	uint64_t length;
};

/** One request, as it ended. */
struct sim_event {
	uint64_t number;     /* in order of intended times, from 0 */
	uint64_t intended;   /* ns, true time */
	uint64_t sent;
	uint64_t done;       /* UINT64_MAX: never */
	uint64_t work;       /* ns of service */
	uint32_t connection;
};

/** The service and the client; all zero but `servers` is well-behaved. */
struct sim_spec {
	enum sim_policy policy;
	unsigned servers;        /* at least 1 */
	uint64_t seed;           /* of SIM_RANDOM */
	uint64_t overhead;       /* ns, added to the work of each request */
	const struct sim_stall *stalls; /* in order, apart; not SIM_SHARING */
	size_t stall_count;
	uint64_t withhold;       /* every k-th reply is not given; 0: none */
	uint64_t corrupt;        /* every k-th reply is wrong; 0: none */
	uint32_t starved;        /* connections 0.. that get no reply */
	uint32_t depth;          /* most outstanding per connection; 0: any */
	uint64_t tick;           /* the client wakes at multiples; 0: in time */
	uint64_t drain;          /* ns to wait for replies after the end */
	uint64_t (*clock)(void *argument, uint64_t now); /* NULL: true time */
	void (*observe)(void *argument, const struct sim_event *event);
	void *argument;          /* of both */
	uint32_t *completions;   /* per connection, or NULL */
};

/**
 * sim_run(spec, load, record):
 * Run a plan (open loop), or `load->connections` connections that keep
 * `spec->depth` requests outstanding, at least 1 (closed loop), and write the
 * record of it. Return 0, or -1 with errno set (EINVAL, ENOMEM).
 * Thread: any.
 */
int sim_run(const struct sim_spec *spec, const struct plan_spec *load,
    struct record *record);

#endif /* BENCH_SIM_H */
