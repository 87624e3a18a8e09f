#include "config.h"

#include "calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "targets.h"

/* Draw the live line at every tick, ten times as often as in a run. */
static int
draw(void *context, const struct gen *gen)
{
	struct live *live = context;

	live->last = 0;
	live_draw(live, gen);
	return (0);
}

/* What the line costs: CPU of one draw, of which there is one a second. */
static void
note_live(struct results *r, const struct live *live)
{
	double each = live->draws > 0 ?
	    (double)live->spent / live->draws : NAN;

	if (!isnan(each))
		results_fact(r, "generator", "live line, a draw a second",
		    "%.4f%% of a core", each / 1e9 * 100);
}

/* One closed-loop trial against the limit with stamps of 16 bytes. */
static struct results_trial *
one(struct session *s, const struct target_spec *target, uint32_t n,
    uint32_t depth, uint64_t length, struct results_block *block,
    struct live *live)
{
	struct payload payload = { .kind = PAYLOAD_STAMP, .seed = 1,
	    .size = PAYLOAD_STAMP_SIZE };
	struct trial_config config = { .target = target, .shards = 1,
	    .warm = length / 4, .length = length, .drain = 1000000000,
	    .tolerance = 1000000, .tick = live != NULL ? draw : NULL,
	    .context = live };
	struct results_trial *trial = results_trial(block, 0);

	if (trial == NULL)
		return (NULL);
	config.load = (struct gen_config){ .connections = n, .active = n,
	    .depth = depth, .in_flight = n,
	    .framer = { THRONG_FRAME_LINE, 4096 }, .line_tail = 1,
	    .payload = &payload, .connect_ns = 5000000000,
	    .congestion = s->options->congestion, .cpu = -1 };
	return (trial_run(&config, trial) == 0 ? trial : NULL);
}

static void
free_trials(struct results_block *block)
{

	for (size_t i = 0; i < block->trial_count; i++)
		free(block->trials[i].record);
	free(block->trials);
}

int
calibrate(struct session *s, uint64_t length)
{
	struct results *r = s->results;
	struct target_spec target = { .name = "null" };
	struct results_block block = { 0 };
	struct results_trial *trial;
	struct live live = { .out = fopen("/dev/null", "we"), .width = 200,
	    .ratio = "", .target = "null" };
	char path[512];

	live.on = live.out != NULL;
	machine_costs(r);
	if (targets_program("throng-limit", path, sizeof(path))) {
		if (live.on)
			fclose(live.out);
		return (-1);
	}
	snprintf(target.command, sizeof(target.command),
	    "%s --listen {addr}", path);
	if ((trial = one(s, &target, 64, 16, length, &block,
	    live.on ? &live : NULL)) != NULL) {
		r->client_top_rate = trial->value[METRIC_THROUGHPUT];
		results_fact(r, "generator", "at depth 16", "%.2f us/request",
		    trial->value[METRIC_CLIENT_CPU]);
	}
	if ((trial = one(s, &target, 64, 1, length, &block,
	    NULL)) != NULL)
		r->client_floor_us = trial->value[METRIC_CLIENT_CPU];
	if ((trial = one(s, &target, 1, 1, length, &block, NULL)) != NULL) {
		r->floor_p50_us = trial->value[METRIC_P50];
		r->floor_p99_us = trial->value[METRIC_P99];
	}
	note_live(r, &live);
	if (live.on)
		fclose(live.out);
	free_trials(&block);
	return (trial != NULL ? 0 : -1);
}

void
calibrate_print(const struct results *r, FILE *out)
{

	for (size_t i = 0; i < r->fact_count; i++)
		fprintf(out, "%-10s %-26s %s\n", r->facts[i].group,
		    r->facts[i].name, r->facts[i].value);
	fprintf(out, "%-10s %-26s %.2f us/request (closed loop, depth 1)\n",
	    "generator", "client CPU", r->client_floor_us);
	fprintf(out, "%-10s %-26s %.0f requests/s (depth 16)\n", "generator",
	    "top rate", r->client_top_rate);
	fprintf(out, "%-10s %-26s p50 %.1f us, p99 %.1f us (1 connection)\n",
	    "generator", "floor of the response", r->floor_p50_us,
	    r->floor_p99_us);
}
