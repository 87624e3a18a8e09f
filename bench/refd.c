/*
 * throng-refd: a server whose behaviour is known, to test the instrument
 * with. It answers as an echo, but at the time at which a queue of so many
 * servers would, and with faults at the requests that the command line says.
 *
 *   --servers C      a request that asks `wait T` keeps one of C servers for
 *                    T, first come, first served; none is asked for: at once
 *   --skip N         the first N requests are answered well, and not counted
 *   --stall N:T      at request N nothing is done for T
 *   --mute N         from request N on, nothing is answered
 *   --fault KIND:K   every K-th request: withhold, corrupt, short, double,
 *                    garbage, close, reset, exit
 *   --spin T         burn that much CPU time for each request
 *   --backlog N      connections that wait to be accepted, at most
 *
 * Services are waited for, not burnt, so that a small machine will do.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "parse.h"
#include "ready.h"
#include "refd.h"

static void
fatal(const char *what)
{

	fprintf(stderr, "throng-refd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
conn_close(struct refd *r, int fd, int reset)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct refd_conn *c = &r->conns[fd];

	if (reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	free(c->rest);
	c->rest = NULL;
	c->rest_length = 0;
	c->open = 0;
	c->life++;
}

/* The time that a request asks for: `wait T`, or none. */
static uint64_t
asked(const char *payload, size_t length)
{
	uint64_t ns = 0;

	if (length > 5 && memcmp(payload, "wait ", 5) == 0) {
		const char *end = memchr(payload + 5, ' ', length - 5);

		parse_time(payload + 5, (end == NULL ? length :
		    (size_t)(end - payload)) - 5, 0, REFD_LONGEST, &ns);
	}
	return (ns);
}

/* When a queue of so many servers would be done with it. */
static uint64_t
done_at(struct refd *r, uint64_t now, uint64_t ns)
{
	unsigned first = 0;

	for (unsigned i = 1; i < r->servers; i++)
		if (r->free_at[i] < r->free_at[first])
			first = i;
	if (ns == 0)
		return (now);
	if (r->free_at[first] > now)
		now = r->free_at[first];
	return (r->free_at[first] = now + ns);
}

static void
answer_later(struct refd *r, int fd, uint64_t at, const char *bytes,
    size_t length)
{
	if (at < r->conns[fd].last)
		at = r->conns[fd].last;
	r->conns[fd].last = at;
	if (later_add(&r->later, at, fd, r->conns[fd].life, bytes, length))
		fatal("memory");
}

static size_t
framed(const struct refd *r, const char *payload, size_t length, char *out)
{
	size_t n = frame_head(r->serve.framer.framing, length, out);

	memcpy(out + n, payload, length);
	n += length;
	return (n + frame_tail(r->serve.framer.framing, 0, out + n));
}

static int
is(const struct refd *r, const char *fault)
{

	return (strcmp(r->fault, fault) == 0);
}

/* Answer wrongly. Returns -1 if the connection is gone. */
static int
misbehave(struct refd *r, int fd, uint64_t at, char *payload, size_t length)
{
	char out[REFD_IN + 64];

	if (is(r, "exit"))
		exit(3);
	if (is(r, "close") || is(r, "reset")) {
		conn_close(r, fd, is(r, "reset"));
		return (-1);
	}
	if (is(r, "corrupt") && length > 0)
		payload[length / 2] ^= 1;
	if (is(r, "short") && length > 0)
		length--;
	if (is(r, "garbage")) {
		answer_later(r, fd, at, "zzzz\r\n\r\n\n", 9);
		return (0);
	}
	if (is(r, "withhold"))
		return (0);
	length = framed(r, payload, length, out);
	answer_later(r, fd, at, out, length);
	if (is(r, "double"))
		answer_later(r, fd, at, out, length);
	return (0);
}

static void
burn(uint64_t ns)
{
	uint64_t end = clock_of(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (ns > 0 && clock_of(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static int
request(struct refd *r, int fd, char *payload, size_t length)
{
	char out[REFD_IN + 64], ok[] = "ok";
	uint64_t now = clock_now(), number = 0, at;

	if (r->requests++ >= r->skip)
		number = r->requests - r->skip;
	if (number > 0 && number == r->stall_at) {
		struct timespec t = { (time_t)(r->stall / 1000000000u),
		    (long)(r->stall % 1000000000u) };

		nanosleep(&t, NULL);
	}
	if (r->mute > 0 && number >= r->mute)
		return (0);
	burn(r->spin);
	at = done_at(r, now, asked(payload, length));
	/* As the work handler answers. */
	if (length > 5 && memcmp(payload, "wait ", 5) == 0) {
		payload = ok;
		length = 2;
	}
	if (r->every > 0 && number > 0 && number % r->every == 0)
		return (misbehave(r, fd, at, payload, length));
	length = framed(r, payload, length, out);
	answer_later(r, fd, at, out, length);
	return (0);
}

static void
readable(struct refd *r, int fd)
{
	struct refd_conn *c = &r->conns[fd];
	size_t length = c->rest_length, start = 0, at = length, used;
	ssize_t n;

	if (length > 0)
		memcpy(r->in, c->rest, length);
	n = recv(fd, r->in + length, REFD_IN - length, 0);
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			conn_close(r, fd, 0);
		return;
	}
	length += (size_t)n;
	while (at < length) {
		enum frame_status status = frame_scan(&r->serve.framer,
		    &c->scan, r->in + at, length - at, &used);

		at += used;
		if (status == FRAME_PARTIAL)
			break;
		if (status != FRAME_READY) {
			conn_close(r, fd, 1);
			return;
		}
		if (request(r, fd, r->in + start + c->scan.head,
		    c->scan.length))
			return;
		start = at;
	}
	free(c->rest);
	c->rest_length = length - start;
	c->rest = c->rest_length == 0 ? NULL : malloc(c->rest_length);
	if (c->rest != NULL)
		memcpy(c->rest, r->in + start, c->rest_length);
}

static void
accept_all(struct refd *r)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd;

	while ((fd = accept4(r->serve.listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		if (fd >= REFD_CONNS) {
			close(fd);
			continue;
		}
		r->conns[fd].open = 1;
		r->conns[fd].last = 0;
		memset(&r->conns[fd].scan, 0, sizeof(r->conns[fd].scan));
		event.data.fd = fd;
		epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

/* Send what is due. Small replies of a test: a full socket is a failure. */
static void
send_due(struct refd *r)
{
	struct later_reply *reply;
	struct refd_conn *c;

	while (later_next(&r->later) <= clock_now()) {
		reply = later_take(&r->later);
		c = &r->conns[reply->fd];
		if (c->open && c->life == reply->life &&
		    send(reply->fd, reply->bytes, reply->length,
		    MSG_NOSIGNAL) != (ssize_t)reply->length)
			conn_close(r, reply->fd, 1);
		free(reply);
	}
}

static void
loop(struct refd *r)
{
	struct epoll_event events[256];
	struct timespec wait, *timeout;
	uint64_t now, next;
	int n;

	for (;;) {
		send_due(r);
		timeout = NULL;
		if ((next = later_next(&r->later)) != UINT64_MAX) {
			now = clock_now();
			now = next > now ? next - now : 0;
			wait.tv_sec = (time_t)(now / 1000000000u);
			wait.tv_nsec = (long)(now % 1000000000u);
			timeout = &wait;
		}
		n = ready_wait(r->epoll, events, 256, timeout);
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == r->serve.listener)
				accept_all(r);
			else
				readable(r, events[i].data.fd);
		}
	}
}

int
main(int argc, char **argv)
{
	static struct refd refd;
	struct epoll_event event = { .events = EPOLLIN };
	int rc;

	refd.servers = 1;
	refd.fault = "";
	if ((rc = refd_options(&refd, &argc, argv)) != 0 ||
	    (rc = serve_start(argc, argv, &refd.serve)) != 0)
		return (rc);
	if (refd.backlog > 0 && listen(refd.serve.listener,
	    (int)refd.backlog))
		fatal("listen");
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	refd.epoll = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = refd.serve.listener;
	if (refd.epoll == -1 || epoll_ctl(refd.epoll, EPOLL_CTL_ADD,
	    refd.serve.listener, &event))
		fatal("epoll");
	loop(&refd);
	return (0);
}
