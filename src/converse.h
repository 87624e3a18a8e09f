/**
 * converse.h - one client's conversation, blocking, from first byte to last.
 */
#ifndef CONVERSE_H
#define CONVERSE_H

#include "events.h"
#include "peer.h"
#include "service.h"

/**
 * converse(service, fd, peer):
 * Answer a client's requests until it closes, or is to be closed, and return
 * why it ended. The blocking socket `fd` stays the caller's to close.
 * Thread: the client's own.
 */
enum close_reason converse(struct service *service, int fd,
    const struct peer *peer);

#endif /* CONVERSE_H */
