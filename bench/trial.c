#include "config.h"

#include "trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "machine.h"

/* With fewer connections the noise is larger than what they hold. */
#define MEMORY_USER_FROM 100
#define MEMORY_KERNEL_FROM 1000

/* Smaller replies are no matter of bytes. */
#define BYTES_FROM 1024

/* The readings at one edge of the measured time. */
struct edge {
	struct account_target target;
	struct account_machine machine;
};

/* Everything of a trial that must be ended or freed. */
struct running {
	struct target *targets[TRIAL_SHARDS];
	struct address addresses[TRIAL_SHARDS];
	pid_t ids[TRIAL_SHARDS];
	struct account_sessions sessions;
	struct gen *gen;
	struct account_memory empty; /* before the first connection */
	struct account_memory idle;
	struct account_memory full;
	struct edge before;
	struct edge end;   /* of the measured time: how busy all were */
	struct edge after; /* the drain: what it all cost */
};

static void
read_edge(const struct running *r, struct edge *edge)
{

	account_machine(r->sessions, &edge->machine);
	account_target(r->sessions, &edge->target);
}

/*
 * At the end of the measured time: in the drain there is nothing to do, and
 * its length would make everybody look idle. Thousands of threads are not
 * looked at one by one, since replies are still on their way.
 */
static void
read_end(struct running *r)
{

	account_machine(r->sessions, &r->end.machine);
	if (r->before.target.threads <= ACCOUNT_THREADS) {
		account_target(r->sessions, &r->end.target);
	} else {
		r->end.target = r->before.target;
		r->end.target.cpu = account_cpu(r->sessions);
	}
}

/* What follows from the difference of two readings of the machine. */
static void
fill_machine(const struct running *r, struct gates_readings *readings)
{
	const struct account_machine *a = &r->before.machine;
	const struct account_machine *b = &r->end.machine;
	const struct account_machine *after = &r->after.machine;
	const double wall = b->wall - a->wall, all = wall * b->cores;

	readings->cores = b->cores;
	readings->steal = (b->steal - a->steal) / all;
	readings->foreign = (b->foreign - a->foreign) / all;
	readings->pressure = (b->pressure - a->pressure) / wall;
	readings->drops = after->drops - a->drops;
	readings->retransmits = after->retransmits - a->retransmits;
}

/* And of the target: CPU and switches per request. */
static void
fill_target(const struct running *r, struct results_trial *trial,
    double requests, double bytes, int churn, int come_and_go)
{
	const struct account_target *a = &r->before.target;
	const struct account_target *b = &r->after.target;
	const struct account_target *end = &r->end.target;
	const double wall = r->end.machine.wall - r->before.machine.wall;
	double wait;

	if (r->sessions.count == 0 || requests == 0)
		return;
	trial->value[METRIC_CPU] = (b->cpu - a->cpu) / requests / 1e3;
	trial->value[METRIC_CPU_USER] = (b->user - a->user) / requests / 1e3;
	trial->value[METRIC_CPU_SYSTEM] =
	    (b->system - a->system) / requests / 1e3;
	/* Threads that end with their connection take their counts along. */
	if (!come_and_go) {
		trial->value[METRIC_SWITCH] = (b->voluntary +
		    b->involuntary - a->voluntary - a->involuntary) /
		    requests;
		trial->value[METRIC_SWITCH_FORCED] =
		    (b->involuntary - a->involuntary) / requests;
	}
	if (churn)
		trial->value[METRIC_CONNECTIONS_CPU] =
		    1e6 / trial->value[METRIC_CPU];
	if (bytes >= BYTES_FROM * requests)
		trial->value[METRIC_BYTES_CPU] = bytes / ((b->cpu - a->cpu) /
		    1e9);
	trial->readings.server_cores = (end->cpu - a->cpu) / wall;
	trial->readings.server_hot = account_hottest(a, end, &wait) / wall;
	trial->readings.server_wait = wait / wall;
}

static void
fill_memory(const struct running *r, const struct trial_config *config,
    struct results_trial *trial)
{
	const double n = config->load.connections;

	if (r->sessions.count > 0 && n >= MEMORY_USER_FROM)
		trial->value[METRIC_MEMORY_USER] =
		    (r->full.user - r->empty.user) / n;
	if (config->memory != NULL)
		*config->memory = (struct trial_memory){ r->idle.user,
		    r->idle.kernel - r->empty.kernel, r->full.user,
		    r->full.kernel - r->empty.kernel };
	if (r->sessions.count > 0 && n >= MEMORY_KERNEL_FROM)
		trial->value[METRIC_MEMORY_KERNEL] =
		    (r->full.kernel - r->empty.kernel) / n;
}

static void
fill(const struct running *r, const struct trial_config *config,
    const struct gen_result *result, struct results_trial *trial)
{
	/* What was never sent cost the target nothing. */
	const double requests = (double)(result->record->sent +
	    result->probe->sent);
	const double closed = (double)config->load.active *
	    config->load.depth +
	    (double)result->slack / (double)config->length;

	trial->length = config->length;
	trial->connect = (double)gen_connect_ns(r->gen);
	trial->gap = (double)result->gap;
	trial->value[METRIC_ACCEPT] = trial->connect > 0 ?
	    config->load.connections / (trial->connect / 1e9) : NAN;
	trial->readings.client_busy = result->busiest;
	trial->readings.client_cores = result->cores;
	if (requests > 0)
		trial->value[METRIC_CLIENT_CPU] =
		    (double)result->cpu / requests / 1e3;
	if (config->load.active > 1) {
		stats_fairness(result->completions, config->load.active,
		    &trial->fairness);
		stats_spread(result->completions, config->load.active,
		    trial->spread);
	}
	fill_machine(r, &trial->readings);
	fill_target(r, trial, requests, (double)result->record->bytes_in,
	    config->load.churn, config->load.churn ||
	    disturb_total(&config->load.disturb) > 0);
	/* Connections that have ended still hold memory of the kernel's. */
	if (!config->load.churn)
		fill_memory(r, config, trial);
	else if (config->memory != NULL)
		*config->memory = (struct trial_memory){ NAN, NAN, NAN, NAN };
	results_measure(trial, config->tolerance,
	    config->load.plan == NULL ? closed : 0);
	results_probe(trial, result->probe);
}

/* All processes' answers, copied before they end. */
static int
copy_trace(const struct gen *gen, struct trial_trace *trace)
{
	const struct engine_trace *part;
	size_t room = 0;
	uint64_t n;

	for (uint32_t i = 0; i < gen_processes(gen); i++) {
		(void)gen_trace(gen, i, &n);
		room += n;
	}
	if ((trace->items = malloc((room + 1) * sizeof(*part))) == NULL)
		return (-1);
	for (uint32_t i = 0; i < gen_processes(gen); i++) {
		part = gen_trace(gen, i, &n);
		memcpy(trace->items + trace->count, part, n * sizeof(*part));
		trace->count += n;
	}
	return (0);
}

static int
measure(struct running *r, const struct trial_config *c,
    struct results_trial *trial)
{
	struct gen_config load = c->load;
	struct gen_result result = { 0 };
	int rc;

	load.addresses = r->addresses;
	load.shards = c->shards;
	account_memory(r->sessions, &r->empty);
	r->gen = gen_start(&load, c->tick, c->context, trial->failed,
	    sizeof(trial->failed));
	if (r->gen == NULL)
		return (-1);
	if (c->memory != NULL)
		account_memory(r->sessions, &r->idle);
	if (c->warm > 0 && gen_warm(r->gen, c->warm, c->tick, c->context,
	    trial->failed, sizeof(trial->failed)))
		return (-1);
	read_edge(r, &r->before);
	hiccup_reset(c->hiccup);
	if (c->edge != NULL)
		c->edge(c->edge_context, r->sessions, 1);
	rc = gen_measure(r->gen, c->length, c->drain, c->tick, c->context,
	    trial->failed, sizeof(trial->failed));
	if (rc == 0) {
		trial->readings.hiccup = hiccup_p99(c->hiccup);
		read_end(r);
		rc = gen_drain(r->gen, c->tick, c->context, trial->failed,
		    sizeof(trial->failed));
	}
	if (c->edge != NULL)
		c->edge(c->edge_context, r->sessions, 0);
	if (rc != 0)
		return (-1);
	trial->readings.spin = machine_turns();
	read_edge(r, &r->after);
	account_memory(r->sessions, &r->full);
	result.record = trial->record = calloc(1, sizeof(*trial->record));
	result.probe = calloc(1, sizeof(*result.probe));
	if (trial->record == NULL || result.probe == NULL ||
	    (c->trace != NULL && copy_trace(r->gen, c->trace))) {
		snprintf(trial->failed, sizeof(trial->failed), "no memory");
		free(result.probe);
		return (-1);
	}
	gen_collect(r->gen, &result);
	fill(r, c, &result, trial);
	free(result.probe);
	return (0);
}

/* Start every shard. */
static int
start(struct running *r, const struct trial_config *config,
    struct results_trial *trial)
{
	pid_t id;

	r->sessions.id = r->ids;
	for (unsigned i = 0; i < config->shards; i++) {
		r->targets[i] = target_start(config->target,
		    config->load.spread, trial->failed,
		    sizeof(trial->failed));
		if (r->targets[i] == NULL)
			return (-1);
		r->addresses[i] = *target_address(r->targets[i]);
		if ((id = target_session(r->targets[i])) != -1)
			r->ids[r->sessions.count++] = id;
	}
	return (0);
}

int
trial_run(const struct trial_config *config, struct results_trial *trial)
{
	struct running *r = calloc(1, sizeof(*r));
	char why[RESULTS_TEXT];
	int rc;

	if (r == NULL) {
		snprintf(trial->failed, sizeof(trial->failed), "no memory");
		return (-1);
	}
	rc = start(r, config, trial);
	if (rc == 0)
		rc = measure(r, config, trial);
	/* Why it stopped answering, if it did. */
	for (unsigned i = 0; i < config->shards; i++)
		if (r->targets[i] != NULL &&
		    target_ended(r->targets[i], why, sizeof(why))) {
			snprintf(trial->failed, sizeof(trial->failed), "%s",
			    why);
			rc = -1;
		}
	/* First the connections: a server then has nothing to wait for. */
	gen_free(r->gen);
	for (unsigned i = 0; i < config->shards; i++)
		target_stop(r->targets[i]);
	free(r);
	return (rc);
}
