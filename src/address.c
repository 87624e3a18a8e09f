#include "address.h"

#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

static int
parse_unix(const char *path, struct address *address, const char **why)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&address->storage;
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(un->sun_path)) {
		*why = length == 0 ? "the path is empty" : "the path is too long";
		return (-1);
	}
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, length + 1);
	address->length = sizeof(*un);
	return (0);
}

/* Cut "host:port" or "[host]:port" in two; the host goes to `host`. */
static const char *
split(const char *text, char *host, size_t size, const char **why)
{
	const char *colon, *from = text, *to;

	if (text[0] == '[') {
		from = text + 1;
		to = strchr(from, ']');
		colon = to != NULL && to[1] == ':' ? to + 1 : NULL;
	} else {
		to = colon = strrchr(text, ':');
		if (colon != NULL && strchr(text, ':') != colon) {
			*why = "an IPv6 address needs brackets: [::1]:8000";
			return (NULL);
		}
	}
	if (colon == NULL) {
		*why = "not host:port, [ipv6]:port or unix:/path";
		return (NULL);
	}
	if (to == from) {
		*why = "the host is missing (all interfaces: 0.0.0.0 or [::])";
		return (NULL);
	}
	if ((size_t)(to - from) >= size) {
		*why = "the host name is too long";
		return (NULL);
	}
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = '\0';
	return (colon + 1);
}

int
address_parse(const char *text, struct address *address, const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char host[256];
	const char *port;
	uint64_t number;
	int rc;

	memset(address, 0, sizeof(*address));
	if (strncmp(text, "unix:", 5) == 0)
		return (parse_unix(text + 5, address, why));
	if ((port = split(text, host, sizeof(host), why)) == NULL)
		return (-1);
	if (parse_number(port, 0, 65535, &number)) {
		*why = "the port is not a number from 0 to 65535";
		return (-1);
	}
	hints.ai_flags = AI_NUMERICSERV;
	if ((rc = getaddrinfo(host, port, &hints, &found)) != 0) {
		*why = gai_strerror(rc);
		return (-1);
	}
	memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
	address->length = found->ai_addrlen;
	freeaddrinfo(found);
	return (0);
}

const char *
address_format(const struct sockaddr *sa, socklen_t length, char *text,
    size_t size)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "?", port[8] = "?";
	struct sockaddr_storage copy;
	struct sockaddr_un *un = (struct sockaddr_un *)&copy;

	/* A copy: the caller's may be short or not aligned. */
	memset(&copy, 0, sizeof(copy));
	memcpy(&copy, sa, length < sizeof(copy) ? length : sizeof(copy));
	if (copy.ss_family != AF_INET && copy.ss_family != AF_INET6) {
		/* Never without a NUL: the copy has room behind the path. */
		snprintf(text, size, "unix:%.*s", (int)sizeof(un->sun_path),
		    un->sun_path);
		return (text);
	}
	/* Numeric, so it asks nobody and cannot fail. */
	(void)getnameinfo((struct sockaddr *)&copy, copy.ss_family == AF_INET ?
	    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
	    host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, size, copy.ss_family == AF_INET ? "%s:%s" : "[%s]:%s",
	    host, port);
	return (text);
}
