#include "config.h"

#include "counter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD 10
#define ACK_FD 11
#define OUTPUT_FD 12
#define READY_MS 3000

struct counter {
	pid_t pid;
	int control, ack; /* of perf; -1 without */
	int output;       /* a file in memory */
	int strace;
};

/* Those that a server of any kind makes for a request. */
static const char *const events[] = { "read", "write", "recvfrom", "sendto",
    "readv", "writev", "recvmsg", "sendmsg", "epoll_wait", "epoll_pwait",
    "epoll_ctl", "futex", "poll", "ppoll", "ioctl", "clock_nanosleep",
    "sched_yield", "madvise" };

static int
by_calls(const void *a, const void *b)
{
	const struct counter_name *x = a, *y = b;

	return ((x->calls < y->calls) - (x->calls > y->calls));
}

static void
add(struct counter_result *r, const char *name, size_t length,
    uint64_t calls)
{

	if (calls == 0 || r->count == COUNTER_NAMES)
		return;
	snprintf(r->names[r->count].name, sizeof(r->names[0].name), "%.*s",
	    (int)length, name);
	r->names[r->count++].calls = calls;
}

/* "1234,,syscalls:sys_enter_read,..." */
int
counter_parse_perf(const char *text, struct counter_result *r)
{
	static const char all[] = "raw_syscalls:sys_enter";
	static const char one[] = "syscalls:sys_enter_";

	memset(r, 0, sizeof(*r));
	for (; text != NULL; text = strchr(text, '\n')) {
		unsigned long long calls;
		const char *event;
		int n = 0;

		text += *text == '\n';
		if (sscanf(text, "%llu,,%n", &calls, &n) != 1 || n == 0)
			continue;
		event = text + n;
		if (strncmp(event, all, sizeof(all) - 1) == 0)
			r->total = calls;
		else if (strncmp(event, one, sizeof(one) - 1) == 0)
			add(r, event + sizeof(one) - 1,
			    strcspn(event + sizeof(one) - 1, ","), calls);
	}
	qsort(r->names, r->count, sizeof(r->names[0]), by_calls);
	return (r->total > 0 ? 0 : -1);
}

/* "% time  seconds  usecs/call  calls  [errors]  syscall" */
int
counter_parse_strace(const char *text, struct counter_result *r)
{

	memset(r, 0, sizeof(*r));
	r->perturbing = 1;
	for (; text != NULL; text = strchr(text, '\n')) {
		unsigned long long calls, wrong;
		char name[32];

		text += *text == '\n';
		if (sscanf(text, "%*f %*f %*u %llu %llu %31[a-z0-9_]", &calls,
		    &wrong, name) != 3 &&
		    sscanf(text, "%*f %*f %*u %llu %31[a-z0-9_]", &calls,
		    name) != 2)
			continue;
		if (strcmp(name, "total") == 0)
			continue;
		r->total += calls;
		add(r, name, strlen(name), calls);
	}
	qsort(r->names, r->count, sizeof(r->names[0]), by_calls);
	return (r->total > 0 ? 0 : -1);
}

/* In the child: perf, disabled until it is told to begin. */
static void
become_perf(pid_t pid)
{
	char list[1024], id[16], out[32];
	size_t n;

	n = (size_t)snprintf(list, sizeof(list), "raw_syscalls:sys_enter");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n,
		    ",syscalls:sys_enter_%s", events[i]);
	snprintf(id, sizeof(id), "%d", (int)pid);
	snprintf(out, sizeof(out), "%d", OUTPUT_FD);
	execlp("perf", "perf", "stat", "-x,", "-D", "-1", "--control",
	    "fd:10,11", "--log-fd", out, "-e", list, "-p", id, (char *)NULL);
	_exit(127);
}

static void
become_strace(pid_t pid)
{
	char id[16], out[32];

	snprintf(id, sizeof(id), "%d", (int)pid);
	snprintf(out, sizeof(out), "/proc/self/fd/%d", OUTPUT_FD);
	execlp("strace", "strace", "-c", "-f", "-o", out, "-p", id,
	    (char *)NULL);
	_exit(127);
}

static void
child(struct counter *c, pid_t pid, int control, int ack)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	dup2(c->output, OUTPUT_FD);
	if (c->strace) {
		/* Its `attached` lines tell the parent that it is ready. */
		dup2(ack, STDERR_FILENO);
		become_strace(pid);
	}
	if (null != -1)
		dup2(null, STDERR_FILENO);
	dup2(control, CONTROL_FD);
	dup2(ack, ACK_FD);
	become_perf(pid);
}

/* Something came through the pipe of acknowledgements. */
static int
acknowledged(struct counter *c)
{
	struct pollfd p = { .fd = c->ack, .events = POLLIN };
	char text[256];

	return (poll(&p, 1, READY_MS) == 1 &&
	    read(c->ack, text, sizeof(text)) > 0 ? 0 : -1);
}

static int
order(struct counter *c, const char *text)
{

	if (c->strace)
		return (0);
	if (write(c->control, text, strlen(text)) != (ssize_t)strlen(text))
		return (-1);
	return (acknowledged(c));
}

static void
end(struct counter *c)
{

	if (c->pid > 0) {
		kill(c->pid, SIGINT);
		while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
			;
	}
	if (c->control != -1)
		close(c->control);
	if (c->ack != -1)
		close(c->ack);
	if (c->output != -1)
		close(c->output);
	free(c);
}

static struct counter *
attempt(pid_t pid, int strace)
{
	struct counter *c = calloc(1, sizeof(*c));
	int control[2] = { -1, -1 }, ack[2] = { -1, -1 }, rc;

	if (c == NULL)
		return (NULL);
	c->strace = strace;
	c->output = memfd_create("counts", MFD_CLOEXEC);
	rc = c->output == -1 || pipe2(control, O_CLOEXEC) ||
	    pipe2(ack, O_CLOEXEC);
	c->control = control[1];
	c->ack = ack[0];
	if (!rc && (c->pid = fork()) == 0)
		child(c, pid, control[0], ack[1]);
	if (control[0] != -1)
		close(control[0]);
	if (ack[1] != -1)
		close(ack[1]);
	if (!rc && c->pid > 0 &&
	    (strace ? acknowledged(c) : order(c, "enable\n")) == 0)
		return (c);
	end(c);
	return (NULL);
}

struct counter *
counter_start(pid_t pid, char *why, size_t size)
{
	struct counter *c = attempt(pid, 0);

	if (c == NULL)
		c = attempt(pid, 1);
	if (c == NULL)
		snprintf(why, size, "neither perf nor strace can count the "
		    "system calls of another process here");
	return (c);
}

int
counter_stop(struct counter *c, struct counter_result *result)
{
	char text[16384];
	ssize_t n;
	int rc;

	order(c, "disable\n");
	kill(c->pid, SIGINT);
	while (waitpid(c->pid, NULL, 0) == -1 && errno == EINTR)
		;
	c->pid = 0;
	n = pread(c->output, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	rc = c->strace ? counter_parse_strace(text, result) :
	    counter_parse_perf(text, result);
	end(c);
	return (rc);
}
