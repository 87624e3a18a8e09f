#include "reader.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "frame.h"

/* Room for one receive: many replies at once, and little to keep idle. */
#define RECEIVE_SIZE ((size_t)64 << 10)

/* Empty buffers above this are given back after a long reply. */
#define KEEP_SIZE ((size_t)1 << 20)

/* buffer.data[start .. at) was looked at: the reply that has begun. */
struct reader {
	struct framer framer;
	struct frame_scan scan;
	struct bytes buffer;
	size_t start;
	size_t at;
};

struct reader *
reader_new(throng_framing framing, size_t max)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (NULL);
	r->framer = (struct framer){ framing, (uint32_t)max };
	return (r);
}

void
reader_free(struct reader *r)
{

	if (r == NULL)
		return;
	bytes_free(&r->buffer);
	free(r);
}

char *
reader_room(struct reader *r, size_t *size)
{
	size_t left = r->buffer.length - r->start;
	char *room;

	if (left == 0 && r->buffer.size > KEEP_SIZE)
		bytes_free(&r->buffer);
	else if (left > 0 && r->start > 0)
		memmove(r->buffer.data, r->buffer.data + r->start, left);
	r->at -= r->start;
	r->start = 0;
	r->buffer.length = left;
	if ((room = bytes_reserve(&r->buffer, RECEIVE_SIZE)) != NULL)
		*size = RECEIVE_SIZE;
	return (room);
}

void
reader_filled(struct reader *r, size_t length)
{

	r->buffer.length += length;
}

/* A reply ends at r->at. */
static void
ready(struct reader *r, const char **bytes, size_t *length)
{

	*bytes = r->buffer.data + r->start + r->scan.head;
	*length = r->scan.length;
	if (r->framer.framing == THRONG_FRAME_LINE)
		*length += r->scan.tail - 1u;
	r->start = r->at;
}

enum reader_status
reader_next(struct reader *r, const char **bytes, size_t *length)
{
	size_t used;

	while (r->at < r->buffer.length) {
		enum frame_status status = frame_scan(&r->framer, &r->scan,
		    r->buffer.data + r->at, r->buffer.length - r->at, &used);

		r->at += used;
		switch (status) {
		case FRAME_PARTIAL:
			break;
		case FRAME_READY:
			ready(r, bytes, length);
			return (READER_READY);
		case FRAME_OVERSIZE:
			r->start = r->at;
			return (READER_OVERSIZE);
		case FRAME_SKIP:
			r->start = r->at;
			break;
		case FRAME_ABSURD:
		case FRAME_BAD:
			return (READER_BROKEN);
		}
	}
	return (READER_MORE);
}

bool
reader_within(const struct reader *r)
{

	return (frame_pending(&r->scan) > 0);
}
