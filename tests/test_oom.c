/*
 * Every allocation fails once, in all modes: the k-th alone, and the k-th
 * with all that come after it, for k = 1, 2, 3 ... until nothing failed. What
 * comes of it is a clean error, a right reply or a closed connection; never a
 * crash, a leak or a hang. And once there is memory again, the server serves.
 * With TORTURE=full the same is done; its figures go into the report.
 * (The idea is libuv's, test/test-loop-oom.c.)
 */
#include "trial.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results.h"

/* Allocations until the first that fails; below 0: none does any more. */
static _Atomic int until_failure = -1;
static _Atomic bool all_after;
static _Atomic unsigned failures;
static unsigned injected; /* in all trials */
static int log_file;
static unsigned reactors = 1;

static bool
fails(void)
{
	int left = atomic_load(&until_failure);

	while (left >= 0 &&
	    !atomic_compare_exchange_weak(&until_failure, &left,
		left > 0                      ? left - 1
		    : atomic_load(&all_after) ? 0
					      : -1))
		continue;
	if (left != 0)
		return (false);
	atomic_fetch_add(&failures, 1);
	errno = ENOMEM;
	return (true);
}

static void
arm(int k, bool after)
{

	atomic_store(&failures, 0);
	atomic_store(&all_after, after);
	atomic_store(&until_failure, k);
}

/* There is memory again. */
static void
disarm(void)
{

	atomic_store(&all_after, false);
	atomic_store(&until_failure, -1);
}

#define FAILING(name, result, parameters, arguments)               \
	result __real_##name parameters;                           \
	result __wrap_##name parameters;                           \
	result __wrap_##name parameters                            \
	{                                                          \
		return (fails() ? NULL : __real_##name arguments); \
	}

FAILING(malloc, void *, (size_t size), (size))
FAILING(calloc, void *, (size_t count, size_t size), (count, size))
FAILING(realloc, void *, (void *old, size_t size), (old, size))
FAILING(aligned_alloc, void *, (size_t to, size_t size), (to, size))
FAILING(strdup, char *, (const char *text), (text))

/* Clients while allocations fail, and one once they do not. */
static void
clients(struct trial *t)
{
	int tcp = trial_dial(t, 0), local = trial_dial(t, 1);

	trial_ask(t, tcp, "state\n", '1', 1);
	trial_ask(t, local, "big 600000\n", 'x', TRIAL_BIG);
	trial_ask(t, tcp, "state\n", '2', 1);
	close(tcp);
	close(local);
	if (reactors > 1)
		trial_press(t);
	disarm();
	trial_full(t);
}

static void
empty_log(void)
{

	assert_int_equal(ftruncate(log_file, 0), 0);
}

/* What failed is told: creating in one line, starting in one that says so. */
static void
expect_lines(bool created)
{
	char out[4096], *at = out;
	unsigned lines = 0, told = 0;
	ssize_t n = pread(log_file, out, sizeof(out) - 1, 0);

	assert_true(n > 0);
	out[n] = '\0';
	for (; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	for (at = out; (at = strstr(at, " error not-started ")) != NULL; at++)
		told++;
	if (created ? told != 1 : lines != 1 || strstr(out, " error ") == NULL)
		fail_msg("told so: %s", out);
	assert_null(strstr(out, "Success"));
}

/* One attempt. Return how many allocations failed in it. */
static unsigned
attempt(throng_mode mode, int k, bool after)
{
	struct trial t;

	trial_config(&t, mode);
	t.config.log_fd = log_file;
	t.config.reactors = reactors;
	empty_log();
	arm(k, after);
	if (!trial_create(&t)) {
		expect_lines(false);
	} else if (!trial_start(&t)) {
		expect_lines(true);
	} else {
		clients(&t);
		trial_stop(&t);
	}
	disarm();
	trial_end(&t);
	return (atomic_load(&failures));
}

static void
every_allocation(throng_mode mode, bool after)
{
	int k;

	for (k = 0; attempt(mode, k, after) > 0; k++)
		assert_true(k < 5000);
	/* As many as there are at least, or the shim shims nothing. */
	assert_true(k > 20);
	print_message("%d allocations have failed\n", k);
	injected += (unsigned)k;
}

static void
pool_once(void **state)
{

	(void)state;
	every_allocation(THRONG_MODE_POOL, false);
}

static void
pool_from_then_on(void **state)
{

	(void)state;
	every_allocation(THRONG_MODE_POOL, true);
}

/* A newcomer is passed from one to the other. */
static void
two_reactors(void **state)
{

	(void)state;
	reactors = 2;
	every_allocation(THRONG_MODE_POOL, false);
	every_allocation(THRONG_MODE_POOL, true);
	reactors = 1;
}

static void
thread_once(void **state)
{

	(void)state;
	every_allocation(THRONG_MODE_THREAD, false);
}

static void
thread_from_then_on(void **state)
{

	(void)state;
	every_allocation(THRONG_MODE_THREAD, true);
}

static void
inline_once(void **state)
{

	(void)state;
	every_allocation(THRONG_MODE_INLINE, false);
}

static void
inline_from_then_on(void **state)
{

	(void)state;
	every_allocation(THRONG_MODE_INLINE, true);
}

static void
say_nothing(int severity, const char *text)
{

	(void)severity;
	(void)text;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_once),
		cmocka_unit_test(pool_from_then_on),
		cmocka_unit_test(two_reactors),
		cmocka_unit_test(thread_once),
		cmocka_unit_test(thread_from_then_on),
		cmocka_unit_test(inline_once),
		cmocka_unit_test(inline_from_then_on),
	};
	const char *how = getenv("TORTURE");
	char path[128];
	int rc;

	unit_guard();
	event_set_mem_functions(__wrap_malloc, __wrap_realloc, free);
	event_set_log_callback(say_nothing);
	support_path("log", path, sizeof(path));
	log_file = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
	results_begin("torture", "test_oom",
	    how != NULL && strcmp(how, "full") == 0);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	results_add("allocations failed", injected);
	results_end(rc == 0);
	return (rc);
}
