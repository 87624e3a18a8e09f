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
#define CLEAR_FD 20 /* above all of these */
#define READY_MS 20000 /* on a busy machine; a perf that hangs costs as much */

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

/* "12,34,56" of the processes; perf and strace both take it so. */
static void
write_list(const pid_t *list, unsigned count, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%d",
		    i > 0 ? "," : "", (int)list[i]);
}

/* In the child: perf, disabled until it is told to begin. */
static void
become_perf(const char *ids)
{
	char list[1024], out[32];
	size_t n;

	n = (size_t)snprintf(list, sizeof(list), "raw_syscalls:sys_enter");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n,
		    ",syscalls:sys_enter_%s", events[i]);
	snprintf(out, sizeof(out), "%d", OUTPUT_FD);
	execlp("perf", "perf", "stat", "-x,", "-D", "-1", "--control",
	    "fd:10,11", "--log-fd", out, "-e", list, "-p", ids,
	    (char *)NULL);
	_exit(127);
}

static void
become_strace(const char *ids)
{
	char out[32];

	snprintf(out, sizeof(out), "/proc/self/fd/%d", OUTPUT_FD);
	execlp("strace", "strace", "-c", "-f", "-o", out, "-p", ids,
	    (char *)NULL);
	_exit(127);
}

/*
 * In the child: the descriptors get the numbers that perf is told. Any of
 * them may have one of these numbers now, and would be lost, or keep its
 * close-on-exec, so all move out of the way first.
 */
static void
child(struct counter *c, const char *ids, int control, int ack)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = fcntl(c->output, F_DUPFD_CLOEXEC, CLEAR_FD);

	control = fcntl(control, F_DUPFD_CLOEXEC, CLEAR_FD);
	ack = fcntl(ack, F_DUPFD_CLOEXEC, CLEAR_FD);
	null = fcntl(null, F_DUPFD_CLOEXEC, CLEAR_FD);
	if (output == -1 || control == -1 || ack == -1 || null == -1)
		_exit(127);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(output, OUTPUT_FD);
	if (c->strace) {
		/* Its `attached` lines tell the parent that it is ready. */
		dup2(ack, STDERR_FILENO);
		become_strace(ids);
	}
	dup2(null, STDERR_FILENO);
	dup2(control, CONTROL_FD);
	dup2(ack, ACK_FD);
	become_perf(ids);
}

/* So many lines came through the pipe of acknowledgements. */
static int
acknowledged(struct counter *c, unsigned lines)
{
	struct pollfd p = { .fd = c->ack, .events = POLLIN };
	char text[256];
	ssize_t n;

	while (lines > 0) {
		if (poll(&p, 1, READY_MS) != 1 ||
		    (n = read(c->ack, text, sizeof(text))) <= 0)
			return (-1);
		for (ssize_t i = 0; i < n && lines > 0; i++)
			lines -= text[i] == '\n';
	}
	return (0);
}

static int
order(struct counter *c, const char *text)
{

	if (c->strace)
		return (0);
	if (write(c->control, text, strlen(text)) != (ssize_t)strlen(text))
		return (-1);
	return (acknowledged(c, 1));
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
attempt(const pid_t *list, unsigned count, int strace)
{
	char ids[COUNTER_PROCESSES * 12];
	struct counter *c = calloc(1, sizeof(*c));
	int control[2] = { -1, -1 }, ack[2] = { -1, -1 }, rc;

	if (c == NULL)
		return (NULL);
	c->strace = strace;
	write_list(list, count, ids, sizeof(ids));
	c->output = memfd_create("counts", MFD_CLOEXEC);
	rc = c->output == -1 || pipe2(control, O_CLOEXEC) ||
	    pipe2(ack, O_CLOEXEC);
	c->control = control[1];
	c->ack = ack[0];
	if (!rc && (c->pid = fork()) == 0)
		child(c, ids, control[0], ack[1]);
	if (control[0] != -1)
		close(control[0]);
	if (ack[1] != -1)
		close(ack[1]);
	if (!rc && c->pid > 0 &&
	    (strace ? acknowledged(c, count) : order(c, "enable\n")) == 0)
		return (c);
	end(c);
	return (NULL);
}

struct counter *
counter_start(const pid_t *list, unsigned count, char *why, size_t size)
{
	struct counter *c = NULL;

	if (count > COUNTER_PROCESSES) {
		snprintf(why, size, "the target has %u processes; the system "
		    "calls of at most %d are counted", count,
		    COUNTER_PROCESSES);
		return (NULL);
	}
	if (count > 0)
		c = attempt(list, count, 0);
	if (count > 0 && c == NULL)
		c = attempt(list, count, 1);
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
