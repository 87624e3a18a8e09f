/*
 * Medians of paired ratios with intervals that assume no law, and the
 * verdicts that follow from them.
 */
#include "stats.h"
#include "special.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The smallest k with P(X <= k) >= share, X binomial (n, p). */
static uint64_t
binomial_quantile(uint64_t n, double p, double share)
{
	uint64_t low = 0, high = n;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (special_binomial_cdf((int64_t)middle, n, p) >= share)
			high = middle;
		else
			low = middle + 1;
	}
	return (low);
}

double
stats_ranks(uint64_t n, double p, double confidence, uint64_t *low,
    uint64_t *high)
{
	double tail = (1 - confidence) / 2;

	/*
	 * The quantile lies below x(low) with P(X <= low - 1), which may be
	 * at most `tail`; and above x(high) with P(X >= high), likewise.
	 */
	*low = binomial_quantile(n, p, tail);
	if (special_binomial_cdf((int64_t)*low, n, p) <= tail)
		++*low;
	*high = binomial_quantile(n, p, 1 - tail) + 1;
	return (special_binomial_cdf((int64_t)*high - 1, n, p) -
	    special_binomial_cdf((int64_t)*low - 1, n, p));
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

void
stats_sort(double *values, size_t n)
{

	if (n > 0)
		qsort(values, n, sizeof(*values), compare);
}

double
stats_median(const double *sorted, size_t n)
{

	if (n == 0)
		return (NAN);
	if (n % 2 == 1 || sorted[n / 2 - 1] == sorted[n / 2])
		return (sorted[n / 2]);
	return ((sorted[n / 2 - 1] + sorted[n / 2]) / 2);
}

double
stats_quantile(const double *sorted, size_t n, double p)
{
	double rank = ceil(p * (double)n * (1 - 1e-15));

	if (n == 0)
		return (NAN);
	if (rank < 1)
		rank = 1;
	return (sorted[rank > (double)n ? n - 1 : (size_t)rank - 1]);
}

void
stats_median_interval(double *values, size_t n, double confidence,
    struct stats_interval *interval)
{
	uint64_t low, high;

	memset(interval, 0, sizeof(*interval));
	interval->low = interval->value = interval->high = NAN;
	interval->n = n;
	if (n == 0)
		return;
	stats_sort(values, n);
	interval->value = stats_median(values, n);
	interval->coverage = stats_ranks(n, 0.5, confidence, &low, &high);
	if (low < 1 || high > n) {
		/* Too few: the whole range, which covers less than asked. */
		low = 1;
		high = n;
		interval->coverage = 1 - 2 * pow(0.5, (double)n);
	}
	interval->low = values[low - 1];
	interval->high = values[high - 1];
}

void
stats_ratio(const double *a, const double *b, const unsigned char *use,
    size_t n, double confidence, double *room,
    struct stats_interval *interval)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		if (use != NULL && !use[i])
			continue;
		/* Infinite by finite is a finding; by infinite it is not. */
		if (a[i] > 0 && b[i] > 0 && !(isinf(a[i]) && isinf(b[i])))
			room[used++] = a[i] / b[i];
	}
	stats_median_interval(room, used, confidence, interval);
}

double
stats_noise(const struct stats_interval *floor)
{
	double noise = 1;

	if (floor == NULL || floor->n == 0)
		return (1);
	noise = fmax(noise, fmax(floor->high, 1 / floor->high));
	return (fmax(noise, fmax(floor->low, 1 / floor->low)));
}

enum stats_verdict
stats_judge(const struct stats_interval *ratio,
    const struct stats_interval *floor, double confidence,
    int lower_is_better)
{
	double noise = stats_noise(floor);
	int below;

	if (ratio->n == 0 || ratio->coverage < confidence)
		return (STATS_VOID);
	if (ratio->low <= 1 && ratio->high >= 1)
		return (STATS_NOISE);
	if (ratio->value <= noise && ratio->value >= 1 / noise)
		return (STATS_NOISE);
	below = ratio->value < 1;
	return (below == (lower_is_better != 0) ? STATS_BETTER : STATS_WORSE);
}

const char *
stats_verdict_name(enum stats_verdict verdict)
{

	switch (verdict) {
	case STATS_BETTER:
		return ("better");
	case STATS_WORSE:
		return ("worse");
	case STATS_NOISE:
		return ("within noise");
	case STATS_VOID:
		break;
	}
	return ("void");
}

int
stats_slope(const double *x, const double *y, size_t n, double *slope)
{
	size_t used = 0, room = n * (n - (n > 0)) / 2;
	double *slopes;

	if (room == 0 || (slopes = malloc(room * sizeof(*slopes))) == NULL)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			if (x[i] != x[j])
				slopes[used++] = (y[j] - y[i]) / (x[j] - x[i]);
		}
	}
	stats_sort(slopes, used);
	if (used > 0)
		*slope = stats_median(slopes, used);
	free(slopes);
	return (used > 0 ? 0 : -1);
}

double
stats_sign_test(uint64_t plus, uint64_t minus)
{
	uint64_t few = plus < minus ? plus : minus;
	double p = 2 * special_binomial_cdf((int64_t)few, plus + minus, 0.5);

	return (p < 1 ? p : 1);
}

void
stats_fairness(const uint32_t *counts, size_t n, struct stats_fairness *f)
{
	double total = 0, squares = 0, count = (double)n, chi;

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < n; i++) {
		total += counts[i];
		squares += (double)counts[i] * counts[i];
		f->starved += counts[i] == 0;
	}
	if (n < 2 || !(total > 0)) {
		f->jain = f->jain_expected = f->p_uneven = 1;
		return;
	}
	/*
	 * With T requests on n connections, E[sum x^2] = T + T (T - 1) / n,
	 * so the index expected is T^2 / (n E) = T / (T + n - 1); and
	 * chi = n sum x^2 / T - T is Pearson's statistic.
	 */
	chi = count * squares / total - total;
	f->jain = total * total / (count * squares);
	f->jain_expected = total / (total + count - 1);
	f->dispersion = chi / (count - 1);
	f->p_uneven = special_chi_square_tail(chi, count - 1);
	f->starved_expected = count * pow(1 - 1 / count, total);
}

static int
by_count(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return ((x > y) - (x < y));
}

int
stats_spread(const uint32_t *counts, size_t n, double *spread)
{
	uint32_t *sorted = NULL;
	double total = 0;

	for (size_t i = 0; i < STATS_SPREAD; i++)
		spread[i] = NAN;
	for (size_t i = 0; i < n; i++)
		total += counts[i];
	if (n < 2 || !(total > 0) ||
	    (sorted = malloc(n * sizeof(*sorted))) == NULL)
		return (-1);
	memcpy(sorted, counts, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_count);
	for (size_t i = 0; i < STATS_SPREAD; i++)
		spread[i] = sorted[(n - 1) * i / (STATS_SPREAD - 1)] *
		    (double)n / total;
	free(sorted);
	return (0);
}
