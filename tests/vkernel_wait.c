/*
 * What is set at descriptors, what waits for them, and the clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "vkernel_inside.h"

int __wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length);
int __real_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length);

int
__wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length)
{
	struct timeval tv;

	if (!vki_mine(fd))
		return (__real_setsockopt(fd, level, name, value, length));
	vki_enter();
	if (level == SOL_SOCKET && (name == SO_RCVTIMEO ||
	    name == SO_SNDTIMEO)) {
		memcpy(&tv, value, sizeof(tv));
		vki_file(fd)->patience = (uint64_t)tv.tv_sec * 1000000000 +
		    (uint64_t)tv.tv_usec * 1000;
	}
	return (0);
}

int __wrap_fcntl(int fd, int command, ...);
int __real_fcntl(int fd, int command, ...);

int
__wrap_fcntl(int fd, int command, ...)
{
	va_list arguments;
	long value;

	va_start(arguments, command);
	value = va_arg(arguments, long);
	va_end(arguments);
	if (!vki_mine(fd))
		return (__real_fcntl(fd, command, value));
	vki_enter();
	if (command == F_SETFL)
		vki_file(fd)->blocking = !(value & O_NONBLOCK);
	return (0);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	uint64_t until = timeout < 0 ? UINT64_MAX :
	    vki.now + (uint64_t)timeout * 1000000;
	struct file *f;

	if (count != 1 || !vki_mine(fds[0].fd))
		return (__real_poll(fds, count, timeout));
	vki_enter();
	f = vki_file(fds[0].fd);
	do {
		fds[0].revents = (short)((fds[0].events &
		    ((vki_readable(f) ? POLLIN : 0) |
		    (vki_writable(f) ? POLLOUT : 0))) |
		    (f->sock != NULL && f->sock->broken ? POLLERR : 0));
	} while (fds[0].revents == 0 && timeout != 0 && vki_block(until));
	return (fds[0].revents != 0);
}

int __wrap_epoll_create1(int flags);

int
__wrap_epoll_create1(int flags)
{

	(void)flags;
	return (vki_file_new(KIND_EPOLL));
}

int __wrap_epoll_ctl(int ep, int op, int fd, struct epoll_event *event);

int
__wrap_epoll_ctl(int ep, int op, int fd, struct epoll_event *event)
{
	struct file *f;

	(void)ep;
	if (!vki_mine(fd)) {
		errno = EBADF;
		return (-1);
	}
	f = vki_file(fd);
	if (f->watched != (op != EPOLL_CTL_ADD)) {
		errno = f->watched ? EEXIST : ENOENT;
		return (-1);
	}
	f->watched = op != EPOLL_CTL_DEL;
	if (f->watched)
		f->event = *event;
	return (0);
}

/* From a place that changes, so that no order is relied upon. */
static int
collect(struct epoll_event *events, int most)
{
	int first = (int)(vk_random() % FDS_MAX), n = 0;

	for (int i = 0; i < FDS_MAX && n < most; i++) {
		struct file *f = &vki.files[(first + i) % FDS_MAX];
		uint32_t ready;

		if (f->kind == KIND_FREE || !f->watched)
			continue;
		ready = ((vki_readable(f) ? EPOLLIN : 0u) |
		    (vki_writable(f) ? EPOLLOUT : 0u)) & f->event.events;
		if (f->kind == KIND_SOCK && f->sock->broken)
			ready |= EPOLLERR | EPOLLHUP;
		if (ready == 0)
			continue;
		events[n].events = ready;
		events[n++].data = f->event.data;
	}
	return (n);
}

int __wrap_epoll_wait(int ep, struct epoll_event *events, int most,
    int timeout);

int
__wrap_epoll_wait(int ep, struct epoll_event *events, int most, int timeout)
{
	uint64_t until = timeout < 0 ? UINT64_MAX :
	    vki.now + (uint64_t)timeout * 1000000;
	int n;

	(void)ep;
	vki_enter();
	if (vki_trouble()) {
		errno = EINTR;
		return (-1);
	}
	while ((n = collect(events, most)) == 0 && timeout != 0 &&
	    vki_block(until))
		continue;
	return (n);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{

	(void)clock;
	vki_enter();
	now->tv_sec = (time_t)(vki.now / 1000000000);
	now->tv_nsec = (long)(vki.now % 1000000000);
	return (0);
}

int __wrap_gettimeofday(struct timeval *now, void *zone);

int
__wrap_gettimeofday(struct timeval *now, void *zone)
{

	(void)zone;
	now->tv_sec = (time_t)(vki.now / 1000000000);
	now->tv_usec = (suseconds_t)(vki.now / 1000 % 1000000);
	return (0);
}
