#include "drain.h"

#include "accept.h"
#include "conn.h"
#include "read.h"
#include "refuse.h"
#include "write.h"

/* What waits in the kernel was sent before the end: it is still answered. */
static void
drain_conn(struct conn *c)
{
	struct reactor *r = c->reactor;
	uint32_t slot = c->slot, generation = c->generation;

	read_last(c);
	if (conn_find(r, slot, generation) != NULL)
		conn_poke(c);
}

/* A client whose requests were not begun is told so, if it takes it. */
static void
kill_conn(struct conn *c)
{
	char frame[REFUSE_MAX];
	size_t length;

	if (c->job != NULL && !c->job_out) {
		length = refuse_frame(c->reactor->service->framer.framing,
		    REFUSE_STOPPING, 0, frame);
		(void)write_reply(c, frame, length);
	}
	conn_close(c, CLOSE_STOPPING);
}

static void
each(struct reactor *r, void (*what)(struct conn *))
{

	/* The table may not grow meanwhile: nobody is accepted any more. */
	for (uint32_t i = 0; i < r->slots_made; i++)
		if (r->slots[i]->phase != CONN_FREE)
			what(r->slots[i]);
	reactor_poke(r);
}

void
drain_begin(struct reactor *r)
{

	accept_stop(r);
	r->phase = REACTOR_DRAINING;
	each(r, drain_conn);
}

void
drain_kill(struct reactor *r)
{

	accept_stop(r);
	r->phase = REACTOR_KILLED;
	each(r, kill_conn);
}
