/* What comes back from the workers: one wakeup for many, the right client,
 * the right order, and nobody when there is nobody. */
#include "rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reply.h"
#include "write.h"

static int
wakeups_waiting(const struct rig *rig)
{
	int bytes = -1;

	assert_int_equal(ioctl(rig->reactor.wakeup.read_fd, FIONREAD, &bytes),
	    0);
	return (bytes);
}

/* The bench whose next job is done while its wakeup is being cleared. */
static struct rig *slips;

ssize_t __real_read(int fd, void *bytes, size_t length);
ssize_t __wrap_read(int fd, void *bytes, size_t length);

ssize_t
__wrap_read(int fd, void *bytes, size_t length)
{
	struct rig *rig = slips;

	if (rig != NULL && fd == rig->reactor.wakeup.read_fd) {
		slips = NULL;
		rig_work(rig, 1);
	}
	return (__real_read(fd, bytes, length));
}

/* A reply whose signal is cleared with those before it: it is taken. */
static void
pushed_while_cleared(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[2];

	(void)state;
	rig_start(rig);
	for (int i = 0; i < 2; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 0);
	for (int i = 0; i < 2; i++)
		rig_say(fds[i], "x\n");
	while (rig->held_count < 2)
		rig_turn(rig);
	rig_work(rig, 1);
	slips = rig;
	reply_arrived(-1, 0, &rig->reactor);
	assert_null(slips);
	assert_int_equal(rig->held_count, 0);
	assert_int_equal(rig->reactor.jobs_out, 0);
	for (int i = 0; i < 2; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	rig_free(rig);
}

#define MANY 300

static void
one_wakeup(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	uint64_t before;
	int fds[10];

	(void)state;
	rig_start(rig);
	for (int i = 0; i < 10; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 0);
	before = rig_stats(rig).wakeups;
	for (int i = 0; i < 10; i++)
		rig_say(fds[i], "x\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 10);
	for (int i = 0; i < 10; i++) {
		rig_work(rig, 1);
		assert_int_equal(wakeups_waiting(rig), 1);
	}
	assert_int_equal(rig_stats(rig).wakeups, before + 1);
	rig_turn(rig);
	assert_int_equal(wakeups_waiting(rig), 0);
	for (int i = 0; i < 10; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	assert_int_equal(rig_stats(rig).replies, 100 + 10);
	rig_free(rig);
}

/* More than are worked on in one go, and one wakeup for all of them. */
static void
long_chain(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	uint64_t before;
	int fds[MANY];

	(void)state;
	rig->service.max_connections = MANY;
	rig_start(rig);
	for (int i = 0; i < MANY; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 0);
	before = rig_stats(rig).wakeups;
	for (int i = 0; i < MANY; i++)
		rig_say(fds[i], "x\n");
	while (rig->held_count < MANY)
		rig_turn(rig);
	rig_work(rig, MANY);
	assert_int_equal(rig_stats(rig).wakeups, before + 1);
	for (int i = 0; i < 4; i++)
		rig_turn(rig);
	assert_null(rig->reactor.pending);
	assert_int_equal(rig->reactor.jobs_out, 0);
	for (int i = 0; i < MANY; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	rig_free(rig);
}

static void
client_left(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd, stranger;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "secret\nsecret\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	conn_close(rig_conn(rig, 0), CLOSE_RESET);
	close(fd);
	stranger = rig_client(rig);
	assert_int_equal(rig_conn(rig, 0)->generation, 1);
	rig_settle(rig);
	assert_true(rig_silent(stranger));
	assert_int_equal(rig_stats(rig).dropped_gone, 2);
	assert_int_equal(rig_stats(rig).replies, 0);
	assert_int_equal(rig_stats(rig).requests, 2);
	rig_say(stranger, "mine\n");
	rig_hear(rig, stranger, "mine\n");
	close(stranger);
	rig_free(rig);
}

/* It left with a rest unanswered: all of it is counted. */
static void
client_left_with_a_rest(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "big 300000\na\nb\n");
	rig_turn(rig);
	conn_close(rig_conn(rig, 0), CLOSE_RESET);
	rig_settle(rig);
	assert_int_equal(rig_stats(rig).dropped_gone, 3);
	close(fd);
	rig_free(rig);
}

/* The same when only the write finds out. */
static void
write_fails_with_a_rest(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "big 300000\na\nb\n");
	rig_turn(rig);
	close(fd);
	rig_work(rig, 1);
	reply_arrived(-1, 0, &rig->reactor);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).dropped_gone, 3);
	assert_int_equal(rig_stats(rig).replies, 0);
	rig_free(rig);
}

static void
state_of_the_left(void **state)
{
	struct rig *rig = rig_new(&unit_handler_state);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "state\n");
	rig_turn(rig);
	conn_close(rig_conn(rig, 0), CLOSE_RESET);
	rig_work(rig, 1);
	assert_int_equal(unit_states, 1);
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->kind, JOB_END);
	rig_settle(rig);
	assert_int_equal(unit_states, 0);
	assert_int_equal(rig->reactor.jobs_out, 0);
	close(fd);
	rig_free(rig);
}

/* A pipelining client's replies come in the order of its requests, whatever
 * is cut into jobs how. */
static void
in_order(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	char line[16], want[16];
	unsigned asked = 0, heard = 0;
	uint64_t random = 7;
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	while (heard < 2000) {
		while (asked < 2000 && support_random(&random) % 8 != 0) {
			snprintf(line, sizeof(line), "%u\n", asked++);
			rig_say(fd, line);
		}
		if (support_random(&random) % 2)
			rig_turn(rig);
		if (support_random(&random) % 2)
			rig_work(rig, 1);
		while (heard < asked && support_random(&random) % 8 != 0) {
			snprintf(want, sizeof(want), "%u\n", heard++);
			rig_hear(rig, fd, want);
		}
	}
	assert_int_equal(rig_stats(rig).replies, 2000);
	close(fd);
	rig_free(rig);
}

/* Many replies for one job: the output stays bounded while nobody reads. */
static void
a_rest_waits(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	size_t most = 0, pending;
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	for (int i = 0; i < 20; i++)
		rig_say(fd, "big 100000\n");
	for (int i = 0; i < 20; i++) {
		rig_settle(rig);
		pending =
		    write_pending(rig_conn(rig, 0));
		most = pending > most ? pending : most;
	}
	assert_true(rig_conn(rig, 0)->job_held);
	assert_int_equal(rig->reactor.jobs_out, 0);
	/* What waits, and one reply. */
	assert_in_range(most, 100001,
	    rig->service.config.output_soft + 100001);
	assert_true(rig_stats(rig).requests < 20);
	for (int i = 0; i < 20; i++)
		rig_hear_x(rig, fd, 100000);
	rig_say(fd, "end\n");
	rig_hear(rig, fd, "end\n");
	assert_int_equal(rig_stats(rig).replies, 21);
	close(fd);
	rig_free(rig);
}

/* And the client that leaves meanwhile leaves nothing. */
static void
a_rest_is_dropped(void **state)
{
	struct rig *rig = rig_new(&unit_handler_state);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	for (int i = 0; i < 20; i++)
		rig_say(fd, "big 100000\n");
	rig_settle(rig);
	assert_true(rig_conn(rig, 0)->job_held);
	conn_close(rig_conn(rig, 0), CLOSE_RESET);
	rig_settle(rig);
	assert_int_equal(rig_stats(rig).requests + rig_stats(rig).dropped_gone,
	    20);
	assert_int_equal(unit_states, 0);
	close(fd);
	rig_free(rig);
}

/* The handler closes with requests behind it, in the job and in the input. */
static void
close_with_more(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "a\nclose\nb\n");
	rig_turn(rig);
	rig_say(fd, "c\nd\n");
	rig_hear(rig, fd, "a\nclose\n");
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).dropped_closing, 3);
	assert_int_equal(rig_stats(rig).requests, 2);
	assert_int_equal(rig_stats(rig).open, 0);
	rig_free(rig);
}

/* A reply that closes behind replies that wait for a slow client. */
static void
close_behind_a_rest(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	for (int i = 0; i < 5; i++)
		rig_say(fd, "big 300000\n");
	rig_say(fd, "close\nlost\n");
	rig_settle(rig);
	for (int i = 0; i < 5; i++)
		rig_hear_x(rig, fd, 300000);
	rig_hear(rig, fd, "close\n");
	rig_end(rig, fd);
	assert_int_equal(rig_stats(rig).dropped_closing, 1);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_wakeup),
		cmocka_unit_test(pushed_while_cleared),
		cmocka_unit_test(long_chain),
		cmocka_unit_test(client_left),
		cmocka_unit_test(client_left_with_a_rest),
		cmocka_unit_test(write_fails_with_a_rest),
		cmocka_unit_test(state_of_the_left),
		cmocka_unit_test(in_order),
		cmocka_unit_test(a_rest_waits),
		cmocka_unit_test(a_rest_is_dropped),
		cmocka_unit_test(close_with_more),
		cmocka_unit_test(close_behind_a_rest),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
