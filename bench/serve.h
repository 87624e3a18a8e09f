/**
 * serve.h - the command line and the listening sockets of the reference
 * servers, which are small on purpose: --listen, --frame, --handler.
 */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include "frame.h"
#include "handle.h"

/** What a reference server is to do. */
struct serve {
	struct framer framer;
	const throng_handler *handler;
	int listener; /* bound, listening, non-blocking */
};

/** Most payload bytes of a request, as throngd has it by default. */
#define SERVE_FRAME_MAX (1u << 20)

/** Most bytes that serve_frames() may have to hold of a whole frame. */
#define SERVE_WHOLE_MAX (SERVE_FRAME_MAX + FRAME_HEAD_MAX + FRAME_TAIL_MAX)

/**
 * serve_start(argc, argv, serve):
 * Read the command line, raise the descriptor limit, ignore SIGPIPE, listen
 * and print `listening on ADDR` on standard output. Return 0; or 2 for a
 * wrong command line and 1 for a failure, with one line on standard error.
 * Thread: main.
 */
int serve_start(int argc, char **argv, struct serve *serve);

/**
 * serve_frames(serve, scan, bytes, length, fresh, out, last):
 * Answer every whole frame of `bytes`, of which the last `fresh` were not
 * looked at before, and append the framed replies to `out`. Return how many
 * bytes from the start are done with; the rest is the begin of a frame. On
 * a stream that cannot go on, or without memory, return -1. Store whether the
 * connection ends after these replies. Thread: the connection's.
 */
long serve_frames(const struct serve *serve, struct frame_scan *scan,
    const char *bytes, size_t length, size_t fresh,
    struct handle_bytes *out, int *last);

#endif /* BENCH_SERVE_H */
