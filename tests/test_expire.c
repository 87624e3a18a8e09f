/* How long the pool waits for clients, on a clock that the test sets. */
#include "rig.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "expire.h"
#include "write.h"

/* Lengths that differ, so that no deadline is taken for another. */
#define FIRST 6000u
#define FRAME 5000u
#define IDLE 60000u
#define HALF_CLOSE 2000u
#define WRITE 4000u
#define RATE 1000u

/* How late a deadline may be noticed. */
#define EXACT DEADLINE_MIN_MS

static struct rig *
bench(void)
{
	struct rig *rig = rig_new(&unit_handler);
	throng_config *c = &rig->service.config;

	c->first_frame_ms = FIRST;
	c->frame_ms = FRAME;
	c->idle_ms = IDLE;
	c->half_close_ms = HALF_CLOSE;
	c->write_ms = WRITE;
	c->min_rate = RATE;
	rig_start(rig);
	return (rig);
}

/* Run the clock from `from` to `to` in steps of one; what really happens
 * meanwhile is done by turning. */
static void
pass(struct rig *rig, uint32_t from, uint32_t to)
{

	for (uint32_t now = from; deadline_before(now, to); now++)
		while (!expire_run(&rig->reactor, now))
			continue;
}

/* The connection in slot 0 is open until `when`, and then not. */
static void
closed_at(struct rig *rig, uint32_t when)
{

	pass(rig, rig_conn(rig, 0)->opened, when);
	assert_int_equal(rig->reactor.open, 1);
	pass(rig, when, when + EXACT + 1);
	assert_int_equal(rig->reactor.open, 0);
}

/* The client sees the end; nothing is said to it. */
static void
sees_the_end(int fd)
{
	char byte;

	assert_int_equal(unit_read(fd, &byte, 1, unit_deadline()), 0);
	close(fd);
}

static void
first(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);

	(void)state;
	closed_at(rig, rig_conn(rig, 0)->opened + FIRST);
	assert_int_equal(rig_stats(rig).timeout_first, 1);
	sees_the_end(fd);
	rig_free(rig);
}

/* Beginning late does not help, but what was sent counts. */
static void
first_begun_late(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	rig_say(fd, "half");
	rig_turn(rig);
	/* As if it had come so late. */
	c->pace.began = c->opened + FIRST - 500;
	closed_at(rig, c->opened + FIRST + 4);
	assert_int_equal(rig_stats(rig).timeout_first, 1);
	assert_int_equal(rig_stats(rig).timeout_frame, 0);
	assert_int_equal(rig_stats(rig).dropped_partial, 1);
	close(fd);
	rig_free(rig);
}

/* Bytes now and then do not move the deadline by more than they earn. */
static void
frame(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);
	struct conn *c = rig_conn(rig, 0);
	uint32_t began;

	(void)state;
	rig_say(fd, "whole\nha");
	rig_hear(rig, fd, "whole\n");
	began = c->pace.began;
	for (int i = 0; i < 8; i++) {
		rig_say(fd, "x");
		rig_settle(rig);
		assert_int_equal(c->pace.began, began);
		pass(rig, began + (uint32_t)i * 100,
		    began + (uint32_t)i * 100 + 100);
	}
	closed_at(rig, began + FRAME + 10);
	assert_int_equal(rig_stats(rig).timeout_frame, 1);
	assert_int_equal(rig_stats(rig).dropped_partial, 1);
	sees_the_end(fd);
	rig_free(rig);
}

/* Being swallowed is being waited for. */
static void
swallowed(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	uint32_t began;
	int fd;

	(void)state;
	unit_framing(&rig->service, THRONG_FRAME_LINE, 4);
	rig->service.config.frame_ms = FRAME;
	rig->service.config.min_rate = RATE;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "much too long");
	rig_hear(rig, fd, "!error oversize the request is too long\n");
	began = rig_conn(rig, 0)->pace.began;
	pass(rig, began, began + FRAME);
	assert_int_equal(rig->reactor.open, 1);
	pass(rig, began + FRAME, began + FRAME + 13 + EXACT);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).timeout_frame, 1);
	assert_int_equal(rig_stats(rig).dropped_partial, 0);
	close(fd);
	rig_free(rig);
}

static void
idle(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	rig_say(fd, "a\n");
	rig_hear(rig, fd, "a\n");
	pass(rig, c->opened, c->active + IDLE - 1);
	assert_int_equal(rig->reactor.open, 1);
	/* Asked again in the last moment, it is waited for as long again. */
	c->active += IDLE - 1;
	pass(rig, c->active, c->active + IDLE);
	assert_int_equal(rig->reactor.open, 1);
	pass(rig, c->active + IDLE, c->active + IDLE + EXACT + 1);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).timeout_idle, 1);
	assert_int_equal(rig_stats(rig).timeout_first, 0);
	sees_the_end(fd);
	rig_free(rig);
}

/* Whoever is owed something waits for us, not we for it: neither a slow
 * handler nor half a request behind it counts. */
static void
owed(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);
	struct conn *c = rig_conn(rig, 0);
	uint32_t end = c->opened + 3 * IDLE;

	(void)state;
	rig_say(fd, "a\nhal");
	while (rig->held_count == 0)
		rig_turn(rig);
	assert_int_equal(c->pace.state, PACE_FRAME);
	pass(rig, c->opened, end);
	assert_int_equal(rig->reactor.open, 1);
	/* Then that half has its time. */
	rig_hear(rig, fd, "a\n");
	rig_say(fd, "f\n");
	rig_hear(rig, fd, "half\n");
	assert_int_equal(rig->reactor.open, 1);
	close(fd);
	rig_free(rig);
}

/* Something lies in the socket: this process did not run, say. */
static void
unread(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	rig_say(fd, "late\n");
	pass(rig, c->opened, c->opened + 3 * FIRST);
	assert_int_equal(rig->reactor.open, 1);
	rig_hear(rig, fd, "late\n");
	close(fd);
	rig_free(rig);
}

/* What comes behind the deadline is read once more; bytes that keep coming
 * are not waited for again. */
static void
unread_again(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);
	struct conn *c = rig_conn(rig, 0);
	uint32_t due;

	(void)state;
	rig_say(fd, "part");
	rig_settle(rig);
	assert_int_equal(c->pace.state, PACE_FRAME);
	due = c->pace.began + FRAME + 4;
	c->active = due + 1;
	rig_say(fd, "more");
	closed_at(rig, due);
	assert_int_equal(rig_stats(rig).timeout_frame, 1);
	close(fd);
	rig_free(rig);
}

/* A client whose replies wait, with `waiting` behind them. */
static int
stuffed(struct rig *rig)
{
	int fd = rig_client(rig), size = 4096;
	struct conn *c = rig_conn(rig, 0);

	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size,
			     sizeof(size)),
	    0);
	rig_say(fd, "big 300000\n");
	rig_settle(rig);
	assert_true(conn_stuffed(c));
	return (fd);
}

static void
write_stall(void **state)
{
	struct rig *rig = bench();
	int fd = stuffed(rig);
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	assert_int_equal(rig_stats(rig).output_soft, 1);
	closed_at(rig, c->stall.since + WRITE);
	assert_int_equal(rig_stats(rig).timeout_write, 1);
	close(fd);
	rig_free(rig);
}

/* All of it is with the kernel, and the client does not read. */
static void
held_by_the_kernel(void **state)
{
	struct rig *rig = bench();
	int fd = rig_client(rig);
	struct conn *c = rig_conn(rig, 0);
	char reply[6];

	(void)state;
	rig_say(fd, "first\n");
	rig_settle(rig);
	assert_int_equal(write_pending(c), 0);
	pass(rig, c->opened, c->active + WRITE);
	assert_int_equal(rig->reactor.open, 1);
	/* Read in time, all is well. */
	assert_int_equal(recv(fd, reply, sizeof(reply), 0), sizeof(reply));
	pass(rig, c->active + WRITE, c->active + 3 * WRITE);
	assert_int_equal(rig->reactor.open, 1);
	assert_false(c->watched);
	rig_say(fd, "again\n");
	rig_settle(rig);
	c->active = c->opened + 4 * WRITE;
	pass(rig, c->active, c->active + WRITE);
	assert_int_equal(rig->reactor.open, 1);
	pass(rig, c->active + WRITE, c->active + WRITE + WRITE / 4 + 2 *
	    EXACT);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).timeout_write, 1);
	close(fd);
	rig_free(rig);
}

static void
half_close(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	struct conn *c;
	uint32_t now;
	int fd;

	(void)state;
	/* Room for the end of input to be seen. */
	rig->service.config.output_soft = 1u << 20;
	rig->service.config.half_close_ms = HALF_CLOSE;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "big 900000\n");
	rig_settle(rig);
	c = rig_conn(rig, 0);
	assert_true(write_pending(c) > 0);
	now = c->stall.since + HALF_CLOSE + EXACT;
	pass(rig, c->opened, now);
	assert_int_equal(rig->reactor.open, 1);
	shutdown(fd, SHUT_WR);
	while (!c->eof)
		rig_turn(rig);
	/* From then on, not from when it took something last. */
	c->active = now;
	pass(rig, now, now + HALF_CLOSE);
	assert_int_equal(rig->reactor.open, 1);
	pass(rig, now + HALF_CLOSE, now + HALF_CLOSE + EXACT + 1);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).timeout_half_close, 1);
	assert_int_equal(rig_stats(rig).timeout_write, 0);
	close(fd);
	rig_free(rig);
}

/* Slowly, but a little before each deadline: it gets everything. */
static void
slow_but_steady(void **state)
{
	struct rig *rig = bench();
	int fd = stuffed(rig);
	struct conn *c = rig_conn(rig, 0);
	/* Unix sockets let go of what was sent in pieces of a few KiB. */
	char some[8192];
	size_t got = 0;
	uint32_t now = c->stall.since;
	ssize_t n;

	(void)state;
	while (got < 200000) {
		n = recv(fd, some, sizeof(some), 0);
		assert_true(n > 0);
		got += (size_t)n;
		rig_settle(rig);
		pass(rig, now, now + WRITE - STALL_LOOK_MS - EXACT);
		now += WRITE - STALL_LOOK_MS - EXACT;
		assert_int_equal(rig->reactor.open, 1);
	}
	assert_true(now - c->opened > 5 * WRITE);
	rig_hear_x(rig, fd, 300000 - got);
	close(fd);
	rig_free(rig);
}

/* More than the hard cap and one reply: closed with a reset. */
static void
hard(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig->service.config.output_soft = rig->service.config.output_hard =
	    100000;
	rig->service.replies_max = 100000;
	rig_start(rig);
	fd = rig_client(rig);
	/* One reply may be of any length. */
	rig_say(fd, "big 1000000\n");
	rig_hear_x(rig, fd, 1000000);
	assert_int_equal(rig_stats(rig).output_hard, 0);
	rig_say(fd, "big 350000\n");
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 1);
	rig_hear_x(rig, fd, 350000);
	/* Some wait, fewer than the soft cap; then more come. */
	rig->service.config.output_soft = 1000000;
	rig->service.replies_max = 1000000;
	rig_say(fd, "big 600000\nbig 10\n");
	rig_settle(rig);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).output_hard, 1);
	close(fd);
	rig_free(rig);
}

/* The timer itself: late by much, it judges nobody before a moment later. */
static void
late(void **state)
{
	struct rig *rig = bench();
	int64_t deadline = unit_deadline();
	int fd = rig_client(rig);
	struct reactor *r = &rig->reactor;
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	/* As if all had been long ago. */
	c->opened -= 2 * FIRST;
	deadline_drop(&r->deadlines, &c->deadline);
	deadline_by(&r->deadlines, &c->deadline, c->opened, c->opened + FIRST);
	r->tick_due = c->deadline.due;
	expire_tick(-1, 0, r);
	assert_true(r->graced);
	assert_int_equal(r->open, 1);
	while (r->open > 0) {
		assert_true(support_turn(deadline));
		rig_turn(rig);
	}
	assert_true(clock_ms() - c->opened >= 2 * FIRST);
	assert_false(r->graced);
	assert_int_equal(rig_stats(rig).timeout_first, 1);
	close(fd);
	rig_free(rig);
}

/* Many at a time are closed in several turns. */
static void
in_portions(void **state)
{
	struct rig *rig = bench();
	int fds[90];
	uint32_t now;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(fds); i++)
		fds[i] = rig_client(rig);
	now = rig_conn(rig, UNIT_COUNT(fds) - 1)->opened + FIRST;
	pass(rig, rig_conn(rig, 0)->opened, rig_conn(rig, 0)->opened + FIRST);
	assert_int_equal(rig->reactor.open, UNIT_COUNT(fds));
	assert_false(expire_run(&rig->reactor, now + EXACT));
	assert_in_range(rig->reactor.open, 1, UNIT_COUNT(fds) - 1);
	assert_true(expire_run(&rig->reactor, now + EXACT));
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).timeout_first, UNIT_COUNT(fds));
	for (size_t i = 0; i < UNIT_COUNT(fds); i++)
		close(fds[i]);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first),
		cmocka_unit_test(first_begun_late),
		cmocka_unit_test(frame),
		cmocka_unit_test(swallowed),
		cmocka_unit_test(idle),
		cmocka_unit_test(owed),
		cmocka_unit_test(unread),
		cmocka_unit_test(unread_again),
		cmocka_unit_test(write_stall),
		cmocka_unit_test(held_by_the_kernel),
		cmocka_unit_test(half_close),
		cmocka_unit_test(slow_but_steady),
		cmocka_unit_test(hard),
		cmocka_unit_test(late),
		cmocka_unit_test(in_portions),
	};

	unit_guard();
	return (cmocka_run_group_tests_name("expire", tests, NULL, NULL));
}
