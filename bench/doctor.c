#include "config.h"

#include "doctor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "account.h"
#include "gen.h"
#include "trial.h"

/* Measured with slabinfo on Linux 6.18: a TCP socket with its inode, dentry,
 * file, epoll item and descriptor slot, both ends; and a thread with its
 * kernel stack, page tables and the stack that it touches. */
#define KERNEL_BOTH_ENDS 8150.0
#define THREAD_BYTES 36000.0

static double
number_in(const char *path, unsigned word)
{
	char text[256], *at = text;

	if (account_read(path, text, sizeof(text)) <= 0)
		return (NAN);
	for (; word > 0; word--) {
		at += strcspn(at, " \t");
		at += strspn(at, " \t");
	}
	return (strtod(at, NULL));
}

static void
add(struct doctor_limit *limits, unsigned *n, struct doctor_limit limit)
{

	if (*n < DOCTOR_LIMITS && !isnan(limit.value))
		limits[(*n)++] = limit;
}

static void
add_processes(struct doctor_limit *l, unsigned *n)
{
	struct rlimit nofile = { 0 };

	getrlimit(RLIMIT_NOFILE, &nofile);
	add(l, n, (struct doctor_limit){ "descriptors", "a generator",
	    (double)nofile.rlim_max, (double)nofile.rlim_max - GEN_SPARE,
	    DOCTOR_GENERATOR,
	    "more generators are started by themselves" });
	add(l, n, (struct doctor_limit){ "descriptors", "one server process",
	    (double)nofile.rlim_max, (double)nofile.rlim_max -
	    TRIAL_SERVER_SPARE, DOCTOR_SERVER, "several servers are started "
	    "by themselves, 64 at most; for one that holds all, raise the "
	    "hard limit of descriptors (ulimit -Hn, limits.conf)" });
	add(l, n, (struct doctor_limit){ "fs.file-max", "the machine",
	    number_in("/proc/sys/fs/file-max", 0),
	    number_in("/proc/sys/fs/file-max", 0) / 2, DOCTOR_HARD,
	    "sysctl fs.file-max: two files for each connection" });
}

static void
add_threads(struct doctor_limit *l, unsigned *n)
{
	double pids = number_in("/proc/sys/kernel/pid_max", 0);
	double threads = number_in("/proc/sys/kernel/threads-max", 0);
	double maps = number_in("/proc/sys/vm/max_map_count", 0);

	add(l, n, (struct doctor_limit){ "kernel.pid_max",
	    "thread per client", pids, pids - 500, DOCTOR_HARD,
	    "sysctl kernel.pid_max" });
	add(l, n, (struct doctor_limit){ "kernel.threads-max",
	    "thread per client", threads, threads - 500, DOCTOR_HARD,
	    "sysctl kernel.threads-max" });
	add(l, n, (struct doctor_limit){ "vm.max_map_count",
	    "thread per client", maps, maps / 2 - 200, DOCTOR_SERVER,
	    "sysctl vm.max_map_count: two mappings for each stack; or more "
	    "servers (--shards)" });
}

static void
add_network(struct doctor_limit *l, unsigned *n)
{
	static const char range[] =
	    "/proc/sys/net/ipv4/ip_local_port_range";
	double ports = number_in(range, 1) - number_in(range, 0) + 1;
	double pages = number_in("/proc/sys/net/ipv4/tcp_mem", 2);
	double tracked = number_in(
	    "/proc/sys/net/netfilter/nf_conntrack_max", 0);

	add(l, n, (struct doctor_limit){ "port range", "one destination",
	    ports, ports, DOCTOR_SPREAD, "destinations are spread over "
	    "127.0.0.0/8 by themselves above 10,000 connections" });
	add(l, n, (struct doctor_limit){ "tcp_mem", "the machine",
	    pages, pages * 4096 / 1024, DOCTOR_HARD,
	    "sysctl net.ipv4.tcp_mem (here with 1 KiB waiting in each)" });
	add(l, n, (struct doctor_limit){ "nf_conntrack_max", "the machine",
	    tracked, tracked, DOCTOR_SPREAD,
	    "only if conntrack is on: a network namespace has none" });
	add(l, n, (struct doctor_limit){ "epoll max_user_watches",
	    "the machine", number_in("/proc/sys/fs/epoll/max_user_watches",
	    0), number_in("/proc/sys/fs/epoll/max_user_watches", 0) / 2,
	    DOCTOR_HARD,
	    "sysctl fs.epoll.max_user_watches" });
}

static void
add_memory(struct doctor_limit *l, unsigned *n)
{
	char text[4096];
	double free_bytes = NAN;

	if (account_read("/proc/meminfo", text, sizeof(text)) > 0)
		free_bytes = account_field(text, "MemAvailable:") * 1024;
	add(l, n, (struct doctor_limit){ "memory", "pool", free_bytes,
	    free_bytes * 0.9 / (KERNEL_BOTH_ENDS + 1024 + 64), DOCTOR_HARD,
	    "more memory (8 KiB of kernel for both ends, 1 KiB of server)" });
	add(l, n, (struct doctor_limit){ "memory", "thread per client",
	    free_bytes, free_bytes * 0.9 / (KERNEL_BOTH_ENDS + THREAD_BYTES),
	    DOCTOR_HARD, "more memory, or smaller stacks" });
}

unsigned
doctor_limits(struct doctor_limit *limits)
{
	unsigned n = 0;

	add_processes(limits, &n);
	add_threads(limits, &n);
	add_network(limits, &n);
	add_memory(limits, &n);
	return (n);
}

static int
is_thread(const struct doctor_limit *l)
{

	return (strcmp(l->who, "thread per client") == 0);
}

/* How many processes of a kind it takes: by their descriptors, which stand
 * before all else that binds each of them. */
static double
processes(const struct doctor_limit *l, unsigned n, enum doctor_kind kind,
    double connections)
{
	for (unsigned i = 0; i < n; i++)
		if (l[i].kind == kind)
			return (fmax(ceil(connections / l[i].allows), 1));
	return (1);
}

/* How many connections a limit allows, given so many servers. */
static double
allowed(const struct doctor_limit *l, double servers)
{

	switch (l->kind) {
	case DOCTOR_SERVER:
		return (l->allows * fmin(servers, TRIAL_SHARDS));
	case DOCTOR_HARD:
		return (l->allows);
	case DOCTOR_GENERATOR:
	case DOCTOR_SPREAD:
		break;
	}
	return (INFINITY);
}

int
doctor_judge(const struct doctor_limit *l, unsigned n, double connections,
    FILE *out)
{
	const double servers = processes(l, n, DOCTOR_SERVER, connections);
	double pool = INFINITY, thread = INFINITY;

	for (unsigned i = 0; i < n; i++) {
		const double most = allowed(&l[i], servers);

		thread = fmin(thread, most);
		if (!is_thread(&l[i]))
			pool = fmin(pool, most);
	}
	fprintf(out, "\n%.0f connections: pool %s, thread per client %s; "
	    "%.0f generators, %.0f servers\n", connections,
	    connections <= pool ? "yes" : "NO",
	    connections <= thread ? "yes" : "NO",
	    processes(l, n, DOCTOR_GENERATOR, connections),
	    fmin(servers, TRIAL_SHARDS));
	for (unsigned i = 0; i < n; i++)
		if (l[i].allows < connections)
			fprintf(out, "  %s of %s ends at %.0f: %s\n",
			    l[i].name, l[i].who, l[i].allows, l[i].advice);
	return (connections <= pool);
}

int
doctor(const struct cmdline *o, FILE *out)
{
	struct doctor_limit limits[DOCTOR_LIMITS];
	unsigned n = doctor_limits(limits);
	int fits = 1;

	fprintf(out, "%-24s %-20s %14s %14s\n", "limit", "of", "value",
	    "connections");
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%-24s %-20s %14.0f %14.0f\n", limits[i].name,
		    limits[i].who, limits[i].value, limits[i].allows);
	for (unsigned i = 0; i < o->connections.count; i++)
		fits &= doctor_judge(limits, n, o->connections.value[i] +
		    (double)o->idle, out);
	return (fits ? CMDLINE_HOLDS : CMDLINE_FAILED);
}
