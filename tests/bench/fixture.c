/*
 * Made-up results. The latencies come from simulated queues, the costs from
 * a seeded noise.
 */
#include "fixture.h"
#include "rng.h"
#include "sim.h"
#include "theory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

/** What a made-up target is like. */
struct model {
	const char *name;
	const char *command;
	double cpu_us;
	double client_us;
	double switches;
	enum sim_policy policy;
	uint64_t overhead;
	double memory;
};

static const struct model models[] = {
	{ "pool", "throngd --listen {addr} --handler work --mode pool", 31.4,
	    8.1, 1.31, SIM_SHARED, 22000, 1012 },
	{ "thread", "throngd --listen {addr} --handler work --mode thread",
	    36.9, 8.3, 2.02, SIM_SHARING, 26000, 36100 },
	{ "limit", "throng-limit --listen {addr}", 24.2, 8.0, 0.9, SIM_SHARED,
	    16000, 210 },
	{ "bufferevent", "throng-bufferevent --listen {addr}", 27.0, 8.1, 0.95,
	    SIM_SHARED, 18000, 640 },
	{ "again", "@pool", 31.4, 8.1, 1.31, SIM_SHARED, 22000, 1012 },
};

#define MODELS (sizeof(models) / sizeof(models[0]))

static void
describe(struct results *r)
{
	static const char *const argv[] = { "throng-bench", "compare",
	    "--target", "pool=throngd --listen {addr} --handler work",
	    "--service", "exp:100us", "--arrival", "poisson", "--seed", "1" };

	snprintf(r->tool, sizeof(r->tool), "throng-bench 0.1.0");
	snprintf(r->command, sizeof(r->command), "compare");
	snprintf(r->started, sizeof(r->started), "2026-01-31T12:00:00Z");
	for (size_t i = 0; i < sizeof(argv) / sizeof(argv[0]); i++)
		(void)results_argument(r, argv[i]);
	r->seed = 1;
	r->load.service = (struct plan_service){ PLAN_EXPONENTIAL, PLAN_WAIT,
	    0, 100000, 0 };
	r->load.choice = PLAN_RANDOM;
	r->warmup = 500 * MS;
	r->trial = SECOND;
	r->drain = SECOND;
	r->client_floor_us = 6.1;
	r->client_top_rate = 158000;
	r->floor_p50_us = 31;
	r->floor_p99_us = 58;
	(void)results_fact(r, "machine", "processors", "2 x virtual");
	(void)results_fact(r, "machine", "kernel", "Linux 6.18");
	(void)results_fact(r, "machine", "frequency", "unknown");
	(void)results_fact(r, "costs", "system call", "210 ns");
	(void)results_fact(r, "costs", "futex ping-pong", "9.8 us");
	(void)results_fact(r, "limits", "descriptors", "20000");
	(void)results_fact(r, "sysctl", "net.core.somaxconn", "4096");
}

static void
add_targets(struct results *r)
{

	for (size_t i = 0; i < MODELS; i++) {
		struct results_target *t = results_target(r, models[i].name,
		    models[i].command);

		snprintf(t->version, sizeof(t->version), "made up");
		if (strcmp(models[i].command, "@pool") == 0)
			t->same_as = 0;
	}
}

static void
read_system(struct results_trial *trial, const struct model *model,
    double rate, double noise, double steal, struct rng *rng)
{
	struct gates_readings *g = &trial->readings;

	g->steal = steal;
	g->foreign = 0.004 + 0.01 * rng_unit(rng);
	g->pressure = 0.05 + 0.1 * rng_unit(rng);
	g->client_busy = rate * model->client_us * 1e-6;
	g->client_cores = g->client_busy;
	g->server_cores = rate * model->cpu_us * 1e-6;
	g->server_hot = g->server_cores / 2;
	g->server_wait = 0.05;
	g->cores = 2;
	g->drops = 0;
	g->retransmits = 0;
	g->hiccup = 61000;
	g->spin = 1e6 * (1 + 0.03 * rng_unit(rng));
	trial->value[METRIC_CPU] = model->cpu_us * noise;
	trial->value[METRIC_CPU_USER] = model->cpu_us * noise * .3;
	trial->value[METRIC_CPU_SYSTEM] = model->cpu_us * noise * .7;
	trial->value[METRIC_SWITCH] = model->switches * noise;
	trial->value[METRIC_SWITCH_FORCED] = model->switches * .1;
	trial->value[METRIC_CLIENT_CPU] = model->client_us * noise;
	trial->value[METRIC_ACCEPT] = 21000 * noise;
	trial->value[METRIC_MEMORY_USER] = model->memory;
}

static void
measure(struct results *r, struct results_trial *trial,
    const struct results_point *point, const struct model *model)
{
	static uint32_t counts[100000];
	struct sim_spec spec = { .policy = model->policy, .servers = 2,
		.overhead = model->overhead, .tick = 37000,
		.drain = r->drain, .completions = counts };
	struct plan_spec load = r->load;

	load.seed = trial->seed;
	load.rate = point->rate;
	load.duration = r->trial;
	load.connections = point->connections;
	memset(counts, 0, sizeof(counts));
	trial->record = calloc(1, sizeof(*trial->record));
	if (trial->record == NULL ||
	    sim_run(&spec, &load, trial->record) != 0)
		abort();
	stats_fairness(counts, point->connections, &trial->fairness);
	stats_spread(counts, point->connections, trial->spread);
	trial->gap = 2e8;
	trial->connect = 5e7;
	trial->length = r->trial;
	trial->generators = 2;
	trial->servers = 1;
	results_measure(trial, MS, 0);
}

static void
add_block(struct results *r, uint32_t point, unsigned number, double steal,
    struct rng *rng)
{
	uint32_t order[MODELS];
	double shared = exp(0.1 * rng_normal(rng));
	uint64_t start = r->block_count > 0 ?
	    r->blocks[r->block_count - 1].end : 0;
	struct results_block *block = results_block(r, point);

	block->start = start;
	for (uint32_t i = 0; i < MODELS; i++)
		order[i] = i;
	rng_shuffle(rng, order, MODELS);
	for (uint32_t i = 0; i < MODELS; i++) {
		struct results_trial *trial = results_trial(block, order[i]);
		const struct model *model = &models[order[i]];

		trial->seed = r->seed + number;
		trial->start = start;
		start += 1700 * MS;
		read_system(trial, model, r->points[point].rate, shared *
		    exp(0.02 * rng_normal(rng)), steal, rng);
		measure(r, trial, &r->points[point], model);
	}
	block->end = start;
	r->seconds = (double)start / 1e9;
}

struct results *
fixture_compare(unsigned blocks)
{
	struct results *r = results_new();
	struct rng rng;

	rng_seed(&rng, 1);
	describe(r);
	add_targets(r);
	r->load.arrival = PLAN_POISSON;
	results_point(r)->rate = 8000;
	r->points[0].connections = 100;
	for (unsigned b = 0; b < blocks; b++)
		add_block(r, 0, b, b == 4 || b == 9 ? 0.091 :
		    0.005 + 0.02 * rng_unit(&rng), &rng);
	(void)results_close(r);
	return (r);
}

static void
add_memory(struct results *r)
{
	static const uint32_t counts[] = { 1, 10, 100, 1000, 10000, 19000 };

	for (uint32_t t = 0; t + 1 < MODELS; t++) {
		for (size_t i = 0; i < 6; i++) {
			struct results_memory *m = results_memory(r, t,
			    counts[i]);

			m->user = 300000 + models[t].memory * counts[i];
			m->kernel = 90000 + 4070.0 * counts[i] *
			    (t == 1 ? 6 : 1);
			if (t == 1 && i == 5)
				snprintf(m->refused, sizeof(m->refused),
				    "refused at 19000: pid_max");
		}
	}
}

static void
add_theory(struct results *r)
{
	struct results_theory *t = results_theory(r, "M/M/2, one queue");
	struct results_theory *own = results_theory(r, "M/M/1 each");

	t = &r->theories[0];
	for (double rho = 0.05; rho < 0.96; rho += 0.05) {
		size_t k = t->count++;

		own->count++;
		t->rate[k] = own->rate[k] = rho * 2 / 122e-6;
		t->p50[k] = 122 * theory_mmc_quantile(2, rho, .5);
		t->p99[k] = 122 * theory_mmc_quantile(2, rho, .99);
		own->p50[k] = 122 * theory_mmc_quantile(1, rho, .5);
		own->p99[k] = 122 * theory_mmc_quantile(1, rho, .99);
	}
}

static void
add_attempt(struct results_search *search, double rate, double measured,
    enum results_outcome outcome, const char *why)
{
	struct results_attempt *attempt = results_attempt(search);

	attempt->rate = rate;
	attempt->measured = measured;
	attempt->cpu = 31.4;
	attempt->length = SECOND;
	attempt->outcome = outcome;
	snprintf(attempt->why, sizeof(attempt->why), "%s", why);
}

struct results *
fixture_sweep(int connections)
{
	struct results *r = results_new();
	struct results_search *search;
	struct rng rng;

	rng_seed(&rng, 2);
	describe(r);
	add_targets(r);
	r->load.arrival = PLAN_POISSON;
	r->trial = 400 * MS;
	for (uint32_t i = 0; i < 5; i++) {
		struct results_point *p = results_point(r);

		p->rate = connections ? 8000 : 2500 * (i + 1);
		p->connections = connections ? (uint32_t)pow(10, i) : 100;
		p->load = p->rate * 122e-6 / 2;
	}
	for (uint32_t p = 0; p < 5; p++)
		for (unsigned b = 0; b < 7; b++)
			add_block(r, p, 10 * p + b, 0.01, &rng);
	if (connections)
		add_memory(r);
	else {
		add_theory(r);
		search = results_search(r, 0, 4, "p99<5ms");
		search->rate = 14200;
		search->confirmed = 1;
		search->trials = 2;
		search->measured = 4712;
		snprintf(search->stopped, sizeof(search->stopped),
		    "p99 7,310 us at 14,900/s; limited by: server CPU");
		add_attempt(search, 14200, 4712, RESULTS_PASSED, "");
		add_attempt(search, 14900, 7310, RESULTS_MISSED,
		    search->stopped);
		/* One that came to nothing: the machine was not quiet. */
		search = results_search(r, 1, 4, "p99<5ms");
		search->unjudged = 1;
		snprintf(search->stopped, sizeof(search->stopped),
		    "void: foreign 90%% (limit 5%%)");
		add_attempt(search, 7000, 912, RESULTS_UNSURE,
		    search->stopped);
	}
	(void)results_close(r);
	return (r);
}

static const char hostile[] = "<script>alert(1)</script>\"'&|`*_\\\x01\xff"
    "\n<b>${x}</b> ]]> --> \xf0\x9f\x98\x80";

/* As much of it as fits, cut anywhere. */
static void
fill(char *to, size_t size)
{
	size_t n = sizeof(hostile) < size ? sizeof(hostile) - 1 : size - 1;

	memcpy(to, hostile, n);
	to[n] = '\0';
}

struct results *
fixture_hostile(void)
{
	struct results *r = results_new();
	struct results_block *block;

	fill(r->tool, sizeof(r->tool));
	fill(r->command, sizeof(r->command));
	fill(r->started, sizeof(r->started));
	(void)results_argument(r, hostile);
	(void)results_argument(r, "");
	(void)results_fact(r, hostile, hostile, "%s", hostile);
	(void)results_note(r, "%s", hostile);
	for (int i = 0; i < 3; i++) {
		struct results_target *t = results_target(r, hostile, hostile);

		fill(t->version, sizeof(t->version));
	}
	fill(r->targets[2].skipped, RESULTS_TEXT);
	(void)results_point(r);
	for (int b = 0; b < 3; b++) {
		block = results_block(r, 0);
		block->end = SECOND * (unsigned)(b + 1);
		for (uint32_t t = 0; t < 2; t++) {
			struct results_trial *trial = results_trial(block, t);

			trial->value[METRIC_CPU] = 1 + t;
			trial->value[METRIC_P99] = INFINITY;
			if (t == (unsigned)b)
				fill(trial->failed, sizeof(trial->failed));
		}
	}
	add_attempt(results_search(r, 0, 0, hostile), 1, NAN, RESULTS_UNSURE,
	    hostile);
	fill(r->searches[0].stopped, sizeof(r->searches[0].stopped));
	fill(results_memory(r, 0, 5)->refused, RESULTS_TEXT);
	(void)results_theory(r, hostile);
	r->partial = 1;
	(void)results_close(r);
	return (r);
}

struct results *
fixture_lossy(void)
{
	struct results *r = fixture_compare(8);

	r->probe = 100;
	/* Looked at in spite of what was lost. */
	r->limits.lost = NAN;
	r->points[0].disturbed = 1;
	snprintf(r->disturb, sizeof(r->disturb), "slow-read:50,half:10");
	for (size_t b = 0; b < r->block_count; b++) {
		for (size_t t = 0; t < r->blocks[b].trial_count; t++) {
			struct results_trial *trial = &r->blocks[b].trials[t];

			if (trial->target == 1) {
				for (int i = 0; i < 300; i++)
					record_bad(trial->record, 0,
					    900 * MS, RECORD_UNANSWERED);
				results_measure(trial, MS, 0);
			}
			if (trial->target == 3)
				snprintf(trial->failed, sizeof(trial->failed),
				    "refused at 100: out of descriptors");
		}
	}
	(void)results_close(r);
	return (r);
}
