/**
 * inline.h - the handler on the reactor's thread: no hand-over, no workers.
 *
 * For comparison, and for handlers that never block: while a handler runs,
 * its reactor neither reads, nor writes, nor accepts. Everything before and
 * behind the handler is the pool's: a job is framed, waits in the backlog and
 * is answered as there, but nobody else ever has it.
 */
#ifndef INLINE_H
#define INLINE_H

#include <event2/util.h>

struct inlined;
struct reactor;

/**
 * inline_open(reactor):
 * Make what a reactor needs to run the handler itself; NULL if memory is
 * short. Thread: any, before the reactor runs.
 */
struct inlined *inline_open(struct reactor *reactor);

/**
 * inline_close(inlined):
 * Free it; NULL is allowed. Thread: any, after the reactor has run.
 */
void inline_close(struct inlined *inlined);

/**
 * inline_enter(inlined):
 * Get ready in the reactor's thread, worker_open of the handler included, and
 * let inline_await() return. Return 0, or -1 if worker_open refused; only
 * after 0 inline_leave() is to be called. Thread: the reactor's.
 */
int inline_enter(struct inlined *inlined);

/**
 * inline_leave(inlined):
 * Undo inline_enter(). Thread: the reactor's.
 */
void inline_leave(struct inlined *inlined);

/**
 * inline_await(inlined):
 * Wait until the reactor's thread has called inline_enter(); return what that
 * returned. Thread: the one that has started the reactor, once.
 */
int inline_await(struct inlined *inlined);

/**
 * inline_pass(fd, what, reactor):
 * The callback behind the other callbacks of a pass of the event loop: run
 * the handler over the jobs of the backlog, for some milliseconds at most,
 * and send the replies. What is left comes after the next look at the
 * sockets. Thread: the reactor's.
 */
void inline_pass(evutil_socket_t fd, short what, void *reactor);

#endif /* INLINE_H */
