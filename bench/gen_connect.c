#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gen_state.h"

/* Destinations in 127.0.0.0/8 that `spread` uses: twice as many as a million
 * connections need, so that connect() does not search long for a port. */
#define SPREAD 72

void
gen_watch(struct run *r, int op, int fd, uint32_t events, uint32_t i)
{
	struct epoll_event event = { .events = events, .data.u32 = i };

	/* Fails only for want of memory: then the trial times out. */
	epoll_ctl(r->epoll, op, fd, &event);
}

/* Where the next connection goes. */
static void
destination(struct run *r, struct address *to)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&to->storage;

	*to = *r->job->address;
	if (r->job->config->spread && in->sin_family == AF_INET)
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK +
		    r->turn++ % SPREAD);
}

static int
open_socket(const struct run *r, int family)
{
	/* Ends with a reset: no TIME_WAIT, no port kept from the next. */
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	const char *congestion = r->job->config->congestion;
	const int on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);

	if (fd == -1 || family == AF_UNIX)
		return (fd);
	/* Churn ends as clients do, and pays for it: the server sees an end
	 * of the stream, and TIME_WAIT is here. */
	if (!r->job->config->churn)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (congestion != NULL)
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion,
		    (socklen_t)strlen(congestion));
	return (fd);
}

static void
connect_failed(struct run *r, uint32_t i, int error)
{

	if (r->fds[i] != -1)
		close(r->fds[i]);
	r->fds[i] = -1;
	r->failed++;
	r->failed_errno = error;
	engine_refused(r->engine, i);
}

static void
connected(struct run *r, uint32_t i)
{

	r->pending[i] = 0;
	gen_watch(r, EPOLL_CTL_MOD, r->fds[i], EPOLLIN, i);
	engine_opened(r->engine, i);
}

void
gen_connect(struct run *r, uint32_t i)
{
	struct address to;
	int rc;

	destination(r, &to);
	r->fds[i] = open_socket(r, to.storage.ss_family);
	if (r->fds[i] == -1) {
		connect_failed(r, i, errno);
		return;
	}
	rc = connect(r->fds[i], (struct sockaddr *)&to.storage, to.length);
	if (rc == -1 && errno != EINPROGRESS) {
		connect_failed(r, i, errno);
		return;
	}
	r->pending[i] = 1;
	gen_watch(r, EPOLL_CTL_ADD, r->fds[i], EPOLLOUT, i);
	if (rc == 0)
		connected(r, i);
}

void
gen_connected(struct run *r, uint32_t i)
{
	int error = 0;
	socklen_t length = sizeof(error);

	getsockopt(r->fds[i], SOL_SOCKET, SO_ERROR, &error, &length);
	if (error != 0) {
		r->pending[i] = 0;
		connect_failed(r, i, error);
		return;
	}
	connected(r, i);
}
