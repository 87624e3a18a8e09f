/**
 * address.h - "host:port", "[::1]:port" and "unix:/path", read and written.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/** A socket address with its length. */
struct address {
	struct sockaddr_storage storage;
	socklen_t length;
};

/** Room for the text of any address, NUL included. */
#define ADDRESS_TEXT_MAX (sizeof(struct sockaddr_un) + 8)

/**
 * address_parse(text, address, why):
 * Read an address and resolve a host name (which may take as long as the
 * system's resolver does; of several answers the first is used). Return 0,
 * or -1 with a constant text of what is wrong in `*why`.
 * Thread: any.
 */
int address_parse(const char *text, struct address *address,
    const char **why);

/**
 * address_check(text, why):
 * Look only whether `text` has the form of an address; no name is resolved.
 * Returns as address_parse(). Thread: any.
 */
int address_check(const char *text, const char **why);

/**
 * address_resolve(text, list, room, why):
 * Read an address as address_parse() does, but store all of a host name's
 * answers, at most `room` (one or more), in the resolver's order of
 * preference. Return how many, or -1 with a constant text of what is wrong
 * in `*why`. Thread: any.
 */
int address_resolve(const char *text, struct address *list, size_t room,
    const char **why);

/**
 * address_format(address, length, text, size):
 * Write an address of `length` bytes as address_parse() reads it, or "unix:"
 * for an unnamed local socket, cut to `size` bytes with the NUL. Returns
 * `text`.
 * Thread: any.
 */
const char *address_format(const struct sockaddr *address, socklen_t length,
    char *text, size_t size);

#endif /* ADDRESS_H */
