/*
 * Handlers that take too long, and more work than can be done: others go on,
 * what is refused is answered at once, and as much is done as before. Each
 * row says what it sent and measured.
 */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "caller.h"
#include "daemon.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

static const char *const models[] = { "pool", "thread" };

/* A daemon that works as it is told, with some more arguments. */
static struct daemon *
serve(const char *model, const char *const *more)
{
	const char *arguments[24] = { "--listen", "127.0.0.1:0", "--handler",
		"work", "--mode", model };
	struct daemon *d;
	int n = 6;

	while (*more != NULL)
		arguments[n++] = *more++;
	if ((d = daemon_start(arguments, 1)) == NULL)
		fail_msg("%s", support_why());
	return (d);
}

static struct caller *
enter(struct daemon *d)
{
	struct caller *c = caller_open(daemon_address(d, 0),
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
expect(struct caller *c, const char *reply)
{

	must(caller_expect(c, reply, strlen(reply)));
}

static uint64_t
counted(struct daemon *d, const char *key)
{
	uint64_t value = 0;

	must(daemon_summary(d, key, &value));
	return (value);
}

static void
end(struct daemon *d)
{
	int status;

	daemon_signal(d, SIGTERM);
	must(daemon_wait(d, &status));
	assert_int_equal(status, 0);
}

/* After an end at once. What is left running then may be reported by a
 * checker, behind the daemon's own last line. */
static void
expect_left(struct daemon *d, const char *key, uint64_t want)
{

	if (!support_threads_checked())
		assert_int_equal(counted(d, key), want);
}

/* With handlers that will not return: two signals, which might become one. */
static void
end_at_once(struct daemon *d)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	int status;

	while (!daemon_ended(d)) {
		daemon_signal(d, SIGTERM);
		if (!support_turn(deadline))
			fail_msg("it does not end");
	}
	must(daemon_wait(d, &status));
	/* A thread that is left behind is an error to some checkers. */
	if (!support_threads_checked())
		assert_int_equal(status, 1);
	assert_int_not_equal(status, 0);
}

static size_t
told(struct daemon *d, const char *text)
{
	const char *at = daemon_errors(d);
	size_t n = 0;

	for (; (at = strstr(at, text)) != NULL; at++)
		n++;
	return (n);
}

static void
until_told(struct daemon *d, const char *text, size_t times)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	while (told(d, text) < times)
		if (!support_turn(deadline))
			fail_msg("not told: %s", text);
}

/* One of two workers is stuck: it is warned about once, and only its own
 * client has to wait. After so long the other is not taken for stuck where the
 * machine is busy. */
static void
one_is_stuck(void **state)
{
	static const char *const more[] = { "--workers", "2",
		"--stuck-after", "1s", NULL };
	int64_t deadline;
	unsigned served;

	(void)state;
	for (size_t m = 0; m < 2; m++) {
		struct daemon *d = serve(models[m], more);
		struct caller *stuck = enter(d), *other = enter(d);

		ask(stuck, "wait 60s");
		must(caller_taken(stuck));
		deadline = support_now() + SUPPORT_DEADLINE;
		for (served = 0; told(d, "warn stuck thread=") == 0;
		    served++) {
			ask(other, "wait 1us");
			expect(other, "ok");
			assert_true(support_now() < deadline);
		}
		caller_close(stuck);
		caller_close(other);
		end_at_once(d);
		assert_int_equal(told(d, "warn stuck thread="), 1);
		assert_int_equal(told(d, m == 0 ? " thread=worker-" :
		    " thread=client "), 1);
		assert_int_equal(told(d, " handler=work peer=127.0.0.1:"), 1);
		expect_left(d, "stuck", 1);
		expect_left(d, "busy", 0);
		print_message("%s: 1 request stuck, %u others served\n",
		    models[m], served);
		daemon_free(d);
	}
}

#define REFUSED 200

/* All of them are: new requests are answered at once. */
static void
all_are_stuck(void **state)
{
	static const char *const more[] = { "--workers", "2",
		"--stuck-after", "100ms", NULL };
	struct daemon *d = serve("pool", more);
	struct caller *stuck[2], *c;

	(void)state;
	for (int i = 0; i < 2; i++) {
		stuck[i] = enter(d);
		ask(stuck[i], "wait 60s");
		must(caller_taken(stuck[i]));
	}
	until_told(d, "warn stuck thread=worker-", 2);
	c = enter(d);
	for (int i = 0; i < REFUSED; i++) {
		/* Two in one go: an answer each. */
		must(caller_send(c, "wait 1us\nwait 2us\n", 18));
		must(caller_expect_error(c, "busy"));
		must(caller_expect_error(c, "busy"));
	}
	caller_close(c);
	for (int i = 0; i < 2; i++)
		caller_close(stuck[i]);
	end_at_once(d);
	expect_left(d, "busy", 2 * REFUSED);
	expect_left(d, "stuck", 2);
	expect_left(d, "requests", 2);
	print_message("2 of 2 stuck: %d requests, %d answered busy\n",
	    2 * REFUSED, 2 * REFUSED);
	daemon_free(d);
}

/* What no worker has begun in time is answered all the same. */
static void
too_late(void **state)
{
	static const char *const more[] = { "--workers", "1",
		"--stuck-after", "60s", "--request-timeout", "100ms", NULL };
	struct daemon *d = serve("pool", more);
	struct caller *first = enter(d), *late = enter(d);
	char line[4096];

	(void)state;
	ask(first, "wait 60s");
	must(daemon_counters(d, "requests", 1, line, sizeof(line)));
	must(caller_send(late, "wait 1us\nwait 1us\n", 18));
	must(caller_expect_error(late, "timeout"));
	must(caller_expect_error(late, "timeout"));
	caller_close(first);
	caller_close(late);
	end_at_once(d);
	expect_left(d, "timed_out", 2);
	expect_left(d, "requests", 1);
	daemon_free(d);
}

/* Clients in a closed loop for a while: who gets what. */
struct load {
	unsigned done;
	unsigned busy;
};

#define CROWD 40

static struct load
load(struct daemon *d, unsigned clients, int64_t ms)
{
	struct caller *c[CROWD];
	struct load l = { 0 };
	const char *payload;
	size_t length;
	int64_t stop;

	for (unsigned i = 0; i < clients; i++) {
		c[i] = enter(d);
		ask(c[i], "wait 2ms");
	}
	stop = support_now() + ms;
	while (support_now() < stop)
		for (unsigned i = 0; i < clients; i++) {
			/* In turn: a refusal is there long before its turn,
			 * so each client asks about as often as it can. */
			must(caller_reply(c[i], &payload, &length));
			if (length == 2)
				l.done++;
			else
				l.busy++;
			ask(c[i], "wait 2ms");
		}
	for (unsigned i = 0; i < clients; i++) {
		must(caller_reply(c[i], &payload, &length));
		caller_close(c[i]);
	}
	return (l);
}

/*
 * Two workers with requests of 2 ms; first as many clients as workers, then
 * twenty times as many, of which four may wait. Work goes on, and each
 * request has one answer. How much is done is for the attack "overload" to
 * measure.
 */
static void
crowded(void **state)
{
	static const char *const more[] = { "--workers", "2",
		"--queue-limit", "4", NULL };
	struct daemon *d = serve("pool", more);
	struct load calm, crowd, after;

	(void)state;
	calm = load(d, 2, 300);
	crowd = load(d, CROWD, 300);
	after = load(d, 2, 100);
	end(d);
	print_message("2 clients: %u done, %u busy; %d clients: %u done, %u "
	    "busy; ratio %.2f\n", calm.done, calm.busy, CROWD, crowd.done,
	    crowd.busy, crowd.done / (double)calm.done);
	assert_int_equal(calm.busy + after.busy, 0);
	assert_true(crowd.busy > 0);
	assert_true(calm.done > 0 && crowd.done > 0);
	assert_in_range(counted(d, "busy"), crowd.busy, crowd.busy + CROWD);
	assert_int_equal(counted(d, "requests") + counted(d, "busy"),
	    counted(d, "replies"));
	daemon_free(d);
}

/* The thread of a process by its name; 0: there is none. */
static pid_t
thread_named(pid_t pid, const char *name)
{
	char path[300], got[32];
	struct dirent *entry;
	pid_t found = 0;
	FILE *file;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	if ((dir = opendir(path)) == NULL)
		return (0);
	while (found == 0 && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%d/task/%.32s/comm",
		    (int)pid, entry->d_name);
		if ((file = fopen(path, "r")) == NULL)
			continue;
		if (fgets(got, sizeof(got), file) != NULL &&
		    strncmp(got, name, strlen(name)) == 0)
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		fclose(file);
	}
	closedir(dir);
	return (found);
}

/* A crash while the handler runs ends the process and says for whom. */
static void
crash(void **state)
{
	static const char *const more[] = { "--workers", "1",
		"--stuck-after", "50ms", NULL };
	static const char *const names[] = { "worker-0", "client" };
	char want[100];
	int status;

	(void)state;
	for (size_t m = 0; m < 2; m++) {
		struct daemon *d = serve(models[m], more);
		struct caller *c = enter(d);
		pid_t thread;

		ask(c, "wait 20s");
		until_told(d, "warn stuck thread=", 1);
		thread = thread_named(daemon_pid(d), names[m]);
		assert_int_not_equal(thread, 0);
		assert_int_equal(syscall(SYS_tgkill, daemon_pid(d), thread,
				     SIGSEGV),
		    0);
		must(daemon_wait(d, &status));
		if (!support_sanitized())
			assert_int_equal(status, 128 + SIGSEGV);
		assert_int_not_equal(status, 0);
		snprintf(want, sizeof(want), "crash signal=SIGSEGV thread=%s "
		    "handler=work peer=127.0.0.1:", names[m]);
		assert_int_equal(told(d, want), 1);
		caller_close(c);
		daemon_free(d);
	}
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
#define TEST(name) cmocka_unit_test_teardown(name, clean_up)
	static const struct CMUnitTest tests[] = {
		TEST(one_is_stuck),
		TEST(all_are_stuck),
		TEST(too_late),
		TEST(crowded),
		TEST(crash),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
