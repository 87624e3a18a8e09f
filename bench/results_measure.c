/*
 * From one trial's record to its figures.
 */
#include "results.h"

#include <math.h>

/** Windows are taken together, so that one holds enough requests. */
#define STEPS 32

/* A quantile in us; above the last bucket, the largest value seen. */
static double
quantile_us(const struct hist *h, double p)
{
	uint64_t value = hist_quantile(h, p);

	if (h->count == 0)
		return (NAN);
	if (value == HIST_INFINITE)
		return (INFINITY);
	return ((double)(value == HIST_OVERFLOW ? h->max : value) / 1e3);
}

/*
 * How far the figure moved over the trial, relative to its median: the rate
 * in a closed loop, where it is free to move; else the mean response.
 */
static double
drift_of(const struct record *r, int closed)
{
	double x[STEPS], y[STEPS], sorted[STEPS], slope, median;
	size_t n = 0;

	for (unsigned s = 0; s < STEPS; s++) {
		uint64_t replies = 0, sum = 0;

		for (unsigned i = 0; i < RECORD_WINDOWS / STEPS; i++) {
			unsigned w = s * (RECORD_WINDOWS / STEPS) + i;

			replies += r->windows[w].replies;
			sum += r->windows[w].response_sum;
		}
		if (replies == 0 && !closed)
			continue;
		x[n] = (double)s / STEPS;
		y[n] = closed ? (double)replies :
		    (double)sum / (double)replies;
		sorted[n] = y[n];
		n++;
	}
	stats_sort(sorted, n);
	median = stats_median(sorted, n);
	if (n < STEPS / 2 || !(median > 0) || stats_slope(x, y, n, &slope))
		return (NAN);
	return (slope / median);
}

/* X R / N - 1; what is counted twice must agree. */
static double
little_of(const struct record *r, double length, double expected)
{
	double n = expected > 0 ? expected * length :
	    (double)r->outstanding_sum;

	/* The sum of all times in the system is X R times the length. */
	return (n > 0 ? (double)r->service.sum / n - 1 : NAN);
}

static double
adherence_of(const struct record *r, uint64_t tolerance)
{
	double late = (double)hist_above(&r->lateness, tolerance) +
	    (double)r->errors[RECORD_UNSENT];

	return (r->planned > 0 ? 1 - late / (double)r->planned : NAN);
}

static double
share_of(const struct record *r, uint64_t requests)
{

	return (requests == 0 ? 0 : r->planned == 0 ? 1 :
	    (double)requests / (double)r->planned);
}

static double
wrong_of(const struct record *r)
{

	return (share_of(r, r->errors[RECORD_LENGTH] +
	    r->errors[RECORD_CONTENT] + r->errors[RECORD_ORDER] +
	    r->errors[RECORD_SURPLUS] + r->errors[RECORD_FRAMING] +
	    r->errors[RECORD_CONNECT]));
}

/* The service gave them up: it cannot be said that it was too slow. */
static double
broken_of(const struct record *r)
{

	return (share_of(r, r->errors[RECORD_REFUSED] +
	    r->errors[RECORD_CLOSED] + r->errors[RECORD_RESET]));
}

static double
lost_of(const struct record *r)
{

	return (broken_of(r) + share_of(r, r->errors[RECORD_UNANSWERED]));
}

void
results_measure(struct results_trial *trial, uint64_t tolerance,
    double expected)
{
	const struct record *r = trial->record;
	struct gates_readings *g = &trial->readings;
	double *v = trial->value, length;

	if (r == NULL || r->end <= r->begin)
		return;
	length = (double)(r->end - r->begin);
	v[METRIC_THROUGHPUT] = (double)r->in_time / length * 1e9;
	v[METRIC_P50] = quantile_us(&r->response, 0.5);
	v[METRIC_P90] = quantile_us(&r->response, 0.9);
	v[METRIC_P99] = quantile_us(&r->response, 0.99);
	v[METRIC_P999] = quantile_us(&r->response, 0.999);
	v[METRIC_MAX] = quantile_us(&r->response, 1);
	v[METRIC_SERVICE_P50] = quantile_us(&r->service, 0.5);
	v[METRIC_SERVICE_P99] = quantile_us(&r->service, 0.99);
	v[METRIC_LATE_P99] = quantile_us(&r->lateness, 0.99);
	if (trial->fairness.jain > 0)
		v[METRIC_JAIN] = trial->fairness.jain;
	g->done = v[METRIC_THROUGHPUT];
	if (expected > 0)
		g->offered = NAN;
	else
		g->offered = (double)r->planned / length * 1e9;
	g->adherence = adherence_of(r, tolerance);
	g->little = little_of(r, length, expected);
	g->drift = drift_of(r, expected > 0);
	g->errors = wrong_of(r);
	g->broken = broken_of(r);
	g->lost = lost_of(r);
	g->censored = r->planned == 0 ? 0 :
	    (double)r->response.infinite / (double)r->planned;
}

void
results_probe(struct results_trial *trial, const struct record *probe)
{
	const double wrong = wrong_of(probe), lost = lost_of(probe);

	if (probe->planned == 0)
		return;
	trial->value[METRIC_PROBE_P50] = quantile_us(&probe->response, 0.5);
	trial->value[METRIC_PROBE_P99] = quantile_us(&probe->response, 0.99);
	if (!(wrong <= trial->readings.errors))
		trial->readings.errors = wrong;
	if (!(lost <= trial->readings.lost))
		trial->readings.lost = lost;
}
