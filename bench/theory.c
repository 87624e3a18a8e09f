/*
 * Closed forms, written so that they do not overflow for many servers.
 */
#include "theory.h"

#include <math.h>

double
theory_erlang_c(unsigned servers, double rho)
{
	double load = rho * servers, b = 1;

	/* Erlang B by its recursion, which stays within [0, 1]. */
	for (unsigned k = 1; k <= servers; k++)
		b = load * b / (k + load * b);
	return (b / (1 - rho * (1 - b)));
}

double
theory_mmc_mean(unsigned servers, double rho)
{

	return (1 + theory_erlang_c(servers, rho) / (servers * (1 - rho)));
}

double
theory_mmc_tail(unsigned servers, double rho, double t)
{
	double wait = theory_erlang_c(servers, rho);
	double drain = servers * (1 - rho); /* the rate of the wait's tail */

	if (t <= 0)
		return (1);
	/* Service and wait are exponential; at equal rates, Erlang's. */
	if (fabs(drain - 1) < 1e-9)
		return (exp(-t) * (1 + wait * t));
	return (exp(-t) + wait * (exp(-drain * t) - exp(-t)) / (1 - drain));
}

double
theory_mmc_quantile(unsigned servers, double rho, double p)
{
	double low = 0, high = 1;

	while (theory_mmc_tail(servers, rho, high) > 1 - p && high < 1e15)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-12 * high; i++) {
		double middle = (low + high) / 2;

		if (theory_mmc_tail(servers, rho, middle) > 1 - p)
			low = middle;
		else
			high = middle;
	}
	return ((low + high) / 2);
}

double
theory_mg1_wait(double rho, double square)
{

	return (rho * square / (2 * (1 - rho)));
}

double
theory_ps_mean(double rho)
{

	return (1 / (1 - rho));
}

double
theory_stall_quantile(double duration, double stall, double p)
{
	double affected = stall / duration;

	if (p <= 1 - affected)
		return (0);
	return (stall * (p - (1 - affected)) / affected);
}
