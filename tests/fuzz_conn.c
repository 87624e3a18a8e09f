/*
 * Whatever a client sends, in whatever pieces it arrives, is answered as the
 * specification says, in both modes, and leaves nothing behind; see sim.h.
 *
 * Input: four bytes of choice (framing, maximum; mode, handler; a seed of two
 * for the pieces and all else), then what the client sends.
 */
#include "fuzz.h"

#include <string.h>

#include "sim.h"

const char fuzz_corpus[] = "conn";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t maxima[] = { 1, 4, 16, 100, 5000, 65535,
		1u << 20 };
	struct sim_plan plan = { .workers = 2, .clients = 1, .places = 1 };
	struct sim_report report = { 0 };
	struct bytes stream = { 0 };
	char *place;

	if (size < 4 || size > 20000)
		return (0);
	plan.framer.framing = (throng_framing)(data[0] % 5);
	plan.framer.max = maxima[data[0] / 5 % 7];
	plan.thread = data[1] & 1;
	plan.state = data[1] & 2;
	plan.echo = (data[1] & 4) || plan.framer.framing == THRONG_FRAME_RAW;
	plan.trouble = data[1] & 8 ? 20 : 0;
	plan.here = !plan.thread && (data[1] & 16);
	plan.seed = data[2] | (uint64_t)data[3] << 8;
	if ((place = bytes_reserve(&stream, size)) == NULL)
		return (0);
	memcpy(place, data + 4, size - 4);
	stream.length = size - 4;
	sim_run(&plan, &stream, &report);
	return (0);
}
