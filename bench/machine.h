/**
 * machine.h - the machine card: what every figure depends on.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "results.h"

/**
 * machine_facts(results):
 * Add what this machine is: processors, kernel, clock, limits, sysctls.
 * Thread: main.
 */
void machine_facts(struct results *results);

/**
 * machine_costs(results):
 * Measure and add what small things cost here: a system call, a switch, a
 * wake-up, a round trip, a page fault. Takes about half a second.
 * Thread: main.
 */
void machine_costs(struct results *results);

/**
 * machine_turns():
 * Return what a million turns of a fixed loop take just now, in ns: the
 * frequency, where it cannot be read. Thread: any.
 */
double machine_turns(void);

#endif /* BENCH_MACHINE_H */
