/*
 * The trials, and what was derived from them, as JSON.
 */
#include "report_part.h"
#include "json.h"

#include <math.h>
#include <string.h>


static void
interval(struct json *j, const char *key, const struct stats_interval *i)
{

	json_flat(j, key, '{');
	json_number(j, "value", i->value);
	json_number(j, "low", i->low);
	json_number(j, "high", i->high);
	json_number(j, "coverage", i->coverage);
	json_whole(j, "blocks", i->n);
	json_close(j, '}');
}

/* Only the buckets that hold something: [lowest value in ns, count]. */
static void
histogram(struct json *j, const char *key, const struct hist *h)
{

	json_open(j, key, '{');
	json_whole(j, "count", h->count);
	json_whole(j, "infinite", h->infinite);
	json_whole(j, "overflow", h->overflow);
	json_whole(j, "clamped", h->clamped);
	json_whole(j, "sum_ns", h->sum);
	json_whole(j, "min_ns", h->min);
	json_whole(j, "max_ns", h->max);
	json_flat(j, "buckets", '[');
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		if (h->bucket[i] == 0)
			continue;
		json_open(j, NULL, '[');
		json_whole(j, NULL, hist_bucket_low(i));
		json_whole(j, NULL, h->bucket[i]);
		json_close(j, ']');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void
counts(struct json *j, const struct record *r)
{

	json_flat(j, "counts", '{');
	json_whole(j, "planned", r->planned);
	json_whole(j, "sent", r->sent);
	json_whole(j, "replies", r->replies);
	json_whole(j, "in_time", r->in_time);
	json_whole(j, "bytes_out", r->bytes_out);
	json_whole(j, "bytes_in", r->bytes_in);
	for (unsigned e = 0; e < RECORD_ERRORS; e++)
		json_whole(j, record_error_name(e), r->errors[e]);
	json_close(j, '}');
}

#define AT(field) offsetof(struct gates_readings, field)

static const struct {
	const char *key;
	size_t offset;
} reading_rows[] = {
	{ "steal", AT(steal) }, { "foreign", AT(foreign) },
	{ "pressure", AT(pressure) }, { "adherence", AT(adherence) },
	{ "client_busy", AT(client_busy) },
	{ "client_cores", AT(client_cores) },
	{ "server_cores", AT(server_cores) },
	{ "server_hot", AT(server_hot) }, { "server_wait", AT(server_wait) },
	{ "cores", AT(cores) },
	{ "offered", AT(offered) }, { "done", AT(done) },
	{ "little", AT(little) }, { "censored", AT(censored) },
	{ "drift", AT(drift) }, { "drops", AT(drops) },
	{ "retransmits", AT(retransmits) }, { "errors", AT(errors) },
	{ "lost", AT(lost) }, { "broken", AT(broken) },
	{ "hiccup_p99_ns", AT(hiccup) }, { "spin_ns", AT(spin) },
};

const char *
report_reading(size_t i, size_t *offset)
{

	if (i >= sizeof(reading_rows) / sizeof(reading_rows[0]))
		return (NULL);
	*offset = reading_rows[i].offset;
	return (reading_rows[i].key);
}

static void
readings(struct json *j, const struct gates_readings *g)
{
	const char *key;
	size_t at;
	double value;

	json_flat(j, "readings", '{');
	for (size_t i = 0; (key = report_reading(i, &at)) != NULL; i++) {
		memcpy(&value, (const char *)g + at, sizeof(value));
		json_number(j, key, value);
	}
	json_close(j, '}');
}

static void
failed_gates(struct json *j, unsigned gates)
{

	json_flat(j, "failed_gates", '[');
	for (unsigned g = 0; g < GATES; g++) {
		if (gates & 1u << g)
			json_text(j, NULL, gates_name(g));
	}
	json_close(j, ']');
}

static void
trial(struct json *j, const struct results *r, const struct results_trial *t)
{

	json_open(j, NULL, '{');
	json_text(j, "target", report_name(r, t->target));
	json_whole(j, "position", t->position);
	json_hex(j, "seed", t->seed);
	json_number(j, "start_s", (double)t->start / 1e9);
	json_number(j, "length_s", (double)t->length / 1e9);
	json_whole(j, "generators", t->generators);
	json_whole(j, "servers", t->servers);
	json_text(j, "failed", t->failed);
	failed_gates(j, t->gates);
	readings(j, &t->readings);
	json_flat(j, "values", '{');
	for (unsigned m = 0; m < METRICS; m++)
		json_number(j, metric_info(m)->key, t->value[m]);
	json_close(j, '}');
	if (t->fairness.jain > 0) {
		json_flat(j, "fairness", '{');
		json_number(j, "jain", t->fairness.jain);
		json_number(j, "jain_expected", t->fairness.jain_expected);
		json_number(j, "dispersion", t->fairness.dispersion);
		json_number(j, "p_uneven", t->fairness.p_uneven);
		json_whole(j, "starved", t->fairness.starved);
		json_number(j, "starved_expected",
		    t->fairness.starved_expected);
		json_number(j, "longest_gap_s", t->gap / 1e9);
		json_number(j, "connect_s", t->connect / 1e9);
		json_close(j, '}');
	}
	if (t->record != NULL)
		counts(j, t->record);
	json_close(j, '}');
}

void
report_blocks(const struct results *r, struct json *j)
{

	json_open(j, "blocks", '[');
	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];

		json_open(j, NULL, '{');
		json_whole(j, "point", block->point);
		json_number(j, "start_s", (double)block->start / 1e9);
		json_number(j, "end_s", (double)block->end / 1e9);
		json_truth(j, "void", block->void_);
		json_text(j, "reason", block->reason);
		json_open(j, "trials", '[');
		for (size_t t = 0; t < block->trial_count; t++)
			trial(j, r, &block->trials[t]);
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* How the trial went over time, and who was served how often. */
static void
over_time(struct json *j, const struct record *r)
{

	json_flat(j, "windows", '{');
	json_whole(j, "window_ns", r->window);
	json_open(j, "replies", '[');
	for (unsigned i = 0; i < RECORD_WINDOWS; i++)
		json_whole(j, NULL, r->windows[i].replies);
	json_close(j, ']');
	json_open(j, "response_sum_ns", '[');
	for (unsigned i = 0; i < RECORD_WINDOWS; i++)
		json_whole(j, NULL, r->windows[i].response_sum);
	json_close(j, ']');
	json_close(j, '}');
	/* [step, bin, requests] */
	json_flat(j, "map", '[');
	for (unsigned i = 0; i < RECORD_HEAT_STEPS; i++) {
		for (unsigned k = 0; k < RECORD_HEAT_BINS; k++) {
			if (r->heat[i][k] == 0)
				continue;
			json_open(j, NULL, '[');
			json_whole(j, NULL, i);
			json_whole(j, NULL, k);
			json_whole(j, NULL, r->heat[i][k]);
			json_close(j, ']');
		}
	}
	json_close(j, ']');
}

static void
cell(struct json *j, const struct results *r, uint32_t p, uint32_t t)
{
	const struct results_cell *c = results_cell(r, p, t);

	json_open(j, NULL, '{');
	json_whole(j, "point", p);
	json_text(j, "target", report_name(r, t));
	json_whole(j, "blocks", c->blocks);
	json_text(j, "limiter", c->limiter);
	json_truth(j, "overload", c->overload);
	json_truth(j, "of_void_blocks", c->voided);
	json_text(j, "failed", c->failed);
	json_open(j, "values", '{');
	for (unsigned m = 0; m < METRICS; m++) {
		if (c->value[m].n > 0)
			interval(j, metric_info(m)->key, &c->value[m]);
	}
	json_close(j, '}');
	readings(j, &c->readings);
	json_flat(j, "completions", '[');
	for (unsigned i = 0; i < STATS_SPREAD && !isnan(c->spread[0]); i++)
		json_number(j, NULL, c->spread[i]);
	json_close(j, ']');
	if (c->pooled != NULL) {
		counts(j, c->pooled);
		over_time(j, c->pooled);
		histogram(j, "response", &c->pooled->response);
		histogram(j, "service", &c->pooled->service);
		histogram(j, "lateness", &c->pooled->lateness);
		histogram(j, "unanswered_ages", &c->pooled->ages);
	}
	json_close(j, '}');
}

void
report_derived(const struct results *r, struct json *j)
{

	json_open(j, "cells", '[');
	for (uint32_t p = 0; p < r->point_count && r->cells != NULL; p++)
		for (uint32_t t = 0; t < r->target_count; t++)
			cell(j, r, p, t);
	json_close(j, ']');
	json_open(j, "ratios", '[');
	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *x = &r->ratios[i];
		uint32_t against = r->targets[x->target].same_as;

		json_open(j, NULL, '{');
		json_whole(j, "point", x->point);
		json_text(j, "target", report_name(r, x->target));
		json_text(j, "against", report_name(r,
		    against != RESULTS_NONE ? against : r->baseline));
		json_text(j, "metric", metric_info(x->metric)->key);
		json_truth(j, "control", x->control);
		json_text(j, "verdict", stats_verdict_name(x->verdict));
		json_text(j, "verdict_with_void_blocks",
		    stats_verdict_name(x->verdict_all));
		interval(j, "ratio", &x->valid);
		interval(j, "ratio_with_void_blocks", &x->all);
		json_close(j, '}');
	}
	json_close(j, ']');
}

