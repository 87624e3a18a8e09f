/**
 * events.h - the vocabulary of the log: one small function per event, so
 * that both modes write the same lines and no stage formats any.
 *
 * Thread for all functions: any.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stddef.h>

#include "log.h"
#include "peer.h"

/** Why a connection ended. */
enum close_reason {
	CLOSE_EOF,      /* the client closed, all was answered */
	CLOSE_DONE,     /* the handler asked to close after a reply */
	CLOSE_INVALID,  /* the framing was broken, or a length absurd */
	CLOSE_RESET,    /* the client or the network broke it */
	CLOSE_REFUSED,  /* no room for it */
	CLOSE_STOPPING, /* the server ends */
	CLOSE_MEMORY,   /* memory was short */
	CLOSE_REAPED,   /* silent, when a place was needed */
	CLOSE_SHED,     /* it held the most, over the memory budget */
	CLOSE_TIMEOUT_FIRST,      /* no complete first request in time */
	CLOSE_TIMEOUT_FRAME,      /* a request was begun and not completed */
	CLOSE_TIMEOUT_IDLE,       /* nothing received, nothing owed */
	CLOSE_TIMEOUT_HALF_CLOSE, /* no more input, replies not taken */
	CLOSE_TIMEOUT_WRITE,      /* replies not taken */
	CLOSE_OUTPUT_HARD         /* more unsent than is allowed */
};

/**
 * event_accepted(log, peer):
 * A connection was accepted. Thread: any.
 */
void event_accepted(const struct log *log, const struct peer *peer);

/**
 * event_refused(log, peer, reason):
 * A connection was accepted only to be refused. Thread: any.
 */
void event_refused(const struct log *log, const struct peer *peer,
    const char *reason);

/**
 * event_request(log, peer, bytes, length):
 * A request was received. Thread: any.
 */
void event_request(const struct log *log, const struct peer *peer,
    const char *bytes, size_t length);

/**
 * event_reply(log, peer, bytes, length):
 * A reply was made. Thread: any.
 */
void event_reply(const struct log *log, const struct peer *peer,
    const char *bytes, size_t length);

/**
 * event_closed(log, peer, reason):
 * A connection was closed. Thread: any.
 */
void event_closed(const struct log *log, const struct peer *peer,
    enum close_reason reason);

/**
 * event_trouble(log, level, event, error):
 * A system call failed with an errno value. Thread: any.
 */
void event_trouble(const struct log *log, throng_log_level level,
    const char *event, int error);

/** A call of the handler that does not return. */
struct stuck {
	const char *thread;      /* its name */
	const char *handler;     /* its name */
	const char *where;       /* the stack in words; NULL: unknown */
	const struct peer *peer; /* NULL: unknown */
	struct peer known;       /* what `peer` may point at */
	uint64_t age_ms;
};

/**
 * event_stuck(log, stuck):
 * A call of the handler does not return. Thread: any.
 */
void event_stuck(const struct log *log, const struct stuck *stuck);

/**
 * event_overload(log, reason, waiting, refused):
 * Requests of `refused` connections have been refused since the last such
 * line, while `waiting` waited. Thread: any.
 */
void event_overload(const struct log *log, const char *reason,
    unsigned waiting, uint64_t refused);

#endif /* EVENTS_H */
