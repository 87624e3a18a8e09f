/**
 * connect.h - get a connection, within a time and a number of attempts.
 */
#ifndef CLIENT_CONNECT_H
#define CLIENT_CONNECT_H

#include <stddef.h>
#include <stdint.h>

/** Room for any reason, NUL included. */
#define CONNECT_WHY_MAX 160

/** How to connect, and how to wait while doing so. */
struct connect_plan {
	const char *address; /* as address_resolve() reads it */
	uint64_t timeout;    /* nanoseconds for one attempt */
	unsigned retries;    /* attempts after the first */
	/**
	 * Wait until `fd` (or none: -1) has one of the poll(2) `events`, or
	 * until the point `until` (see until.h). Return 1 for an event, 0 when
	 * the time is up, -1 to give up connecting.
	 */
	int (*wait)(void *context, int fd, short events, uint64_t until);
	void *context;
};

/**
 * connect_open(plan, why):
 * Resolve the address, try each answer, and the whole again after a pause
 * while attempts are left. Return a non-blocking, close-on-exec socket with
 * TCP_NODELAY, which is the caller's to close, or -1 with the reason of the
 * last attempt in `why`, which has room for CONNECT_WHY_MAX bytes. The
 * system's resolver is waited for as long as it takes. Thread: any.
 */
int connect_open(const struct connect_plan *plan, char *why);

#endif /* CLIENT_CONNECT_H */
