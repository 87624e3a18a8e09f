#include "peer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

void
peer_set(struct peer *peer, const struct sockaddr *sa)
{

	memset(peer, 0, sizeof(*peer));
	peer->family = (uint8_t)sa->sa_family;
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		peer->port = in.sin_port;
		memcpy(peer->addr, &in.sin_addr, sizeof(in.sin_addr));
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		peer->port = in6.sin6_port;
		memcpy(peer->addr, &in6.sin6_addr, sizeof(in6.sin6_addr));
	}
}

const char *
peer_format(const struct peer *peer, char *text)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (peer->family == AF_INET) {
		in.sin_port = peer->port;
		memcpy(&in.sin_addr, peer->addr, sizeof(in.sin_addr));
		return (address_format((struct sockaddr *)&in, sizeof(in),
		    text, ADDRESS_TEXT_MAX));
	}
	if (peer->family == AF_INET6) {
		in6.sin6_port = peer->port;
		memcpy(&in6.sin6_addr, peer->addr, sizeof(in6.sin6_addr));
		return (address_format((struct sockaddr *)&in6, sizeof(in6),
		    text, ADDRESS_TEXT_MAX));
	}
	snprintf(text, ADDRESS_TEXT_MAX, "unix:");
	return (text);
}
