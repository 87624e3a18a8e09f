/*
 * What a handler may rely on: its state per thread and per connection, one
 * call at a time on a connection, in order. Handlers run in other threads,
 * so they count and the test asserts.
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
	for (model = 0; model < 6; model++) {
		forget();
		inside_config(&config, (throng_mode)(model % 3));
		config.reactors = model / 3 ? 2 : 1;
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
		if (config.mode == THRONG_MODE_POOL)
			assert_int_equal(seen.workers_opened, 4);
		if (config.mode == THRONG_MODE_INLINE)
			assert_int_equal(seen.workers_opened,
			    config.reactors);
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
	for (model = 0; model < 6; model++) {
		forget();
		asked = 0;
		inside_config(&config, (throng_mode)(model % 3));
		config.reactors = model / 3 ? 2 : 1;
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
	for (mode = 0; mode <= THRONG_MODE_INLINE; mode++) {
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
	descriptors = inside_descriptors();
	threads = inside_threads();
	for (int i = 0; i < 2; i++) {
		inside_config(&config, i == 0 ? THRONG_MODE_POOL :
		    THRONG_MODE_INLINE);
		must(inside_start(&s, &config, &broken));
		assert_int_equal(inside_join(&s), THRONG_ERR_THREAD);
		throng_free(s.server);
		assert_int_equal(inside_descriptors(), descriptors);
		assert_in_range(inside_threads_left(threads), 1, threads);
	}
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_and_order),
		cmocka_unit_test(state_of_those_who_left),
		cmocka_unit_test(state_that_fails),
		cmocka_unit_test(workers_that_fail),
	};

	return (cmocka_run_group_tests_name("library_state", tests, NULL, NULL));
}
