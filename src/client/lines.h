/**
 * lines.h - cut the input into requests: one per line, or all of it as one.
 *
 * A line is the bytes up to LF, nothing dropped but the LF; the last line
 * may lack it. Memory is bounded by the longest request allowed.
 *
 * Thread for all functions: the one that reads the input.
 */
#ifndef CLIENT_LINES_H
#define CLIENT_LINES_H

#include <stddef.h>
#include <stdint.h>

/** How the input is cut: --split. */
enum lines_split {
	LINES_EACH, /* a request per line */
	LINES_NONE  /* the whole input is one request, be it empty */
};

/** What lines_next() found. */
enum lines_status {
	LINES_READY,   /* a request */
	LINES_MORE,    /* none yet: call lines_fill() */
	LINES_END,     /* the input has ended and all was given */
	LINES_TOO_LONG /* the next request exceeds the maximum: no way on */
};

struct lines;

/**
 * lines_new(split, max):
 * Start cutting into requests of at most `max` bytes. Return what goes back
 * with lines_free(), or NULL if memory is short. Thread: reader.
 */
struct lines *lines_new(enum lines_split split, size_t max);

/**
 * lines_free(lines):
 * Free it and what it holds; NULL is allowed. Thread: reader.
 */
void lines_free(struct lines *lines);

/**
 * lines_fill(lines, fd):
 * Read once from `fd`, again if a signal interrupts. End of file is noted.
 * Return 0, or -1 with errno set. Moves the bytes that lines_next() gave.
 * Thread: reader.
 */
int lines_fill(struct lines *lines, int fd);

/**
 * lines_next(lines, bytes, length):
 * Give the next request: at LINES_READY its bytes are stored in `*bytes`
 * and `*length`, valid until lines_fill(). Thread: reader.
 */
enum lines_status lines_next(struct lines *lines, const char **bytes,
    size_t *length);

/**
 * lines_count(lines):
 * Return how many requests were given. Thread: reader.
 */
uint64_t lines_count(const struct lines *lines);

#endif /* CLIENT_LINES_H */
