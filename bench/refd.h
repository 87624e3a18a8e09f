/**
 * refd.h - what the reference server is made of, and its command line.
 */
#ifndef BENCH_REFD_H
#define BENCH_REFD_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "later.h"
#include "serve.h"

#define REFD_CONNS 20000
#define REFD_SERVERS 64
#define REFD_IN 65536

/** The longest time that an option or a request may name. */
#define REFD_LONGEST (60ull * 1000 * 1000 * 1000)

/** One connection. */
struct refd_conn {
	uint32_t life;  /* a late reply must not reach a stranger */
	int open;
	struct frame_scan scan;
	char *rest;
	size_t rest_length;
	uint64_t last;  /* when its latest reply leaves: they keep order */
};

/** The server. */
struct refd {
	struct serve serve;
	int epoll;
	struct refd_conn conns[REFD_CONNS];
	struct later later;
	uint64_t requests, skip;
	uint64_t stall_at, stall, mute, every, spin, backlog;
	const char *fault;
	unsigned servers;
	uint64_t free_at[REFD_SERVERS];
	char in[REFD_IN];
};

/**
 * refd_options(refd, argc, argv):
 * Read the options of this server out of `argv`, in which those of serve.c
 * are left. Return 0, or 2 with one line on standard error. Thread: main.
 */
int refd_options(struct refd *refd, int *argc, char **argv);

#endif /* BENCH_REFD_H */
