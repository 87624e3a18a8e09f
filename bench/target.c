#include "config.h"

#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

/* Below the range that the kernel takes ports from for clients. */
#define PORT_FIRST 12000
#define PORTS 16000

#define READY_MS 10000
#define STOP_MS 5000
#define STEP_MS 5

struct target {
	struct target_spec spec;
	struct address address;
	pid_t pid; /* -1: not ours, or ended */
	int output; /* what it printed, a file in memory */
	int status;
};

static uint64_t
now_ms(void)
{

	return (clock_now() / CLOCK_MS);
}

static int can_bind(const struct address *a);

/* An address nobody listens on. */
static int
free_address(int wide, struct address *a)
{
	static unsigned turn;
	char text[32];
	const char *why;
	unsigned start = ((unsigned)getpid() * 131 + turn) % PORTS;

	for (unsigned i = 0; i < PORTS; i++) {
		snprintf(text, sizeof(text), "%s:%u",
		    wide ? "0.0.0.0" : "127.0.0.1",
		    PORT_FIRST + (start + i) % PORTS);
		if (address_parse(text, a, &why) == 0 && can_bind(a)) {
			turn += i + 1;
			return (0);
		}
	}
	return (-1);
}

static int
can_bind(const struct address *a)
{
	int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;
	int rc;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = bind(fd, (const struct sockaddr *)&a->storage, a->length);
	close(fd);
	return (rc == 0);
}

/* Append to `out`; -1 if it does not fit. */
static int
append(char *out, size_t size, const char *text, size_t length)
{
	size_t at = strlen(out);

	if (length >= size - at)
		return (-1);
	memcpy(out + at, text, length);
	out[at + length] = '\0';
	return (0);
}

/* The command with the address put in, run by the shell as itself. */
static int
expand(const char *command, const struct address *a, char *out, size_t size)
{
	char addr[ADDRESS_TEXT_MAX], host[ADDRESS_TEXT_MAX];
	const char *port;

	address_format((const struct sockaddr *)&a->storage, a->length, addr,
	    sizeof(addr));
	snprintf(host, sizeof(host), "%s", addr);
	port = strrchr(addr, ':') + 1;
	*strrchr(host, ':') = '\0';
	snprintf(out, size, "exec ");
	while (*command != '\0') {
		const char *put = NULL;
		size_t skip = 6;

		if (strncmp(command, "{addr}", 6) == 0)
			put = addr;
		else if (strncmp(command, "{host}", 6) == 0)
			put = host;
		else if (strncmp(command, "{port}", 6) == 0)
			put = port;
		else {
			put = command;
			skip = 1;
		}
		if (append(out, size, put, skip == 1 ? 1 : strlen(put)))
			return (-1);
		command += skip;
	}
	return (0);
}

/* All processors but the one that the generator has. */
static void
leave_free(int processor)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 &&
	    CPU_COUNT(&set) > 1) {
		CPU_CLR((unsigned)processor, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
}

static void
become(const char *command, int output, int spare_cpu)
{
	struct rlimit limit;
	sigset_t none;
	int null;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	if (spare_cpu > 0)
		leave_free(spare_cpu - 1);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if ((null = open("/dev/null", O_RDONLY)) != -1)
		dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static int
failed(char *why, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
failed(char *why, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, size, format, arguments);
	va_end(arguments);
	return (-1);
}

/* The last line that it printed. */
static void
last_line(const struct target *t, char *line, size_t size)
{
	char text[512];
	off_t end = lseek(t->output, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(text) - 1 ?
	    end - (off_t)sizeof(text) + 1 : 0;
	ssize_t n = pread(t->output, text, sizeof(text) - 1, from);
	char *at;

	n = n < 0 ? 0 : n;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	text[n] = '\0';
	at = strrchr(text, '\n');
	snprintf(line, size, "%s", at == NULL ? text : at + 1);
}

int
target_ended(struct target *t, char *why, size_t size)
{
	char line[512];

	if (t->pid == -1 && t->spec.command[0] == '\0')
		return (0);
	if (t->pid != -1) {
		if (waitpid(t->pid, &t->status, WNOHANG) != t->pid)
			return (0);
		t->pid = -1;
	}
	last_line(t, line, sizeof(line));
	failed(why, size, "%s: ended %s %d%s%s", t->spec.name,
	    WIFSIGNALED(t->status) ? "by signal" : "with status",
	    WIFSIGNALED(t->status) ? WTERMSIG(t->status) :
	    WEXITSTATUS(t->status), line[0] != '\0' ? ": " : "", line);
	return (1);
}

/* Take the address from a line `listening on ADDR`; whether there is one. */
static int
says_ready(struct target *t)
{
	static const char mark[] = "listening on ";
	char text[4096], *at;
	struct address a;
	const char *why;
	ssize_t n = pread(t->output, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	if ((at = strstr(text, mark)) == NULL || strchr(at, '\n') == NULL)
		return (0);
	at += sizeof(mark) - 1;
	at[strcspn(at, " \r\n")] = '\0';
	if (address_parse(at, &a, &why) == 0)
		t->address = a;
	return (1);
}

static int
connects(const struct address *a)
{
	int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd == -1)
		return (0);
	rc = connect(fd, (const struct sockaddr *)&a->storage, a->length);
	close(fd);
	return (rc == 0);
}

static int
await_ready(struct target *t, char *why, size_t size)
{
	const uint64_t end = now_ms() + READY_MS;
	unsigned turn = 0;

	for (;;) {
		if (says_ready(t))
			return (0);
		if (target_ended(t, why, size))
			return (-1);
		/* Less often than the line, which costs it nothing. */
		if (++turn % 8 == 0 && connects(&t->address))
			return (0);
		if (now_ms() > end)
			return (failed(why, size, "%s: not ready within "
			    "%d s", t->spec.name, READY_MS / 1000));
		poll(NULL, 0, STEP_MS);
	}
}

static int
start_command(struct target *t, int wide, char *why, size_t size)
{
	char command[TARGET_TEXT * 2];

	if (free_address(wide, &t->address))
		return (failed(why, size, "%s: no free port", t->spec.name));
	if (expand(t->spec.command, &t->address, command, sizeof(command)))
		return (failed(why, size, "%s: the command is too long",
		    t->spec.name));
	t->output = memfd_create("target output", MFD_CLOEXEC);
	if (t->output == -1 || fcntl(t->output, F_SETFL, O_APPEND) == -1 ||
	    (t->pid = fork()) == -1)
		return (failed(why, size, "%s: cannot start: %s",
		    t->spec.name, strerror(errno)));
	if (t->pid == 0)
		become(command, t->output, t->spec.spare_cpu);
	return (await_ready(t, why, size));
}

struct target *
target_start(const struct target_spec *spec, int wide, char *why,
    size_t size)
{
	struct target *t = calloc(1, sizeof(*t));
	const char *what;
	int rc = 0;

	if (t == NULL) {
		failed(why, size, "%s: no memory", spec->name);
		return (NULL);
	}
	t->spec = *spec;
	t->pid = t->output = -1;
	if (spec->command[0] != '\0') {
		rc = start_command(t, wide, why, size);
	} else if (address_parse(spec->address, &t->address, &what)) {
		rc = failed(why, size, "%s: %s: %s", spec->name,
		    spec->address, what);
	} else if (!connects(&t->address)) {
		rc = failed(why, size, "%s: cannot connect to %s: %s",
		    spec->name, spec->address, strerror(errno));
	}
	if (rc == 0)
		return (t);
	target_stop(t);
	return (NULL);
}

const struct address *
target_address(const struct target *t)
{

	return (&t->address);
}

pid_t
target_session(const struct target *t)
{

	return (t->pid);
}

static void
end_command(struct target *t)
{
	const uint64_t end = now_ms() + STOP_MS;
	const pid_t group = t->pid;

	kill(t->pid, SIGTERM);
	while (waitpid(t->pid, &t->status, WNOHANG) == 0) {
		if (now_ms() > end) {
			kill(-group, SIGKILL);
			waitpid(t->pid, &t->status, 0);
			break;
		}
		poll(NULL, 0, STEP_MS);
	}
	/* What it started and left behind. */
	kill(-group, SIGKILL);
	t->pid = -1;
}

void
target_stop(struct target *t)
{

	if (t == NULL)
		return;
	if (t->pid != -1)
		end_command(t);
	if (t->output != -1)
		close(t->output);
	free(t);
}
