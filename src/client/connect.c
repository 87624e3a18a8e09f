#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "clock.h"
#include "until.h"

/* Between attempts: long enough for a server to come up, short for people. */
#define RETRY_PAUSE ((uint64_t)200 * CLOCK_MS)

/* A local server's full backlog gives no event to wait for. */
#define BACKLOG_PAUSE ((uint64_t)10 * CLOCK_MS)

/* A host with more addresses than these is reached by one of them. */
#define ANSWERS_MAX 8

/* What became of an attempt; errors are errno values, positive. */
enum { DONE = 0, STOPPED = -1 };

static int
open_socket(int family)
{
	int fd = socket(family, SOCK_STREAM, 0), flags, one = 1;

	if (fd == -1)
		return (-1);
	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
		int saved = errno;

		close(fd);
		errno = saved;
		return (-1);
	}
	/* Latency only: a socket without these options works as well. */
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof(one));
#endif
	return (fd);
}

/* Wait for a connection on its way; DONE, STOPPED or an errno value. */
static int
await(const struct connect_plan *plan, int fd, uint64_t until)
{
	socklen_t size = sizeof(int);
	int error, rc = plan->wait(plan->context, fd, POLLOUT, until);

	if (rc == -1)
		return (STOPPED);
	if (rc == 0)
		return (ETIMEDOUT);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		return (errno);
	return (error);
}

/* Connect a socket; DONE, STOPPED or an errno value. */
static int
attempt(const struct connect_plan *plan, int fd, const struct address *to,
    uint64_t until)
{
	int rc;

	for (;;) {
		if (connect(fd, (const struct sockaddr *)&to->storage,
		    to->length) == 0)
			return (DONE);
		/* Interrupted, it goes on all the same (POSIX). */
		if (errno == EINPROGRESS || errno == EINTR)
			return (await(plan, fd, until));
		if (errno != EAGAIN)
			return (errno);
		if (clock_now() >= until)
			return (ETIMEDOUT);
		rc = plan->wait(plan->context, -1, 0, until_in(BACKLOG_PAUSE));
		if (rc == -1)
			return (STOPPED);
	}
}

static void
explain(const struct connect_plan *plan, int error, char *why)
{

	if (error == ETIMEDOUT)
		snprintf(why, CONNECT_WHY_MAX, "no connection within %g s",
		    (double)plan->timeout / 1e9);
	else
		snprintf(why, CONNECT_WHY_MAX, "%s", strerror(error));
}

/* Try every answer once; the socket, or -1, with STOPPED in *error. */
static int
round_of_attempts(const struct connect_plan *plan, char *why, int *error)
{
	struct address answers[ANSWERS_MAX];
	uint64_t until, now, share;
	const char *wrong;
	int fd, n;

	*error = DONE;
	n = address_resolve(plan->address, answers, ANSWERS_MAX, &wrong);
	if (n == -1)
		snprintf(why, CONNECT_WHY_MAX, "%s", wrong);
	until = until_in(plan->timeout);
	for (int i = 0; i < n; i++) {
		/* An equal share of what is left: a dead one blocks no other. */
		now = clock_now();
		share = now < until ? (until - now) / (unsigned)(n - i) : 0;
		fd = open_socket(answers[i].storage.ss_family);
		*error = fd == -1 ? errno :
		    attempt(plan, fd, &answers[i], now + share);
		if (*error == DONE)
			return (fd);
		if (fd != -1)
			close(fd);
		if (*error == STOPPED)
			return (-1);
		explain(plan, *error, why);
	}
	return (-1);
}

int
connect_open(const struct connect_plan *plan, char *why)
{
	int fd, error;

	why[0] = '\0';
	for (unsigned left = plan->retries;; left--) {
		fd = round_of_attempts(plan, why, &error);
		if (fd != -1 || left == 0 || error == STOPPED)
			break;
		if (plan->wait(plan->context, -1, 0,
		    until_in(RETRY_PAUSE)) == -1) {
			error = STOPPED;
			break;
		}
	}
	if (error == STOPPED)
		snprintf(why, CONNECT_WHY_MAX, "stopped");
	return (fd);
}
