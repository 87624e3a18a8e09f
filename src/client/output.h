/**
 * output.h - the sink of a pipe: replies to standard output, notices to
 * standard error.
 */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>

#include "sink.h"
#include "wakeup.h"

struct output;

/**
 * output_new(fd, as_is, wakeup):
 * Write replies to `fd`: a line each, or with `as_is` and no label their
 * bytes alone. When a connection came or went, `wakeup` is signalled. Return
 * what goes back with output_free(), or NULL if memory is short. Thread: main.
 */
struct output *output_new(int fd, bool as_is, const struct wakeup *wakeup);

/**
 * output_sink(output):
 * Return the sink, valid until output_free(). If writing fails, its functions
 * end the process with status 1: without an output there is nothing to do.
 * Thread: any.
 */
const struct sink *output_sink(const struct output *output);

/**
 * output_free(output):
 * Free it; what was not flushed is dropped. NULL is allowed. Thread: main.
 */
void output_free(struct output *output);

#endif /* CLIENT_OUTPUT_H */
