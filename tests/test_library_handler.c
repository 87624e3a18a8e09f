/*
 * What a handler may rely on: its state per thread and per connection, one
 * call at a time on a connection, in order; and all that it may do with a
 * reply. Handlers run in other threads, so they count and the test asserts.
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

/* What the handlers of this file saw, whatever threads they ran in. */
static struct {
	atomic_int workers_opened, workers_closed;
	atomic_int connections_opened, connections_closed;
	atomic_int wrong_thread, two_at_a_time, out_of_order, no_state;
	atomic_int open_fails; /* how many opens are still to fail */
	atomic_bool hold;      /* block handlers until it is false */
	atomic_int held;
} seen;

struct connection {
	atomic_flag inside;
	unsigned long next;
};

static void *
worker_open(void)
{
	pthread_t *self = malloc(sizeof(*self));

	*self = pthread_self();
	atomic_fetch_add(&seen.workers_opened, 1);
	return (self);
}

static void
worker_close(void *state)
{
	pthread_t *self = state;

	if (!pthread_equal(*self, pthread_self()))
		atomic_fetch_add(&seen.wrong_thread, 1);
	free(self);
	atomic_fetch_add(&seen.workers_closed, 1);
}

static void *
connection_open(void)
{
	struct connection *c;

	if (atomic_load(&seen.open_fails) > 0) {
		atomic_fetch_sub(&seen.open_fails, 1);
		return (NULL);
	}
	c = calloc(1, sizeof(*c));
	atomic_flag_clear(&c->inside);
	atomic_fetch_add(&seen.connections_opened, 1);
	return (c);
}

static void
connection_close(void *state)
{

	if (atomic_flag_test_and_set(&((struct connection *)state)->inside))
		atomic_fetch_add(&seen.two_at_a_time, 1);
	free(state);
	atomic_fetch_add(&seen.connections_closed, 1);
}

/* The request is a number: how many came before it on this connection. */
static int
in_order(const char *input, size_t length, throng_reply *reply)
{
	struct connection *c = throng_connection_state(reply);
	pthread_t *self = throng_worker_state(reply);
	char number[24] = "";

	if (c == NULL || self == NULL) {
		atomic_fetch_add(&seen.no_state, 1);
		return (-1);
	}
	if (atomic_flag_test_and_set(&c->inside))
		atomic_fetch_add(&seen.two_at_a_time, 1);
	if (!pthread_equal(*self, pthread_self()))
		atomic_fetch_add(&seen.wrong_thread, 1);
	memcpy(number, input, length < 23 ? length : 23);
	if (strtoul(number, NULL, 10) != c->next++)
		atomic_fetch_add(&seen.out_of_order, 1);
	atomic_flag_clear(&c->inside);
	return (throng_reply_printf(reply, "%s!", number));
}

static const throng_handler ordered = {
	.name = "ordered", .summary = "checks its own calls",
	.process_input = in_order,
	.worker_open = worker_open, .worker_close = worker_close,
	.connection_open = connection_open,
	.connection_close = connection_close,
};

static void
forget(void)
{

	memset(&seen, 0, sizeof(seen));
}

static struct caller *
open_caller(const struct inside *s)
{
	struct caller *c = caller_open(throng_address(s->server, 0),
	    THRONG_FRAME_LINE);

	if (c == NULL)
		fail_msg("%s", support_why());
	return (c);
}

static void
expect_balance(int connections)
{

	assert_int_equal(seen.wrong_thread, 0);
	assert_int_equal(seen.two_at_a_time, 0);
	assert_int_equal(seen.out_of_order, 0);
	assert_int_equal(seen.no_state, 0);
	assert_int_equal(seen.workers_opened, seen.workers_closed);
	assert_int_equal(seen.connections_opened, seen.connections_closed);
	assert_int_equal(seen.connections_opened, connections);
}

/* Many connections, each with many requests at a time. */
static void
state_and_order(void **state)
{
	enum { callers = 30, requests = 500 };
	struct caller *c[callers];
	throng_config config;
	char number[24];
	struct inside s;
	int model, i, k;

	(void)state;
	for (model = 0; model < 4; model++) {
		forget();
		inside_config(&config, (throng_mode)(model % 2));
		config.reactors = model / 2 ? 2 : 1;
		must(inside_start(&s, &config, &ordered));
		for (i = 0; i < callers; i++)
			c[i] = open_caller(&s);
		for (k = 0; k < requests; k++) {
			snprintf(number, sizeof(number), "%d", k);
			for (i = 0; i < callers; i++)
				must(caller_request(c[i], number,
				    strlen(number)));
		}
		for (k = 0; k < requests; k++) {
			snprintf(number, sizeof(number), "%d!", k);
			for (i = 0; i < callers; i++)
				must(caller_expect(c[i], number,
				    strlen(number)));
		}
		for (i = 0; i < callers; i++)
			caller_close(c[i]);
		assert_int_equal(inside_stop(&s), THRONG_OK);
		expect_balance(callers);
		if (model % 2 == 0)
			assert_int_equal(seen.workers_opened, 4);
	}
}

/* Clients that leave in the middle: what was opened is closed all the same. */
static void
state_of_those_who_left(void **state)
{
	throng_config config;
	struct inside s;
	struct caller *c;
	int model, i, k, asked;
	char number[24];

	(void)state;
	for (model = 0; model < 4; model++) {
		forget();
		asked = 0;
		inside_config(&config, (throng_mode)(model % 2));
		config.reactors = model / 2 ? 2 : 1;
		must(inside_start(&s, &config, &ordered));
		for (i = 0; i < 200; i++) {
			c = open_caller(&s);
			for (k = 0; k < i % 20; k++) {
				snprintf(number, sizeof(number), "%d", k);
				must(caller_request(c, number,
				    strlen(number)));
			}
			if (i % 3 == 0 && k > 0) {
				must(caller_expect(c, "0!", 2));
				asked++;
			}
			if (i % 2)
				caller_reset(c);
			else
				caller_close(c);
		}
		assert_int_equal(inside_stop(&s), THRONG_OK);
		assert_true(seen.connections_opened >= asked);
		expect_balance(seen.connections_opened);
	}
}

/* No state, no service: `!error failed`, and the next request tries again. */
static void
state_that_fails(void **state)
{
	throng_config config;
	struct inside s;
	struct caller *c;
	int mode;

	(void)state;
	for (mode = 0; mode < 2; mode++) {
		forget();
		seen.open_fails = 3;
		inside_config(&config, (throng_mode)mode);
		must(inside_start(&s, &config, &ordered));
		c = open_caller(&s);
		while (seen.open_fails > 0) {
			must(caller_request(c, "0", 1));
			must(caller_expect_error(c, "failed"));
		}
		must(caller_request(c, "0", 1));
		must(caller_expect(c, "0!", 2));
		caller_close(c);
		assert_int_equal(inside_stop(&s), THRONG_OK);
		expect_balance(1);
	}
}

static void *
no_worker(void)
{

	return (NULL);
}

/* A worker without its state does not start, and then nothing runs. */
static void
workers_that_fail(void **state)
{
	throng_handler broken = ordered;
	size_t descriptors, threads;
	throng_config config;
	struct inside s;
	struct caller *c;

	(void)state;
	forget();
	broken.worker_open = no_worker;
	inside_config(&config, THRONG_MODE_POOL);
	descriptors = inside_descriptors();
	threads = inside_threads();
	must(inside_start(&s, &config, &broken));
	assert_int_equal(inside_join(&s), THRONG_ERR_THREAD);
	throng_free(s.server);
	assert_int_equal(inside_descriptors(), descriptors);
	assert_int_equal(inside_threads(), threads);
	/* Per client it is the client that is refused. */
	inside_config(&config, THRONG_MODE_THREAD);
	must(inside_start(&s, &config, &broken));
	c = open_caller(&s);
	must(caller_expect_error(c, "busy"));
	must(caller_expect_end(c));
	caller_close(c);
	assert_int_equal(inside_stop(&s), THRONG_OK);
	expect_balance(0);
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

		atomic_fetch_add(&seen.held, 1);
		while (atomic_load(&seen.hold) && support_turn(deadline))
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
		forget();
		seen.hold = true;
		inside_config(&config, (throng_mode)(i % 2));
		must(inside_start(&s, &config, &obedient));
		c = open_caller(&s);
		ask(c, "hold");
		deadline = support_now() + SUPPORT_DEADLINE;
		while (seen.held == 0 && support_turn(deadline))
			;
		assert_int_equal(seen.held, 1);
		if (i / 2 == 0) {
			throng_stop(s.server);
			seen.hold = false;
			expect(c, "held");
			must(caller_expect_end(c));
		} else {
			throng_stop_now(s.server);
			seen.hold = false;
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

		forget();
		seen.hold = true;
		inside_config(&config, (throng_mode)mode);
		config.drain_ms = 100;
		must(inside_start(&s, &config, &obedient));
		c = open_caller(&s);
		ask(c, "hold");
		deadline = support_now() + SUPPORT_DEADLINE;
		while (seen.held == 0 && support_turn(deadline))
			;
		assert_int_equal(inside_stop(&s), THRONG_ERR_STUCK);
		/* Afterwards it may return, and finds nothing gone. */
		seen.hold = false;
		while (inside_threads() > threads && support_turn(deadline))
			;
		assert_int_equal(inside_threads(), threads);
		caller_close(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_and_order),
		cmocka_unit_test(state_of_those_who_left),
		cmocka_unit_test(state_that_fails),
		cmocka_unit_test(workers_that_fail),
		cmocka_unit_test(replies),
		cmocka_unit_test(closing),
		cmocka_unit_test(stop_and_stop_now),
		cmocka_unit_test(stuck),
	};

	return (cmocka_run_group_tests_name("library_handler", tests, NULL,
	    NULL));
}
