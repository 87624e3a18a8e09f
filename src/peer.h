/**
 * peer.h - who is at the other end of a connection, in twenty bytes.
 */
#ifndef PEER_H
#define PEER_H

#include <stdint.h>
#include <sys/socket.h>

#include "address.h"

/** An address without what a log does not need. All zero: unknown. */
struct peer {
	uint8_t family; /* AF_INET, AF_INET6, else local */
	uint16_t port;  /* in network byte order */
	uint8_t addr[16];
};

/**
 * peer_set(peer, address):
 * Keep what matters of a socket address. Thread: any.
 */
void peer_set(struct peer *peer, const struct sockaddr *address);

/**
 * peer_format(peer, text):
 * Write the peer as address_format() does, into ADDRESS_TEXT_MAX bytes;
 * local peers have no name and are "unix:". Returns `text`. Thread: any.
 */
const char *peer_format(const struct peer *peer, char *text);

#endif /* PEER_H */
