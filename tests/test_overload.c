/* More than the workers can do: what is refused is answered at once, in the
 * order of its connection, and costs nobody else anything. */
#include "rig.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define BUSY "!error busy too many requests wait\n"
#define TIMEOUT "!error timeout the request has waited too long\n"

/* A bench with one worker, which is at a job of the first client. */
static struct rig *
occupied(const throng_handler *handler, unsigned limit, int *first)
{
	struct rig *rig = rig_new(handler);

	rig->service.config.workers = 1;
	rig->service.config.queue_limit = limit;
	rig_start(rig);
	*first = rig_client(rig);
	rig_teach(rig, *first, 10 * CLOCK_MS);
	rig_say(*first, "long\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	return (rig);
}

/* Turn the loop, but let no worker work, until the text has come. */
static void
hear_unworked(struct rig *rig, int fd, const char *text)
{
	int64_t deadline = unit_deadline();
	size_t length = strlen(text), at = 0;
	char got[8192];
	ssize_t n;

	while (at < length) {
		n = recv(fd, got + at, length - at, 0);
		assert_int_not_equal(n, 0);
		at += n > 0 ? (size_t)n : 0;
		assert_true(support_turn(deadline));
		rig_turn(rig);
	}
	assert_memory_equal(got, text, length);
}

/* The rest of the test is that rig_free() finds nothing left. */
static void
finish(struct rig *rig, const int *fds, int count)
{

	for (int i = 0; i < count; i++)
		close(fds[i]);
	rig_free(rig);
}

static void
beyond_the_count(void **state)
{
	int fds[4];
	struct rig *rig = occupied(&unit_handler, 2, &fds[0]);

	(void)state;
	for (int i = 1; i < 4; i++) {
		fds[i] = rig_client(rig);
		rig_say(fds[i], i == 3 ? "a\nb\nc\n" : "x\n");
		rig_turn(rig);
	}
	/* Each request its answer, and no worker has begun anything. */
	hear_unworked(rig, fds[3], BUSY BUSY BUSY);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->reactor.jobs_out, 3);
	assert_int_equal(rig_stats(rig).busy, 3);
	/* The connection is kept; and when there is room, it is served. */
	rig_say(fds[3], "d\n");
	hear_unworked(rig, fds[3], BUSY);
	rig_hear(rig, fds[0], "long\n");
	rig_hear(rig, fds[1], "x\n");
	rig_hear(rig, fds[2], "x\n");
	rig_say(fds[3], "e\n");
	rig_hear(rig, fds[3], "e\n");
	assert_int_equal(rig_stats(rig).busy, 4);
	finish(rig, fds, 4);
}

/* Refused or not, a connection's answers come in the order of its
 * requests: behind the one that is being worked on. */
static void
order_is_kept(void **state)
{
	int fds[3];
	struct rig *rig = occupied(&unit_handler, 1, &fds[0]);

	(void)state;
	rig_say(fds[0], "more\nmore\n");
	fds[1] = rig_client(rig);
	rig_say(fds[1], "x\n");
	fds[2] = rig_client(rig);
	rig_turn(rig);
	for (int i = 0; i < 5; i++)
		rig_turn(rig);
	assert_true(rig_silent(fds[0]));
	/* One that waits still takes requests: they are let in with it. */
	rig_say(fds[1], "y\n");
	rig_turn(rig);
	rig_say(fds[2], "z\n");
	hear_unworked(rig, fds[2], BUSY);
	/* The worker goes to the one that waits, which leaves its place. */
	assert_int_equal(rig_work(rig, 1), 1);
	rig_turn(rig);
	rig_turn(rig);
	hear_unworked(rig, fds[0], "long\n");
	rig_hear(rig, fds[0], "more\nmore\n");
	rig_hear(rig, fds[1], "x\ny\n");
	assert_int_equal(rig_stats(rig).busy, 1);
	finish(rig, fds, 3);
}

static void
every_worker_is_stuck(void **state)
{
	int fds[3];
	struct rig *rig = occupied(&unit_handler, 0, &fds[0]);

	(void)state;
	rig->late = 1;
	fds[1] = rig_client(rig);
	rig_say(fds[1], "waits\n");
	rig_turn(rig);
	rig->all_stuck = true;
	fds[2] = rig_client(rig);
	rig_say(fds[2], "x\ny\n");
	hear_unworked(rig, fds[2], BUSY BUSY);
	/* Who waits already waits for nobody, either. */
	hear_unworked(rig, fds[1], BUSY);
	/* They come back: so does the service. */
	rig->late = 0;
	rig->all_stuck = false;
	rig_say(fds[1], "again\n");
	rig_say(fds[2], "z\n");
	rig_hear(rig, fds[0], "long\n");
	rig_hear(rig, fds[1], "again\n");
	rig_hear(rig, fds[2], "z\n");
	finish(rig, fds, 3);
}

/* The deadline passes though no worker ever has room. */
static void
not_begun_in_time(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	unsigned calls = unit_calls;
	int fds[2];

	(void)state;
	rig->service.config.workers = 1;
	rig->service.config.request_ms = 20;
	rig_start(rig);
	for (int i = 0; i < 2; i++)
		fds[i] = rig_client(rig);
	rig->late = 1;
	rig_say(fds[0], "a\nb\n");
	hear_unworked(rig, fds[0], TIMEOUT TIMEOUT);
	assert_int_equal(rig_stats(rig).timed_out, 2);
	assert_int_equal(rig_stats(rig).requests, 0);
	assert_int_equal(unit_calls, calls);
	/* The connection is kept. */
	rig->late = 0;
	rig_say(fds[0], "c\n");
	rig_hear(rig, fds[0], "c\n");
	finish(rig, fds, 2);
}

/* While the oldest waits for too long nobody else may begin to. */
static void
older_than_allowed(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int64_t deadline = unit_deadline();
	int fds[2];

	(void)state;
	rig->service.config.workers = 1;
	rig->service.config.queue_age_ms = 1;
	rig_start(rig);
	for (int i = 0; i < 2; i++)
		fds[i] = rig_client(rig);
	rig->late = 1;
	rig_say(fds[0], "a\n");
	rig_turn(rig);
	/* The first look after a millisecond has passed. */
	while (rig_stats(rig).busy == 0) {
		char byte[64];

		rig_say(fds[1], "x\n");
		rig_turn(rig);
		(void)!recv(fds[1], byte, sizeof(byte), MSG_DONTWAIT);
		if (rig_stats(rig).busy > 0)
			break;
		/* It was let in, with what comes behind it: try another. */
		close(fds[1]);
		fds[1] = rig_client(rig);
		assert_true(support_turn(deadline));
	}
	rig->late = 0;
	rig_hear(rig, fds[0], "a\n");
	finish(rig, fds, 2);
}

/* What is refused for its own sake keeps its reason, and its close. */
static void
broken_behind_refused(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig->service.config.workers = 1;
	unit_framing(&rig->service, THRONG_FRAME_NETSTRING, 8);
	rig_start(rig);
	fd = rig_client(rig);
	rig->late = 1;
	rig->all_stuck = true;
	rig_say(fd, "1:a,9:123456789,1:b,x");
	hear_unworked(rig, fd, "34:!error busy too many requests wait,"
	    "39:!error oversize the request is too long,"
	    "34:!error busy too many requests wait,"
	    "36:!error invalid the framing is broken,");
	rig->late = 0;
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).busy, 2);
	assert_int_equal(rig_stats(rig).oversize, 1);
	assert_int_equal(rig_stats(rig).invalid, 1);
	rig_free(rig);
}

/* One request a connection: the one that was refused. */
static void
closes_after_reply(void **state)
{
	throng_handler once = unit_handler;
	struct rig *rig;
	int fd;

	(void)state;
	once.traits = THRONG_CLOSE_AFTER_REPLY;
	rig = rig_new(&once);
	rig->service.config.workers = 1;
	rig_start(rig);
	fd = rig_client(rig);
	rig->late = 1;
	rig->all_stuck = true;
	rig_say(fd, "a\nb\n");
	hear_unworked(rig, fd, BUSY);
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).busy, 1);
	assert_int_equal(rig_stats(rig).dropped_closing, 1);
	rig_free(rig);
}

#define FLOOD 2000

/* Being refused is quick, so a flood of it must not keep the loop from
 * others: a turn answers no more than a job that it found and one that it read. */
static void
flood(void **state)
{
	int fds[2];
	struct rig *rig = occupied(&unit_handler, 0, &fds[0]);
	static char text[FLOOD * 2 + 1], got[FLOOD * sizeof(BUSY)];
	int64_t deadline = unit_deadline();
	uint64_t before;
	size_t at = 0;
	ssize_t n;

	(void)state;
	for (int i = 0; i < FLOOD; i++)
		memcpy(text + (ptrdiff_t)2 * i, "x\n", 3);
	rig->late = 1;
	rig->all_stuck = true;
	fds[1] = rig_client(rig);
	rig_say(fds[1], text);
	while (at < FLOOD * (sizeof(BUSY) - 1)) {
		before = rig_stats(rig).busy;
		rig_turn(rig);
		assert_in_range(rig_stats(rig).busy - before, 0,
		    2 * JOB_REQUESTS_MAX);
		n = recv(fds[1], got + at, sizeof(got) - at, 0);
		assert_int_not_equal(n, 0);
		at += n > 0 ? (size_t)n : 0;
		assert_true(support_turn(deadline));
	}
	assert_int_equal(rig_stats(rig).busy, FLOOD);
	assert_int_equal(rig_stats(rig).replies,
	    rig_stats(rig).requests + rig_stats(rig).busy);
	rig->late = 0;
	finish(rig, fds, 2);
}

/* A state stays where it is while its requests are refused. */
static void
state_is_kept(void **state)
{
	int fds[2];
	struct rig *rig = occupied(&unit_handler_state, 0, &fds[0]);

	(void)state;
	fds[1] = rig_client(rig);
	rig_hear(rig, fds[0], "long\n");
	rig_say(fds[1], "state\n");
	rig_hear(rig, fds[1], "1\n");
	rig->late = 1;
	rig->all_stuck = true;
	rig_say(fds[1], "state\n");
	hear_unworked(rig, fds[1], BUSY);
	rig->late = 0;
	rig->all_stuck = false;
	rig_say(fds[1], "state\n");
	rig_hear(rig, fds[1], "2\n");
	finish(rig, fds, 2);
	assert_int_equal(unit_states, 0);
}

/* Clients that send and leave, all of them before their turn. */
static void
gone_before_the_turn(void **state)
{
	int fds[2];
	struct rig *rig = occupied(&unit_handler, 0, &fds[0]);
	unsigned calls = unit_calls;

	(void)state;
	for (int i = 0; i < 50; i++) {
		fds[1] = rig_client(rig);
		rig_say(fds[1], "x\ny\n");
		rig_turn(rig);
		conn_close(rig_conn(rig, 1), CLOSE_RESET);
		close(fds[1]);
	}
	rig_hear(rig, fds[0], "long\n");
	rig_settle(rig);
	assert_int_equal(unit_calls, calls + 1);
	assert_int_equal(rig_stats(rig).dropped_gone, 100);
	assert_int_equal(rig_stats(rig).busy, 0);
	finish(rig, fds, 1);
}

/* One line for many. */
static void
logged_once(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	char out[4096], *line;
	struct log log;
	int fd;

	(void)state;
	assert_int_equal(unit_log(&log, THRONG_LOG_WARN, THRONG_LOG_TEXT), 0);
	rig->service.log = log;
	rig->service.config.workers = 1;
	rig_start(rig);
	fd = rig_client(rig);
	rig->late = 1;
	rig->all_stuck = true;
	for (int i = 0; i < 10; i++) {
		rig_say(fd, "x\n");
		hear_unworked(rig, fd, BUSY);
	}
	rig->late = 0;
	finish(rig, &fd, 1);
	unit_log_read(&log, out, sizeof(out));
	line = strstr(out, "warn overload reason=all-stuck waiting=0 "
	    "refused=1\n");
	assert_non_null(line);
	/* Two, should this have taken more than a second. */
	assert_true(strlen(out) < 3 * 80);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(beyond_the_count),
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(every_worker_is_stuck),
		cmocka_unit_test(not_begun_in_time),
		cmocka_unit_test(older_than_allowed),
		cmocka_unit_test(broken_behind_refused),
		cmocka_unit_test(closes_after_reply),
		cmocka_unit_test(flood),
		cmocka_unit_test(state_is_kept),
		cmocka_unit_test(gone_before_the_turn),
		cmocka_unit_test(logged_once),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
