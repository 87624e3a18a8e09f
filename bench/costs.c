/*
 * Micro-costs: what a system call, a switch, a wake-up, a round trip and a
 * fault cost here. On a virtual machine they differ from bare metal by
 * different factors, so a ratio between two models need not carry over.
 *
 * Each is the median of several rounds, as short as can be.
 */
#include "config.h"

#include "machine.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define ROUNDS 9

static double
now(void)
{

	return ((double)clock_now());
}

static double
system_call(void)
{
	const int n = 20000;
	double t = now();

	for (int i = 0; i < n; i++)
		syscall(SYS_getppid);
	return ((now() - t) / n);
}

static double
clock_read(void)
{
	const int n = 20000;
	double t = now();

	for (int i = 0; i < n; i++)
		now();
	return ((now() - t) / n);
}

static double
fault(void)
{
	const size_t n = 256, page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, n * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double t;

	if (p == MAP_FAILED)
		return (NAN);
	madvise(p, n * page, MADV_NOHUGEPAGE);
	t = now();
	for (size_t i = 0; i < n; i++)
		((volatile char *)p)[i * page] = 1;
	t = (now() - t) / (double)n;
	munmap(p, n * page);
	return (t);
}

double
machine_turns(void)
{
	const double t = now();

	for (volatile unsigned i = 0; i < 1000000; i++)
		;
	return (now() - t);
}

/* In the child: send back what comes, until the end. */
static void
reflect(int fd)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	while (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1)
		;
	_exit(0);
}

/* Rounds of one byte to another process and back, after `pause` ns. */
static double
round_trip(int fd, int n, long pause)
{
	const struct timespec nap = { .tv_nsec = pause };
	double sum = 0, t;
	char byte = 'x';

	for (int i = 0; i < n; i++) {
		if (pause > 0)
			nanosleep(&nap, NULL);
		t = now();
		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			return (NAN);
		sum += now() - t;
	}
	return (sum / n);
}

static int
local_pair(int pair[2])
{

	return (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
}

static int
tcp_pair(int pair[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;
	int rc;

	pair[0] = pair[1] = -1;
	rc = listener == -1 ||
	    bind(listener, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&a, &length) ||
	    (pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(pair[0], (struct sockaddr *)&a, sizeof(a)) ||
	    (pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1;
	if (listener != -1)
		close(listener);
	for (int i = 0; !rc && i < 2; i++)
		setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return (rc ? -1 : 0);
}

static void
trips(struct results *r, const char *name, int (*make)(int pair[2]), int n,
    long pause)
{
	double value[ROUNDS];
	int pair[2];
	pid_t pid;

	if (make(pair) != 0 || (pid = fork()) == -1)
		return;
	if (pid == 0) {
		close(pair[0]);
		reflect(pair[1]);
	}
	close(pair[1]);
	for (int i = 0; i < ROUNDS; i++)
		value[i] = round_trip(pair[0], n, pause);
	close(pair[0]);
	waitpid(pid, NULL, 0);
	if (isnan(value[0]))
		return;
	stats_sort(value, ROUNDS);
	results_fact(r, "costs", name, "%.1f us",
	    stats_median(value, ROUNDS) / 1e3);
}

static void
repeat(struct results *r, const char *name, double (*measure)(void))
{
	double value[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		value[i] = measure();
	if (isnan(value[0]))
		return;
	stats_sort(value, ROUNDS);
	results_fact(r, "costs", name, "%.0f ns",
	    stats_median(value, ROUNDS));
}

void
machine_costs(struct results *r)
{

	repeat(r, "system call", system_call);
	repeat(r, "clock_gettime", clock_read);
	repeat(r, "page fault", fault);
	repeat(r, "a million turns", machine_turns);
	trips(r, "socketpair round trip", local_pair, 200, 0);
	trips(r, "loopback round trip", tcp_pair, 200, 0);
	trips(r, "round trip from idle", tcp_pair, 5, 2000000);
}
