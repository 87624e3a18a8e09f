#include "frames.h"

#include <sys/mman.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
add(struct frames_list *list, char kind, size_t at, size_t length,
    unsigned tail)
{

	if (list->count == list->room) {
		list->room = list->room == 0 ? 16 : list->room * 2;
		list->event = realloc(list->event,
		    list->room * sizeof(*list->event));
		if (list->event == NULL)
			abort();
	}
	list->event[list->count++] = (struct frames_event){
		.kind = kind, .tail = tail, .at = at, .length = length,
	};
}

/* Raw frames are whatever arrived: only their sum can be compared. */
static void
add_raw(struct frames_list *list, size_t at, size_t length)
{

	if (list->count > 0)
		list->event[list->count - 1].length += length;
	else
		add(list, 'F', at, length, 0);
}

static void
reference_line(const struct framer *f, const char *bytes, size_t length,
    struct frames_list *list)
{
	size_t at = 0, end, payload;
	bool cr, lf;

	while (at < length) {
		for (end = at; end < length && bytes[end] != '\n'; end++)
			;
		lf = end < length;
		cr = end > at && bytes[end - 1] == '\r';
		payload = end - at - cr;
		if (payload > f->max)
			add(list, 'O', 0, 0, 0);
		else if (lf)
			add(list, 'F', at, payload, 1 + (unsigned)cr);
		else
			list->pending = end - at;
		at = end + lf;
	}
}

/* Read a length of `head` bytes or of digits; return bytes used, 0: more. */
static size_t
reference_length(const struct framer *f, const char *bytes, size_t length,
    uint64_t *value, char *refusal)
{
	size_t head = f->framing == THRONG_FRAME_LEN32 ? 4 : 2, at = 0;

	*value = 0;
	*refusal = 0;
	if (f->framing != THRONG_FRAME_NETSTRING) {
		if (length < head)
			return (0);
		while (at < head)
			*value = *value * 256 + (unsigned char)bytes[at++];
		if (*value > FRAME_ABSURD_LENGTH)
			*refusal = 'A';
		return (at);
	}
	for (; at < length; at++) {
		if (bytes[at] == ':' && at > 0)
			return (at + 1);
		if (bytes[at] < '0' || bytes[at] > '9' ||
		    (at > 0 && *value == 0)) {
			*refusal = 'B';
			return (at + 1);
		}
		*value = *value * 10 + (uint64_t)(bytes[at] - '0');
		if (*value > FRAME_ABSURD_LENGTH) {
			*refusal = 'A';
			return (at + 1);
		}
	}
	return (0);
}

static void
reference_counted(const struct framer *f, const char *bytes, size_t length,
    struct frames_list *list)
{
	size_t at = 0, head, tail = f->framing == THRONG_FRAME_NETSTRING;
	uint64_t value;
	char refusal;

	while (at < length) {
		head = reference_length(f, bytes + at, length - at, &value,
		    &refusal);
		if (refusal != 0) {
			add(list, refusal, 0, 0, 0);
			return;
		}
		if (head > 0 && value > f->max)
			add(list, 'O', 0, 0, 0);
		if (head == 0 || length - at < head + value + tail) {
			if (head == 0 || value <= f->max)
				list->pending = length - at;
			return;
		}
		if (tail && bytes[at + head + value] != ',') {
			add(list, 'B', 0, 0, 0);
			return;
		}
		if (value <= f->max)
			add(list, 'F', at + head, (size_t)value,
			    (unsigned)tail);
		at += head + (size_t)value + tail;
	}
}

void
frames_reference(const struct framer *framer, const char *bytes,
    size_t length, struct frames_list *list)
{

	if (framer->framing == THRONG_FRAME_LINE)
		reference_line(framer, bytes, length, list);
	else if (framer->framing != THRONG_FRAME_RAW)
		reference_counted(framer, bytes, length, list);
	else if (length > 0)
		add_raw(list, 0, length);
}

/* A copy of the piece whose next byte is on a page that cannot be read. */
static const char *
at_the_edge(const char *bytes, size_t length)
{
	static char *region;
	static size_t size;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (region == NULL || length > size) {
		if (region != NULL)
			munmap(region, size + page);
		size = (length / page + 1) * page;
		region = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (region == MAP_FAILED ||
		    mprotect(region + size, page, PROT_NONE))
			abort();
	}
	return (memcpy(region + size - length, bytes, length));
}

/* One stream on its way through frame_scan(). */
struct walk {
	const struct framer *framer;
	struct frame_scan scan;
	size_t start; /* where the bytes begin that the caller still holds */
	size_t at;    /* bytes consumed */
	bool closed;
	struct frames_list *list;
};

static const char *
check_ready(struct walk *w)
{
	const struct frame_scan *s = &w->scan;

	if ((size_t)s->head + s->length + s->tail != s->scanned)
		return ("head, length and tail do not add up to scanned");
	if (s->scanned != w->at - w->start)
		return ("the frame is not the bytes held");
	if (s->length > w->framer->max)
		return ("a frame above the maximum");
	if (w->framer->framing == THRONG_FRAME_RAW)
		add_raw(w->list, w->start, s->length);
	else
		add(w->list, 'F', w->start + s->head, s->length, s->tail);
	w->start = w->at;
	return (NULL);
}

static const char *
check_status(struct walk *w, enum frame_status status, size_t used,
    size_t given)
{

	switch (status) {
	case FRAME_PARTIAL:
		if (used != given)
			return ("partial without using all");
		if (frame_missing(w->framer, &w->scan) == 0)
			return ("partial with nothing missing");
		return (NULL);
	case FRAME_READY:
		return (check_ready(w));
	case FRAME_OVERSIZE:
		add(w->list, 'O', 0, 0, 0);
		break;
	case FRAME_SKIP:
		break;
	case FRAME_ABSURD:
	case FRAME_BAD:
		add(w->list, status == FRAME_BAD ? 'B' : 'A', 0, 0, 0);
		w->closed = true;
		return (NULL);
	default:
		return ("an unknown status");
	}
	w->start = w->at;
	return (NULL);
}

static const char *
walk_piece(struct walk *w, const char *bytes, size_t length)
{
	const char *piece = at_the_edge(bytes, length), *wrong;
	enum frame_status status;
	size_t used, missing;

	while (length > 0 && !w->closed) {
		missing = frame_missing(w->framer, &w->scan);
		used = SIZE_MAX;
		status = frame_scan(w->framer, &w->scan, piece, length, &used);
		if (used == 0 || used > length)
			return ("used is not within the piece");
		w->at += used;
		wrong = check_status(w, status, used, length);
		if (wrong != NULL)
			return (wrong);
		if (status == FRAME_READY && used < missing &&
		    w->framer->framing != THRONG_FRAME_RAW)
			return ("ended before what was missing had come");
		if (!w->closed && frame_pending(&w->scan) != w->at - w->start)
			return ("pending is not the bytes held");
		piece += used;
		length -= used;
	}
	return (NULL);
}

const char *
frames_scan(const struct framer *framer, const char *bytes, size_t length,
    const size_t *cuts, size_t count, struct frames_list *list)
{
	struct walk w = { .framer = framer, .list = list };
	size_t from = 0, to, i;
	const char *wrong;

	for (i = 0; i <= count && !w.closed; i++) {
		to = i < count ? cuts[i] : length;
		if (to > from)
			if ((wrong = walk_piece(&w, bytes + from, to - from)))
				return (wrong);
		from = to;
	}
	if (!w.closed)
		list->pending = frame_pending(&w.scan);
	return (NULL);
}

bool
frames_equal(const struct frames_list *a, const struct frames_list *b)
{
	size_t i;

	if (a->count != b->count || a->pending != b->pending)
		return (false);
	for (i = 0; i < a->count; i++)
		if (a->event[i].kind != b->event[i].kind ||
		    a->event[i].tail != b->event[i].tail ||
		    a->event[i].at != b->event[i].at ||
		    a->event[i].length != b->event[i].length)
			return (false);
	return (true);
}

const char *
frames_text(const struct frames_list *list, const char *bytes, char *out,
    size_t size)
{
	FILE *f = fmemopen(out, size, "w");
	size_t i, j;

	if (f == NULL)
		abort();
	for (i = 0; i < list->count; i++) {
		const struct frames_event *e = &list->event[i];

		if (e->kind != 'F') {
			fputc(e->kind, f);
			continue;
		}
		fputc('(', f);
		for (j = e->at; j < e->at + e->length; j++)
			fprintf(f, bytes[j] >= ' ' && bytes[j] <= '~' ? "%c" :
			    "\\x%02x", (unsigned char)bytes[j]);
		fputs(e->tail == 2 ? ")~" : ")", f);
	}
	if (list->pending > 0)
		fprintf(f, "+%zu", list->pending);
	fputc('\0', f);
	fclose(f);
	return (out);
}

void
frames_free(struct frames_list *list)
{

	free(list->event);
	memset(list, 0, sizeof(*list));
}
