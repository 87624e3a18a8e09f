/*
 * Memory per connection: slopes over the numbers of connections.
 *
 * The noise of a reading is some hundred kilobytes, whatever the number of
 * connections, so the slope between two numbers is the surer the further they
 * are apart. Least squares weigh each pair by the square of its distance;
 * the median over all pairs would let 1, 10 and 100 connections outvote
 * 10,000. Each round of blocks gives one slope; outliers are for the median
 * over the rounds.
 */
#include "results.h"
#include "results_part.h"

#include <math.h>
#include <stdlib.h>

/** Halves that differ by less do not bend. */
#define BENT 0.1

/** Which readings, and room for as many as there are. */
struct readings {
	const struct results *r;
	uint32_t target;
	int active;
	int kernel;
	double *x;
	double *y;
	double *values;
};

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

/* Whether a reading is one of these; its bytes. */
static int
is_one(const struct readings *of, const struct results_memory *m,
    double *bytes)
{

	*bytes = of->kernel ? m->kernel : m->user;
	return (m->target == of->target && !m->active == !of->active &&
	    m->refused[0] == '\0' && !isnan(*bytes));
}

/* Bytes per connection by least squares; NAN without two numbers. */
static double
least_squares(const double *x, const double *y, size_t n)
{
	double mx = 0, my = 0, xy = 0, xx = 0;

	for (size_t i = 0; i < n; i++) {
		mx += x[i] / (double)n;
		my += y[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		xy += (x[i] - mx) * (y[i] - my);
		xx += (x[i] - mx) * (x[i] - mx);
	}
	return (xx > 0 ? xy / xx : NAN);
}

/* The slopes of all rounds, from `low` to `high` connections. */
static void
between(const struct readings *of, double low, double high,
    struct stats_interval *slope)
{
	const struct results *r = of->r;
	uint32_t rounds = 0;
	size_t used = 0;
	double bytes;

	for (size_t i = 0; i < r->memory_count; i++)
		if (r->memory[i].round >= rounds)
			rounds = r->memory[i].round + 1;
	for (uint32_t round = 0; round < rounds &&
	    round <= r->memory_count; round++) {
		size_t n = 0;

		for (size_t i = 0; i < r->memory_count; i++) {
			const struct results_memory *m = &r->memory[i];

			if (m->round != round || !is_one(of, m, &bytes) ||
			    m->connections < low || m->connections > high)
				continue;
			of->x[n] = m->connections;
			of->y[n++] = bytes;
		}
		of->values[used] = least_squares(of->x, of->y, n);
		if (!isnan(of->values[used]))
			used++;
	}
	stats_median_interval(of->values, used, r->confidence, slope);
}

/* The range of the numbers of connections, and the one nearest to its middle
 * between them: -1 if there is none. */
static int
range(const struct readings *of, double *low, double *middle, double *high)
{
	const struct results *r = of->r;
	double bytes, x;

	*low = INFINITY;
	*high = -INFINITY;
	*middle = NAN;
	for (size_t i = 0; i < r->memory_count; i++) {
		if (is_one(of, &r->memory[i], &bytes)) {
			*low = fmin(*low, r->memory[i].connections);
			*high = fmax(*high, r->memory[i].connections);
		}
	}
	for (size_t i = 0; i < r->memory_count; i++) {
		x = r->memory[i].connections;
		if (is_one(of, &r->memory[i], &bytes) && x > *low &&
		    x < *high && !(fabs(x - (*low + *high) / 2) >=
		    fabs(*middle - (*low + *high) / 2)))
			*middle = x;
	}
	return (isnan(*middle) ? -1 : 0);
}

/* Both halves are sure, and they exclude each other. */
static int
bends(const struct stats_interval *a, const struct stats_interval *b,
    double confidence)
{

	return (a->n > 0 && b->n > 0 && a->coverage >= confidence &&
	    b->coverage >= confidence &&
	    (a->high < b->low || b->high < a->low) &&
	    fabs(a->value - b->value) > BENT * fmax(fabs(a->value),
	    fabs(b->value)));
}

static void
close_part(const struct readings *of, struct results_slope_part *part)
{
	struct stats_interval first, last;
	double low, middle, high;

	between(of, 0, INFINITY, &part->slope);
	part->first = part->last = NAN;
	part->bends = 0;
	if (range(of, &low, &middle, &high) != 0)
		return;
	between(of, low, middle, &first);
	between(of, middle, high, &last);
	part->first = first.value;
	part->last = last.value;
	part->bends = bends(&first, &last, of->r->confidence);
}

int
results_slopes(struct results *r)
{
	const size_t most = r->memory_count + 1;
	double *room = malloc(3 * most * sizeof(*room));

	if (room == NULL)
		return (-1);
	for (size_t s = 0; s < 2 * r->target_count; s++) {
		struct readings of = { r, (uint32_t)(s / 2), s % 2 != 0, 0,
		    room, room + most, room + 2 * most };

		close_part(&of, &r->slopes[s].user);
		of.kernel = 1;
		close_part(&of, &r->slopes[s].kernel);
	}
	free(room);
	return (0);
}

size_t
results_memory_curve(const struct results *r, uint32_t target, int active,
    int kernel, size_t most, double *x, double *y)
{
	const struct readings of = { r, target, active, kernel, NULL, NULL,
	    NULL };
	double *values = malloc((r->memory_count + 1) * sizeof(*values));
	double bytes, last = -1;
	size_t count = 0;

	while (values != NULL && count < most) {
		double next = INFINITY;
		size_t n = 0;

		for (size_t i = 0; i < r->memory_count; i++)
			if (is_one(&of, &r->memory[i], &bytes) &&
			    r->memory[i].connections > last)
				next = fmin(next, r->memory[i].connections);
		if (isinf(next))
			break;
		for (size_t i = 0; i < r->memory_count; i++)
			if (is_one(&of, &r->memory[i], &bytes) &&
			    r->memory[i].connections == next)
				values[n++] = bytes;
		qsort(values, n, sizeof(*values), by_value);
		x[count] = last = next;
		y[count++] = stats_median(values, n);
	}
	free(values);
	return (count);
}
