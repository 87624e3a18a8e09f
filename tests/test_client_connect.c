/* Connecting: what works, what is refused, how long it takes, how it stops. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/connect.h"
#include "client/until.h"
#include "client_script.h"
#include "clock.h"
#include "support.h"

#define FILLERS 8

/* How the tests wait: pauses take no time and are counted. */
struct waiter {
	unsigned pauses;     /* waits without a descriptor so far */
	unsigned stop_after; /* of them, then give up; 0: never */
	unsigned appear_at;  /* the pause at which the server appears */
	const char *path;
	int listener;
};

static int
listen_unix(const char *path, int backlog)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(un.sun_path, path, sizeof(un.sun_path) - 1);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return (fd);
}

static int
wait_for(void *context, int fd, short events, uint64_t until)
{
	struct waiter *w = context;
	struct pollfd fds = { .fd = fd, .events = events };
	int rc;

	if (fd == -1) {
		w->pauses++;
		if (w->pauses == w->stop_after)
			return (-1);
		if (w->pauses == w->appear_at)
			w->listener = listen_unix(w->path, 1);
		return (0);
	}
	rc = poll(&fds, 1, until_ms(until));
	return (rc > 0);
}

static int
try_connect(const char *address, unsigned retries, struct waiter *w,
    char *why)
{
	const struct connect_plan plan = {
		.address = address,
		.timeout = 50 * CLOCK_MS,
		.retries = retries,
		.wait = wait_for,
		.context = w,
	};

	return (connect_open(&plan, why));
}

static void
connects(void **state)
{
	char address[SCRIPT_ADDRESS], why[CONNECT_WHY_MAX];
	struct waiter w = { .listener = -1 };
	int listener = script_listen(address), fd, peer, value = 0;
	socklen_t size = sizeof(value);

	(void)state;
	fd = try_connect(address, 0, &w, why);
	assert_true(fd >= 0);
	peer = script_accept(listener);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value,
	    &size), 0);
	assert_int_not_equal(value, 0);
	assert_int_equal(w.pauses, 0);
	close(fd);
	close(peer);
	close(listener);
}

static void
refused(void **state)
{
	char address[SCRIPT_ADDRESS], why[CONNECT_WHY_MAX];
	struct waiter w = { .listener = -1 };

	(void)state;
	close(script_listen(address));
	assert_int_equal(try_connect(address, 0, &w, why), -1);
	assert_string_equal(why, strerror(ECONNREFUSED));
	assert_int_equal(w.pauses, 0);
	assert_int_equal(try_connect(address, 3, &w, why), -1);
	assert_string_equal(why, strerror(ECONNREFUSED));
	assert_int_equal(w.pauses, 3);
	assert_int_equal(try_connect("unix:/nonexistent/x", 0, &w, why), -1);
	assert_string_equal(why, strerror(ENOENT));
	assert_int_equal(try_connect("no.such.name.invalid:1", 0, &w, why),
	    -1);
	assert_true(strlen(why) > 0);
}

static void
retried_until_it_appears(void **state)
{
	char path[108], address[128], why[CONNECT_WHY_MAX];
	struct waiter w = { .appear_at = 3, .listener = -1 };
	int fd;

	(void)state;
	w.path = support_path("appears", path, sizeof(path));
	snprintf(address, sizeof(address), "unix:%s", path);
	fd = try_connect(address, 5, &w, why);
	assert_true(fd >= 0);
	assert_int_equal(w.pauses, 3);
	close(fd);
	close(w.listener);
}

/* A host of several addresses is tried at each. */
static void
every_answer(void **state)
{
	char address[SCRIPT_ADDRESS], name[SCRIPT_ADDRESS];
	char why[CONNECT_WHY_MAX];
	struct waiter w = { .listener = -1 };
	int listener = script_listen(address), fd;

	(void)state;
	/* Where localhost is ::1 first, nobody listens there. */
	snprintf(name, sizeof(name), "localhost%s", strrchr(address, ':'));
	fd = try_connect(name, 0, &w, why);
	assert_true(fd >= 0);
	close(fd);
	close(listener);
}

/* A backlog that is full: connections neither come about nor fail. */
static void
no_answer(void **state)
{
	char address[SCRIPT_ADDRESS], why[CONNECT_WHY_MAX];
	struct waiter w = { .listener = -1 };
	int listener = script_listen(address), fillers[FILLERS], n = 0;
	uint64_t begin;

	(void)state;
	assert_int_equal(listen(listener, 0), 0);
	/* How many it takes is the system's business. */
	while (n < FILLERS && (fillers[n] = try_connect(address, 0, &w,
	    why)) != -1)
		n++;
	assert_in_range(n, 1, FILLERS - 1);
	begin = clock_now();
	assert_int_equal(try_connect(address, 1, &w, why), -1);
	assert_string_equal(why, "no connection within 0.05 s");
	assert_true(clock_now() - begin >= 100 * CLOCK_MS);
	while (n-- > 0)
		close(fillers[n]);
	close(listener);
}

/* The same of a local socket, which says EAGAIN instead. */
static void
no_answer_local(void **state)
{
	char path[108], address[128], why[CONNECT_WHY_MAX];
	struct waiter w = { .listener = -1 };
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	int listener, fillers[FILLERS], n = 0;

	(void)state;
	support_path("full", path, sizeof(path));
	snprintf(address, sizeof(address), "unix:%s", path);
	listener = listen_unix(path, 0);
	while (n < FILLERS && (fillers[n] = try_connect(address, 0, &w,
	    why)) != -1)
		n++;
	assert_in_range(n, 1, FILLERS - 1);
	assert_string_equal(why, "no connection within 0.05 s");
	/* It may have been over before the first pause. */
	while (w.pauses == 0) {
		assert_int_equal(try_connect(address, 0, &w, why), -1);
		assert_true(support_now() < deadline);
	}
	while (n-- > 0)
		close(fillers[n]);
	close(listener);
}

static void
stopped(void **state)
{
	char address[SCRIPT_ADDRESS], why[CONNECT_WHY_MAX];
	struct waiter w = { .stop_after = 2, .listener = -1 };

	(void)state;
	close(script_listen(address));
	assert_int_equal(try_connect(address, 1000, &w, why), -1);
	assert_string_equal(why, "stopped");
	assert_int_equal(w.pauses, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects),
		cmocka_unit_test(refused),
		cmocka_unit_test(retried_until_it_appears),
		cmocka_unit_test(every_answer),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(no_answer_local),
		cmocka_unit_test(stopped),
	};

	return (cmocka_run_group_tests_name("client_connect", tests, NULL,
	    NULL));
}
