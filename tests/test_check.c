/* --check: each limit just high enough and one too low, in both modes; and
 * what is printed for whom. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const struct machine endless = { MACHINE_NONE, MACHINE_NONE, MACHINE_NONE,
	MACHINE_NONE, MACHINE_NONE, MACHINE_NONE, MACHINE_NONE, MACHINE_NONE,
	MACHINE_NONE, MACHINE_NONE };

/* Compare, and keep what was printed. */
static unsigned
compare(const throng_config *config, uint64_t connections,
    const struct machine *limits, char *out, size_t size)
{
	FILE *f = fmemopen(out, size, "w");
	unsigned low;

	assert_non_null(f);
	low = check_limits(config, connections, limits, f);
	fclose(f);
	return (low);
}

#define CONNECTIONS 1000

static const struct {
	const char *of;
	size_t offset;
	uint64_t pool, thread; /* the least that is enough */
} rows[] = {
	{ "RLIMIT_NOFILE", offsetof(struct machine, descriptors), 1064, 1064 },
	{ "fs.file-max", offsetof(struct machine, files), 1064, 1064 },
	{ "RLIMIT_NPROC", offsetof(struct machine, processes), 8, 1004 },
	{ "threads-max", offsetof(struct machine, threads), 8, 1004 },
	{ "pid_max", offsetof(struct machine, pids), 8, 1004 },
	{ "pids.max", offsetof(struct machine, tasks), 8, 1004 },
	{ "max_map_count", offsetof(struct machine, maps), 8 * 2 + 256,
	    1004 * 2 + 256 },
	{ "machine's or", offsetof(struct machine, memory),
	    1000 * 4096 + 4 * (65ull << 20), 1000 * 32768 },
	{ "somaxconn", offsetof(struct machine, backlog), 4096, 4096 },
	{ "tcp_mem", offsetof(struct machine, tcp_pages), 2000, 2000 },
};

static void
each_limit(void **state)
{
	throng_config config;
	char out[4096], *line;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++)
		for (int mode = 0; mode < 2; mode++) {
			struct machine l = endless;
			uint64_t enough = mode == THRONG_MODE_POOL ?
			    rows[i].pool : rows[i].thread, few = enough - 1;

			throng_config_init(&config);
			config.mode = (throng_mode)mode;
			memcpy((char *)&l + rows[i].offset, &enough,
			    sizeof(enough));
			assert_int_equal(compare(&config, CONNECTIONS, &l, out,
			    sizeof(out)), 0);
			assert_null(strstr(out, "low "));
			memcpy((char *)&l + rows[i].offset, &few, sizeof(few));
			if (compare(&config, CONNECTIONS, &l, out,
			    sizeof(out)) != 1)
				fail_msg("%s in mode %d: %s", rows[i].of, mode,
				    out);
			line = strstr(out, "low ");
			assert_non_null(line);
			*strchr(line, '\n') = '\0';
			assert_non_null(strstr(line, rows[i].of));
		}
}

/* What the server keeps for itself grows with its reactors. */
static void
reactors(void **state)
{
	struct machine l = endless;
	throng_config config;
	char out[4096];

	(void)state;
	throng_config_init(&config);
	config.reactors = 5;
	l.descriptors = l.files = CONNECTIONS + 64 + 4 * 36;
	assert_int_equal(compare(&config, CONNECTIONS, &l, out, sizeof(out)),
	    0);
	l.descriptors = l.files = CONNECTIONS + 64 + 4 * 36 - 1;
	assert_int_equal(compare(&config, CONNECTIONS, &l, out, sizeof(out)),
	    2);
}

static void
all_or_none(void **state)
{
	static const struct machine nothing = { 0 };
	throng_config config;
	char out[4096];

	(void)state;
	throng_config_init(&config);
	assert_int_equal(compare(&config, 1, &endless, out, sizeof(out)), 0);
	assert_int_equal(compare(&config, 1, &nothing, out, sizeof(out)),
	    UNIT_COUNT(rows));
}

/* The whole of it, as far as it is the same on every machine. */
static int
check(throng_config *config, char *out, size_t size)
{
	struct options o = { .config = *config, .handler = &unit_handler };
	FILE *f = fmemopen(out, size, "w");
	int status;

	assert_non_null(f);
	status = check_options(&o, f);
	fclose(f);
	return (status);
}

static void
settings(void **state)
{
	throng_config config;
	char out[8192];

	(void)state;
	throng_config_init(&config);
	config.max_connections = 10;
	config.backlog = 16;
	config.listen[0] = "127.0.0.1:1";
	config.listen[1] = "unix:/nowhere";
	config.listen_count = 2;
	config.max_frame = 3000;
	config.drain_ms = 1500;
	config.mode = THRONG_MODE_THREAD;
	config.reactors = 5;
	assert_int_equal(check(&config, out, sizeof(out)), 0);
	assert_non_null(strstr(out, "setting  listen                     "
	    "127.0.0.1:1 unix:/nowhere\n"));
	assert_non_null(strstr(out, " unit\n"));
	assert_non_null(strstr(out, " 3000\n"));
	assert_non_null(strstr(out, " 64M\n"));
	assert_non_null(strstr(out, " 1500ms\n"));
	assert_non_null(strstr(out, "setting  memory-budget              "
	    "default\n"));
	/* What it comes to, not what was written. */
	assert_non_null(strstr(out, "setting  reactors                   1\n"));
	assert_non_null(strstr(out, "all limits hold\n"));
	/* More than any process has. */
	config.max_connections = 9999999;
	assert_int_equal(check(&config, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "low      connections  needs 9999999, "));
	assert_non_null(strstr(out, "will not hold what was asked\n"));
}

static void
wrong(void **state)
{
	throng_config config;
	char out[8192] = "";
	char said[1024];
	struct log log;

	(void)state;
	throng_config_init(&config);
	config.workers = 0;
	assert_int_equal(unit_log(&log, 0, 0), 0);
	config.log_fd = log.fd;
	assert_int_equal(check(&config, out, sizeof(out)), 2);
	unit_log_read(&log, said, sizeof(said));
	assert_non_null(strstr(said, " error bad-setting setting=workers"));
	assert_int_equal(unit_log(&log, 0, 0), 0);
	throng_config_init(&config);
	config.log_fd = log.fd;
	config.listen[0] = "127.0.0.1:99999";
	config.listen_count = 1;
	assert_int_equal(check(&config, out, sizeof(out)), 2);
	unit_log_read(&log, said, sizeof(said));
	assert_non_null(strstr(said, " error cannot-listen address="));
	assert_string_equal(out, "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_limit),
		cmocka_unit_test(reactors),
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(settings),
		cmocka_unit_test(wrong),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
