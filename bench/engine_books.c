#include "config.h"

#include "engine_part.h"

/* The integral of the outstanding requests over time, before a change. */
void
engine_integrate(struct engine *e, uint64_t t)
{

	if (e->measured && t > e->changed)
		e->config.record->outstanding_sum +=
		    e->outstanding * (t - e->changed);
	e->changed = t;
}

void
engine_note_failure(struct engine *e, enum record_error kind)
{

	if (e->measured)
		return;
	if (e->failures++ == 0)
		e->failure = kind;
}

/* A request that lasts longer than the measured time. */
static void
note_excess(struct engine *e, uint64_t t)
{

	if (e->measured && t > e->end)
		e->slack += (int64_t)(t - e->end);
}

/* The oldest request of the connection ends badly. */
void
engine_pop_bad(struct engine *e, struct engine_conn *c, uint64_t t,
    enum record_error kind)
{
	struct engine_request request = engine_conn_pop(c);

	e->outstanding--;
	note_excess(e, t);
	record_bad(engine_record(e), request.intended, t, kind);
	engine_note_failure(e, kind);
}

void
engine_event(struct engine *e, enum record_error kind)
{

	record_event(engine_record(e), kind);
	engine_note_failure(e, kind);
}

/* The connection is gone, and all that was asked on it. */
void
engine_lost(struct engine *e, struct engine_conn *c, enum record_error kind)
{
	uint64_t t = engine_now(e);

	if (!c->open)
		return;
	c->open = 0;
	if (c->outstanding == 0)
		engine_event(e, kind);
	for (; c->skips > 0; c->skips--)
		record_bad(engine_record(e),
		    c->slab->skip[c->skips - 1].intended, t, kind);
	while (c->outstanding > 0)
		engine_pop_bad(e, c, t, kind);
	e->config.io.ended(e->config.io.context, engine_number(e, c));
}

/* How long this connection has gone without a good reply, up to the end of
 * the measured time: what comes in the drain ends the gap there. */
void
engine_note_gap(const struct engine *e, struct engine_conn *c, uint64_t t)
{
	uint64_t until = t < e->end ? t : e->end;
	uint32_t at = (uint32_t)((until > e->begin ? until - e->begin : 0) /
	    1000);

	if (at > c->last_us && at - c->last_us > c->gap_us)
		c->gap_us = at - c->last_us;
	c->last_us = at;
}

/* Whether the visit goes on after this reply: the same for every target,
 * since it depends on the seed and the number of the request alone. */
static int
stays(const struct engine *e, const struct engine_conn *c)
{
	const uint64_t key = (uint64_t)(e->config.first +
	    engine_number(e, c)) << 32 | (c->next - c->outstanding);
	struct rng parent, one;

	rng_seed(&parent, e->config.seed);
	rng_split(&parent, key, &one);
	return (rng_unit(&one) < e->config.stay);
}

static void
note_trace(const struct engine *e, const struct engine_conn *c,
    const struct engine_request *request, uint64_t t)
{
	const struct engine_config *config = &e->config;

	if (*config->traced < config->trace_room)
		config->trace[(*config->traced)++] = (struct engine_trace){
		    request->intended - e->begin, request->sent - e->begin,
		    t - e->begin, config->first + engine_number(e, c) };
}

void
engine_pop_good(struct engine *e, struct engine_conn *c, uint64_t t,
    size_t bytes)
{
	struct engine_request request = engine_conn_pop(c);

	e->outstanding--;
	e->answered++;
	note_excess(e, t);
	record_reply(engine_record(e), request.intended, request.sent, t, bytes);
	if (e->config.stay > 0 && stays(e, c))
		e->staying++;
	if (e->measured) {
		e->config.completions[engine_number(e, c)]++;
		engine_note_gap(e, c, t);
		if (e->config.trace_room > 0)
			note_trace(e, c, &request, t);
	}
}
