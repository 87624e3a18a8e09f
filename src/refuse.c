#include "refuse.h"

#include <stdio.h>
#include <string.h>

#include "frame.h"

static const char *const texts[] = {
	[REFUSE_OVERSIZE] = "oversize the request is too long",
	[REFUSE_BUSY] = "busy too many connections",
	[REFUSE_OVERLOAD] = "busy too many requests wait",
	[REFUSE_TIMEOUT] = "timeout the request has waited too long",
	[REFUSE_INVALID] = "invalid the framing is broken",
	[REFUSE_FAILED] = "failed the request could not be answered",
	[REFUSE_STOPPING] = "stopping the server ends",
};

size_t
refuse_payload(enum refusal refusal, char *out)
{

	return ((size_t)snprintf(out, REFUSE_MAX, "!error %s",
	    texts[refusal]));
}

size_t
refuse_frame(throng_framing framing, enum refusal refusal,
    unsigned request_tail, char *out)
{
	char payload[REFUSE_MAX];
	size_t length = refuse_payload(refusal, payload), at;

	at = frame_head(framing, length, out);
	memcpy(out + at, payload, length);
	at += length;
	return (at + frame_tail(framing, request_tail, out + at));
}
