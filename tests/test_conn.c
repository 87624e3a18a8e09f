/* Connections: in, refused, lingering, out, and slots used again. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "expire.h"

/* Allocations still to succeed; negative: all do. */
static int callocs = -1;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *
__wrap_calloc(size_t count, size_t size)
{

	if (callocs == 0)
		return (NULL);
	if (callocs > 0)
		callocs--;
	return (__real_calloc(count, size));
}

/* Whether libevent gets no memory. */
static bool event_fails;

static void *
event_malloc(size_t size)
{

	return (event_fails ? NULL : malloc(size));
}

static void *
event_realloc(void *old, size_t size)
{

	return (event_fails ? NULL : realloc(old, size));
}

#define BUSY "!error busy too many connections\n"

static void
refused(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int in, out;

	(void)state;
	rig->service.max_connections = 1;
	rig_start(rig);
	in = rig_client(rig);
	rig_say(in, "first\n");
	rig_hear(rig, in, "first\n");
	out = rig_client(rig);
	assert_int_equal(rig->reactor.refusing, 1);
	rig_say(out, "served?\n");
	rig_hear(rig, out, BUSY);
	rig_end(rig, out);
	assert_int_equal(rig_stats(rig).refused, 1);
	assert_int_equal(rig_stats(rig).connections, 1);
	assert_int_equal(rig_stats(rig).requests, 1);
	assert_int_equal(rig->reactor.refusing, 0);
	/* Those in are not disturbed, and leaving makes room. */
	rig_say(in, "a\n");
	rig_hear(rig, in, "a\n");
	close(in);
	rig_settle(rig);
	in = rig_client(rig);
	rig_say(in, "b\n");
	rig_hear(rig, in, "b\n");
	assert_int_equal(rig_stats(rig).connections, 2);
	close(in);
	rig_free(rig);
}

/* When it is full, the one that has said nothing the longest makes room; a
 * part of a request is nothing. */
static void
reaped(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[4], more;

	(void)state;
	rig->service.max_connections = 4;
	rig_start(rig);
	for (int i = 0; i < 4; i++)
		fds[i] = rig_client(rig);
	rig_say(fds[0], "a\n");
	rig_hear(rig, fds[0], "a\n");
	rig_say(fds[1], "part");
	rig_settle(rig);
	more = rig_client(rig);
	rig_end(rig, fds[1]);
	assert_int_equal(rig_stats(rig).reaped, 1);
	assert_int_equal(rig_stats(rig).dropped_partial, 1);
	assert_int_equal(rig->reactor.open, 4);
	assert_true(rig_silent(fds[2]));
	rig_say(more, "b\n");
	rig_hear(rig, more, "b\n");
	for (int i = 2; i < 4; i++) {
		rig_say(fds[i], "c\n");
		rig_hear(rig, fds[i], "c\n");
	}
	/* Nobody is silent any more. */
	fds[1] = rig_client(rig);
	rig_hear(rig, fds[1], BUSY);
	rig_end(rig, fds[1]);
	assert_false(conn_reap(&rig->reactor, 0));
	assert_int_equal(rig_stats(rig).reaped, 1);
	assert_int_equal(rig_stats(rig).refused, 1);
	assert_int_equal(rig_stats(rig).connections, 5);
	close(fds[0]);
	close(fds[2]);
	close(fds[3]);
	close(more);
	rig_free(rig);
}

/* Where the budget is exceeded already, nobody else is let in. */
static void
no_budget_left(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	size_t too_much = rig->budget.limit + 1;
	int in, fd;

	(void)state;
	rig_start(rig);
	in = rig_client(rig);
	budget_add(&rig->budget, too_much);
	fd = rig_client(rig);
	rig_hear(rig, fd, BUSY);
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).refused, 1);
	assert_int_equal(rig->service.connections, 1);
	rig_say(in, "a\n");
	rig_hear(rig, in, "a\n");
	budget_add(&rig->budget, -too_much);
	fd = rig_client(rig);
	rig_say(fd, "b\n");
	rig_hear(rig, fd, "b\n");
	close(in);
	close(fd);
	rig_free(rig);
}

/* Whoever broke the framing, or left, is not reaped as well. */
static void
not_silent(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[3];

	(void)state;
	unit_framing(&rig->service, THRONG_FRAME_NETSTRING, 100);
	rig_start(rig);
	for (int i = 0; i < 3; i++)
		fds[i] = rig_client(rig);
	rig_say(fds[0], "nonsense");
	rig_say(fds[1], "9:half");
	shutdown(fds[1], SHUT_WR);
	rig_settle(rig);
	assert_true(conn_reap(&rig->reactor, 0));
	assert_false(conn_reap(&rig->reactor, 0));
	assert_int_equal(rig_stats(rig).reaped, 1);
	rig_end(rig, fds[2]);
	rig_end(rig, fds[1]);
	close(fds[0]);
	rig_free(rig);
}

static void
slots(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[100];

	(void)state;
	rig_start(rig);
	for (int i = 0; i < 100; i++)
		fds[i] = rig_client(rig);
	assert_int_equal(rig->reactor.slots_made, 100);
	assert_non_null(conn_find(&rig->reactor, 7, 0));
	assert_null(conn_find(&rig->reactor, 7, 1));
	assert_null(conn_find(&rig->reactor, 100, 0));
	assert_null(conn_find(&rig->reactor, UINT32_MAX, 0));
	conn_close(rig_conn(rig, 7), CLOSE_EOF);
	assert_null(conn_find(&rig->reactor, 7, 0));
	assert_null(conn_find(&rig->reactor, 7, 1));
	close(fds[7]);
	/* Used again: another generation. */
	fds[7] = rig_client(rig);
	assert_int_equal(rig->reactor.slots_made, 100);
	assert_null(conn_find(&rig->reactor, 7, 0));
	assert_ptr_equal(conn_find(&rig->reactor, 7, 1), rig_conn(rig, 7));
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).connections, 101);
	rig_free(rig);
}

/* A crowd comes and leaves: its records go, and who comes next has a
 * generation that no job of theirs can have. */
static void
slots_of_a_crowd(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	static int fds[1500];
	uint32_t generation;

	(void)state;
	rig->service.max_connections = 1500;
	rig_start(rig);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 1500; i++)
			fds[i] = rig_client(rig);
		assert_int_equal(rig->reactor.slots_made, 1500);
		generation = rig_conn(rig, 1499)->generation;
		assert_int_equal(generation, round);
		for (uint32_t i = 0; i < 1500; i++) {
			conn_close(rig_conn(rig, i), CLOSE_EOF);
			close(fds[i]);
		}
		assert_int_equal(rig->reactor.slots_made, 1024);
		assert_null(conn_find(&rig->reactor, 1499, generation));
	}
	rig_free(rig);
}

/* A client whose connection was closed by the handler and who stays. */
static int
lingerer(struct rig *rig)
{
	int fd = rig_client(rig);

	rig_say(fd, "close\n");
	rig_hear(rig, fd, "close\n");
	rig_settle(rig);
	return (fd);
}

static void
lingers_to_the_end(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = lingerer(rig);
	/* Its second is not over before the test says so. */
	event_del(rig->reactor.tick);
	assert_int_equal(rig_conn(rig, 0)->phase, CONN_LINGER);
	rig_say(fd, "ignored\n");
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 1);
	rig_end(rig, fd);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).requests, 1);
	assert_int_equal(rig_stats(rig).dropped_partial, 0);
	rig_free(rig);
}

static void
lingers_by_bytes(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int64_t deadline = unit_deadline();
	size_t sent = 0;
	char bytes[1024] = "";
	ssize_t n;
	int fd;

	(void)state;
	rig_start(rig);
	fd = lingerer(rig);
	event_del(rig->reactor.tick);
	while (rig->reactor.open > 0) {
		n = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		rig_turn(rig);
		if (rig->reactor.open > 0)
			assert_int_equal(rig_conn(rig, 0)->input.length, 0);
		assert_true(support_now() < deadline);
	}
	assert_in_range(sent, CONN_LINGER_BYTES + 1,
	    CONN_LINGER_BYTES + 131072);
	close(fd);
	rig_free(rig);
}

static void
lingers_by_time(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	uint32_t before = clock_ms(), first, second;
	int fds[2];

	(void)state;
	rig_start(rig);
	fds[0] = lingerer(rig);
	fds[1] = lingerer(rig);
	event_del(rig->reactor.tick);
	first = rig_conn(rig, 0)->opened + CONN_LINGER_MS;
	second = rig_conn(rig, 1)->opened + CONN_LINGER_MS;
	assert_true(first - before >= CONN_LINGER_MS);
	assert_false(deadline_before(second, first));
	/* What is due early is entered anew, closer to its end. */
	for (uint32_t now = before; now != first; now++)
		assert_true(expire_run(&rig->reactor, now));
	assert_int_equal(rig->reactor.open, 2);
	for (uint32_t i = 0; i <= DEADLINE_MIN_MS; i++)
		assert_true(expire_run(&rig->reactor, second + i));
	assert_int_equal(rig->reactor.open, 0);
	close(fds[0]);
	close(fds[1]);
	rig_free(rig);
}

/* The tick sees to it by itself, however many others begin to linger. */
static void
lingers_in_a_crowd(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int64_t deadline = support_now() + 20000;
	int fd, other;

	(void)state;
	rig_start(rig);
	fd = lingerer(rig);
	while (conn_find(&rig->reactor, 0, 0) != NULL) {
		other = lingerer(rig);
		close(other);
		rig_settle(rig);
		assert_true(support_turn(deadline));
	}
	close(fd);
	rig_free(rig);
}

/* Without memory for the tick nobody is let in who could stay for ever. */
static void
no_memory_for_the_tick(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	struct peer peer = { 0 };
	int fd, fds[2];

	(void)state;
	rig_start(rig);
	/* One that is gone already, so that all but the tick is there. */
	assert_int_equal(unit_pair(fds), 0);
	close(fds[1]);
	conn_open(&rig->reactor, fds[0], &peer,
	    (struct seat){ .admission = ADMIT_FULL });
	assert_int_equal(rig->reactor.open, 0);
	event_fails = true;
	fd = rig_client(rig);
	event_fails = false;
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).connections, 0);
	close(fd);
	fd = rig_client(rig);
	rig_say(fd, "a\n");
	rig_hear(rig, fd, "a\n");
	close(fd);
	rig_free(rig);
}

/* A partial frame in the buffer of whoever is closed is counted once. */
static void
partial_frames(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "par");
	rig_settle(rig);
	conn_close(rig_conn(rig, 0), CLOSE_RESET);
	assert_int_equal(rig_stats(rig).dropped_partial, 1);
	close(fd);
	fd = rig_client(rig);
	rig_say(fd, "par");
	shutdown(fd, SHUT_WR);
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).dropped_partial, 2);
	rig_free(rig);
}

/* A reset closes at once, in whatever state. */
static void
reset(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "a\n");
	rig_turn(rig);
	rig_work(rig, 1);
	rig_turn(rig); /* its reply lies unread: closing is a reset */
	assert_false(rig_silent(fd));
	close(fd);
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).open, 0);
	rig_free(rig);
}

/* Each reason's word in the log. */
static void
reasons(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	char out[4096], *at = out;
	static const char *const want[] = { "accepted", "client-closed",
		"accepted", "handler-closed", "refused", "busy" };
	int fd;

	(void)state;
	rig->service.max_connections = 1;
	assert_int_equal(unit_log(&rig->service.log, THRONG_LOG_INFO,
			     THRONG_LOG_TEXT),
	    0);
	rig_start(rig);
	fd = rig_client(rig);
	close(fd);
	rig_settle(rig);
	fd = lingerer(rig);
	rig_end(rig, fd);
	rig->service.max_connections = 0;
	fd = rig_client(rig);
	rig_hear(rig, fd, BUSY);
	rig_end(rig, fd);
	unit_log_read(&rig->service.log, out, sizeof(out));
	for (size_t i = 0; i < UNIT_COUNT(want); i++) {
		at = strstr(at, want[i]);
		if (at == NULL)
			fail_msg("no %s in %s", want[i], out);
	}
	rig_free(rig);
}

/* Memory that is short when a client comes costs that client alone. */
static void
no_memory(void **state)
{
	struct rig *rig = rig_new(&unit_handler_state);
	unsigned before = unit_descriptors(), opened;
	int first, fd;
	char byte;

	(void)state;
	rig_start(rig);
	first = rig_client(rig);
	opened = unit_descriptors();
	for (int k = 0;; k++) {
		callocs = k;
		fd = rig_client(rig);
		if (callocs > 0 || rig->reactor.open == 2)
			break;
		callocs = -1;
		assert_int_equal(recv(fd, &byte, 1, 0), 0);
		close(fd);
		assert_int_equal(unit_descriptors(), opened);
		assert_int_equal(rig->reactor.open, 1);
		assert_int_equal(rig->service.connections, 1);
	}
	callocs = -1;
	rig_say(fd, "a\n");
	rig_hear(rig, fd, "a\n");
	rig_say(first, "b\n");
	rig_hear(rig, first, "b\n");
	assert_int_equal(rig_stats(rig).connections, 2);
	close(fd);
	close(first);
	rig_free(rig);
	assert_true(unit_descriptors() < before + 2);
}

/* The connection's state comes with its first request and goes at its end. */
static void
state_of_a_connection(void **state)
{
	struct rig *rig = rig_new(&unit_handler_state);
	int fd, idle;

	(void)state;
	rig_start(rig);
	idle = rig_client(rig);
	fd = rig_client(rig);
	rig_say(fd, "state\nstate\n");
	rig_hear(rig, fd, "1\n2\n");
	assert_int_equal(unit_states, 1);
	rig_say(fd, "state\n");
	rig_hear(rig, fd, "3\n");
	close(fd);
	close(idle);
	rig_settle(rig);
	assert_int_equal(unit_states, 0);
	assert_int_equal(rig->reactor.open, 0);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(reaped),
		cmocka_unit_test(no_budget_left),
		cmocka_unit_test(not_silent),
		cmocka_unit_test(slots),
		cmocka_unit_test(slots_of_a_crowd),
		cmocka_unit_test(lingers_to_the_end),
		cmocka_unit_test(lingers_by_bytes),
		cmocka_unit_test(lingers_by_time),
		cmocka_unit_test(lingers_in_a_crowd),
		cmocka_unit_test(no_memory_for_the_tick),
		cmocka_unit_test(partial_frames),
		cmocka_unit_test(reset),
		cmocka_unit_test(reasons),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(state_of_a_connection),
	};

	unit_guard();
	event_set_mem_functions(event_malloc, event_realloc, free);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
