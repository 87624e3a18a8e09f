/*
 * Time in which this process did not run must not count against clients: it
 * may have been stopped, or its machine suspended. Three things see to that.
 * Before a client is closed for its silence its socket is asked whether there
 * is something to be read; before one is closed for not reading, the kernel is
 * asked whether it has taken something; and when the timer itself is late by
 * much, nobody is judged until a moment later.
 */
#include "expire.h"

#include <errno.h>
#include <sys/socket.h>

#include "clock.h"
#include "conn.h"
#include "reactor.h"
#include "write.h"

/** How soon to look again at one whose socket has something to read. */
#define AGAIN_MS 100

/** Timers are not set for sooner than this: what is due, gathers. */
#define GATHER_MS 10

/** What is done at a time before others get their turn. */
#define LOOKS_MAX 4096
#define CLOSED_MAX 64
#define FREED_MAX (8u << 20)

/** What a run may still do. */
struct budget {
	unsigned looks;
	unsigned closes;
	size_t freed; /* bytes */
};

static struct conn *
conn_of(struct deadline *d)
{

	return ((struct conn *)((char *)d - offsetof(struct conn, deadline)));
}

static int
set_timer(struct reactor *r, uint32_t now, uint32_t in)
{
	const struct timeval tv = {
		.tv_sec = (time_t)(in / 1000),
		.tv_usec = (suseconds_t)(in % 1000 * 1000),
	};

	if (evtimer_add(r->tick, &tv) == -1)
		return (-1);
	r->tick_due = now + in;
	return (0);
}

/* Have the timer fire at `when`, or earlier. Return -1 without memory. */
static int
arm(struct reactor *r, uint32_t now, uint32_t when)
{

	if (deadline_before(when, now + GATHER_MS))
		when = now + GATHER_MS;
	if (evtimer_pending(r->tick, NULL) &&
	    (r->graced || !deadline_before(when, r->tick_due)))
		return (0);
	return (set_timer(r, now, when - now));
}

/* Look at the connection no later than `when`. */
static int
by(struct conn *c, uint32_t now, uint32_t when)
{
	struct reactor *r = c->reactor;

	if (c->deadline.list != 0 && !deadline_before(when, c->deadline.due))
		return (0);
	deadline_by(&r->deadlines, &c->deadline, now, when);
	return (arm(r, now, c->deadline.due));
}

bool
expire_opened(struct conn *c)
{
	uint32_t now = reactor_ms(c->reactor);

	c->opened = c->active = now;
	return (by(c, now, now +
	    c->reactor->service->config.first_frame_ms) == 0);
}

void
expire_asked(struct conn *c)
{
	uint32_t now = reactor_ms(c->reactor);

	c->asked = true;
	(void)by(c, now, now + c->reactor->service->config.idle_ms);
}

void
expire_looked(struct conn *c, bool ended)
{
	uint32_t now = reactor_ms(c->reactor);

	if (pace_look(&c->pace, &c->scan, ended, now))
		(void)by(c, now, now + c->reactor->service->config.frame_ms);
}

void
expire_resumed(struct conn *c)
{
	uint32_t now = reactor_ms(c->reactor);

	c->active = now;
	pace_again(&c->pace, now);
	if (c->pace.state != PACE_NONE)
		(void)by(c, now, now + c->reactor->service->config.frame_ms);
}

/* When to look again at one whose output waits. */
static uint32_t
next_look(const struct conn *c, uint32_t now)
{
	const throng_config *config = &c->reactor->service->config;
	uint32_t write = stall_interval(config->write_ms);
	uint32_t half_close = stall_interval(config->half_close_ms);

	return (now + (write < half_close ? write : half_close));
}

/* How often a connection that is being sent replies is looked at, for what
 * the kernel holds of them. */
static uint32_t
watch_interval(const struct conn *c)
{

	return (c->reactor->service->config.write_ms / 4 + 1);
}

void
expire_replied(struct conn *c)
{
	uint32_t now = reactor_ms(c->reactor);

	c->watched = true;
	(void)by(c, now, now + watch_interval(c));
}

/* From now on it is known how long nothing is taken. */
static void
begin_stall(struct conn *c, uint32_t now)
{

	if (!c->held)
		stall_begin(&c->stall, c->fd, c->given, now);
	c->held = true;
}

void
expire_waiting(struct conn *c)
{
	uint32_t now = reactor_ms(c->reactor);

	begin_stall(c, now);
	(void)by(c, now, next_look(c, now));
}

bool
expire_lingering(struct conn *c)
{
	uint32_t now = reactor_ms(c->reactor);

	c->opened = now;
	return (by(c, now, now + CONN_LINGER_MS) == 0);
}

void
expire_forget(struct conn *c)
{

	deadline_drop(&c->reactor->deadlines, &c->deadline);
}

_Atomic uint64_t *
expire_counter(struct counters *counters, enum close_reason reason)
{

	switch (reason) {
	case CLOSE_TIMEOUT_FIRST:
		return (&counters->timeout_first);
	case CLOSE_TIMEOUT_FRAME:
		return (&counters->timeout_frame);
	case CLOSE_TIMEOUT_IDLE:
		return (&counters->timeout_idle);
	case CLOSE_TIMEOUT_HALF_CLOSE:
		return (&counters->timeout_half_close);
	case CLOSE_TIMEOUT_WRITE:
		return (&counters->timeout_write);
	case CLOSE_OUTPUT_HARD:
		return (&counters->output_hard);
	default:
		return (NULL);
	}
}

static uint32_t
earlier(uint32_t a, uint32_t b)
{

	return (deadline_before(a, b) ? a : b);
}

/* Whether anything waits to be taken by the client. */
static bool
is_waiting(struct conn *c, uint32_t now)
{

	if (write_pending(c) > 0)
		return (true);
	if (!c->watched)
		return (false);
	if (stall_untaken(c->fd) > 0) {
		begin_stall(c, now);
		return (true);
	}
	c->held = false;
	c->watched = now - c->active < watch_interval(c);
	return (false);
}

/* When to look again at a connection whose output waits; now, if it is to be
 * closed. */
static uint32_t
writing_until(struct conn *c, uint32_t now, enum close_reason *reason)
{
	const throng_config *config = &c->reactor->service->config;
	uint32_t since;

	stall_look(&c->stall, c->fd, c->given, write_pending(c), now);
	since = c->stall.since;
	*reason = CLOSE_TIMEOUT_WRITE;
	if (!c->half_closed && (c->eof || stall_half_closed(c->fd))) {
		c->half_closed = true;
		c->active = c->eof ? c->active : now;
	}
	if (!c->half_closed)
		return (earlier(since + config->write_ms, next_look(c, now)));
	/* From when it ended its sending, or was sent something, on. */
	if (deadline_before(since, c->active))
		since = c->active;
	*reason = CLOSE_TIMEOUT_HALF_CLOSE;
	return (earlier(since + config->half_close_ms, next_look(c, now)));
}

/* The earliest deadline of a connection that is being read. */
static uint32_t
reading_limit(const struct conn *c, enum close_reason *reason)
{
	const throng_config *config = &c->reactor->service->config;
	uint32_t credit = pace_credit(&c->pace, config->min_rate);
	uint32_t frame = c->pace.began + config->frame_ms + credit;
	uint32_t first = c->opened + config->first_frame_ms + credit;
	bool begun = c->pace.state != PACE_NONE;

	if (!c->asked && !(begun && deadline_before(frame, first))) {
		*reason = CLOSE_TIMEOUT_FIRST;
		return (first);
	}
	*reason = begun ? CLOSE_TIMEOUT_FRAME : CLOSE_TIMEOUT_IDLE;
	return (begun ? frame : c->active + config->idle_ms);
}

/* Whether it is the client's turn: what it sends would be read and looked
 * at, and nothing is owed to it, or a request is to be completed. */
static bool
is_awaited(const struct conn *c)
{

	if (c->phase != CONN_OPEN || c->eof || c->paused || c->job_out ||
	    c->job_held || c->reactor->phase != REACTOR_SERVING)
		return (false);
	return (!c->asked || c->pace.state != PACE_NONE ||
	    (c->job == NULL && write_pending(c) == 0 && !c->held));
}

static bool
is_readable(const struct conn *c)
{
	char byte;

	return (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	    (errno != EAGAIN && errno != EWOULDBLOCK));
}

/* The same for a connection that is being read. */
static uint32_t
reading_until(const struct conn *c, uint32_t now, enum close_reason *reason)
{
	uint32_t due = reading_limit(c, reason);

	/* Only once: whoever was read after that moment has had its turn. */
	if (deadline_before(now, due) || !deadline_before(c->active, due) ||
	    !is_readable(c))
		return (due);
	return (now + AGAIN_MS);
}

static void
expired(struct conn *c, enum close_reason reason, struct budget *budget)
{

	budget->closes--;
	budget->freed += write_pending(c);
	/* What a client does not take, the kernel need not keep for it. */
	if (reason == CLOSE_TIMEOUT_WRITE ||
	    reason == CLOSE_TIMEOUT_HALF_CLOSE)
		conn_abort(c, reason);
	else
		conn_close(c, reason);
}

/* Look at a connection: close it, or say when to look again. */
static void
look(struct conn *c, uint32_t now, struct budget *budget)
{
	uint32_t next = now + c->reactor->service->config.idle_ms;
	enum close_reason reason = (enum close_reason)c->reason;

	if (c->phase == CONN_LINGER)
		next = c->opened + CONN_LINGER_MS;
	else if (is_waiting(c, now))
		next = writing_until(c, now, &reason);
	else if (c->watched)
		next = now + watch_interval(c);
	if (deadline_before(now, next) && is_awaited(c))
		next = earlier(next, reading_until(c, now, &reason));
	if (deadline_before(now, next))
		deadline_by(&c->reactor->deadlines, &c->deadline, now, next);
	else
		expired(c, reason, budget);
}

bool
expire_run(struct reactor *r, uint32_t now)
{
	struct budget budget = { LOOKS_MAX, CLOSED_MAX, 0 };
	struct deadline *d;

	while (budget.looks-- > 0 && budget.closes > 0 &&
	    budget.freed < FREED_MAX) {
		if ((d = deadlines_due(&r->deadlines, now)) == NULL)
			return (true);
		look(conn_of(d), now, &budget);
	}
	return (false);
}

void
expire_tick(evutil_socket_t fd, short what, void *argument)
{
	struct reactor *r = argument;
	uint32_t now, next;

	(void)fd;
	(void)what;
	r->now = clock_now();
	now = reactor_ms(r);
	if (!r->graced && now - r->tick_due > EXPIRE_LATE_MS &&
	    deadline_before(r->tick_due, now)) {
		r->graced = true;
		(void)arm(r, now, now + EXPIRE_GRACE_MS);
		return;
	}
	r->graced = false;
	if (!expire_run(r, now))
		(void)set_timer(r, now, 0);
	else if (deadlines_next(&r->deadlines, &next))
		(void)arm(r, now, next);
}
