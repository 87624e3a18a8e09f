/* Replies on their way out: directly, behind others, moved, interrupted, and
 * to nobody. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hold.h"
#include "write.h"

static int interruptions;
static size_t send_most = SIZE_MAX;
static unsigned sends;

ssize_t __real_send(int fd, const void *bytes, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t length, int flags);

ssize_t
__wrap_send(int fd, const void *bytes, size_t length, int flags)
{

	sends++;
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return (-1);
	}
	return (__real_send(fd, bytes, length < send_most ? length : send_most,
	    flags));
}

static struct rig *rig;
static int client;

static int
open_rig(void **state)
{

	(void)state;
	rig = rig_new(&unit_handler);
	rig->made_up = true;
	rig_start(rig);
	client = rig_client(rig);
	return (0);
}

static int
close_rig(void **state)
{

	(void)state;
	interruptions = 0;
	send_most = SIZE_MAX;
	close(client);
	rig_free(rig);
	return (0);
}

static void
directly(void **state)
{
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	assert_int_equal(write_reply(c, "abc\n", 4), 0);
	assert_int_equal(write_pending(c), 0);
	/* There without a turn of the loop. */
	assert_false(rig_silent(client));
	rig_hear(rig, client, "abc\n");
	assert_int_equal(write_reply(c, "", 0), 0);
	assert_true(rig_silent(client));
}

static void
short_and_interrupted(void **state)
{
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	interruptions = 3;
	assert_int_equal(write_reply(c, "abc\n", 4), 0);
	assert_int_equal(interruptions, 0);
	send_most = 2;
	assert_int_equal(write_reply(c, "def\n", 4), 0);
	assert_int_equal(write_pending(c), 2);
	/* Behind what waits: nothing is sent directly now. */
	sends = 0;
	assert_int_equal(write_reply(c, "ghi\n", 4), 0);
	assert_int_equal(sends, 0);
	assert_int_equal(write_pending(c), 6);
	rig_hear(rig, client, "abc\ndef\nghi\n");
	assert_int_equal(write_pending(c), 0);
}

/* A job with one reply of `length` bytes 'x' and a newline. */
static struct job *
job_with(size_t length)
{
	struct job *job = job_new(1);

	assert_non_null(job);
	memset(bytes_reserve(&job->out, length + 1), 'x', length);
	job->out.data[length] = '\n';
	job->out.length = length + 1;
	job->replies = 1;
	return (job);
}

static void
small_rest_is_copied(void **state)
{
	struct job *job = job_with(10000);

	(void)state;
	send_most = 1000;
	assert_int_equal(write_job(rig_conn(rig, 0), job), 0);
	assert_int_equal(write_pending(rig_conn(rig, 0)), 9001);
	assert_non_null(job->out.data);
	assert_int_equal(job->out.length, 10001);
	job_free(job);
	rig_hear_x(rig, client, 10000);
	assert_int_equal(rig_stats(rig).replies, 1);
}

static void
large_rest_is_moved(void **state)
{
	struct job *job = job_with(1000000);

	(void)state;
	assert_int_equal(write_job(rig_conn(rig, 0), job), 0);
	assert_true(write_pending(rig_conn(rig, 0)) > 16384);
	assert_null(job->out.data);
	assert_int_equal(job->out.length, 0);
	assert_int_equal(job->out.size, 0);
	/* The job goes on without it. */
	memcpy(bytes_reserve(&job->out, 4), "abc\n", 4);
	job->out.length = 4;
	assert_int_equal(write_job(rig_conn(rig, 0), job), 0);
	job_free(job);
	rig_hear_x(rig, client, 1000000);
	rig_hear(rig, client, "abc\n");
	assert_int_equal(rig_stats(rig).replies, 2);
}

/* A job of `count` replies of `length` bytes. */
static struct job *
job_of_many(unsigned count, size_t length)
{
	struct job *job = job_new(1);

	assert_non_null(job);
	for (unsigned i = 0; i < count; i++) {
		memset(bytes_reserve(&job->out, length), 'x', length);
		job->out.length += length;
	}
	job->out.data[job->out.length - 1] = '\n';
	job->replies = count;
	return (job);
}

/* What waits of many replies holds no more memory than it is long; a large
 * one of a client that reads keeps its buffer. */
static void
moved_is_packed(void **state)
{
	struct conn *c = rig_conn(rig, 0);
	struct job *many = job_of_many(30, 10000), *large, *small;

	(void)state;
	send_most = 150000;
	assert_true(many->out.size > 500000);
	assert_int_equal(write_job(c, many), 0);
	assert_int_equal(c->moved, 150000);
	/* Grown by doubling, behind others: nothing of it is sent. */
	large = job_with(600000);
	assert_int_equal(write_job(c, large), 0);
	assert_int_equal(c->moved, 150000 + 600001);
	small = job_with(100);
	assert_int_equal(write_job(c, small), 0);
	/* What was copied is there beside them. */
	hold_look(c);
	assert_int_equal(c->holds, 150000 + 600001 + 101);
	rig_hear_x(rig, client, 299999);
	rig_hear_x(rig, client, 600000);
	rig_hear_x(rig, client, 100);
	assert_int_equal(c->moved, 0);
	job_free(many);
	job_free(large);
	job_free(small);
	large = job_with(600000);
	assert_int_equal(write_job(c, large), 0);
	assert_true(c->moved > 600001);
	rig_hear_x(rig, client, 600000);
	job_free(large);
}

/* And when it is never read, the memory goes with the connection. */
static void
moved_and_closed(void **state)
{
	struct job *job = job_with(1000000);

	(void)state;
	assert_int_equal(write_job(rig_conn(rig, 0), job), 0);
	job_free(job);
	conn_close(rig_conn(rig, 0), CLOSE_RESET);
	assert_int_equal(rig->reactor.open, 0);
}

static void
nothing_to_write(void **state)
{
	struct job *job = job_new(1);

	(void)state;
	sends = 0;
	assert_int_equal(write_job(rig_conn(rig, 0), job), 0);
	assert_int_equal(sends, 0);
	assert_int_equal(rig_stats(rig).replies, 0);
	job_free(job);
}

static void
nobody_there(void **state)
{
	struct job *job = job_with(10);

	(void)state;
	close(client);
	/* No signal either: this process is still there. */
	assert_int_equal(write_reply(rig_conn(rig, 0), "abc\n", 4), -1);
	assert_int_equal(write_job(rig_conn(rig, 0), job), -1);
	assert_int_equal(rig_stats(rig).dropped_gone, 1);
	assert_int_equal(rig_stats(rig).replies, 0);
	job_free(job);
	client = dup(0);
}

/* Above the soft limit nothing is read or dispatched; below, it goes on. */
static void
output_bound(void **state)
{
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	rig_say(client, "big 1000000\n");
	rig_settle(rig);
	assert_true(conn_stuffed(c));
	assert_true(c->paused);
	rig_say(client, "after\n");
	for (int i = 0; i < 5; i++)
		rig_settle(rig);
	assert_int_equal(rig_stats(rig).requests, 1);
	assert_int_equal(c->input.length, 0);
	rig_hear_x(rig, client, 1000000);
	rig_hear(rig, client, "after\n");
	assert_false(c->paused);
}

/* Input that was there before the output grew waits as well. */
static void
output_bound_dispatch(void **state)
{
	struct conn *c = rig_conn(rig, 0);

	(void)state;
	rig_say(client, "big 1000000\n");
	rig_turn(rig);
	rig_say(client, "after\n");
	rig_turn(rig);
	assert_int_equal(c->input.length, 6);
	for (int i = 0; i < 5; i++)
		rig_settle(rig);
	assert_int_equal(rig_stats(rig).requests, 1);
	assert_int_equal(c->input.length, 6);
	assert_int_equal(conn_burden(c), write_pending(c) + 6);
	rig_hear_x(rig, client, 1000000);
	rig_hear(rig, client, "after\n");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	static const struct CMUnitTest tests[] = {
		TEST(directly),
		TEST(short_and_interrupted),
		TEST(small_rest_is_copied),
		TEST(large_rest_is_moved),
		TEST(moved_is_packed),
		TEST(moved_and_closed),
		TEST(nothing_to_write),
		TEST(nobody_there),
		TEST(output_bound),
		TEST(output_bound_dispatch),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
