/*
 * A log that nobody reads: the service goes on as if it were read, what is lost
 * is counted, and the end comes in time. And what libevent has to say comes in
 * the log's format, in a daemon that this program is itself for a while.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "caller.h"
#include "inside.h"
#include "json.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

#define REQUESTS 5000

static int
answer(const char *input, size_t length, throng_reply *reply)
{

	throng_reply_log(reply, THRONG_LOG_WARN, "asked for %zu bytes",
	    length);
	return (throng_reply_append(reply, input, length));
}

static const throng_handler handler = { .name = "says",
	.summary = "says what it does", .process_input = answer };

/* A pipe with no room left: a line could not even be begun. */
static void
full_pipe(int fds[2])
{
	char byte = 'x';

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	while (write(fds[1], &byte, 1) == 1)
		continue;
	assert_int_equal(errno, EAGAIN);
	/* Whoever writes now is kept waiting. */
	assert_int_equal(fcntl(fds[1], F_SETFL, 0), 0);
}

static void
nobody_reads(throng_mode mode)
{
	throng_config config;
	struct inside in = { 0 };
	throng_stats t;
	struct caller *c;
	int fds[2];

	full_pipe(fds);
	inside_config(&config, mode);
	config.log_fd = fds[1];
	config.log_level = THRONG_LOG_DEBUG;
	must(inside_start(&in, &config, &handler));
	c = caller_open(throng_address(in.server, 0), THRONG_FRAME_LINE);
	if (c == NULL)
		fail_msg("%s", support_why());
	for (uint64_t i = 0; i < REQUESTS; i++)
		must(caller_ping(c, i));
	caller_close(c);
	throng_stop(in.server);
	assert_int_equal(inside_join(&in), THRONG_OK);
	throng_stats_read(in.server, &t);
	assert_int_equal(t.received, REQUESTS);
	assert_int_equal(t.replies, REQUESTS);
	/* Each request, each reply, what the handler said, and two more. */
	assert_int_equal(t.log_lost, 3 * REQUESTS + 2);
	assert_int_equal(t.log_suppressed, 0);
	throng_free(in.server);
	close(fds[0]);
	close(fds[1]);
}

static void
pool(void **state)
{

	(void)state;
	nobody_reads(THRONG_MODE_POOL);
}

static void
thread(void **state)
{

	(void)state;
	nobody_reads(THRONG_MODE_THREAD);
}

/* libevent's own, in none of its headers. */
void event_warnx(const char *format, ...) THRONG_PRINTF(1, 2);

static int
warn(const char *input, size_t length, throng_reply *reply)
{

	event_warnx("about \"%.*s\"\x1b[31m\n", (int)length, input);
	return (throng_reply_append(reply, input, length));
}

static const throng_handler warning = { .name = "warning",
	.summary = "lets libevent warn", .process_input = warn };

/* Be a daemon until told to end. */
static pid_t
fork_daemon(int out[2], int errors[2])
{
	char words[][16] = { "throngd", "--listen", "127.0.0.1:0",
		"--log-format", "json" };
	char *argv[6] = { NULL };
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(errors), 0);
	if ((pid = fork()) == 0) {
		for (int i = 0; i < 5; i++)
			argv[i] = words[i];
		dup2(out[1], STDOUT_FILENO);
		dup2(errors[1], STDERR_FILENO);
		close(out[1]);
		close(errors[1]);
		_exit(throng_main(5, argv, &warning));
	}
	assert_true(pid > 0);
	close(out[1]);
	close(errors[1]);
	return (pid);
}

/* Read to the end, or to the end of a line. */
static void
read_all(int fd, bool line, char *text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t at = 0;
	ssize_t n;

	do {
		if (poll(&p, 1, SUPPORT_DEADLINE) != 1)
			fail_msg("nothing comes");
		n = read(fd, text + at, size - 1 - at);
		at += n > 0 ? (size_t)n : 0;
		text[at] = '\0';
	} while (n > 0 && at < size - 1 && !(line && text[at - 1] == '\n'));
}

static void
libevent(void **state)
{
	char text[8192], line[4096], word[256], address[64], *end, *at;
	int out[2], errors[2], status;
	pid_t pid = fork_daemon(out, errors);
	unsigned told = 0;
	struct caller *c;

	(void)state;
	read_all(out[0], true, text, sizeof(text));
	assert_int_equal(sscanf(text, "listening on %63s", address), 1);
	c = caller_open(address, THRONG_FRAME_LINE);
	assert_non_null(c);
	must(caller_request(c, "you", 3));
	must(caller_expect(c, "you", 3));
	caller_close(c);
	kill(pid, SIGTERM);
	read_all(errors[0], false, text, sizeof(text));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (at = text; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		snprintf(line, sizeof(line), "%.*s\n", (int)(end - at), at);
		if (json_wrong(line) != NULL)
			fail_msg("%s: %s", json_wrong(line), line);
		word[json_text(line, "event", word, sizeof(word) - 1)] = '\0';
		if (strcmp(word, "libevent") != 0)
			continue;
		told++;
		word[json_text(line, "text", word, sizeof(word) - 1)] = '\0';
		assert_string_equal(word, "about \"you\"\x1b[31m\n");
		word[json_text(line, "level", word, sizeof(word) - 1)] = '\0';
		assert_string_equal(word, "warn");
	}
	assert_int_equal(told, 1);
	close(out[0]);
	close(errors[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libevent),
		cmocka_unit_test(pool),
		cmocka_unit_test(thread),
	};

	return (cmocka_run_group_tests_name("library_log", tests, NULL, NULL));
}
