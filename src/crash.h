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

#include "log.h"

/** Where a crash can be told of even when the thread's stack has run out. */
struct crash_stack {
	bool used;
	char memory[8192];
};

/**
 * crash_watch(log):
 * From now on write a line to the log's descriptor on SIGSEGV, SIGBUS, SIGFPE,
 * SIGILL and SIGABRT, let what waits in the log go out for a moment, then do
 * what the signal's earlier action was. The last call counts. The log must
 * last until crash_forget(). Return 0, or -1 with errno.
 * Thread: any, one at a time.
 */
int crash_watch(const struct log *log);

/**
 * crash_forget(log):
 * The log will soon be no more: nothing waits in it. Lines about crashes go
 * on. Thread: any, one at a time.
 */
void crash_forget(const struct log *log);

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
