#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"

/** Milliseconds after which something that fails is to fail no more. */
#define PATIENCE 100

/** Clients that come when there is no place: enough that some are accepted
 *  by another reactor than the one before. */
#define PRESSING 6

static char unix_address[140], kept_name[140];
static struct stat stale; /* what unix_address is at the start */
static int nowhere = -1;
static unsigned descriptors;

/* This, too, may be made to fail. */
static void
report(struct trial *t, const char *news)
{

	while (write(t->news[1], news, 1) == -1 && errno == EINTR)
		continue;
}

static void
on_started(throng_server *server, void *argument)
{
	struct trial *t = argument;

	(void)server;
	report(t, "s");
}

static void *
run(void *argument)
{
	struct trial *t = argument;

	t->error = throng_run(t->server);
	report(t, "e");
	return (NULL);
}

/* Wait until there is something to read. */
static void
wait_for(struct trial *t, int fd, const char *what)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (poll(&pfd, 1, PATIENCE) == 1)
		return;
	if (t->relent != NULL)
		t->relent();
	if (poll(&pfd, 1, SUPPORT_DEADLINE) != 1)
		fail_msg("no %s", what);
}

static char
await(struct trial *t)
{
	char byte;

	wait_for(t, t->news[0], "news of the server");
	assert_int_equal(read(t->news[0], &byte, 1), 1);
	return (byte);
}

/* As a server that was killed does. */
static void
leave_stale(void)
{
	struct address a;
	const char *why;
	int fd;

	(void)unlink(unix_address + 5);
	assert_int_equal(address_parse(unix_address, &a, &why), 0);
	assert_true((fd = socket(AF_UNIX, SOCK_STREAM, 0)) != -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&a.storage, a.length),
	    0);
	close(fd);
	assert_int_equal(stat(unix_address + 5, &stale), 0);
	/* Kept under another name, so that no other file gets its number. */
	(void)unlink(kept_name);
	assert_int_equal(link(unix_address + 5, kept_name), 0);
}

/* The socket's name is gone at the end, or was never the server's. */
static void
check_name(const struct trial *t)
{
	struct stat st;

	if (stat(unix_address + 5, &st) == 0 && !t->may_leave_socket)
		assert_true(st.st_ino == stale.st_ino);
	(void)unlink(unix_address + 5);
	(void)unlink(kept_name);
}

void
trial_config(struct trial *t, throng_mode mode)
{
	char path[128];

	if (nowhere == -1) {
		nowhere = open("/dev/null", O_WRONLY);
		support_path("trial", path, sizeof(path));
		snprintf(unix_address, sizeof(unix_address), "unix:%s", path);
		snprintf(kept_name, sizeof(kept_name), "%s.kept", path);
	}
	leave_stale();
	descriptors = unit_descriptors();
	*t = (struct trial){ .server = NULL };
	throng_config_init(&t->config);
	t->config.mode = mode;
	t->config.workers = 2;
	t->config.max_connections = TRIAL_FULL;
	t->config.listen[0] = "127.0.0.1:0";
	t->config.listen[1] = unix_address;
	t->config.listen_count = 2;
	t->config.drain_ms = 20000;
	t->config.log_fd = nowhere;
	t->config.log_level = THRONG_LOG_DEBUG;
	t->config.started = on_started;
	t->config.started_argument = t;
	assert_int_equal(pipe(t->news), 0);
}

bool
trial_create(struct trial *t)
{

	t->error = throng_create(&t->config, &unit_handler_state, &t->server);
	if (t->error == THRONG_OK)
		return (true);
	assert_null(t->server);
	return (false);
}

bool
trial_start(struct trial *t)
{

	assert_int_equal(pthread_create(&t->thread, NULL, run, t), 0);
	if (await(t) == 's')
		return (true);
	assert_int_not_equal(t->error, THRONG_OK);
	return (false);
}

void
trial_stop(struct trial *t)
{

	throng_stop(t->server);
	assert_int_equal(await(t), 'e');
	assert_int_equal(t->error, THRONG_OK);
}

void
trial_end(struct trial *t)
{

	if (t->server != NULL)
		pthread_join(t->thread, NULL);
	throng_free(t->server);
	close(t->news[0]);
	close(t->news[1]);
	assert_int_equal(unit_descriptors(), descriptors);
	assert_int_equal(unit_states, 0);
	check_name(t);
}

int
trial_dial(struct trial *t, unsigned index)
{
	const char *text = throng_address(t->server, index), *why;
	struct address a;
	int fd;

	assert_int_equal(address_parse(text, &a, &why), 0);
	fd = socket(a.storage.ss_family, SOCK_STREAM, 0);
	assert_true(fd != -1);
	if (connect(fd, (struct sockaddr *)&a.storage, a.length) == -1)
		fail_msg("%s: %s", text, strerror(errno));
	return (fd);
}

/* Read to the end or a newline. Return what was read. */
static size_t
read_line(struct trial *t, int fd, char *out, size_t size)
{
	int64_t deadline = unit_deadline();
	size_t at = 0;
	ssize_t n;

	do {
		wait_for(t, fd, "answer");
		assert_true(support_now() < deadline);
		if ((n = recv(fd, out + at, size - at, 0)) <= 0)
			return (at);
		at += (size_t)n;
	} while (at < size && out[at - 1] != '\n');
	return (at);
}

void
trial_ask(struct trial *t, int fd, const char *question, char x,
    size_t length)
{
	static char line[TRIAL_BIG + 2];
	size_t n;

	if (send(fd, question, strlen(question), MSG_NOSIGNAL) == -1) {
		t->closed++;
		return;
	}
	n = read_line(t, fd, line, length + 1 > 100 ? length + 1 : 100);
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

void
trial_last(struct trial *t, int fd)
{
	static const char question[] = "close\nstate\n";
	char line[100] = "";
	size_t n;

	if (send(fd, question, strlen(question), MSG_NOSIGNAL) == -1)
		return;
	n = read_line(t, fd, line, sizeof(line));
	if (line[0] == '!')
		assert_memory_equal(line, "!error ", n < 7 ? n : 7);
	else
		assert_memory_equal(line, "close\n", n);
	assert_true(line[0] == '!' || n <= 6);
	wait_for(t, fd, "end");
	assert_true(recv(fd, line, sizeof(line), 0) <= 0);
}

void
trial_full(struct trial *t)
{
	int fds[TRIAL_FULL], n = 0;
	int64_t deadline = unit_deadline();

	assert_int_equal(t->config.max_connections, TRIAL_FULL);
	while (n < TRIAL_FULL) {
		t->good = t->refused = t->closed = 0;
		fds[n] = trial_dial(t, 0);
		trial_ask(t, fds[n], "state\n", '1', 1);
		if (t->good == 1) {
			n++;
			continue;
		}
		close(fds[n]);
		/* Those before may not have been seen off yet: this one is
		 * refused then, or closed for one that was still to come in. */
		if (!support_turn(deadline))
			fail_msg("%d served where there is room for %d", n,
			    TRIAL_FULL);
	}
	while (n > 0)
		close(fds[--n]);
}

/* Wait until one of both has an end or an answer, but not for long. */
static void
either(int a, int b)
{
	struct pollfd fds[2] = { { .fd = a, .events = POLLIN },
		{ .fd = b, .events = POLLIN } };

	(void)poll(fds, 2, PATIENCE);
}

void
trial_press(struct trial *t)
{
	int fds[TRIAL_FULL - 1], silent, next;

	for (int i = 0; i < TRIAL_FULL - 1; i++) {
		fds[i] = trial_dial(t, 0);
		trial_ask(t, fds[i], "state\n", '1', 1);
	}
	silent = trial_dial(t, 0);
	for (int i = 0; i < PRESSING; i++) {
		next = trial_dial(t, 0);
		either(silent, next);
		close(silent);
		silent = next;
	}
	close(silent);
	for (int i = 0; i < TRIAL_FULL - 1; i++)
		close(fds[i]);
}
