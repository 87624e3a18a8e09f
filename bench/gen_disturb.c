/*
 * The process of the clients that do not behave. They need no precision: a
 * look at each of them every 10 ms.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "gen_part.h"

#define STEP_MS 10

/* Connects begun in one step, and bytes sent by one slow reader in one. */
#define CONNECTS 100
#define FLOOD 16384

/* A slow reader takes so many bytes, at every so many-th step. */
#define SIP 64
#define SIP_STEPS 10

/** One of them. */
struct rogue {
	int fd;           /* -1: not connected */
	uint8_t kind;     /* enum disturb_kind */
	uint32_t sent;    /* bytes of the present request */
};

/** All of them. */
struct rogues {
	const struct gen_job *job;
	struct rogue *items;
	uint32_t count;
	char *request;    /* framed, and right */
	size_t length;
	uint64_t step;
	uint64_t end;     /* ns: of the measured time; 0: not begun */
	int over;
};

static void
leave(struct rogue *g, int reset)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (g->fd == -1)
		return;
	if (reset)
		setsockopt(g->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(g->fd);
	g->fd = -1;
	g->sent = 0;
}

/* Not waited for: what is sent too early fails, and is tried again. */
static void
join(const struct rogues *r, struct rogue *g)
{
	const struct address *a = r->job->address;
	const int small = 4096;

	g->fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (g->fd == -1)
		return;
	if (g->kind == DISTURB_SLOW_READ)
		setsockopt(g->fd, SOL_SOCKET, SO_RCVBUF, &small,
		    sizeof(small));
	if (connect(g->fd, (const struct sockaddr *)&a->storage, a->length) &&
	    errno != EINPROGRESS)
		leave(g, 1);
}

/* Send up to byte `to` of the request; 0, or -1 if the connection is gone. */
static int
push(const struct rogues *r, struct rogue *g, size_t to)
{
	ssize_t n;

	if (g->sent >= to)
		return (0);
	n = send(g->fd, r->request + g->sent, to - g->sent, MSG_NOSIGNAL);
	if (n > 0)
		g->sent += (uint32_t)n;
	return (n == -1 && errno != EAGAIN && errno != ENOTCONN &&
	    errno != EINTR ? -1 : 0);
}

/* Read at most `most` bytes: how many; 0 is none yet, -1 the end. */
static ssize_t
take(const struct rogue *g, size_t most)
{
	char bytes[4096];
	ssize_t n = recv(g->fd, bytes, most < sizeof(bytes) ? most :
	    sizeof(bytes), 0);

	if (n > 0)
		return (n);
	return (n == -1 && (errno == EAGAIN || errno == ENOTCONN ||
	    errno == EINTR) ? 0 : -1);
}

static int
flood(struct rogues *r, struct rogue *g)
{

	for (size_t sent = 0; sent < FLOOD; sent += r->length) {
		if (push(r, g, r->length))
			return (-1);
		if (g->sent < r->length)
			break;
		g->sent = 0;
	}
	if (r->step % SIP_STEPS != 0)
		return (0);
	return (take(g, SIP) == -1 ? -1 : 0);
}

/* One step of one of them; -1 if its connection has ended. */
static int
step(struct rogues *r, struct rogue *g)
{
	ssize_t n;

	switch ((enum disturb_kind)g->kind) {
	case DISTURB_SLOW_READ:
		return (flood(r, g));
	case DISTURB_DRIBBLE:
		if (push(r, g, g->sent + 1))
			return (-1);
		g->sent = g->sent == r->length ? 0 : g->sent;
		break;
	case DISTURB_HALF:
		if (push(r, g, r->length / 2))
			return (-1);
		break;
	case DISTURB_RESET:
		if (g->sent >= r->length / 2)
			return (-1);
		return (push(r, g, r->length / 2));
	case DISTURB_CHURN:
		if (push(r, g, r->length))
			return (-1);
		n = take(g, SIZE_MAX);
		return (n == 0 ? 0 : -1);
	case DISTURB_SILENT:
	case DISTURB_KINDS:
		break;
	}
	return (take(g, SIZE_MAX) == -1 ? -1 : 0);
}

static void
step_all(struct rogues *r)
{
	unsigned connects = 0;

	for (uint32_t i = 0; i < r->count; i++) {
		struct rogue *g = &r->items[i];

		if (g->fd == -1 && connects < CONNECTS) {
			connects++;
			join(r, g);
		} else if (g->fd != -1 && step(r, g)) {
			leave(g, g->kind != DISTURB_CHURN);
		}
	}
	r->step++;
}

static void
answer(struct rogues *r, char byte)
{

	if (send(r->job->control, &byte, 1, MSG_NOSIGNAL) != 1)
		r->over = 1;
}

static void
order(struct rogues *r)
{
	char byte;

	if (recv(r->job->control, &byte, 1, 0) != 1)
		r->over = 1;
	else if (byte == GEN_HOLD)
		answer(r, GEN_DONE);
	else if (byte == GEN_MEASURE)
		r->end = r->job->part->begin + r->job->part->length;
}

static int
prepare(struct rogues *r)
{
	const struct gen_config *c = r->job->config;
	const struct payload_key key = { .connection = UINT32_MAX };
	const size_t size = payload_size(c->payload);
	char *body = malloc(size + 1);
	size_t n, at = 0;

	r->count = disturb_total(&c->disturb);
	r->items = calloc(r->count, sizeof(*r->items));
	r->request = malloc(size + FRAME_HEAD_MAX + FRAME_TAIL_MAX);
	if (body == NULL || r->items == NULL || r->request == NULL) {
		free(body);
		return (-1);
	}
	n = payload_make(c->payload, &key, body);
	r->length = frame_head(c->framer.framing, n, r->request);
	memcpy(r->request + r->length, body, n);
	r->length += n;
	r->length += frame_tail(c->framer.framing, c->line_tail,
	    r->request + r->length);
	free(body);
	for (unsigned k = 0; k < DISTURB_KINDS; k++)
		for (uint32_t i = 0; i < c->disturb.count[k]; i++)
			r->items[at++] = (struct rogue){ -1, (uint8_t)k, 0 };
	return (0);
}

int
gen_disturb(const struct gen_job *job)
{
	struct rogues r = { .job = job };
	struct pollfd p = { .fd = job->control, .events = POLLIN };

	prctl(PR_SET_NAME, "bench-disturber", 0, 0, 0);
	if (prepare(&r))
		snprintf(job->part->error, sizeof(job->part->error),
		    "no memory for the disturbers");
	answer(&r, GEN_READY);
	while (!r.over) {
		if (poll(&p, 1, STEP_MS) == 1)
			order(&r);
		if (r.count > 0 && r.items != NULL)
			step_all(&r);
		if (r.end == 0 || clock_now() < r.end)
			continue;
		/* Gone before the drain, as far as the target is concerned. */
		for (uint32_t i = 0; i < r.count; i++)
			leave(&r.items[i], 1);
		r.count = 0;
		r.end = 0;
		answer(&r, GEN_DONE);
	}
	return (0);
}
