/**
 * accept.h - the first stage: connections in, or refused.
 *
 * Thread for all functions: the reactor's, unless said otherwise.
 */
#ifndef ACCEPT_H
#define ACCEPT_H

#include "throng.h"

struct listener;
struct reactor;

/**
 * accept_open(reactor, listeners, count, spread):
 * Get ready to accept from every listener: from the reactor's own socket of
 * it if they are `spread`, else from the one that all share. On failure
 * return an error and leave nothing behind. Thread: any, before the reactor
 * runs.
 */
throng_error accept_open(struct reactor *reactor,
    const struct listener *listeners, unsigned count, int spread);

/**
 * accept_start(reactor):
 * Begin to accept. Return 0, or -1 if libevent could not.
 * Thread: the reactor's, or any before it runs.
 */
int accept_start(struct reactor *reactor);

/**
 * accept_room(reactor):
 * A descriptor has become free: end a pause, in this pass.
 * Thread: the reactor's.
 */
void accept_room(struct reactor *reactor);

/**
 * accept_stop(reactor):
 * Accept no more, but first those who were waiting. The sockets stay open;
 * they are the server's.
 * Thread: the reactor's.
 */
void accept_stop(struct reactor *reactor);

/**
 * accept_close(reactor):
 * Undo accept_open(). Thread: any, after the reactor has run.
 */
void accept_close(struct reactor *reactor);

#endif /* ACCEPT_H */
