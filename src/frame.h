/**
 * frame.h - where requests begin and end: pure incremental framers.
 *
 * A framer does no I/O, allocates nothing and copies nothing. It is given
 * the bytes of a stream in whatever pieces they arrive and says where each
 * frame ends; what it has learnt so far is in a struct frame_scan of twelve
 * bytes, so no byte is looked at twice. Requests and replies use the same
 * framings, so servers and clients share this file.
 *
 * All functions: Thread: any (no state but the caller's).
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throng.h"

/** A declared length above this ends the connection instead of being
 *  swallowed; it is also the ceiling of --max-frame. Bytes. */
#define FRAME_ABSURD_LENGTH (64u << 20)

/** Most bytes that frame_head() writes. */
#define FRAME_HEAD_MAX 12

/** Most bytes that frame_tail() writes. */
#define FRAME_TAIL_MAX 2

/** Which framing, and the most payload bytes that a frame may have. */
struct framer {
	throng_framing framing;
	uint32_t max;
};

/** What frame_scan() found. */
enum frame_status {
	FRAME_PARTIAL,  /* the frame goes on: keep the bytes, bring more */
	FRAME_READY,    /* the frame ends here: head, length and tail are set */
	FRAME_OVERSIZE, /* too long: refuse it once, drop its bytes so far */
	FRAME_SKIP,     /* bytes of a frame refused before: drop them */
	FRAME_ABSURD,   /* declared too long even to swallow: refuse, close */
	FRAME_BAD       /* malformed, the boundary is lost: refuse, close */
};

/**
 * Progress within one stream. All zero is the start of a frame.
 *
 * 1. `scanned` counts the bytes of the current frame that were looked at;
 *    the caller still holds them all, unless the status said to drop them.
 * 2. At FRAME_READY the frame is `head` + `length` + `tail` bytes long, and
 *    that is `scanned`; the next call starts a new frame.
 */
struct frame_scan {
	uint32_t length;  /* payload bytes: declared, or seen (line, raw) */
	uint32_t scanned; /* bytes of this frame looked at */
	uint8_t state;    /* what comes next, 0 between frames; frame.c has it */
	uint8_t head;     /* bytes before the payload */
	uint8_t tail;     /* bytes after it; for line: 1 LF, 2 CR LF */
	uint8_t last;     /* the last byte seen (line), digits (netstring) */
};

/**
 * frame_scan(framer, scan, bytes, length, used):
 * Look at the next `length` bytes of a stream, at least one, and store in
 * `*used` how many of them belong to what the returned status says; all of
 * them at FRAME_PARTIAL. After FRAME_ABSURD and FRAME_BAD the stream cannot
 * go on. Whatever the pieces, the same stream gives the same frames.
 * Thread: any.
 */
enum frame_status frame_scan(const struct framer *framer,
    struct frame_scan *scan, const char *bytes, size_t length, size_t *used);

/**
 * frame_held(scan):
 * Return how many bytes of a frame that was begun the caller holds; 0 while a
 * refused one is swallowed. Thread: any.
 */
size_t frame_held(const struct frame_scan *scan);

/**
 * frame_begun(scan):
 * Return whether a frame was begun and has not ended, even if it was refused
 * and is being swallowed. Thread: any.
 */
static inline bool
frame_begun(const struct frame_scan *scan)
{

	return (scan->state != 0);
}

/**
 * frame_pending(scan):
 * Return how many bytes of an unfinished frame the caller holds; 0 between
 * frames and while a refused frame is swallowed. Thread: any.
 */
static inline size_t
frame_pending(const struct frame_scan *scan)
{

	return (frame_begun(scan) ? frame_held(scan) : 0);
}

/**
 * frame_missing(framer, scan):
 * Return how many bytes at least the unfinished frame still needs: 1 where
 * its length is not known yet. Thread: any.
 */
size_t frame_missing(const struct framer *framer,
    const struct frame_scan *scan);

/**
 * frame_head(framing, length, out):
 * Write what goes before a payload of `length` bytes, at most
 * FRAME_HEAD_MAX bytes, and return how many. Thread: any.
 */
size_t frame_head(throng_framing framing, size_t length, char *out);

/**
 * frame_tail(framing, request_tail, out):
 * Write what goes after a payload, at most FRAME_TAIL_MAX bytes, and return
 * how many. `request_tail` is the `tail` of the request answered, so that a
 * line is answered with its own line ending; 0 means LF. Thread: any.
 */
size_t frame_tail(throng_framing framing, unsigned request_tail, char *out);

/**
 * frame_payload_max(framing):
 * Return the longest payload that the framing can carry, in bytes.
 * Thread: any.
 */
size_t frame_payload_max(throng_framing framing);

/**
 * frame_name(framing):
 * Return the name of a framing as --frame takes it; a constant, or NULL past
 * the last one. Thread: any.
 */
const char *frame_name(throng_framing framing);

/**
 * frame_by_name(name, framing):
 * Store the framing called `name` and return 0, or return -1 if there is
 * none. Thread: any.
 */
int frame_by_name(const char *name, throng_framing *framing);

#endif /* FRAME_H */
