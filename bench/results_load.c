/*
 * What report_json() writes, read back. A file may come from anywhere: every
 * index in it is looked at before it is used.
 */
#include "config.h"

#include "results_load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load_part.h"

/* More is no report of ours; derived figures are points x targets. */
#define POINTS_MAX 4096
#define TARGETS_MAX 256

double
load_value(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text != NULL && strcmp(text, "inf") == 0)
		return (INFINITY);
	if (text != NULL && strcmp(text, "-inf") == 0)
		return (-INFINITY);
	return (json_is_number(value) ? json_number_value(value) : NAN);
}

uint64_t
load_count(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text != NULL)
		return (strtoull(text, NULL, 10));
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return (0);
	return ((uint64_t)json_integer_value(value));
}

double
load_number(const json_t *object, const char *key)
{

	return (load_value(json_object_get(object, key)));
}

uint64_t
load_whole(const json_t *object, const char *key)
{

	return (load_count(json_object_get(object, key)));
}

uint64_t
load_hex(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return (text != NULL ? strtoull(text, NULL, 16) : 0);
}

void
load_text(const json_t *object, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(to, size, "%s", text != NULL ? text : "");
}

uint64_t
load_time(const json_t *object, const char *key)
{
	double seconds = load_number(object, key);

	return (seconds >= 0 && seconds < 1e9 ?
	    (uint64_t)llround(seconds * 1e9) : 0);
}

uint32_t
load_target(const struct results *r, const json_t *object, const char *key)
{
	const char *name = json_string_value(json_object_get(object, key));

	for (uint32_t t = 0; name != NULL && t < r->target_count; t++)
		if (strcmp(r->targets[t].name, name) == 0)
			return (t);
	return (RESULTS_NONE);
}

static void
load_load(struct results *r, const json_t *load)
{
	char text[RESULTS_TEXT];

	load_text(load, "arrival", text, sizeof(text));
	(void)plan_arrival_by_name(text, &r->load.arrival);
	load_text(load, "choice", text, sizeof(text));
	r->load.choice = strcmp(text, "hot") == 0 ? PLAN_HOT :
	    strcmp(text, "random") == 0 ? PLAN_RANDOM : PLAN_ROUND_ROBIN;
	load_text(load, "service", text, sizeof(text));
	(void)plan_service_parse(text, &r->load.service);
	r->load.burst = (uint32_t)load_whole(load, "burst");
	r->load.reply_size = (uint32_t)load_whole(load, "reply_size");
	r->partly_open = json_is_true(json_object_get(load, "partly_open"));
	r->churn = json_is_true(json_object_get(load, "churn"));
	load_text(load, "disturb", r->disturb, sizeof(r->disturb));
	r->probe = load_number(load, "probe");
	load_text(load, "framing", r->framing, sizeof(r->framing));
	load_text(load, "request", r->request, sizeof(r->request));
	r->request_size = (uint32_t)load_whole(load, "request_size");
	r->warmup = load_time(load, "warmup_s");
	r->trial = load_time(load, "trial_s");
	r->drain = load_time(load, "drain_s");
}

static int
load_head(struct results *r, const json_t *root)
{
	const json_t *gates = json_object_get(root, "gates");
	const json_t *generator = json_object_get(root, "generator"), *item;
	size_t i;

	load_text(root, "tool", r->tool, sizeof(r->tool));
	load_text(root, "command", r->command, sizeof(r->command));
	load_text(root, "started", r->started, sizeof(r->started));
	r->seconds = load_number(root, "seconds");
	r->partial = json_is_true(json_object_get(root, "partial"));
	r->seed = load_hex(root, "seed");
	r->confidence = load_number(root, "confidence");
	r->limits = (struct gates_limits){ load_number(gates, "steal"),
	    load_number(gates, "foreign"), load_number(gates, "adherence"),
	    load_number(gates, "client"), load_number(gates, "little"),
	    load_number(gates, "steady"), load_number(gates, "drops"),
	    load_number(gates, "errors"), load_number(gates, "lost") };
	r->client_floor_us = load_number(generator, "cpu_us");
	r->client_top_rate = load_number(generator, "top_rate");
	r->floor_p50_us = load_number(generator, "floor_p50_us");
	r->floor_p99_us = load_number(generator, "floor_p99_us");
	json_array_foreach(json_object_get(root, "arguments"), i, item)
		if (!json_is_string(item) ||
		    results_argument(r, json_string_value(item)))
			return (-1);
	load_load(r, json_object_get(root, "load"));
	return (0);
}

static int
load_facts(struct results *r, const json_t *root)
{
	char group[RESULTS_NAME], name[RESULTS_NAME], value[RESULTS_TEXT];
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(root, "machine"), i, item) {
		load_text(item, "group", group, sizeof(group));
		load_text(item, "name", name, sizeof(name));
		load_text(item, "value", value, sizeof(value));
		if (results_fact(r, group, name, "%s", value))
			return (-1);
	}
	json_array_foreach(json_object_get(root, "notes"), i, item)
		if (!json_is_string(item) ||
		    results_note(r, "%s", json_string_value(item)))
			return (-1);
	return (0);
}

static int
load_targets(struct results *r, const json_t *root)
{
	const json_t *targets = json_object_get(root, "targets"), *item;
	char name[RESULTS_NAME], command[RESULTS_LONG];
	size_t i;

	if (json_array_size(targets) > TARGETS_MAX)
		return (-1);
	json_array_foreach(targets, i, item) {
		struct results_target *t;

		load_text(item, "name", name, sizeof(name));
		load_text(item, "command", command, sizeof(command));
		if ((t = results_target(r, name, command)) == NULL)
			return (-1);
		load_text(item, "version", t->version, sizeof(t->version));
		load_text(item, "skipped", t->skipped, sizeof(t->skipped));
		t->same_as = load_target(r, item, "same_as");
	}
	r->baseline = load_target(r, root, "baseline");
	if (r->baseline == RESULTS_NONE)
		r->baseline = 0;
	return (0);
}

static int
load_points(struct results *r, const json_t *root)
{
	const json_t *points = json_object_get(root, "points"), *item;
	size_t i;

	if (json_array_size(points) > POINTS_MAX)
		return (-1);
	json_array_foreach(points, i, item) {
		struct results_point *p = results_point(r);

		if (p == NULL)
			return (-1);
		p->rate = load_number(item, "rate");
		p->load = load_number(item, "load");
		p->connections = (uint32_t)load_whole(item, "connections");
		p->idle = (uint32_t)load_whole(item, "idle");
		p->depth = (uint32_t)load_whole(item, "depth");
		p->disturbed = json_is_true(json_object_get(item,
		    "disturbed"));
		p->plan_hash = load_hex(item, "plan_hash");
	}
	return (0);
}

static int
load_memory(struct results *r, const json_t *root)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(root, "memory"), i, item) {
		uint32_t t = load_target(r, item, "target");
		struct results_memory *m;

		if (t == RESULTS_NONE || (m = results_memory(r, t,
		    (uint32_t)load_whole(item, "connections"))) == NULL)
			return (-1);
		m->round = (uint32_t)load_whole(item, "round");
		m->active = json_is_true(json_object_get(item, "active"));
		m->user = load_number(item, "user_bytes");
		m->kernel = load_number(item, "kernel_bytes");
		load_text(item, "refused", m->refused, sizeof(m->refused));
	}
	return (0);
}

static int
load_attempts(struct results_search *s, const json_t *search)
{
	char outcome[RESULTS_NAME];
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(search, "tried"), i, item) {
		struct results_attempt *a = results_attempt(s);

		if (a == NULL)
			return (-1);
		a->rate = load_number(item, "rate");
		a->length = load_time(item, "length_s");
		a->measured = load_number(item, "measured_us");
		a->cpu = load_number(item, "cpu_us");
		load_text(item, "why", a->why, sizeof(a->why));
		load_text(item, "outcome", outcome, sizeof(outcome));
		for (unsigned o = 0; o < RESULTS_OUTCOMES; o++)
			if (strcmp(results_outcome(o), outcome) == 0)
				a->outcome = o;
	}
	return (0);
}

static int
load_searches(struct results *r, const json_t *root)
{
	char objective[RESULTS_NAME];
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(root, "searches"), i, item) {
		uint32_t t = load_target(r, item, "target");
		uint64_t point = load_whole(item, "point");
		struct results_search *s;

		load_text(item, "objective", objective, sizeof(objective));
		if (t == RESULTS_NONE || point >= r->point_count ||
		    (s = results_search(r, t, (uint32_t)point, objective)) ==
		    NULL || load_attempts(s, item))
			return (-1);
		s->rate = load_number(item, "rate");
		s->confirmed = json_is_true(json_object_get(item,
		    "confirmed"));
		s->above = json_is_true(json_object_get(item, "above"));
		s->unjudged = json_is_true(json_object_get(item,
		    "unjudged"));
		load_text(item, "stopped", s->stopped, sizeof(s->stopped));
		s->trials = (uint32_t)load_whole(item, "trials");
		s->measured = load_number(item, "measured_us");
	}
	return (0);
}

static int
load_theories(struct results *r, const json_t *root)
{
	char name[RESULTS_NAME];
	const json_t *item, *row;
	size_t i, k;

	json_array_foreach(json_object_get(root, "theory"), i, item) {
		struct results_theory *t;

		load_text(item, "name", name, sizeof(name));
		if ((t = results_theory(r, name)) == NULL)
			return (-1);
		json_array_foreach(json_object_get(item, "rate_p50_p99"), k,
		    row) {
			if (k == sizeof(t->rate) / sizeof(t->rate[0]))
				return (-1);
			t->rate[k] = load_value(json_array_get(row, 0));
			t->p50[k] = load_value(json_array_get(row, 1));
			t->p99[k] = load_value(json_array_get(row, 2));
			t->count = k + 1;
		}
	}
	return (0);
}

static int
load_all(struct results *r, const json_t *root)
{
	char schema[RESULTS_NAME];

	load_text(root, "schema", schema, sizeof(schema));
	if (strcmp(schema, "throng-bench") != 0 || load_head(r, root) ||
	    load_facts(r, root) || load_targets(r, root) ||
	    load_points(r, root) || load_blocks(r, root) ||
	    load_memory(r, root) || load_searches(r, root) ||
	    load_theories(r, root) || load_derived(r, root))
		return (-1);
	results_headline(r);
	return (0);
}

static json_t *
parse(const char *path, char *why, size_t size)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	json_error_t error;
	json_t *root;

	if (f == NULL) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return (NULL);
	}
	/* An escaped NUL in a string is cut there, as everywhere. */
	if ((root = json_loadf(f, JSON_ALLOW_NUL, &error)) == NULL)
		snprintf(why, size, "%s, line %d: %s", path, error.line,
		    error.text);
	if (f != stdin)
		fclose(f);
	return (root);
}

struct results *
results_load(const char *path, char *why, size_t size)
{
	json_t *root = parse(path, why, size);
	struct results *r;

	if (root == NULL)
		return (NULL);
	r = results_new();
	if (json_is_object(root) && json_object_get(root, "schema_version") !=
	    NULL && load_whole(root, "schema_version") != RESULTS_SCHEMA) {
		snprintf(why, size, "%s: schema %llu, not %d", path,
		    (unsigned long long)load_whole(root, "schema_version"),
		    RESULTS_SCHEMA);
		results_free(r);
		r = NULL;
	} else if (r == NULL || load_all(r, root)) {
		snprintf(why, size, "%s is no report of throng-bench", path);
		results_free(r);
		r = NULL;
	}
	json_decref(root);
	return (r);
}
