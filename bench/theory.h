/**
 * theory.h - the exact queues that a measurement is held against.
 *
 * Times are in mean service times; `rho` is the load of one server, 0 up to
 * but not 1. See any text on queues, such as L. Kleinrock, Queueing Systems
 * I, 1975, or M. Harchol-Balter, Performance Modeling and Design, 2013.
 */
#ifndef BENCH_THEORY_H
#define BENCH_THEORY_H

/**
 * theory_erlang_c(servers, rho):
 * Return the probability that an arrival has to wait in M/M/c.
 * Thread: any.
 */
double theory_erlang_c(unsigned servers, double rho);

/**
 * theory_mmc_mean(servers, rho):
 * Return the mean time in the system in M/M/c, first come first served.
 * Thread: any.
 */
double theory_mmc_mean(unsigned servers, double rho);

/**
 * theory_mmc_tail(servers, rho, t):
 * Return the probability that the time in the system is above `t`.
 * Thread: any.
 */
double theory_mmc_tail(unsigned servers, double rho, double t);

/**
 * theory_mmc_quantile(servers, rho, p):
 * Return the p-quantile of the time in the system, 0 <= p < 1.
 * Thread: any.
 */
double theory_mmc_quantile(unsigned servers, double rho, double p);

/**
 * theory_mg1_wait(rho, square):
 * Return the mean wait in M/G/1 (Pollaczek and Khinchine); `square` is
 * E[S^2] / E[S]^2: 1 gives M/D/1, 2 gives M/M/1. Thread: any.
 */
double theory_mg1_wait(double rho, double square);

/**
 * theory_ps_mean(rho):
 * Return the mean time in the system in M/G/1 with processor sharing, the
 * same for every law. Thread: any.
 */
double theory_ps_mean(double rho);

/**
 * theory_stall_quantile(duration, stall, p):
 * Return the p-quantile of the response of a fast service that stalls once
 * for `stall` of `duration`, at a constant rate far below its capacity: 0
 * for those not affected. Same unit as the arguments. Thread: any.
 */
double theory_stall_quantile(double duration, double stall, double p);

#endif /* BENCH_THEORY_H */
