/**
 * sim_part.h - what the client and the service of a simulation share.
 */
#ifndef BENCH_SIM_PART_H
#define BENCH_SIM_PART_H

#include "sim.h"

/** No request. */
#define SIM_NONE UINT32_MAX
/** No time at all. */
#define SIM_NEVER UINT64_MAX

/** Where a request is: unused, at the client, or sent. */
enum sim_where { SIM_FREE, SIM_WAITING, SIM_SENT };

/** One request; they are linked by their index. */
struct sim_request {
	struct plan_item item;
	uint64_t number;
	uint64_t sent;
	uint32_t next;
	enum sim_where where;
};

/** A list of requests, first come first served. */
struct sim_queue {
	uint32_t first;
	uint32_t last;
};

/** One server with its own queue. */
struct sim_server {
	struct sim_queue queue;
	uint32_t serving; /* SIM_NONE: idle */
	uint64_t end;     /* of what it serves; SIM_NEVER: idle */
};

/** One connection of the client. */
struct sim_connection {
	struct sim_queue waiting;
	uint32_t outstanding;
};

/** A simulation. */
struct sim {
	const struct sim_spec *spec;
	const struct plan_spec *load;
	struct record *record;
	struct plan_stream stream;
	struct rng works;  /* of the closed loop */
	struct rng pick;
	struct sim_request *requests;
	uint32_t room;
	uint32_t unused;   /* first of the free list */
	struct sim_server *servers;
	struct sim_connection *connections;
	struct sim_queue shared;
	uint64_t now;
	uint64_t number;   /* of the next request */
	uint64_t replies;  /* so far, wrong and withheld ones too */
	uint64_t outstanding;
	/* Sharing: a heap of requests by the attained service they end at. */
	uint32_t *heap;
	double *finish;    /* by request */
	uint32_t sharing;
	double attained;
};

/**
 * sim_put(sim, queue, request):
 * Append a request to a list. Thread: the owner of `sim`.
 */
void sim_put(struct sim *sim, struct sim_queue *queue, uint32_t request);

/**
 * sim_take(sim, queue):
 * Take the first request off a list; SIM_NONE from an empty one.
 * Thread: the owner of `sim`.
 */
uint32_t sim_take(struct sim *sim, struct sim_queue *queue);

/**
 * sim_receive(sim, request):
 * The service receives a request now. Thread: the owner of `sim`.
 */
void sim_receive(struct sim *sim, uint32_t request);

/**
 * sim_next_end(sim, which):
 * Return when the next service ends, SIM_NEVER without one, and store by
 * which server. Thread: the owner of `sim`.
 */
uint64_t sim_next_end(const struct sim *sim, unsigned *which);

/**
 * sim_end(sim, which):
 * End that service now, let the server go on, and return the request done.
 * Thread: the owner of `sim`.
 */
uint32_t sim_end(struct sim *sim, unsigned which);

/**
 * sim_share(sim, when):
 * Account for the service that all who share a server get until `when`.
 * Thread: the owner of `sim`.
 */
void sim_share(struct sim *sim, uint64_t when);

#endif /* BENCH_SIM_PART_H */
