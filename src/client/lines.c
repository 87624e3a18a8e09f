#include "lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"

#define READ_SIZE ((size_t)64 << 10)

/* Empty buffers above this are given back after a long request. */
#define KEEP_SIZE ((size_t)1 << 20)

/*
 * 1. buffer.data[start .. buffer.length) was read and not given yet.
 * 2. The first `scanned` bytes of it hold no LF.
 */
struct lines {
	enum lines_split split;
	size_t max;
	struct bytes buffer;
	size_t start;
	size_t scanned;
	uint64_t count;
	bool ended; /* end of file was read */
	bool done;  /* LINES_NONE: the one request was given */
};

struct lines *
lines_new(enum lines_split split, size_t max)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (NULL);
	l->split = split;
	l->max = max;
	return (l);
}

void
lines_free(struct lines *l)
{

	if (l == NULL)
		return;
	bytes_free(&l->buffer);
	free(l);
}

/* Move what is left to the front, so that the buffer need not grow. */
static void
compact(struct lines *l)
{
	size_t left = l->buffer.length - l->start;

	if (left == 0 && l->buffer.size > KEEP_SIZE)
		bytes_free(&l->buffer);
	else if (l->start > 0 && left > 0)
		memmove(l->buffer.data, l->buffer.data + l->start, left);
	l->buffer.length = left;
	l->start = 0;
}

int
lines_fill(struct lines *l, int fd)
{
	char *room;
	ssize_t n;

	compact(l);
	if ((room = bytes_reserve(&l->buffer, READ_SIZE)) == NULL) {
		errno = ENOMEM;
		return (-1);
	}
	do
		n = read(fd, room, READ_SIZE);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (-1);
	if (n == 0)
		l->ended = true;
	l->buffer.length += (size_t)n;
	return (0);
}

static enum lines_status
give(struct lines *l, size_t request, size_t used, const char **bytes,
    size_t *length)
{

	if (request > l->max)
		return (LINES_TOO_LONG);
	/* Without any input there may be no buffer: still not NULL. */
	*bytes = l->buffer.data != NULL ? l->buffer.data + l->start : "";
	*length = request;
	l->start += used;
	l->scanned = 0;
	l->count++;
	return (LINES_READY);
}

static enum lines_status
next_line(struct lines *l, const char **bytes, size_t *length)
{
	size_t left = l->buffer.length - l->start;
	const char *from, *lf;

	if (left > l->scanned) {
		from = l->buffer.data + l->start;
		lf = memchr(from + l->scanned, '\n', left - l->scanned);
		if (lf != NULL)
			return (give(l, (size_t)(lf - from),
			    (size_t)(lf - from) + 1, bytes, length));
		l->scanned = left;
	}
	if (left > l->max)
		return (LINES_TOO_LONG);
	if (!l->ended)
		return (LINES_MORE);
	return (left > 0 ? give(l, left, left, bytes, length) : LINES_END);
}

enum lines_status
lines_next(struct lines *l, const char **bytes, size_t *length)
{
	size_t left = l->buffer.length - l->start;

	if (l->split == LINES_EACH)
		return (next_line(l, bytes, length));
	if (l->done)
		return (LINES_END);
	if (left > l->max)
		return (LINES_TOO_LONG);
	if (!l->ended)
		return (LINES_MORE);
	l->done = true;
	return (give(l, left, left, bytes, length));
}

uint64_t
lines_count(const struct lines *l)
{

	return (l->count);
}
