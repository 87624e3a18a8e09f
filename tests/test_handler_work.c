/* The work handler: steps in order, all of them checked before the first. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

#include "fake_reply.h"
#include "handlers/handlers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(text) text, sizeof(text) - 1

static const struct {
	const char *input;
	const char *output;
} answers[] = {
	{ "spin 0us", "ok" },
	{ "wait 0ms", "ok" },
	{ "spin 20us", "ok" },
	{ "wait 20us", "ok" },
	{ "spin 0.01ms wait 0.000001s spin 5us", "ok" },
	{ "reply 0", "" },
	{ "reply 1", "x" },
	{ "reply 5", "xxxxx" },
	{ "reply 2 reply 3", "xxxxx" },
	{ "spin 1us reply 3", "xxx" },
	{ "reply 3 spin 1us", "xxx" },
	{ "wait 1us reply 1 spin 1us reply 0 reply 1", "xx" },
	{ "reply 00000000000000000000002", "xx" },
};

static int
call(const char *input, size_t limit, throng_reply *reply)
{

	return (fake_reply_call(&handler_work, input, strlen(input), limit,
	    reply));
}

static void
test_answers(void **state)
{
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		assert_int_equal(call(answers[i].input, SIZE_MAX, &reply), 0);
		assert_string_equal(reply.bytes, answers[i].output);
		assert_false(reply.close || reply.none || reply.error);
		fake_reply_free(&reply);
	}
}

static void
test_sizes(void **state)
{
	static const struct {
		const char *input;
		size_t length;
	} rows[] = {
		{ "reply 4096", 4096 },
		{ "reply 64K", 65536 },
		{ "reply 1M reply 1", 1048577 },
		{ "reply 64M", 67108864 },
		{ "reply 32M reply 33554432", 67108864 },
	};
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(call(rows[i].input, SIZE_MAX, &reply), 0);
		assert_int_equal(reply.length, rows[i].length);
		/* Nothing but x, as the last place it holds shows. */
		assert_int_equal(strspn(reply.bytes, "x"), rows[i].length);
		fake_reply_free(&reply);
	}
}

#define WORD "spin, wait or reply expected"
#define TIME "a time such as 120us, 5ms or 1s expected, " \
	"all times together at most 60s"
#define SIZE "a size such as 4096 or 64K expected, " \
	"all replies together at most 64M"

static const struct {
	const char *input;
	size_t length;
	const char *wrong;
} wrong[] = {
	{ TEXT(""), "step 1: " WORD },
	{ TEXT(" "), "step 1: " WORD },
	{ TEXT("sleep 5ms"), "step 1: " WORD },
	{ TEXT("Spin 5ms"), "step 1: " WORD },
	{ TEXT("spins 5ms"), "step 1: " WORD },
	{ TEXT("spi"), "step 1: " WORD },
	{ TEXT("spin\0 5ms"), "step 1: " WORD },
	{ TEXT(" spin 5ms"), "step 1: " WORD },
	{ TEXT("spin"), "step 1: " TIME },
	{ TEXT("spin "), "step 1: " TIME },
	{ TEXT("spin  5ms"), "step 1: " TIME },
	{ TEXT("spin\t5ms"), "step 1: " WORD },
	{ TEXT("spin 5"), "step 1: " TIME },
	{ TEXT("spin 5 ms"), "step 1: " TIME },
	{ TEXT("spin 5m"), "step 1: " TIME },
	{ TEXT("spin 5ms\n"), "step 1: " TIME },
	{ TEXT("spin -5ms"), "step 1: " TIME },
	{ TEXT("spin 61s"), "step 1: " TIME },
	{ TEXT("wait 60.001s"), "step 1: " TIME },
	{ TEXT("wait 99999999999999999999s"), "step 1: " TIME },
	{ TEXT("wait"), "step 1: " TIME },
	{ TEXT("wait 5"), "step 1: " TIME },
	{ TEXT("spin 1us "), "step 2: " WORD },
	{ TEXT("spin 1us  wait 1us"), "step 2: " WORD },
	{ TEXT("spin 1us,wait 1us"), "step 1: " TIME },
	{ TEXT("spin 1us wait"), "step 2: " TIME },
	{ TEXT("reply 1 reply 2 reply"), "step 3: " SIZE },
	{ TEXT("reply"), "step 1: " SIZE },
	{ TEXT("reply x"), "step 1: " SIZE },
	{ TEXT("reply 5us"), "step 1: " SIZE },
	{ TEXT("reply 1\0"), "step 1: " SIZE },
	{ TEXT("reply 65M"), "step 1: " SIZE },
	{ TEXT("reply 67108865"), "step 1: " SIZE },
	{ TEXT("reply 64M reply 1"), "step 2: " SIZE },
	{ TEXT("reply 000000000000000000000000000000001"), "step 1: " SIZE },
	/* These would take a minute if any of it were done. */
	{ TEXT("wait 60s wait 1us"), "step 2: " TIME },
	{ TEXT("spin 60s nonsense"), "step 2: " WORD },
	{ TEXT("wait 30s spin 30s wait 0us spin 0.000001s"),
	    "step 4: " TIME },
};

static void
test_wrong(void **state)
{
	char expected[200];
	throng_reply reply;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(fake_reply_call(&handler_work, wrong[i].input,
		    wrong[i].length, SIZE_MAX, &reply), 0);
		(void)snprintf(expected, sizeof(expected), "!error invalid %s",
		    wrong[i].wrong);
		assert_string_equal(reply.bytes, expected);
		assert_true(reply.error);
		assert_false(reply.close || reply.none);
		fake_reply_free(&reply);
	}
}

/* Nanoseconds of a clock that a request took. */
static int64_t
took(clockid_t clock, const char *input)
{
	struct timespec from, to;
	throng_reply reply;

	assert_int_equal(clock_gettime(clock, &from), 0);
	assert_int_equal(call(input, SIZE_MAX, &reply), 0);
	assert_int_equal(clock_gettime(clock, &to), 0);
	fake_reply_free(&reply);
	return ((to.tv_sec - from.tv_sec) * INT64_C(1000000000) + to.tv_nsec -
	    from.tv_nsec);
}

/* No upper bounds here: they would measure the machine. */
static void
test_takes_its_time(void **state)
{

	(void)state;
	assert_true(took(CLOCK_THREAD_CPUTIME_ID, "spin 5ms") >= 5000000);
	assert_true(took(CLOCK_THREAD_CPUTIME_ID, "spin 2ms spin 3ms") >=
	    5000000);
	assert_true(took(CLOCK_MONOTONIC, "wait 5ms") >= 5000000);
	assert_true(took(CLOCK_MONOTONIC, "wait 2ms spin 3ms") >= 5000000);
	/* A wait leaves the processor to others: far less than it waited. */
	assert_true(took(CLOCK_THREAD_CPUTIME_ID, "wait 100ms") < 50000000);
}

static volatile sig_atomic_t alarms;

static void
on_alarm(int signal)
{

	(void)signal;
	alarms = alarms + 1;
}

/* Signals in the middle of a wait neither shorten it nor make it fail. */
static void
test_interrupted(void **state)
{
	struct itimerval timer = { { 0, 1000 }, { 0, 1000 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct sigaction action;
	int64_t nanoseconds;

	(void)state;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
	nanoseconds = took(CLOCK_MONOTONIC, "wait 50ms");
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_true(nanoseconds >= 50000000);
	assert_true(alarms > 0);
}

static void
test_no_room(void **state)
{
	throng_reply reply;

	(void)state;
	assert_int_not_equal(call("reply 5", 4, &reply), 0);
	fake_reply_free(&reply);
	assert_int_not_equal(call("reply 2 reply 3", 4, &reply), 0);
	fake_reply_free(&reply);
	assert_int_not_equal(call("spin 0us", 1, &reply), 0);
	fake_reply_free(&reply);
}

static void
test_table(void **state)
{

	(void)state;
	assert_string_equal(handler_work.name, "work");
	assert_non_null(handler_work.summary);
	assert_int_equal(handler_work.traits, 0);
	assert_int_equal(handler_work.raw_limit, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_takes_its_time),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_table),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
