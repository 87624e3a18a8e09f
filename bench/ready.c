#include "config.h"

#include "ready.h"

#include <errno.h>
#include <poll.h>

int
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
