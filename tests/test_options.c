/* Command lines: what is taken, what is refused and in which words. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "option_row.h"
#include "options.h"

static const throng_handler second = { .name = "second" };
static const throng_handler *const handlers[] = { &unit_handler, &second,
	NULL };

#define ARGS_MAX 24

/* One command line, read: what came of it and what was printed. */
struct outcome {
	struct options options;
	enum options_result result;
	char *out, *err;
	char line[1024]; /* the options point into it */
};

/* Words are separated by single blanks; the program's name is put in front. */
static void
read_line(struct outcome *o, const char *words)
{
	static char program[] = "/usr/sbin/throngd";
	char *at;
	char *argv[ARGS_MAX + 1] = { program };
	size_t out_size, err_size;
	FILE *out = open_memstream(&o->out, &out_size);
	FILE *err = open_memstream(&o->err, &err_size);
	int argc = 1;

	assert_true(out != NULL && err != NULL);
	snprintf(o->line, sizeof(o->line), "%s", words);
	for (at = o->line; *words != '\0' && at != NULL && argc < ARGS_MAX;) {
		argv[argc++] = at;
		if ((at = strchr(at, ' ')) != NULL)
			*at++ = '\0';
	}
	/* getopt would go on within the last word of the line before. */
	optind = 0;
	(void)getopt(1, argv, "");
	o->result = options_parse(argc, argv, handlers, &o->options, out, err);
	fclose(out);
	fclose(err);
}

static void
forget(struct outcome *o)
{

	free(o->out);
	free(o->err);
}

#define FIELD(name) \
	offsetof(throng_config, name), sizeof(((throng_config *)NULL)->name)

static const struct good {
	const char *words;
	size_t offset, size;
	uint64_t want;
} goods[] = {
	{ "", FIELD(workers), 4 },
	{ "--workers 1", FIELD(workers), 1 },
	{ "--workers=1024", FIELD(workers), 1024 },
	{ "--workers 3 --workers 5", FIELD(workers), 5 },
	{ "--reactors 64", FIELD(reactors), 64 },
	{ "--frame line", FIELD(framing), THRONG_FRAME_LINE },
	{ "--frame raw", FIELD(framing), THRONG_FRAME_RAW },
	{ "--frame len32", FIELD(framing), THRONG_FRAME_LEN32 },
	{ "--frame len16", FIELD(framing), THRONG_FRAME_LEN16 },
	{ "--frame netstring", FIELD(framing), THRONG_FRAME_NETSTRING },
	{ "--mode pool", FIELD(mode), THRONG_MODE_POOL },
	{ "--mode thread", FIELD(mode), THRONG_MODE_THREAD },
	{ "--mode inline", FIELD(mode), THRONG_MODE_INLINE },
	{ "--accept spread", FIELD(accept), THRONG_ACCEPT_SPREAD },
	{ "--accept shared", FIELD(accept), THRONG_ACCEPT_SHARED },
	{ "--max-frame 1", FIELD(max_frame), 1 },
	{ "--max-frame 64M", FIELD(max_frame), 64u << 20 },
	{ "--max-frame 65536K", FIELD(max_frame), 64u << 20 },
	{ "--max-reply 1G", FIELD(max_reply), 1u << 30 },
	{ "--max-connections 10000000", FIELD(max_connections), 10000000 },
	{ "", FIELD(max_connections), 0 },
	{ "", FIELD(max_per_source), 0 },
	{ "--max-connections-per-source 1", FIELD(max_per_source), 1 },
	{ "--max-connections-per-source 10000000", FIELD(max_per_source),
	    10000000 },
	{ "", FIELD(accept_rate), 0 },
	{ "--accept-rate-per-source 1", FIELD(accept_rate), 1 },
	{ "--accept-rate-per-source 1000000", FIELD(accept_rate), 1000000 },
	{ "", FIELD(memory_budget), 0 },
	{ "--memory-budget 1M", FIELD(memory_budget), 1u << 20 },
	{ "--memory-budget 20G", FIELD(memory_budget), 20ull << 30 },
	{ "--backlog 1", FIELD(backlog), 1 },
	{ "--backlog 65535", FIELD(backlog), 65535 },
	{ "--stack-size 64K", FIELD(stack_size), 65536 },
	{ "--stack-size 1G", FIELD(stack_size), 1u << 30 },
	{ "--drain-timeout 0s", FIELD(drain_ms), 0 },
	{ "--drain-timeout 1500ms", FIELD(drain_ms), 1500 },
	{ "--drain-timeout 1.5s", FIELD(drain_ms), 1500 },
	{ "--drain-timeout 3600s", FIELD(drain_ms), 3600000 },
	{ "--first-frame-timeout 1ms", FIELD(first_frame_ms), 1 },
	{ "--first-frame-timeout 24h", FIELD(first_frame_ms), 86400000 },
	{ "--frame-timeout 1ms", FIELD(frame_ms), 1 },
	{ "--frame-timeout 24h", FIELD(frame_ms), 86400000 },
	{ "--idle-timeout 1ms", FIELD(idle_ms), 1 },
	{ "--idle-timeout 24h", FIELD(idle_ms), 86400000 },
	{ "--half-close-timeout 1ms", FIELD(half_close_ms), 1 },
	{ "--half-close-timeout 24h", FIELD(half_close_ms), 86400000 },
	{ "--write-timeout 1ms", FIELD(write_ms), 1 },
	{ "--write-timeout 24h", FIELD(write_ms), 86400000 },
	{ "--idle-timeout 1.5m", FIELD(idle_ms), 90000 },
	{ "--min-rate 1", FIELD(min_rate), 1 },
	{ "--min-rate 1G", FIELD(min_rate), 1u << 30 },
	{ "--output-soft 4K", FIELD(output_soft), 4096 },
	{ "--output-soft 1M", FIELD(output_soft), 1u << 20 },
	{ "--output-hard 256K", FIELD(output_hard), 256u << 10 },
	{ "--output-hard 1G", FIELD(output_hard), 1u << 30 },
	{ "--queue-limit 7", FIELD(queue_limit), 7 },
	{ "", FIELD(queue_limit), 0 },
	{ "--queue-age 250ms", FIELD(queue_age_ms), 250 },
	{ "", FIELD(queue_age_ms), 5000 },
	{ "--request-timeout 1s", FIELD(request_ms), 1000 },
	{ "", FIELD(request_ms), 30000 },
	{ "--stuck-after 1ms", FIELD(stuck_ms), 1 },
	{ "--stuck-after 86400s", FIELD(stuck_ms), 86400000 },
	{ "", FIELD(stuck_ms), 2000 },
	{ "--log-level error", FIELD(log_level), THRONG_LOG_ERROR },
	{ "--log-level warn", FIELD(log_level), THRONG_LOG_WARN },
	{ "--log-level info", FIELD(log_level), THRONG_LOG_INFO },
	{ "--log-level debug", FIELD(log_level), THRONG_LOG_DEBUG },
	{ "--log-format text", FIELD(log_format), THRONG_LOG_TEXT },
	{ "--log-format json", FIELD(log_format), THRONG_LOG_JSON },
	{ "--listen 127.0.0.1:0 --listen [::1]:9 --listen unix:/x",
	    FIELD(listen_count), 3 },
};

static uint64_t
field(const throng_config *config, size_t offset, size_t size)
{
	unsigned narrow;
	size_t wide;

	if (size == sizeof(narrow)) {
		memcpy(&narrow, (const char *)config + offset, size);
		return (narrow);
	}
	assert_int_equal(size, sizeof(wide));
	memcpy(&wide, (const char *)config + offset, size);
	return (wide);
}

static void
taken(void **state)
{
	throng_config defaults;
	struct outcome o;

	(void)state;
	throng_config_init(&defaults);
	for (size_t i = 0; i < UNIT_COUNT(goods); i++) {
		const struct good *g = &goods[i];

		read_line(&o, g->words);
		if (o.result != OPTIONS_SERVE)
			fail_msg("%s: %s", g->words, o.err);
		assert_string_equal(o.out, "");
		assert_string_equal(o.err, "");
		assert_int_equal(field(&o.options.config, g->offset, g->size),
		    g->want);
		assert_ptr_equal(o.options.handler, &unit_handler);
		/* Nothing else has changed. */
		memcpy((char *)&o.options.config + g->offset,
		    (char *)&defaults + g->offset, g->size);
		memset(o.options.config.listen, 0,
		    sizeof(o.options.config.listen));
		assert_memory_equal(&o.options.config, &defaults,
		    sizeof(defaults));
		forget(&o);
	}
}

/* Each at the ends of its range, which only both together can be. */
static void
output_pair(void **state)
{
	static const char *const lines[] = {
		"--output-soft 4K --output-hard 4K",
		"--output-soft 1G --output-hard 1G",
		"--output-hard 1G --output-soft 1G",
	};
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(lines); i++) {
		read_line(&o, lines[i]);
		assert_int_equal(o.result, OPTIONS_SERVE);
		assert_int_equal(o.options.config.output_hard,
		    i == 0 ? 4096 : 1u << 30);
		assert_int_equal(o.options.config.output_soft,
		    i == 0 ? 4096 : 1u << 30);
		assert_string_equal(o.options.program, "throngd");
		forget(&o);
	}
}

static void
listens(void **state)
{
	struct outcome o;

	(void)state;
	read_line(&o, "--listen 127.0.0.1:0 --listen [::1]:9 --listen unix:/x");
	assert_string_equal(o.options.config.listen[0], "127.0.0.1:0");
	assert_string_equal(o.options.config.listen[1], "[::1]:9");
	assert_string_equal(o.options.config.listen[2], "unix:/x");
	forget(&o);
}

/* The line that is printed, behind "throngd: ". */
static const char *const bads[][2] = {
	{ "--workers 0", "--workers 0: not a number from 1 to 1024" },
	{ "--workers 1025", "--workers 1025: not a number from 1 to 1024" },
	{ "--workers x", "--workers x: not a number from 1 to 1024" },
	{ "--workers -1", "--workers -1: not a number from 1 to 1024" },
	{ "--workers=", "--workers '': not a number from 1 to 1024" },
	{ "--workers 4294967297",
	    "--workers 4294967297: not a number from 1 to 1024" },
	{ "--reactors 65", "--reactors 65: not a number from 1 to 64" },
	{ "--max-frame 0", "--max-frame 0: not a size from 1 to 64M" },
	{ "--max-frame 65M", "--max-frame 65M: not a size from 1 to 64M" },
	{ "--max-frame 1X", "--max-frame 1X: not a size from 1 to 64M" },
	{ "--max-reply 2G", "--max-reply 2G: not a size from 1 to 1G" },
	{ "--max-connections 0",
	    "--max-connections 0: not a number from 1 to 10000000" },
	{ "--max-connections-per-source 0",
	    "--max-connections-per-source 0: not a number from 1 to 10000000" },
	{ "--accept-rate-per-source 1000001",
	    "--accept-rate-per-source 1000001: not a number from 1 to 1000000" },
	{ "--memory-budget 1023K", "--memory-budget 1023K: not a size from "
	    "1M to 4294967296G" },
	{ "--backlog 65536", "--backlog 65536: not a number from 1 to 65535" },
	{ "--stack-size 16383",
	    "--stack-size 16383: not a size from 64K to 1G" },
	{ "--drain-timeout 3601s",
	    "--drain-timeout 3601s: not a time from 0ms "
	    "to 1h, such as 500ms or 30s" },
	{ "--drain-timeout 10",
	    "--drain-timeout 10: not a time from 0ms to 1h, "
	    "such as 500ms or 30s" },
	{ "--first-frame-timeout 0s",
	    "--first-frame-timeout 0s: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--first-frame-timeout 86400001ms",
	    "--first-frame-timeout 86400001ms: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--frame-timeout 0s",
	    "--frame-timeout 0s: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--frame-timeout 86400001ms",
	    "--frame-timeout 86400001ms: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--idle-timeout 0s",
	    "--idle-timeout 0s: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--idle-timeout 86400001ms",
	    "--idle-timeout 86400001ms: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--half-close-timeout 0s",
	    "--half-close-timeout 0s: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--half-close-timeout 86400001ms",
	    "--half-close-timeout 86400001ms: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--write-timeout 0s",
	    "--write-timeout 0s: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--write-timeout 86400001ms",
	    "--write-timeout 86400001ms: not a time from 1ms "
	    "to 24h, such as 500ms or 30s" },
	{ "--min-rate 0", "--min-rate 0: not a size from 1 to 1G" },
	{ "--output-soft 4095",
	    "--output-soft 4095: not a size from 4K to 1G" },
	{ "--output-hard 2G",
	    "--output-hard 2G: not a size from 4K to 1G" },
	{ "--output-soft 2M", "--output-hard 1M: less than --output-soft 2M" },
	{ "--output-hard 262143",
	    "--output-hard 262143: less than --output-soft 256K" },
	{ "--output-hard 1G --check --output-soft 1G --output-hard 1023M",
	    "--output-hard 1023M: less than --output-soft 1G" },
	{ "--queue-limit 10000001",
	    "--queue-limit 10000001: not a number from 0 to 10000000" },
	{ "--frame xml", "--frame xml: not line|raw|len32|len16|netstring" },
	{ "--frame LINE", "--frame LINE: not line|raw|len32|len16|netstring" },
	{ "--frame lin", "--frame lin: not line|raw|len32|len16|netstring" },
	{ "--mode fork", "--mode fork: not pool|thread|inline" },
	{ "--accept all", "--accept all: not spread|shared" },
	{ "--log-level loud", "--log-level loud: not error|warn|info|debug" },
	{ "--log-format xml", "--log-format xml: not text|json" },
	{ "--handler third", "--handler third: no such handler, but unit second" },
	{ "--workers", "--workers: an argument is missing, see --help" },
	{ "--nonsense", "--nonsense: no such option, see --help" },
	{ "--nonsense=7", "--nonsense=7: no such option, see --help" },
	{ "--workers 2 --nonsense 7",
	    "--nonsense: no such option, see --help" },
	{ "--help=7", "--help=7: takes no value, see --help" },
	{ "--max 3", "--max: more than one option begins so, see --help" },
	{ "--max-frame 1K --mode pool --m=3",
	    "--m=3: more than one option begins so, see --help" },
	{ "--maximum 3", "--maximum: no such option, see --help" },
	{ "--check=", "--check=: takes no value, see --help" },
	{ "-!", "-!: no such option, see --help" },
	{ "-x", "-x: no such option, see --help" },
	{ "--workers 2 -x", "-x: no such option, see --help" },
	{ "--workers 2 -xyz", "-x: no such option, see --help" },
	{ "a\nb\x1b", "a\\x0ab\\x1b: not an option, see --help" },
	{ "--mode \n", "--mode \\x0a: not pool|thread|inline" },
	{ "file", "file: not an option, see --help" },
	{ "--workers 2 file --mode pool", "file: not an option, see --help" },
	{ "--mode=", "--mode '': not pool|thread|inline" },
	{ "-- file", "file: not an option, see --help" },
};

static void
wrong_line(const char *words, const char *want)
{
	struct outcome o;

	read_line(&o, words);
	assert_int_equal(o.result, OPTIONS_WRONG);
	assert_string_equal(o.out, "");
	assert_memory_equal(o.err, "throngd: ", 9);
	if (strncmp(o.err + 9, want, strlen(want)) != 0 ||
	    strcmp(o.err + 9 + strlen(want), "\n") != 0)
		fail_msg("%s: %s", words, o.err);
	forget(&o);
}

static void
refused(void **state)
{

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(bads); i++)
		wrong_line(bads[i][0], bads[i][1]);
}

static void
too_many_addresses(void **state)
{
	char words[1024] = "--listen 127.0.0.1:1";

	(void)state;
	for (int i = 1; i < THRONG_LISTEN_MAX; i++)
		strcat(words, " --listen=127.0.0.1:1");
	strcat(words, " --listen=127.0.0.1:2");
	wrong_line(words, "--listen 127.0.0.1:2: more than 16 addresses");
}

static void
handler_choice(void **state)
{
	struct outcome o;

	(void)state;
	read_line(&o, "--handler second");
	assert_int_equal(o.result, OPTIONS_SERVE);
	assert_ptr_equal(o.options.handler, &second);
	forget(&o);
}

/* Help is complete and is for standard output. */
static void
help(void **state)
{
	static const char *const words[] = { "usage: throngd ", "--listen ",
		"--handler ", "--frame ", "--mode ", "--workers ",
		"--reactors ", "--accept ", "--max-frame ", "--max-reply ",
		"--max-connections ", "--max-connections-per-source ",
		"--accept-rate-per-source ", "--memory-budget ", "--backlog ", "--stack-size ",
		"--drain-timeout ", "--queue-limit ", "--queue-age ",
		"--request-timeout ", "--stuck-after ", "--log-level ",
		"--log-format ", "--help",
		"--version", "unit ", "does as it is told", "second" };
	struct outcome o;

	(void)state;
	read_line(&o, "--help --nonsense");
	assert_int_equal(o.result, OPTIONS_DONE);
	assert_string_equal(o.err, "");
	for (size_t i = 0; i < UNIT_COUNT(words); i++)
		if (strstr(o.out, words[i]) == NULL)
			fail_msg("no %s in %s", words[i], o.out);
	forget(&o);
}

/* All explanations stand in one column, and behind their option. */
static void
help_in_columns(void **state)
{
	const struct option_row *row;
	const char *at, *line;
	struct outcome o;

	(void)state;
	read_line(&o, "--help");
	for (size_t i = 0; (row = option_row(i)) != NULL; i++) {
		if ((at = strstr(o.out, row->help)) == NULL)
			fail_msg("--%s is not explained", row->name);
		for (line = at; line > o.out && line[-1] != '\n'; line--)
			continue;
		if (at - line != 28 || at[-1] != ' ' || at[-2] != ' ')
			fail_msg("--%s: column %d", row->name,
			    (int)(at - line));
	}
	forget(&o);
}

static void
version(void **state)
{
	struct outcome o;
	char want[64];

	(void)state;
	read_line(&o, "--version");
	snprintf(want, sizeof(want), "throngd %s\n", throng_version());
	assert_int_equal(o.result, OPTIONS_DONE);
	assert_string_equal(o.out, want);
	assert_string_equal(o.err, "");
	forget(&o);
}

static void
no_arguments_at_all(void **state)
{
	struct options options;
	char *argv[] = { NULL };

	(void)state;
	assert_int_equal(options_parse(0, argv, handlers, &options, stdout,
			     stderr),
	    OPTIONS_SERVE);
	assert_ptr_equal(options.handler, &unit_handler);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(output_pair),
		cmocka_unit_test(listens),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_many_addresses),
		cmocka_unit_test(handler_choice),
		cmocka_unit_test(help),
		cmocka_unit_test(help_in_columns),
		cmocka_unit_test(version),
		cmocka_unit_test(no_arguments_at_all),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
