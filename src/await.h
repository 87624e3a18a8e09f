/**
 * await.h - thread mode's reads and writes, which wait for the client, but
 * only as long as the pool would (see expire.h).
 *
 * A receive timeout of the socket is set when it would be too long, not for
 * every read; when it fires too early, the rest is waited for. So a request
 * costs no system call more.
 *
 * Thread for all functions: the client's own.
 */
#ifndef AWAIT_H
#define AWAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "events.h"
#include "pace.h"
#include "service.h"

/** One client that is waited for. */
struct await {
	struct service *service;
	int fd;
	struct pace pace;        /* of an unfinished frame */
	uint32_t opened;         /* ms */
	uint32_t given;          /* bytes sent, modulo 2^32 */
	uint32_t timeout;        /* of the socket, ms; 0: not set yet */
	bool asked;              /* a request of it was complete */
	uint32_t grace;          /* until when nobody is judged, ms */
	bool graced;             /* `grace` is set */
	bool late;               /* was read once more, past its deadline */
	enum close_reason why;   /* after a failure */
};

/**
 * await_begin(await, service, fd):
 * Begin with a blocking socket, which stays the caller's.
 * Thread: the client's own.
 */
void await_begin(struct await *await, struct service *service, int fd);

/**
 * await_looked(await, scan, ended):
 * What was received has been looked at: `scan` says where the stream is,
 * `ended` whether any frame ended since. Thread: the client's own.
 */
void await_looked(struct await *await, const struct frame_scan *scan,
    bool ended);

/**
 * await_answered(await):
 * What was asked has been answered; it is the client's turn again.
 * Thread: the client's own.
 */
void await_answered(struct await *await);

/**
 * await_receive(await, place, size):
 * Receive once. Return the bytes received, 0 at the end of input, or -1 with
 * `await->why` set. Thread: the client's own.
 */
ssize_t await_receive(struct await *await, char *place, size_t size);

/**
 * await_send(await, bytes, length):
 * Send all of it. Return 0, or -1 with `await->why` set.
 * Thread: the client's own.
 */
int await_send(struct await *await, const char *bytes, size_t length);

#endif /* AWAIT_H */
