/**
 * drain.h - the end, as a reactor carries it out.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef DRAIN_H
#define DRAIN_H

struct reactor;

/**
 * drain_begin(reactor):
 * Stop accepting, read once more what clients have sent, then stop reading,
 * and let what is owed go out. The server is told when all is done.
 * Thread: the reactor's.
 */
void drain_begin(struct reactor *reactor);

/**
 * drain_kill(reactor):
 * Close every connection now; requests that no worker has begun are dropped
 * and counted. The server is told when no worker holds a job any more.
 * Thread: the reactor's.
 */
void drain_kill(struct reactor *reactor);

#endif /* DRAIN_H */
