/*
 * The command line, row by row: what it comes to, or that it is refused. And
 * the arguments that a report records.
 */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

#include "cmdline.h"
#include "replay.h"
#include "results.h"

#define WORDS 16

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(text) #text

/* Split a line at its spaces and parse it. */
static int
parse(const char *line, struct cmdline *o, int *status)
{
	static char room[512];
	char *words[WORDS + 1], *save;
	int n = 0;

	snprintf(room, sizeof(room), "throng-bench %s", line);
	for (char *w = strtok_r(room, " ", &save); w != NULL && n < WORDS;
	    w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	words[n] = NULL;
	return (cmdline_parse(n, words, o, status));
}

static void
test_defaults(void **state)
{
	struct cmdline o;
	int status;

	(void)state;
	assert_int_equal(parse("compare", &o, &status), 0);
	assert_int_equal(o.connections.count, 1);
	assert_true(o.connections.value[0] == 100);
	assert_true(o.rates_are_shares);
	assert_true(o.rates.value[0] == 25);
	assert_int_equal(o.blocks, 10);
	assert_int_equal(parse("run", &o, &status), 0);
	assert_int_equal(o.rates.count, 0);
	assert_int_equal(o.blocks, 1);
	assert_string_equal(o.handler, "echo");
	assert_int_equal(o.workers, 2);
	assert_int_equal(parse("tail", &o, &status), 0);
	assert_int_equal(o.workers, 16);
	assert_int_equal(o.loads.count, 2);
	assert_string_equal(o.handler, "work");
	assert_int_equal(parse("compare --churn", &o, &status), 0);
	assert_true(o.closed && o.rates.count == 0);
	/* A busy client is no fault where it keeps to no plan. */
	assert_true(isnan(o.gates.client));
	assert_int_equal(parse("run --rate 10", &o, &status), 0);
	assert_true(!isnan(o.gates.client));
}

static void
test_values(void **state)
{
	struct cmdline o;
	int status;

	(void)state;
	assert_int_equal(parse("compare --connections 1..1000:x10 --rate "
	    "10%,95% --service bimodal:0.9:50us:550us --duration 2s --seed 9",
	    &o, &status), 0);
	assert_int_equal(o.connections.count, 4);
	assert_true(near(o.connections.value[3], 1000, 0.01));
	assert_true(o.rates_are_shares);
	assert_int_equal(o.rates.count, 2);
	assert_string_equal(o.handler, "work");
	assert_int_equal(o.trial, 2000000000);
	assert_int_equal(o.seed, 9);
	assert_int_equal(parse("run --gate off --size 1K --reply 4K", &o,
	    &status), 0);
	assert_true(isnan(o.gates.steal) && isnan(o.gates.errors));
	assert_int_equal(o.size, 1024);
	assert_int_equal(o.reply_size, 4096);
	assert_int_equal(parse("compare --slo p99<5ms", &o, &status), 0);
	assert_true(o.closed && o.no_control);
	/* Its trials keep to a plan, so a busy client is a fault. */
	assert_true(!isnan(o.gates.client));
}

static void
test_refused(void **state)
{
	static const char *const lines[] = {
		"", "fly", "run --connections 0", "run --connections 1,",
		"run --connections 1,x", "run --depth 0", "run --depth 1025",
		"run --rate 0", "run --rate 10 --closed", "run --rate 5..1:x2",
		"run --frame json", "run --arrival never",
		"run --arrival closed", "run --choice me", "run --duration 5",
		"run --duration 0s", "run --service exp", "run --gate what<3%",
		"run --layout none", "run --netns maybe", "run --slo p99",
		"run --slo p99<5ms --rate 100", "run --expect x",
		"run --request x --service fixed:1us", "run limit",
		"run --size 0", "run --size 2G", "run --nonsense",
		"run --seed", "run --target =x", "run --target a=",
		"run --target limit --target limit",
		"run --active 200 --connections 100,50",
		"compare --connections 1,2 --capacity 1000", "run --capacity 0",
		"run --target no-such",
	};
	const char *accepted = NULL;
	struct cmdline o;
	int status, quiet = open("/dev/null", O_WRONLY), err = dup(2);

	(void)state;
	/* The lines that it prints are not for the test's log. */
	dup2(quiet, 2);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		status = -1;
		if (parse(lines[i], &o, &status) == 0 ||
		    status != CMDLINE_USAGE)
			accepted = lines[i];
	}
	dup2(err, 2);
	close(quiet);
	close(err);
	if (accepted != NULL)
		fail_msg("accepted: %s", accepted);
}

static void
test_targets(void **state)
{
	struct cmdline o;
	int status;

	(void)state;
	assert_int_equal(parse("run --target limit --target a=@limit --target "
	    "b=[::1]:80 --target 10.0.0.1:7 --target unix:/tmp/x --target "
	    "c=/bin/cat", &o, &status), 0);
	assert_int_equal(o.target_count, 6);
	assert_string_equal(o.targets[0].name, "limit");
	assert_string_equal(o.targets[0].command, "");
	assert_string_equal(o.targets[1].same_as, "limit");
	assert_string_equal(o.targets[2].address, "[::1]:80");
	assert_string_equal(o.targets[3].address, "10.0.0.1:7");
	assert_string_equal(o.targets[4].address, "unix:/tmp/x");
	assert_string_equal(o.targets[5].name, "c");
	assert_string_equal(o.targets[5].command, "/bin/cat");
}

/* Write a report that has these bytes, and read its arguments. */
static char **
replayed(const char *text, char **more, int *count)
{
	char path[] = "replay-XXXXXX";
	int fd = mkstemp(path);
	char **words;

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	words = replay_arguments(path, more, count);
	unlink(path);
	return (words);
}

static void
test_replay(void **state)
{
	static const char *const wrong[] = { "", "{}", "{\"arguments\": []}",
	    "{\"arguments\": [\"a\"]}", "{\"arguments\": [\"a\", \"b}",
	    "{\"arguments\": [\"a\", \"\\u12\"]}",
	    "{\"arguments\": [\"a\", \"replay\"]}" };
	char more[] = "--quiet", *list[] = { more, NULL };
	char **words;
	int n;

	(void)state;
	words = replayed("{\n \"arguments\": [\"throng-bench\", \"run\", "
	    "\"a \\\"b\\\" \\\\x41\\n\\u0001\"],\n}", list, &n);
	assert_non_null(words);
	assert_int_equal(n, 4);
	assert_string_equal(words[1], "run");
	assert_string_equal(words[2], "a \"b\" \\x41\n\001");
	assert_string_equal(words[3], "--quiet");
	assert_null(words[4]);
	replay_free(words);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(replayed(wrong[i], list, &n));
	assert_null(replay_arguments("/no/such/file", list, &n));
}

/* Rates that were shares of a capacity are replayed as they were. */
static void
test_replay_rates(void **state)
{
	static const char report[] = "{\"schema\": \"throng-bench\", "
	    "\"schema_version\": " TEXT_OF(RESULTS_SCHEMA) ", "
	    "\"arguments\": [\"throng-bench\", "
	    "\"compare\", \"--connections\", \"10,20\"], \"points\": ["
	    "{\"rate\": 250, \"load\": 0.25, \"connections\": 10}, "
	    "{\"rate\": 500, \"load\": 0.5, \"connections\": 10}, "
	    "{\"rate\": 200, \"load\": 0.25, \"connections\": 20}]}";
	char others[] = "--connections=5", *list[] = { NULL, NULL };
	char **words;
	struct cmdline o;
	int n, status;

	(void)state;
	words = replayed(report, list, &n);
	assert_non_null(words);
	assert_int_equal(n, 5);
	assert_string_equal(words[4], "--capacity=1000,800");
	assert_int_equal(cmdline_parse(n, words, &o, &status), 0);
	assert_int_equal(o.capacities.count, 2);
	assert_true(o.capacities.value[1] == 800);
	replay_free(words);
	/* With other connections, it has to be measured. */
	list[0] = others;
	words = replayed(report, list, &n);
	assert_non_null(words);
	assert_int_equal(n, 5);
	assert_string_equal(words[4], "--connections=5");
	replay_free(words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_replay_rates),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
