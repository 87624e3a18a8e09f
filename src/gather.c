#include "gather.h"

/* A complete frame: its payload is the request. */
static void
add_frame(struct gather *g)
{
	const struct frame_scan *s = g->scan;

	job_add(g->job, g->start + s->head, s->length, s->tail,
	    VERDICT_HANDLE);
	g->start += s->scanned;
}

enum gather_status
gather_piece(struct gather *g, const char *bytes, size_t length,
    size_t *used)
{
	size_t step;

	*used = 0;
	while (*used < length) {
		/* Asked first: what is scanned must find room in the job. */
		if (job_full(g->job))
			return (GATHER_FULL);
		switch (frame_scan(g->framer, g->scan, bytes + *used,
		    length - *used, &step)) {
		case FRAME_READY:
			*used += step;
			add_frame(g);
			break;
		case FRAME_PARTIAL:
			*used += step;
			return (GATHER_MORE);
		case FRAME_SKIP:
			*used += step;
			return (GATHER_DROP);
		case FRAME_OVERSIZE:
			*used += step;
			job_add(g->job, g->start, 0, 0, VERDICT_OVERSIZE);
			return (GATHER_DROP);
		case FRAME_ABSURD:
			job_add(g->job, g->start, 0, 0, VERDICT_OVERSIZE);
			g->job->close = true;
			return (GATHER_END);
		case FRAME_BAD:
			job_add(g->job, g->start, 0, 0, VERDICT_INVALID);
			g->job->close = true;
			return (GATHER_END);
		}
	}
	return (GATHER_MORE);
}

unsigned
gather_count(const struct framer *framer, const struct frame_scan *scan,
    const char *bytes, size_t length)
{
	struct frame_scan s = *scan;
	size_t at = frame_pending(scan), used;
	unsigned count = 0;

	for (; at < length; at += used) {
		switch (frame_scan(framer, &s, bytes + at, length - at,
		    &used)) {
		case FRAME_READY:
		case FRAME_OVERSIZE:
			count++;
			break;
		case FRAME_PARTIAL:
		case FRAME_SKIP:
			break;
		case FRAME_ABSURD:
		case FRAME_BAD:
			return (count + 1);
		}
	}
	return (count);
}
