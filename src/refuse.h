/**
 * refuse.h - throng's own refusals: ordinary frames, `!error CODE TEXT`.
 *
 * Thread for all functions: any.
 */
#ifndef REFUSE_H
#define REFUSE_H

#include <stddef.h>

#include "throng.h"

/** Why. The codes on the wire are the lower-case names. */
enum refusal {
	REFUSE_OVERSIZE, /* the request is longer than --max-frame */
	REFUSE_BUSY,     /* no room for another connection */
	REFUSE_OVERLOAD, /* no room for another request; its code is busy */
	REFUSE_TIMEOUT,  /* a deadline passed */
	REFUSE_INVALID,  /* the framing is broken */
	REFUSE_FAILED,   /* the handler could not answer */
	REFUSE_STOPPING  /* the server ends */
};

/** Room for any refusal with its framing, in bytes. */
#define REFUSE_MAX 160

/**
 * refuse_payload(refusal, out):
 * Write the payload of a refusal into REFUSE_MAX bytes, without framing.
 * Return its length. Thread: any.
 */
size_t refuse_payload(enum refusal refusal, char *out);

/**
 * refuse_frame(framing, refusal, request_tail, out):
 * Write a refusal as a whole frame into REFUSE_MAX bytes; `request_tail` as
 * in frame_tail(). Return its length. Thread: any.
 */
size_t refuse_frame(throng_framing framing, enum refusal refusal,
    unsigned request_tail, char *out);

#endif /* REFUSE_H */
