#include "faults.h"

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

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

#define SITES_MAX 64

/*
 * What is documented and can be: the pipes of wakeups never fill up here, so
 * "full" would be a lie; closing has closed whatever it says; removing what
 * is watched needs no memory.
 */
static const struct {
	const char *name;
	int errors[12];
} calls[] = {
	[FAULTS_ACCEPT4] = { "accept4", { EAGAIN, EINTR, ECONNABORTED,
	    EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM, EPROTO } },
	[FAULTS_RECV] = { "recv", { EINTR, EAGAIN, FAULTS_SHORT, ECONNRESET,
	    ETIMEDOUT, ENOMEM, ENOBUFS } },
	[FAULTS_SEND] = { "send", { EINTR, EAGAIN, FAULTS_SHORT, ECONNRESET,
	    EPIPE, ENOMEM, ENOBUFS, EHOSTUNREACH } },
	[FAULTS_WRITEV] = { "writev", { EINTR, EAGAIN, FAULTS_SHORT,
	    ECONNRESET, EPIPE, ENOBUFS } },
	[FAULTS_READ] = { "read", { EINTR, EAGAIN } },
	[FAULTS_WRITE_PIPE] = { "write to a pipe", { EINTR } },
	[FAULTS_WRITE] = { "write", { EINTR, EAGAIN, FAULTS_SHORT, EIO,
	    ENOSPC, EPIPE, EBADF } },
	[FAULTS_EPOLL_CREATE1] = { "epoll_create1", { EMFILE, ENFILE,
	    ENOMEM } },
	[FAULTS_EPOLL_CTL] = { "epoll_ctl", { ENOMEM, ENOSPC } },
	[FAULTS_EPOLL_WAIT] = { "epoll_wait", { EINTR } },
	[FAULTS_PIPE2] = { "pipe2", { EMFILE, ENFILE } },
	[FAULTS_PTHREAD_CREATE] = { "pthread_create", { EAGAIN, EPERM } },
	[FAULTS_MUTEX_INIT] = { "pthread_mutex_init", { EAGAIN, ENOMEM } },
	[FAULTS_COND_INIT] = { "pthread_cond_init", { EAGAIN, ENOMEM } },
	[FAULTS_SOCKET] = { "socket", { EMFILE, ENFILE, ENOBUFS, ENOMEM,
	    EAFNOSUPPORT } },
	[FAULTS_BIND] = { "bind", { EADDRINUSE, EACCES, EADDRNOTAVAIL } },
	[FAULTS_LISTEN] = { "listen", { EADDRINUSE, EOPNOTSUPP } },
	[FAULTS_GETSOCKNAME] = { "getsockname", { ENOBUFS } },
	[FAULTS_SETSOCKOPT] = { "setsockopt", { ENOPROTOOPT, ENOMEM,
	    ENOBUFS } },
	[FAULTS_FCNTL] = { "fcntl", { EINVAL, EINTR } },
	[FAULTS_SHUTDOWN] = { "shutdown", { ENOTCONN, ENOBUFS } },
	[FAULTS_POLL] = { "poll", { EINTR, ENOMEM } },
	[FAULTS_GETRLIMIT] = { "getrlimit", { EFAULT } },
	[FAULTS_CLOSE] = { "close", { EINTR, EIO } },
	[FAULTS_PIPE] = { "pipe", { EMFILE, ENFILE } },
	[FAULTS_SOCKETPAIR] = { "socketpair", { EMFILE, ENFILE } },
	[FAULTS_EVENTFD] = { "eventfd", { EMFILE, ENFILE, ENOMEM } },
	[FAULTS_TIMERFD_CREATE] = { "timerfd_create", { EMFILE, ENFILE,
	    ENOMEM } },
	[FAULTS_EPOLL_CREATE] = { "epoll_create", { EMFILE, ENFILE,
	    ENOMEM } },
	[FAULTS_IOCTL] = { "ioctl", { EINVAL, ENOTTY } },
	[FAULTS_GETSOCKOPT] = { "getsockopt", { ENOPROTOOPT, ENOBUFS } },
	[FAULTS_GETRANDOM] = { "getrandom", { EINTR, ENOSYS } },
	[FAULTS_SIGACTION] = { "sigaction", { EINVAL } },
	[FAULTS_SIGALTSTACK] = { "sigaltstack", { ENOMEM, EPERM } },
	[FAULTS_CONNECT] = { "connect", { EAGAIN, EACCES, EINTR } },
	[FAULTS_LSTAT] = { "lstat", { EACCES, ENOMEM } },
	[FAULTS_UNLINK] = { "unlink", { EACCES, EBUSY, EROFS } },
	[FAULTS_GETADDRINFO] = { "getaddrinfo", { EAI_MEMORY, EAI_AGAIN } },
	[FAULTS_ATTR_INIT] = { "pthread_attr_init", { ENOMEM } },
	[FAULTS_ATTR_SETSTACK] = { "pthread_attr_setstack", { EINVAL } },
	[FAULTS_MMAP] = { "mmap", { ENOMEM, EAGAIN } },
	[FAULTS_MPROTECT] = { "mprotect", { ENOMEM } },
	[FAULTS_CONDATTR_INIT] = { "pthread_condattr_init", { ENOMEM } },
	[FAULTS_CONDATTR_SETCLOCK] = { "pthread_condattr_setclock",
	    { EINVAL } },
};

_Static_assert(sizeof(calls) / sizeof(calls[0]) == FAULTS_CALLS, "a row each");

/* What is armed: one, and perhaps another. */
static struct armed {
	struct fault fault;
	_Atomic long left; /* calls until the first that fails; < 0: none */
	_Atomic unsigned injected;
} armed[2];
static _Atomic bool on;
static const void *_Atomic places[FAULTS_CALLS][SITES_MAX];
static _Thread_local bool spared;

static void
arm(struct armed *a, const struct fault *fault)
{

	a->fault = *fault;
	atomic_store(&a->left, (long)fault->skip);
	atomic_store(&a->injected, 0);
}

void
faults_arm(const struct fault *fault)
{
	static const struct fault none = { FAULTS_CALLS, NULL, 0, 0, false };

	atomic_store(&on, false);
	arm(&armed[0], fault);
	arm(&armed[1], &none);
	atomic_store(&on, true);
}

void
faults_arm_too(const struct fault *fault)
{

	atomic_store(&on, false);
	arm(&armed[1], fault);
	atomic_store(&on, true);
}

void
faults_disarm(void)
{

	atomic_store(&on, false);
}

unsigned
faults_injected(void)
{

	return (atomic_load(&armed[0].injected));
}

unsigned
faults_injected_too(void)
{

	return (atomic_load(&armed[1].injected));
}

bool
faults_spare(bool now_spared)
{
	bool before = spared;

	spared = now_spared;
	return (before);
}

static void
remember(enum faults_call call, const void *site)
{
	const void *seen;

	for (unsigned i = 0; i < SITES_MAX; i++) {
		seen = NULL;
		if (atomic_compare_exchange_strong(&places[call][i], &seen,
		    site) || seen == site)
			return;
	}
}

unsigned
faults_sites(enum faults_call call, const void **sites, unsigned room)
{
	unsigned n = 0;

	while (n < room && n < SITES_MAX &&
	    (sites[n] = atomic_load(&places[call][n])) != NULL)
		n++;
	return (n);
}

/* What goes wrong by one of the armed, or 0. */
static int
meets(struct armed *a, enum faults_call call, const void *site)
{
	long now;

	if (call != a->fault.call ||
	    (a->fault.site != NULL && site != a->fault.site))
		return (0);
	now = atomic_load(&a->left);
	while (now >= 0 && !atomic_compare_exchange_weak(&a->left, &now,
	    now > 0 ? now - 1 : a->fault.after ? 0 : -1))
		continue;
	if (now != 0)
		return (0);
	atomic_fetch_add(&a->injected, 1);
	return (a->fault.error);
}

int
faults_meets(enum faults_call call, const void *site)
{
	int error;

	if (spared || call == FAULTS_CALLS)
		return (0);
	remember(call, site);
	if (!atomic_load(&on))
		return (0);
	if ((error = meets(&armed[0], call, site)) == 0)
		error = meets(&armed[1], call, site);
	return (error);
}

const char *
faults_name(enum faults_call call)
{

	return (calls[call].name);
}

const int *
faults_errors(enum faults_call call)
{

	return (calls[call].errors);
}

#ifdef __clang__
#pragma clang attribute pop
#endif
