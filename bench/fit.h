/**
 * fit.h - whether a series of arrivals is the one that was asked for.
 */
#ifndef BENCH_FIT_H
#define BENCH_FIT_H

#include <stddef.h>

/**
 * fit_ks(sorted, n, p):
 * Return the Kolmogorov-Smirnov distance of sorted values in [0, 1] from the
 * uniform law, and store its p-value (Marsaglia, Tsang and Wang give it
 * exactly; here by Stephens' correction of the limit law). Thread: any.
 */
double fit_ks(const double *sorted, size_t n, double *p);

/**
 * fit_anderson_darling(sorted, n, p):
 * Return the Anderson-Darling distance of sorted values in (0, 1) from the
 * uniform law, and store its p-value (G. and J. Marsaglia, Journal of
 * Statistical Software 9(2), 2004). Thread: any.
 */
double fit_anderson_darling(const double *sorted, size_t n, double *p);

/**
 * fit_dispersion(counts, n):
 * Return the index of dispersion, variance by mean: 1 for Poisson counts.
 * Thread: any.
 */
double fit_dispersion(const double *counts, size_t n);

/**
 * fit_autocorrelation(values, n, lag):
 * Return the sample autocorrelation at that lag. Thread: any.
 */
double fit_autocorrelation(const double *values, size_t n, size_t lag);

/**
 * fit_rayleigh(times, n, period):
 * Return Rayleigh's statistic of times folded by a period, about Exp(1) for
 * a Poisson stream and large where they keep to that period. Thread: any.
 */
double fit_rayleigh(const double *times, size_t n, double period);

#endif /* BENCH_FIT_H */
