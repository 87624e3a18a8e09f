/**
 * crash.h - one line about what was running when the process crashes.
 *
 * A crash in the handler ends the process: nothing in C could be trusted
 * afterwards. The line says which thread it was, in which handler, for which
 * client; then the signal does what it would have done.
 */
#ifndef CRASH_H
#define CRASH_H

#include <signal.h>
#include <stdbool.h>

#include "throng.h"

/** Where a crash can be told of even when the thread's stack has run out. */
struct crash_stack {
	bool used;
	char memory[8192];
};

/**
 * crash_watch(fd, format):
 * From now on write a line to `fd` on SIGSEGV, SIGBUS, SIGFPE, SIGILL and
 * SIGABRT, then do what the signal's earlier action was. The last call counts.
 * Return 0, or -1 with errno. Thread: any, one at a time.
 */
int crash_watch(int fd, throng_log_format format);

/**
 * crash_thread_begin(stack):
 * Let the calling thread tell of its crash on `stack`, which must last until
 * crash_thread_end(). A thread that has such a stack keeps it.
 * Thread: the one concerned.
 */
void crash_thread_begin(struct crash_stack *stack);

/**
 * crash_thread_end(stack):
 * Undo crash_thread_begin(). Thread: the same.
 */
void crash_thread_end(struct crash_stack *stack);

#endif /* CRASH_H */
