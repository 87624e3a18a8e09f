/*
 * The engine. A request is born in add_request(), which puts its bytes into
 * the one output buffer and its stamps on its connection; it ends in exactly
 * one of pop_good(), pop_bad() and engine_finish(), so that the record's sums
 * hold: planned = replies + errors that belong to a request.
 */
#include "config.h"

#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "engine_conn.h"
#include "rng.h"

#define IN_SIZE (256u << 10)

/* Requests sent before replies are looked at again. */
#define POLL_MOST 256

enum phase { PHASE_PROBE, PHASE_WARM, PHASE_MEASURE, PHASE_HOLD };

struct engine {
	struct engine_config config;
	struct engine_conn *conns;
	enum phase phase;
	int measured;       /* what is outstanding belongs to the record */
	uint64_t begin;     /* of the measured time */
	uint64_t end;
	size_t planned;     /* items of the plan dealt with */
	uint64_t outstanding;
	uint64_t changed;   /* when that number changed last */
	int64_t slack;      /* see engine_slack() */
	uint64_t answered;
	uint64_t failures;
	enum record_error failure;
	struct record *idle; /* where what is not measured goes */
	struct rng rng;
	char *in;
	size_t in_size;
	char *out;
	size_t out_size;
	size_t out_length;
};

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

static uint64_t
now(const struct engine *e)
{

	return (e->config.io.now(e->config.io.context));
}

static struct record *
record_of(struct engine *e)
{

	return (e->measured ? e->config.record : e->idle);
}

static uint32_t
number_of(const struct engine *e, const struct engine_conn *c)
{

	return ((uint32_t)(c - e->conns));
}

/* The integral of the outstanding requests over time, before a change. */
static void
integrate(struct engine *e, uint64_t t)
{

	if (e->measured && t > e->changed)
		e->config.record->outstanding_sum +=
		    e->outstanding * (t - e->changed);
	e->changed = t;
}

static void
note_failure(struct engine *e, enum record_error kind)
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
static void
pop_bad(struct engine *e, struct engine_conn *c, uint64_t t,
    enum record_error kind)
{
	struct engine_request request = engine_conn_pop(c);

	e->outstanding--;
	note_excess(e, t);
	record_bad(record_of(e), request.intended, t, kind);
	note_failure(e, kind);
}

static void
event(struct engine *e, enum record_error kind)
{

	record_event(record_of(e), kind);
	note_failure(e, kind);
}

/* The connection is gone, and all that was asked on it. */
static void
conn_lost(struct engine *e, struct engine_conn *c, enum record_error kind)
{
	uint64_t t = now(e);

	if (!c->open)
		return;
	c->open = 0;
	if (c->outstanding == 0)
		event(e, kind);
	for (; c->skips > 0; c->skips--)
		record_bad(record_of(e),
		    c->slab->skip[c->skips - 1].intended, t, kind);
	while (c->outstanding > 0)
		pop_bad(e, c, t, kind);
	e->config.io.ended(e->config.io.context, number_of(e, c));
}

/* Put a framed request into the output buffer. -1: no memory. */
static int
add_request(struct engine *e, struct engine_conn *c, uint64_t intended,
    uint32_t work)
{
	const throng_framing framing = e->config.framer.framing;
	struct engine_request request = { .intended = intended, .sent = 0,
	    .work = work };
	struct payload_key key = {
		.connection = e->config.first + number_of(e, c),
		.number = c->next, .work = work };
	char *out = e->out + e->out_length, head[FRAME_HEAD_MAX];
	size_t n, h;

	if (engine_conn_push(c, &request))
		return (-1);
	c->next++;
	e->outstanding++;
	/* Most payloads have one length: write behind the head they get. */
	h = frame_head(framing, payload_size(e->config.payload), head);
	n = payload_make(e->config.payload, &key, out + h);
	if (n != payload_size(e->config.payload)) {
		size_t shorter = frame_head(framing, n, head);

		memmove(out + shorter, out + h, n);
		h = shorter;
	}
	memcpy(out, head, h);
	n += h;
	n += frame_tail(framing, e->config.line_tail, out + n);
	e->out_length += n;
	return (0);
}

/* Send the output buffer; the last `count` requests are in it. */
static void
send_out(struct engine *e, struct engine_conn *c, unsigned count,
    uint64_t t)
{
	const struct engine_io *io = &e->config.io;
	size_t each = e->out_length / count;
	const char *waiting;
	long n = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t intended = engine_conn_stamp(c, count - 1 - i, t);

		record_sent(record_of(e), intended, t, i == 0 ?
		    e->out_length - each * (count - 1) : each);
	}
	if (engine_conn_unsent(c, &waiting) == 0) {
		n = io->send(io->context, number_of(e, c), e->out,
		    e->out_length);
		if (n == ENGINE_BROKEN) {
			e->out_length = 0;
			conn_lost(e, c, RECORD_RESET);
			return;
		}
		n = n == ENGINE_AGAIN ? 0 : n;
	}
	if ((size_t)n < e->out_length) {
		if (engine_conn_keep_unsent(c, e->out + n,
		    e->out_length - (size_t)n))
			conn_lost(e, c, RECORD_CLOSED);
		else
			io->want_room(io->context, number_of(e, c));
	}
	e->out_length = 0;
}

/* Closed loop: fill the connection up to its depth, with one send. */
static void
refill(struct engine *e, struct engine_conn *c, uint64_t t, unsigned depth)
{
	const struct plan_spec *spec = e->config.payload->spec;
	unsigned count = 0;
	uint32_t work;

	if (!c->open || c->outstanding >= depth)
		return;
	integrate(e, t);
	while (c->outstanding < depth) {
		work = e->config.payload->kind == PAYLOAD_WORK ?
		    plan_work(&spec->service, &e->rng) : 0;
		if (add_request(e, c, t, work))
			break;
		count++;
	}
	if (count > 0)
		send_out(e, c, count, t);
}

void
engine_opened(struct engine *e, uint32_t connection)
{
	struct engine_conn *c = &e->conns[connection];

	c->open = 1;
	refill(e, c, now(e), 1);
}

void
engine_refused(struct engine *e, uint32_t connection)
{

	(void)connection;
	event(e, RECORD_CONNECT);
}

void
engine_warm(struct engine *e)
{

	e->phase = PHASE_WARM;
	for (uint32_t i = 0; i < e->config.active; i++)
		refill(e, &e->conns[i], now(e), e->config.depth);
}

void
engine_measure(struct engine *e, uint64_t begin, uint64_t length)
{

	e->phase = PHASE_MEASURE;
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
		uint64_t t = now(e);

		if (t > begin)
			e->slack -= (int64_t)((t - begin) * e->config.depth);
		refill(e, &e->conns[i], t, e->config.depth);
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
	integrate(e, t);
	if (!c->open || add_request(e, c, intended, item->work)) {
		/* The service ended it: not the client's omission. */
		record_sent(record_of(e), intended, t, 0);
		record_bad(record_of(e), intended, t, RECORD_CLOSED);
		return;
	}
	send_out(e, c, 1, t);
}

uint64_t
engine_poll(struct engine *e)
{
	const struct plan *plan = e->config.plan;
	uint64_t t = now(e);

	if (e->phase != PHASE_MEASURE)
		return (UINT64_MAX);
	if (plan == NULL) {
		if (t < e->end)
			return (e->end);
		e->phase = PHASE_HOLD;
		return (UINT64_MAX);
	}
	for (unsigned i = 0; e->planned < plan->count; i++) {
		if (i == POLL_MOST)
			return (t);
		if (e->begin + plan->items[e->planned].at > t) {
			/* Sending took time: look again before sleeping. */
			uint64_t later = now(e);

			if (e->begin + plan->items[e->planned].at > later)
				return (e->begin +
				    plan->items[e->planned].at);
			t = later;
		}
		arrive(e, &plan->items[e->planned++], t);
		t = now(e);
	}
	if (t < e->end)
		return (e->end);
	e->phase = PHASE_HOLD;
	return (UINT64_MAX);
}

/* How long this connection has gone without a good reply. */
static void
note_gap(const struct engine *e, struct engine_conn *c, uint64_t t)
{
	uint32_t at = (uint32_t)((t > e->begin ? t - e->begin : 0) / 1000);

	if (at - c->last_us > c->gap_us)
		c->gap_us = at - c->last_us;
	c->last_us = at;
}

static void
pop_good(struct engine *e, struct engine_conn *c, uint64_t t, size_t bytes)
{
	struct engine_request request = engine_conn_pop(c);

	e->outstanding--;
	e->answered++;
	note_excess(e, t);
	record_reply(record_of(e), request.intended, request.sent, t, bytes);
	if (e->measured) {
		e->config.completions[number_of(e, c)]++;
		note_gap(e, c, t);
	}
}

/*
 * The reply of another request of this connection: a later one, whose
 * forerunners are then overtaken or lost; or one that was overtaken before.
 */
static void
out_of_order(struct engine *e, struct engine_conn *c, uint32_t number,
    uint64_t t, size_t bytes)
{
	uint32_t ahead = number - (c->next - c->outstanding);
	struct engine_request late;

	if (ahead < c->outstanding) {
		for (; ahead > 0; ahead--) {
			uint32_t skipped = c->next - c->outstanding;
			struct engine_request r = engine_conn_pop(c);

			e->outstanding--;
			if (engine_conn_skip(c, &r, skipped)) {
				record_bad(record_of(e), r.intended, t,
				    RECORD_UNANSWERED);
				note_failure(e, RECORD_UNANSWERED);
			}
		}
		pop_good(e, c, t, bytes);
	} else if (engine_conn_unskip(c, number, &late) == 0) {
		record_bad(record_of(e), late.intended, t, RECORD_ORDER);
		note_failure(e, RECORD_ORDER);
	} else {
		event(e, RECORD_SURPLUS);
	}
}

/* One whole reply. */
static void
match(struct engine *e, struct engine_conn *c, const char *bytes,
    size_t length, uint64_t t, size_t framed)
{
	struct payload_key key = {
		.connection = e->config.first + number_of(e, c),
		.number = c->next - c->outstanding };
	uint32_t number = 0;
	int verdict;

	/* With nothing outstanding the stamp may still name a late reply. */
	verdict = payload_check(e->config.payload, &key, bytes, length,
	    &number);
	if (verdict == RECORD_ORDER)
		out_of_order(e, c, number, t, framed);
	else if (c->outstanding == 0)
		event(e, RECORD_SURPLUS);
	else if (verdict == PAYLOAD_GOOD)
		pop_good(e, c, t, framed);
	else
		pop_bad(e, c, t, (enum record_error)verdict);
}

/* Raw replies have no boundary but the length that they must have. */
static size_t
match_raw(struct engine *e, struct engine_conn *c, const char *bytes,
    size_t length, uint64_t t)
{
	size_t each = payload_reply_size(e->config.payload), at = 0;

	if (each == 0)
		each = length;
	for (; length - at >= each && length > at; at += each)
		match(e, c, bytes + at, each, t, each);
	return (at);
}

/*
 * Match every whole reply of `bytes`, the last `fresh` of which are new;
 * return how many are done with, or -1 on a stream that makes no sense.
 */
static long
match_all(struct engine *e, struct engine_conn *c, const char *bytes,
    size_t length, size_t fresh, uint64_t t)
{
	size_t start = 0, at = length - fresh, used;

	if (e->config.framer.framing == THRONG_FRAME_RAW)
		return ((long)match_raw(e, c, bytes, length, t));
	while (at < length) {
		enum frame_status status = frame_scan(&e->config.framer,
		    &c->scan, bytes + at, length - at, &used);

		at += used;
		if (status == FRAME_PARTIAL)
			break;
		if (status != FRAME_READY)
			return (-1);
		match(e, c, bytes + start + c->scan.head, c->scan.length, t,
		    at - start);
		start = at;
	}
	return ((long)start);
}

/* Whether a reply is followed by the next request now. */
static unsigned
wanted_depth(const struct engine *e, const struct engine_conn *c, uint64_t t)
{

	if (number_of(e, c) >= e->config.active)
		return (0);
	if (e->phase == PHASE_WARM)
		return (e->config.depth);
	if (e->phase == PHASE_MEASURE && e->config.plan == NULL && t < e->end)
		return (e->config.depth);
	return (0);
}

void
engine_readable(struct engine *e, uint32_t connection)
{
	const struct engine_io *io = &e->config.io;
	struct engine_conn *c = &e->conns[connection];
	size_t length;
	long n, done;
	uint64_t t;

	if (!c->open)
		return;
	length = engine_conn_rest(c, e->in);
	n = io->receive(io->context, connection, e->in + length,
	    e->in_size - length);
	if (n == ENGINE_AGAIN)
		return;
	if (n <= 0) {
		conn_lost(e, c, n == 0 ? RECORD_CLOSED : RECORD_RESET);
		return;
	}
	t = now(e);
	integrate(e, t);
	length += (size_t)n;
	done = match_all(e, c, e->in, length, (size_t)n, t);
	if (done == -1 || engine_conn_keep_rest(c, e->in + done,
	    length - (size_t)done)) {
		event(e, RECORD_FRAMING);
		conn_lost(e, c, RECORD_CLOSED);
		return;
	}
	refill(e, c, t, wanted_depth(e, c, t));
}

void
engine_writable(struct engine *e, uint32_t connection)
{
	const struct engine_io *io = &e->config.io;
	struct engine_conn *c = &e->conns[connection];
	const char *bytes;
	size_t length;
	long n;

	while (c->open && (length = engine_conn_unsent(c, &bytes)) > 0) {
		n = io->send(io->context, connection, bytes, length);
		if (n == ENGINE_AGAIN) {
			io->want_room(io->context, connection);
			return;
		}
		if (n == ENGINE_BROKEN) {
			conn_lost(e, c, RECORD_RESET);
			return;
		}
		engine_conn_sent(c, (size_t)n);
	}
}

void
engine_hold(struct engine *e)
{

	e->phase = PHASE_HOLD;
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
			record_bad(record_of(e), e->begin + item->at, t,
			    RECORD_UNSENT);
	}
}

void
engine_finish(struct engine *e)
{
	uint64_t t = now(e);

	e->phase = PHASE_HOLD;
	if (e->measured)
		finish_plan(e, t);
	for (uint32_t i = 0; i < e->config.connections; i++) {
		struct engine_conn *c = &e->conns[i];

		for (; c->skips > 0; c->skips--)
			record_bad(record_of(e),
			    c->slab->skip[c->skips - 1].intended, t,
			    RECORD_UNANSWERED);
		while (c->outstanding > 0)
			pop_bad(e, c, t, RECORD_UNANSWERED);
		if (e->measured && i < e->config.active)
			note_gap(e, c, t < e->end ? t : e->end);
	}
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
