/* Clients that take what waits for them, from here or from the kernel. */
#include "unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stall.h"

/* Two ends of a TCP connection, which is where the kernel counts bytes. */
static void
tcp_pair(int fds[2])
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(sin);
	int small = 4096, listener = socket(AF_INET, SOCK_STREAM, 0);

	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(listener != -1 && fds[1] != -1);
	assert_int_equal(bind(listener, (struct sockaddr *)&sin,
			     sizeof(sin)),
	    0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sin,
			     &length),
	    0);
	assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &small,
			     sizeof(small)),
	    0);
	assert_int_equal(connect(fds[1], (struct sockaddr *)&sin,
			     sizeof(sin)),
	    0);
	fds[0] = accept(listener, NULL, NULL);
	assert_int_not_equal(fds[0], -1);
	close(listener);
}

/* Send until nothing is taken for a while. */
static void
stuff(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	static const char bytes[65536];

	while (poll(&p, 1, 200) == 1)
		(void)send(fd, bytes, sizeof(bytes),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Take 64 KiB; return whether they were there. */
static bool
take(int fd)
{
	static char bytes[65536];

	return (unit_read(fd, bytes, sizeof(bytes), unit_deadline()) ==
	    sizeof(bytes));
}

static void
from_here(void **state)
{
	struct stall s;
	int fds[2];

	(void)state;
	assert_int_equal(unit_pair(fds), 0);
	/* Counts wrap round. */
	stall_begin(&s, fds[0], 0u - 700, 100);
	stall_look(&s, fds[0], 300, 1000, 200);
	assert_int_equal(s.since, 100);
	/* More is added, and some of it was taken all the same. */
	stall_look(&s, fds[0], 800, 1500, 300);
	assert_int_equal(s.since, 100);
	stall_look(&s, fds[0], 1300, 1999, 400);
	assert_int_equal(s.since, 400);
	stall_look(&s, fds[0], 1300, 1999, 500);
	assert_int_equal(s.since, 400);
	/* As much waits as before, and yet all was taken. */
	stall_look(&s, fds[0], 3299, 1999, 600);
	assert_int_equal(s.since, 600);
	close(fds[0]);
	close(fds[1]);
}

static void
from_the_kernel(void **state)
{
	int64_t deadline = unit_deadline();
	struct stall s;
	uint32_t now = 1000;
	int fds[2];

	(void)state;
	tcp_pair(fds);
	stuff(fds[0]);
	assert_true(stall_untaken(fds[0]) > 0);
	stall_begin(&s, fds[0], 0, now);
	stall_look(&s, fds[0], 1000, 1000, ++now);
	assert_int_equal(s.since, 1000);
	/* The socket may not be writable by that, but it is progress. */
	assert_true(take(fds[1]));
	while (s.since == 1000) {
		assert_true(support_turn(deadline));
		stall_look(&s, fds[0], 1000, 1000, ++now);
	}
	assert_int_equal(s.since, now);
	close(fds[0]);
	close(fds[1]);
}

/* Only a reset is one, with requests unread or without. */
static void
resets(void **state)
{
	const struct linger none = { .l_onoff = 1 };
	int64_t deadline = unit_deadline();
	int fds[2];

	(void)state;
	for (int i = 0; i < 4; i++) {
		tcp_pair(fds);
		assert_false(stall_reset(fds[0]));
		if (i % 2)
			assert_int_equal(send(fds[1], "x", 1, 0), 1);
		if (i < 2) {
			shutdown(fds[1], SHUT_WR);
			while (!stall_half_closed(fds[0]))
				assert_true(support_turn(deadline));
			assert_false(stall_reset(fds[0]));
		}
		assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_LINGER,
				     &none, sizeof(none)),
		    0);
		close(fds[1]);
		while (!stall_reset(fds[0]))
			assert_true(support_turn(deadline));
		close(fds[0]);
	}
	/* A local socket that was closed behind its requests is none. */
	assert_int_equal(unit_pair(fds), 0);
	assert_int_equal(send(fds[1], "x", 1, 0), 1);
	close(fds[1]);
	assert_false(stall_reset(fds[0]));
	close(fds[0]);
}

static void
intervals(void **state)
{

	(void)state;
	for (uint32_t limit = 1; limit < 86400000; limit += limit / 3 + 1) {
		assert_in_range(stall_interval(limit), 1, STALL_LOOK_MS);
		assert_true(stall_interval(limit) <= limit / 8 + 1);
	}
	assert_int_equal(stall_interval(30000), STALL_LOOK_MS);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_here),
		cmocka_unit_test(from_the_kernel),
		cmocka_unit_test(resets),
		cmocka_unit_test(intervals),
	};

	unit_guard();
	return (cmocka_run_group_tests_name("stall", tests, NULL, NULL));
}
