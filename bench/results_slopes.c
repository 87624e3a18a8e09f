/*
 * Memory per connection: slopes over the numbers of connections.
 */
#include "results.h"
#include "results_part.h"

#include <math.h>
#include <stdlib.h>

static int
by_connections(const void *a, const void *b)
{
	const struct results_memory *x = *(const struct results_memory *
	    const *)a, *y = *(const struct results_memory *const *)b;

	return ((x->connections > y->connections) -
	    (x->connections < y->connections));
}

/* The slope over readings from..to of those sorted by connections. */
static double
memory_slope(const struct results_memory *const *list, size_t from,
    size_t to, int kernel, double *x, double *bytes)
{
	double slope;
	size_t n = 0;

	for (size_t i = from; i < to; i++) {
		double y = kernel ? list[i]->kernel : list[i]->user;

		if (isnan(y))
			continue;
		x[n] = list[i]->connections;
		bytes[n] = y;
		n++;
	}
	return (stats_slope(x, bytes, n, &slope) == 0 ? slope : NAN);
}

int
results_slopes(struct results *r)
{
	const size_t most = r->memory_count + 1;
	const struct results_memory **list = malloc(most * sizeof(*list));
	double *x = malloc(2 * most * sizeof(*x));
	double *bytes = x != NULL ? x + most : NULL;

	for (size_t s = 0; list != NULL && x != NULL &&
	    s < 2 * r->target_count; s++) {
		struct results_slope *slope = &r->slopes[s];
		size_t n = 0;

		for (size_t i = 0; i < r->memory_count; i++) {
			const struct results_memory *m = &r->memory[i];

			if (m->target == s / 2 && !m->active == !(s % 2) &&
			    m->refused[0] == '\0')
				list[n++] = m;
		}
		qsort(list, n, sizeof(*list), by_connections);
		slope->user = memory_slope(list, 0, n, 0, x, bytes);
		slope->kernel = memory_slope(list, 0, n, 1, x, bytes);
		slope->user_first = memory_slope(list, 0, (n + 1) / 2, 0, x,
		    bytes);
		slope->user_last = memory_slope(list, n / 2, n, 0, x, bytes);
	}
	free(list);
	free(x);
	return (list != NULL && x != NULL ? 0 : -1);
}
