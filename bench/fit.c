/*
 * Tests of a series of arrivals against the law that it should follow.
 */
#include "fit.h"

#include <math.h>

double
fit_ks(const double *sorted, size_t n, double *p)
{
	double d = 0, count = (double)n, t, sum = 0;

	for (size_t i = 0; i < n; i++) {
		double above = (double)(i + 1) / count - sorted[i];
		double below = sorted[i] - (double)i / count;

		d = fmax(d, fmax(above, below));
	}
	/* Stephens, JRSS B 32(1), 1970: good for every n above a few. */
	t = d * (sqrt(count) + 0.12 + 0.11 / sqrt(count));
	for (int k = 1; k <= 100; k++)
		sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * t * t);
	/* The series does not converge near 0, where the tail is 1. */
	*p = t < 0.2 ? 1 : fmin(1, fmax(0, sum));
	return (d);
}

/* The limit law of the statistic: adinf() of the paper, to 2e-6. */
static double
ad_limit(double z)
{

	if (z <= 0)
		return (0);
	if (z < 2)
		return (exp(-1.2337141 / z) / sqrt(z) * (2.00012 + (.247105 -
		    (.0649821 - (.0347962 - (.011672 - .00168691 * z) * z) *
		    z) * z) * z));
	return (exp(-exp(1.0776 - (2.30695 - (.43424 - (.082433 - (.008056 -
	    .0003146 * z) * z) * z) * z) * z)));
}

/* The correction for a finite n: errfix() of the paper. */
static double
ad_correction(double n, double x)
{
	double c, t;

	if (x > .8)
		return ((-130.2137 + (745.2337 - (1705.091 - (1950.646 -
		    (1116.360 - 255.7844 * x) * x) * x) * x) * x) / n);
	c = .01265 + .1757 / n;
	if (x < c) {
		t = x / c;
		t = sqrt(t) * (1 - t) * (49 * t - 102);
		return (t * (.0037 / (n * n) + .00078 / n + .00006) / n);
	}
	t = (x - c) / (.8 - c);
	t = -.00022633 + (6.54034 - (14.6538 - (14.458 - (8.259 - 1.91864 *
	    t) * t) * t) * t) * t;
	return (t * (.04213 + .01365 / n) / n);
}

double
fit_anderson_darling(const double *sorted, size_t n, double *p)
{
	double count = (double)n, z = -count * count, x;

	for (size_t i = 0; i < n; i++) {
		double t = sorted[i] * (1 - sorted[n - 1 - i]);

		z -= (double)(2 * i + 1) * log(fmax(t, 1e-300));
	}
	z /= count;
	x = ad_limit(z);
	*p = fmin(1, fmax(0, 1 - x - ad_correction(count, x)));
	return (z);
}

static double
mean_of(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return (sum / (double)n);
}

double
fit_dispersion(const double *counts, size_t n)
{
	double mean = mean_of(counts, n), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (counts[i] - mean) * (counts[i] - mean);
	return (sum / (double)(n - 1) / mean);
}

double
fit_autocorrelation(const double *values, size_t n, size_t lag)
{
	double mean = mean_of(values, n), all = 0, lagged = 0;

	for (size_t i = 0; i < n; i++) {
		all += (values[i] - mean) * (values[i] - mean);
		if (i + lag < n)
			lagged += (values[i] - mean) * (values[i + lag] - mean);
	}
	return (all > 0 ? lagged / all : 0);
}

double
fit_rayleigh(const double *times, size_t n, double period)
{
	const double turn = 2 * 3.14159265358979323846;
	double x = 0, y = 0;

	for (size_t i = 0; i < n; i++) {
		double angle = turn * fmod(times[i], period) / period;

		x += cos(angle);
		y += sin(angle);
	}
	return ((x * x + y * y) / (double)n);
}
