#include "pace.h"

bool
pace_look(struct pace *p, const struct frame_scan *scan, bool ended,
    uint32_t now)
{
	enum pace_state state = !frame_begun(scan) ? PACE_NONE :
	    frame_pending(scan) > 0 ? PACE_FRAME : PACE_SWALLOW;

	/* Behind what was swallowed something is kept: it is another one. */
	if (state != PACE_NONE && (ended || p->state == PACE_NONE ||
	    (p->state == PACE_SWALLOW && state == PACE_FRAME))) {
		p->began = now;
		p->bytes = (uint32_t)frame_pending(scan);
	}
	p->state = (uint8_t)state;
	return (state != PACE_NONE);
}

void
pace_again(struct pace *p, uint32_t now)
{

	p->began = now;
}

uint32_t
pace_credit(const struct pace *p, size_t rate)
{
	uint64_t ms = (uint64_t)p->bytes * 1000 / rate;

	if (p->state == PACE_NONE)
		return (0);
	/* Nothing is kept of it that would be worth to be waited for. */
	if (p->state == PACE_SWALLOW && ms > PACE_SWALLOW_MAX)
		return (PACE_SWALLOW_MAX);
	return (ms < PACE_CREDIT_MAX ? (uint32_t)ms : PACE_CREDIT_MAX);
}
