/**
 * faults.h - system calls of the server made to fail, libevent's among them:
 * link with $(FAULTS_LINK). Calls within the C library are not reached.
 *
 * A fault is one call, one place that calls it or any, how many calls go
 * well before, and what goes wrong then: once, or from then on.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/** What fails. */
enum faults_call {
	FAULTS_ACCEPT4,
	FAULTS_RECV,
	FAULTS_SEND,
	FAULTS_WRITEV,
	FAULTS_READ,       /* of pipes: wakeups */
	FAULTS_WRITE_PIPE, /* to them */
	FAULTS_WRITE,      /* to anything else: the log */
	FAULTS_EPOLL_CREATE1,
	FAULTS_EPOLL_CTL,
	FAULTS_EPOLL_WAIT,
	FAULTS_PIPE2,
	FAULTS_PTHREAD_CREATE,
	FAULTS_MUTEX_INIT,
	FAULTS_COND_INIT,
	FAULTS_SOCKET,
	FAULTS_BIND,
	FAULTS_LISTEN,
	FAULTS_GETSOCKNAME,
	FAULTS_SETSOCKOPT,
	FAULTS_FCNTL,
	FAULTS_SHUTDOWN,
	FAULTS_POLL,
	FAULTS_GETRLIMIT,
	FAULTS_CLOSE,
	FAULTS_PIPE,
	FAULTS_SOCKETPAIR,
	FAULTS_EVENTFD,
	FAULTS_TIMERFD_CREATE,
	FAULTS_EPOLL_CREATE,
	FAULTS_IOCTL,
	FAULTS_GETSOCKOPT,
	FAULTS_GETRANDOM,
	FAULTS_SIGACTION,
	FAULTS_SIGALTSTACK,
	FAULTS_CONNECT,
	FAULTS_LSTAT,
	FAULTS_UNLINK,
	FAULTS_GETADDRINFO,
	FAULTS_ATTR_INIT,
	FAULTS_ATTR_SETSTACK,
	FAULTS_MMAP, /* of a stack */
	FAULTS_MPROTECT,
	FAULTS_CONDATTR_INIT,
	FAULTS_CONDATTR_SETCLOCK,
	FAULTS_CALLS
};

/** Instead of an errno: only one byte is moved. */
#define FAULTS_SHORT (-1)

/** What is to go wrong. */
struct fault {
	enum faults_call call;
	const void *site; /* the return address; NULL: any */
	unsigned skip;    /* calls that go well before */
	int error;        /* an errno, or FAULTS_SHORT */
	bool after;       /* all that come later fail, too */
};

/**
 * faults_arm(fault):
 * From now on that goes wrong, and calls are counted. Thread: any.
 */
void faults_arm(const struct fault *fault);

/**
 * faults_arm_too(fault):
 * After faults_arm(): that goes wrong, too. Thread: any.
 */
void faults_arm_too(const struct fault *fault);

/**
 * faults_disarm():
 * From now on nothing goes wrong. Thread: any.
 */
void faults_disarm(void);

/**
 * faults_injected():
 * Return how many calls failed since faults_arm(). Thread: any.
 */
unsigned faults_injected(void);

/**
 * faults_injected_too():
 * Return how many calls failed by what faults_arm_too() was told.
 * Thread: any.
 */
unsigned faults_injected_too(void);

/**
 * faults_spare(spared):
 * Say whether the calling thread's calls are left alone. Return whether they
 * were before. Thread: any.
 */
bool faults_spare(bool spared);

/**
 * faults_sites(call, sites, room):
 * Store the places that have made a call, in the order of their first, and
 * return their number, at most `room`. Thread: any.
 */
unsigned faults_sites(enum faults_call call, const void **sites,
    unsigned room);

/**
 * faults_name(call):
 * Return the name of a call. Thread: any.
 */
const char *faults_name(enum faults_call call);

/**
 * faults_errors(call):
 * Return what may go wrong with it, a list that ends with 0. Thread: any.
 */
const int *faults_errors(enum faults_call call);

#endif /* FAULTS_H */
