/**
 * caller.h - a client for tests: one connection, everything with a deadline.
 *
 * Functions return 0, or -1 with the reason in support_why(). Everything
 * received is counted and summed up in a hash, so that two runs can be
 * compared without keeping their bytes.
 */
#ifndef CALLER_H
#define CALLER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "blob.h"
#include "throng.h"

/** One connection. */
struct caller {
	int fd;
	throng_framing framing;
	unsigned ending;   /* line: bytes of the ending sent, 1 LF, 2 CR LF */
	struct blob in;    /* received, from `at` on not yet asked for */
	size_t at;
	uint64_t received; /* bytes, all in all */
	uint64_t hash;     /* of them: FNV-1a */
};

/**
 * caller_open(address, framing):
 * Connect. Returns the caller's, to be given back with caller_close() or
 * caller_reset(), or NULL. Thread: any.
 */
struct caller *caller_open(const char *address, throng_framing framing);

/**
 * caller_close(caller):
 * Close the connection the polite way and free it. Thread: the owner.
 */
void caller_close(struct caller *caller);

/**
 * caller_reset(caller):
 * Break the connection with a reset and free it. Thread: the owner.
 */
void caller_reset(struct caller *caller);

/**
 * caller_finish(caller):
 * Shut down the sending side; replies may still come. Thread: the owner.
 */
int caller_finish(struct caller *caller);

/**
 * caller_send(caller, bytes, length):
 * Send all of it. Thread: the owner.
 */
int caller_send(struct caller *caller, const void *bytes, size_t length);

/**
 * caller_send_some(caller, bytes, length):
 * Send what can be sent without waiting; returns how much, 0 included.
 * Thread: the owner.
 */
ssize_t caller_send_some(struct caller *caller, const void *bytes,
    size_t length);

/**
 * caller_request(caller, payload, length):
 * Send one request. Thread: the owner.
 */
int caller_request(struct caller *caller, const void *payload,
    size_t length);

/**
 * caller_reply(caller, payload, length):
 * Wait for the next reply and point `*payload` at its bytes, which are the
 * caller's until the next call. Not for raw framing. Thread: the owner.
 */
int caller_reply(struct caller *caller, const char **payload,
    size_t *length);

/**
 * caller_expect(caller, payload, length):
 * Wait for the next reply, which must be just this, framing and all.
 * Thread: the owner.
 */
int caller_expect(struct caller *caller, const void *payload,
    size_t length);

/**
 * caller_expect_bytes(caller, bytes, length):
 * Wait for just these bytes. Thread: the owner.
 */
int caller_expect_bytes(struct caller *caller, const void *bytes,
    size_t length);

/**
 * caller_expect_error(caller, code):
 * Wait for a reply "!error CODE text"; with raw framing for all that comes
 * before the end of the connection. Thread: the owner.
 */
int caller_expect_error(struct caller *caller, const char *code);

/**
 * caller_expect_end(caller):
 * Wait for the end of the connection, before which nothing may come.
 * Thread: the owner.
 */
int caller_expect_end(struct caller *caller);

/**
 * caller_skip(caller, length):
 * Read exactly that many bytes and look at none. Thread: the owner.
 */
int caller_skip(struct caller *caller, size_t length);

/**
 * caller_pump(caller, out, out_length, want, want_length):
 * Send `out` and receive just `want` at the same time. Thread: the owner.
 */
int caller_pump(struct caller *caller, const char *out, size_t out_length,
    const char *want, size_t want_length);

/**
 * caller_ping(caller, number):
 * Send a nonce to a server that echoes, and wait for it. Thread: the owner.
 */
int caller_ping(struct caller *caller, uint64_t number);

/**
 * caller_taken(caller):
 * Wait until the server has read everything sent on this IPv4 connection,
 * as the kernel tells it. Linux only. Thread: the owner.
 */
int caller_taken(struct caller *caller);

#endif /* CALLER_H */
