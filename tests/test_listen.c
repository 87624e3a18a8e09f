/* Listeners: ports chosen and taken, local paths in every state, several
 * sockets that share a port, and nothing left behind. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listen.h"

static const struct log quiet = { -1, THRONG_LOG_ERROR, THRONG_LOG_TEXT,
	NULL };

/* Connect to an address; return the socket or -1. */
static int
dial(const char *text)
{
	struct address a;
	const char *why;
	int fd;

	assert_int_equal(address_parse(text, &a, &why), 0);
	fd = socket(a.storage.ss_family, SOCK_STREAM, 0);
	assert_true(fd != -1);
	if (connect(fd, (struct sockaddr *)&a.storage, a.length) == 0)
		return (fd);
	close(fd);
	return (-1);
}

/* Somebody answers at each of the listener's addresses. */
static void
expect_open(const struct listener *l)
{
	int fd = dial(l->text);

	assert_true(fd != -1);
	close(fd);
	for (unsigned i = 0; i < l->count; i++) {
		assert_true(fcntl(l->fds[i], F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(l->fds[i], F_GETFD) & FD_CLOEXEC);
	}
}

/* Opening fails with one line that names the address and `reason`. */
static void
expect_failure(const char *text, throng_error want, const char *reason)
{
	unsigned before = unit_descriptors();
	struct listener l;
	struct log log;
	char out[1024];
	size_t n;

	assert_int_equal(unit_log(&log, THRONG_LOG_ERROR, THRONG_LOG_TEXT), 0);
	assert_int_equal(listener_open(&l, text, 1, 16, &log), want);
	n = unit_log_read(&log, out, sizeof(out));
	assert_non_null(strstr(out, "cannot-listen address="));
	assert_non_null(strstr(out, text));
	if (strstr(out, reason) == NULL)
		fail_msg("%s: %s", reason, out);
	assert_ptr_equal(strchr(out, '\n'), out + n - 1);
	assert_int_equal(unit_descriptors(), before);
	listener_close(&l); /* harmless */
}

static void
port_zero(void **state)
{
	unsigned before = unit_descriptors();
	struct listener l;

	(void)state;
	assert_int_equal(listener_open(&l, "127.0.0.1:0", 1, 16, &quiet), 0);
	assert_int_equal(l.count, 1);
	assert_memory_equal(l.text, "127.0.0.1:", 10);
	assert_string_not_equal(l.text, "127.0.0.1:0");
	expect_open(&l);
	listener_close(&l);
	assert_int_equal(unit_descriptors(), before);
}

static void
ipv6(void **state)
{
	struct listener l, both;
	throng_error error = THRONG_ERR_LISTEN;
	char text[64];

	(void)state;
	if (listener_open(&l, "[::1]:0", 1, 16, &quiet) != THRONG_OK)
		skip();
	assert_memory_equal(l.text, "[::1]:", 6);
	expect_open(&l);
	listener_close(&l);
	/* The same port of IPv4 is free, even for all its addresses; unless
	 * somebody else on this machine has just that one. */
	for (int i = 0; i < 10 && error == THRONG_ERR_LISTEN; i++) {
		assert_int_equal(listener_open(&l, "[::]:0", 1, 16, &quiet), 0);
		snprintf(text, sizeof(text), "127.0.0.1:%s",
		    strrchr(l.text, ':') + 1);
		error = listener_open(&both, text, 1, 16, &quiet);
		listener_close(&l);
	}
	assert_int_equal(error, THRONG_OK);
	listener_close(&both);
}

static void
port_taken(void **state)
{
	struct listener l;

	(void)state;
	assert_int_equal(listener_open(&l, "127.0.0.1:0", 1, 16, &quiet), 0);
	expect_failure(l.text, THRONG_ERR_LISTEN, "Address already in use");
	listener_close(&l);
	/* But not once it has been closed. */
	assert_int_equal(listener_open(&l, "127.0.0.1:0", 1, 16, &quiet), 0);
	listener_close(&l);
}

static void
bad_addresses(void **state)
{

	(void)state;
	expect_failure("nonsense", THRONG_ERR_ADDRESS, "not host:port");
	expect_failure("127.0.0.1:x", THRONG_ERR_ADDRESS, "the port is not");
	expect_failure("192.0.2.1:0", THRONG_ERR_LISTEN,
	    "Cannot assign requested address");
	expect_failure("unix:/nonexistent/path/x", THRONG_ERR_LISTEN,
	    "No such file or directory");
}

/* Several sockets at one port: each can be connected to. */
static void
shared_port(void **state)
{
	unsigned before = unit_descriptors(), seen = 0;
	int64_t deadline = unit_deadline();
	bool got[4] = { false };
	struct listener l;
	int clients[256], count = 0, fd;

	(void)state;
	assert_int_equal(listener_open(&l, "127.0.0.1:0", 4, 64, &quiet), 0);
	assert_int_equal(l.count, 4);
	expect_open(&l);
	/* The kernel spreads them by a hash of both ends. */
	while (seen < 4 && count < 256 && support_now() < deadline) {
		clients[count] = dial(l.text);
		assert_true(clients[count++] != -1);
		for (unsigned i = 0; i < 4; i++)
			while ((fd = accept(l.fds[i], NULL, NULL)) != -1) {
				close(fd);
				seen += !got[i];
				got[i] = true;
			}
	}
	assert_int_equal(seen, 4);
	while (count > 0)
		close(clients[--count]);
	listener_close(&l);
	assert_int_equal(unit_descriptors(), before);
}

/* A port that is shared can still not be taken by somebody else's one. */
static void
shared_port_taken(void **state)
{
	struct listener l;

	(void)state;
	assert_int_equal(listener_open(&l, "127.0.0.1:0", 2, 16, &quiet), 0);
	expect_failure(l.text, THRONG_ERR_LISTEN, "Address already in use");
	listener_close(&l);
}

static void
local_path(void **state)
{
	unsigned before = unit_descriptors();
	char path[128], text[140];
	struct listener l;
	struct stat st;

	(void)state;
	support_path("new", path, sizeof(path));
	snprintf(text, sizeof(text), "unix:%s", path);
	/* Only one, however many are asked for. */
	assert_int_equal(listener_open(&l, text, 4, 16, &quiet), 0);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.text, text);
	expect_open(&l);
	/* A living server's stays, and still answers. */
	expect_failure(text, THRONG_ERR_LISTEN, "Address already in use");
	expect_open(&l);
	listener_close(&l);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(unit_descriptors(), before);
}

static void
stale_path(void **state)
{
	char path[128], text[140];
	struct address a;
	const char *why;
	struct listener l;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	support_path("stale", path, sizeof(path));
	snprintf(text, sizeof(text), "unix:%s", path);
	assert_int_equal(address_parse(text, &a, &why), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a.storage, a.length), 0);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(listener_open(&l, text, 1, 16, &quiet), 0);
	expect_open(&l);
	listener_close(&l);
}

/* A living server with more clients than it takes is not a dead one, and
 * nobody waits for it. */
static void
busy_path(void **state)
{
	char path[128], text[140];
	struct listener l;
	struct address a;
	const char *why;
	int fds[16], count = 0;

	(void)state;
	support_path("busy", path, sizeof(path));
	snprintf(text, sizeof(text), "unix:%s", path);
	assert_int_equal(listener_open(&l, text, 1, 1, &quiet), 0);
	assert_int_equal(address_parse(text, &a, &why), 0);
	do {
		assert_true(count < 16);
		fds[count] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(fcntl(fds[count], F_SETFL, O_NONBLOCK), 0);
	} while (connect(fds[count++], (struct sockaddr *)&a.storage,
		     a.length) == 0);
	expect_failure(text, THRONG_ERR_LISTEN, "Address already in use");
	assert_int_equal(access(path, F_OK), 0);
	while (count > 0)
		close(fds[--count]);
	listener_close(&l);
}

/* A file, a directory and a link are not ours to remove. */
/* A name that another server has taken over meanwhile is its own. */
static void
path_taken_over(void **state)
{
	char path[128], text[140];
	struct listener first, second;

	(void)state;
	support_path("taken", path, sizeof(path));
	snprintf(text, sizeof(text), "unix:%s", path);
	assert_int_equal(listener_open(&first, text, 1, 16, &quiet),
	    THRONG_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(listener_open(&second, text, 1, 16, &quiet),
	    THRONG_OK);
	listener_unlink(&first);
	listener_close(&first);
	assert_int_equal(access(path, F_OK), 0);
	expect_open(&second);
	listener_unlink(&second);
	assert_int_equal(access(path, F_OK), -1);
	listener_close(&second);
}

static void
other_paths(void **state)
{
	char path[128], text[140], file[128];
	int fd;

	(void)state;
	support_path("file", file, sizeof(file));
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	assert_true(fd != -1);
	close(fd);
	snprintf(text, sizeof(text), "unix:%s", file);
	expect_failure(text, THRONG_ERR_LISTEN, "Address already in use");
	assert_int_equal(access(file, F_OK), 0);
	support_path("link", path, sizeof(path));
	assert_int_equal(symlink(file, path), 0);
	snprintf(text, sizeof(text), "unix:%s", path);
	expect_failure(text, THRONG_ERR_LISTEN, "Address already in use");
	assert_int_equal(access(path, F_OK), 0);
	support_path("dir", path, sizeof(path));
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(text, sizeof(text), "unix:%s", path);
	expect_failure(text, THRONG_ERR_LISTEN, "Address already in use");
	assert_int_equal(rmdir(path), 0);
}

/* Which call is to fail, counted down over all that are made. */
static int fail_at;

static bool
fails(int error)
{

	if (fail_at == 0 || --fail_at > 0)
		return (false);
	errno = error;
	return (true);
}

#define FAILING(name, result, error, failed, parameters, arguments)         \
	result __real_##name parameters;                                    \
	result __wrap_##name parameters;                                    \
	result __wrap_##name parameters                                     \
	{                                                                   \
		return (fails(error) ? (failed) : __real_##name arguments); \
	}

FAILING(socket, int, EMFILE, -1, (int d, int t, int p), (d, t, p))
FAILING(listen, int, EIO, -1, (int fd, int n), (fd, n))
FAILING(setsockopt, int, EIO, -1,
    (int fd, int l, int n, const void *v, socklen_t s), (fd, l, n, v, s))
FAILING(getsockname, int, EIO, -1, (int fd, struct sockaddr *a, socklen_t *l),
    (fd, a, l))
FAILING(calloc, void *, ENOMEM, NULL, (size_t n, size_t s), (n, s))
FAILING(strdup, char *, ENOMEM, NULL, (const char *s), (s))

/* Each call fails once; after that, nothing is left: no descriptor and no
 * name in the file system. */
static void
every_call_fails(const char *text, const char *path)
{
	unsigned before = unit_descriptors();
	throng_error error;
	struct listener l;
	int k, left;

	for (k = 1;; k++) {
		fail_at = k;
		error = listener_open(&l, text, 3, 16, &quiet);
		left = fail_at;
		fail_at = 0;
		if (left > 0)
			break; /* more than there are */
		if (error == THRONG_OK)
			listener_close(&l);
		assert_int_equal(unit_descriptors(), before);
		if (path != NULL)
			assert_int_equal(access(path, F_OK), -1);
	}
	assert_int_equal(error, THRONG_OK);
	assert_true(k > 4);
	listener_close(&l);
	assert_int_equal(unit_descriptors(), before);
}

static void
failures(void **state)
{
	char path[128], text[140];

	(void)state;
	every_call_fails("127.0.0.1:0", NULL);
	support_path("fails", path, sizeof(path));
	snprintf(text, sizeof(text), "unix:%s", path);
	every_call_fails(text, path);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_zero),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(port_taken),
		cmocka_unit_test(bad_addresses),
		cmocka_unit_test(shared_port),
		cmocka_unit_test(shared_port_taken),
		cmocka_unit_test(local_path),
		cmocka_unit_test(stale_path),
		cmocka_unit_test(busy_path),
		cmocka_unit_test(path_taken_over),
		cmocka_unit_test(other_paths),
		cmocka_unit_test(failures),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
