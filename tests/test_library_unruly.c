/*
 * Handlers that do not behave: replies without end, and going on after having
 * asked to close. It costs their own client a reply, and nobody else anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caller.h"
#include "inside.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

#define MAX_REPLY (1u << 20)

static const char piece[1000];
static atomic_ulong appended; /* pieces that were taken, in one call */

static bool
is(const char *input, size_t length, const char *word)
{

	return (length == strlen(word) && memcmp(input, word, length) == 0);
}

/* Append until told to stop; then look at it, or not. */
static int
endless(throng_reply *reply, bool heeds)
{
	unsigned long n = 0;

	while (throng_reply_append(reply, piece, sizeof(piece)) == 0)
		n++;
	atomic_store(&appended, n);
	if (heeds)
		return (-1);
	for (int i = 0; i < 1000; i++)
		if (throng_reply_append(reply, "more", 4) == 0 ||
		    throng_reply_printf(reply, "%d", i) == 0 ||
		    throng_reply_reserve(reply, 1) != NULL)
			abort();
	return (0);
}

static int
unruly(const char *input, size_t length, throng_reply *reply)
{

	if (is(input, length, "endless"))
		return (endless(reply, true));
	if (is(input, length, "deaf"))
		return (endless(reply, false));
	if (is(input, length, "close and go on")) {
		throng_reply_close(reply);
		for (int i = 0; i < 1000; i++)
			if (throng_reply_append(reply, "y", 1) != 0)
				abort();
		throng_reply_close(reply);
		return (0);
	}
	if (is(input, length, "close without end")) {
		throng_reply_close(reply);
		return (endless(reply, false));
	}
	return (throng_reply_append(reply, input, length));
}

static const throng_handler handler = { .name = "unruly",
	.summary = "does not behave", .process_input = unruly };

static struct caller *
enter(const struct inside *s)
{
	struct caller *c = caller_open(throng_address(s->server, 0),
	    THRONG_FRAME_LINE);

	if (c == NULL)
		fail_msg("%s", support_why());
	return (c);
}

static void
ask(struct caller *c, const char *request)
{

	must(caller_request(c, request, strlen(request)));
}

static void
start(struct inside *s, int mode)
{
	throng_config config;

	inside_config(&config, (throng_mode)mode);
	config.max_reply = MAX_REPLY;
	config.workers = 1;
	must(inside_start(s, &config, &handler));
}

/* Its own client is told; a bystander has all its replies, in order. */
static void
without_end(void **state)
{
	static const char *const words[] = { "endless", "deaf" };
	struct caller *c, *bystander;
	throng_stats stats;
	struct inside s;

	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		start(&s, mode);
		c = enter(&s);
		bystander = enter(&s);
		for (unsigned i = 0; i < 20; i++) {
			atomic_store(&appended, 0);
			ask(c, words[i % 2]);
			must(caller_ping(bystander, i));
			must(caller_expect_error(c, "failed"));
			assert_int_equal(atomic_load(&appended),
			    MAX_REPLY / sizeof(piece));
		}
		/* Its connection is kept, too. */
		must(caller_ping(c, 4711));
		caller_close(c);
		caller_close(bystander);
		throng_stats_read(s.server, &stats);
		assert_int_equal(stats.failed, 20);
		assert_int_equal(stats.requests, 41);
		assert_int_equal(stats.replies, 41);
		assert_int_equal(inside_stop(&s), THRONG_OK);
	}
}

/* The whole reply, the end, and nothing of what was asked behind it. */
static void
closes_and_goes_on(void **state)
{
	struct caller *c, *bystander;
	throng_stats stats;
	struct inside s;
	char want[1000];

	(void)state;
	memset(want, 'y', sizeof(want));
	for (int mode = 0; mode < 2; mode++) {
		start(&s, mode);
		bystander = enter(&s);
		c = enter(&s);
		must(caller_send(c, "close and go on\nx\nx\n", 20));
		must(caller_expect(c, want, sizeof(want)));
		must(caller_expect_end(c));
		caller_close(c);
		must(caller_ping(bystander, 1));
		c = enter(&s);
		must(caller_send(c, "close without end\nx\n", 20));
		must(caller_expect_error(c, "failed"));
		must(caller_expect_end(c));
		caller_close(c);
		must(caller_ping(bystander, 2));
		caller_close(bystander);
		throng_stats_read(s.server, &stats);
		assert_int_equal(stats.dropped_closing, 3);
		assert_int_equal(stats.requests, 4);
		assert_int_equal(inside_stop(&s), THRONG_OK);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_end),
		cmocka_unit_test(closes_and_goes_on),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
