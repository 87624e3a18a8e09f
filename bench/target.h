/**
 * target.h - what is measured: a command that is started for every trial, or
 * an address where something runs already.
 *
 * In a command, {addr}, {host} and {port} stand for the address to listen on.
 * The target is ready when it prints `listening on ADDR` or when a connect to
 * that address succeeds. It runs in a session of its own, so that whatever it
 * starts is counted with it and ended with it.
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "address.h"

#define TARGET_NAME 48
#define TARGET_TEXT 1024

/** What a target is. Texts end with NUL; "" means not given. */
struct target_spec {
	char name[TARGET_NAME];
	char command[TARGET_TEXT]; /* "" if it runs already */
	char address[TARGET_TEXT]; /* where it runs, or "" */
	/* Peers that speak another protocol; "": as the others. */
	char frame[16];
	char request[256];         /* escaped as payload_unescape() reads it */
	int crlf;                  /* lines end with CR LF */
	char same_as[TARGET_NAME]; /* the target that this is again, or "" */
	char version[128];         /* what it says of itself, or "" */
	int spare_cpu;             /* processor 1 less than this is not for it;
	                            * 0: all are */
};

/** A target that runs. */
struct target;

/**
 * target_start(spec, wide, why, size):
 * Start the command and wait until it is ready; for an address, see that a
 * connect succeeds. `wide`: listen on all addresses of the loopback. Return
 * the target, which the caller ends with target_stop(), or NULL with one line
 * of why not. Thread: main.
 */
struct target *target_start(const struct target_spec *spec, int wide,
    char *why, size_t size);

/**
 * target_address(target):
 * Return where it listens; the target's. Thread: main.
 */
const struct address *target_address(const struct target *target);

/**
 * target_session(target):
 * Return the session that its processes are in, or -1 if it was not started
 * by us. Thread: main.
 */
pid_t target_session(const struct target *target);

/**
 * target_ended(target, why, size):
 * Return 1 with one line of how it ended, or 0 while it runs. Thread: main.
 */
int target_ended(struct target *target, char *why, size_t size);

/**
 * target_stop(target):
 * End it: SIGTERM, and SIGKILL to its whole session if that is not enough.
 * NULL is allowed. Thread: main.
 */
void target_stop(struct target *target);

#endif /* BENCH_TARGET_H */
