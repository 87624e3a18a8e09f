/**
 * special.h - tails of the laws that intervals and tests are read from.
 */
#ifndef BENCH_SPECIAL_H
#define BENCH_SPECIAL_H

#include <stdint.h>

/**
 * special_binomial_cdf(k, n, p):
 * Return P(X <= k) for X binomial (n, p), by the regularised incomplete beta
 * function (continued fraction of Lentz; Numerical Recipes 6.4).
 * Thread: any.
 */
double special_binomial_cdf(int64_t k, uint64_t n, double p);

/**
 * special_chi_square_tail(x, degrees):
 * Return P(X >= x) of the chi-square law (Numerical Recipes 6.2).
 * Thread: any.
 */
double special_chi_square_tail(double x, double degrees);

#endif /* BENCH_SPECIAL_H */
