/**
 * account.h - what the kernel knows: CPU, switches, memory, steal, drops.
 *
 * Everything is read at the edges of a trial and differenced; nothing is
 * read while it is measured. What cannot be read is NAN.
 */
#ifndef BENCH_ACCOUNT_H
#define BENCH_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Threads of a process beyond this are not looked at one by one. */
#define ACCOUNT_THREADS 256

/** The sessions that the processes of a target are in; none, if it was not
 *  started by us. */
struct account_sessions {
	const pid_t *id;
	unsigned count;
};

/** A thread, by the scheduler's own count. */
struct account_thread {
	pid_t id;
	uint64_t run;  /* ns on a processor */
	uint64_t wait; /* ns waiting for one */
};

/** Everything that a target has used since it started. */
struct account_target {
	double cpu;      /* ns, user and system: the process clock */
	double user;     /* ns, sampled by ticks */
	double system;   /* ns, sampled by ticks */
	double voluntary;   /* context switches */
	double involuntary;
	unsigned threads;
	unsigned listed;    /* of them in `thread` */
	struct account_thread thread[ACCOUNT_THREADS];
};

/** The machine since it started. */
struct account_machine {
	double cores;
	double wall;      /* ns, monotonic */
	double steal;     /* ns, all cores */
	double foreign;   /* ns that others' processes ran, all cores */
	double pressure;  /* ns that some task waited for a processor */
	double drops;     /* ListenDrops + ListenOverflows */
	double retransmits;
};

/** Memory of a target, and of the kernel on its behalf. */
struct account_memory {
	double user;   /* bytes: Pss, shared pages by their share */
	double kernel; /* bytes: half the slab, since both ends of a connection
	                * are on this machine; kernel stacks; page tables */
};

/**
 * account_target(sessions, account):
 * Read what all processes of these sessions have used, and what their
 * children that ended had. Thread: any.
 */
void account_target(struct account_sessions sessions,
    struct account_target *account);

/**
 * account_cpu(sessions):
 * Return what account_target() gives as `cpu`, without a look at every
 * thread. Thread: any.
 */
double account_cpu(struct account_sessions sessions);

/**
 * account_processes(sessions, list, most):
 * Store the first `most` processes of these sessions in `list`, and return
 * how many there are. Thread: any.
 */
unsigned account_processes(struct account_sessions sessions, pid_t *list,
    unsigned most);

/**
 * account_machine(sessions, account):
 * Read the machine's counters, in the caller's network namespace. Others are
 * those outside of the sessions, not the caller nor its children.
 * Thread: any.
 */
void account_machine(struct account_sessions sessions,
    struct account_machine *account);

/**
 * account_memory(sessions, account):
 * Read the memory in use now. The kernel's share is the whole machine's:
 * only differences mean anything. Thread: any.
 */
void account_memory(struct account_sessions sessions,
    struct account_memory *account);

/**
 * account_hottest(before, after, wait):
 * Return the largest run time of one thread between two readings, in ns, and
 * store the time that all threads waited for a processor; NAN if the threads
 * were too many to be listed. Thread: any.
 */
double account_hottest(const struct account_target *before,
    const struct account_target *after, double *wait);

/**
 * account_read(path, text, size):
 * Read the start of a file into `text`, NUL-terminated. Return the length,
 * or -1. Thread: any.
 */
long account_read(const char *path, char *text, size_t size);

/**
 * account_field(text, name):
 * Return the number behind the line start `name` ("Pss:") in `text`, or NAN.
 * Thread: any.
 */
double account_field(const char *text, const char *name);

/**
 * account_column(text, table, name):
 * Return the value called `name` of the table called `table` ("TcpExt:") in
 * the two-line form of /proc/net/netstat, or NAN. Thread: any.
 */
double account_column(const char *text, const char *table,
    const char *name);

#endif /* BENCH_ACCOUNT_H */
