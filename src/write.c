/*
 * Sending directly while nothing waits spares a turn through libevent, which
 * would arm an event, come back, write, and disarm it again. Replies must
 * not overtake each other, so it is done only while the output is empty.
 */
#include "write.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conn.h"
#include "expire.h"
#include "job.h"

/** Bytes written at a time once the socket takes more. */
#define WRITE_MAX (256u << 10)

/** A rest above this is moved, not copied. Bytes. */
#define MOVE_MIN (16u << 10)

/** And up to this much of it to the front of its buffer. Bytes. */
#define PACK_MAX JOB_REPLIES_MAX

/* Send what the socket takes at once; return how much, or -1. */
static ssize_t
send_now(struct conn *c, const char *bytes, size_t length)
{
	ssize_t n;

	do
		n = send(c->fd, bytes, length,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return (0);
	c->given += n > 0 ? (uint32_t)n : 0;
	return (n);
}

static void
on_written(struct bufferevent *bev, void *argument)
{
	struct conn *c = argument;

	if (evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
		bufferevent_free(bev);
		c->bev = NULL;
	}
	conn_poke(c);
}

static void
on_event(struct bufferevent *bev, short what, void *argument)
{

	(void)bev;
	(void)what;
	conn_close(argument, CLOSE_RESET);
}

/* Where output can wait, made when some has to. NULL: no memory. */
static struct evbuffer *
output_of(struct conn *c)
{

	if (c->bev == NULL) {
		c->bev = bufferevent_socket_new(c->reactor->base, c->fd, 0);
		if (c->bev == NULL)
			return (NULL);
		bufferevent_setcb(c->bev, NULL, on_written, on_event, c);
		/* on_written is called from here down. */
		bufferevent_setwatermark(c->bev, EV_WRITE,
		    c->reactor->service->config.output_soft /
		    CONN_OUTPUT_RESUME, 0);
		bufferevent_set_max_single_write(c->bev, WRITE_MAX);
		c->copied = 0;
		expire_waiting(c);
	}
	return (bufferevent_get_output(c->bev));
}

/*
 * libevent starts to write by itself, through a callback that it may not have
 * had the memory for when the bufferevent was made; asked to, it says so.
 */
static int
start(struct conn *c)
{

	return (bufferevent_enable(c->bev, EV_WRITE));
}

/** A job's buffer within the output, whose connection's that is, and whose
 *  spare it will be. */
struct moved {
	struct bytes bytes;
	struct reactor *reactor;
	uint32_t slot;
	uint32_t generation;
};

static void
moved_written(const void *data, size_t length, void *argument)
{
	struct moved *moved = argument;
	struct reactor *r = moved->reactor;
	struct conn *c = conn_find(r, moved->slot, moved->generation);

	(void)data;
	(void)length;
	if (c != NULL)
		c->moved -= moved->bytes.size;
	spares_give(&r->spares, &moved->bytes);
	free(moved);
}

/*
 * What is to wait need not hold a buffer that is much larger: grown by
 * doubling, or mostly sent. A buffer that cannot be made smaller will do.
 * Return where in it the rest begins. Not for a large reply to a client that
 * reads: its buffer will soon be the next one's.
 */
static size_t
pack(const struct conn *c, struct job *job, size_t from)
{
	struct bytes *b = &job->out;
	size_t rest = b->length - from;
	char *less;

	if (b->size - rest <= rest / 4 ||
	    (job->replies == 1 && write_pending(c) == 0))
		return (from);
	if (from > 0 && rest <= PACK_MAX) {
		memmove(b->data, b->data + from, rest);
		b->length = rest;
		from = 0;
	}
	if ((less = realloc(b->data, b->length)) != NULL) {
		b->data = less;
		b->size = b->length;
	}
	return (from);
}

/* The output takes the job's buffer over; the job goes on without one. */
static int
move(struct conn *c, struct job *job, size_t from)
{
	struct evbuffer *output = output_of(c);
	struct bytes *b = &job->out;
	struct moved *moved;

	if (output == NULL || (moved = malloc(sizeof(*moved))) == NULL)
		return (-1);
	from = pack(c, job, from);
	*moved = (struct moved){ *b, c->reactor, c->slot, c->generation };
	if (evbuffer_add_reference(output, b->data + from, b->length - from,
	    moved_written, moved) == -1) {
		free(moved);
		return (-1);
	}
	c->moved += b->size;
	c->given += (uint32_t)(b->length - from);
	*b = (struct bytes){ 0 };
	return (start(c));
}

/* A small rest is copied. */
static int
queue(struct conn *c, const char *bytes, size_t length)
{
	struct evbuffer *output = output_of(c);

	if (output == NULL)
		return (-1);
	/* Behind a buffer that was moved there would be room made for as much
	 * again. */
	if (c->moved > 0 && evbuffer_expand(output, length) == -1)
		return (-1);
	if (evbuffer_add(output, bytes, length) == -1)
		return (-1);
	c->copied += length;
	c->given += (uint32_t)length;
	return (start(c));
}

int
write_reply(struct conn *c, const char *bytes, size_t length)
{
	ssize_t n = 0;

	if (write_pending(c) == 0 &&
	    (n = send_now(c, bytes, length)) == -1)
		return (-1);
	if ((size_t)n == length)
		return (0);
	return (queue(c, bytes + n, length - (size_t)n));
}

/* The same for a job's replies, of which a large rest need not be copied. */
static int
send_replies(struct conn *c, struct job *job)
{
	struct bytes *b = &job->out;
	ssize_t n = 0;

	if (write_pending(c) == 0 &&
	    (n = send_now(c, b->data, b->length)) == -1)
		return (-1);
	if ((size_t)n == b->length)
		return (0);
	if (b->length - (size_t)n > MOVE_MIN)
		return (move(c, job, (size_t)n));
	return (queue(c, b->data + n, b->length - (size_t)n));
}

int
write_job(struct conn *c, struct job *job)
{
	struct counters *counters = &c->reactor->counters;

	/* Counted first: a client that has its reply finds it counted. */
	counter_add_own(&counters->replies, job->replies);
	if (job->out.length > 0 && send_replies(c, job) == -1) {
		counter_add_own(&counters->replies, -(uint64_t)job->replies);
		counter_add_own(&counters->dropped_gone,
		    job->replies + job_unanswered(job));
		return (-1);
	}
	return (0);
}

size_t
write_queued(const struct conn *c)
{

	return (evbuffer_get_length(bufferevent_get_output(c->bev)));
}
