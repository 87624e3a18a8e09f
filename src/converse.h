/**
 * converse.h - one client's conversation, blocking, from first byte to last.
 */
#ifndef CONVERSE_H
#define CONVERSE_H

#include "events.h"
#include "peer.h"
#include "service.h"

struct client;

/**
 * converse(service, fd, peer, client):
 * Answer a client's requests until it closes, or is to be closed, and return
 * why it ended. The blocking socket `fd` stays the caller's to close. `client`
 * is told what is known of it; NULL is allowed.
 * Thread: the client's own.
 */
enum close_reason converse(struct service *service, int fd,
    const struct peer *peer, struct client *client);

#endif /* CONVERSE_H */
