#include "reply_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "frame.h"

/** Replies of fewer bytes are copied: that costs less than to think. */
#define LEND_MIN (16u << 10)

/* Bytes that may go before the payload; the head is put in at the end. */
static size_t
head_room(throng_framing framing)
{

	switch (framing) {
	case THRONG_FRAME_LEN32:
		return (4);
	case THRONG_FRAME_LEN16:
		return (2);
	case THRONG_FRAME_NETSTRING:
		return (FRAME_HEAD_MAX);
	case THRONG_FRAME_LINE:
	case THRONG_FRAME_RAW:
		break;
	}
	return (0);
}

void
reply_begin(struct throng_reply *r, const struct processor *processor,
    struct job *job)
{
	size_t room = head_room(processor->service->framer.framing);

	*r = (struct throng_reply){ .processor = processor, .job = job };
	r->start = job->out.length;
	/* Refusals must fit even when the handler takes all there is. */
	if (bytes_reserve(&job->out, room + REFUSE_MAX) == NULL) {
		r->failed = true;
		r->payload = r->start;
		return;
	}
	job->out.length += room;
	r->payload = job->out.length;
}

/* A large buffer has grown: is there so much? It is asked for afterwards,
 * since memory that nobody has written to is not there yet. */
static bool
charge(struct throng_reply *r)
{
	struct budget *b = r->processor->service->budget;
	struct job *job = r->job;
	size_t known = job->charged + job->out_held, more;

	if (job->out.size <= BYTES_KEEP || b == NULL ||
	    job->out.size <= b->reply_free || job->out.size <= known)
		return (true);
	more = job->out.size - known;
	if (!budget_take(b, more))
		return (false);
	job->charged += more;
	return (true);
}

/* It was not: the buffer as it was, so that there is room for the replies to
 * the other requests of the job. */
static void
shrink(struct bytes *out, size_t size)
{
	char *less;

	if (out->size > size && (less = realloc(out->data, size)) != NULL) {
		out->data = less;
		out->size = size;
	}
}

/*
 * Whether the reply is the whole request, as a large frame is echoed: then the
 * request's buffer becomes the reply's, head, tail and all. Only where the job
 * has nothing else in it, and goes to a reactor, which wants no input back.
 */
static bool
may_lend(const throng_reply *r, const void *bytes, size_t length)
{
	const struct service *s = r->processor->service;
	const struct job *job = r->job;
	const struct request *q = &job->requests[0];
	char head[FRAME_HEAD_MAX];

	return (length >= LEND_MIN && job->home != NULL && job->count == 1 &&
	    r->start == 0 && job->out.length == r->payload && !r->failed &&
	    (const char *)bytes == job->in.data + q->offset &&
	    length == q->length && length <= s->config.max_reply &&
	    frame_head(s->framer.framing, length, head) == q->offset);
}

/* Something else is to be in the reply: it is copied after all. */
static void
unlend(throng_reply *r)
{
	const struct job *job = r->job;
	size_t length = r->lent;
	void *place;

	r->lent = 0;
	if ((place = throng_reply_reserve(r, length)) != NULL)
		memcpy(place, job->in.data + job->requests[0].offset, length);
}

/* The buffers change places; the framing is there already. */
static void
lend(throng_reply *r, const struct request *q)
{
	struct job *job = r->job;
	struct bytes out = job->out;

	job->out = job->in;
	job->in = out;
	job->in.length = 0;
	job->out.length = q->offset + r->lent;
	job->out.length += frame_tail(r->processor->service->framer.framing,
	    q->tail, job->out.data + job->out.length);
}

void *
throng_reply_reserve(throng_reply *r, size_t length)
{
	struct bytes *out = &r->job->out;
	size_t max = r->processor->service->config.max_reply;
	size_t payload, before;
	char *place;

	if (r->lent > 0)
		unlend(r);
	payload = out->length - r->payload;
	if (r->failed)
		return (NULL);
	before = out->size;
	if (length > max || payload > max - length ||
	    (place = bytes_reserve(out, length + FRAME_TAIL_MAX)) == NULL) {
		r->failed = true;
		return (NULL);
	}
	if (!charge(r)) {
		shrink(out, before);
		r->failed = true;
		return (NULL);
	}
	out->length += length;
	return (place);
}

int
throng_reply_append(throng_reply *r, const void *bytes, size_t length)
{
	void *place;

	if (r->lent == 0 && length >= LEND_MIN &&
	    may_lend(r, bytes, length)) {
		r->lent = length;
		return (0);
	}
	if ((place = throng_reply_reserve(r, length)) == NULL)
		return (-1);
	if (length > 0)
		memcpy(place, bytes, length);
	return (0);
}

int
throng_reply_vprintf(throng_reply *r, const char *format, va_list arguments)
{
	struct bytes *out = &r->job->out;
	va_list again;
	size_t room;
	int length;
	char *place;

	if (r->lent > 0)
		unlend(r);
	if (r->failed)
		return (-1);
	/* Try in the room there is: mostly the text is made only once. */
	room = out->size - out->length;
	va_copy(again, arguments);
	length = vsnprintf(out->data + out->length, room, format, arguments);
	if (length < 0) {
		r->failed = true;
	} else if ((size_t)length + FRAME_TAIL_MAX >= room) {
		/* The NUL goes where the tail of the frame will be. */
		place = throng_reply_reserve(r, (size_t)length);
		if (place != NULL)
			vsnprintf(place, (size_t)length + 1, format, again);
	} else {
		throng_reply_reserve(r, (size_t)length);
	}
	va_end(again);
	return (r->failed ? -1 : 0);
}

int
throng_reply_printf(throng_reply *r, const char *format, ...)
{
	va_list arguments;
	int rc;

	va_start(arguments, format);
	rc = throng_reply_vprintf(r, format, arguments);
	va_end(arguments);
	return (rc);
}

int
throng_reply_error(throng_reply *r, const char *code, const char *text)
{

	r->lent = 0;
	r->job->out.length = r->payload;
	return (throng_reply_printf(r, "!error %s %s", code, text));
}

void
throng_reply_close(throng_reply *r)
{

	r->close = true;
}

void
throng_reply_none(throng_reply *r)
{

	r->none = true;
}

void
throng_reply_log(const throng_reply *r, throng_log_level level,
    const char *format, ...)
{
	char text[ADDRESS_TEXT_MAX];
	struct log_line l;
	va_list arguments;

	if (!log_begin(&l, &r->processor->service->log, level, "handler"))
		return;
	log_text(&l, "peer", peer_format(&r->job->peer, text));
	va_start(arguments, format);
	log_vtext(&l, "text", format, arguments);
	va_end(arguments);
	log_end(&l);
}

void *
throng_worker_state(const throng_reply *r)
{

	return (r->processor->worker_state);
}

void *
throng_connection_state(const throng_reply *r)
{

	return (r->job->state);
}

void
reply_refuse(struct throng_reply *r, enum refusal refusal)
{
	struct bytes *out = &r->job->out;

	r->none = false;
	r->lent = 0;
	/* The room was reserved at the beginning, if there was any. */
	if (r->payload + REFUSE_MAX > out->size) {
		r->none = r->close = true;
		return;
	}
	out->length = r->payload;
	out->length += refuse_payload(refusal, out->data + out->length);
}

bool
reply_end(struct throng_reply *r, const struct request *request)
{
	throng_framing framing = r->processor->service->framer.framing;
	struct bytes *out = &r->job->out;
	char head[FRAME_HEAD_MAX];
	size_t length = r->lent + out->length - r->payload, head_length;
	bool wanted = !r->failed && length <= frame_payload_max(framing);

	if (!wanted) {
		reply_refuse(r, REFUSE_FAILED);
		length = out->length - r->payload;
	}
	if (r->none) {
		out->length = r->start;
		return (wanted);
	}
	r->job->replies++;
	if (r->lent > 0) {
		lend(r, request);
		return (true);
	}
	head_length = frame_head(framing, length, head);
	/* The room was for the longest head; close the gap. */
	if (r->start + head_length != r->payload)
		memmove(out->data + r->start + head_length,
		    out->data + r->payload, length);
	memcpy(out->data + r->start, head, head_length);
	out->length = r->start + head_length + length;
	/* Both ways to append leave room for it. */
	out->length += frame_tail(framing, request->tail,
	    out->data + out->length);
	return (wanted);
}
