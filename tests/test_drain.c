/* The end, as a reactor carries it out: gently, and at once. */
#include "rig.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept.h"
#include "drain.h"
#include "listen.h"
#include "write.h"

static struct rig *rig;

static int
open_rig(void **state)
{

	(void)state;
	rig = rig_new(&unit_handler_state);
	rig_start(rig);
	return (0);
}

static int
close_rig(void **state)
{

	(void)state;
	rig_free(rig);
	assert_int_equal(unit_states, 0);
	return (0);
}

static void
nobody_there(void **state)
{

	(void)state;
	assert_int_equal(rig->drained, 0);
	drain_begin(&rig->reactor);
	assert_true(rig->drained > 0);
	assert_int_equal(rig->reactor.phase, REACTOR_DRAINING);
}

static void
idle_clients(void **state)
{
	int fds[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		fds[i] = rig_client(rig);
	/* Quiet and owed nothing: nobody is waited for. */
	drain_begin(&rig->reactor);
	assert_true(rig->drained > 0);
	for (int i = 0; i < 3; i++)
		rig_end(rig, fds[i]);
	assert_true(rig->drained > 0);
	assert_int_equal(rig->reactor.open, 0);
}

/* Who still sends is waited for, so that closing destroys no reply. */
static void
busy_client(void **state)
{
	int fd = rig_client(rig);

	(void)state;
	rig_say(fd, "a\n");
	rig_turn(rig);
	drain_begin(&rig->reactor);
	rig_say(fd, "too late\n");
	rig_hear(rig, fd, "a\n");
	/* It is waited for until it ends, not for a second. */
	event_del(rig->reactor.tick);
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 1);
	assert_int_equal(rig->drained, 0);
	rig_end(rig, fd);
	assert_true(rig->drained > 0);
	assert_int_equal(rig_stats(rig).requests, 1);
}

/* What was sent before the end is answered, read or not, and nothing after. */
static void
owed_replies(void **state)
{
	int out = rig_client(rig), unread = rig_client(rig);

	(void)state;
	rig_say(out, "a\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	rig_say(unread, "b\nc\npart");
	rig_say(out, "d\n");
	drain_begin(&rig->reactor);
	rig_say(unread, "ial\n");
	rig_hear(rig, out, "a\nd\n");
	rig_hear(rig, unread, "b\nc\n");
	event_del(rig->reactor.tick);
	assert_int_equal(rig->drained, 0);
	rig_end(rig, out);
	assert_int_equal(rig->drained, 0);
	rig_end(rig, unread);
	assert_true(rig->drained > 0);
	assert_int_equal(rig_stats(rig).requests, 4);
	assert_int_equal(rig_stats(rig).dropped_partial, 1);
	assert_int_equal(rig_stats(rig).dropped_stopping, 0);
}

/* More than one job's worth of requests that had arrived. */
static void
owed_many(void **state)
{
	char want[2048], *at = want;
	int fd = rig_client(rig);

	(void)state;
	for (int i = 0; i < 300; i++)
		at += sprintf(at, "%d\n", i);
	rig_say(fd, want);
	drain_begin(&rig->reactor);
	rig_hear(rig, fd, want);
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).requests, 300);
}

/* A slow reader gets all of a large reply before the end. */
static void
owed_large(void **state)
{
	int fd = rig_client(rig);

	(void)state;
	rig_say(fd, "big 2000000\n");
	rig_settle(rig);
	drain_begin(&rig->reactor);
	rig_settle(rig);
	assert_int_equal(rig->drained, 0);
	rig_hear_x(rig, fd, 2000000);
	rig_end(rig, fd);
	assert_true(rig->drained > 0);
}

static void
owed_rest(void **state)
{
	int fd = rig_client(rig);

	(void)state;
	for (int i = 0; i < 5; i++)
		rig_say(fd, "big 300000\n");
	rig_settle(rig);
	drain_begin(&rig->reactor);
	rig_settle(rig);
	for (int i = 0; i < 5; i++)
		rig_hear_x(rig, fd, 300000);
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).replies, 5);
}

#define STOPPING "!error stopping the server ends\n"

/* At once: who waits is told so, who is worked for is not waited for. */
static void
kills(void **state)
{
	int idle, waits, out;

	(void)state;
	/* One worker, and one job for it. */
	rig_free(rig);
	rig = rig_new(&unit_handler_state);
	rig->service.config.workers = 1;
	rig_start(rig);
	idle = rig_client(rig);
	out = rig_client(rig);
	waits = rig_client(rig);
	rig->spent_ns = 1000000000;
	rig_say(out, "slow\n");
	rig_hear(rig, out, "slow\n");
	rig_say(out, "a\nb\n");
	rig_turn(rig);
	rig_say(waits, "c\nd\ne\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	drain_kill(&rig->reactor);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig->drained, 0);
	rig_hear(rig, waits, STOPPING);
	rig_end(rig, waits);
	rig_end(rig, idle);
	rig_settle(rig);
	assert_true(rig->drained > 0);
	assert_int_equal(rig_stats(rig).dropped_stopping, 5);
	assert_int_equal(rig_stats(rig).dropped_gone, 0);
	close(out);
}

/* A drain that takes too long is cut short. */
static void
drain_then_kill(void **state)
{
	int fd = rig_client(rig), quiet = rig_client(rig);

	(void)state;
	for (int i = 0; i < 5; i++)
		rig_say(fd, "big 300000\n");
	rig_settle(rig);
	drain_begin(&rig->reactor);
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 1);
	assert_int_equal(rig->drained, 0);
	drain_kill(&rig->reactor);
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 0);
	assert_true(rig->drained > 0);
	assert_int_equal(rig_stats(rig).requests +
		rig_stats(rig).dropped_stopping,
	    5);
	close(fd);
	close(quiet);
}

/* Orders come through the same queue as replies, in their order. */
static void
orders(void **state)
{
	int fd = rig_client(rig);

	(void)state;
	rig_say(fd, "a\n");
	rig_turn(rig);
	rig_work(rig, 1);
	reactor_order(&rig->reactor, JOB_DRAIN);
	rig_turn(rig);
	assert_int_equal(rig->reactor.phase, REACTOR_DRAINING);
	rig_hear(rig, fd, "a\n");
	reactor_order(&rig->reactor, JOB_KILL);
	reactor_order(&rig->reactor, JOB_STOP);
	rig_turn(rig);
	assert_int_equal(rig->reactor.phase, REACTOR_KILLED);
	assert_true(rig->reactor.stopped);
	assert_int_equal(rig->reactor.open, 0);
	close(fd);
}

/* A client that came just before the end is not turned away unheard. */
static void
last_arrival(void **state)
{
	static const struct log quiet = { -1, 0, 0, NULL };
	struct listener l;
	struct address a;
	const char *why;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char got[3];

	(void)state;
	assert_int_equal(listener_open(&l, "127.0.0.1:0", 1, 10, &quiet), 0);
	assert_int_equal(accept_open(&rig->reactor, &l, 1, 0), 0);
	assert_int_equal(accept_start(&rig->reactor), 0);
	address_parse(l.text, &a, &why);
	assert_int_equal(connect(fd, (struct sockaddr *)&a.storage, a.length),
	    0);
	rig_say(fd, "a\n");
	drain_begin(&rig->reactor);
	assert_int_equal(rig->reactor.open, 1);
	rig_settle(rig);
	assert_int_equal(unit_read(fd, got, 3, unit_deadline()), 2);
	assert_memory_equal(got, "a\n", 2);
	close(fd);
	rig_settle(rig);
	accept_close(&rig->reactor);
	listener_close(&l);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	static const struct CMUnitTest tests[] = {
		TEST(nobody_there),
		TEST(idle_clients),
		TEST(busy_client),
		TEST(owed_replies),
		TEST(owed_many),
		TEST(owed_large),
		TEST(owed_rest),
		TEST(kills),
		TEST(drain_then_kill),
		TEST(orders),
		TEST(last_arrival),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
