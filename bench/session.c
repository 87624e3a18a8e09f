#include "config.h"

#include "session.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "version.h"

/* Above this, one destination address has too few ports to spare. */
#define SPREAD_ABOVE 10000

/* So often a capacity is looked for where nothing was answered. */
#define CAPACITY_TRIALS 3

static volatile sig_atomic_t interrupted;

static void
on_signal(int signal_number)
{

	/* Asked twice: at once. Generators and targets die with us. */
	if (interrupted)
		_exit(128 + signal_number);
	interrupted = 1;
}

int
session_interrupted(void)
{

	return (interrupted);
}

static int
tick(void *context, const struct gen *gen)
{
	struct session *s = context;

	live_draw(&s->live, gen);
	return (interrupted);
}

void
session_catch(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void
fill_point(const struct session *s, struct results_point *p, uint32_t n,
    double rate, double load)
{
	const struct cmdline *o = s->options;

	p->rate = rate;
	p->load = load;
	p->depth = (uint32_t)o->depth;
	p->connections = o->active > 0 && o->active < n ?
	    (uint32_t)o->active : n;
	p->idle = (uint32_t)o->idle + n - p->connections;
}

/* What 100% is: the smallest capacity among the targets, or what the user
 * says. Whole, so that a report has it exactly and it can be said again. */
static double
lowest_capacity(struct session *s, unsigned index)
{
	const struct cmdline *o = s->options;
	const uint32_t connections = (uint32_t)o->connections.value[index];
	double least = INFINITY, x;

	if (o->capacities.count > 0)
		return (o->capacities.value[index]);
	for (uint32_t i = 0; i < s->options->target_count; i++) {
		if (s->options->targets[i].same_as[0] != '\0')
			continue;
		x = session_capacity(s, i, connections);
		if (x > 0 && x < least)
			least = x;
	}
	if (!isfinite(least))
		return (0);
	least = ceil(least);
	results_note(s->results, "100%% of the load is %.0f requests per "
	    "second: the lowest closed-loop capacity of the targets at %u "
	    "connections", least, connections);
	return (least);
}

int
session_points(struct session *s)
{
	const struct cmdline *o = s->options;
	const unsigned both = disturb_total(&o->disturb) > 0 ? 2 : 1;
	struct results_point *p;

	for (unsigned c = 0; c < o->connections.count; c++) {
		uint32_t n = (uint32_t)o->connections.value[c];
		double unit = o->rates_are_shares ?
		    lowest_capacity(s, c) / 100 : 1;

		/* The same load without and with those who disturb it. */
		for (unsigned i = 0; i < both * (o->rates.count > 0 ?
		    o->rates.count : 1); i++) {
			const double rate = o->rates.value[i / both];

			if ((p = results_point(s->results)) == NULL)
				return (-1);
			fill_point(s, p, n, o->rates.count == 0 ? NAN :
			    rate * unit, o->rates_are_shares ? rate / 100 :
			    NAN);
			p->disturbed = i % both == 1;
		}
	}
	return (0);
}

static void
load_config(const struct session *s, const struct results_point *p,
    uint32_t target, struct gen_config *g)
{
	const struct cmdline *o = s->options;
	const struct target_spec *t = &o->targets[target];
	const uint32_t all = p->connections + p->idle;
	throng_framing framing = o->frame;

	if (t->frame[0] != '\0')
		frame_by_name(t->frame, &framing);
	memset(g, 0, sizeof(*g));
	g->spread = (all > SPREAD_ABOVE || o->churn) &&
	    t->command[0] != '\0';
	g->churn = o->churn;
	if (p->disturbed)
		g->disturb = o->disturb;
	g->connections = all;
	g->active = p->connections;
	g->depth = p->depth;
	g->processes = (uint32_t)o->processes;
	g->in_flight = (uint32_t)o->in_flight;
	g->framer.framing = framing;
	g->framer.max = PAYLOAD_MAX;
	g->line_tail = o->crlf || t->crlf ? 2 : 1;
	g->payload = (struct payload *)(uintptr_t)&s->payloads[target];
	g->seed = o->seed;
	g->connect_ns = 10000000000u + (uint64_t)all * 1000000u;
	g->congestion = o->congestion;
	g->cpu = strcmp(o->layout, "split") == 0 ?
	    (int)sysconf(_SC_NPROCESSORS_ONLN) - 1 : -1;
}

/* A server holds no more than its descriptors allow: then there are more. */
static unsigned
shards_of(const struct cmdline *o, uint32_t target, uint32_t connections)
{
	struct rlimit limit = { .rlim_max = 1024 };
	uint64_t most, n;

	getrlimit(RLIMIT_NOFILE, &limit);
	most = limit.rlim_max > 2 * TRIAL_SERVER_SPARE ?
	    limit.rlim_max - TRIAL_SERVER_SPARE : TRIAL_SERVER_SPARE;
	n = (connections + most - 1) / most;
	if (o->targets[target].command[0] == '\0')
		return (1);
	if (o->shards > n)
		n = o->shards;
	return (n > TRIAL_SHARDS ? TRIAL_SHARDS : (unsigned)n);
}

/* How many readings there are of this target at this number. */
static uint32_t
readings_at(const struct results *r, uint32_t target, uint32_t connections,
    int refused)
{
	uint32_t n = 0;

	for (size_t i = 0; i < r->memory_count; i++)
		n += r->memory[i].target == target &&
		    r->memory[i].connections == connections &&
		    r->memory[i].active == 0 &&
		    (r->memory[i].refused[0] != '\0') == refused;
	return (n);
}

/* A reading of memory from every trial; that one number is refused is told
 * once. */
static void
note_memory(struct session *s, uint32_t target, uint32_t connections,
    const struct trial_memory *memory, const char *refused)
{
	struct results *r = s->results;
	struct results_memory *m;
	const uint32_t round = readings_at(r, target, connections,
	    refused != NULL);

	if (s->options->targets[target].command[0] == '\0' ||
	    (refused != NULL && round > 0))
		return;
	for (int active = 0; active < 2; active++) {
		if ((m = results_memory(r, target, connections)) == NULL)
			return;
		m->active = active;
		m->round = round;
		m->user = m->kernel = NAN;
		if (refused != NULL)
			snprintf(m->refused, sizeof(m->refused), "%s",
			    refused);
		else if (active)
			m->user = memory->active_user;
		else
			m->user = memory->idle_user;
		if (refused == NULL)
			m->kernel = active ? memory->active_kernel :
			    memory->idle_kernel;
	}
}

/* The plan of the probe: of its own seed, so that it is no part of the load
 * that it looks at. */
static int
make_probe(const struct session *s, uint64_t seed, uint64_t length,
    struct plan *plan)
{
	struct plan_spec spec = s->spec;

	spec.arrival = PLAN_POISSON;
	spec.choice = PLAN_ROUND_ROBIN;
	spec.seed = ~seed;
	spec.rate = (double)s->options->probe;
	spec.duration = length;
	spec.connections = GEN_PROBES;
	return (plan_make(plan, &spec));
}

/* At the edges of the measured time. What a target is, is read once, when it
 * runs for sure and nothing is measured yet. */
static void
on_edge(void *context, struct account_sessions sessions, int begin)
{
	struct session *s = context;
	struct results_target *t = &s->results->targets[s->target];

	if (begin && sessions.count > 0 && !s->known[s->target]) {
		s->known[s->target] = 1;
		version_add(sessions.id[0], t->version, sizeof(t->version));
	}
	if (s->edge != NULL)
		s->edge(s->edge_context, sessions, begin);
}

/* The plans of a trial, if it has any. */
static int
make_plans(const struct session *s, const struct results_point *p,
    uint64_t seed, uint64_t length, struct plan *plan, struct plan *probe,
    struct results_trial *trial)
{
	const struct cmdline *o = s->options;
	struct plan_spec spec = s->spec;

	spec.seed = seed;
	/* The mean of the visits, which are geometric. */
	spec.rate = p->rate / (double)o->visit;
	spec.duration = length;
	spec.connections = p->connections;
	if (!isnan(p->rate) && plan_make(plan, &spec)) {
		snprintf(trial->failed, sizeof(trial->failed), "the client "
		    "cannot offer %.0f requests/s for %.3g s: its plan is "
		    "too long", p->rate, (double)length / 1e9);
		return (-1);
	}
	if (o->probe > 0 && make_probe(s, seed, length, probe)) {
		snprintf(trial->failed, sizeof(trial->failed),
		    "no memory for the plan of the probe");
		return (-1);
	}
	return (0);
}

/* One line of why a trial came to nothing; not if the user ended it. */
static int
trial_failed(struct session *s, const struct results_trial *trial)
{

	if (!interrupted) {
		live_clear(&s->live);
		fprintf(stderr, "throng-bench: %s\n", trial->failed);
		s->failed_trials++;
	}
	return (-1);
}

int
session_trial(struct session *s, uint32_t point, uint32_t target,
    uint64_t seed, uint64_t length, struct results_trial *trial)
{
	const struct cmdline *o = s->options;
	struct results_point *p = &s->results->points[point];
	struct trial_config config = { .target = &o->targets[target],
	    .warm = o->warm, .length = length, .drain = o->drain,
	    .tolerance = o->tolerance, .tick = tick, .context = s, .hiccup = s->hiccup,
	    .edge = on_edge, .edge_context = s };
	struct plan plan = { .count = 0 }, probe = { .count = 0 };
	struct trial_memory memory;
	int rc;

	config.memory = &memory;
	config.shards = shards_of(o, target, p->connections + p->idle);
	trial->seed = seed;
	trial->start = clock_now() - s->begun;
	load_config(s, p, target, &config.load);
	config.load.seed = seed;
	s->target = target;
	config.load.shards = trial->servers = config.shards;
	trial->generators = gen_needed(&config.load);
	if (make_plans(s, p, seed, length, &plan, &probe, trial)) {
		plan_free(&plan);
		return (trial_failed(s, trial));
	}
	if (!isnan(p->rate)) {
		config.load.stay = 1 - 1 / (double)o->visit;
		if (p->plan_hash == 0)
			p->plan_hash = plan.hash;
		config.load.plan = &plan;
		config.load.trace = s->trace != NULL ?
		    (uint32_t)plan.count : 0;
		config.trace = s->trace;
	}
	config.load.probe = o->probe > 0 ? &probe : NULL;
	s->live.target = o->targets[target].name;
	rc = trial_run(&config, trial);
	plan_free(&plan);
	plan_free(&probe);
	/* Those who disturb hold memory, too. */
	if (!interrupted && !p->disturbed)
		note_memory(s, target, p->connections + p->idle, &memory,
		    rc == 0 ? NULL : trial->failed);
	return (rc == 0 ? 0 : trial_failed(s, trial));
}

/* One closed loop at the last point; the rate is 0 if nothing was answered. */
static int
capacity_trial(struct session *s, uint32_t target, double *rate)
{
	struct results_block block = { 0 };
	struct results_trial *trial;
	int rc;

	if ((trial = results_trial(&block, target)) == NULL)
		return (-1);
	rc = session_trial(s, (uint32_t)s->results->point_count - 1, target,
	    s->options->seed, s->options->trial, trial);
	if (rc == 0)
		*rate = trial->value[METRIC_THROUGHPUT];
	free(trial->record);
	free(block.trials);
	return (rc);
}

double
session_capacity(struct session *s, uint32_t target, uint32_t connections)
{
	struct results_point *p = results_point(s->results);
	double rate = 0;

	if (p == NULL)
		return (0);
	fill_point(s, p, connections, NAN, NAN);
	/* A machine that pauses for all of a trial is no slow target. */
	for (int i = 0; i < CAPACITY_TRIALS && !(rate > 0) && !interrupted; i++)
		if (capacity_trial(s, target, &rate) != 0)
			break;
	s->results->point_count--;
	return (rate);
}

int
session_block(struct session *s, uint32_t point)
{
	const uint32_t n = s->options->target_count;
	struct results_block *block = results_block(s->results, point);
	struct results_trial *trial;
	uint32_t order[CMDLINE_TARGETS];
	uint64_t seed = rng_next(&s->rng);

	if (block == NULL)
		return (-1);
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	rng_shuffle(&s->rng, order, n);
	block->start = clock_now() - s->begun;
	for (uint32_t i = 0; i < n && !interrupted; i++) {
		if ((trial = results_trial(block, order[i])) == NULL)
			return (-1);
		trial->position = i;
		session_trial(s, point, order[i], seed, s->options->trial,
		    trial);
	}
	block->end = clock_now() - s->begun;
	return (interrupted ? -1 : 0);
}
