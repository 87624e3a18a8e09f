#include "config.h"

#include "wakeup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#ifndef HAVE_PIPE2
static int
set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return (-1);
	return (fcntl(fd, F_SETFD, FD_CLOEXEC));
}
#endif

int
wakeup_open(struct wakeup *w)
{
	int fds[2];

#ifdef HAVE_PIPE2
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == -1)
		return (-1);
#else
	if (pipe(fds) == -1)
		return (-1);
	if (set_flags(fds[0]) == -1 || set_flags(fds[1]) == -1) {
		int saved = errno;

		close(fds[0]);
		close(fds[1]);
		errno = saved;
		return (-1);
	}
#endif
	w->read_fd = fds[0];
	w->write_fd = fds[1];
	return (0);
}

void
wakeup_close(struct wakeup *w)
{

	close(w->read_fd);
	close(w->write_fd);
}

void
wakeup_signal(const struct wakeup *w)
{
	int saved = errno;

	/*
	 * EAGAIN: the pipe is full of signals that were not cleared yet, so
	 * the sleeper wakes anyway. Other errors cannot come from a pipe
	 * whose both ends are open.
	 */
	while (write(w->write_fd, "", 1) == -1 && errno == EINTR)
		continue;
	errno = saved;
}

bool
wakeup_is_set(const struct wakeup *w)
{
	struct pollfd pfd = { .fd = w->read_fd, .events = POLLIN };

	/* Interrupted, or whatever else: nobody can say that it is not. */
	return (poll(&pfd, 1, 0) != 0);
}

void
wakeup_clear(const struct wakeup *w)
{
	char sink[64];
	ssize_t n;

	/* A short read means empty; what comes later wakes us again. */
	do
		n = read(w->read_fd, sink, sizeof(sink));
	while (n == (ssize_t)sizeof(sink) || (n == -1 && errno == EINTR));
}
