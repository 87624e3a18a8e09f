/*
 * Replies in: cut into frames, checked, matched by their order on the
 * connection; an echo also by the number it carries.
 */
#include "config.h"

#include "engine_part.h"

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
				record_bad(engine_record(e), r.intended, t,
				    RECORD_UNANSWERED);
				engine_note_failure(e, RECORD_UNANSWERED);
			}
		}
		engine_pop_good(e, c, t, bytes);
	} else if (engine_conn_unskip(c, number, &late) == 0) {
		record_bad(engine_record(e), late.intended, t, RECORD_ORDER);
		engine_note_failure(e, RECORD_ORDER);
	} else {
		engine_event(e, RECORD_SURPLUS);
	}
}

/* One whole reply. */
static void
match(struct engine *e, struct engine_conn *c, const char *bytes,
    size_t length, uint64_t t, size_t framed)
{
	struct payload_key key = {
		.connection = e->config.first + engine_number(e, c),
		.number = c->next - c->outstanding };
	uint32_t number = 0;
	int verdict;

	/* With nothing outstanding the stamp may still name a late reply. */
	verdict = payload_check(e->config.payload, &key, bytes, length,
	    &number);
	if (verdict == RECORD_ORDER)
		out_of_order(e, c, number, t, framed);
	else if (c->outstanding == 0)
		engine_event(e, RECORD_SURPLUS);
	else if (verdict == PAYLOAD_GOOD)
		engine_pop_good(e, c, t, framed);
	else
		engine_pop_bad(e, c, t, (enum record_error)verdict);
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

	if (engine_number(e, c) >= e->config.active)
		return (0);
	if (e->phase == ENGINE_WARM)
		return (e->config.depth);
	if (e->phase == ENGINE_MEASURE && e->config.plan == NULL && t < e->end)
		return (e->config.depth);
	return (0);
}

/* Partly open: the next requests of the visits that go on. */
static void
go_on(struct engine *e, struct engine_conn *c, uint64_t t)
{
	const struct plan_spec *spec = e->config.payload->spec;
	uint32_t work;

	for (; e->staying > 0; e->staying--) {
		if (!c->open || e->phase != ENGINE_MEASURE || t >= e->end)
			continue;
		work = e->config.payload->kind == PAYLOAD_WORK ?
		    plan_work(&spec->service, &e->rng) : 0;
		if (engine_add(e, c, t, work) == 0)
			engine_send(e, c, 1, t);
	}
}

void
engine_readable(struct engine *e, uint32_t connection)
{
	const struct engine_io *io = &e->config.io;
	struct engine_conn *c = &e->conns[connection];
	unsigned depth;
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
		engine_lost(e, c, n == 0 ? RECORD_CLOSED : RECORD_RESET);
		return;
	}
	t = engine_now(e);
	engine_integrate(e, t);
	length += (size_t)n;
	done = match_all(e, c, e->in, length, (size_t)n, t);
	if (done == -1 || engine_conn_keep_rest(c, e->in + done,
	    length - (size_t)done)) {
		engine_event(e, RECORD_FRAMING);
		engine_lost(e, c, RECORD_CLOSED);
		return;
	}
	depth = wanted_depth(e, c, t);
	if (e->config.churn && depth > 0 && c->outstanding == 0)
		engine_renew(e, c, t);
	else
		engine_refill(e, c, t, depth);
	go_on(e, c, t);
}
