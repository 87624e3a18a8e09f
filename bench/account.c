#include "config.h"

#include "account.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

long
account_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t n;

	if (fd == -1)
		return (-1);
	while (at + 1 < size && (n = read(fd, text + at, size - 1 - at)) > 0)
		at += (size_t)n;
	text[at] = '\0';
	close(fd);
	return ((long)at);
}

double
account_field(const char *text, const char *name)
{
	const size_t n = strlen(name);

	while (text != NULL && *text != '\0') {
		if (strncmp(text, name, n) == 0)
			return (strtod(text + n, NULL));
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	return (NAN);
}

/* The word number `index` (from 0) of a line, as a number. */
static double
word(const char *line, unsigned index)
{
	for (; index > 0; index--) {
		line += strcspn(line, " \n");
		line += strspn(line, " ");
	}
	return (*line == '\n' || *line == '\0' ? NAN : strtod(line, NULL));
}

double
account_column(const char *text, const char *table, const char *name)
{
	const size_t n = strlen(name);
	const char *names = text, *values, *at;
	unsigned index = 0;

	while (names != NULL && strncmp(names, table, strlen(table)) != 0) {
		names = strchr(names, '\n');
		names = names == NULL ? NULL : names + 1;
	}
	if (names == NULL || (values = strchr(names, '\n')) == NULL)
		return (NAN);
	for (at = names; at < values; index++) {
		if (strncmp(at, name, n) == 0 &&
		    (at[n] == ' ' || at[n] == '\n'))
			return (word(values + 1, index));
		at += strcspn(at, " \n");
		at += strspn(at, " ");
	}
	return (NAN);
}

static double
process_cpu(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &t) == -1)
		return (0);
	return ((double)t.tv_sec * 1e9 + (double)t.tv_nsec);
}

static void
read_thread(const char *folder, const char *name, struct account_target *a)
{
	char path[128], text[4096];
	struct account_thread *t;
	unsigned long long run, wait;

	snprintf(path, sizeof(path), "%s/%s/status", folder, name);
	if (account_read(path, text, sizeof(text)) == -1)
		return;
	a->threads++;
	a->voluntary += account_field(text, "voluntary_ctxt_switches:");
	a->involuntary += account_field(text, "nonvoluntary_ctxt_switches:");
	if (a->listed == ACCOUNT_THREADS)
		return;
	snprintf(path, sizeof(path), "%s/%s/schedstat", folder, name);
	if (account_read(path, text, sizeof(text)) == -1 ||
	    sscanf(text, "%llu %llu", &run, &wait) != 2)
		return;
	t = &a->thread[a->listed++];
	t->id = (pid_t)strtol(name, NULL, 10);
	t->run = run;
	t->wait = wait;
}

static void
read_threads(pid_t pid, struct account_target *a)
{
	struct dirent *entry;
	char folder[64];
	DIR *d;

	snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
	if ((d = opendir(folder)) == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			read_thread(folder, entry->d_name, a);
	closedir(d);
}

/* The fields of /proc/PID/stat behind the name, which may hold anything. */
struct stat_line {
	int parent;
	int session;
	double user, system;           /* ticks */
	double child_user, child_system;
};

static int
read_stat(pid_t pid, struct stat_line *s)
{
	char path[64], text[1024], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (account_read(path, text, sizeof(text)) == -1 ||
	    (at = strrchr(text, ')')) == NULL)
		return (-1);
	return (sscanf(at + 1, " %*c %d %*d %d %*d %*d %*u %*u %*u %*u %*u "
	    "%lf %lf %lf %lf", &s->parent, &s->session, &s->user, &s->system,
	    &s->child_user, &s->child_system) == 6 ? 0 : -1);
}

typedef void (*each_process)(pid_t pid, const struct stat_line *stat,
    void *context);

static int
is_in(struct account_sessions sessions, pid_t session)
{
	for (unsigned i = 0; i < sessions.count; i++)
		if (sessions.id[i] == session)
			return (1);
	return (0);
}

/* Those of the sessions; of NULL: every process. */
static void
for_processes(const struct account_sessions *sessions, each_process act,
    void *context)
{
	struct stat_line s;
	struct dirent *entry;
	DIR *d = opendir("/proc");

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && read_stat(pid, &s) == 0 &&
		    (sessions == NULL || is_in(*sessions, s.session)))
			act(pid, &s, context);
	}
	closedir(d);
}

static void
add_cpu(pid_t pid, const struct stat_line *s, void *context)
{
	const double tick = 1e9 / (double)sysconf(_SC_CLK_TCK);
	double *cpu = context;

	/* Ended children are known to the tick only. */
	*cpu += process_cpu(pid) + (s->child_user + s->child_system) * tick;
}

double
account_cpu(struct account_sessions sessions)
{
	double cpu = 0;

	for_processes(&sessions, add_cpu, &cpu);
	return (cpu);
}

static void
add_process(pid_t pid, const struct stat_line *s, void *context)
{
	const double tick = 1e9 / (double)sysconf(_SC_CLK_TCK);
	struct account_target *a = context;

	add_cpu(pid, s, &a->cpu);
	a->user += (s->user + s->child_user) * tick;
	a->system += (s->system + s->child_system) * tick;
	read_threads(pid, a);
}

void
account_target(struct account_sessions sessions, struct account_target *a)
{

	memset(a, 0, sizeof(*a));
	for_processes(&sessions, add_process, a);
}

/* Where account_processes() puts them. */
struct listing {
	pid_t *list;
	unsigned most;
	unsigned count;
};

static void
add_to_list(pid_t pid, const struct stat_line *s, void *context)
{
	struct listing *l = context;

	(void)s;
	if (l->count++ < l->most)
		l->list[l->count - 1] = pid;
}

unsigned
account_processes(struct account_sessions sessions, pid_t *list,
    unsigned most)
{
	struct listing l = { list, most, 0 };

	for_processes(&sessions, add_to_list, &l);
	return (l.count);
}

double
account_hottest(const struct account_target *before,
    const struct account_target *after, double *wait)
{
	double hottest = 0, run;

	*wait = 0;
	if (after->threads > after->listed) {
		*wait = NAN;
		return (NAN);
	}
	for (unsigned i = 0; i < after->listed; i++) {
		struct account_thread t = after->thread[i];

		for (unsigned k = 0; k < before->listed; k++) {
			if (before->thread[k].id != t.id)
				continue;
			t.run -= before->thread[k].run;
			t.wait -= before->thread[k].wait;
		}
		run = (double)t.run;
		hottest = run > hottest ? run : hottest;
		*wait += (double)t.wait;
	}
	return (hottest);
}

/* Whoever is neither the target nor ours. Those who ended in between are in
 * the count of their parent. */
struct others {
	struct account_sessions sessions;
	double cpu;
};

static void
add_other(pid_t pid, const struct stat_line *s, void *context)
{
	const double tick = 1e9 / (double)sysconf(_SC_CLK_TCK);
	const pid_t kernel = 2, self = getpid();
	struct others *o = context;

	/* Threads of the kernel work for us as much as for anyone. */
	if (is_in(o->sessions, s->session) || pid == self || s->parent == self ||
	    pid == kernel || s->parent == kernel)
		return;
	o->cpu += process_cpu(pid) + (s->child_user + s->child_system) * tick;
}

static double
steal(void)
{
	char text[512];

	if (account_read("/proc/stat", text, sizeof(text)) == -1)
		return (NAN);
	/* "cpu  user nice system idle iowait irq softirq steal" */
	return (word(text, 8) * 1e9 / (double)sysconf(_SC_CLK_TCK));
}

static double
pressure(void)
{
	char text[512], *at;

	if (account_read("/proc/pressure/cpu", text, sizeof(text)) == -1 ||
	    (at = strstr(text, "total=")) == NULL)
		return (NAN);
	return (strtod(at + 6, NULL) * 1e3);
}

static void
network(struct account_machine *a)
{
	char text[16384];

	a->drops = a->retransmits = NAN;
	if (account_read("/proc/self/net/netstat", text, sizeof(text)) > 0)
		a->drops = account_column(text, "TcpExt:", "ListenDrops") +
		    account_column(text, "TcpExt:", "ListenOverflows");
	if (account_read("/proc/self/net/snmp", text, sizeof(text)) > 0)
		a->retransmits = account_column(text, "Tcp:", "RetransSegs");
}

void
account_machine(struct account_sessions sessions, struct account_machine *a)
{
	struct others others = { .sessions = sessions };

	for_processes(NULL, add_other, &others);
	a->foreign = others.cpu;
	a->wall = (double)clock_now();
	a->cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
	a->steal = steal();
	a->pressure = pressure();
	network(a);
}

static void
add_memory(pid_t pid, const struct stat_line *s, void *context)
{
	struct account_memory *a = context;
	char path[64], text[4096];

	(void)s;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if (account_read(path, text, sizeof(text)) > 0)
		a->user += account_field(text, "Pss:") * 1024;
}

void
account_memory(struct account_sessions sessions, struct account_memory *a)
{
	char text[8192];

	a->user = 0;
	a->kernel = NAN;
	for_processes(&sessions, add_memory, a);
	if (a->user == 0)
		a->user = NAN;
	if (account_read("/proc/meminfo", text, sizeof(text)) > 0)
		a->kernel = (account_field(text, "Slab:") / 2 +
		    account_field(text, "KernelStack:") +
		    account_field(text, "PageTables:")) * 1024;
}
