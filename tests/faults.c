#include "faults.h"

#include <errno.h>
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

#define SITES_MAX 32

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
};

_Static_assert(sizeof(calls) / sizeof(calls[0]) == FAULTS_CALLS, "a row each");

static struct fault armed;
static _Atomic bool on;
static _Atomic long left; /* calls until the first that fails; < 0: none */
static _Atomic unsigned injected;
static const void *_Atomic places[FAULTS_CALLS][SITES_MAX];
static _Thread_local bool spared;

void
faults_arm(const struct fault *fault)
{

	atomic_store(&on, false);
	armed = *fault;
	atomic_store(&left, (long)fault->skip);
	atomic_store(&injected, 0);
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

	return (atomic_load(&injected));
}

void
faults_spare(bool now_spared)
{

	spared = now_spared;
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

int
faults_meets(enum faults_call call, const void *site)
{
	long now;

	if (spared)
		return (0);
	remember(call, site);
	if (!atomic_load(&on) || call != armed.call ||
	    (armed.site != NULL && site != armed.site))
		return (0);
	now = atomic_load(&left);
	while (now >= 0 && !atomic_compare_exchange_weak(&left, &now,
	    now > 0 ? now - 1 : armed.after ? 0 : -1))
		continue;
	if (now != 0)
		return (0);
	atomic_fetch_add(&injected, 1);
	return (armed.error);
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
