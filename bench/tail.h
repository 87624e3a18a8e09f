/**
 * tail.h - a tail against theory: the same requests, at the same times, at
 * an ideal queue.
 *
 * The ideal is one queue, first come first served, before so many servers,
 * without any cost of its own. It gets the requests when they were really
 * sent, and the measurement counts from there, too: how late the client was
 * is in neither, so not in the ratio.
 */
#ifndef BENCH_TAIL_H
#define BENCH_TAIL_H

#include <stddef.h>
#include <stdint.h>

#include "plan.h"

/** One request; ns. */
struct tail_request {
	uint64_t at;       /* it was sent */
	uint64_t work;     /* it asked for */
	uint64_t response; /* reply minus `at` */
	uint64_t ideal;    /* what it would have been, by tail_ideal() */
};

/** What is compared. */
enum tail_figure {
	TAIL_P50,
	TAIL_P99,
	TAIL_P999,
	TAIL_SHORT_P99, /* of the short ones of a bimodal law */
	TAIL_FIGURES
};

/** The two sides of one figure; ns; NAN: there is none. */
struct tail_pair {
	double measured;
	double ideal;
};

/**
 * tail_ideal(requests, n, servers):
 * Sort the requests by their time and fill in `ideal`. Return 0, or -1
 * without memory or servers. Thread: the owner of `requests`.
 */
int tail_ideal(struct tail_request *requests, size_t n, unsigned servers);

/**
 * tail_figures(requests, n, service, figures):
 * Store all TAIL_FIGURES, exact percentiles. Return 0, or -1 without memory.
 * Thread: any.
 */
int tail_figures(const struct tail_request *requests, size_t n,
    const struct plan_service *service, struct tail_pair *figures);

/**
 * tail_work(plan, at, connection):
 * Return the work, in ns, that the plan has for the arrival at `at` ns on
 * that connection; UINT64_MAX if there is none. Thread: any.
 */
uint64_t tail_work(const struct plan *plan, uint64_t at,
    uint32_t connection);

/**
 * tail_name(figure):
 * Return what a figure is called; a constant. Thread: any.
 */
const char *tail_name(enum tail_figure figure);

#endif /* BENCH_TAIL_H */
