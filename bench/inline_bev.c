/*
 * throng-bufferevent: libevent's bufferevents in one thread, the handler
 * inline. What the event library costs over the limit; a pool costs more or
 * less than this, not than nothing.
 *
 * A reply goes out directly when nothing is queued before it, as throngd
 * does it; bufferevent_write() would wait for the next pass of the loop.
 */
#include "config.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve.h"

struct inline_server {
	struct serve serve;
	struct event_base *base;
	struct event *accept;
	struct handle_bytes out;
};

struct conn {
	struct inline_server *server;
	struct frame_scan scan;
	int last; /* to be closed when all is sent */
};

static void
conn_close(struct bufferevent *bev, struct conn *c)
{
	struct inline_server *s = c->server;

	bufferevent_free(bev);
	free(c);
	event_add(s->accept, NULL);
}

static int
send_out(struct bufferevent *bev, const struct handle_bytes *out)
{
	ssize_t n = 0;

	if (evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
		n = send(bufferevent_getfd(bev), out->bytes, out->length,
		    MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return (-1);
		n = n < 0 ? 0 : n;
	}
	if ((size_t)n == out->length)
		return (0);
	/* Until this has gone out, nothing is read: no endless queue. */
	bufferevent_disable(bev, EV_READ);
	return (bufferevent_write(bev, out->bytes + n,
	    out->length - (size_t)n));
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(bev);
	struct conn *c = arg;
	size_t length = evbuffer_get_length(input);
	size_t seen = frame_pending(&c->scan);
	const char *bytes = (char *)evbuffer_pullup(input, -1);
	long done;

	if (length <= seen)
		return;
	c->server->out.length = 0;
	done = bytes == NULL ? -1 : serve_frames(&c->server->serve, &c->scan,
	    bytes, length, length - seen, &c->server->out, &c->last);
	if (done == -1 ||
	    (c->server->out.length > 0 && send_out(bev, &c->server->out)) ||
	    (c->last && evbuffer_get_length(
	    bufferevent_get_output(bev)) == 0)) {
		conn_close(bev, c);
		return;
	}
	evbuffer_drain(input, (size_t)done);
}

static void
on_drained(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;

	if (c->last)
		conn_close(bev, c);
	else
		bufferevent_enable(bev, EV_READ);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{

	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		conn_close(bev, arg);
}

static void
on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct inline_server *s = arg;
	struct bufferevent *bev;
	struct conn *c;
	int fd;

	(void)what;
	while ((fd = accept4(listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		c = calloc(1, sizeof(*c));
		bev = c == NULL ? NULL : bufferevent_socket_new(s->base, fd,
		    BEV_OPT_CLOSE_ON_FREE);
		if (bev == NULL) {
			free(c);
			close(fd);
			continue;
		}
		c->server = s;
		bufferevent_setcb(bev, on_read, on_drained, on_event, c);
		bufferevent_enable(bev, EV_READ | EV_WRITE);
	}
	/* Out of descriptors: a connection that closes starts it again. */
	if (errno == EMFILE || errno == ENFILE)
		event_del(s->accept);
}

int
main(int argc, char **argv)
{
	struct inline_server s = { 0 };
	struct event_config *config;
	int rc = serve_start(argc, argv, &s.serve);

	if (rc != 0)
		return (rc);
	config = event_config_new();
	if (config != NULL) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		s.base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (s.base != NULL)
		s.accept = event_new(s.base, s.serve.listener,
		    EV_READ | EV_PERSIST, on_accept, &s);
	if (s.accept == NULL || event_add(s.accept, NULL)) {
		perror("throng-bufferevent");
		return (1);
	}
	event_base_dispatch(s.base);
	return (1);
}
