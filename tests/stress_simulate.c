/*
 * Simulations by seeds: each a server with its clients and workers on a
 * virtual clock, of all framings and modes, all ways to end; see sim.h.
 *
 *     ./stress_simulate                a few hundred, times $STRESS
 *     SEEDS=100000 ./stress_simulate   as many, from the seed 1 or SEED on
 *     SEED=123 ./stress_simulate       that one, which failed, again
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "results.h"
#include "sim.h"
#include "support.h"

/** How many without being told. */
#define SEEDS 300
/** From so many on it is a full run: make check-torture. */
#define SEEDS_FULL 20000

static uint64_t running; /* the seed */

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return (text != NULL && *text != '\0' ? strtoull(text, NULL, 10) :
	    otherwise);
}

static struct sim_plan
plan_of(uint64_t seed)
{
	static const uint32_t maxima[] = { 8, 100, 5000, 70000 };
	struct sim_plan plan = { .seed = seed };
	uint64_t state = seed;

	plan.framer.framing = (throng_framing)(support_random(&state) % 5);
	plan.framer.max = maxima[support_random(&state) % 4];
	plan.echo = plan.framer.framing == THRONG_FRAME_RAW;
	plan.thread = support_random(&state) % 4 == 0;
	plan.here = !plan.thread && support_random(&state) % 4 == 0;
	plan.state = support_random(&state) % 2 == 0;
	plan.workers = 1 + (unsigned)(support_random(&state) % 4);
	plan.clients = 1 + (unsigned)(support_random(&state) % 24);
	plan.places = support_random(&state) % 8 == 0 ?
	    1 + plan.clients / 2 : plan.clients;
	plan.trouble = (unsigned)(support_random(&state) % 3) * 10;
	plan.abrupt = support_random(&state) % 2 == 0;
	plan.end = support_random(&state) % 2 == 0 ? SIM_END_CLIENTS :
	    support_random(&state) % 2 == 0 ? SIM_END_DRAIN : SIM_END_KILL;
	return (plan);
}

/* sim_wrong() ends the process by abort(), from the only thread. */
static void
on_abort(int number)
{

	(void)number;
	results_add("failures", 1);
	results_add("failing seed", (double)running);
	results_end(false);
}

int
main(void)
{
	uint64_t first = number("SEED", 1);
	uint64_t seeds = number("SEEDS", getenv("SEED") != NULL ? 1 :
	    number("STRESS", 1) * (support_sanitized() ? SEEDS / 5 : SEEDS));
	struct sim_report report = { 0 };
	clock_t begin = clock();
	double seconds;

	results_begin("simulator", "stress_simulate", seeds >= SEEDS_FULL);
	signal(SIGABRT, on_abort);

	for (uint64_t i = 0; i < seeds; i++) {
		struct sim_plan plan = plan_of(first + i);

		running = first + i;
		sim_run(&plan, NULL, &report);
	}
	seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
	printf("seeds %" PRIu64 " to %" PRIu64 ": %" PRIu64 " system calls, %"
	    PRIu64 " requests, %" PRIu64 " bytes of replies, %.1f virtual "
	    "seconds, %.1f million events a minute\n", first,
	    first + seeds - 1, report.calls, report.requests, report.replies,
	    (double)report.time / 1e9,
	    (double)report.calls * 60e-6 / (seconds > 0 ? seconds : 1));
	results_add("seeds", (double)seeds);
	results_add("events", (double)report.calls);
	results_add("requests", (double)report.requests);
	results_add("simulated hours", (double)report.time / 3.6e12);
	results_add("failures", 0);
	results_end(true);
	return (0);
}
