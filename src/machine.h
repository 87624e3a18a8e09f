/**
 * machine.h - what the machine lets a process have.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

/** No limit, or none that could be found out. */
#define MACHINE_NONE UINT64_MAX

/** Linux's limits; other systems leave most at MACHINE_NONE. */
struct machine {
	uint64_t descriptors; /* of this process: RLIMIT_NOFILE */
	uint64_t files;       /* of all together: fs.file-max */
	uint64_t processes;   /* threads of this user: RLIMIT_NPROC */
	uint64_t threads;     /* of all together: kernel.threads-max */
	uint64_t pids;        /* likewise: kernel.pid_max */
	uint64_t tasks;       /* of the cgroup: pids.max */
	uint64_t maps;        /* of this process: vm.max_map_count */
	uint64_t memory;      /* bytes, the machine's or the cgroup's */
	uint64_t backlog;     /* net.core.somaxconn */
	uint64_t tcp_pages;   /* the third of net.ipv4.tcp_mem */
};

/**
 * machine_read(limits, root):
 * Find out what holds here. `root` is put in front of the paths in /proc and
 * /sys: "" but in tests. Thread: any.
 */
void machine_read(struct machine *limits, const char *root);

#endif /* MACHINE_H */
