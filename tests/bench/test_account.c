/*
 * What the kernel and the counters write, as it is read; and that a process
 * which burns a known time is charged for it.
 */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "counter.h"

static void
test_fields(void **state)
{
	static const char text[] = "Rss:     12 kB\nPss:    1234 kB\n"
	    "Pss_Anon: 5 kB\n";

	(void)state;
	assert_true(account_field(text, "Pss:") == 1234);
	assert_true(account_field(text, "Rss:") == 12);
	assert_true(isnan(account_field(text, "Shared:")));
	assert_true(isnan(account_field("", "Pss:")));
}

static void
test_columns(void **state)
{
	static const char text[] =
	    "TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPx\n"
	    "TcpExt: 1 22 333 4\n"
	    "IpExt: InNoRoutes InTruncatedPkts\n"
	    "IpExt: 7 8\n";

	(void)state;
	assert_true(account_column(text, "TcpExt:", "ListenDrops") == 333);
	assert_true(account_column(text, "TcpExt:", "ListenOverflows") == 22);
	assert_true(account_column(text, "TcpExt:", "TCPx") == 4);
	assert_true(account_column(text, "IpExt:", "InTruncatedPkts") == 8);
	assert_true(isnan(account_column(text, "IpExt:", "ListenDrops")));
	assert_true(isnan(account_column(text, "Udp:", "ListenDrops")));
	assert_true(isnan(account_column(text, "TcpExt:", "Listen")));
	assert_true(isnan(account_column("", "TcpExt:", "TCPx")));
}

static void
test_hottest(void **state)
{
	static struct account_target a, b;
	double wait;

	(void)state;
	a.threads = a.listed = 2;
	a.thread[0] = (struct account_thread){ 10, 100, 5 };
	a.thread[1] = (struct account_thread){ 11, 1000, 5 };
	b.threads = b.listed = 3;
	b.thread[0] = (struct account_thread){ 11, 1500, 15 };
	b.thread[1] = (struct account_thread){ 10, 120, 5 };
	b.thread[2] = (struct account_thread){ 12, 300, 1 };
	assert_true(account_hottest(&a, &b, &wait) == 500);
	assert_true(wait == 11);
	b.threads = ACCOUNT_THREADS + 1;
	assert_true(isnan(account_hottest(&a, &b, &wait)));
}

static void
test_perf(void **state)
{
	static const char text[] =
	    "1,234,garbage\n"
	    "4000,,raw_syscalls:sys_enter,1000,100.00,,\n"
	    "1900,,syscalls:sys_enter_recvfrom,1000,100.00,,\n"
	    "0,,syscalls:sys_enter_read,1000,100.00,,\n"
	    "2000,,syscalls:sys_enter_sendto,1000,100.00,,\n"
	    "<not counted>,,syscalls:sys_enter_futex,0,0.00,,\n";
	struct counter_result r;

	(void)state;
	assert_int_equal(counter_parse_perf(text, &r), 0);
	assert_int_equal(r.total, 4000);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.names[0].name, "sendto");
	assert_int_equal(r.names[0].calls, 2000);
	assert_string_equal(r.names[1].name, "recvfrom");
	assert_int_equal(r.perturbing, 0);
	assert_int_equal(counter_parse_perf("", &r), -1);
	assert_int_equal(counter_parse_perf("perf: no access\n", &r), -1);
}

static void
test_strace(void **state)
{
	static const char text[] =
	    "% time     seconds  usecs/call     calls    errors syscall\n"
	    "------ ----------- ----------- --------- --------- ---------\n"
	    " 60.00    0.000600           3       200           sendto\n"
	    " 40.00    0.000400           1       400       100 epoll_wait\n"
	    "------ ----------- ----------- --------- --------- ---------\n"
	    "100.00    0.001000           1       600       100 total\n";
	struct counter_result r;

	(void)state;
	assert_int_equal(counter_parse_strace(text, &r), 0);
	assert_int_equal(r.total, 600);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.names[0].name, "epoll_wait");
	assert_int_equal(r.perturbing, 1);
	assert_int_equal(counter_parse_strace("", &r), -1);
}

/* In a session of its own: burn 50 ms of CPU, say so, wait for the end. */
static void
burn(int fd)
{
	struct timespec t;

	setsid();
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec == 0 && t.tv_nsec < 50000000);
	if (write(fd, "x", 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static void
test_cpu_of_a_session(void **state)
{
	static struct account_target a;
	int fd[2];
	pid_t pid;
	char byte;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0)
		burn(fd[1]);
	assert_int_equal(read(fd[0], &byte, 1), 1);
	account_target((struct account_sessions){ &pid, 1 }, &a);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* No less than it burnt; how much more is the machine's affair. */
	assert_true(a.cpu >= 50e6);
	/* The thread sanitizer has one of its own. */
	assert_in_range(a.threads, 1, 2);
	assert_in_range(a.listed, 1, 2);
	account_target((struct account_sessions){ &pid, 1 }, &a);
	assert_true(a.cpu == 0);
	close(fd[0]);
	close(fd[1]);
}

/*
 * In the place of perf: it obeys by the numbers of the descriptors, and says
 * what it was told to count. It reads and writes through /proc, since a
 * shell takes descriptors of one digit only.
 */
static const char fake_perf[] =
    "#!/bin/sh\n"
    "read -r line < /proc/self/fd/10 && [ \"$line\" = enable ] || exit 1\n"
    "echo ack > /proc/self/fd/11\n"
    "read -r line < /proc/self/fd/10 && [ \"$line\" = disable ] || exit 1\n"
    "while [ \"$1\" != -p ]; do shift; done\n"
    "echo \"7,,raw_syscalls:sys_enter,1,1,,\" >> /proc/self/fd/12\n"
    "ids=$(echo \"$2\" | tr , _)\n"
    "echo \"5,,syscalls:sys_enter_$ids,1,1,,\" >> /proc/self/fd/12\n"
    "echo ack > /proc/self/fd/11\n";

/* A folder that has the fake as `perf`, and nothing as `strace`. */
static void
make_fake(char *folder)
{
	char path[64];
	int fd;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/perf", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	assert_true(fd != -1);
	assert_int_equal(write(fd, fake_perf, sizeof(fake_perf) - 1),
	    sizeof(fake_perf) - 1);
	close(fd);
}

static void
drop_fake(const char *folder)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/perf", folder);
	unlink(path);
	rmdir(folder);
}

/* Whatever numbers the pipes to perf get, it finds them at its own. */
static void
test_counting_with_any_descriptors(void **state)
{
	const char *before = getenv("PATH");
	char folder[] = "/tmp/throng-perf-XXXXXX", path[64], *kept;
	int used[32], n = 0;

	(void)state;
	kept = strdup(before != NULL ? before : "/usr/bin:/bin");
	make_fake(folder);
	snprintf(path, sizeof(path), "%s:/bin:/usr/bin", folder);
	assert_int_equal(setenv("PATH", path, 1), 0);
	do {
		const pid_t list[] = { 12, 34, 56 };
		struct counter_result r;
		struct counter *c;
		char why[160] = "";

		c = counter_start(list, 3, why, sizeof(why));
		assert_non_null(c);
		assert_int_equal(counter_stop(c, &r), 0);
		assert_int_equal(r.total, 7);
		assert_false(r.perturbing);
		/* All three were named. */
		assert_string_equal(r.names[0].name, "12_34_56");
		assert_int_equal((used[n] = open("/dev/null", O_RDONLY |
		    O_CLOEXEC)) != -1, 1);
	} while (used[n++] < 14);
	while (n-- > 0)
		close(used[n]);
	setenv("PATH", kept, 1);
	free(kept);
	drop_fake(folder);
}

/* A target is all processes of its session, not only the first. */
static void
test_processes_of_a_session(void **state)
{
	struct account_sessions sessions;
	int ready[2], hold[2];
	pid_t list[8], pid;
	unsigned n;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready) | pipe(hold), 0);
	if ((pid = fork()) == 0) {
		setsid();
		close(hold[1]);
		/* One more of the session; both wait for the end. */
		(void)!fork();
		(void)!write(ready[1], "x", 1);
		(void)!read(hold[0], &byte, 1);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	sessions = (struct account_sessions){ &pid, 1 };
	n = account_processes(sessions, list, 8);
	assert_int_equal(n, 2);
	assert_true(list[0] == pid || list[1] == pid);
	/* More than there is room for are counted all the same. */
	list[1] = -7;
	assert_int_equal(account_processes(sessions, list, 1), 2);
	assert_int_equal(list[1], -7);
	close(hold[0]);
	close(hold[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_hottest),
		cmocka_unit_test(test_perf),
		cmocka_unit_test(test_strace),
		cmocka_unit_test(test_cpu_of_a_session),
		cmocka_unit_test(test_processes_of_a_session),
		cmocka_unit_test(test_counting_with_any_descriptors),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
