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

/* The host goes to `host`; the port's text is returned, NULL if wrong. */
static const char *
host_and_port(const char *text, char *host, size_t size, const char **why)
{
	const char *port = split(text, host, size, why);
	uint64_t number;

	if (port != NULL && parse_number(port, 0, 65535, &number)) {
		*why = "the port is not a number from 0 to 65535";
		return (NULL);
	}
	return (port);
}

int
address_check(const char *text, const char **why)
{
	struct address unused;
	char host[256];

	if (strncmp(text, "unix:", 5) == 0)
		return (parse_unix(text + 5, &unused, why));
	return (host_and_port(text, host, sizeof(host), why) == NULL ? -1 : 0);
}

int
address_resolve(const char *text, struct address *list, size_t room,
    const char **why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found, *a;
	char host[256];
	const char *port;
	size_t n = 0;
	int rc;

	memset(list, 0, room * sizeof(*list));
	if (strncmp(text, "unix:", 5) == 0)
		return (parse_unix(text + 5, list, why) ? -1 : 1);
	if ((port = host_and_port(text, host, sizeof(host), why)) == NULL)
		return (-1);
	hints.ai_flags = AI_NUMERICSERV;
	if ((rc = getaddrinfo(host, port, &hints, &found)) != 0) {
		*why = gai_strerror(rc);
		return (-1);
	}
	for (a = found; a != NULL && n < room; a = a->ai_next, n++) {
		memcpy(&list[n].storage, a->ai_addr, a->ai_addrlen);
		list[n].length = a->ai_addrlen;
	}
	freeaddrinfo(found);
	return ((int)n);
}

int
address_parse(const char *text, struct address *address, const char **why)
{

	return (address_resolve(text, address, 1, why) < 0 ? -1 : 0);
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
