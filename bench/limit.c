/*
 * throng-limit: what the machine allows. One thread, level-triggered epoll,
 * the handler inline, replies sent directly: no hand-over, no event library,
 * no limits and no deadlines. Everything that throngd adds is measured
 * against this.
 *
 * One read, one send and a share of one epoll_wait per pass and connection.
 * Whatever a connection has sent is answered with one send. There is one
 * buffer for reading and one for replies; only an unfinished request or an
 * unsent reply is kept with the connection.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

#define EVENTS 512
#define READ_MIN 65536

struct conn {
	int fd;
	struct frame_scan scan;
	char *rest; /* begin of an unfinished request, or NULL */
	size_t rest_length;
	char *unsent; /* of replies, or NULL; while set, nothing is read */
	size_t unsent_length;
	int last; /* to be closed when all is sent */
};

struct limit {
	struct serve serve;
	int epoll;
	int paused; /* out of descriptors: not accepting */
	char *in;
	size_t in_size;
	struct handle_bytes out;
};

static int
watch(struct limit *l, int op, int fd, uint32_t events, struct conn *conn)
{
	struct epoll_event event = { .events = events, .data.ptr = conn };

	return (epoll_ctl(l->epoll, op, fd, &event));
}

static void
conn_close(struct limit *l, struct conn *c)
{

	close(c->fd);
	free(c->rest);
	free(c->unsent);
	free(c);
	if (l->paused && watch(l, EPOLL_CTL_ADD, l->serve.listener, EPOLLIN,
	    NULL) == 0)
		l->paused = 0;
}

static void
accept_all(struct limit *l)
{
	struct conn *c;
	int fd;

	for (;;) {
		fd = accept4(l->serve.listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			break;
		if ((c = calloc(1, sizeof(*c))) == NULL ||
		    watch(l, EPOLL_CTL_ADD, fd, EPOLLIN, c)) {
			free(c);
			close(fd);
			continue;
		}
		c->fd = fd;
	}
	if (errno == EMFILE || errno == ENFILE) {
		watch(l, EPOLL_CTL_DEL, l->serve.listener, 0, NULL);
		l->paused = 1;
	}
}

/* Keep `length` bytes in `*place`, which may be where they come from. */
static int
keep(char **place, size_t *place_length, const char *bytes, size_t length)
{
	char *copy = NULL;

	if (length > 0) {
		if ((copy = malloc(length)) == NULL)
			return (-1);
		memcpy(copy, bytes, length);
	}
	free(*place);
	*place = copy;
	*place_length = length;
	return (0);
}

static int
send_out(struct limit *l, struct conn *c)
{
	ssize_t n = send(c->fd, l->out.bytes, l->out.length, MSG_NOSIGNAL);

	if (n == (ssize_t)l->out.length)
		return (0);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		return (-1);
	n = n < 0 ? 0 : n;
	if (keep(&c->unsent, &c->unsent_length, l->out.bytes + n,
	    l->out.length - (size_t)n))
		return (-1);
	return (watch(l, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c));
}

static int
flush_unsent(struct limit *l, struct conn *c)
{
	ssize_t n = send(c->fd, c->unsent, c->unsent_length, MSG_NOSIGNAL);

	if (n == -1)
		return (errno == EAGAIN || errno == EINTR ? 0 : -1);
	if (keep(&c->unsent, &c->unsent_length, c->unsent + n,
	    c->unsent_length - (size_t)n))
		return (-1);
	if (c->unsent == NULL && !c->last)
		return (watch(l, EPOLL_CTL_MOD, c->fd, EPOLLIN, c));
	return (c->unsent == NULL ? -1 : 0);
}

/* Read once, answer every whole request, send once. */
static int
serve_conn(struct limit *l, struct conn *c)
{
	size_t length = c->rest_length;
	ssize_t n;
	long done;

	if (length > 0)
		memcpy(l->in, c->rest, length);
	n = recv(c->fd, l->in + length, l->in_size - length, 0);
	if (n <= 0)
		return (n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1);
	length += (size_t)n;
	l->out.length = 0;
	done = serve_frames(&l->serve, &c->scan, l->in, length, (size_t)n,
	    &l->out, &c->last);
	if (done == -1)
		return (-1);
	if (((size_t)done < length || c->rest != NULL) &&
	    keep(&c->rest, &c->rest_length, l->in + done,
	    length - (size_t)done))
		return (-1);
	if (l->out.length > 0 && send_out(l, c))
		return (-1);
	return (c->last && c->unsent == NULL ? -1 : 0);
}

static void
loop(struct limit *l)
{
	struct epoll_event events[EVENTS];
	int n, rc;

	while ((n = epoll_wait(l->epoll, events, EVENTS, -1)) >= 0 ||
	    errno == EINTR) {
		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;

			if (c == NULL) {
				accept_all(l);
				continue;
			}
			if (c->unsent != NULL)
				rc = flush_unsent(l, c);
			else
				rc = serve_conn(l, c);
			if (rc)
				conn_close(l, c);
		}
	}
}

int
main(int argc, char **argv)
{
	struct limit l = { .in_size = SERVE_WHOLE_MAX + READ_MIN };
	int rc = serve_start(argc, argv, &l.serve);

	if (rc != 0)
		return (rc);
	l.in = malloc(l.in_size);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l.in == NULL || l.epoll == -1 ||
	    watch(&l, EPOLL_CTL_ADD, l.serve.listener, EPOLLIN, NULL)) {
		perror("throng-limit");
		return (1);
	}
	loop(&l);
	perror("throng-limit: epoll_wait");
	return (1);
}
