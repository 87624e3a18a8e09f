/*
 * The command line, right and wrong, and the addresses to listen on: what is
 * wrong gets one line that says so, and the exit status that tells why.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

#define ARGUMENTS 42

/* Run to the end: exit status, with what was printed in `d`. */
static struct daemon *
run(const char *const *arguments, size_t limit, int *status)
{
	struct daemon *d = daemon_spawn(arguments, limit);

	if (d == NULL)
		fail_msg("%s", support_why());
	must(daemon_wait(d, status));
	return (d);
}

static size_t
lines(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return (n);
}

/* One line on standard error with these words, and nothing else. */
static void
expect_refusal(const char *const *arguments, int want, const char *a,
    const char *b)
{
	char all[600] = "";
	struct daemon *d;
	size_t i, at = 0;
	int status;

	for (i = 0; arguments[i] != NULL && at < sizeof(all); i++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, " %.60s",
		    arguments[i]);
	d = run(arguments, 0, &status);
	if (status != want)
		fail_msg("%s: exit status %d instead of %d: %s", all, status,
		    want, daemon_errors(d));
	if (lines(daemon_errors(d)) != 1)
		fail_msg("%s: not one line: %s", all, daemon_errors(d));
	if (strstr(daemon_errors(d), a) == NULL ||
	    strstr(daemon_errors(d), b) == NULL)
		fail_msg("%s: without %s or %s: %s", all, a, b,
		    daemon_errors(d));
	if (daemon_output(d)[0] != '\0')
		fail_msg("%s: standard output: %s", all, daemon_output(d));
	daemon_free(d);
}

static void
wrong_values(void **state)
{
	/* Option, value, and a word of what is allowed. */
	static const char *const rows[][3] = {
		{ "--frame", "xml", "netstring" },
		{ "--frame", "", "netstring" },
		{ "--frame", "LINE", "line" },
		{ "--handler", "nobody", "echo" },
		{ "--handler", "", "echo" },
		{ "--mode", "fork", "thread" },
		{ "--mode", "pools", "pool" },
		{ "--accept", "maybe", "spread" },
		{ "--workers", "0", "1" },
		{ "--workers", "-1", "1" },
		{ "--workers", "+4", "1" },
		{ "--workers", "many", "1" },
		{ "--workers", "4x", "1" },
		{ "--workers", "", "1" },
		{ "--workers", "1.5", "1" },
		{ "--workers", "4294967297", "1" },
		{ "--workers", "99999999999999999999999", "1" },
		{ "--reactors", "0", "1" },
		{ "--reactors", "-2", "1" },
		{ "--reactors", "1000000000", "1" },
		{ "--max-frame", "0", "64M" },
		{ "--max-frame", "65M", "64M" },
		{ "--max-frame", "67108865", "64M" },
		{ "--max-frame", "4G", "64M" },
		{ "--max-frame", "1X", "64M" },
		{ "--max-frame", "-1", "64M" },
		{ "--max-frame", "1 M", "64M" },
		{ "--max-connections", "-5", "" },
		{ "--max-connections", "lots", "" },
		{ "--backlog", "0", "1" },
		{ "--backlog", "-1", "1" },
		{ "--backlog", "x", "1" },
		{ "--log-level", "loud", "debug" },
		{ "--log-level", "WARN", "warn" },
		{ "--log-format", "xml", "json" },
		{ "--drain-timeout", "5", "" },
		{ "--drain-timeout", "-1s", "" },
		{ "--drain-timeout", "5min", "" },
		{ "--drain-timeout", "soon", "" },
		{ "--drain-timeout", "99999999999s", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const two[] = { rows[i][0], rows[i][1], NULL };
		const char *const right_before[] = { "--listen",
			"127.0.0.1:0", rows[i][0], rows[i][1], NULL };
		char joined[100];
		const char *const one[] = { joined, NULL };

		snprintf(joined, sizeof(joined), "%s=%s", rows[i][0],
		    rows[i][1]);
		expect_refusal(two, 2, rows[i][0], rows[i][1]);
		expect_refusal(two, 2, rows[i][0], rows[i][2]);
		expect_refusal(one, 2, rows[i][0], rows[i][1]);
		expect_refusal(right_before, 2, rows[i][0], rows[i][1]);
	}
}

static void
wrong_lines(void **state)
{
	static const char *const rows[][4] = {
		{ "--bogus", NULL },
		{ "--bogus=1", NULL },
		{ "--work", "4", "4", NULL },
		{ "-x", NULL },
		{ "-", NULL },
		{ "extra", NULL },
		{ "--workers", NULL },
		{ "--listen", NULL },
		{ "--help=yes", NULL },
		{ "--version=1", NULL },
		{ "--", "extra", NULL },
		{ "", NULL },
		{ "8000", NULL },
		{ "--workers", "4", "surplus", NULL },
		{ "--output-soft", "2M", NULL },
	};
	/* The part of the line that is at fault. */
	static const char *const words[] = { "--bogus", "--bogus", "4", "x",
		"-", "extra", "--workers", "--listen", "help", "version",
		"extra", "", "8000", "surplus",
		"--output-hard 1M: less than --output-soft 2M" };
	const char *many[ARGUMENTS];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_refusal(rows[i], 2, words[i], "");
	for (i = 0; i < 34; i++)
		many[i] = i % 2 ? "127.0.0.1:0" : "--listen";
	many[34] = NULL;
	expect_refusal(many, 2, "--listen", "16");
}

/* Whatever a user types, it does not spoil the terminal. */
static void
hostile_values(void **state)
{
	static const char *const rows[] = { "\x1b[2J", "a\nb", "\xff\xfe",
		"%s%s%n" };
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const arguments[] = { "--frame", rows[i], NULL };
		struct daemon *d;
		const char *text;
		int status;

		d = run(arguments, 0, &status);
		assert_int_equal(status, 2);
		text = daemon_errors(d);
		assert_int_equal(lines(text), 1);
		for (at = 0; text[at] != '\0'; at++)
			if ((unsigned char)text[at] < ' ' && text[at] != '\n')
				fail_msg("a control byte in: %s", text);
		daemon_free(d);
	}
}

static void
help(void **state)
{
	static const char *const words[] = { "--listen", "--handler",
		"--frame", "--mode", "--workers", "--reactors", "--max-frame",
		"--max-connections", "--max-connections-per-source",
		"--accept-rate-per-source", "--memory-budget",
		"--backlog", "--log-level",
		"--log-format", "--drain-timeout", "--help", "--version",
		"127.0.0.1:8000", "line", "raw", "len32", "len16",
		"netstring", "pool", "thread", "inline", "hello", "echo", "reverse",
		"greet", "work" };
	const char *const arguments[] = { "--help", NULL };
	struct daemon *d;
	int status;
	size_t i;

	(void)state;
	d = run(arguments, 0, &status);
	assert_int_equal(status, 0);
	assert_string_equal(daemon_errors(d), "");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(daemon_output(d), words[i]) == NULL)
			fail_msg("--help does not name %s", words[i]);
	daemon_free(d);
}

static void
version(void **state)
{
	const char *const arguments[] = { "--version", NULL };
	struct daemon *d;
	int status;

	(void)state;
	d = run(arguments, 0, &status);
	assert_int_equal(status, 0);
	assert_string_equal(daemon_errors(d), "");
	assert_int_equal(lines(daemon_output(d)), 1);
	assert_non_null(strstr(daemon_output(d), throng_version()));
	daemon_free(d);
}

/* Run "throngd" with these words by the shell. */
static struct daemon *
spawn_by_shell(const char *words)
{
	const char *program = getenv("THRONGD");
	char line[4200], before[4096];
	const char *const arguments[] = { line, NULL };
	struct daemon *d;

	snprintf(before, sizeof(before), "%s", program ? program :
	    "./throngd");
	snprintf(line, sizeof(line), "exec %s %s", before, words);
	setenv("THRONGD", "sh -c", 1);
	d = daemon_spawn(arguments, 0);
	setenv("THRONGD", before, 1);
	if (d == NULL)
		fail_msg("%s", support_why());
	return (d);
}

static void
expect_null(const struct daemon *d, int fd)
{
	char path[64], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)daemon_pid(d),
	    fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	assert_string_equal(target, "/dev/null");
}

/* Started without a standard descriptor, the daemon gives its number to
 * nothing else, and serves. */
static void
closed_descriptors(void **state)
{
	static const char *const closings[] = { "<&-", "2>&-", "<&- 2>&-" };
	char words[64];
	struct daemon *d;
	struct caller *c;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(closings) / sizeof(closings[0]); i++) {
		snprintf(words, sizeof(words), "--listen 127.0.0.1:0 %s",
		    closings[i]);
		d = spawn_by_shell(words);
		must(daemon_ready(d, 1));
		if (strchr(closings[i], '<') != NULL)
			expect_null(d, 0);
		if (strchr(closings[i], '2') != NULL)
			expect_null(d, 2);
		c = caller_open(daemon_address(d, 0), THRONG_FRAME_LINE);
		assert_non_null(c);
		must(caller_request(c, "zack", 4));
		must(caller_expect(c, "Hello ZACK", 10));
		caller_close(c);
		daemon_signal(d, SIGTERM);
		must(daemon_wait(d, &status));
		assert_int_equal(status, 0);
		daemon_free(d);
	}
}

/* What cannot be printed is not held to have been. */
static void
full_output(void **state)
{
	static const char *const rows[] = { "--help", "--version", "--check" };
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	char words[64];
	struct daemon *d;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(words, sizeof(words), "%s >/dev/full", rows[i]);
		d = spawn_by_shell(words);
		must(daemon_wait(d, &status));
		assert_int_equal(status, 1);
		assert_non_null(strstr(daemon_errors(d),
		    ": standard output: No space left on device\n"));
		daemon_free(d);
	}
	/* It serves even so; who waits for the address is told why. */
	d = spawn_by_shell("--listen 127.0.0.1:0 >/dev/full");
	while (strstr(daemon_errors(d), " warn standard-output reason=\"No "
	    "space left on device\"") == NULL)
		assert_true(support_turn(deadline));
	daemon_signal(d, SIGTERM);
	must(daemon_wait(d, &status));
	assert_int_equal(status, 0);
	daemon_free(d);
}

/* A limit above what the machine gives is a wrong command line. */
static void
more_than_descriptors(void **state)
{
	const char *const arguments[] = { "--listen", "127.0.0.1:0",
		"--max-connections", "1000", NULL };
	struct daemon *d = daemon_spawn(arguments, 80);
	int status;

	(void)state;
	assert_non_null(d);
	must(daemon_wait(d, &status));
	assert_int_equal(status, 2);
	assert_string_equal(daemon_output(d), "");
	assert_int_equal(lines(daemon_errors(d)), 1);
	assert_non_null(strstr(daemon_errors(d), ": --max-connections 1000: "
	    "not a number from 1 to 56, which is what the limit of 80 open "
	    "descriptors leaves\n"));
	daemon_free(d);
}

/* Without the option the limit comes from the descriptors, and is said. */
static void
default_from_descriptors(void **state)
{
	const char *const arguments[] = { "--listen", "127.0.0.1:0", NULL };
	struct daemon *d = daemon_spawn(arguments, 200);
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	const char *at;

	(void)state;
	assert_non_null(d);
	must(daemon_ready(d, 1));
	/* The log has a thread of its own. */
	do
		at = strstr(daemon_errors(d), "max_connections=");
	while (at == NULL && support_turn(deadline));
	assert_non_null(at);
	assert_in_range(strtoul(at + 16, NULL, 10), 50, 199);
	daemon_free(d);
}

/* As the README begins: no option at all, one line, one answer. */
static void
defaults(void **state)
{
	const char *const arguments[] = { NULL };
	struct daemon *d = daemon_spawn(arguments, 0);
	struct caller *c;
	int status;

	(void)state;
	assert_non_null(d);
	if (daemon_ready(d, 1) != 0) {
		must(daemon_wait(d, &status));
		assert_int_equal(status, 1);
		assert_non_null(strstr(daemon_errors(d), "127.0.0.1:8000"));
		daemon_free(d);
		print_message("port 8000 is taken\n");
		skip();
	}
	assert_string_equal(daemon_address(d, 0), "127.0.0.1:8000");
	if ((c = caller_open("127.0.0.1:8000", THRONG_FRAME_LINE)) == NULL)
		fail_msg("%s", support_why());
	must(caller_request(c, "zack", 4));
	must(caller_expect(c, "Hello ZACK", 10));
	caller_close(c);
	daemon_signal(d, SIGTERM);
	must(daemon_wait(d, &status));
	assert_int_equal(status, 0);
	assert_string_equal(daemon_output(d), "listening on 127.0.0.1:8000\n");
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
		cmocka_unit_test_teardown(wrong_values, clean_up),
		cmocka_unit_test_teardown(wrong_lines, clean_up),
		cmocka_unit_test_teardown(hostile_values, clean_up),
		cmocka_unit_test_teardown(help, clean_up),
		cmocka_unit_test_teardown(version, clean_up),
		cmocka_unit_test_teardown(closed_descriptors, clean_up),
		cmocka_unit_test_teardown(full_output, clean_up),
		cmocka_unit_test_teardown(more_than_descriptors, clean_up),
		cmocka_unit_test_teardown(default_from_descriptors, clean_up),
		cmocka_unit_test_teardown(defaults, clean_up),
	};

	return (cmocka_run_group_tests_name("server_options", tests, NULL,
	    NULL));
}
