#include "config.h"

#include "await.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "clock.h"
#include "deadline.h"
#include "expire.h"
#include "stall.h"

void
await_begin(struct await *a, struct service *s, int fd)
{

	*a = (struct await){
		.service = s, .fd = fd, .opened = clock_ms(),
		.why = CLOSE_RESET,
	};
}

void
await_looked(struct await *a, const struct frame_scan *scan, bool ended)
{

	a->asked = a->asked || ended;
	/* The time is of interest only while a request is begun. */
	(void)pace_look(&a->pace, scan, ended,
	    frame_begun(scan) ? clock_ms() : 0);
}

void
await_answered(struct await *a)
{

	if (a->pace.state != PACE_NONE)
		pace_again(&a->pace, clock_ms());
}

/* Close with a reset: what is not taken need not be kept by the kernel. */
static int
give_up(struct await *a, enum close_reason why)
{
	const struct linger none = { .l_onoff = 1 };

	(void)setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	a->why = why;
	return (-1);
}

/*
 * A wait of at most `ms` that began at `from` is over. If it took much longer,
 * this process did not run: it was stopped, or its machine slept. Nobody is
 * judged for a moment then, as in the pool.
 */
static void
waited(struct await *a, uint32_t from, uint32_t ms)
{
	uint32_t now = clock_ms();

	if (now - from > ms && now - from - ms > EXPIRE_LATE_MS) {
		a->graced = true;
		a->grace = now + EXPIRE_GRACE_MS;
	}
}

/* How long nobody is judged yet, ms. */
static uint32_t
grace_left(struct await *a, uint32_t now)
{

	a->graced = a->graced && deadline_before(now, a->grace);
	return (a->graced ? a->grace - now : 0);
}

/* Do not let a read take longer than `ms`, at least 1. */
static int
limit(struct await *a, uint32_t ms)
{
	const struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000),
	};

	if (a->timeout != 0 && a->timeout <= ms)
		return (0);
	if (setsockopt(a->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == -1)
		return (-1);
	a->timeout = ms;
	return (0);
}

/* How much longer the client has got after so long in vain, in ms. */
static uint32_t
remaining(struct await *a, uint32_t vain)
{
	const throng_config *config = &a->service->config;
	bool begun = a->pace.state != PACE_NONE;
	uint32_t credit, first, due, now;

	if (a->asked && !begun) {
		a->why = CLOSE_TIMEOUT_IDLE;
		return (vain < config->idle_ms ? config->idle_ms - vain : 0);
	}
	now = clock_ms();
	credit = pace_credit(&a->pace, config->min_rate);
	due = a->pace.began + config->frame_ms + credit;
	first = a->opened + config->first_frame_ms + credit;
	a->why = CLOSE_TIMEOUT_FRAME;
	if (!a->asked && (!begun || !deadline_before(due, first))) {
		a->why = CLOSE_TIMEOUT_FIRST;
		due = first;
	}
	return (deadline_before(now, due) ? due - now : 0);
}

/* The same, and what a process that did not run owes its clients. */
static uint32_t
patience(struct await *a, uint32_t vain)
{
	uint32_t ms = remaining(a, vain);

	return (ms > 0 || !a->graced ? ms : grace_left(a, clock_ms()));
}

/* Receive without waiting: whoever was not heard in time because this process
 * did not run, has sent it by now. */
static ssize_t
receive_at_once(struct await *a, char *place, size_t size)
{
	ssize_t n;

	do
		n = recv(a->fd, place, size, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
		a->why = CLOSE_RESET;
	return (n);
}

/* When to look at what the kernel holds for the client, while waiting for it;
 * not again once it holds nothing. */
struct watch {
	struct stall stall;
	uint32_t interval;
	bool held;
};

/* Look. Return -1 if it takes nothing for too long. */
static int
look(struct await *a, struct watch *w)
{
	uint32_t now = clock_ms(), write_ms = a->service->config.write_ms;

	if (stall_untaken(a->fd) == 0) {
		w->interval = UINT32_MAX;
		return (0);
	}
	if (!w->held)
		stall_begin(&w->stall, a->fd, a->given, now);
	else
		stall_look(&w->stall, a->fd, a->given, 0, now);
	w->held = true;
	w->interval = stall_interval(write_ms);
	return (now - w->stall.since < write_ms || grace_left(a, now) > 0 ?
	    0 : give_up(a, CLOSE_TIMEOUT_WRITE));
}

/* Wait for bytes as long as the client has got. */
static ssize_t
receive_in_time(struct await *a, char *place, size_t size)
{
	struct watch w = { .interval = a->service->config.write_ms / 4 + 1 };
	uint32_t ms, from, vain = 0;
	ssize_t n;

	while ((ms = patience(a, vain)) > 0) {
		a->late = false;
		if (limit(a, ms < w.interval ? ms : w.interval) == -1) {
			a->why = CLOSE_RESET;
			return (-1);
		}
		from = (uint32_t)(clock_coarse() / CLOCK_MS);
		n = recv(a->fd, place, size, 0);
		if (n >= 0) {
			/* Deadlines that began earlier go on. */
			if (!a->asked || a->pace.state != PACE_NONE)
				waited(a, from, a->timeout);
			return (n);
		}
		/* Linux: who was stopped in a wait with a limit finds it
		 * interrupted. */
		waited(a, from, a->timeout);
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			vain += a->timeout;
			/* What is left may be longer or shorter. */
			a->timeout = 0;
			if (look(a, &w) == -1)
				return (-1);
		} else if (errno != EINTR) {
			a->why = CLOSE_RESET;
			return (-1);
		}
	}
	/* Only once, or bytes that keep coming would hold it for ever. */
	if (a->late)
		return (-1);
	n = receive_at_once(a, place, size);
	a->late = n > 0;
	return (n);
}

ssize_t
await_receive(struct await *a, char *place, size_t size)
{
	ssize_t n = receive_in_time(a, place, size);

	if (n > 0)
		pace_received(&a->pace, (size_t)n);
	return (n);
}

/* Send what the socket takes now; return how much, or -1. */
static ssize_t
send_some(struct await *a, const char *bytes, size_t length)
{
	ssize_t n;

	do
		n = send(a->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return (0);
	if (n == -1)
		a->why = CLOSE_RESET;
	else
		a->given += (uint32_t)n;
	return (n);
}

/* Whether the client has ended its sending; at the end of the server it looks
 * as if all had. */
static bool
has_ended(const struct await *a)
{

	/* Acquire: pairs with the server's release. */
	return (!atomic_load_explicit(&a->service->draining,
	    memory_order_acquire) && stall_half_closed(a->fd));
}

/* Whether the client is to be given up, for how long it has taken nothing. */
static int
judge(struct await *a, const struct stall *s, uint32_t now, uint32_t *ended)
{
	const throng_config *config = &a->service->config;
	uint32_t since = s->since;

	if (grace_left(a, now) > 0)
		return (0);
	if (!has_ended(a)) {
		*ended = now;
		return (now - since < config->write_ms ? 0 :
		    give_up(a, CLOSE_TIMEOUT_WRITE));
	}
	if (deadline_before(since, *ended))
		since = *ended;
	return (now - since < config->half_close_ms ? 0 :
	    give_up(a, CLOSE_TIMEOUT_HALF_CLOSE));
}

/* Send what did not go at once. */
static int
send_rest(struct await *a, const char *bytes, size_t length)
{
	const throng_config *config = &a->service->config;
	uint32_t interval = stall_interval(
	    config->half_close_ms < config->write_ms ?
	    config->half_close_ms : config->write_ms);
	struct pollfd p = { .fd = a->fd, .events = POLLOUT };
	uint32_t now = clock_ms(), ended = now, from;
	struct stall stall;
	ssize_t n;

	stall_begin(&stall, a->fd, a->given, now);
	while (length > 0) {
		from = clock_ms();
		if (poll(&p, 1, (int)interval) == -1 && errno != EINTR)
			return (give_up(a, CLOSE_RESET));
		waited(a, from, interval);
		if ((n = send_some(a, bytes, length)) == -1)
			return (-1);
		bytes += n;
		length -= (size_t)n;
		now = clock_ms();
		stall_look(&stall, a->fd, a->given, 0, now);
		if (n == 0 && judge(a, &stall, now, &ended) == -1)
			return (-1);
	}
	return (0);
}

int
await_send(struct await *a, const char *bytes, size_t length)
{
	ssize_t n = 0;
	size_t rest;

	if (length > 0 && (n = send_some(a, bytes, length)) == -1)
		return (-1);
	if ((rest = length - (size_t)n) == 0)
		return (0);
	/*
	 * Nothing is read or worked on until all of this is sent, so there is
	 * no more than one job's replies, which is less than output_hard.
	 */
	if (rest > a->service->config.output_soft)
		counter_add(&a->service->shared.output_soft, 1);
	return (send_rest(a, bytes + n, rest));
}
