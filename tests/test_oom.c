/*
 * Every allocation fails once, in both modes: the k-th alone, and the k-th
 * with all that come after it, for k = 1, 2, 3 ... until nothing failed. What
 * comes of it is a clean error, a right reply or a closed connection; never a
 * crash, a leak or a hang. And once there is memory again, the server serves.
 * (The idea is libuv's, test/test-loop-oom.c.)
 */
#include "unit.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"

/* Allocations until the first that fails; below 0: none does any more. */
static _Atomic int until_failure = -1;
static _Atomic bool all_after;
static _Atomic unsigned failures;

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

/* One server, and how far it has come. */
struct trial {
	throng_config config;
	throng_server *server;
	pthread_t thread;
	throng_error error;
	int news[2]; /* s: started, e: ended */
	unsigned good, refused, closed;
};

static int log_file;
static char unix_address[140];

static void
on_started(throng_server *server, void *argument)
{
	struct trial *t = argument;

	(void)server;
	(void)!write(t->news[1], "s", 1);
}

static void *
run(void *argument)
{
	struct trial *t = argument;

	t->error = throng_run(t->server);
	(void)!write(t->news[1], "e", 1);
	return (NULL);
}

/* Wait for news of the server. */
static char
await(struct trial *t)
{
	struct pollfd pfd = { .fd = t->news[0], .events = POLLIN };
	char byte;

	if (poll(&pfd, 1, SUPPORT_DEADLINE) != 1)
		fail_msg("no news of the server");
	assert_int_equal(read(t->news[0], &byte, 1), 1);
	return (byte);
}

static int
dial(const char *text)
{
	struct address a;
	const char *why;
	int fd;

	assert_int_equal(address_parse(text, &a, &why), 0);
	fd = socket(a.storage.ss_family, SOCK_STREAM, 0);
	assert_true(fd != -1);
	if (connect(fd, (struct sockaddr *)&a.storage, a.length) == -1)
		fail_msg("%s: %s", text, strerror(errno));
	return (fd);
}

#define BIG 600000

/* Read to the end or a newline. Return what was read. */
static size_t
read_line(int fd, char *out, size_t size)
{
	int64_t deadline = unit_deadline();
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t at = 0;
	ssize_t n;

	do {
		if (poll(&pfd, 1, SUPPORT_DEADLINE) != 1 ||
		    support_now() > deadline)
			fail_msg("no answer after %zu bytes", at);
		if ((n = recv(fd, out + at, size - at, 0)) <= 0)
			return (at);
		at += (size_t)n;
	} while (at < size && out[at - 1] != '\n');
	return (at);
}

/* Ask, and take what comes, if it is one of what may come. */
static void
ask(struct trial *t, int fd, const char *question, char x, size_t length)
{
	static char line[BIG + 2];
	size_t n;

	if (send(fd, question, strlen(question), MSG_NOSIGNAL) == -1) {
		t->closed++;
		return;
	}
	n = read_line(fd, line, length + 1 > 100 ? length + 1 : 100);
	if (n > 0 && line[n - 1] == '\n' && line[0] == '!') {
		assert_memory_equal(line, "!error ", 7);
		t->refused++;
		return;
	}
	/* A count may be lower: the request before may have failed. */
	for (size_t i = 0; i < n && i < length; i++)
		assert_true(line[i] == x || (x == '2' && line[i] == '1'));
	if (n == length + 1)
		t->good++;
	else
		t->closed++;
	assert_true(n <= length + 1);
}

/* Clients while allocations fail, and one once they do not. */
static void
clients(struct trial *t)
{
	int tcp = dial(throng_address(t->server, 0));
	int local = dial(throng_address(t->server, 1));

	ask(t, tcp, "state\n", '1', 1);
	ask(t, local, "big 600000\n", 'x', BIG);
	ask(t, tcp, "state\n", '2', 1);
	close(tcp);
	close(local);
	disarm();
	t->good = t->refused = t->closed = 0;
	tcp = dial(throng_address(t->server, 0));
	ask(t, tcp, "state\n", '1', 1);
	if (t->good != 1)
		fail_msg("not served with memory there again");
	close(tcp);
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
	unsigned before = unit_descriptors();
	struct trial t = { .server = NULL };

	throng_config_init(&t.config);
	t.config.mode = mode;
	t.config.workers = 2;
	t.config.listen[0] = "127.0.0.1:0";
	t.config.listen[1] = unix_address;
	t.config.listen_count = 2;
	t.config.drain_ms = 20000;
	t.config.log_fd = log_file;
	empty_log();
	t.config.log_level = THRONG_LOG_DEBUG;
	t.config.started = on_started;
	t.config.started_argument = &t;
	assert_int_equal(pipe(t.news), 0);
	arm(k, after);
	t.error = throng_create(&t.config, &unit_handler_state, &t.server);
	if (t.error == THRONG_OK) {
		assert_int_equal(pthread_create(&t.thread, NULL, run, &t), 0);
		if (await(&t) == 's') {
			clients(&t);
			throng_stop(t.server);
			assert_int_equal(await(&t), 'e');
			assert_int_equal(t.error, THRONG_OK);
		} else {
			assert_int_not_equal(t.error, THRONG_OK);
			expect_lines(true);
		}
		pthread_join(t.thread, NULL);
	} else {
		assert_null(t.server);
		expect_lines(false);
	}
	disarm();
	throng_free(t.server);
	close(t.news[0]);
	close(t.news[1]);
	assert_int_equal(unit_descriptors(), before);
	assert_int_equal(unit_states, 0);
	assert_int_equal(access(unix_address + 5, F_OK), -1);
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
		cmocka_unit_test(thread_once),
		cmocka_unit_test(thread_from_then_on),
		cmocka_unit_test(inline_from_then_on),
	};
	char path[128];

	unit_guard();
	event_set_mem_functions(__wrap_malloc, __wrap_realloc, free);
	event_set_log_callback(say_nothing);
	support_path("log", path, sizeof(path));
	log_file = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
	support_path("oom", path, sizeof(path));
	snprintf(unix_address, sizeof(unix_address), "unix:%s", path);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
