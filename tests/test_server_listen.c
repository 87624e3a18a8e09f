/*
 * Where the daemon listens: IPv4, IPv6, local sockets, several at a time, and
 * what it says when it cannot.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
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

static const char *const modes[][2] = {
	{ "--mode", "pool" }, { "--mode", "thread" }, { "--reactors", "2" },
	{ "--accept", "shared" }, { "--mode", "inline" },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

/* An echo server at up to three addresses. */
static struct daemon *
serve(size_t mode, const char *a, const char *b, const char *c)
{
	const char *arguments[16] = { "--handler", "echo", modes[mode][0],
		modes[mode][1], "--listen", a };
	unsigned n = 6, listeners = 1;
	struct daemon *d;

	for (; b != NULL; b = c, c = NULL) {
		arguments[n++] = "--listen";
		arguments[n++] = b;
		listeners++;
	}
	if ((d = daemon_start(arguments, listeners)) == NULL)
		fail_msg("%s", support_why());
	return (d);
}

static void
expect_served(const struct daemon *d, unsigned index, unsigned times)
{
	const char *address = daemon_address(d, index);
	struct caller *c;

	assert_non_null(address);
	while (times-- > 0) {
		c = caller_open(address, THRONG_FRAME_LINE);
		if (c == NULL)
			fail_msg("%s", support_why());
		must(caller_ping(c, times));
		caller_close(c);
	}
}

/* Wait for an end that was asked for; `least` clients at least were there. */
static void
ended(struct daemon *d, uint64_t least)
{
	uint64_t counted;
	int status;

	must(daemon_wait(d, &status));
	assert_int_equal(status, 0);
	must(daemon_summary(d, "connections", &counted));
	/* A daemon that looks whether a socket is stale is a client, too. */
	assert_in_range(counted, least, least + 1);
	daemon_free(d);
}

static void
end(struct daemon *d, uint64_t connections)
{

	daemon_signal(d, SIGTERM);
	ended(d, connections);
}

static bool
has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct address { struct sockaddr_storage s; } any;
	bool yes;

	memset(&any, 0, sizeof(any));
	any.s.ss_family = AF_INET6;
	/* ::1 may be missing although the family is there. */
	((unsigned char *)&any.s)[23] = 1;
	yes = fd >= 0 && bind(fd, (struct sockaddr *)&any.s, 28) == 0;
	if (fd >= 0)
		close(fd);
	return (yes);
}

static void
ipv6(void **state)
{
	struct daemon *d;
	size_t mode;

	(void)state;
	if (!has_ipv6()) {
		print_message("no ::1 on this machine\n");
		skip();
	}
	for (mode = 0; mode < MODES; mode++) {
		d = serve(mode, "[::1]:0", NULL, NULL);
		assert_memory_equal(daemon_address(d, 0), "[::1]:", 6);
		assert_string_not_equal(daemon_address(d, 0), "[::1]:0");
		expect_served(d, 0, 10);
		end(d, 10);
	}
}

static void
local_socket(void **state)
{
	char path[100], address[110];
	struct stat st;
	struct daemon *d;
	size_t mode;

	(void)state;
	support_path("local", path, sizeof(path));
	snprintf(address, sizeof(address), "unix:%s", path);
	for (mode = 0; mode < MODES; mode++) {
		d = serve(mode, address, NULL, NULL);
		assert_string_equal(daemon_address(d, 0), address);
		assert_int_equal(stat(path, &st), 0);
		assert_true(S_ISSOCK(st.st_mode));
		expect_served(d, 0, 10);
		end(d, 10);
	}
}

static void
several(void **state)
{
	char path[100], address[110];
	struct daemon *d;
	size_t mode;

	(void)state;
	support_path("several", path, sizeof(path));
	snprintf(address, sizeof(address), "unix:%s", path);
	for (mode = 0; mode < MODES; mode++) {
		d = serve(mode, "127.0.0.1:0", address, "127.0.0.2:0");
		assert_memory_equal(daemon_address(d, 0), "127.0.0.1:", 10);
		assert_string_equal(daemon_address(d, 1), address);
		assert_memory_equal(daemon_address(d, 2), "127.0.0.2:", 10);
		expect_served(d, 2, 5);
		expect_served(d, 1, 5);
		expect_served(d, 0, 5);
		end(d, 15);
	}
}

/* Started again at once on the port that it has just had. */
static void
the_same_port_again(void **state)
{
	char address[128];
	struct caller *c;
	struct daemon *d;
	size_t mode;

	(void)state;
	/* Of an address at which nobody else gets a port meanwhile. */
	d = serve(0, "127.0.0.3:0", NULL, NULL);
	snprintf(address, sizeof(address), "%s", daemon_address(d, 0));
	for (mode = 0; mode < MODES; mode++) {
		/* The server closes first, so the port lingers on its side. */
		c = caller_open(address, THRONG_FRAME_LINE);
		if (c == NULL)
			fail_msg("%s", support_why());
		must(caller_ping(c, 1));
		daemon_signal(d, SIGTERM);
		must(caller_expect_end(c));
		caller_close(c);
		ended(d, 1);
		d = serve(mode, address, NULL, NULL);
	}
	daemon_free(d);
}

/* One line with the address, exit status 1. */
static void
expect_failure(const char *address, const char *const *more)
{
	const char *arguments[16] = { "--listen", address };
	struct daemon *d;
	const char *text;
	size_t n = 2;
	int status;

	for (; more != NULL && *more != NULL; more++)
		arguments[n++] = *more;
	if ((d = daemon_spawn(arguments, 0)) == NULL)
		fail_msg("%s", support_why());
	if (daemon_ready(d, 1) == 0)
		fail_msg("%s: it listens", address);
	must(daemon_wait(d, &status));
	text = daemon_errors(d);
	if (status != 1)
		fail_msg("%s: exit status %d: %s", address, status, text);
	if (strstr(text, address) == NULL || text[0] == '\0' ||
	    strchr(text, '\n') != text + strlen(text) - 1)
		fail_msg("%s: not one line that names it: %s", address, text);
	if (strlen(text) < strlen(address) + 8)
		fail_msg("%s: no reason: %s", address, text);
	assert_string_equal(daemon_output(d), "");
	daemon_free(d);
}

static void
bad_addresses(void **state)
{
	static const char *const rows[] = { "nonsense", "127.0.0.1",
		"127.0.0.1:", ":8000", "127.0.0.1:99999", "127.0.0.1:-1",
		"127.0.0.1:http", "::1:8000", "[::1]", "[::1:8000",
		"host.invalid:8000", "unix:", "192.0.2.1:0",
		"unix:/nonexistent-folder/socket" };
	char path[300] = "unix:/tmp/";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_failure(rows[i], NULL);
	memset(path + 10, 'x', 200);
	expect_failure(path, NULL);
}

static void
in_use(void **state)
{
	struct daemon *d = serve(0, "127.0.0.1:0", NULL, NULL);
	char address[128];
	size_t mode;

	(void)state;
	snprintf(address, sizeof(address), "%s", daemon_address(d, 0));
	for (mode = 0; mode < MODES; mode++) {
		const char *const more[] = { modes[mode][0], modes[mode][1],
			NULL };

		expect_failure(address, more);
	}
	expect_served(d, 0, 1);
	end(d, 1);
	/* Two reactors of one daemon share a port; two daemons do not. */
	d = serve(2, "127.0.0.1:0", NULL, NULL);
	snprintf(address, sizeof(address), "%s", daemon_address(d, 0));
	for (mode = 0; mode < MODES; mode++) {
		const char *const more[] = { modes[mode][0], modes[mode][1],
			NULL };

		expect_failure(address, more);
	}
	expect_served(d, 0, 20);
	end(d, 20);
}

static void
leave_a_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
}

static void
a_path_that_exists(void **state)
{
	char path[100], address[110], text[10] = "";
	struct daemon *d;
	int fd;

	(void)state;
	support_path("exists", path, sizeof(path));
	snprintf(address, sizeof(address), "unix:%s", path);
	/* A server that was killed has left it: replaced. */
	leave_a_socket(path);
	d = serve(0, address, NULL, NULL);
	expect_served(d, 0, 3);
	/* A server that lives: refused, and not disturbed. */
	expect_failure(address, NULL);
	expect_served(d, 0, 3);
	end(d, 6);
	/* Something that is not a socket: refused, and not touched. */
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);
	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	expect_failure(address, NULL);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 8);
	assert_memory_equal(text, "precious", 8);
	close(fd);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_failure(address, NULL);
	assert_int_equal(rmdir(path), 0);
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
		cmocka_unit_test_teardown(ipv6, clean_up),
		cmocka_unit_test_teardown(local_socket, clean_up),
		cmocka_unit_test_teardown(several, clean_up),
		cmocka_unit_test_teardown(the_same_port_again, clean_up),
		cmocka_unit_test_teardown(bad_addresses, clean_up),
		cmocka_unit_test_teardown(in_use, clean_up),
		cmocka_unit_test_teardown(a_path_that_exists, clean_up),
	};

	return (cmocka_run_group_tests_name("server_listen", tests, NULL,
	    NULL));
}
