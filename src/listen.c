#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static throng_error
complain(const struct log *log, const char *text, const char *why, int error)
{
	struct log_line l;

	if (log_begin(&l, log, THRONG_LOG_ERROR, "cannot-listen")) {
		log_text(&l, "address", text);
		if (why != NULL)
			log_text(&l, "reason", why);
		else
			log_errno(&l, error);
		log_end(&l);
	}
	return (why != NULL ? THRONG_ERR_ADDRESS : THRONG_ERR_LISTEN);
}

static int
set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return (-1);
	return (fcntl(fd, F_SETFD, FD_CLOEXEC));
}

static int
set_options(int fd, int family, bool spread)
{
	int on = 1;

	if (family == AF_UNIX)
		return (0);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return (-1);
	/* "[::]" means IPv6 only, so that it and "0.0.0.0" go together. */
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
	    &on, sizeof(on)) == -1)
		return (-1);
#ifdef SO_REUSEPORT
	if (spread &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == -1)
		return (-1);
#else
	(void)spread;
#endif
	return (0);
}

/* One bound, listening socket, or -1. */
static int
open_socket(const struct address *a, unsigned backlog, bool spread)
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->storage;
	bool bound = false;
	int fd, saved;

	if ((fd = socket(sa->sa_family, SOCK_STREAM, 0)) == -1)
		return (-1);
	if (set_flags(fd) == 0 &&
	    set_options(fd, sa->sa_family, spread) == 0 &&
	    (bound = bind(fd, sa, a->length) == 0) &&
	    listen(fd, (int)backlog) == 0)
		return (fd);
	saved = errno;
	/* A local socket got its name by binding. */
	if (bound && sa->sa_family == AF_UNIX)
		unlink(((const struct sockaddr_un *)sa)->sun_path);
	close(fd);
	errno = saved;
	return (-1);
}

/*
 * A server that was killed leaves its socket's name behind. It is removed if
 * it is a socket and nobody answers; a living server's, or a file, stays.
 */
static void
remove_stale(const struct address *a)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&a->storage;
	struct stat st;
	int fd;

	if (lstat(un->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return;
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		return;
	/* Not to be kept waiting by a living one whose queue is full. */
	if (set_flags(fd) == 0 &&
	    connect(fd, (const struct sockaddr *)un, a->length) == -1 &&
	    errno == ECONNREFUSED)
		unlink(un->sun_path);
	close(fd);
}

/* What the first socket got: with port 0 the kernel has chosen. */
static int
learn_address(struct listener *l, struct address *a)
{
	struct stat st;

	if (l->path != NULL && lstat(l->path, &st) == 0) {
		l->device = st.st_dev;
		l->inode = st.st_ino;
	}
	a->length = sizeof(a->storage);
	if (getsockname(l->fds[0], (struct sockaddr *)&a->storage,
	    &a->length) == -1)
		return (-1);
	address_format((struct sockaddr *)&a->storage, a->length, l->text,
	    sizeof(l->text));
	return (0);
}

/*
 * Sockets that share a port do so with any process that asks likewise, so a
 * second daemon would silently take half the clients. A socket that does not
 * share finds out whether somebody is there already.
 */
static int
probe(const struct address *a)
{
	int fd = open_socket(a, 1, false);

	if (fd == -1)
		return (-1);
	close(fd);
	return (0);
}

static int
open_all(struct listener *l, struct address *a, unsigned sockets,
    unsigned backlog)
{
	bool local = a->storage.ss_family == AF_UNIX;

	if (local) {
		const char *path =
		    ((const struct sockaddr_un *)&a->storage)->sun_path;

		sockets = 1;
		/* Kept before it is made: what has no name here stays. */
		if ((l->path = strdup(path)) == NULL)
			return (-1);
		remove_stale(a);
	}
	if (sockets > 1 && probe(a) == -1)
		return (-1);
	if ((l->fds = calloc(sockets, sizeof(*l->fds))) == NULL)
		return (-1);
	for (; l->count < sockets; l->count++) {
		l->fds[l->count] = open_socket(a, backlog, sockets > 1);
		if (l->fds[l->count] == -1)
			return (-1);
		if (l->count == 0 && learn_address(l, a) == -1) {
			l->count = 1;
			return (-1);
		}
	}
	return (0);
}

throng_error
listener_open(struct listener *l, const char *text, unsigned sockets,
    unsigned backlog, const struct log *log)
{
	struct address address;
	const char *why;
	int saved;

	*l = (struct listener){ 0 };
	if (address_parse(text, &address, &why) == -1)
		return (complain(log, text, why, 0));
	if (open_all(l, &address, sockets, backlog) == 0)
		return (THRONG_OK);
	saved = errno;
	listener_close(l);
	return (complain(log, text, NULL, saved));
}

void
listener_close(struct listener *l)
{

	for (unsigned i = 0; i < l->count; i++)
		close(l->fds[i]);
	listener_unlink(l);
	free(l->path);
	free(l->fds);
	*l = (struct listener){ 0 };
}

void
listener_unlink(const struct listener *l)
{
	struct stat st;

	if (l->path != NULL && l->count > 0 && lstat(l->path, &st) == 0 &&
	    st.st_dev == l->device && st.st_ino == l->inode)
		unlink(l->path);
}
