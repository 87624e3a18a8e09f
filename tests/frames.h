/**
 * frames.h - two ways to cut a stream into frames, for the tests to compare:
 * a plain reading of the specification that sees the whole stream at once,
 * and frame_scan() fed piece by piece.
 *
 * All functions: Thread: the test's own.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "frame.h"

/** What a stream holds, in order. */
struct frames_event {
	char kind;      /* F frame, O oversize, A absurd, B bad */
	unsigned tail;  /* line: bytes of the line ending */
	size_t at;      /* F: where in the stream the payload starts */
	size_t length;  /* F: its bytes */
};

/** All events of a stream. All zero: none yet. */
struct frames_list {
	struct frames_event *event;
	size_t count;
	size_t room;
	size_t pending; /* bytes of an unfinished frame at the end */
};

/**
 * frames_reference(framer, bytes, length, list):
 * Cut the stream as the specification says, the whole of it at once.
 * Thread: the test's own.
 */
void frames_reference(const struct framer *framer, const char *bytes,
    size_t length, struct frames_list *list);

/**
 * frames_scan(framer, bytes, length, cuts, count, list):
 * Feed the stream to frame_scan() in the pieces between the `count` ascending
 * offsets of `cuts`, each piece ending at a page that may not be read, and
 * check every answer against the contract of frame.h. Return NULL, or what
 * was wrong. Thread: the test's own.
 */
const char *frames_scan(const struct framer *framer, const char *bytes,
    size_t length, const size_t *cuts, size_t count,
    struct frames_list *list);

/**
 * frames_equal(a, b):
 * Return whether two lists are the same. Thread: the test's own.
 */
bool frames_equal(const struct frames_list *a, const struct frames_list *b);

/**
 * frames_text(list, bytes, out, size):
 * Write a list as text, "(payload)" for a line ended by LF or any other
 * frame, "(payload)~" for one ended by CR LF, O, A or B for a refusal, "+N"
 * for N bytes left over; unprintable bytes as \xNN. Returns `out`.
 * Thread: the test's own.
 */
const char *frames_text(const struct frames_list *list, const char *bytes,
    char *out, size_t size);

/**
 * frames_free(list):
 * Empty a list. Thread: the test's own.
 */
void frames_free(struct frames_list *list);

#endif /* FRAMES_H */
