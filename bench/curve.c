/*
 * Theory lines. A line is of the service time alone: it knows no system
 * calls, so what a measurement lies above it is what the software costs.
 */
#include "curve.h"
#include "sim.h"
#include "theory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define POINTS 16
#define LOAD_MAX 0.95
#define REQUESTS 60000.0

/** What the curves are of. */
struct shape {
	double low;     /* requests per second */
	double high;
	double mean_ns; /* of the service */
	unsigned servers;
	uint64_t seed;
};

static double
rate_at(const struct shape *shape, unsigned i)
{

	return (shape->low + (shape->high - shape->low) * i / (POINTS - 1));
}

/* The range of rates; whether there is one. */
static int
shape_of(const struct results *r, struct shape *shape)
{
	double capacity;

	shape->mean_ns = plan_service_mean(&r->load.service);
	shape->low = INFINITY;
	shape->high = 0;
	for (size_t p = 0; p < r->point_count; p++) {
		if (isnan(r->points[p].rate))
			continue;
		shape->low = fmin(shape->low, r->points[p].rate);
		shape->high = fmax(shape->high, r->points[p].rate);
	}
	if (shape->mean_ns <= 0 || shape->servers == 0)
		return (0);
	capacity = shape->servers * 1e9 / shape->mean_ns;
	shape->high = fmin(shape->high * 1.1, LOAD_MAX * capacity);
	return (shape->low < shape->high);
}

static void
put(struct results_theory *theory, double rate, double p50_ns, double p99_ns)
{
	size_t k = theory->count++;

	theory->rate[k] = rate;
	theory->p50[k] = p50_ns / 1e3;
	theory->p99[k] = p99_ns / 1e3;
}

static void
exact(struct results_theory *theory, const struct shape *shape,
    unsigned servers)
{

	for (unsigned i = 0; i < POINTS; i++) {
		double rate = rate_at(shape, i);
		double rho = rate * shape->mean_ns / 1e9 / shape->servers;

		put(theory, rate, shape->mean_ns * theory_mmc_quantile(servers,
		    rho, .5), shape->mean_ns * theory_mmc_quantile(servers,
		    rho, .99));
	}
}

static int
simulated(struct results_theory *theory, const struct shape *shape,
    enum sim_policy policy, const struct plan_service *service)
{
	struct record *record = malloc(sizeof(*record));
	struct sim_spec spec = { .policy = policy, .servers = shape->servers,
		.seed = shape->seed, .drain = UINT64_C(1) << 40 };
	struct plan_spec load = { .seed = shape->seed,
		.arrival = PLAN_POISSON, .connections = 1,
		.service = *service };

	for (unsigned i = 0; record != NULL && i < POINTS; i++) {
		load.rate = rate_at(shape, i);
		load.duration = (uint64_t)(REQUESTS / load.rate * 1e9);
		if (sim_run(&spec, &load, record) != 0)
			break;
		put(theory, load.rate, (double)hist_quantile(
		    &record->response, .5), (double)hist_quantile(
		    &record->response, .99));
	}
	free(record);
	return (theory->count == POINTS ? 0 : -1);
}

static int
add_one(struct results *r, const struct shape *shape, enum sim_policy policy,
    const char *name)
{
	const struct plan_service *service = &r->load.service;
	struct results_theory *theory = results_theory(r, name);

	if (theory == NULL)
		return (-1);
	if (service->law == PLAN_EXPONENTIAL && policy != SIM_SHARING) {
		exact(theory, shape, policy == SIM_SHARED ? shape->servers :
		    1);
		return (0);
	}
	return (simulated(theory, shape, policy, service));
}

/* The quantile of the service itself: what there is without any queue. */
static double
law_quantile(const struct plan_service *s, double p)
{

	if (s->law == PLAN_EXPONENTIAL)
		return (-log(1 - p) * plan_service_mean(s));
	if (s->law == PLAN_BIMODAL && p > s->share)
		return (s->high);
	return (s->low);
}

static int
add_no_queue(struct results *r, const struct shape *shape)
{
	const struct plan_service *service = &r->load.service;
	struct results_theory *theory = results_theory(r,
	    "no queue (thread)");

	if (theory == NULL)
		return (-1);
	for (unsigned i = 0; i < POINTS; i++)
		put(theory, rate_at(shape, i), law_quantile(service, .5),
		    law_quantile(service, .99));
	return (0);
}

/*
 * Handlers that wait take no processor: as many wait at the same time as the
 * target has threads for. So only a pool has these servers; a thread for each
 * client has no queue at all, and a single thread, which sleeps in the handler,
 * is one server whose capacity is far below that of the others.
 */
static int
add_waiting(struct results *r, const struct shape *shape)
{
	char name[RESULTS_NAME];

	snprintf(name, sizeof(name), "theory: pool of %u, one queue",
	    shape->servers);
	if (add_one(r, shape, SIM_SHARED, name) != 0)
		return (-1);
	if (shape->servers > 1 && add_one(r, shape, SIM_RANDOM,
	    "pool, a queue for each") != 0)
		return (-1);
	return (add_no_queue(r, shape));
}

int
curve_add(struct results *r, unsigned servers, uint64_t seed)
{
	struct shape shape = { .servers = servers, .seed = seed };
	char name[RESULTS_NAME];

	if (!shape_of(r, &shape))
		return (0);
	if (r->load.service.work == PLAN_WAIT)
		return (add_waiting(r, &shape));
	snprintf(name, sizeof(name), "theory: %u servers, one queue",
	    servers);
	if (add_one(r, &shape, SIM_SHARED, name) != 0)
		return (-1);
	if (servers > 1 && add_one(r, &shape, SIM_RANDOM,
	    "a queue for each") != 0)
		return (-1);
	return (add_one(r, &shape, SIM_SHARING, "time shared by all"));
}
