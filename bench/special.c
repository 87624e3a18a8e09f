/*
 * The incomplete beta and gamma functions, by continued fraction and series.
 */
#include "special.h"

#include <math.h>

#define TINY 1e-300
#define EPSILON 1e-15
#define TURNS 100000

/* lgamma_r: lgamma() writes to a global, signgam. */
static double
log_gamma(double x)
{
	int sign;

	return (lgamma_r(x, &sign));
}

static double
away_from_zero(double x)
{

	return (fabs(x) < TINY ? TINY : x);
}

/* The continued fraction of I_x(a, b), by the method of Lentz. */
static double
beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
	double h = d;

	for (int m = 1; m < TURNS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x /
		    ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 / away_from_zero(1 + even * d);
		c = away_from_zero(1 + even / c);
		h *= d * c;
		d = 1 / away_from_zero(1 + odd * d);
		c = away_from_zero(1 + odd / c);
		step = d * c;
		h *= step;
		if (fabs(step - 1) < EPSILON)
			break;
	}
	return (h);
}

/* I_x(a, b); `y` is 1 - x, given apart so that it is not rounded away. */
static double
beta(double a, double b, double x, double y)
{
	double front;

	if (x <= 0)
		return (0);
	if (y <= 0)
		return (1);
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) +
	    a * log(x) + b * log(y));
	if (x < (a + 1) / (a + b + 2))
		return (front * beta_fraction(a, b, x) / a);
	return (1 - front * beta_fraction(b, a, y) / b);
}

double
special_binomial_cdf(int64_t k, uint64_t n, double p)
{

	if (k < 0)
		return (0);
	if ((uint64_t)k >= n)
		return (1);
	/* P(X <= k) = I_{1-p}(n - k, k + 1). */
	return (beta((double)(n - (uint64_t)k), (double)k + 1, 1 - p, p));
}

/* The lower incomplete gamma function, regularised, by its series. */
static double
gamma_series(double a, double x, double front)
{
	double term = 1 / a, sum = term;

	for (int n = 1; n < TURNS && fabs(term) > EPSILON * fabs(sum); n++) {
		term *= x / (a + n);
		sum += term;
	}
	return (front * sum);
}

/* The upper one, by its continued fraction. */
static double
gamma_fraction(double a, double x, double front)
{
	double b = x + 1 - a, c = 1 / TINY, d = 1 / away_from_zero(b), h = d;

	for (int n = 1; n < TURNS; n++) {
		double an = -n * (n - a), step;

		b += 2;
		d = 1 / away_from_zero(an * d + b);
		c = away_from_zero(b + an / c);
		step = d * c;
		h *= step;
		if (fabs(step - 1) < EPSILON)
			break;
	}
	return (front * h);
}

double
special_chi_square_tail(double x, double degrees)
{
	double a = degrees / 2, half = x / 2, front;

	if (!(half > 0))
		return (1);
	front = exp(-half + a * log(half) - log_gamma(a));
	if (half < a + 1)
		return (1 - gamma_series(a, half, front));
	return (gamma_fraction(a, half, front));
}
