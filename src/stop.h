/**
 * stop.h - the end of a server, as throng_run() goes through it.
 */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "server_internal.h"

/**
 * stop_asked(server):
 * Return what throng_stop() and throng_stop_now() have asked for. Thread: any.
 */
enum stop_request stop_asked(const throng_server *server);

/**
 * stop_on_drained(part):
 * A reactor (its struct part) has nothing left; it may say so more than once.
 * Thread: the reactor's.
 */
void stop_on_drained(void *part);

/**
 * stop_await(server, deadline):
 * Sleep until the control pipe has news, or until `deadline`, nanoseconds of
 * clock_now(), UINT64_MAX for never. Thread: throng_run()'s.
 */
void stop_await(throng_server *server, uint64_t deadline);

/**
 * stop_drain(server, deadline):
 * Let owed replies go out until `deadline`, or until it shall end at once.
 * Return whether all have. Thread: throng_run()'s.
 */
bool stop_drain(throng_server *server, uint64_t deadline);

/**
 * stop_end(server, drained):
 * End all threads, killing what is left unless all is `drained`. Nothing is
 * waited for but handlers that still run, and these for a moment: if one does
 * not return, the server is stuck, and nothing of it is freed. Thread:
 * throng_run()'s.
 */
void stop_end(throng_server *server, bool drained);

#endif /* STOP_H */
