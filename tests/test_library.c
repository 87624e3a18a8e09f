/*
 * The library's life: settings, errors, and starting and stopping at any
 * moment, many times. The argument is the number of cycles.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "caller.h"
#include "inside.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

static unsigned long cycles = 1000;

static int
same(const char *input, size_t length, throng_reply *reply)
{

	return (throng_reply_append(reply, input, length));
}

static const throng_handler echo = { .name = "echo", .summary = "the same",
	.process_input = same };

static void
defaults(void **state)
{
	throng_config c;

	(void)state;
	memset(&c, 0xa5, sizeof(c));
	throng_config_init(&c);
	assert_int_equal(c.listen_count, 0);
	assert_int_equal(c.framing, THRONG_FRAME_LINE);
	assert_int_equal(c.mode, THRONG_MODE_POOL);
	assert_int_equal(c.accept, THRONG_ACCEPT_SPREAD);
	assert_int_equal(c.workers, 4);
	assert_int_equal(c.reactors, 1);
	assert_int_equal(c.max_frame, 1u << 20);
	assert_int_equal(c.max_reply, 64u << 20);
	assert_int_equal(c.max_connections, 0);
	assert_int_equal(c.backlog, 4096);
	assert_int_equal(c.stack_size, 128u << 10);
	assert_int_equal(c.drain_ms, 30000);
	assert_int_equal(c.log_level, THRONG_LOG_WARN);
	assert_int_equal(c.log_format, THRONG_LOG_TEXT);
	assert_int_equal(c.log_fd, 2);
}

static void
error_texts(void **state)
{
	const char *text, *other;
	int i, j;

	(void)state;
	for (i = THRONG_OK; i <= THRONG_ERR_STUCK; i++) {
		text = throng_strerror((throng_error)i);
		assert_non_null(text);
		assert_true(text[0] != '\0' && strchr(text, '\n') == NULL);
		for (j = THRONG_OK; j < i; j++) {
			other = throng_strerror((throng_error)j);
			assert_string_not_equal(text, other);
		}
	}
	assert_non_null(throng_strerror((throng_error)99));
	assert_non_null(throng_version());
}

/* One wrong setting each. */
enum wrong { FRAMING, MODE, ACCEPT, WORKERS, REACTORS, FRAME_0, FRAME_65M,
	REPLY_0, BACKLOG, STACK, LEVEL, FORMAT, LISTEN_17, LISTEN_NULL,
	NO_FUNCTION, CONNECTIONS, ADDRESS, ADDRESS_2, TAKEN, FOLDER, WRONGS };

static throng_error
spoil(throng_config *c, throng_handler *h, enum wrong wrong,
    const char *taken)
{

	switch (wrong) {
	case FRAMING: c->framing = (throng_framing)5; break;
	case MODE: c->mode = (throng_mode)3; break;
	case ACCEPT: c->accept = (throng_accept)2; break;
	case WORKERS: c->workers = 0; break;
	case REACTORS: c->reactors = 0; break;
	case FRAME_0: c->max_frame = 0; break;
	case FRAME_65M: c->max_frame = (64u << 20) + 1; break;
	case REPLY_0: c->max_reply = 0; break;
	case BACKLOG: c->backlog = 0; break;
	case STACK: c->stack_size = 1; break;
	case LEVEL: c->log_level = (throng_log_level)4; break;
	case FORMAT: c->log_format = (throng_log_format)2; break;
	case LISTEN_17: c->listen_count = THRONG_LISTEN_MAX + 1; break;
	case LISTEN_NULL: c->listen[0] = NULL; break;
	case NO_FUNCTION: h->process_input = NULL; break;
	case CONNECTIONS:
		c->max_connections = 10000000;
		return (THRONG_ERR_LIMIT);
	case ADDRESS:
		c->listen[0] = "nonsense";
		return (THRONG_ERR_ADDRESS);
	case ADDRESS_2:
		c->listen[1] = "127.0.0.1:70000";
		c->listen_count = 2;
		return (THRONG_ERR_ADDRESS);
	case TAKEN:
		c->listen[1] = taken;
		c->listen_count = 2;
		return (THRONG_ERR_LISTEN);
	case FOLDER:
		c->listen[0] = "unix:/tmp";
		return (THRONG_ERR_LISTEN);
	case WRONGS:
		break;
	}
	return (THRONG_ERR_INVALID);
}

static size_t
count_lines(int fd)
{
	char text[4096];
	ssize_t n = pread(fd, text, sizeof(text), 0), i;
	size_t found = 0;

	for (i = 0; i < n; i++)
		found += text[i] == '\n';
	return (found);
}

static void
note_started(throng_server *server, void *argument)
{

	(void)server;
	atomic_store((atomic_bool *)argument, true);
}

/* Each gives its error, one log line, no server, and leaves nothing. */
static void
wrong_settings(void **state)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	atomic_bool started = false;
	struct inside other;
	size_t before;
	struct rlimit limit;
	throng_config c;
	char path[200];
	int i, log;

	(void)state;
	/* There are machines with descriptors for more than may be asked. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur > 1u << 20)
		limit.rlim_cur = 1u << 20;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	inside_config(&c, THRONG_MODE_POOL);
	c.started = note_started;
	c.started_argument = &started;
	must(inside_start(&other, &c, &echo));
	/* From here on it opens nothing by itself. */
	while (!atomic_load(&started))
		assert_true(support_turn(deadline));
	support_path("log", path, sizeof(path));
	log = open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	before = inside_descriptors();
	for (i = 0; i < WRONGS; i++) {
		throng_server *server = (throng_server *)&c;
		throng_handler h = echo;
		throng_error want, got;

		inside_config(&c, i % 2 ? THRONG_MODE_POOL :
		    THRONG_MODE_THREAD);
		c.log_fd = log;
		want = spoil(&c, &h, (enum wrong)i,
		    throng_address(other.server, 0));
		assert_int_equal(ftruncate(log, 0), 0);
		got = throng_create(&c, &h, &server);
		if (got != want || server != NULL)
			fail_msg("setting %d: %s", i, throng_strerror(got));
		if (count_lines(log) != 1)
			fail_msg("setting %d: %zu log lines", i,
			    count_lines(log));
		assert_int_equal(inside_descriptors(), before);
	}
	close(log);
	assert_int_equal(inside_stop(&other), THRONG_OK);
}

static void
addresses_and_limits(void **state)
{
	char path[100], local[110];
	throng_config c;
	throng_stats stats;
	struct inside s;
	struct caller *a, *b;
	int64_t deadline;

	(void)state;
	support_path("inside", path, sizeof(path));
	snprintf(local, sizeof(local), "unix:%s", path);
	inside_config(&c, THRONG_MODE_POOL);
	c.listen[1] = local;
	c.listen_count = 2;
	c.max_connections = 17;
	must(inside_start(&s, &c, &echo));
	assert_int_equal(throng_max_connections(s.server), 17);
	assert_string_equal(throng_address(s.server, 1), local);
	assert_string_not_equal(throng_address(s.server, 0), "127.0.0.1:0");
	assert_null(throng_address(s.server, 2));
	a = caller_open(throng_address(s.server, 0), THRONG_FRAME_LINE);
	b = caller_open(throng_address(s.server, 1), THRONG_FRAME_LINE);
	assert_true(a != NULL && b != NULL);
	must(caller_ping(a, 1));
	must(caller_ping(b, 2));
	throng_stats_read(s.server, &stats);
	assert_int_equal(stats.connections, 2);
	assert_int_equal(stats.open, 2);
	assert_int_equal(stats.requests, 2);
	assert_int_equal(stats.replies, 2);
	caller_close(a);
	deadline = support_now() + SUPPORT_DEADLINE;
	do
		throng_stats_read(s.server, &stats);
	while (stats.open != 1 && support_turn(deadline));
	assert_int_equal(stats.open, 1);
	caller_close(b);
	assert_int_equal(inside_stop(&s), THRONG_OK);
}

static void
only_once(void **state)
{
	throng_config c;
	struct inside s;
	int mode;

	(void)state;
	for (mode = 0; mode < 2; mode++) {
		inside_config(&c, (throng_mode)mode);
		must(inside_start(&s, &c, &echo));
		throng_stop(s.server);
		assert_int_equal(inside_join(&s), THRONG_OK);
		assert_int_equal(throng_run(s.server), THRONG_ERR_STATE);
		throng_stop(s.server);
		throng_stop_now(s.server);
		throng_free(s.server);
	}
	throng_free(NULL);
}

/* Created and never run; stopped before it runs. */
static void
never_run(void **state)
{
	throng_server *server;
	throng_config c;
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		inside_config(&c, (throng_mode)(i % 2));
		assert_int_equal(throng_create(&c, &echo, &server),
		    THRONG_OK);
		if (i % 4 == 0)
			throng_stop(server);
		if (i % 4 == 1)
			throng_stop_now(server);
		if (i % 4 < 2)
			assert_int_equal(throng_run(server), THRONG_OK);
		throng_free(server);
	}
}

/* One life that ends at some moment. */
static void
one_cycle(unsigned long cycle, uint64_t *seed)
{
	uint64_t moment = support_random(seed) % 8, spin;
	struct inside s = { 0 };
	struct caller *c = NULL;
	throng_config config;

	inside_config(&config, (throng_mode)(cycle % 2));
	config.reactors = 1 + (unsigned)(cycle / 2 % 2);
	config.workers = 1 + (unsigned)(support_random(seed) % 4);
	assert_int_equal(throng_create(&config, &echo, &s.server), THRONG_OK);
	if (moment == 0)
		throng_stop(s.server);
	must(inside_run(&s));
	if (moment >= 2) {
		/* The socket listens already, so this works at once. */
		c = caller_open(throng_address(s.server, 0),
		    THRONG_FRAME_LINE);
		if (c == NULL)
			fail_msg("%s", support_why());
	}
	if (moment >= 4)
		must(caller_ping(c, cycle));
	if (moment >= 6)
		must(caller_request(c, "and one more", 12));
	if (moment == 7)
		caller_reset(c);
	for (spin = support_random(seed) % 20000; spin > 0; spin--)
		atomic_signal_fence(memory_order_seq_cst);
	if (cycle % 3 == 0)
		throng_stop_now(s.server);
	else
		throng_stop(s.server);
	/* Some clients leave when they are told to, some stay. */
	if (c != NULL && moment != 7 && cycle % 32 != 0) {
		caller_close(c);
		c = NULL;
	}
	assert_int_equal(inside_stop(&s), THRONG_OK);
	if (c != NULL && moment != 7)
		caller_close(c);
}

static void
start_and_stop(void **state)
{
	size_t descriptors, threads;
	uint64_t seed = 1;
	unsigned long i;

	(void)state;
	threads = inside_threads();
	one_cycle(0, &seed);
	descriptors = inside_descriptors();
	for (i = 0; i < cycles; i++) {
		one_cycle(i, &seed);
		if (inside_descriptors() != descriptors)
			fail_msg("cycle %lu: descriptors left", i);
		if (inside_threads_left(threads) > threads)
			fail_msg("cycle %lu: threads left", i);
	}
}

/* Several servers at a time in one process, as different as can be. */
static void
side_by_side(void **state)
{
	struct inside s[4];
	throng_config c;
	struct caller *caller;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		inside_config(&c, (throng_mode)(i % 2));
		c.framing = i / 2 ? THRONG_FRAME_LEN32 : THRONG_FRAME_LINE;
		must(inside_start(&s[i], &c, &echo));
	}
	for (i = 3; i >= 0; i--) {
		caller = caller_open(throng_address(s[i].server, 0),
		    i / 2 ? THRONG_FRAME_LEN32 : THRONG_FRAME_LINE);
		assert_non_null(caller);
		must(caller_ping(caller, (uint64_t)i));
		caller_close(caller);
		assert_int_equal(inside_stop(&s[i]), THRONG_OK);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(error_texts),
		cmocka_unit_test(wrong_settings),
		cmocka_unit_test(addresses_and_limits),
		cmocka_unit_test(only_once),
		cmocka_unit_test(never_run),
		cmocka_unit_test(start_and_stop),
		cmocka_unit_test(side_by_side),
	};

	if (argc > 1)
		cycles = strtoul(argv[1], NULL, 10);
	else if (support_sanitized())
		cycles = 300;
	return (cmocka_run_group_tests_name("library", tests, NULL, NULL));
}
