/**
 * ready.h - waiting for descriptors, to the nanosecond.
 */
#ifndef READY_H
#define READY_H

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>

/**
 * ready_wait(epoll, events, most, timeout):
 * The same as epoll_pwait2(), also where the kernel has none (before Linux
 * 5.11): `timeout` NULL is for ever. Return how many events there are, or -1
 * with errno set. Thread: any.
 */
static inline int
ready_wait(int epoll, struct epoll_event *events, int most,
    const struct timespec *timeout)
{
	struct pollfd pfd = { .fd = epoll, .events = POLLIN };
	int n = epoll_pwait2(epoll, events, most, timeout, NULL);

	if (n != -1 || errno != ENOSYS)
		return (n);
	if ((n = ppoll(&pfd, 1, timeout, NULL)) <= 0)
		return (n);
	return (epoll_wait(epoll, events, most, 0));
}

#endif /* READY_H */
