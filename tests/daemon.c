#include "config.h"

#include "daemon.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caller.h"
#include "json.h"
#include "support.h"

#define LISTENERS_MAX 20
#define ARGUMENTS_MAX 64

struct daemon {
	struct daemon *next;
	pid_t pid;
	bool reaped;
	int status;       /* once reaped */
	int output_fd;    /* a pipe: its end is the end of the process */
	int errors_fd;    /* a file: never full, so never waited for */
	struct blob output;
	struct blob errors;
	char address[LISTENERS_MAX][128];
};

static struct daemon *running;

/* The words of THRONGD, then the arguments. */
static void
command(char **words, char *program, const char *const *arguments)
{
	size_t n = 0;
	char *word;

	for (word = strtok(program, " "); word != NULL && n < 16;
	    word = strtok(NULL, " "))
		words[n++] = word;
	while (*arguments != NULL && n < ARGUMENTS_MAX - 1)
		words[n++] = (char *)(uintptr_t)*arguments++;
	words[n] = NULL;
}

static void
child(const char *const *arguments, size_t limit, int out, int errors)
{
	const char *program = getenv("THRONGD");
	char *words[ARGUMENTS_MAX], copy[4096];
	struct rlimit nofile = { .rlim_cur = limit, .rlim_max = limit };

	/* A test that crashes leaves no server behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	if (limit > 0)
		setrlimit(RLIMIT_NOFILE, &nofile);
	snprintf(copy, sizeof(copy), "%s", program ? program : "./throngd");
	command(words, copy, arguments);
	execvp(words[0], words);
	dprintf(STDERR_FILENO, "%s: %s\n", words[0], strerror(errno));
	_exit(127);
}

struct daemon *
daemon_spawn(const char *const *arguments, size_t limit)
{
	struct daemon *d = calloc(1, sizeof(*d));
	FILE *errors = tmpfile();
	int out[2];

	if (d == NULL || errors == NULL || pipe2(out, O_CLOEXEC) != 0)
		abort();
	/* Appending, so that the daemon's lines and ours do not collide. */
	d->errors_fd = fcntl(fileno(errors), F_DUPFD_CLOEXEC, 3);
	fcntl(d->errors_fd, F_SETFL, O_APPEND);
	fclose(errors);
	if ((d->pid = fork()) == 0)
		child(arguments, limit, out[1], d->errors_fd);
	close(out[1]);
	d->output_fd = out[0];
	d->next = running;
	running = d;
	if (d->pid < 0) {
		d->reaped = true;
		support_wrong("fork: %s", strerror(errno));
		daemon_free(d);
		return (NULL);
	}
	return (d);
}

/* Read standard output until its end, or until `turn` milliseconds. */
static bool
output_ended(struct daemon *d, int turn)
{
	struct pollfd p = { .fd = d->output_fd, .events = POLLIN };
	char chunk[4096];
	ssize_t n;

	if (d->output_fd < 0)
		return (true);
	while (poll(&p, 1, turn) > 0) {
		n = read(d->output_fd, chunk, sizeof(chunk));
		if (n > 0) {
			blob_add(&d->output, chunk, (size_t)n);
			return (false);
		}
		if (n == 0 || errno != EINTR) {
			close(d->output_fd);
			d->output_fd = -1;
			return (true);
		}
	}
	return (false);
}

/* Copy the addresses of the lines seen so far; return how many. */
static unsigned
addresses(struct daemon *d)
{
	const char *at = daemon_output(d), *end;
	unsigned n = 0;

	for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		if (strncmp(at, "listening on ", 13) != 0 ||
		    n == LISTENERS_MAX)
			continue;
		snprintf(d->address[n++], sizeof(d->address[0]), "%.*s",
		    (int)(end - at - 13), at + 13);
	}
	return (n);
}

int
daemon_ready(struct daemon *daemon, unsigned listeners)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	while (addresses(daemon) < listeners) {
		if (output_ended(daemon, 100))
			return (support_wrong("the daemon ended: %s",
			    daemon_errors(daemon)));
		if (support_now() > deadline)
			return (support_wrong("the daemon does not say that "
			    "it listens; it said: %s%s", daemon_output(daemon),
			    daemon_errors(daemon)));
	}
	return (0);
}

struct daemon *
daemon_start(const char *const *arguments, unsigned listeners)
{
	struct daemon *d = daemon_spawn(arguments, 0);

	if (d != NULL && daemon_ready(d, listeners) != 0) {
		daemon_free(d);
		return (NULL);
	}
	return (d);
}

const char *
daemon_address(const struct daemon *daemon, unsigned index)
{

	return (index < LISTENERS_MAX && daemon->address[index][0] != '\0' ?
	    daemon->address[index] : NULL);
}

pid_t
daemon_pid(const struct daemon *daemon)
{

	return (daemon->pid);
}

void
daemon_signal(const struct daemon *daemon, int number)
{

	if (!daemon->reaped)
		kill(daemon->pid, number);
}

int
daemon_wait(struct daemon *daemon, int *status)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	int code;

	while (!daemon->reaped) {
		output_ended(daemon, 5);
		if (waitpid(daemon->pid, &code, WNOHANG) == daemon->pid) {
			daemon->reaped = true;
			daemon->status = WIFEXITED(code) ? WEXITSTATUS(code) :
			    128 + WTERMSIG(code);
		} else if (!support_turn(deadline))
			return (support_wrong("the daemon does not end"));
	}
	while (!output_ended(daemon, 1000))
		;
	*status = daemon->status;
	return (0);
}

bool
daemon_ended(struct daemon *daemon)
{
	siginfo_t info = { .si_pid = 0 };

	return (daemon->reaped || (waitid(P_PID, (id_t)daemon->pid, &info,
	    WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0));
}

static const char *
text(struct blob *b)
{

	/* A NUL behind it that is not part of it. */
	blob_add(b, "", 1);
	b->length--;
	return (b->data);
}

const char *
daemon_output(struct daemon *daemon)
{

	return (text(&daemon->output));
}

const char *
daemon_errors(struct daemon *daemon)
{
	char chunk[4096];
	ssize_t n;

	while ((n = pread(daemon->errors_fd, chunk, sizeof(chunk),
	    (off_t)daemon->errors.length)) > 0)
		blob_add(&daemon->errors, chunk, (size_t)n);
	return (text(&daemon->errors));
}

int
daemon_summary(struct daemon *daemon, const char *key, uint64_t *value)
{
	const char *all = daemon_errors(daemon), *line, *at;
	size_t end = strlen(all), n = strlen(key);

	while (end > 0 && all[end - 1] == '\n')
		end--;
	for (line = all + end; line > all && line[-1] != '\n'; line--)
		;
	for (at = line; (at = strstr(at, key)) != NULL; at += n)
		if ((at == line || at[-1] == ' ') && at[n] == '=') {
			*value = strtoull(at + n + 1, NULL, 10);
			return (0);
		}
	return (support_wrong("no %s= in the last line: %s", key, line));
}

/* Copy the last whole line of counters; "" if there is none. */
static void
last_counters(struct daemon *daemon, char *line, size_t size)
{
	static const char mark[] = "\"event\":\"counters\"";
	const char *text = daemon_errors(daemon), *at, *last = NULL, *end;

	*line = '\0';
	for (at = text; (at = strstr(at, mark)) != NULL; at++)
		if (strchr(at, '\n') != NULL)
			last = at;
	if (last == NULL)
		return;
	end = strchr(last, '\n') + 1;
	while (last > text && last[-1] != '\n')
		last--;
	snprintf(line, size, "%.*s", (int)(end - last), last);
}

int
daemon_counters(struct daemon *daemon, const char *key, uint64_t want,
    char *line, size_t size)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	const char *why;
	uint64_t value;

	for (;;) {
		daemon_signal(daemon, SIGUSR1);
		if (!support_turn(deadline))
			return (support_wrong("not %s=%llu: %s", key,
			    (unsigned long long)want, daemon_errors(daemon)));
		last_counters(daemon, line, size);
		if (*line == '\0')
			continue;
		why = json_wrong(line);
		if (why == NULL && json_number(line, key, &value) != 0)
			why = "a counter is missing";
		if (why != NULL)
			return (support_wrong("%s: %s", why, line));
		if (value == want)
			return (0);
	}
}

size_t
daemon_memory(const struct daemon *daemon)
{
	char path[64];
	size_t pages = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)daemon->pid);
	if ((f = fopen(path, "r")) == NULL)
		return (0);
	if (fscanf(f, "%*s %zu", &pages) != 1)
		pages = 0;
	fclose(f);
	return (pages * (size_t)sysconf(_SC_PAGESIZE));
}

int64_t
daemon_cpu(const struct daemon *daemon)
{
	unsigned long user = 0, system = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)daemon->pid);
	if ((f = fopen(path, "r")) == NULL)
		return (0);
	/* Fields 14 and 15; the name in field 2 is ours and has no space. */
	if (fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
	    "%lu %lu", &user, &system) != 2)
		user = system = 0;
	fclose(f);
	return ((int64_t)(user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

size_t
daemon_descriptors(const struct daemon *daemon)
{
	char path[64];
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)daemon->pid);
	if ((dir = opendir(path)) == NULL)
		return (0);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return (n - 2);
}

int
daemon_limit(const struct daemon *daemon, size_t descriptors)
{
	struct rlimit limit;

	if (prlimit(daemon->pid, RLIMIT_NOFILE, NULL, &limit) != 0)
		return (support_wrong("prlimit: %s", strerror(errno)));
	limit.rlim_cur = descriptors < limit.rlim_max ? descriptors :
	    limit.rlim_max;
	if (prlimit(daemon->pid, RLIMIT_NOFILE, &limit, NULL) != 0)
		return (support_wrong("prlimit: %s", strerror(errno)));
	return (0);
}

void
daemon_free(struct daemon *daemon)
{
	struct daemon **at;

	if (!daemon->reaped) {
		kill(daemon->pid, SIGKILL);
		waitpid(daemon->pid, NULL, 0);
	}
	if (daemon->output_fd >= 0)
		close(daemon->output_fd);
	close(daemon->errors_fd);
	blob_free(&daemon->output);
	blob_free(&daemon->errors);
	for (at = &running; *at != NULL; at = &(*at)->next)
		if (*at == daemon) {
			*at = daemon->next;
			break;
		}
	free(daemon);
}

void
daemon_free_all(void)
{

	while (running != NULL)
		daemon_free(running);
}
