/*
 * Exact, since the requests of one trial fit in memory.
 */
#include "tail.h"

#include <math.h>
#include <stdlib.h>

static int
by_time(const void *a, const void *b)
{
	const struct tail_request *x = a, *y = b;

	return ((x->at > y->at) - (x->at < y->at));
}

static int
by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

int
tail_ideal(struct tail_request *requests, size_t n, unsigned servers)
{
	uint64_t *free_at = calloc(servers, sizeof(*free_at));

	if (servers == 0 || free_at == NULL) {
		free(free_at);
		return (-1);
	}
	qsort(requests, n, sizeof(*requests), by_time);
	for (size_t i = 0; i < n; i++) {
		struct tail_request *r = &requests[i];
		unsigned first = 0;

		for (unsigned k = 1; k < servers; k++)
			if (free_at[k] < free_at[first])
				first = k;
		if (free_at[first] < r->at)
			free_at[first] = r->at;
		free_at[first] += r->work;
		r->ideal = free_at[first] - r->at;
	}
	free(free_at);
	return (0);
}

/* The value of rank ceil(p n), after sorting. */
static double
quantile(double *values, size_t n, double p)
{
	size_t rank = (size_t)ceil(p * (double)n);

	if (n == 0)
		return (NAN);
	qsort(values, n, sizeof(*values), by_value);
	return (values[rank > 0 ? rank - 1 : 0]);
}

int
tail_figures(const struct tail_request *requests, size_t n,
    const struct plan_service *service, struct tail_pair *figures)
{
	static const double p[TAIL_FIGURES] = { 0.5, 0.99, 0.999, 0.99 };
	const double longest = (service->low + service->high) / 2;
	double *a = malloc(2 * (n + 1) * sizeof(*a)), *b;

	if (a == NULL)
		return (-1);
	b = a + n + 1;
	for (unsigned f = 0; f < TAIL_FIGURES; f++) {
		const int few = f == TAIL_SHORT_P99;
		size_t used = 0;

		for (size_t i = 0; i < n; i++) {
			if (few && (service->law != PLAN_BIMODAL ||
			    (double)requests[i].work > longest))
				continue;
			a[used] = (double)requests[i].response;
			b[used++] = (double)requests[i].ideal;
		}
		figures[f].measured = quantile(a, used, p[f]);
		figures[f].ideal = quantile(b, used, p[f]);
	}
	free(a);
	return (0);
}

uint64_t
tail_work(const struct plan *plan, uint64_t at, uint32_t connection)
{
	size_t low = 0, high = plan->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (plan->items[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < plan->count && plan->items[low].at == at; low++)
		if (plan->items[low].connection == connection)
			return ((uint64_t)plan->items[low].work *
			    PLAN_WORK_UNIT);
	return (UINT64_MAX);
}

const char *
tail_name(enum tail_figure figure)
{
	static const char *const names[TAIL_FIGURES] = {
		[TAIL_P50] = "p50",
		[TAIL_P99] = "p99",
		[TAIL_P999] = "p99.9",
		[TAIL_SHORT_P99] = "p99 of the short",
	};

	return ((size_t)figure < TAIL_FIGURES ? names[figure] : "?");
}
