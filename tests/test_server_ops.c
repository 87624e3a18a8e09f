/*
 * What the one who runs it sees and does: counters on a signal, storms that do
 * not fill the log, a log that nobody reads, an end at once that leaves
 * nothing behind, and --check.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "caller.h"
#include "counters.h"
#include "daemon.h"
#include "json.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

static const char *const models[] = { "pool", "thread" };

static struct daemon *
serve(const char *model, const char *handler, const char *level,
    const char *address)
{
	const char *const arguments[] = { "--listen", address, "--handler",
		handler, "--mode", model, "--log-level", level, NULL };
	struct daemon *d = daemon_start(arguments, 1);

	if (d == NULL)
		fail_msg("%s", support_why());
	return (d);
}

static struct caller *
dial(const struct daemon *d)
{
	struct caller *c = caller_open(daemon_address(d, 0),
	    THRONG_FRAME_LINE);

	if (c == NULL)
		fail_msg("%s", support_why());
	return (c);
}

static void
end(struct daemon *d)
{
	int status;

	daemon_signal(d, SIGTERM);
	must(daemon_wait(d, &status));
	assert_int_equal(status, 0);
}

static uint64_t
number(const char *line, const char *key)
{
	uint64_t value;

	if (json_number(line, key, &value) != 0)
		fail_msg("no %s in %s", key, line);
	return (value);
}

static void
counters_on_signal(void **state)
{
	char line[4096];
	uint64_t value;

	(void)state;
	for (size_t m = 0; m < 2; m++) {
		struct daemon *d = serve(models[m], "echo", "error",
		    "127.0.0.1:0");
		struct caller *c = dial(d);

		for (int i = 0; i < 3; i++) {
			must(caller_request(c, "x", 1));
			must(caller_expect(c, "x", 1));
		}
		must(daemon_counters(d, "replies", 3, line, sizeof(line)));
		for (size_t i = 0; counters_name(i) != NULL; i++)
			(void)number(line, counters_name(i));
		assert_int_equal(number(line, "connections"), 1);
		assert_int_equal(number(line, "open"), 1);
		assert_int_equal(number(line, "received"), 3);
		assert_int_equal(number(line, "replies"), 3);
		must(caller_request(c, "x", 1));
		must(caller_expect(c, "x", 1));
		must(daemon_counters(d, "replies", 4, line, sizeof(line)));
		caller_close(c);
		end(d);
		/* The last line has the same. */
		for (size_t i = 0; counters_name(i) != NULL; i++)
			must(daemon_summary(d, counters_name(i), &value));
		must(daemon_summary(d, "replies", &value));
		assert_int_equal(value, 4);
		daemon_free(d);
	}
}

/* Lines that contain both words; `sum` adds up the numbers behind count=. */
static unsigned
lines_with(const char *text, const char *one, const char *two, uint64_t *sum)
{
	unsigned n = 0;
	const char *next;
	char line[2000];

	for (*sum = 0; (next = strchr(text, '\n')) != NULL; text = next + 1) {
		snprintf(line, sizeof(line), "%.*s", (int)(next - text), text);
		if (strstr(line, one) == NULL || strstr(line, two) == NULL)
			continue;
		n++;
		if (strstr(line, "count=") != NULL)
			*sum += strtoull(strstr(line, "count=") + 6, NULL, 10);
	}
	return (n);
}

/* So many of an event happened in `ms`, at `rate` a second at most in the
 * log: each is there or told. Return how many were told. */
static uint64_t
expect_limited(struct daemon *d, const char *event, unsigned happened,
    unsigned rate, int64_t ms)
{
	const char *text = daemon_errors(d);
	char word[40], kind[40];
	uint64_t told, none;
	unsigned lines;

	snprintf(word, sizeof(word), " %s peer=", event);
	snprintf(kind, sizeof(kind), "kind=%s", event);
	lines = lines_with(text, word, "", &none);
	lines_with(text, " warn suppressed ", kind, &told);
	if (lines + told != happened)
		fail_msg("%u lines and %llu told of %u %s: %s", lines,
		    (unsigned long long)told, happened, event, text);
	assert_true(lines >= 1);
	assert_true(lines <= rate + rate * (uint64_t)(ms + 1000) / 1000);
	return (told);
}

static void
storms(void **state)
{
	enum { clients = 100 };
	uint64_t value, counted;

	(void)state;
	for (size_t m = 0; m < 2; m++) {
		int64_t begin = support_now(), ms;
		struct daemon *d = serve(models[m], "echo", "info",
		    "127.0.0.1:0");

		for (int i = 0; i < clients; i++)
			caller_close(dial(d));
		end(d);
		ms = support_now() - begin;
		value = expect_limited(d, "accepted", clients, 10, ms) +
		    expect_limited(d, "closed", clients, 10, ms);
		/* Fast enough to be one, wherever this runs. */
		if (ms < 5000)
			assert_true(value > 0);
		must(daemon_summary(d, "log_suppressed", &counted));
		assert_int_equal(counted, value);
		daemon_free(d);
	}
}

/* What clients can make a handler say is limited, too. */
static void
handler_storm(void **state)
{
	enum { requests = 300 };
	static char large[6000];
	uint64_t value, told;
	const char *reply;
	size_t length;

	(void)state;
	memset(large, 'a', sizeof(large));
	for (size_t m = 0; m < 2; m++) {
		int64_t begin = support_now();
		struct daemon *d = serve(models[m], "hello", "warn",
		    "127.0.0.1:0");
		struct caller *c = dial(d);

		for (int i = 0; i < requests; i++) {
			must(caller_request(c, large, sizeof(large)));
			must(caller_reply(c, &reply, &length));
		}
		caller_close(c);
		end(d);
		told = expect_limited(d, "handler", requests, 50,
		    support_now() - begin);
		must(daemon_summary(d, "log_suppressed", &value));
		assert_int_equal(value, told);
		daemon_free(d);
	}
}

/* At the second signal the process ends at once, but not the name of its
 * socket with it. */
static void
no_name_left(void **state)
{
	char path[128], address[160], line[4096];
	int64_t deadline;
	uint64_t value;
	int status;

	(void)state;
	/* What is left running at such an end would be reported. */
	if (support_threads_checked())
		return;
	support_path("socket", path, sizeof(path));
	snprintf(address, sizeof(address), "unix:%s", path);
	for (size_t m = 0; m < 2; m++) {
		struct daemon *d = serve(models[m], "work", "info", address);
		struct caller *c = dial(d), *probe;

		must(caller_request(c, "wait 30s", 8));
		must(daemon_counters(d, "requests", 1, line, sizeof(line)));
		assert_int_equal(access(path, F_OK), 0);
		daemon_signal(d, SIGTERM);
		deadline = support_now() + SUPPORT_DEADLINE;
		while ((probe = caller_open(address, THRONG_FRAME_LINE)) !=
		    NULL) {
			caller_close(probe);
			assert_true(support_turn(deadline));
		}
		daemon_signal(d, SIGTERM);
		must(daemon_wait(d, &status));
		assert_int_equal(status, 1);
		assert_int_equal(access(path, F_OK), -1);
		/* And it has said what it did. */
		must(daemon_summary(d, "requests", &value));
		assert_int_equal(value, 1);
		caller_close(c);
		daemon_free(d);
	}
}

static void
expect_answer(const char *const *arguments, int want, const char *word)
{
	struct daemon *d = daemon_spawn(arguments, 0);
	int status;

	assert_non_null(d);
	must(daemon_wait(d, &status));
	if (status != want)
		fail_msg("%s: status %d: %s%s", word, status,
		    daemon_output(d), daemon_errors(d));
	if (strstr(daemon_output(d), word) == NULL &&
	    strstr(daemon_errors(d), word) == NULL)
		fail_msg("no \"%s\": %s%s", word, daemon_output(d),
		    daemon_errors(d));
	assert_null(strstr(daemon_output(d), "listening"));
	daemon_free(d);
}

static void
check(void **state)
{
	struct daemon *d = serve("pool", "echo", "warn", "127.0.0.1:0");
	const char *address = daemon_address(d, 0);
	const char *const fine[] = { "--check", "--listen", address,
		"--max-connections", "1", "--backlog", "1", NULL };
	const char *const much[] = { "--max-connections", "9999999",
		"--check", NULL };
	const char *const wrong[] = { "--check", "--workers", "0", NULL };
	const char *const where[] = { "--check", "--listen", "127.0.0.1",
		NULL };
	struct caller *c;

	(void)state;
	/* Beside one that serves the same address. */
	expect_answer(fine, 0, "all limits hold");
	expect_answer(much, 1, "low      connections");
	expect_answer(wrong, 2, "--workers 0: not a number");
	expect_answer(where, 2, "cannot-listen address=127.0.0.1");
	c = dial(d);
	must(caller_request(c, "x", 1));
	must(caller_expect(c, "x", 1));
	caller_close(c);
	end(d);
	daemon_free(d);
}

static int
clean_up(void **state)
{

	(void)state;
	daemon_free_all();
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(counters_on_signal, clean_up),
		cmocka_unit_test_teardown(storms, clean_up),
		cmocka_unit_test_teardown(handler_storm, clean_up),
		cmocka_unit_test_teardown(no_name_left, clean_up),
		cmocka_unit_test_teardown(check, clean_up),
	};

	return (cmocka_run_group_tests_name("server_ops", tests, NULL, NULL));
}
