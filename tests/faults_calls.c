/*
 * The calls themselves, as the linker leads them here.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults_inside.h"

#ifdef __clang__
/* The sanitizers' own calls are led here, too, before they are ready. */
#if __has_feature(thread_sanitizer)
/* Without even a note of each call, for which its thread is not ready. */
#pragma clang attribute push( \
    __attribute__((disable_sanitizer_instrumentation)), apply_to = function)
#else
#pragma clang attribute push(__attribute__((no_sanitize("address", \
    "undefined", "thread"))), apply_to = function)
#endif
#endif

#define HERE __builtin_return_address(0)

/* A call that fails with errno, before it has done anything. */
#define FAILING(call, name, parameters, arguments)                   \
	int __real_##name parameters;                                \
	int __wrap_##name parameters;                                \
	int __wrap_##name parameters                                 \
	{                                                            \
		int error = faults_meets(call, HERE);                \
                                                                     \
		if (error == 0)                                      \
			return (__real_##name arguments);            \
		errno = error;                                       \
		return (-1);                                         \
	}

/* One that returns what is wrong. */
#define RETURNING(call, name, parameters, arguments)                 \
	int __real_##name parameters;                                \
	int __wrap_##name parameters;                                \
	int __wrap_##name parameters                                 \
	{                                                            \
		int error = faults_meets(call, HERE);                \
                                                                     \
		return (error != 0 ? error :                         \
		    __real_##name arguments);                        \
	}

/* One that moves bytes, and may move only one. */
#define MOVING(which, name, parameters, arguments, one)              \
	ssize_t __real_##name parameters;                            \
	ssize_t __wrap_##name parameters;                            \
	ssize_t __wrap_##name parameters                             \
	{                                                            \
		int error = faults_meets(which, HERE);               \
                                                                     \
		if (error == 0)                                      \
			return (__real_##name arguments);            \
		if (error == FAULTS_SHORT)                           \
			return (__real_##name one);                  \
		errno = error;                                       \
		return (-1);                                         \
	}

FAILING(FAULTS_ACCEPT4, accept4,
    (int fd, struct sockaddr *sa, socklen_t *length, int flags),
    (fd, sa, length, flags))
FAILING(FAULTS_EPOLL_CREATE1, epoll_create1, (int flags), (flags))
FAILING(FAULTS_EPOLL_WAIT, epoll_wait,
    (int ep, struct epoll_event *events, int most, int timeout),
    (ep, events, most, timeout))
FAILING(FAULTS_PIPE2, pipe2, (int fds[2], int flags), (fds, flags))
FAILING(FAULTS_SOCKET, socket, (int family, int type, int protocol),
    (family, type, protocol))
FAILING(FAULTS_BIND, bind,
    (int fd, const struct sockaddr *sa, socklen_t length), (fd, sa, length))
FAILING(FAULTS_LISTEN, listen, (int fd, int backlog), (fd, backlog))
FAILING(FAULTS_GETSOCKNAME, getsockname,
    (int fd, struct sockaddr *sa, socklen_t *length), (fd, sa, length))
FAILING(FAULTS_SETSOCKOPT, setsockopt,
    (int fd, int level, int name, const void *value, socklen_t length),
    (fd, level, name, value, length))
FAILING(FAULTS_SHUTDOWN, shutdown, (int fd, int how), (fd, how))
FAILING(FAULTS_POLL, poll, (struct pollfd *fds, nfds_t count, int timeout),
    (fds, count, timeout))
FAILING(FAULTS_GETRLIMIT, getrlimit,
    (__rlimit_resource_t which, struct rlimit *limit), (which, limit))

FAILING(FAULTS_PIPE, pipe, (int fds[2]), (fds))
FAILING(FAULTS_SOCKETPAIR, socketpair,
    (int family, int type, int protocol, int fds[2]),
    (family, type, protocol, fds))
FAILING(FAULTS_EVENTFD, eventfd, (unsigned count, int flags), (count, flags))
FAILING(FAULTS_TIMERFD_CREATE, timerfd_create, (int clock, int flags),
    (clock, flags))
FAILING(FAULTS_EPOLL_CREATE, epoll_create, (int size), (size))
FAILING(FAULTS_GETSOCKOPT, getsockopt,
    (int fd, int level, int name, void *value, socklen_t *length),
    (fd, level, name, value, length))
FAILING(FAULTS_SIGACTION, sigaction,
    (int number, const struct sigaction *action, struct sigaction *old),
    (number, action, old))
/* A sanitizer cannot do without, and is led here, too. */
#define SIGALTSTACK FAULTS_SIGALTSTACK
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef SIGALTSTACK
#define SIGALTSTACK FAULTS_CALLS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef SIGALTSTACK
#define SIGALTSTACK FAULTS_CALLS
#endif
#endif
FAILING(SIGALTSTACK, sigaltstack, (const stack_t *stack, stack_t *old),
    (stack, old))
FAILING(FAULTS_CONNECT, connect,
    (int fd, const struct sockaddr *sa, socklen_t length), (fd, sa, length))
FAILING(FAULTS_LSTAT, lstat, (const char *path, struct stat *st), (path, st))
FAILING(FAULTS_UNLINK, unlink, (const char *path), (path))

RETURNING(FAULTS_GETADDRINFO, getaddrinfo,
    (const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **found), (host, port, hints, found))
RETURNING(FAULTS_ATTR_INIT, pthread_attr_init, (pthread_attr_t *attr), (attr))
RETURNING(FAULTS_ATTR_SETSTACK, pthread_attr_setstack,
    (pthread_attr_t *attr, void *stack, size_t size), (attr, stack, size))
FAILING(FAULTS_MPROTECT, mprotect, (void *at, size_t size, int prot),
    (at, size, prot))
RETURNING(FAULTS_CONDATTR_INIT, pthread_condattr_init,
    (pthread_condattr_t *attr), (attr))
RETURNING(FAULTS_CONDATTR_SETCLOCK, pthread_condattr_setclock,
    (pthread_condattr_t *attr, clockid_t clock), (attr, clock))
RETURNING(FAULTS_MUTEX_INIT, pthread_mutex_init,
    (pthread_mutex_t *mutex, const pthread_mutexattr_t *attr),
    (mutex, attr))
RETURNING(FAULTS_COND_INIT, pthread_cond_init,
    (pthread_cond_t *cond, const pthread_condattr_t *attr), (cond, attr))

MOVING(FAULTS_RECV, recv, (int fd, void *out, size_t size, int flags),
    (fd, out, size, flags), (fd, out, 1, flags))
MOVING(FAULTS_SEND, send,
    (int fd, const void *bytes, size_t length, int flags),
    (fd, bytes, length, flags), (fd, bytes, 1, flags))
MOVING(FAULTS_GETRANDOM, getrandom, (void *out, size_t size, unsigned flags),
    (out, size, flags), (out, 1, flags))
MOVING(FAULTS_READ, read, (int fd, void *out, size_t size),
    (fd, out, size), (fd, out, 1))

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument);

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument)
{
	int error = faults_meets(FAULTS_PTHREAD_CREATE, HERE);
	bool before;

	if (error != 0)
		return (error);
	/* What a sanitizer calls to make its thread is led here, too, and
	 * taken to succeed. */
	before = faults_spare(true);
	error = __real_pthread_create(thread, attr, run, argument);
	(void)faults_spare(before);
	return (error);
}

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd,
    off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd,
    off_t offset);

void *
__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	/* Sanitizers map more than stacks. */
	int error = (flags & MAP_STACK) == 0 ? 0 :
	    faults_meets(FAULTS_MMAP, HERE);

	if (error == 0)
		return (__real_mmap(at, size, prot, flags, fd, offset));
	errno = error;
	return (MAP_FAILED);
}

static enum faults_call
kind_of(int fd)
{
	struct stat st;

	return (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ?
	    FAULTS_WRITE_PIPE : FAULTS_WRITE);
}

MOVING(kind_of(fd), write, (int fd, const void *bytes, size_t length),
    (fd, bytes, length), (fd, bytes, 1))

ssize_t __real_writev(int fd, const struct iovec *iov, int count);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int count);

ssize_t
__wrap_writev(int fd, const struct iovec *iov, int count)
{
	int error = faults_meets(FAULTS_WRITEV, HERE);
	struct iovec one = { .iov_base = iov[0].iov_base, .iov_len = 1 };

	if (error == 0)
		return (__real_writev(fd, iov, count));
	if (error == FAULTS_SHORT)
		return (__real_writev(fd, &one, 1));
	errno = error;
	return (-1);
}

int __real_epoll_ctl(int ep, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int ep, int op, int fd, struct epoll_event *event);

int
__wrap_epoll_ctl(int ep, int op, int fd, struct epoll_event *event)
{
	int error = op == EPOLL_CTL_DEL ? 0 :
	    faults_meets(FAULTS_EPOLL_CTL, HERE);

	if (error == 0)
		return (__real_epoll_ctl(ep, op, fd, event));
	errno = error;
	return (-1);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);

int
__wrap_fcntl(int fd, int command, ...)
{
	int error = faults_meets(FAULTS_FCNTL, HERE);
	va_list arguments;
	long value;

	va_start(arguments, command);
	value = va_arg(arguments, long);
	va_end(arguments);
	if (error == 0)
		return (__real_fcntl(fd, command, value));
	errno = error;
	return (-1);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	int error = faults_meets(FAULTS_IOCTL, HERE);
	va_list arguments;
	void *value;

	va_start(arguments, request);
	value = va_arg(arguments, void *);
	va_end(arguments);
	if (error == 0)
		return (__real_ioctl(fd, request, value));
	errno = error;
	return (-1);
}

int __real_close(int fd);
int __wrap_close(int fd);

int
__wrap_close(int fd)
{
	int error = faults_meets(FAULTS_CLOSE, HERE), rc = __real_close(fd);

	if (error == 0)
		return (rc);
	errno = error;
	return (-1);
}

#ifdef __clang__
#pragma clang attribute pop
#endif
