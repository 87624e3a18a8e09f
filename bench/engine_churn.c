/*
 * A connection for each request.
 */
#include "config.h"

#include "engine_part.h"

/*
 * The bytes wait on the connection as what could not be sent yet. A request
 * counts as sent when connecting begins: a connect that hangs is a request
 * without a reply.
 */
void
engine_renew(struct engine *e, struct engine_conn *c, uint64_t t)
{
	const struct plan_spec *spec = e->config.payload->spec;
	const uint32_t work = e->config.payload->kind == PAYLOAD_WORK ?
	    plan_work(&spec->service, &e->rng) : 0;

	if (!c->open)
		return;
	if (c->slab != NULL && c->slab->rest_length > 0)
		engine_event(e, RECORD_SURPLUS);
	engine_conn_renew(c);
	engine_integrate(e, t);
	if (engine_add(e, c, t, work))
		return;
	record_sent(engine_record(e), engine_conn_stamp(c, 0, t), t,
	    e->out_length);
	if (engine_conn_keep_unsent(c, e->out, e->out_length))
		engine_pop_bad(e, c, t, RECORD_CLOSED);
	e->out_length = 0;
	e->config.io.renew(e->config.io.context, engine_number(e, c));
}
