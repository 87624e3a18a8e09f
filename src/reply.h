/**
 * reply.h - what comes back from the workers.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef REPLY_H
#define REPLY_H

#include <event2/event.h>

/**
 * reply_arrived(fd, what, reactor):
 * The callback of the reactor's wakeup: take what workers have brought back
 * and what the server orders, send the replies, and let their connections go
 * on. Thread: the reactor's.
 */
void reply_arrived(evutil_socket_t fd, short what, void *reactor);

#endif /* REPLY_H */
