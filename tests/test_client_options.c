/* The client's command line: what is taken, and what is said of the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/options.h"
#include "clock.h"

#define WORDS_MAX 80

/* Parse a line cut at its spaces, "throng" put before it. */
static enum options_action
parse(const char *line, struct options *options, char *why, size_t size)
{
	static char copy[1024], *words[WORDS_MAX + 1];
	int count = 0;
	char *word;

	snprintf(copy, sizeof(copy), "throng %s", line);
	for (word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	return (options_parse(count, words, options, why, size));
}

static void
defaults(void **state)
{
	struct options o;
	char why[256];

	(void)state;
	assert_int_equal(parse("h:1", &o, why, sizeof(why)), OPTIONS_RUN);
	assert_int_equal(o.framing, THRONG_FRAME_LINE);
	assert_int_equal(o.split, LINES_EACH);
	assert_int_equal(o.connections, 1);
	assert_int_equal(o.window, 256);
	assert_int_equal(o.retries, 0);
	assert_int_equal(o.connect_timeout, 5 * CLOCK_S);
	assert_int_equal(o.timeout, 30 * CLOCK_S);
	assert_int_equal(o.max_frame, 1 << 20);
	assert_int_equal(o.servers, 1);
	assert_string_equal(o.addresses[0], "h:1");
}

static void
everything(void **state)
{
	struct options o;
	char why[256];

	(void)state;
	assert_int_equal(parse("a:1 --frame len32 --split none [::1]:2 "
	    "--connections 256 --connect-timeout 1ms --timeout 86400s "
	    "--retry 1000 --window 4096 --max-frame 64M unix:/x", &o, why,
	    sizeof(why)), OPTIONS_RUN);
	assert_int_equal(o.framing, THRONG_FRAME_LEN32);
	assert_int_equal(o.split, LINES_NONE);
	assert_int_equal(o.connections, 256);
	assert_int_equal(o.window, 4096);
	assert_int_equal(o.retries, 1000);
	assert_int_equal(o.connect_timeout, CLOCK_MS);
	assert_int_equal(o.timeout, 86400 * CLOCK_S);
	assert_int_equal(o.max_frame, 64 << 20);
	assert_int_equal(o.servers, 3);
	assert_string_equal(o.addresses[2], "unix:/x");
	assert_int_equal(parse("--frame raw -- h:1", &o, why, sizeof(why)),
	    OPTIONS_RUN);
	assert_int_equal(o.framing, THRONG_FRAME_RAW);
	/* All units that the manual names. */
	assert_int_equal(parse("--timeout 1.5m --connect-timeout 24h "
	    "--max-frame 3K h:1", &o, why, sizeof(why)), OPTIONS_RUN);
	assert_int_equal(o.timeout, 90 * CLOCK_S);
	assert_int_equal(o.connect_timeout, 86400 * CLOCK_S);
	assert_int_equal(o.max_frame, 3072);
	assert_int_equal(parse("--timeout 1000us --max-frame 0G h:1", &o, why,
	    sizeof(why)), OPTIONS_WRONG);
	assert_string_equal(why, "--max-frame: '0G' is not a size from 1 to "
	    "64M");
	/* The last one counts. */
	assert_int_equal(parse("--window 3 --window 4 h:1", &o, why,
	    sizeof(why)), OPTIONS_RUN);
	assert_int_equal(o.window, 4);
}

static void
help_and_version(void **state)
{
	struct options o;
	char why[256];

	(void)state;
	assert_int_equal(parse("--help", &o, why, sizeof(why)), OPTIONS_HELP);
	assert_int_equal(parse("--version", &o, why, sizeof(why)),
	    OPTIONS_VERSION);
}

/* Each line is wrong, and what is said of it names option and value. */
static void
wrong(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "", "ADDRESS is missing" },
		{ "--window 3", "ADDRESS is missing" },
		{ "x", "x: not host:port" },
		{ "h:1 ::1:80", "::1:80: an IPv6 address needs brackets" },
		{ "h:65536", "h:65536: the port" },
		{ "--frame morse h:1", "--frame: 'morse' is not line, raw," },
		{ "--split words h:1", "--split: 'words' is not lines or" },
		{ "--connections 0 h:1", "--connections: '0' is not" },
		{ "--connections 257 h:1", "--connections: '257' is not" },
		{ "--connections -1 h:1", "--connections: '-1' is not" },
		{ "--window 0 h:1", "--window: '0' is not a number from 1" },
		{ "--window 4097 h:1", "--window: '4097' is not" },
		{ "--window 1x h:1", "--window: '1x' is not" },
		{ "--retry 1001 h:1", "--retry: '1001' is not" },
		{ "--timeout 5 h:1", "--timeout: '5' is not a time" },
		{ "--timeout 0s h:1", "--timeout: '0s' is not a time" },
		{ "--timeout 86401s h:1", "--timeout: '86401s' is not" },
		{ "--connect-timeout 1us h:1", "--connect-timeout: '1us'" },
		{ "--max-frame 0 h:1", "--max-frame: '0' is not a size" },
		{ "--max-frame 65M h:1", "--max-frame: '65M' is not" },
		{ "--max-frame=1T h:1", "--max-frame: '1T' is not" },
		{ "h:1 --retry", "--retry: a value is missing" },
		{ "--help=3", "--help: takes no value" },
		{ "h:1 --bad i:2", "--bad: there is no such option" },
		{ "--bad=3 h:1", "--bad=3: there is no such option" },
		{ "--con 3 h:1", "--con: more than one option begins so (see" },
		{ "--m 3 h:1 --w=3 --connect=5s", "--connect=5s: more than" },
		{ "-x h:1", "-x: there is no such option" },
		{ "--split none h:1", "--split none: --frame line" },
		{ "--split none --frame raw h:1", "--split none: --frame r" },
	};
	struct options o;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parse(rows[i].line, &o, why, sizeof(why)) !=
		    OPTIONS_WRONG)
			fail_msg("'%s' was taken", rows[i].line);
		if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("'%s': %s", rows[i].line, why);
		assert_null(strchr(why, '\n'));
	}
}

static void
too_many_servers(void **state)
{
	char line[1024] = "", why[256];
	struct options o;

	(void)state;
	for (int i = 0; i < OPTIONS_SERVERS_MAX; i++)
		strncat(line, "h:1 ", sizeof(line) - strlen(line) - 1);
	assert_int_equal(parse(line, &o, why, sizeof(why)), OPTIONS_RUN);
	assert_int_equal(o.servers, OPTIONS_SERVERS_MAX);
	strncat(line, "h:1", sizeof(line) - strlen(line) - 1);
	assert_int_equal(parse(line, &o, why, sizeof(why)), OPTIONS_WRONG);
	assert_non_null(strstr(why, "at most 64"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(everything),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(wrong),
		cmocka_unit_test(too_many_servers),
	};

	return (cmocka_run_group_tests_name("client_options", tests, NULL,
	    NULL));
}
