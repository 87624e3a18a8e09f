/*
 * From trials to verdicts. A block is believed whole or not at all.
 */
#include "results.h"
#include "results_part.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct results_trial *
trial_of(const struct results_block *block, uint32_t target)
{

	for (size_t i = 0; i < block->trial_count; i++) {
		if (block->trials[i].target == target)
			return (&block->trials[i]);
	}
	return (NULL);
}

/* Whether a target ran to its end at least once at a point. */
static int
ran(const struct results *r, uint32_t point, uint32_t target)
{

	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_trial *trial;

		if (r->blocks[b].point != point)
			continue;
		trial = trial_of(&r->blocks[b], target);
		if (trial != NULL && trial->failed[0] == '\0')
			return (1);
	}
	return (0);
}

static void
add_reason(struct results_block *block, const char *who, const char *why)
{
	size_t at = strlen(block->reason);

	block->void_ = 1;
	snprintf(block->reason + at, sizeof(block->reason) - at,
	    "%s%s: %s", at > 0 ? "; " : "", who, why);
}

/* Judge one trial; whatever fails voids the block for all targets. */
static void
judge_trial(struct results *r, struct results_block *block,
    struct results_trial *trial)
{
	const char *name = r->targets[trial->target].name;
	char why[RESULTS_TEXT];

	trial->gates = gates_check(&r->limits, &trial->readings);
	if (trial->failed[0] != '\0') {
		trial->gates |= 1u << GATE_RUN;
		if (ran(r, block->point, trial->target))
			add_reason(block, name, trial->failed);
		return;
	}
	if (trial->gates != 0)
		add_reason(block, name, gates_reason(&r->limits,
		    &trial->readings, trial->gates, why, sizeof(why)));
}

static void
judge_block(struct results *r, struct results_block *block)
{

	block->void_ = 0;
	block->reason[0] = '\0';
	for (size_t i = 0; i < block->trial_count; i++)
		judge_trial(r, block, &block->trials[i]);
	for (uint32_t t = 0; t < r->target_count; t++) {
		if (trial_of(block, t) == NULL && ran(r, block->point, t))
			add_reason(block, r->targets[t].name, "not reached");
	}
	if (block->trial_count == 0)
		add_reason(block, "block", "nothing ran");
}

/* Whether any block at a point is valid. */
static int
valid_at(const struct results *r, uint32_t point)
{

	for (size_t b = 0; b < r->block_count; b++)
		if (r->blocks[b].point == point && !r->blocks[b].void_)
			return (1);
	return (0);
}

static int
pool(struct results_cell *cell, const struct record *record)
{

	if (record == NULL)
		return (0);
	if (cell->pooled == NULL)
		cell->pooled = calloc(1, sizeof(*cell->pooled));
	if (cell->pooled == NULL)
		return (-1);
	record_merge(cell->pooled, record);
	return (0);
}

/*
 * The medians of `size` bytes of doubles, which lie at `from` in each trial
 * of the cell, to `to`; NAN where none was taken.
 */
static void
medians(const struct results *r, uint32_t point, uint32_t target,
    const struct results_cell *cell, size_t from, size_t size, void *to,
    double *room)
{

	for (size_t at = 0; at < size; at += sizeof(double)) {
		size_t n = 0;
		double value;

		for (size_t b = 0; b < r->block_count; b++) {
			const struct results_block *block = &r->blocks[b];
			const struct results_trial *trial;

			if (block->point != point ||
			    (block->void_ && !cell->voided) ||
			    (trial = trial_of(block, target)) == NULL)
				continue;
			memcpy(&value, (const char *)trial + from + at,
			    sizeof(value));
			if (!isnan(value))
				room[n++] = value;
		}
		stats_sort(room, n);
		value = stats_median(room, n);
		memcpy((char *)to + at, &value, sizeof(value));
	}
}

/*
 * Collect one metric of one target at one point, by block: a NAN where there
 * is none. `use` tells the valid blocks. Returns how many blocks.
 */
static size_t
collect(const struct results *r, uint32_t point, uint32_t target,
    enum metric metric, double *values, unsigned char *use)
{
	size_t n = 0;

	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];
		const struct results_trial *trial;

		if (block->point != point)
			continue;
		trial = trial_of(block, target);
		values[n] = trial != NULL && trial->failed[0] == '\0' ?
		    trial->value[metric] : NAN;
		use[n] = !block->void_;
		n++;
	}
	return (n);
}

/** Room for one value per block, four times, and for marks. */
struct room {
	double *a;
	double *b;
	double *values;
	double *sorted;
	unsigned char *use;
};

static double
bound_us(uint64_t ns)
{

	return (ns >= HIST_OVERFLOW ? INFINITY : (double)ns / 1e3);
}

/*
 * One trial has no interval between trials; the best there is are the order
 * statistics of its requests, as if they were independent.
 */
static void
within_one_trial(const struct results *r, struct results_cell *cell)
{
	static const struct { enum metric metric; double p; } rows[] = {
		{ METRIC_P50, .5 }, { METRIC_P90, .9 }, { METRIC_P99, .99 },
		{ METRIC_P999, .999 }, { METRIC_SERVICE_P50, .5 },
		{ METRIC_SERVICE_P99, .99 }, { METRIC_LATE_P99, .99 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stats_interval *v = &cell->value[rows[i].metric];
		struct hist_interval h;

		if (v->n != 1)
			continue;
		hist_interval(i < 4 ? &cell->pooled->response : i < 6 ?
		    &cell->pooled->service : &cell->pooled->lateness,
		    rows[i].p, r->confidence, &h);
		v->low = bound_us(h.low);
		v->high = bound_us(h.high);
		v->coverage = h.coverage;
	}
}

static int
close_cell(struct results *r, uint32_t point, uint32_t target,
    struct room *room)
{
	struct results_cell *cell =
	    &r->cells[point * r->target_count + target];

	cell->limiter = "";
	/* On a machine too noisy for any verdict, figures are still shown. */
	cell->voided = !valid_at(r, point);
	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];
		const struct results_trial *trial = trial_of(block, target);

		if (block->point != point || trial == NULL)
			continue;
		if (trial->failed[0] != '\0' && !ran(r, point, target))
			snprintf(cell->failed, sizeof(cell->failed), "%s",
			    trial->failed);
		if ((block->void_ && !cell->voided) ||
		    trial->failed[0] != '\0')
			continue;
		cell->blocks++;
		if (pool(cell, trial->record) != 0)
			return (-1);
	}
	for (unsigned m = 0; m < METRICS; m++) {
		size_t n = collect(r, point, target, m, room->a, room->use);
		size_t used = 0;

		for (size_t i = 0; i < n; i++)
			if ((room->use[i] || cell->voided) &&
			    !isnan(room->a[i]))
				room->sorted[used++] = room->a[i];
		stats_median_interval(room->sorted, used, r->confidence,
		    &cell->value[m]);
	}
	if (cell->blocks == 1 && cell->pooled != NULL)
		within_one_trial(r, cell);
	medians(r, point, target, cell,
	    offsetof(struct results_trial, readings),
	    sizeof(cell->readings), &cell->readings, room->sorted);
	medians(r, point, target, cell,
	    offsetof(struct results_trial, spread), sizeof(cell->spread),
	    cell->spread, room->sorted);
	if (cell->blocks > 0) {
		cell->limiter = gates_limiter(&cell->readings);
		cell->overload = gates_overload(&cell->readings);
	}
	return (0);
}

static void
close_ratio(struct results *r, uint32_t point, uint32_t target,
    enum metric metric, struct room *room)
{
	struct results_ratio *ratio = &r->ratios[r->ratio_count];
	uint32_t against = r->targets[target].same_as;
	size_t n;

	memset(ratio, 0, sizeof(*ratio));
	ratio->point = point;
	ratio->target = target;
	ratio->metric = metric;
	ratio->control = against != RESULTS_NONE;
	if (against >= r->target_count)
		against = r->baseline;
	n = collect(r, point, target, metric, room->a, room->use);
	(void)collect(r, point, against, metric, room->b, room->use);
	stats_ratio(room->a, room->b, room->use, n, r->confidence,
	    room->sorted, &ratio->valid);
	stats_ratio(room->a, room->b, NULL, n, r->confidence, room->sorted,
	    &ratio->all);
	if (ratio->all.n > 0)
		r->ratio_count++;
}

/* The share of the requests of a target that had no good reply, in the valid
 * blocks or in all. */
static double
unserved(const struct results *r, uint32_t point, uint32_t target, int all)
{
	double planned = 0, infinite = 0;

	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];
		const struct results_trial *trial = trial_of(block, target);

		if (block->point != point || (block->void_ && !all) ||
		    trial == NULL || trial->record == NULL)
			continue;
		planned += (double)trial->record->planned;
		infinite += (double)trial->record->response.infinite;
	}
	return (planned > 0 ? infinite / planned : 0);
}

/*
 * A request that is dropped is cheap. A cost may speak against who dropped
 * more requests, never for it.
 */
static enum stats_verdict
unless_dropped(const struct results *r, const struct results_ratio *ratio,
    enum stats_verdict verdict, int all)
{
	uint32_t against = r->targets[ratio->target].same_as;
	double own, other;

	if (!metric_info(ratio->metric)->cost)
		return (verdict);
	if (against >= r->target_count)
		against = r->baseline;
	own = unserved(r, ratio->point, ratio->target, all);
	other = unserved(r, ratio->point, against, all);
	return ((verdict == STATS_BETTER && own > other) ||
	    (verdict == STATS_WORSE && own < other) ? STATS_VOID : verdict);
}

/* The verdicts, once every ratio, the control's too, is known. */
static void
close_verdicts(struct results *r)
{
	uint32_t control = results_control(r);

	for (size_t i = 0; i < r->ratio_count; i++) {
		struct results_ratio *ratio = &r->ratios[i];
		const struct results_ratio *floor = control == RESULTS_NONE ||
		    ratio->control ? NULL :
		    results_find(r, ratio->point, control, ratio->metric);
		int lower = metric_info(ratio->metric)->lower == 1;

		ratio->verdict = stats_judge(&ratio->valid,
		    floor != NULL ? &floor->valid : NULL, r->confidence,
		    lower);
		ratio->verdict_all = stats_judge(&ratio->all,
		    floor != NULL ? &floor->all : NULL, r->confidence, lower);
		ratio->verdict = unless_dropped(r, ratio, ratio->verdict, 0);
		ratio->verdict_all = unless_dropped(r, ratio,
		    ratio->verdict_all, 1);
	}
}

static int
close_all(struct results *r, struct room *room)
{

	for (size_t b = 0; b < r->block_count; b++)
		judge_block(r, &r->blocks[b]);
	for (uint32_t p = 0; p < r->point_count; p++)
		for (uint32_t t = 0; t < r->target_count; t++)
			if (close_cell(r, p, t, room) != 0)
				return (-1);
	r->ratio_count = 0;
	for (uint32_t p = 0; p < r->point_count; p++)
		for (unsigned m = 0; m < METRICS; m++)
			for (uint32_t t = 0; t < r->target_count; t++)
				if (metric_info(m)->compared &&
				    t != r->baseline)
					close_ratio(r, p, t, m, room);
	close_verdicts(r);
	return (results_slopes(r));
}

/* Make room for everything derived, forgetting what was there. */
static int
make_room(struct results *r, struct room *room, double **all)
{
	size_t cells = r->point_count * r->target_count;
	size_t n = r->block_count + r->memory_count + 1;

	for (size_t i = 0; r->cells != NULL && i < cells; i++)
		free(r->cells[i].pooled);
	free(r->cells);
	free(r->ratios);
	free(r->slopes);
	r->cells = calloc(cells + 1, sizeof(*r->cells));
	r->ratios = calloc(cells * METRICS + 1, sizeof(*r->ratios));
	r->slopes = calloc(2 * r->target_count + 1, sizeof(*r->slopes));
	r->ratio_count = 0;
	*all = calloc(4 * n, sizeof(**all));
	room->use = calloc(n, 1);
	if (r->cells == NULL || r->ratios == NULL || r->slopes == NULL ||
	    *all == NULL || room->use == NULL)
		return (-1);
	room->a = *all;
	room->b = *all + n;
	room->values = *all + 2 * n;
	room->sorted = *all + 3 * n;
	return (0);
}

int
results_close(struct results *r)
{
	struct room room = { 0 };
	double *all = NULL;
	int failed;

	failed = make_room(r, &room, &all) != 0 || close_all(r, &room) != 0;
	free(all);
	free(room.use);
	if (failed)
		return (-1);
	results_headline(r);
	return (0);
}
