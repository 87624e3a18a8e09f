/* One server over several connections: the order of replies, the round robin,
 * what is lost, and what the user is told. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/remote.h"
#include "client_script.h"
#include "clock.h"
#include "support.h"

/* What reached the sink, as text; written by the links' threads. */
struct user {
	pthread_mutex_t lock;
	char said[1024];
	struct sink sink;
	struct options options;
	char address[SCRIPT_ADDRESS];
	int listener;
	int fds[2]; /* of the connections, in the order of their requests */
	struct remote *remote;
};

static void
note(struct user *u, const char *before, const char *bytes, size_t length)
{
	size_t at;

	pthread_mutex_lock(&u->lock);
	at = strlen(u->said);
	snprintf(u->said + at, sizeof(u->said) - at, "%s%.*s;", before,
	    (int)length, bytes);
	pthread_mutex_unlock(&u->lock);
}

static void
on_reply(void *context, const char *label, const char *bytes, size_t length)
{

	note(context, label != NULL ? label : "", length > 0 ? bytes : "",
	    length);
}

static void
on_notice(void *context, const char *line)
{

	note(context, "! ", line, strlen(line));
}

static void
nothing(void *context)
{

	(void)context;
}

static bool
has_said(struct user *u, const char *text)
{
	bool same;

	pthread_mutex_lock(&u->lock);
	same = strcmp(u->said, text) == 0;
	pthread_mutex_unlock(&u->lock);
	return (same);
}

static void
says(struct user *u, const char *text)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	while (!has_said(u, text)) {
		if (!support_turn(deadline))
			fail_msg("it said '%s', not '%s'", u->said, text);
	}
}

static int
set_up(void **state)
{
	static struct user user;

	memset(&user, 0, sizeof(user));
	pthread_mutex_init(&user.lock, NULL);
	user.sink = (struct sink){ &user, on_reply, nothing, on_notice,
		nothing };
	user.options = (struct options){ .framing = THRONG_FRAME_LINE,
		.connections = 2, .window = 8, .servers = 1,
		.connect_timeout = 60 * CLOCK_S, .timeout = 60 * CLOCK_S,
		.max_frame = 1 << 20 };
	user.listener = script_listen(user.address);
	*state = &user;
	return (0);
}

static int
tear_down(void **state)
{
	struct user *u = *state;

	remote_free(u->remote);
	close(u->listener);
	pthread_mutex_destroy(&u->lock);
	return (0);
}

static void
until_settled(struct user *u)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	while (remote_state(u->remote).connecting > 0)
		assert_true(support_turn(deadline));
}

static void
ask(struct user *u, const char *text)
{

	assert_int_equal(remote_ask(u->remote, text, strlen(text)), 0);
	remote_kick(u->remote);
}

/* Connect twice and find out which connection is asked first. */
static void
begin(struct user *u, bool patient)
{
	int swap;
	char byte;

	u->remote = remote_new(&u->options, u->address, &u->sink, patient);
	assert_non_null(u->remote);
	assert_int_equal(remote_start(u->remote), 0);
	u->fds[0] = script_accept(u->listener);
	u->fds[1] = script_accept(u->listener);
	until_settled(u);
	ask(u, "0");
	ask(u, "1");
	/* One of the two requests is on each. */
	assert_int_equal(read(u->fds[0], &byte, 1), 1);
	if (byte == '1') {
		swap = u->fds[0];
		u->fds[0] = u->fds[1];
		u->fds[1] = swap;
		script_hears(u->fds[0], "0\n");
		script_hears(u->fds[1], "\n");
	} else {
		script_hears(u->fds[0], "\n");
		script_hears(u->fds[1], "1\n");
	}
}

static void
replies_in_order(void **state)
{
	struct user *u = *state;
	struct remote_state s;

	begin(u, true);
	ask(u, "2");
	ask(u, "3");
	script_hears(u->fds[0], "2\n");
	script_hears(u->fds[1], "3\n");
	script_says(u->fds[1], "one\n!error busy\n");
	script_says(u->fds[0], "zero\n");
	says(u, "zero;one;");
	script_says(u->fds[0], "\n");
	says(u, "zero;one;;!error busy;");
	remote_finish(u->remote);
	remote_join(u->remote);
	s = remote_state(u->remote);
	assert_int_equal(s.asked, 4);
	assert_int_equal(s.answered, 4);
	assert_int_equal(s.refused, 1);
	assert_int_equal(s.lost, 0);
	assert_int_equal(s.up + s.connecting, 0);
	assert_false(s.failed);
	assert_string_equal(remote_why(u->remote), "");
	close(u->fds[0]);
	close(u->fds[1]);
}

/* What a lost connection owed does not hold up the others. */
static void
one_connection_lost(void **state)
{
	struct user *u = *state;
	struct remote_state s;

	begin(u, true);
	script_says(u->fds[1], "one\n");
	close(u->fds[0]);
	says(u, "one;");
	/* All that follows takes the other one. */
	ask(u, "2");
	ask(u, "3");
	script_hears(u->fds[1], "2\n3\n");
	script_says(u->fds[1], "two\nthree\n");
	says(u, "one;two;three;");
	remote_finish(u->remote);
	remote_join(u->remote);
	s = remote_state(u->remote);
	assert_int_equal(s.asked, 4);
	assert_int_equal(s.lost, 1);
	assert_true(s.failed);
	assert_false(s.unreachable);
	assert_string_equal(remote_why(u->remote),
	    "the server closed the connection");
	close(u->fds[1]);
}

/* At the prompt each loss is told; a pipe has its summary. */
static void
losses_are_told(void **state)
{
	struct user *u = *state;
	char expected[256];

	begin(u, false);
	close(u->fds[0]);
	snprintf(expected, sizeof(expected), "! %s: one of 2 connections: "
	    "the server closed the connection;", u->address);
	says(u, expected);
	close(u->fds[1]);
	snprintf(expected + strlen(expected),
	    sizeof(expected) - strlen(expected),
	    "! %s: the server closed the connection;", u->address);
	says(u, expected);
	assert_int_equal(remote_ask(u->remote, "x", 1), EPIPE);
	assert_int_equal(remote_state(u->remote).lost, 3);
}

/* So is a reply that came and was too long; its connection goes on. */
static void
too_long_a_reply(void **state)
{
	struct user *u = *state;
	char expected[256];

	u->options.max_frame = 4;
	for (int patient = 0; patient < 2; patient++) {
		begin(u, patient);
		script_says(u->fds[0], "12345\n");
		script_says(u->fds[1], "1234\n");
		snprintf(expected, sizeof(expected), "! %s: no reply: a reply "
		    "is longer than 4 bytes (--max-frame);1234;", u->address);
		says(u, patient ? "1234;" : expected);
		assert_int_equal(remote_state(u->remote).lost, 1);
		assert_int_equal(remote_state(u->remote).up, 2);
		assert_false(remote_state(u->remote).failed);
		remote_free(u->remote);
		u->remote = NULL;
		u->said[0] = '\0';
		close(u->fds[0]);
		close(u->fds[1]);
	}
}

static void
unreachable(void **state)
{
	struct user *u = *state;
	char expected[256];

	close(u->listener);
	u->remote = remote_new(&u->options, u->address, &u->sink, true);
	assert_int_equal(remote_start(u->remote), 0);
	until_settled(u);
	/* Two failed, one line. */
	snprintf(expected, sizeof(expected), "! Connection error: %s: "
	    "Connection refused;", u->address);
	says(u, expected);
	assert_true(remote_state(u->remote).unreachable);
	assert_int_equal(remote_ask(u->remote, "x", 1), EPIPE);
	assert_string_equal(remote_why(u->remote), "Connection refused");
	u->listener = script_listen(u->address);
}

/* A connection with much held for its turn is not read from. */
static void
held_replies_are_bounded(void **state)
{
	static char large[100001];
	struct user *u = *state;
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	struct remote_state s;
	uint64_t answered;
	pid_t writer;
	int status = -1;

	memset(large, 'x', sizeof(large) - 2);
	large[sizeof(large) - 2] = '\n';
	u->options.window = 200;
	begin(u, true);
	for (int i = 0; i < 100; i++) {
		ask(u, "a");
		ask(u, "b");
	}
	script_says(u->fds[1], "one\n");
	/* A writer of its own: at some point nobody reads. */
	writer = fork();
	if (writer == 0) {
		for (int i = 0; i < 100; i++)
			script_says(u->fds[1], large);
		_exit(0);
	}
	/* 256 KiB are held, and what one receive brought beyond. */
	while (remote_state(u->remote).answered < 4)
		assert_true(support_turn(deadline));
	answered = 0;
	for (int quiet = 0; quiet < 50; quiet++) {
		s = remote_state(u->remote);
		if (s.answered != answered)
			quiet = 0;
		answered = s.answered;
		assert_true(support_turn(deadline));
	}
	assert_in_range(answered, 3, 6);
	/* Its turn comes: all of it flows. */
	script_says(u->fds[0], "zero\n");
	for (int i = 0; i < 100; i++)
		script_says(u->fds[0], "a\n");
	while (remote_state(u->remote).answered < 202)
		assert_true(support_turn(deadline));
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	close(u->fds[0]);
	close(u->fds[1]);
}

/* The impatient are told when there is no room. */
static void
no_room(void **state)
{
	struct user *u = *state;
	int i = 2;

	begin(u, false);
	while (remote_ask(u->remote, "x", 1) == 0)
		i++;
	assert_int_equal(i, 2 * 64);
	assert_int_equal(remote_ask(u->remote, "x", 1), EAGAIN);
	assert_int_equal(remote_state(u->remote).asked, i);
	close(u->fds[0]);
	close(u->fds[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replies_in_order),
		TEST(one_connection_lost),
		TEST(losses_are_told),
		TEST(too_long_a_reply),
		TEST(unreachable),
		TEST(held_replies_are_bounded),
		TEST(no_room),
	};

	return (cmocka_run_group_tests_name("client_remote", tests, NULL,
	    NULL));
}
