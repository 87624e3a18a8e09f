/*
 * A log that nobody reads: the service goes on as if it were read, what is lost
 * is counted, and the end comes in time.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "caller.h"
#include "inside.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool),
		cmocka_unit_test(thread),
	};

	return (cmocka_run_group_tests_name("library_log", tests, NULL, NULL));
}
