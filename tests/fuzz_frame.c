/*
 * Any split of a stream gives the frames of the whole, and these are the ones
 * that the specification gives; bytes add up; nothing is read past the end.
 *
 * Input: two bytes of choice (framing and maximum; how to cut), then the
 * stream. And what is written as a frame is read back as one.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "frames.h"

const char fuzz_corpus[] = "frame";

#define CUTS_MAX 4096

static void
check(const struct framer *f, const char *bytes, size_t length,
    const size_t *cuts, size_t count)
{
	struct frames_list want = { 0 }, got = { 0 };
	const char *wrong;

	frames_reference(f, bytes, length, &want);
	wrong = frames_scan(f, bytes, length, cuts, count, &got);
	if (wrong == NULL && !frames_equal(&want, &got))
		wrong = "not the frames of the whole";
	if (wrong != NULL)
		fuzz_wrong("%s, max %u, %zu cuts: %s",
		    frame_name(f->framing), f->max, count, wrong);
	frames_free(&want);
	frames_free(&got);
}

/* Pieces of pseudo-random length, from the second byte of choice. */
static size_t
cut(uint8_t choice, size_t length, size_t *cuts)
{
	uint32_t x = choice | 0x100u;
	size_t count = 0, at = 0, step = choice & 1 ? 1 : 1 + choice % 37;

	while (count < CUTS_MAX) {
		x = x * 1664525u + 1013904223u; /* Numerical Recipes' LCG */
		at += choice & 1 ? 1 : 1 + (x >> 16) % step;
		if (at >= length)
			break;
		cuts[count++] = at;
	}
	return (count);
}

/* A payload with head and tail is one frame with just that payload. */
static void
round_trip(const struct framer *f, const char *bytes, size_t length)
{
	struct frame_scan scan = { 0 };
	enum frame_status status;
	size_t at, used;
	char *frame;

	if (length == 0 || length > f->max ||
	    length > frame_payload_max(f->framing) ||
	    (f->framing == THRONG_FRAME_LINE &&
	    (memchr(bytes, '\n', length) != NULL ||
	    bytes[length - 1] == '\r')))
		return;
	frame = malloc(FRAME_HEAD_MAX + length + FRAME_TAIL_MAX);
	if (frame == NULL)
		return;
	at = frame_head(f->framing, length, frame);
	memcpy(frame + at, bytes, length);
	at += length;
	at += frame_tail(f->framing, 0, frame + at);
	status = frame_scan(f, &scan, frame, at, &used);
	if (status != FRAME_READY || used != at || scan.length != length ||
	    memcmp(frame + scan.head, bytes, length) != 0)
		fuzz_wrong("%s, max %u: what was written is not read back",
		    frame_name(f->framing), f->max);
	free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t maxima[] = { 1, 4, 16, 100, 65535, 1u << 20,
		FRAME_ABSURD_LENGTH };
	static size_t cuts[CUTS_MAX];
	const char *bytes;
	struct framer f;
	size_t i;

	if (size < 2)
		return (0);
	f.framing = (throng_framing)(data[0] % 5);
	f.max = maxima[data[0] / 5 % (sizeof(maxima) / sizeof(maxima[0]))];
	bytes = (const char *)data + 2;
	size -= 2;
	round_trip(&f, bytes, size);
	check(&f, bytes, size, NULL, 0);
	check(&f, bytes, size, cuts, cut(data[1], size, cuts));
	for (i = 1; i < size && size <= 64; i++)
		check(&f, bytes, size, &i, 1);
	return (0);
}
