/*
 * The engine. A request is born in engine_add(), which puts its bytes into
 * the one output buffer and its stamps on its connection; it ends in exactly
 * one of engine_pop_good(), engine_pop_bad() and, where it was overtaken, the
 * list of skipped ones, so that the record's sums hold: planned = replies +
 * errors that belong to a request.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "engine_part.h"

#define IN_SIZE (256u << 10)

/* Requests sent before replies are looked at again. */
#define POLL_MOST 256

struct engine *
engine_new(const struct engine_config *config)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return (NULL);
	e->config = *config;
	e->failure = RECORD_ERRORS;
	e->in_size = IN_SIZE + config->framer.max;
	e->conns = calloc((size_t)config->connections + 1,
	    sizeof(e->conns[0]));
	e->idle = calloc(1, sizeof(*e->idle));
	e->in = malloc(e->in_size);
	e->out_size = payload_size(config->payload) + FRAME_HEAD_MAX +
	    FRAME_TAIL_MAX;
	e->out_size *= config->depth;
	e->out = malloc(e->out_size);
	rng_seed(&e->rng, config->seed + config->first);
	if (e->conns == NULL || e->idle == NULL || e->in == NULL ||
	    e->out == NULL) {
		engine_free(e);
		return (NULL);
	}
	return (e);
}

void
engine_free(struct engine *e)
{

	if (e == NULL)
		return;
	for (uint32_t i = 0; e->conns != NULL && i < e->config.connections; i++)
		engine_conn_free(&e->conns[i]);
	free(e->conns);
	free(e->idle);
	free(e->in);
	free(e->out);
	free(e);
}

void
engine_opened(struct engine *e, uint32_t connection)
{
	struct engine_conn *c = &e->conns[connection];

	c->open = 1;
	if (c->outstanding > 0)
		engine_writable(e, connection);
	else
		engine_refill(e, c, engine_now(e), 1);
}

void
engine_refused(struct engine *e, uint32_t connection)
{
	struct engine_conn *c = &e->conns[connection];
	uint64_t t = engine_now(e);

	if (c->outstanding == 0)
		engine_event(e, RECORD_CONNECT);
	engine_integrate(e, t);
	while (c->outstanding > 0)
		engine_pop_bad(e, c, t, RECORD_CONNECT);
}

void
engine_warm(struct engine *e)
{

	e->phase = ENGINE_WARM;
	for (uint32_t i = 0; i < e->config.active; i++)
		engine_refill(e, &e->conns[i], engine_now(e), e->config.depth);
}

void
engine_measure(struct engine *e, uint64_t begin, uint64_t length)
{

	e->phase = ENGINE_MEASURE;
	e->measured = 1;
	e->begin = begin;
	e->end = begin + length;
	e->changed = begin;
	record_begin(e->config.record, begin, length);
	for (uint32_t i = 0; i < e->config.active; i++) {
		e->conns[i].last_us = 0;
		e->conns[i].gap_us = 0;
	}
	for (uint32_t i = 0; e->config.plan == NULL &&
	    i < e->config.active; i++) {
		uint64_t t = engine_now(e);

		if (t > begin)
			e->slack -= (int64_t)((t - begin) * e->config.depth);
		if (e->config.churn)
			engine_renew(e, &e->conns[i], t);
		else
			engine_refill(e, &e->conns[i], t, e->config.depth);
	}
}

/* Send one arrival of the plan, if it is one of ours. */
static void
arrive(struct engine *e, const struct plan_item *item, uint64_t t)
{
	uint32_t at = item->connection - e->config.first;
	uint64_t intended = e->begin + item->at;
	struct engine_conn *c;

	if (item->connection < e->config.first || at >= e->config.active)
		return;
	c = &e->conns[at];
	engine_integrate(e, t);
	if (!c->open) {
		/* The service ended it: not the client's omission. */
		record_unsendable(engine_record(e), intended, t);
		return;
	}
	if (engine_add(e, c, intended, item->work)) {
		/* No memory, and that is the client's. */
		record_bad(engine_record(e), intended, t, RECORD_UNSENT);
		return;
	}
	engine_send(e, c, 1, t);
}

uint64_t
engine_poll(struct engine *e)
{
	const struct plan *plan = e->config.plan;
	uint64_t t = engine_now(e);

	if (e->phase != ENGINE_MEASURE)
		return (UINT64_MAX);
	if (plan == NULL) {
		if (t < e->end)
			return (e->end);
		e->phase = ENGINE_HOLD;
		return (UINT64_MAX);
	}
	for (unsigned i = 0; e->planned < plan->count; i++) {
		if (i == POLL_MOST)
			return (t);
		if (e->begin + plan->items[e->planned].at > t) {
			/* Sending took time: look again before sleeping. */
			uint64_t later = engine_now(e);

			if (e->begin + plan->items[e->planned].at > later)
				return (e->begin +
				    plan->items[e->planned].at);
			t = later;
		}
		arrive(e, &plan->items[e->planned++], t);
		t = engine_now(e);
	}
	if (t < e->end)
		return (e->end);
	e->phase = ENGINE_HOLD;
	return (UINT64_MAX);
}

void
engine_hold(struct engine *e)
{

	e->phase = ENGINE_HOLD;
}

uint64_t
engine_outstanding(const struct engine *e)
{

	return (e->outstanding);
}

uint64_t
engine_answered(const struct engine *e)
{

	return (e->answered);
}

uint64_t
engine_failures(const struct engine *e)
{

	return (e->failures);
}

enum record_error
engine_failure(const struct engine *e)
{

	return (e->failure);
}

/* Planned, never sent: the engine was not called in time. */
static void
finish_plan(struct engine *e, uint64_t t)
{
	const struct plan *plan = e->config.plan;

	for (; plan != NULL && e->planned < plan->count; e->planned++) {
		const struct plan_item *item = &plan->items[e->planned];

		if (item->connection >= e->config.first &&
		    item->connection - e->config.first < e->config.active)
			record_bad(engine_record(e), e->begin + item->at, t,
			    RECORD_UNSENT);
	}
}

void
engine_finish(struct engine *e)
{
	uint64_t t = engine_now(e);

	e->phase = ENGINE_HOLD;
	if (e->measured)
		finish_plan(e, t);
	for (uint32_t i = 0; i < e->config.connections; i++) {
		struct engine_conn *c = &e->conns[i];

		for (; c->skips > 0; c->skips--)
			record_bad(engine_record(e),
			    c->slab->skip[c->skips - 1].intended, t,
			    RECORD_UNANSWERED);
		while (c->outstanding > 0)
			engine_pop_bad(e, c, t, RECORD_UNANSWERED);
		if (e->measured && i < e->config.active)
			engine_note_gap(e, c, t);
	}
	/* What comes now has been counted as unanswered; and the record is
	 * being read. */
	e->measured = 0;
}

uint64_t
engine_longest_gap(const struct engine *e)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < e->config.active; i++)
		if (e->conns[i].gap_us > longest)
			longest = e->conns[i].gap_us;
	return ((uint64_t)longest * 1000);
}

int64_t
engine_slack(const struct engine *e)
{

	return (e->slack);
}

size_t
engine_bytes_per_connection(void)
{

	return (sizeof(struct engine_conn));
}
