/*
 * Results in words: the headline.
 */
#include "results.h"
#include "results_part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "(28.5% to 33.1%; noise floor 2.1%)" */
static void
add_basis(struct results_text *text, const struct results *r,
    const struct results_ratio *ratio)
{
	const struct results_ratio *floor = results_find(r, ratio->point,
	    results_control(r), ratio->metric);
	const struct stats_interval *v = &ratio->valid;

	if (ratio->verdict == STATS_NOISE)
		results_add(text, " (ratio %.3f, %.3f to %.3f; ", v->value,
		    v->low, v->high);
	else if (v->value < 1)
		results_add(text, " (%.3g%% to %.3g%%; ", 100 * (1 - v->high),
		    100 * (1 - v->low));
	else
		results_add(text, " (%.3g%% to %.3g%%; ", 100 * (v->low - 1),
		    100 * (v->high - 1));
	if (floor == NULL || floor->valid.n == 0)
		results_add(text, "noise floor unknown)");
	else
		results_add(text, "noise floor %.2g%%)",
		    100 * (stats_noise(&floor->valid) - 1));
}

/* What a metric is called within a sentence. */
static const char *
noun(enum metric metric)
{

	switch (metric) {
	case METRIC_CPU:
		return ("server CPU per request");
	case METRIC_P99:
		return ("p99 latency");
	default:
		return (metric_info(metric)->title);
	}
}

static void
add_comparison(struct results_text *text, const struct results *r,
    const struct results_ratio *ratio)
{
	const char *who = r->targets[ratio->target].name;
	const char *base = r->targets[r->baseline].name;
	double by = 100 * (ratio->valid.value - 1);

	switch (ratio->verdict) {
	case STATS_BETTER:
	case STATS_WORSE:
		if (isinf(ratio->valid.value))
			results_add(text, "%s does not answer all requests, "
			    "%s does", who, base);
		else
			results_add(text, "%s has %.3g%% %s %s than %s", who,
			    fabs(by), by < 0 ? "less" : "more",
			    noun(ratio->metric), base);
		break;
	case STATS_NOISE:
		results_add(text, "%s and %s do not differ in %s beyond the "
		    "noise", who, base, noun(ratio->metric));
		break;
	case STATS_VOID:
		if (results_withheld(r, ratio)) {
			results_add(text, "No verdict on the %s of %s against "
			    "%s: the cheaper one left more requests without a "
			    "good reply", noun(ratio->metric), who, base);
			return;
		}
		results_add(text, "No verdict on the %s of %s against %s: too "
		    "few valid blocks (%zu of %zu)", noun(ratio->metric), who,
		    base, ratio->valid.n, ratio->all.n);
		return;
	}
	add_basis(text, r, ratio);
}

int
results_withheld(const struct results *r, const struct results_ratio *ratio)
{

	return (ratio->verdict == STATS_VOID && ratio->valid.n > 0 &&
	    ratio->valid.coverage >= r->confidence);
}

static int
conclusive(const struct results_ratio *ratio)
{

	return (ratio->verdict == STATS_BETTER ||
	    ratio->verdict == STATS_WORSE);
}

/* The first target that differs; the first one where none does. */
static const struct results_ratio *
main_of(const struct results *r, uint32_t point, enum metric metric)
{
	const struct results_ratio *first = NULL;

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_ratio *ratio = results_find(r, point, t,
		    metric);

		if (ratio == NULL || ratio->control)
			continue;
		if (conclusive(ratio))
			return (ratio);
		if (first == NULL)
			first = ratio;
	}
	return (first);
}

const struct results_ratio *
results_main(const struct results *r)
{
	static const enum metric order[] = {
		METRIC_CPU, METRIC_THROUGHPUT, METRIC_P99,
	};

	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++) {
		for (uint32_t p = (uint32_t)r->point_count; p-- > 0; ) {
			const struct results_ratio *main =
			    main_of(r, p, order[o]);

			if (main != NULL)
				return (main);
		}
	}
	return (NULL);
}

static void
add_cell(struct results_text *text, const struct results *r, uint32_t point,
    uint32_t target)
{
	static const enum metric order[] = {
		METRIC_THROUGHPUT, METRIC_P50, METRIC_P99, METRIC_CPU,
	};
	const struct results_cell *cell = results_cell(r, point, target);
	char n[32];

	results_add(text, "%s:", r->targets[target].name);
	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++) {
		const struct metric_info *info = metric_info(order[o]);

		if (cell->value[order[o]].n > 0)
			results_add(text, "%s %s %s %s", o > 0 ? "," : "",
			    info->title, metric_format(order[o],
			    cell->value[order[o]].value, n, sizeof(n)),
			    info->unit);
	}
	results_add(text, "; limited by: %s.", cell->limiter);
}

/* "Within p99<5ms: pool 21,000 requests/s, thread 17,000 requests/s." */
static void
add_searches(struct results_text *text, const struct results *r)
{
	char answer[RESULTS_TEXT * 2], where[80];

	results_add(text, "Within %s", r->searches[0].objective);
	for (size_t i = 0; i < r->search_count; i++) {
		const struct results_search *s = &r->searches[i];

		results_add(text, "%s %s%s%s %s", i > 0 ? "," : ":", s->target <
		    r->target_count ? r->targets[s->target].name : "",
		    results_where(r, s, where, sizeof(where)),
		    s->rate > 0 ? "" : ":",
		    results_answer(s, answer, sizeof(answer)));
	}
	results_add(text, ".");
}

/* Without a comparison: the one cell there is, or why there is none. */
static void
add_single(struct results_text *text, const struct results *r)
{

	for (uint32_t p = 0; p < r->point_count; p++) {
		for (uint32_t t = 0; t < r->target_count; t++) {
			const struct results_cell *c = results_cell(r, p, t);

			if (c->blocks > 0 && !c->voided) {
				add_cell(text, r, p, t);
				return;
			}
		}
	}
	for (uint32_t p = 0; p < r->point_count; p++) {
		for (uint32_t t = 0; t < r->target_count; t++) {
			const char *why = results_failure(r, p, t);

			if (why == NULL)
				continue;
			results_add(text, "%s did not run: %s.",
			    r->targets[t].name, why);
			return;
		}
	}
	if (r->block_count == 0 && r->search_count > 0)
		add_searches(text, r);
	else if (r->block_count == 0)
		results_add(text, "Nothing was measured.");
	else
		results_add(text, "No verdict: %zu of %zu blocks are void.",
		    results_voided(r), r->block_count);
}

/* The second half of the sentence. */
static void
add_tail(struct results_text *text, const struct results *r,
    const struct results_ratio *tail)
{
	double by = 100 * (tail->valid.value - 1);

	if (isinf(tail->valid.value)) {
		results_add(text, ", and leaves requests unanswered");
		return;
	}
	results_add(text, ", and its p99 latency is %.3g%% %s", fabs(by),
	    by < 0 ? "lower" : "higher");
	add_basis(text, r, tail);
}

/* How many there are: of many, some are wrong by chance. */
static size_t
verdicts(const struct results *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->ratio_count; i++)
		n += !r->ratios[i].control &&
		    r->ratios[i].verdict != STATS_VOID;
	return (n);
}

/* " Others: limit 0.878x (within noise), bufferevent 0.61x (better)." */
static void
add_others(struct results_text *text, const struct results *r,
    const struct results_ratio *main)
{
	const char *before = " Others: ";

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_ratio *x = results_find(r, main->point,
		    t, main->metric);

		if (x == NULL || x == main || x->control)
			continue;
		results_add(text, "%s%s %.3gx (%s)", before, r->targets[t].name,
		    results_shown(x)->value, stats_verdict_name(x->verdict));
		before = ", ";
	}
	if (before[0] == ',')
		results_add(text, ".");
}

void
results_headline(struct results *r)
{
	struct results_text text = { r->headline, sizeof(r->headline), 0 };
	const struct results_ratio *ratio = results_main(r), *tail;

	r->headline[0] = r->basis[0] = '\0';
	if (r->cells == NULL)
		return;
	if (ratio == NULL) {
		add_single(&text, r);
		return;
	}
	add_comparison(&text, r, ratio);
	tail = results_find(r, ratio->point, ratio->target, METRIC_P99);
	if (ratio->metric != METRIC_P99 && tail != NULL && conclusive(tail))
		add_tail(&text, r, tail);
	results_add(&text, ".");
	add_others(&text, r, ratio);
	text = (struct results_text){ r->basis, sizeof(r->basis), 0 };
	if (ratio->verdict != STATS_VOID)
		results_add(&text, "%.1f%% intervals of the median ratio over "
		    "the %zu valid of %zu paired blocks, each of %zu verdicts for "
		    "itself; the noise floor is what the A/A control "
		    "differed by.", 100 * ratio->valid.coverage,
		    ratio->valid.n, ratio->all.n, verdicts(r));
}
