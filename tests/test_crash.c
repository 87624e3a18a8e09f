/* What a process that crashes says last. Each crash is one of a child's, which
 * ends as if nobody had watched it. */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "crash.h"
#include "json.h"
#include "running.h"

static const struct peer v4 = { AF_INET, 0x5000, { 192, 0, 2, 1 } };
static const struct peer v6 = { AF_INET6, 0x5000,
	{ 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
static const struct peer local = { 0 };

/** What a child is to do. */
struct crash {
	int number;             /* the signal that is raised, */
	void (*fault)(void);    /* or what brings one about */
	const struct peer *peer;
	const throng_handler *handler;
	throng_log_format format;
	bool thread;            /* in a thread of its own, in the handler */
};

static void
touch_nothing(void)
{
	/* A page that nobody may touch. */
	volatile char *page = mmap(NULL, 4096, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page[0] = 1;
}

/* Deeper than any stack; the depth is hidden from the compiler. */
static unsigned
sink(volatile unsigned depth)
{
	volatile char page[1024];

	page[depth % 1024] = (char)depth;
	return (depth == 0 ? 0 : sink(depth - 1) + (unsigned char)page[7]);
}

static void
run_out_of_stack(void)
{

	(void)sink(1u << 30);
}

static void *
crash_main(void *argument)
{
	const struct crash *crash = argument;
	struct crash_stack stack;
	struct registry registry;
	struct running r = { .since = 0 };
	struct job *job = job_new(0);

	(void)registry_open(&registry);
	if (job == NULL)
		return (NULL);
	pthread_setname_np(pthread_self(), "w \"3\"");
	running_enter(&r, &registry, crash->handler);
	crash_thread_begin(&stack);
	if (crash->peer != NULL) {
		job->peer = *crash->peer;
		running_job(&r, job);
		running_since(&r, clock_now() - CLOCK_S);
	}
	if (crash->fault != NULL)
		crash->fault();
	else
		(void)raise(crash->number);
	crash_thread_end(&stack);
	return (NULL);
}

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

static void
child(const struct crash *crash, int fd)
{
	struct rlimit none = { 0 };
	struct crash copy = *crash;
	struct log log = { fd, THRONG_LOG_WARN, crash->format, NULL };
	pthread_attr_t attr;
	pthread_t thread;

	(void)setrlimit(RLIMIT_CORE, &none);
	/* Sanitizers have much to say about it. */
	(void)!freopen("/dev/null", "w", stderr);
	/* The test's own framework catches them, too. */
	for (size_t i = 0; i < UNIT_COUNT(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	if (crash_watch(&log) == -1 || crash_watch(&log) == -1)
		_exit(3);
	if (crash->thread) {
		(void)pthread_attr_init(&attr);
		(void)pthread_attr_setstacksize(&attr, 256u << 10);
		if (pthread_create(&thread, &attr, crash_main, &copy) != 0)
			_exit(4);
		(void)pthread_join(thread, NULL);
	} else {
		(void)raise(crash->number);
	}
	_exit(5);
}

/* Let a child crash; return what it wrote. */
static void
run(const struct crash *crash, char *out, size_t size)
{
	int fds[2], status;
	size_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	if ((pid = fork()) == 0)
		child(crash, fds[1]);
	assert_true(pid > 0);
	close(fds[1]);
	n = unit_read(fds[0], out, size - 1, unit_deadline());
	out[n] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), crash->number);
}

static void
each_signal(void **state)
{
	static const struct {
		int number;
		const char *want;
	} rows[] = {
		{ SIGSEGV, " error crash signal=SIGSEGV\n" },
		{ SIGBUS, " error crash signal=SIGBUS\n" },
		{ SIGFPE, " error crash signal=SIGFPE\n" },
		{ SIGILL, " error crash signal=SIGILL\n" },
		{ SIGABRT, " error crash signal=SIGABRT\n" },
	};
	char out[1024], day[32];
	struct crash crash = { .format = THRONG_LOG_TEXT };
	time_t now = time(NULL);

	(void)state;
	strftime(day, sizeof(day), "%Y-%m-%dT", gmtime(&now));
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		crash.number = rows[i].number;
		run(&crash, out, sizeof(out));
		/* At the turn of a day the date is another. */
		if (memcmp(out, day, strlen(day)) != 0) {
			now = time(NULL);
			strftime(day, sizeof(day), "%Y-%m-%dT", gmtime(&now));
		}
		assert_memory_equal(out, day, strlen(day));
		assert_int_equal(out[23], 'Z');
		assert_string_equal(out + 24, rows[i].want);
	}
}

static void
in_the_handler(void **state)
{
	static const struct {
		const struct peer *peer;
		const char *want;
	} rows[] = {
		{ &v4, " handler=unit peer=192.0.2.1:80 age_ms=" },
		{ &v6, " handler=unit peer=[2001:db8:0:0:0:0:0:1]:80 age" },
		{ &local, " handler=unit peer=unix: age_ms=" },
		{ NULL, " error crash signal=SIGFPE thread=w??3?\n" },
	};
	struct crash crash = { .number = SIGFPE, .thread = true,
		.handler = &unit_handler, .format = THRONG_LOG_TEXT };
	char out[1024];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		crash.peer = rows[i].peer;
		run(&crash, out, sizeof(out));
		if (strstr(out, rows[i].want) == NULL)
			fail_msg("no %s in %s", rows[i].want, out);
		assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
		/* It began a second ago, and a busy machine takes its time. */
		if (crash.peer != NULL)
			assert_true(strtoul(strstr(out, "age_ms=") + 7, NULL,
			    10) >= 1000);
	}
}

static void
as_json(void **state)
{
	static const throng_handler odd = { .name = "a\"b\\c\x01" };
	struct crash crash = { .number = SIGBUS, .thread = true,
		.handler = &odd, .peer = &v6, .format = THRONG_LOG_JSON };
	char out[1024], got[64] = "";

	(void)state;
	run(&crash, out, sizeof(out));
	assert_null(json_wrong(out));
	json_text(out, "event", got, sizeof(got) - 1);
	assert_string_equal(got, "crash");
	memset(got, 0, sizeof(got));
	json_text(out, "handler", got, sizeof(got) - 1);
	assert_string_equal(got, "a?b?c?");
	memset(got, 0, sizeof(got));
	json_text(out, "peer", got, sizeof(got) - 1);
	assert_string_equal(got, "[2001:db8:0:0:0:0:0:1]:80");
}

/* Real faults: the line, and then the fault once more, for good. */
static void
faults(void **state)
{
	static void (*const rows[])(void) = { touch_nothing,
		run_out_of_stack };
	struct crash crash = { .number = SIGSEGV, .thread = true,
		.handler = &unit_handler, .peer = &v4 };
	char out[1024];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		crash.fault = rows[i];
		run(&crash, out, sizeof(out));
		if (strstr(out, "signal=SIGSEGV thread=w??3? handler=unit "
		    "peer=192.0.2.1:80 ") == NULL)
			fail_msg("%zu: %s", i, out);
		assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_signal),
		cmocka_unit_test(in_the_handler),
		cmocka_unit_test(as_json),
		cmocka_unit_test(faults),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
