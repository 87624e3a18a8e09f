#include "config.h"

#include "session.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "netns.h"
#include "output.h"
#include "targets.h"

/* Above this, one destination address has too few ports to spare. */
#define SPREAD_ABOVE 10000

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

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec);
}

static int
tick(void *context, const struct gen *gen)
{
	struct session *s = context;

	live_draw(&s->live, gen);
	return (interrupted);
}

static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* What a target is asked: its own request, the user's, or the stamp. */
static int
make_payload(struct session *s, const struct target_spec *t,
    struct payload *p, char **room)
{
	const struct options *o = s->options;
	const char *text = t->request[0] != '\0' ? t->request : o->request;

	p->seed = o->seed;
	p->size = (size_t)o->size;
	p->spec = &s->spec;
	p->kind = PAYLOAD_STAMP;
	if (text != NULL) {
		p->kind = PAYLOAD_TEXT;
		if (payload_unescape(text, *room, &p->text_length)) {
			fprintf(stderr, "throng-bench: request %s: a bad "
			    "escape\n", text);
			return (-1);
		}
		p->text = *room;
		*room += p->text_length;
	} else if (o->service.law != PLAN_NONE || o->reply_size > 0) {
		p->kind = PAYLOAD_WORK;
	}
	if (o->expect != NULL && t->request[0] == '\0') {
		if (payload_unescape(o->expect, *room, &p->expect_length)) {
			fprintf(stderr, "throng-bench: --expect %s: a bad "
			    "escape\n", o->expect);
			return (-1);
		}
		p->expect = *room;
		*room += p->expect_length;
	}
	return (0);
}

static int
make_payloads(struct session *s)
{
	const struct options *o = s->options;
	size_t size = 1;
	char *room;

	for (unsigned i = 0; i < o->target_count; i++) {
		size += sizeof(o->targets[i].request);
		size += o->request != NULL ? strlen(o->request) : 0;
		size += o->expect != NULL ? strlen(o->expect) : 0;
	}
	if ((room = s->texts = malloc(size)) == NULL)
		return (-1);
	for (unsigned i = 0; i < o->target_count; i++)
		if (make_payload(s, &o->targets[i], &s->payloads[i], &room))
			return (-1);
	return (0);
}

static void
skipped(void *context, const char *name, const char *why)
{
	struct session *s = context;

	fprintf(stderr, "throng-bench: %s is left out: %s\n", name, why);
	results_note(s->results, "%s is left out: %s", name, why);
}

static int
add_targets(struct session *s)
{
	const struct options *o = s->options;
	struct results *r = s->results;

	for (unsigned i = 0; i < o->target_count; i++) {
		const struct target_spec *t = &o->targets[i];
		struct results_target *target = results_target(r, t->name,
		    t->command[0] != '\0' ? t->command : t->address);

		if (target == NULL)
			return (-1);
		for (unsigned k = 0; k < i; k++)
			if (strcmp(t->same_as, o->targets[k].name) == 0)
				target->same_as = k;
	}
	return (0);
}

static void
describe(struct session *s, int argc, char **argv)
{
	const struct options *o = s->options;
	struct results *r = s->results;
	time_t t = time(NULL);
	struct tm utc;

	snprintf(r->tool, sizeof(r->tool), "throng-bench %s",
	    PACKAGE_VERSION);
	snprintf(r->command, sizeof(r->command), "%s", o->command);
	gmtime_r(&t, &utc);
	strftime(r->started, sizeof(r->started), "%Y-%m-%dT%H:%M:%SZ", &utc);
	for (int i = 0; i < argc; i++)
		results_argument(r, argv[i]);
	r->seed = o->seed;
	r->limits = o->gates;
	r->load = s->spec;
	r->warmup = o->warm;
	r->trial = o->trial;
	r->drain = o->drain;
	r->confidence = 0.95;
	r->baseline = 0;
	snprintf(r->framing, sizeof(r->framing), "%s", frame_name(o->frame));
	if (o->request != NULL)
		snprintf(r->request, sizeof(r->request), "%s", o->request);
	else if (o->service.law == PLAN_NONE && o->reply_size == 0)
		r->request_size = (uint32_t)o->size;
	machine_facts(r);
}

int
session_open(struct session *s, struct options *o, int argc, char **argv)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->options = o;
	s->begun = now();
	catch_signals();
	if ((s->results = results_new()) == NULL)
		goto memory;
	rng_seed(&s->rng, o->seed);
	s->spec = (struct plan_spec){ .seed = o->seed, .arrival =
	    o->rates.count > 0 ? o->arrival : PLAN_CLOSED,
	    .duration = o->trial, .connections = 1,
	    .burst = (uint32_t)o->burst, .choice = o->choice,
	    .service = o->service, .reply_size = (uint32_t)o->reply_size };
	if (targets_complete(o, skipped, s))
		return (OPTIONS_USAGE);
	if (o->target_count == 0) {
		fprintf(stderr, "throng-bench: no target is left\n");
		return (OPTIONS_FAILED);
	}
	if (output_check(o))
		return (OPTIONS_FAILED);
	if ((rc = netns_enter(o, s->results)) != 0)
		return (rc);
	if (make_payloads(s))
		return (OPTIONS_USAGE);
	if (add_targets(s))
		goto memory;
	describe(s, argc, argv);
	live_start(&s->live, o->quiet);
	return (0);
memory:
	fprintf(stderr, "throng-bench: no memory\n");
	return (OPTIONS_FAILED);
}

static void
fill_point(const struct session *s, struct results_point *p, uint32_t n,
    double rate, double load)
{
	const struct options *o = s->options;

	p->rate = rate;
	p->load = load;
	p->depth = (uint32_t)o->depth;
	p->connections = o->active > 0 && o->active < n ?
	    (uint32_t)o->active : n;
	p->idle = (uint32_t)o->idle + n - p->connections;
}

/* What 100% is: the smallest capacity among the targets. */
static double
lowest_capacity(struct session *s, uint32_t connections)
{
	double least = INFINITY, x;

	for (uint32_t i = 0; i < s->options->target_count; i++) {
		if (s->options->targets[i].same_as[0] != '\0')
			continue;
		x = session_capacity(s, i, connections);
		if (x > 0 && x < least)
			least = x;
	}
	if (!isfinite(least))
		return (0);
	results_note(s->results, "100%% of the load is %.0f requests per "
	    "second: the lowest closed-loop capacity of the targets at %u "
	    "connections", least, connections);
	return (least);
}

int
session_points(struct session *s)
{
	const struct options *o = s->options;
	struct results_point *p;

	for (unsigned c = 0; c < o->connections.count; c++) {
		uint32_t n = (uint32_t)o->connections.value[c];
		double unit = o->rates_are_shares ?
		    lowest_capacity(s, n) / 100 : 1;

		for (unsigned i = 0; i < o->rates.count || i == 0; i++) {
			if ((p = results_point(s->results)) == NULL)
				return (-1);
			fill_point(s, p, n, o->rates.count == 0 ? NAN :
			    o->rates.value[i] * unit, o->rates_are_shares ?
			    o->rates.value[i] / 100 : NAN);
		}
	}
	return (0);
}

static void
load_config(const struct session *s, const struct results_point *p,
    uint32_t target, struct gen_config *g)
{
	const struct options *o = s->options;
	const struct target_spec *t = &o->targets[target];
	const uint32_t all = p->connections + p->idle;
	throng_framing framing = o->frame;

	if (t->frame[0] != '\0')
		frame_by_name(t->frame, &framing);
	memset(g, 0, sizeof(*g));
	g->spread = all > SPREAD_ABOVE && t->command[0] != '\0';
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

int
session_trial(struct session *s, uint32_t point, uint32_t target,
    uint64_t seed, uint64_t length, struct results_trial *trial)
{
	const struct options *o = s->options;
	struct results_point *p = &s->results->points[point];
	struct trial_config config = { .target = &o->targets[target],
	    .warm = o->warm, .length = length, .drain = o->drain,
	    .tolerance = o->tolerance, .tick = tick, .context = s,
	    .edge = s->edge, .edge_context = s->edge_context };
	struct plan_spec spec = s->spec;
	struct plan plan = { .count = 0 };
	int rc;

	trial->seed = seed;
	trial->start = now() - s->begun;
	load_config(s, p, target, &config.load);
	config.load.seed = seed;
	if (!isnan(p->rate)) {
		spec.seed = seed;
		spec.rate = p->rate;
		spec.duration = length;
		spec.connections = p->connections;
		if (plan_make(&plan, &spec)) {
			snprintf(trial->failed, sizeof(trial->failed),
			    "no plan: %s", strerror(errno));
			return (-1);
		}
		if (p->plan_hash == 0)
			p->plan_hash = plan.hash;
		config.load.plan = &plan;
	}
	s->live.target = o->targets[target].name;
	s->live.last_replies = 0;
	rc = trial_run(&config, trial);
	plan_free(&plan);
	if (rc != 0 && !interrupted) {
		live_clear(&s->live);
		fprintf(stderr, "throng-bench: %s\n", trial->failed);
		s->failed_trials++;
	}
	return (rc);
}

double
session_capacity(struct session *s, uint32_t target, uint32_t connections)
{
	struct results_block block = { 0 };
	struct results_point *p = results_point(s->results);
	struct results_trial *trial;
	double rate = 0;

	if (p == NULL || (trial = results_trial(&block, target)) == NULL)
		return (0);
	fill_point(s, p, connections, NAN, NAN);
	if (session_trial(s, (uint32_t)s->results->point_count - 1, target,
	    s->options->seed, s->options->trial, trial) == 0)
		rate = trial->value[METRIC_THROUGHPUT];
	free(trial->record);
	free(block.trials);
	s->results->point_count--;
	return (rate);
}

int
session_block(struct session *s, uint32_t point)
{
	const uint32_t n = s->options->target_count;
	struct results_block *block = results_block(s->results, point);
	struct results_trial *trial;
	uint32_t order[OPTIONS_TARGETS];
	uint64_t seed = rng_next(&s->rng);

	if (block == NULL)
		return (-1);
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	rng_shuffle(&s->rng, order, n);
	block->start = now() - s->begun;
	for (uint32_t i = 0; i < n && !interrupted; i++) {
		if ((trial = results_trial(block, order[i])) == NULL)
			return (-1);
		trial->position = i;
		session_trial(s, point, order[i], seed, s->options->trial,
		    trial);
	}
	block->end = now() - s->begun;
	return (interrupted ? -1 : 0);
}

/* The ratio that the live line shows: CPU of the second to the first. */
static void
show_ratio(struct session *s, uint32_t point)
{
	static char text[256];
	const struct results_ratio *ratio;

	if (!s->live.on || s->options->target_count < 2 ||
	    results_close(s->results))
		return;
	ratio = results_find(s->results, point, 1, METRIC_CPU);
	if (ratio == NULL || ratio->valid.n == 0)
		return;
	snprintf(text, sizeof(text), "cpu %s/%s %.3f [%.3f, %.3f]",
	    s->options->targets[1].name, s->options->targets[0].name,
	    ratio->valid.value, ratio->valid.low, ratio->valid.high);
	s->live.ratio = text;
}

int
session_run(struct session *s)
{
	const size_t points = s->results->point_count;
	const unsigned blocks = (unsigned)s->options->blocks;

	s->blocks_begun = s->live.begun = now();
	s->live.blocks = blocks * (unsigned)points;
	for (unsigned b = 0; b < blocks; b++) {
		for (uint32_t p = 0; p < points; p++) {
			s->live.block = b * (unsigned)points + p + 1;
			if (session_block(s, p))
				goto interrupted;
			s->live.done = (double)s->live.block /
			    s->live.blocks;
			show_ratio(s, p);
		}
	}
	live_clear(&s->live);
	return (0);
interrupted:
	live_clear(&s->live);
	s->results->partial = 1;
	return (-1);
}

/* A claim needs a difference of the headline beyond the noise. */
static int
verdict(const struct results *r)
{
	int seen = OPTIONS_VOID;

	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *ratio = &r->ratios[i];

		if (ratio->metric != METRIC_CPU || ratio->control)
			continue;
		if (ratio->verdict == STATS_BETTER ||
		    ratio->verdict == STATS_WORSE)
			return (OPTIONS_HOLDS);
		if (ratio->verdict == STATS_NOISE)
			seen = OPTIONS_NOISE;
	}
	return (seen);
}

int
session_report(struct session *s)
{
	struct results *r = s->results;

	r->seconds = (double)(now() - s->begun) / 1e9;
	if (results_close(r)) {
		fprintf(stderr, "throng-bench: no memory\n");
		return (OPTIONS_FAILED);
	}
	if (output_write(s->options, r))
		return (OPTIONS_FAILED);
	if (s->failed_trials > 0 && s->failed_trials ==
	    s->options->target_count * r->block_count)
		return (OPTIONS_FAILED);
	if (strcmp(s->options->command, "run") == 0)
		return (s->failed_trials > 0 ? OPTIONS_FAILED :
		    results_voided(r) == r->block_count ? OPTIONS_VOID :
		    OPTIONS_HOLDS);
	return (verdict(r));
}

void
session_close(struct session *s)
{

	results_free(s->results);
	free(s->texts);
	memset(s, 0, sizeof(*s));
}
