/*
 * Blocks, trials, and what was derived from them.
 */
#include "config.h"

#include "load_part.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_part.h"

static void
readings(const json_t *object, struct gates_readings *g)
{
	const char *key;
	size_t at;
	double value;

	gates_unread(g);
	for (size_t i = 0; (key = report_reading(i, &at)) != NULL; i++) {
		value = load_number(object, key);
		memcpy((char *)g + at, &value, sizeof(value));
	}
}

static unsigned
failed_gates(const json_t *list)
{
	unsigned gates = 0;
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		for (unsigned g = 0; g < GATES; g++)
			if (json_is_string(item) && strcmp(gates_name(g),
			    json_string_value(item)) == 0)
				gates |= 1u << g;
	return (gates);
}

static void
fairness(const json_t *object, struct results_trial *t)
{
	struct stats_fairness *f = &t->fairness;

	if (object == NULL)
		return;
	f->jain = load_number(object, "jain");
	f->jain_expected = load_number(object, "jain_expected");
	f->dispersion = load_number(object, "dispersion");
	f->p_uneven = load_number(object, "p_uneven");
	f->starved = load_whole(object, "starved");
	f->starved_expected = load_number(object, "starved_expected");
	t->gap = load_number(object, "longest_gap_s") * 1e9;
	t->connect = load_number(object, "connect_s") * 1e9;
}

static void
counts(const json_t *object, struct record *r)
{

	r->planned = load_whole(object, "planned");
	r->sent = load_whole(object, "sent");
	r->replies = load_whole(object, "replies");
	r->in_time = load_whole(object, "in_time");
	r->bytes_out = load_whole(object, "bytes_out");
	r->bytes_in = load_whole(object, "bytes_in");
	for (unsigned e = 0; e < RECORD_ERRORS; e++)
		r->errors[e] = load_whole(object, record_error_name(e));
}

static int
trial(const struct results *r, struct results_block *block,
    const json_t *item)
{
	const json_t *values = json_object_get(item, "values");
	const json_t *kept = json_object_get(item, "counts");
	uint32_t target = load_target(r, item, "target");
	struct results_trial *t;

	if (target == RESULTS_NONE ||
	    (t = results_trial(block, target)) == NULL)
		return (-1);
	t->position = (uint32_t)load_whole(item, "position");
	t->seed = load_hex(item, "seed");
	t->start = load_time(item, "start_s");
	t->length = load_time(item, "length_s");
	t->generators = (uint32_t)load_whole(item, "generators");
	t->servers = (uint32_t)load_whole(item, "servers");
	load_text(item, "failed", t->failed, sizeof(t->failed));
	t->gates = failed_gates(json_object_get(item, "failed_gates"));
	readings(json_object_get(item, "readings"), &t->readings);
	for (unsigned m = 0; m < METRICS; m++)
		t->value[m] = load_number(values, metric_info(m)->key);
	fairness(json_object_get(item, "fairness"), t);
	if (kept == NULL)
		return (0);
	if ((t->record = calloc(1, sizeof(*t->record))) == NULL)
		return (-1);
	counts(kept, t->record);
	return (0);
}

int
load_blocks(struct results *r, const json_t *root)
{
	const json_t *item, *one;
	size_t i, k;

	json_array_foreach(json_object_get(root, "blocks"), i, item) {
		uint64_t point = load_whole(item, "point");
		struct results_block *b;

		if (point >= r->point_count ||
		    (b = results_block(r, (uint32_t)point)) == NULL)
			return (-1);
		b->start = load_time(item, "start_s");
		b->end = load_time(item, "end_s");
		b->void_ = json_is_true(json_object_get(item, "void"));
		load_text(item, "reason", b->reason, sizeof(b->reason));
		json_array_foreach(json_object_get(item, "trials"), k, one)
			if (trial(r, b, one))
				return (-1);
	}
	return (0);
}

static void
interval(const json_t *object, struct stats_interval *i)
{

	i->value = load_number(object, "value");
	i->low = load_number(object, "low");
	i->high = load_number(object, "high");
	i->coverage = load_number(object, "coverage");
	i->n = load_whole(object, "blocks");
}

/* Its sums must hold, or every percentile of it would be a guess. */
static int
histogram(const json_t *object, struct hist *h)
{
	uint64_t seen;
	const json_t *row;
	size_t i;

	h->count = load_whole(object, "count");
	h->infinite = load_whole(object, "infinite");
	h->overflow = load_whole(object, "overflow");
	h->clamped = load_whole(object, "clamped");
	h->sum = load_whole(object, "sum_ns");
	h->min = load_whole(object, "min_ns");
	h->max = load_whole(object, "max_ns");
	seen = h->infinite + h->overflow;
	json_array_foreach(json_object_get(object, "buckets"), i, row) {
		uint64_t low = load_count(json_array_get(row, 0));
		uint64_t n = load_count(json_array_get(row, 1));

		if (low >= hist_bucket_low(HIST_BUCKETS))
			return (-1);
		h->bucket[hist_bucket(low)] += n;
		seen += n;
	}
	return (seen == h->count ? 0 : -1);
}

static int
over_time(const json_t *object, struct record *r)
{
	const json_t *windows = json_object_get(object, "windows"), *row;
	const json_t *replies = json_object_get(windows, "replies");
	const json_t *sums = json_object_get(windows, "response_sum_ns");
	size_t i;

	r->window = load_whole(windows, "window_ns");
	for (size_t w = 0; w < RECORD_WINDOWS; w++) {
		r->windows[w].replies = load_count(json_array_get(replies,
		    w));
		r->windows[w].response_sum = load_count(json_array_get(sums,
		    w));
	}
	json_array_foreach(json_object_get(object, "map"), i, row) {
		uint64_t step = load_count(json_array_get(row, 0));
		uint64_t bin = load_count(json_array_get(row, 1));

		if (step >= RECORD_HEAT_STEPS || bin >= RECORD_HEAT_BINS)
			return (-1);
		r->heat[step][bin] = (uint32_t)load_count(json_array_get(row,
		    2));
	}
	return (0);
}

static int
pooled(const json_t *object, struct results_cell *c)
{

	if (json_object_get(object, "counts") == NULL)
		return (0);
	if ((c->pooled = calloc(1, sizeof(*c->pooled))) == NULL)
		return (-1);
	counts(json_object_get(object, "counts"), c->pooled);
	return (over_time(object, c->pooled) ||
	    histogram(json_object_get(object, "response"),
	    &c->pooled->response) ||
	    histogram(json_object_get(object, "service"),
	    &c->pooled->service) ||
	    histogram(json_object_get(object, "lateness"),
	    &c->pooled->lateness) ||
	    histogram(json_object_get(object, "unanswered_ages"),
	    &c->pooled->ages) ? -1 : 0);
}

static int
cell(struct results *r, const json_t *object)
{
	const json_t *values = json_object_get(object, "values");
	const json_t *spread = json_object_get(object, "completions");
	uint32_t target = load_target(r, object, "target");
	uint64_t point = load_whole(object, "point");
	struct results_cell *c;

	if (target == RESULTS_NONE || point >= r->point_count)
		return (-1);
	c = &r->cells[point * r->target_count + target];
	if (c->pooled != NULL)
		return (-1);
	c->blocks = load_whole(object, "blocks");
	c->voided = json_is_true(json_object_get(object, "of_void_blocks"));
	c->overload = json_is_true(json_object_get(object, "overload"));
	load_text(object, "failed", c->failed, sizeof(c->failed));
	for (unsigned m = 0; m < METRICS; m++) {
		const json_t *value = json_object_get(values,
		    metric_info(m)->key);

		if (value != NULL)
			interval(value, &c->value[m]);
	}
	readings(json_object_get(object, "readings"), &c->readings);
	if (c->blocks > 0)
		c->limiter = gates_limiter(&c->readings);
	for (size_t i = 0; i < STATS_SPREAD; i++)
		c->spread[i] = load_value(json_array_get(spread, i));
	return (pooled(object, c));
}

static enum stats_verdict
verdict(const json_t *object, const char *key)
{
	static const enum stats_verdict all[] = { STATS_BETTER, STATS_WORSE,
	    STATS_NOISE };
	char text[RESULTS_NAME];

	load_text(object, key, text, sizeof(text));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(stats_verdict_name(all[i]), text) == 0)
			return (all[i]);
	return (STATS_VOID);
}

static int
ratio(struct results *r, const json_t *object, size_t room)
{
	uint32_t target = load_target(r, object, "target");
	uint64_t point = load_whole(object, "point");
	char key[RESULTS_NAME];
	struct results_ratio *x;
	unsigned m = 0;

	load_text(object, "metric", key, sizeof(key));
	while (m < METRICS && strcmp(metric_info(m)->key, key) != 0)
		m++;
	if (target == RESULTS_NONE || point >= r->point_count ||
	    m == METRICS || r->ratio_count == room)
		return (-1);
	x = &r->ratios[r->ratio_count++];
	x->point = (uint32_t)point;
	x->target = target;
	x->metric = m;
	x->control = json_is_true(json_object_get(object, "control"));
	x->verdict = verdict(object, "verdict");
	x->verdict_all = verdict(object, "verdict_with_void_blocks");
	interval(json_object_get(object, "ratio"), &x->valid);
	interval(json_object_get(object, "ratio_with_void_blocks"), &x->all);
	return (0);
}

/* Of a schema before there were intervals nothing is read: NAN, no rounds. */
static struct results_slope_part
slope_part(const json_t *object)
{
	struct results_slope_part part;

	interval(object, &part.slope);
	part.first = load_number(object, "lower_half");
	part.last = load_number(object, "upper_half");
	part.bends = json_is_true(json_object_get(object, "bends"));
	return (part);
}

static void
slopes(struct results *r, const json_t *list)
{
	const json_t *item;
	size_t i;

	for (size_t s = 0; s < 2 * r->target_count; s++)
		r->slopes[s].user = r->slopes[s].kernel = slope_part(NULL);
	json_array_foreach(list, i, item) {
		uint32_t target = load_target(r, item, "target");
		int active = json_is_true(json_object_get(item, "active"));

		if (target != RESULTS_NONE)
			r->slopes[2 * target + (active ? 1 : 0)] =
			    (struct results_slope){
			    slope_part(json_object_get(item, "user")),
			    slope_part(json_object_get(item, "kernel")) };
	}
}

int
load_derived(struct results *r, const json_t *root)
{
	const size_t cells = r->point_count * r->target_count;
	const json_t *item;
	size_t i;

	r->cells = calloc(cells + 1, sizeof(*r->cells));
	r->ratios = calloc(cells * METRICS + 1, sizeof(*r->ratios));
	r->slopes = calloc(2 * r->target_count + 1, sizeof(*r->slopes));
	if (r->cells == NULL || r->ratios == NULL || r->slopes == NULL)
		return (-1);
	for (size_t c = 0; c < cells; c++) {
		r->cells[c].limiter = "";
		gates_unread(&r->cells[c].readings);
		r->cells[c].spread[0] = NAN;
		for (unsigned m = 0; m < METRICS; m++)
			r->cells[c].value[m] =
			    (struct stats_interval){ .value = NAN,
			    .low = NAN, .high = NAN };
	}
	json_array_foreach(json_object_get(root, "cells"), i, item)
		if (cell(r, item))
			return (-1);
	json_array_foreach(json_object_get(root, "ratios"), i, item)
		if (ratio(r, item, cells * METRICS))
			return (-1);
	slopes(r, json_object_get(root, "memory_slopes"));
	return (0);
}
