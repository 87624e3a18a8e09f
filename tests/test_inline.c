/* The handler on the reactor's thread: answered without a hand-over, and with
 * turns for the sockets while there is much to do. */
#include "rig.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "inline.h"

/* How far the clock goes each time that it is read; 0: it is the real one. */
static uint64_t step_ns;
static uint64_t stepped_ns;

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *out)
{

	if (step_ns == 0 || clock != CLOCK_MONOTONIC)
		return (__real_clock_gettime(clock, out));
	stepped_ns += step_ns;
	out->tv_sec = (time_t)(stepped_ns / CLOCK_S);
	out->tv_nsec = (long)(stepped_ns % CLOCK_S);
	return (0);
}

static struct rig *
start(const throng_handler *handler)
{
	struct rig *rig = rig_new(handler);

	rig->service.config.mode = THRONG_MODE_INLINE;
	rig_start(rig);
	assert_int_equal(inline_enter(rig->reactor.inlined), 0);
	assert_int_equal(inline_await(rig->reactor.inlined), 0);
	return (rig);
}

static void
finish(struct rig *rig)
{

	inline_leave(rig->reactor.inlined);
	rig_free(rig);
}

/* One turn reads, works and answers; no worker hears of it. */
static void
at_once(void **state)
{
	struct rig *rig = start(&unit_handler);
	char got[16];
	int fd;

	(void)state;
	fd = rig_client(rig);
	rig_say(fd, "a\nb\nfail\nc");
	rig_turn(rig);
	assert_int_equal(read(fd, got, 4), 4);
	assert_memory_equal(got, "a\nb\n", 4);
	rig_hear(rig, fd, "!error failed the request could not be answered\n");
	rig_say(fd, "\n");
	rig_hear(rig, fd, "c\n");
	assert_int_equal(rig->pushes, 0);
	assert_int_equal(rig_stats(rig).batches, 2);
	assert_int_equal(rig_stats(rig).requests, 4);
	assert_int_equal(rig_stats(rig).replies, 4);
	assert_int_equal(rig_stats(rig).failed, 1);
	assert_int_equal(rig->reactor.jobs_out, 0);
	close(fd);
	finish(rig);
}

/* More than a job takes: the rest is the next one's. */
static void
pipelined(void **state)
{
	struct rig *rig = start(&unit_handler);
	char text[401];
	int fd;

	(void)state;
	fd = rig_client(rig);
	for (int i = 0; i < 200; i++)
		memcpy(text + 2 * i, "x\n", 2);
	text[400] = '\0';
	rig_say(fd, text);
	rig_hear(rig, fd, text);
	assert_int_equal(rig_stats(rig).batches, 4);
	close(fd);
	finish(rig);
}

static void
states_are_closed(void **state)
{
	struct rig *rig = start(&unit_handler_state);
	int fd, other;

	(void)state;
	fd = rig_client(rig);
	other = rig_client(rig);
	rig_say(fd, "a\nstate\n");
	rig_hear(rig, fd, "a\n2\n");
	rig_say(other, "state\n");
	rig_hear(rig, other, "1\n");
	assert_int_equal(atomic_load(&unit_states), 2);
	close(fd);
	rig_settle(rig);
	assert_int_equal(atomic_load(&unit_states), 1);
	rig_say(other, "close\n");
	rig_hear(rig, other, "close\n");
	rig_end(rig, other);
	assert_int_equal(atomic_load(&unit_states), 0);
	finish(rig);
}

#define CLIENTS 10

/* Handlers that take long together: in between the sockets are looked at. */
static void
takes_turns(void **state)
{
	struct rig *rig = start(&unit_handler);
	int fds[CLIENTS], newcomer, turns, answered;

	(void)state;
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = rig_client(rig);
		rig_say(fds[i], "x\n");
	}
	newcomer = rig_client(rig);
	step_ns = 2 * (uint64_t)CLOCK_MS;
	rig_turn(rig);
	/* Asked while others wait: read before all of them are answered. */
	rig_say(newcomer, "y\n");
	rig_turn(rig);
	assert_int_equal(rig_conn(rig, CLIENTS)->job != NULL, 1);
	for (turns = 2; rig->reactor.jobs_out > 0; turns++)
		rig_turn(rig);
	step_ns = 0;
	/* 5 ms a pass, 2 ms a job and as much for looking at the clock. */
	assert_in_range(turns, 3, CLIENTS + 2);
	answered = (int)rig_stats(rig).replies;
	assert_int_equal(answered, CLIENTS + 1);
	rig_hear(rig, newcomer, "y\n");
	for (int i = 0; i < CLIENTS; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	close(newcomer);
	finish(rig);
}

static void *
no_state(void)
{

	return (NULL);
}

static void
ignore(void *worker_state)
{

	(void)worker_state;
}

/* A reactor whose handler cannot start does not run, and says so. */
static void
refused(void **state)
{
	throng_handler broken = unit_handler;
	struct rig *rig = rig_new(&broken);
	char text[500];

	(void)state;
	assert_int_equal(unit_log(&rig->service.log, THRONG_LOG_WARN,
	    THRONG_LOG_TEXT), 0);
	rig->service.config.mode = THRONG_MODE_INLINE;
	rig_start(rig);
	broken.worker_open = no_state;
	broken.worker_close = ignore;
	assert_int_not_equal(reactor_start(&rig->reactor), 0);
	broken.worker_close = NULL;
	unit_log_read(&rig->service.log, text, sizeof(text));
	assert_non_null(strstr(text, "worker-not-started"));
	rig_free(rig);
}

/* Replies that nobody reads are looked at when they are made: there may be no
 * read after them. */
static void
too_much_output(void **state)
{
	struct rig *rig = start(&unit_handler);
	int fds[4];

	(void)state;
	/* Four buffers of 512 KiB are above its line. */
	budget_open(&rig->budget, 2300000, 1);
	for (int i = 0; i < 4; i++) {
		fds[i] = rig_client(rig);
		assert_int_equal(rig_stats(rig).shed, 0);
		rig_say(fds[i], "big 400000\n");
		rig_turn(rig);
	}
	assert_int_equal(rig_stats(rig).failed, 0);
	assert_int_equal(rig_stats(rig).shed, 1);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	finish(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_once),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(states_are_closed),
		cmocka_unit_test(takes_turns),
		cmocka_unit_test(too_much_output),
		cmocka_unit_test(refused),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
