/*
 * What the daemon says while it serves: one line an event, levels, two
 * formats, client bytes escaped in both, and a last line that sums up.
 */
#include <ctype.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caller.h"
#include "daemon.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

static const char *const models[] = { "pool", "thread", "inline" };

/* What a hostile client would like to see in a log. */
static const char hostile[] = "\x1b[31mred\x07\r\"quoted\" \\back\\ {\"a\":1} "
    "\x7f\x80\xff\xc3\xa9\0end\twith=equals \xe2\x80\xae" "reversed";

static struct daemon *
serve(const char *model, const char *level, const char *format)
{
	const char *const arguments[] = { "--listen", "127.0.0.1:0",
		"--handler", "echo", "--frame", "len32", "--mode", model,
		"--log-level", level, "--log-format", format, NULL };
	struct daemon *d = daemon_start(arguments, 1);

	if (d == NULL)
		fail_msg("%s", support_why());
	return (d);
}

/* One client, three requests; then, when it is seen to have left, the end. */
static void
talk(struct daemon *d, bool told)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	struct caller *c = caller_open(daemon_address(d, 0),
	    THRONG_FRAME_LEN32);
	int status;

	if (c == NULL)
		fail_msg("%s", support_why());
	must(caller_request(c, hostile, sizeof(hostile) - 1));
	must(caller_expect(c, hostile, sizeof(hostile) - 1));
	must(caller_request(c, "", 0));
	must(caller_expect(c, "", 0));
	must(caller_request(c, "plain-words", 11));
	must(caller_expect(c, "plain-words", 11));
	must(caller_finish(c));
	must(caller_expect_end(c));
	caller_close(c);
	while (told && strstr(daemon_errors(d), "closed") == NULL)
		if (!support_turn(deadline))
			fail_msg("not told: %s", daemon_errors(d));
	daemon_signal(d, SIGTERM);
	must(daemon_wait(d, &status));
	assert_int_equal(status, 0);
}

static size_t
count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return (n);
}

/* Nothing but printable ASCII and whole lines. */
static void
expect_printable(const char *text)
{
	size_t i;

	assert_int_equal(text[strlen(text) - 1], '\n');
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] != '\n' && !isprint((unsigned char)text[i]))
			fail_msg("byte %02x in the log, before: %.60s",
			    (unsigned char)text[i], text + i + 1);
}

/* A JSON string at *at, past it on return. */
static int
json_string(const char **at)
{
	const char *p = *at;

	if (*p++ != '"')
		return (-1);
	for (; *p != '"'; p++) {
		if ((unsigned char)*p < ' ')
			return (-1);
		if (*p != '\\')
			continue;
		if (*++p == 'u') {
			for (int i = 0; i < 4; i++)
				if (!isxdigit((unsigned char)*++p))
					return (-1);
		} else if (*p == '\0' || strchr("\"\\/bfnrt", *p) == NULL)
			return (-1);
	}
	*at = p + 1;
	return (0);
}

/* One flat object of strings and numbers (RFC 8259), up to the line's end. */
static int
json_line(const char **at)
{
	const char *p = *at;

	if (*p++ != '{')
		return (-1);
	do {
		if (json_string(&p) || *p++ != ':')
			return (-1);
		if (*p == '"') {
			if (json_string(&p))
				return (-1);
		} else {
			if (*p == '-')
				p++;
			if (!isdigit((unsigned char)*p))
				return (-1);
			while (isdigit((unsigned char)*p) || *p == '.')
				p++;
		}
	} while (*p++ == ',');
	if (p[-1] != '}' || *p != '\n')
		return (-1);
	*at = p + 1;
	return (0);
}

static void
expect_json(const char *text)
{

	while (*text != '\0') {
		const char *line = text;

		if (json_line(&text) != 0)
			fail_msg("not a JSON object: %.200s", line);
	}
}

static void
text_lines(void **state)
{
	struct daemon *d;
	const char *text;
	char peer[64];
	size_t m;

	(void)state;
	for (m = 0; m < 2; m++) {
		d = serve(models[m], "debug", "text");
		talk(d, true);
		text = daemon_errors(d);
		expect_printable(text);
		/* Client bytes are there, but not as they came. */
		assert_non_null(strstr(text, "plain-words"));
		assert_non_null(strstr(text, "quoted"));
		assert_null(strstr(text, "\"quoted\" \\back\\ {"));
		assert_null(strstr(text, "\nred"));
		/* The peer is named when it comes and when it goes. */
		snprintf(peer, sizeof(peer), "=127.0.0.1:");
		assert_true(count(text, peer) >= 2);
		daemon_free(d);
	}
}

static void
json_lines(void **state)
{
	struct daemon *d;
	const char *text, *last;
	size_t m;

	(void)state;
	for (m = 0; m < 2; m++) {
		d = serve(models[m], "debug", "json");
		talk(d, true);
		text = daemon_errors(d);
		expect_printable(text);
		expect_json(text);
		assert_non_null(strstr(text, "plain-words"));
		assert_non_null(strstr(text, "127.0.0.1:"));
		for (last = text + strlen(text) - 1; last > text &&
		    last[-1] != '\n'; last--)
			;
		assert_non_null(strstr(last, "\"connections\":1,"));
		assert_non_null(strstr(last, "\"requests\":3,"));
		assert_non_null(strstr(last, "\"replies\":3,"));
		daemon_free(d);
	}
}

/* Each level says what the one before it says, and more. */
static void
levels(void **state)
{
	static const char *const names[] = { "error", "warn", "info",
		"debug" };
	size_t m, i, lines[4];

	(void)state;
	for (m = 0; m < 2; m++) {
		for (i = 0; i < 4; i++) {
			struct daemon *d = serve(models[m], names[i], "text");

			talk(d, i >= 2);
			lines[i] = count(daemon_errors(d), "\n");
			if (i < 3)
				assert_null(strstr(daemon_errors(d),
				    "plain-words"));
			if (i < 2)
				assert_null(strstr(daemon_errors(d),
				    "=127.0.0.1:"));
			daemon_free(d);
		}
		assert_true(lines[0] >= 1);
		assert_int_equal(lines[1], lines[0]);
		/* It came and went. */
		assert_true(lines[2] >= lines[1] + 2);
		/* Three requests and three replies. */
		assert_true(lines[3] >= lines[2] + 6);
	}
}

/* Both modes say the same, but for times, ports and counts of batches. */
static void
the_same_in_both_modes(void **state)
{
	char events[2][2000];
	size_t m;

	(void)state;
	for (m = 0; m < 2; m++) {
		struct daemon *d = serve(models[m], "debug", "text");
		const char *at, *end;
		char *out = events[m];

		talk(d, true);
		for (at = daemon_errors(d); (end = strchr(at, '\n')) != NULL;
		    at = end + 1) {
			/* "time level event ...": the second and third. */
			char level[20] = "", event[60] = "";

			assert_int_equal(sscanf(at, "%*s %19s %59s", level,
			    event), 2);
			if (out - events[m] < 1900)
				out += sprintf(out, "%s %s\n", level, event);
		}
		daemon_free(d);
	}
	assert_string_equal(events[0], events[1]);
}

static void
summary(void **state)
{
	static const char *const keys[] = { "connections", "requests",
		"replies", "refused", "oversize", "invalid", "failed",
		"dropped_gone", "dropped_partial", "dropped_closing",
		"dropped_stopping", "accept_paused", "batches" };
	static const uint64_t values[] = { 1, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0,
		0 };
	uint64_t value;
	size_t m, i;

	(void)state;
	for (m = 0; m < 2; m++) {
		struct daemon *d = serve(models[m], "error", "text");

		talk(d, false);
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			must(daemon_summary(d, keys[i], &value));
			if (i < sizeof(values) / sizeof(values[0]) &&
			    value != values[i])
				fail_msg("%s=%llu", keys[i],
				    (unsigned long long)value);
		}
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(text_lines, clean_up),
		cmocka_unit_test_teardown(json_lines, clean_up),
		cmocka_unit_test_teardown(levels, clean_up),
		cmocka_unit_test_teardown(the_same_in_both_modes, clean_up),
		cmocka_unit_test_teardown(summary, clean_up),
	};

	return (cmocka_run_group_tests_name("server_log", tests, NULL, NULL));
}
