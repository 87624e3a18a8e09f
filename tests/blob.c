#include "blob.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"

void
blob_add(struct blob *blob, const void *bytes, size_t length)
{

	if (blob->size - blob->length < length) {
		blob->size = blob->size * 2 + length + 64;
		if ((blob->data = realloc(blob->data, blob->size)) == NULL)
			abort();
	}
	if (length > 0)
		memcpy(blob->data + blob->length, bytes, length);
	blob->length += length;
}

void
blob_frame(struct blob *blob, throng_framing framing, unsigned ending,
    const void *payload, size_t length)
{
	char head[FRAME_HEAD_MAX], tail[FRAME_TAIL_MAX];

	blob_add(blob, head, frame_head(framing, length, head));
	blob_add(blob, payload, length);
	blob_add(blob, tail, frame_tail(framing, ending, tail));
}

void
blob_free(struct blob *blob)
{

	free(blob->data);
	memset(blob, 0, sizeof(*blob));
}
