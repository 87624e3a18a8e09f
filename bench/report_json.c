/*
 * The record of a run as JSON; the schema is what is written here, in order.
 */
#include "report.h"
#include "report_part.h"
#include "json.h"

#include <math.h>

const char *
report_name(const struct results *r, uint32_t target)
{

	return (target < r->target_count ? r->targets[target].name : "");
}

static void
targets(struct json *j, const struct results *r)
{

	json_open(j, "targets", '[');
	for (size_t t = 0; t < r->target_count; t++) {
		const struct results_target *x = &r->targets[t];

		json_open(j, NULL, '{');
		json_text(j, "name", x->name);
		json_text(j, "command", x->command);
		json_text(j, "version", x->version);
		json_text(j, "same_as", report_name(r, x->same_as));
		json_text(j, "skipped", x->skipped);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "points", '[');
	for (size_t p = 0; p < r->point_count; p++) {
		const struct results_point *x = &r->points[p];

		json_flat(j, NULL, '{');
		json_number(j, "rate", x->rate);
		json_whole(j, "connections", x->connections);
		json_whole(j, "idle", x->idle);
		json_whole(j, "depth", x->depth);
		json_number(j, "load", x->load);
		json_truth(j, "disturbed", x->disturbed);
		json_hex(j, "plan_hash", x->plan_hash);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
limits(struct json *j, const struct gates_limits *g)
{

	json_flat(j, "gates", '{');
	json_number(j, "steal", g->steal);
	json_number(j, "foreign", g->foreign);
	json_number(j, "adherence", g->adherence);
	json_number(j, "client", g->client);
	json_number(j, "little", g->little);
	json_number(j, "steady", g->steady);
	json_number(j, "drops", g->drops);
	json_number(j, "errors", g->errors);
	json_number(j, "lost", g->lost);
	json_close(j, '}');
}

static void
load(struct json *j, const struct results *r)
{
	char text[80];

	json_open(j, "load", '{');
	json_text(j, "arrival", plan_arrival_name(r->load.arrival));
	json_truth(j, "partly_open", r->partly_open);
	json_truth(j, "churn", r->churn);
	json_text(j, "disturb", r->disturb);
	json_number(j, "probe", r->probe);
	json_whole(j, "burst", r->load.burst);
	json_text(j, "choice", r->load.choice == PLAN_HOT ? "hot" :
	    r->load.choice == PLAN_RANDOM ? "random" : "round-robin");
	json_text(j, "service", plan_service_format(&r->load.service, text,
	    sizeof(text)));
	json_whole(j, "reply_size", r->load.reply_size);
	json_text(j, "framing", r->framing);
	json_text(j, "request", r->request);
	json_whole(j, "request_size", r->request_size);
	json_number(j, "warmup_s", (double)r->warmup / 1e9);
	json_number(j, "trial_s", (double)r->trial / 1e9);
	json_number(j, "drain_s", (double)r->drain / 1e9);
	json_close(j, '}');
}

static void
head(struct json *j, const struct results *r)
{

	json_text(j, "schema", "throng-bench");
	json_whole(j, "schema_version", RESULTS_SCHEMA);
	json_text(j, "tool", r->tool);
	json_text(j, "command", r->command);
	json_flat(j, "arguments", '[');
	for (size_t i = 0; i < r->argument_count; i++)
		json_text(j, NULL, r->arguments[i]);
	json_close(j, ']');
	json_text(j, "started", r->started);
	json_number(j, "seconds", r->seconds);
	json_truth(j, "partial", r->partial);
	json_text(j, "headline", r->headline);
	json_hex(j, "seed", r->seed);
	json_number(j, "confidence", r->confidence);
	json_text(j, "baseline", report_name(r, r->baseline));
	load(j, r);
	limits(j, &r->limits);
	json_flat(j, "generator", '{');
	json_number(j, "cpu_us", r->client_floor_us);
	json_number(j, "top_rate", r->client_top_rate);
	json_number(j, "floor_p50_us", r->floor_p50_us);
	json_number(j, "floor_p99_us", r->floor_p99_us);
	json_close(j, '}');
}

static void
facts(struct json *j, const struct results *r)
{

	json_open(j, "machine", '[');
	for (size_t i = 0; i < r->fact_count; i++) {
		json_flat(j, NULL, '{');
		json_text(j, "group", r->facts[i].group);
		json_text(j, "name", r->facts[i].name);
		json_text(j, "value", r->facts[i].value);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "notes", '[');
	for (size_t i = 0; i < r->note_count; i++)
		json_text(j, NULL, r->notes[i].text);
	json_close(j, ']');
}

static void
slope_part(struct json *j, const char *name,
    const struct results_slope_part *part)
{

	json_flat(j, name, '{');
	json_number(j, "value", part->slope.value);
	json_number(j, "low", part->slope.low);
	json_number(j, "high", part->slope.high);
	json_number(j, "coverage", part->slope.coverage);
	json_whole(j, "blocks", part->slope.n);
	json_number(j, "lower_half", part->first);
	json_number(j, "upper_half", part->last);
	json_truth(j, "bends", part->bends);
	json_close(j, '}');
}

static void
memory(struct json *j, const struct results *r)
{

	json_open(j, "memory", '[');
	for (size_t i = 0; i < r->memory_count; i++) {
		const struct results_memory *m = &r->memory[i];

		json_flat(j, NULL, '{');
		json_text(j, "target", report_name(r, m->target));
		json_whole(j, "connections", m->connections);
		json_whole(j, "round", m->round);
		json_truth(j, "active", m->active);
		json_number(j, "user_bytes", m->user);
		json_number(j, "kernel_bytes", m->kernel);
		json_text(j, "refused", m->refused);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "memory_slopes", '[');
	for (size_t s = 0; r->slopes != NULL && s < 2 * r->target_count; s++) {
		const struct results_slope *slope = &r->slopes[s];

		if (slope->user.slope.n == 0 && slope->kernel.slope.n == 0)
			continue;
		json_flat(j, NULL, '{');
		json_text(j, "target", report_name(r, (uint32_t)s / 2));
		json_truth(j, "active", (int)(s % 2));
		slope_part(j, "user", &slope->user);
		slope_part(j, "kernel", &slope->kernel);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
attempts(struct json *j, const struct results_search *s)
{

	json_open(j, "tried", '[');
	for (size_t i = 0; i < s->attempt_count; i++) {
		const struct results_attempt *a = &s->attempts[i];

		json_flat(j, NULL, '{');
		json_number(j, "rate", a->rate);
		json_number(j, "length_s", (double)a->length / 1e9);
		json_number(j, "measured_us", a->measured);
		json_number(j, "cpu_us", a->cpu);
		json_text(j, "outcome", results_outcome(a->outcome));
		json_text(j, "why", a->why);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
searches(struct json *j, const struct results *r)
{

	json_open(j, "searches", '[');
	for (size_t i = 0; i < r->search_count; i++) {
		const struct results_search *s = &r->searches[i];

		json_open(j, NULL, '{');
		json_text(j, "target", report_name(r, s->target));
		json_whole(j, "point", s->point);
		if (s->point < r->point_count)
			json_whole(j, "connections",
			    r->points[s->point].connections);
		json_text(j, "objective", s->objective);
		json_number(j, "rate", s->rate);
		json_truth(j, "confirmed", s->confirmed);
		json_truth(j, "above", s->above);
		json_truth(j, "unjudged", s->unjudged);
		json_text(j, "stopped", s->stopped);
		json_whole(j, "trials", s->trials);
		json_number(j, "measured_us", s->measured);
		attempts(j, s);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "theory", '[');
	for (size_t i = 0; i < r->theory_count; i++) {
		const struct results_theory *t = &r->theories[i];

		json_open(j, NULL, '{');
		json_text(j, "name", t->name);
		json_flat(j, "rate_p50_p99", '[');
		for (size_t k = 0; k < t->count; k++) {
			json_open(j, NULL, '[');
			json_number(j, NULL, t->rate[k]);
			json_number(j, NULL, t->p50[k]);
			json_number(j, NULL, t->p99[k]);
			json_close(j, ']');
		}
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
}

int
report_json(const struct results *r, FILE *out)
{
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	head(&j, r);
	facts(&j, r);
	targets(&j, r);
	report_blocks(r, &j);
	report_derived(r, &j);
	memory(&j, r);
	searches(&j, r);
	json_close(&j, '}');
	return (ferror(out) ? -1 : 0);
}
