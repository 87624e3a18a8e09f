/*
 * What clients send, and what they are to read by the specification: frames
 * by tests/frames.c, answers by the few rules of the handler here.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "refuse.h"
#include "sim_handler.h"
#include "vkernel.h"

static void
put(struct bytes *to, const void *bytes, size_t length)
{
	char *place = bytes_reserve(to, length);

	if (place == NULL)
		sim_wrong("no memory");
	memcpy(place, bytes, length);
	to->length += length;
}

static void
put_frame(struct bytes *to, throng_framing framing, unsigned tail,
    const void *payload, size_t length)
{
	char edge[FRAME_HEAD_MAX];

	put(to, edge, frame_head(framing, length, edge));
	if (length > 0)
		put(to, payload, length);
	put(to, edge, frame_tail(framing, tail, edge));
}

static void
put_refusal(struct bytes *to, throng_framing framing, unsigned tail,
    enum refusal refusal)
{
	char payload[REFUSE_MAX];
	size_t length = refuse_payload(refusal, payload);

	put_frame(to, framing, tail, payload, length);
}

/* One request's answer. Return whether it is the last. */
static bool
expect_one(const struct sim_plan *plan, const struct frames_event *e,
    const char *bytes, unsigned *calls, struct bytes *want)
{
	throng_framing framing = plan->framer.framing;
	const char *p = bytes + e->at;
	static char big[SIM_BIG_MAX];
	char text[16];

	if (e->kind != 'F') {
		put_refusal(want, framing, 0, e->kind == 'B' ?
		    REFUSE_INVALID : REFUSE_OVERSIZE);
		return (e->kind != 'O');
	}
	++*calls;
	switch (plan->echo || e->length == 0 ? 0 : p[0]) {
	case 'f':
		put_refusal(want, framing, e->tail, REFUSE_FAILED);
		return (false);
	case 'n':
		return (false);
	case 'e':
		put_frame(want, framing, e->tail, "!error invalid no", 17);
		return (false);
	case 's':
		snprintf(text, sizeof(text), "%u", plan->state ? *calls : 0);
		put_frame(want, framing, e->tail, text, strlen(text));
		return (false);
	case 'b':
		memset(big, 'x', sizeof(big));
		put_frame(want, framing, e->tail, big,
		    sim_handler_big(p, e->length));
		return (false);
	default:
		put_frame(want, framing, e->tail, p, e->length);
		return (!plan->echo && e->length > 0 && p[0] == 'c');
	}
}

bool
sim_expect(const struct sim_plan *plan, const char *bytes, size_t length,
    struct bytes *want)
{
	struct frames_list list = { 0 };
	unsigned calls = 0;
	bool last = false;

	frames_reference(&plan->framer, bytes, length, &list);
	for (size_t i = 0; i < list.count && !last; i++)
		last = expect_one(plan, &list.event[i], bytes, &calls, want);
	frames_free(&list);
	return (last);
}

/* Mostly short; some about the bounds of buffers; few too long. */
static size_t
some_length(const struct sim_plan *plan)
{
	uint64_t r = vk_random();
	size_t max = plan->framer.max;

	switch (r % 20) {
	case 0:
		return (0);
	case 1:
		return (r / 20 % 9000 % (max + 1));
	case 2:
		return (r / 20 % 10 == 0 ? max : max / 2);
	case 3:
		return (r / 20 % 5 == 0 ? max + 1 + r / 100 % 100 : 3);
	default:
		return (r / 20 % 40 % (max + 1));
	}
}

static char
some_order(void)
{
	static const char orders[] = "eeefffnnnbbsssssss";
	uint64_t r = vk_random();

	if (r % 300 == 0)
		return ('c');
	return (r % 3 > 0 ? 'A' : orders[r / 3 % (sizeof(orders) - 1)]);
}

static void
put_request(const struct sim_plan *plan, struct bytes *out)
{
	static char payload[1u << 17];
	throng_framing framing = plan->framer.framing;
	size_t length = some_length(plan);

	if (length > frame_payload_max(framing))
		length = frame_payload_max(framing);
	if (length > sizeof(payload))
		length = sizeof(payload);
	for (size_t i = 0; i < length; i += 8) {
		uint64_t r = vk_random();

		for (size_t j = i; j < length && j < i + 8; j++, r >>= 8)
			payload[j] = (char)('0' + r % 64);
	}
	if (length > 0)
		payload[0] = some_order();
	put_frame(out, framing, 1 + (vk_random() % 4 == 0), payload, length);
}

void
sim_stream(const struct sim_plan *plan, struct bytes *out)
{
	uint64_t requests = vk_random() % 5 == 0 ? vk_random() % 300 :
	    vk_random() % 20;

	while (requests-- > 0 && out->length < 400000)
		put_request(plan, out);
	/* Something unfinished, or what is no frame at all. */
	if (vk_random() % 8 == 0)
		put(out, "7:abc", 1 + vk_random() % 5);
	if (vk_random() % 8 == 0)
		put(out, "\xff\xff\xff\xff\xff", 5);
}
