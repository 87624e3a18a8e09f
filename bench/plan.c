/*
 * Plans: arrivals, choices and work each have a random stream of their own,
 * so that changing one law leaves the other two as they were.
 */
#include "plan.h"
#include "parse.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1e9
#define ITEMS_MAX (UINT64_C(1) << 28)
#define WORK_MAX (UINT64_C(400) * 1000000000)

enum key { KEY_GAPS, KEY_CHOICES, KEY_WORKS };

static double
burst_of(const struct plan_spec *spec)
{

	return (spec->arrival == PLAN_BURST && spec->burst > 1 ?
	    spec->burst : 1);
}

int
plan_stream_start(struct plan_stream *s, const struct plan_spec *spec,
    uint32_t share, uint32_t shares)
{
	struct rng root;

	memset(s, 0, sizeof(*s));
	s->spec = *spec;
	if (spec->arrival != PLAN_CLOSED && (!isfinite(spec->rate) ||
	    spec->rate <= 0 || spec->connections == 0 || shares == 0)) {
		errno = EINVAL;
		return (-1);
	}
	rng_seed(&root, spec->seed);
	rng_split(&root, KEY_GAPS, &s->gaps);
	rng_split(&root, KEY_CHOICES, &s->choices);
	rng_split(&root, KEY_WORKS, &s->works);
	s->share = share;
	s->shares = shares;
	return (0);
}

/* Move `at` to the arrival `number`. */
static void
arrive(struct plan_stream *s)
{
	double gap = SECOND / s->spec.rate;

	if (s->spec.arrival == PLAN_CONSTANT) {
		/* From the number, so that errors do not add up. */
		s->at = (double)s->number * gap;
		return;
	}
	if (s->left == 0) {
		s->left = (uint32_t)burst_of(&s->spec);
		s->at += rng_exponential(&s->gaps, gap * s->left);
	}
	s->left--;
}

static uint32_t
choose(struct plan_stream *s)
{
	uint32_t n = s->spec.connections, hot = (n + 9) / 10;

	switch (s->spec.choice) {
	case PLAN_RANDOM:
		return ((uint32_t)rng_below(&s->choices, n));
	case PLAN_HOT:
		if (rng_unit(&s->choices) < 0.9 || hot == n)
			return ((uint32_t)rng_below(&s->choices, hot));
		return (hot + (uint32_t)rng_below(&s->choices, n - hot));
	case PLAN_ROUND_ROBIN:
		break;
	}
	return ((uint32_t)(s->number % n));
}

int
plan_stream_next(struct plan_stream *s, struct plan_item *item)
{

	if (s->spec.arrival == PLAN_CLOSED)
		return (0);
	/* All draws are made, whoever's turn it is: shares are one plan. */
	do {
		arrive(s);
		if (s->at >= (double)s->spec.duration)
			return (0);
		item->at = (uint64_t)s->at;
		item->connection = choose(s);
		item->work = plan_work(&s->spec.service, &s->works);
		s->number++;
	} while (item->connection % s->shares != s->share);
	return (1);
}

static uint64_t
fnv1a(uint64_t hash, uint64_t value, unsigned bytes)
{

	while (bytes-- > 0) {
		hash = (hash ^ (value & 0xff)) * UINT64_C(0x100000001b3);
		value >>= 8;
	}
	return (hash);
}

/* Fowler, Noll and Vo, variant 1a (RFC 9923). */
uint64_t
plan_stream_hash(uint64_t hash, const struct plan_item *item)
{

	if (hash == 0)
		hash = UINT64_C(0xcbf29ce484222325);
	hash = fnv1a(hash, item->at, 8);
	hash = fnv1a(hash, item->connection, 4);
	return (fnv1a(hash, item->work, 4));
}

/* Room for the plan: what is expected, and eight standard deviations. */
static size_t
expected(const struct plan_spec *spec)
{
	double n = spec->rate * (double)spec->duration / SECOND;

	n += 8 * sqrt(n * burst_of(spec)) + burst_of(spec) + 16;
	return (n < (double)ITEMS_MAX ? (size_t)n : 0);
}

int
plan_make(struct plan *plan, const struct plan_spec *spec)
{
	struct plan_stream stream;
	struct plan_item item;
	size_t room;

	memset(plan, 0, sizeof(*plan));
	plan->spec = *spec;
	if (plan_stream_start(&stream, spec, 0, 1) != 0)
		return (-1);
	if (spec->arrival == PLAN_CLOSED)
		return (0);
	room = expected(spec);
	errno = ENOMEM;
	if (room == 0 ||
	    (plan->items = malloc(room * sizeof(item))) == NULL)
		return (-1);
	while (plan->count < room && plan_stream_next(&stream, &item)) {
		plan->items[plan->count++] = item;
		plan->hash = plan_stream_hash(plan->hash, &item);
	}
	return (0);
}

void
plan_free(struct plan *plan)
{

	free(plan->items);
	plan->items = NULL;
	plan->count = 0;
}

uint32_t
plan_work(const struct plan_service *service, struct rng *rng)
{
	double ns = 0;

	switch (service->law) {
	case PLAN_NONE:
		return (0);
	case PLAN_FIXED:
		ns = service->low;
		break;
	case PLAN_EXPONENTIAL:
		ns = rng_exponential(rng, service->low);
		break;
	case PLAN_BIMODAL:
		ns = rng_unit(rng) < service->share ? service->low :
		    service->high;
		break;
	}
	ns = round(ns / PLAN_WORK_UNIT);
	return (ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX);
}

size_t
plan_request(const struct plan_spec *spec, uint32_t work, char *text,
    size_t size)
{
	int n = 0;

	if (size > 0)
		text[0] = '\0';
	if (spec->service.law != PLAN_NONE)
		n = snprintf(text, size, "%s %" PRIu32 ".%" PRIu32 "us",
		    spec->service.work == PLAN_SPIN ? "spin" : "wait",
		    work / 10, work % 10);
	if (spec->reply_size > 0 && (size_t)n < size)
		n += snprintf(text + n, size - (size_t)n,
		    "%sreply %" PRIu32, n > 0 ? " " : "", spec->reply_size);
	return ((size_t)n < size ? (size_t)n : size - (size > 0));
}

/* One field up to a colon or the end, as a time; moves `*text` past it. */
static int
field_time(const char **text, double *ns)
{
	size_t length = strcspn(*text, ":");
	uint64_t value;

	if (parse_time(*text, length, 0, WORK_MAX, &value) != 0)
		return (-1);
	*ns = (double)value;
	*text += length + ((*text)[length] == ':');
	return (0);
}

static int
field_share(const char **text, double *share)
{
	char *end;

	/* strtod() would take "nan", "0x1" and a sign as well. */
	if (strspn(*text, "0123456789.") != strcspn(*text, ":"))
		return (-1);
	*share = strtod(*text, &end);
	if (end == *text || *end != ':' || !(*share >= 0 && *share <= 1))
		return (-1);
	*text = end + 1;
	return (0);
}

int
plan_service_parse(const char *text, struct plan_service *service)
{
	struct plan_service s = { .law = PLAN_NONE, .work = PLAN_SPIN };
	int wrong = 0;

	if (strncmp(text, "wait-", 5) == 0) {
		s.work = PLAN_WAIT;
		text += 5;
	}
	if (strcmp(text, "none") == 0 && s.work == PLAN_SPIN) {
		*service = s;
		return (0);
	}
	if (strncmp(text, "fixed:", 6) == 0) {
		s.law = PLAN_FIXED;
		text += 6;
		wrong = field_time(&text, &s.low);
	} else if (strncmp(text, "exp:", 4) == 0) {
		s.law = PLAN_EXPONENTIAL;
		text += 4;
		wrong = field_time(&text, &s.low);
	} else if (strncmp(text, "bimodal:", 8) == 0) {
		s.law = PLAN_BIMODAL;
		text += 8;
		wrong = field_share(&text, &s.share) != 0 ||
		    field_time(&text, &s.low) != 0 ||
		    field_time(&text, &s.high) != 0;
	} else
		wrong = 1;
	if (wrong || *text != '\0')
		return (-1);
	*service = s;
	return (0);
}

const char *
plan_service_format(const struct plan_service *s, char *text, size_t size)
{
	const char *how = s->work == PLAN_WAIT ? "wait-" : "";

	switch (s->law) {
	case PLAN_NONE:
		snprintf(text, size, "none");
		break;
	case PLAN_FIXED:
		snprintf(text, size, "%sfixed:%.10gus", how, s->low / 1e3);
		break;
	case PLAN_EXPONENTIAL:
		snprintf(text, size, "%sexp:%.10gus", how, s->low / 1e3);
		break;
	case PLAN_BIMODAL:
		snprintf(text, size, "%sbimodal:%.6g:%.10gus:%.10gus", how,
		    s->share, s->low / 1e3, s->high / 1e3);
		break;
	}
	return (text);
}

double
plan_service_mean(const struct plan_service *s)
{

	if (s->law == PLAN_BIMODAL)
		return (s->share * s->low + (1 - s->share) * s->high);
	return (s->law == PLAN_NONE ? 0 : s->low);
}

double
plan_service_square(const struct plan_service *s)
{
	double mean = plan_service_mean(s);

	switch (s->law) {
	case PLAN_FIXED:
		return (1);
	case PLAN_EXPONENTIAL:
		return (2);
	case PLAN_BIMODAL:
		return (mean > 0 ? (s->share * s->low * s->low +
		    (1 - s->share) * s->high * s->high) / (mean * mean) : 0);
	case PLAN_NONE:
		break;
	}
	return (0);
}

static const char *const names[] = {
	[PLAN_CLOSED] = "closed",
	[PLAN_CONSTANT] = "constant",
	[PLAN_POISSON] = "poisson",
	[PLAN_BURST] = "burst",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

const char *
plan_arrival_name(enum plan_arrival arrival)
{

	return ((size_t)arrival < NAMES ? names[arrival] : NULL);
}

int
plan_arrival_by_name(const char *name, enum plan_arrival *arrival)
{

	for (size_t i = 0; i < NAMES; i++) {
		if (strcmp(names[i], name) == 0) {
			*arrival = (enum plan_arrival)i;
			return (0);
		}
	}
	return (-1);
}
