/*
 * All that a handler may do with a reply, and what a server that stops makes
 * of a handler that has not returned.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "caller.h"
#include "inside.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

static atomic_bool hold; /* block handlers until it is false */
static atomic_int held;  /* handlers that were blocked */

static struct caller *
open_caller(const struct inside *s)
{
	struct caller *c = caller_open(throng_address(s->server, 0),
	    THRONG_FRAME_LINE);

	if (c == NULL)
		fail_msg("%s", support_why());
	return (c);
}

/* Does what the request says, one word a time. */
static int
obey(const char *input, size_t length, throng_reply *reply)
{
	char text[64] = "";
	size_t size;

	memcpy(text, input, length < 63 ? length : 63);
	if (strcmp(text, "none") == 0) {
		throng_reply_none(reply);
		return (0);
	}
	if (strcmp(text, "fail") == 0) {
		throng_reply_append(reply, "never seen", 10);
		return (1);
	}
	if (strcmp(text, "error") == 0) {
		throng_reply_append(reply, "never seen", 10);
		return (throng_reply_error(reply, "invalid", "as asked"));
	}
	if (strcmp(text, "close") == 0) {
		throng_reply_close(reply);
		return (throng_reply_append(reply, "bye", 3));
	}
	if (strcmp(text, "silent close") == 0) {
		throng_reply_none(reply);
		throng_reply_close(reply);
		return (0);
	}
	if (sscanf(text, "reserve %zu", &size) == 1) {
		char *place = throng_reply_reserve(reply, size);

		if (place == NULL)
			return (-1);
		memset(place, 'r', size);
		return (0);
	}
	if (sscanf(text, "ignore %zu", &size) == 1) {
		/* Too much, and the handler does not look. */
		(void)throng_reply_reserve(reply, size);
		return (0);
	}
	if (strcmp(text, "hold") == 0) {
		int64_t deadline = support_now() + SUPPORT_DEADLINE;

		atomic_fetch_add(&held, 1);
		while (atomic_load(&hold) && support_turn(deadline))
			;
		return (throng_reply_append(reply, "held", 4));
	}
	throng_reply_log(reply, THRONG_LOG_DEBUG, "%s", text);
	throng_reply_append(reply, "<", 1);
	throng_reply_printf(reply, "%s|%d", text, 42);
	return (throng_reply_append(reply, ">", 1));
}

static const throng_handler obedient = { .name = "obey",
	.summary = "does as told", .process_input = obey };

static void
ask(struct caller *c, const char *request)
{

	must(caller_request(c, request, strlen(request)));
}

static void
expect(struct caller *c, const char *reply)
{

	must(caller_expect(c, reply, strlen(reply)));
}

static void
replies(void **state)
{
	throng_config config;
	throng_stats stats;
	struct inside s;
	struct caller *c;
	const char *payload;
	size_t length;
	int mode;

	(void)state;
	for (mode = 0; mode < 2; mode++) {
		inside_config(&config, (throng_mode)mode);
		config.max_reply = 100000;
		must(inside_start(&s, &config, &obedient));
		c = open_caller(&s);
		/* All of them at once; the ones without reply leave no gap. */
		ask(c, "a");
		ask(c, "none");
		ask(c, "b");
		ask(c, "fail");
		ask(c, "none");
		ask(c, "error");
		ask(c, "c");
		expect(c, "<a|42>");
		expect(c, "<b|42>");
		must(caller_expect_error(c, "failed"));
		expect(c, "!error invalid as asked");
		expect(c, "<c|42>");
		ask(c, "reserve 100000");
		must(caller_reply(c, &payload, &length));
		assert_int_equal(length, 100000);
		assert_int_equal(payload[99999], 'r');
		ask(c, "reserve 100001");
		must(caller_expect_error(c, "failed"));
		ask(c, "ignore 100001");
		must(caller_expect_error(c, "failed"));
		ask(c, "reserve 0");
		expect(c, "");
		ask(c, "d");
		expect(c, "<d|42>");
		caller_close(c);
		throng_stats_read(s.server, &stats);
		assert_int_equal(stats.requests, 12);
		assert_int_equal(stats.failed, 3);
		assert_int_equal(inside_stop(&s), THRONG_OK);
	}
}

/* What comes after the last reply is dropped and counted. */
static void
closing(void **state)
{
	static const char *const words[] = { "close", "silent close" };
	throng_config config;
	throng_stats stats;
	struct inside s;
	struct caller *c;
	int mode, i;

	(void)state;
	for (mode = 0; mode < 4; mode++) {
		struct blob out = { 0 };

		inside_config(&config, (throng_mode)(mode % 2));
		must(inside_start(&s, &config, &obedient));
		c = open_caller(&s);
		blob_add(&out, "x\n", 2);
		blob_add(&out, words[mode / 2], strlen(words[mode / 2]));
		blob_add(&out, "\ny\nz\n", 5);
		must(caller_send(c, out.data, out.length));
		expect(c, "<x|42>");
		if (mode / 2 == 0)
			expect(c, "bye");
		must(caller_expect_end(c));
		caller_close(c);
		assert_int_equal(throng_run(s.server), THRONG_ERR_STATE);
		throng_stop(s.server);
		assert_int_equal(inside_join(&s), THRONG_OK);
		throng_stats_read(s.server, &stats);
		assert_int_equal(stats.dropped_closing, 2);
		assert_int_equal(stats.requests, 2);
		throng_free(s.server);
		blob_free(&out);
	}
	/* The trait does it for every connection. */
	for (i = 0; i < 2; i++) {
		throng_handler once = obedient;

		once.traits = THRONG_CLOSE_AFTER_REPLY;
		inside_config(&config, (throng_mode)i);
		must(inside_start(&s, &config, &once));
		c = open_caller(&s);
		must(caller_send(c, "a\nb\n", 4));
		expect(c, "<a|42>");
		must(caller_expect_end(c));
		caller_close(c);
		assert_int_equal(inside_stop(&s), THRONG_OK);
	}
}

/* throng_stop() waits for the handler, throng_stop_now() drops its reply. */
static void
stop_and_stop_now(void **state)
{
	throng_config config;
	throng_stats stats;
	struct inside s;
	struct caller *c;
	int64_t deadline;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		held = 0;
		hold = true;
		inside_config(&config, (throng_mode)(i % 2));
		must(inside_start(&s, &config, &obedient));
		c = open_caller(&s);
		ask(c, "hold");
		deadline = support_now() + SUPPORT_DEADLINE;
		while (held == 0 && support_turn(deadline))
			;
		assert_int_equal(held, 1);
		if (i / 2 == 0) {
			throng_stop(s.server);
			hold = false;
			expect(c, "held");
			must(caller_expect_end(c));
		} else {
			throng_stop_now(s.server);
			hold = false;
		}
		assert_int_equal(inside_join(&s), THRONG_OK);
		throng_stats_read(s.server, &stats);
		assert_int_equal(stats.open, 0);
		assert_int_equal(stats.requests, 1);
		throng_free(s.server);
		caller_close(c);
	}
}

/* A handler that does not return: said so, within the drain time. */
static void
stuck(void **state)
{
	throng_config config;
	struct inside s;
	struct caller *c;
	int64_t deadline;
	int mode;

	(void)state;
	if (support_sanitized()) {
		print_message("what a stuck thread keeps is a leak\n");
		skip();
	}
	for (mode = 0; mode < 2; mode++) {
		size_t threads = inside_threads();

		held = 0;
		hold = true;
		inside_config(&config, (throng_mode)mode);
		config.drain_ms = 100;
		must(inside_start(&s, &config, &obedient));
		c = open_caller(&s);
		ask(c, "hold");
		deadline = support_now() + SUPPORT_DEADLINE;
		while (held == 0 && support_turn(deadline))
			;
		assert_int_equal(inside_stop(&s), THRONG_ERR_STUCK);
		/* Afterwards it may return, and finds nothing gone. */
		hold = false;
		/* One of those before may have been on its way out still. */
		assert_in_range(inside_threads_left(threads), 1, threads);
		caller_close(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(closing),
		cmocka_unit_test(stop_and_stop_now),
		cmocka_unit_test(stuck),
	};

	return (cmocka_run_group_tests_name("library_reply", tests, NULL, NULL));
}
