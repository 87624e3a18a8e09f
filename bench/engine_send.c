#include "config.h"

#include <string.h>

#include "engine_part.h"

/* Put a framed request into the output buffer. -1: no memory. */
int
engine_add(struct engine *e, struct engine_conn *c, uint64_t intended,
    uint32_t work)
{
	const throng_framing framing = e->config.framer.framing;
	struct engine_request request = { .intended = intended, .sent = 0,
	    .work = work };
	struct payload_key key = {
		.connection = e->config.first + engine_number(e, c),
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
void
engine_send(struct engine *e, struct engine_conn *c, unsigned count,
    uint64_t t)
{
	const struct engine_io *io = &e->config.io;
	size_t each = e->out_length / count;
	const char *waiting;
	long n = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t intended = engine_conn_stamp(c, count - 1 - i, t);

		record_sent(engine_record(e), intended, t, i == 0 ?
		    e->out_length - each * (count - 1) : each);
	}
	if (engine_conn_unsent(c, &waiting) == 0) {
		n = io->send(io->context, engine_number(e, c), e->out,
		    e->out_length);
		if (n == ENGINE_BROKEN) {
			e->out_length = 0;
			engine_lost(e, c, RECORD_RESET);
			return;
		}
		n = n == ENGINE_AGAIN ? 0 : n;
	}
	if ((size_t)n < e->out_length) {
		if (engine_conn_keep_unsent(c, e->out + n,
		    e->out_length - (size_t)n))
			engine_lost(e, c, RECORD_CLOSED);
		else
			io->want_room(io->context, engine_number(e, c));
	}
	e->out_length = 0;
}

/* Closed loop: fill the connection up to its depth, with one send. */
void
engine_refill(struct engine *e, struct engine_conn *c, uint64_t t,
    unsigned depth)
{
	const struct plan_spec *spec = e->config.payload->spec;
	unsigned count = 0;
	uint32_t work;

	if (!c->open || c->outstanding >= depth)
		return;
	engine_integrate(e, t);
	while (c->outstanding < depth) {
		work = e->config.payload->kind == PAYLOAD_WORK ?
		    plan_work(&spec->service, &e->rng) : 0;
		if (engine_add(e, c, t, work))
			break;
		count++;
	}
	if (count > 0)
		engine_send(e, c, count, t);
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
			engine_lost(e, c, RECORD_RESET);
			return;
		}
		engine_conn_sent(c, (size_t)n);
	}
}
