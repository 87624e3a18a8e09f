/**
 * session.h - all servers of a command line, asked together.
 */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "sink.h"

struct session;

/** The sums over all servers. One moment's figures. */
struct session_state {
	unsigned connecting; /* connections on their way */
	unsigned up;         /* connections in use */
	bool failed;         /* a connection failed, or was lost */
	bool unreachable;    /* of them, one could not be had at all */
	uint64_t owed;       /* replies that may still come */
	uint64_t lost;       /* requests that will not be answered */
};

/**
 * session_new(options, sink, patient):
 * Make a session with a remote for each address (see remote_new() for
 * `patient`). The arguments stay the caller's and must outlive it. Return
 * what goes back with session_free(), or NULL with errno set. Thread: main.
 */
struct session *session_new(const struct options *options,
    const struct sink *sink, bool patient);

/**
 * session_start(session):
 * Start to connect everywhere at once. Return 0 or an errno value. Thread:
 * main.
 */
int session_start(struct session *session);

/**
 * session_ask(session, bytes, length):
 * Send a request to every server. One that has no room, where the session is
 * not patient, is left out with a notice. Thread: main.
 */
void session_ask(struct session *session, const char *bytes, size_t length);

/**
 * session_kick(session):
 * Nothing follows soon: send what was asked. Thread: main.
 */
void session_kick(struct session *session);

/**
 * session_finish(session):
 * No more will be asked: wait until everything is answered or lost. Thread:
 * main.
 */
void session_finish(struct session *session);

/**
 * session_abort(session):
 * Let everything end at once. Return whether session_free() will not have to
 * wait long; if it would, the process should just exit. Thread: main.
 */
bool session_abort(struct session *session);

/**
 * session_state(session):
 * Return how it is doing. Thread: main.
 */
struct session_state session_state(struct session *session);

/**
 * session_summary(session, cut):
 * After session_finish(): a notice for each server with requests that were
 * not answered, or were refused. `cut` tells that input was left unread.
 * Thread: main.
 */
void session_summary(struct session *session, bool cut);

/**
 * session_free(session):
 * End and free it; NULL is allowed. Thread: main.
 */
void session_free(struct session *session);

#endif /* CLIENT_SESSION_H */
