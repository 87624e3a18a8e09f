/**
 * writer.h - the thread that writes the log.
 *
 * Lines come through a ring of fixed size, so whoever logs never waits; what
 * finds no room is counted and told, `log-lost count=N`, once there is room
 * again. The thread writes whole lines, a pipe's worth at a time, and tells
 * once a second what throttle.h has held back. Stopping it takes a bounded
 * time, even when it hangs in a write to something that does not move.
 */
#ifndef WRITER_H
#define WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "log.h"

/** Bytes of lines, each with 24 of its own and rounded up to 64, that may
 *  wait to be written. */
#define WRITER_RING (256u << 10)

/** What the thread gets to write the rest in at the end. Milliseconds. */
#define WRITER_STOP_MS 1000

/**
 * writer_start(log):
 * Start the thread of a log that has a sink; from here on its lines go
 * through it. Return 0, or an errno value with nothing changed. Thread: the
 * server's, before others log.
 */
int writer_start(const struct log *log);

/**
 * writer_stop(sink):
 * Write what waits, in WRITER_STOP_MS at most, and end the thread; lines are
 * written at once again. A thread that hangs in its write is left alone, with
 * its memory. Nothing happens if there is none. Thread: the server's.
 */
void writer_stop(struct log_sink *sink);

/**
 * writer_free(sink):
 * Free what is left of a stopped writer. Thread: the server's, when nobody
 * logs any more.
 */
void writer_free(struct log_sink *sink);

/**
 * writer_put(writer, text, length):
 * Hand a line over; it is copied, or counted as lost. Return false if the
 * writer has been stopped. Never waits. Thread: any.
 */
bool writer_put(struct writer *writer, const char *text, size_t length);

/**
 * writer_refuses(writer):
 * Return whether a line would find no room now, and count it as lost then: it
 * need not be made. Thread: any.
 */
bool writer_refuses(struct writer *writer);

/**
 * writer_wake(writer):
 * Let it look for what there is to do. Thread: any.
 */
void writer_wake(struct writer *writer);

/**
 * writer_flush(log, ms):
 * Wait until all lines that were handed over before are written, for `ms`
 * milliseconds at most: before the process ends by itself. Thread: any;
 * also safe in a signal handler.
 */
void writer_flush(const struct log *log, unsigned ms);

#endif /* WRITER_H */
