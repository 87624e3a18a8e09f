/*
 * libevent's own listener accepts without bound in one pass and goes on
 * trying at full speed when descriptors run out, so the few lines are here:
 * a bounded number a pass, and a pause on a timer when the system has no
 * room.
 */
#include "config.h"

#include "accept.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admit.h"
#include "clock.h"
#include "conn.h"
#include "events.h"
#include "listen.h"
#include "perclient.h"
#include "reactor.h"

/** Connections accepted from one listener in one pass. */
#define BUDGET 16

/** How long accepting pauses when descriptors or memory run out. */
#define PAUSE_US 10000

/** One reactor's view of one listener. */
struct acceptor {
	struct reactor *reactor;
	int fd;
	bool hands_down; /* connections have what tune() asked for */
	struct event *readable;
	struct event *resume;
};

/*
 * Asked of the listener, which hands it down to its connections: on Linux and
 * the BSDs that saves system calls for each of them. Local sockets have
 * neither option.
 */
static void
tune(int fd, const throng_config *config)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
#ifdef TCP_NOTSENT_LOWAT
	/*
	 * Else the kernel takes megabytes for a client that does not read,
	 * which no limit of ours sees, and which take long to be freed.
	 */
	on = config->output_soft < INT_MAX ? (int)config->output_soft :
	    INT_MAX;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &on, sizeof(on));
#else
	(void)config;
#endif
}

/* Replies are not to wait for acknowledgements of earlier ones. */
static void
no_delay(struct acceptor *a, int fd)
{
	socklen_t length = sizeof(int);
	int on = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &length) == 0 &&
	    on != 0) {
		a->hands_down = true;
		return;
	}
	on = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* A connected, non-blocking, close-on-exec socket, or -1. */
static int
take(int fd, struct sockaddr_storage *ss)
{
	socklen_t length = sizeof(*ss);
	struct sockaddr *sa = (struct sockaddr *)ss;

	ss->ss_family = AF_UNSPEC;
#ifdef HAVE_ACCEPT4
	return (accept4(fd, sa, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
#else
	int conn = accept(fd, sa, &length), flags;

	if (conn == -1)
		return (-1);
	flags = fcntl(conn, F_GETFL);
	(void)fcntl(conn, F_SETFL, flags | O_NONBLOCK);
	(void)fcntl(conn, F_SETFD, FD_CLOEXEC);
	return (conn);
#endif
}

/* Whether this pause is to be logged: one a second, of all reactors. */
static bool
worth_logging(struct service *s)
{
	uint64_t now = clock_now(), last;

	/* Relaxed: only the winner of the exchange logs; no data goes along. */
	last = atomic_load_explicit(&s->pause_logged, memory_order_relaxed);
	return ((last == 0 || now - last >= CLOCK_S) &&
	    atomic_compare_exchange_strong_explicit(&s->pause_logged, &last,
	    now, memory_order_relaxed, memory_order_relaxed));
}

/* No room in the system: stop asking for a moment. */
static void
pause_accepting(struct acceptor *a, int error)
{
	struct reactor *r = a->reactor;

	/* Without memory for the timer it is tried again in the next pass. */
	if (evtimer_add(a->resume, &(struct timeval){ .tv_usec =
	    PAUSE_US }) == 0) {
		event_del(a->readable);
		r->accept_paused = true;
	}
	counter_add_own(&r->counters.accept_paused, 1);
	if (worth_logging(r->service))
		event_trouble(&r->service->log, THRONG_LOG_WARN,
		    "accept-paused", error);
}

static void
let_in(struct acceptor *a, int fd, const struct sockaddr_storage *ss)
{
	struct reactor *r = a->reactor;
	struct seat seat;
	struct peer peer;

	peer_set(&peer, (const struct sockaddr *)ss);
	if (!a->hands_down &&
	    (ss->ss_family == AF_INET || ss->ss_family == AF_INET6))
		no_delay(a, fd);
	seat = admit(r, &peer);
	if (seat.admission == ADMIT_OK && r->perclient != NULL)
		perclient_start(r->perclient, r, fd, &peer, seat);
	else if (seat.admission == ADMIT_PASS)
		admit_pass(r, fd, &peer, seat);
	else
		conn_open(r, fd, &peer, seat);
}

/* Take up to `budget` connections that are waiting. */
/* Without a descriptor to give, accepting fails even if nobody waits. */
static bool
somebody_waits(const struct acceptor *a)
{
	struct pollfd pfd = { .fd = a->fd, .events = POLLIN };

	return (poll(&pfd, 1, 0) != 0);
}

static void
take_waiting(struct acceptor *a, unsigned budget)
{
	struct sockaddr_storage ss;
	int conn, error;

	for (; budget > 0; budget--) {
		if ((conn = take(a->fd, &ss)) != -1) {
			let_in(a, conn, &ss);
			continue;
		}
		switch (errno) {
		case EAGAIN:
			return;
		case EMFILE:
		case ENFILE:
			error = errno;
			if (!somebody_waits(a))
				return;
			if (admit_descriptor(a->reactor))
				break;
			pause_accepting(a, error);
			return;
		case ENOBUFS:
		case ENOMEM:
			pause_accepting(a, errno);
			return;
		default:
			/* The one at the head of the queue has gone wrong
			 * (ECONNABORTED, EINTR and the like): the next. */
			break;
		}
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{

	(void)fd;
	(void)what;
	take_waiting(argument, BUDGET);
}

static void
on_resume(evutil_socket_t fd, short what, void *argument)
{
	struct acceptor *a = argument;

	(void)fd;
	(void)what;
	a->reactor->accept_paused = false;
	if (event_add(a->readable, NULL) == -1)
		evtimer_add(a->resume, &(struct timeval){ .tv_usec =
		    PAUSE_US });
}

void
accept_room(struct reactor *r)
{

	if (r->phase != REACTOR_SERVING)
		return;
	r->accept_paused = false;
	for (unsigned i = 0; i < r->acceptor_count; i++) {
		struct acceptor *a = &r->acceptors[i];

		if (evtimer_pending(a->resume, NULL)) {
			evtimer_del(a->resume);
			event_active(a->resume, EV_TIMEOUT, 0);
		}
	}
}

throng_error
accept_open(struct reactor *r, const struct listener *listeners,
    unsigned count, int spread)
{
	struct acceptor *a;

	r->acceptors = calloc(count, sizeof(*r->acceptors));
	if (r->acceptors == NULL)
		return (THRONG_ERR_NOMEM);
	r->acceptor_count = count;
	for (unsigned i = 0; i < count; i++) {
		const struct listener *l = &listeners[i];

		a = &r->acceptors[i];
		a->reactor = r;
		a->fd = l->fds[spread && l->count > 1 ? r->number : 0];
		tune(a->fd, &r->service->config);
		a->readable = event_new(r->base, a->fd, EV_READ | EV_PERSIST,
		    on_readable, a);
		a->resume = evtimer_new(r->base, on_resume, a);
		if (a->readable == NULL || a->resume == NULL) {
			accept_close(r);
			return (THRONG_ERR_NOMEM);
		}
	}
	return (THRONG_OK);
}

int
accept_start(struct reactor *r)
{

	for (unsigned i = 0; i < r->acceptor_count; i++)
		if (event_add(r->acceptors[i].readable, NULL) == -1)
			return (-1);
	return (0);
}

void
accept_stop(struct reactor *r)
{

	for (unsigned i = 0; i < r->acceptor_count; i++) {
		struct acceptor *a = &r->acceptors[i];

		/* Those who came before the end may have sent already. */
		if (r->phase == REACTOR_SERVING)
			take_waiting(a, r->service->config.backlog);
		event_del(a->readable);
		event_del(a->resume);
		/* Linux: who comes later is refused at once, instead of
		 * waiting for the end; elsewhere it fails and does no harm. */
		(void)shutdown(a->fd, SHUT_RD);
	}
}

void
accept_close(struct reactor *r)
{

	for (unsigned i = 0; i < r->acceptor_count; i++) {
		if (r->acceptors[i].readable != NULL)
			event_free(r->acceptors[i].readable);
		if (r->acceptors[i].resume != NULL)
			event_free(r->acceptors[i].resume);
	}
	free(r->acceptors);
	r->acceptors = NULL;
	r->acceptor_count = 0;
}
