/* Refusals: every code in every framing is one whole, ordinary frame. */
#include "unit.h"

#include <string.h>

#include "refuse.h"

static const char *const codes[] = {
	[REFUSE_OVERSIZE] = "!error oversize ",
	[REFUSE_BUSY] = "!error busy ",
	[REFUSE_OVERLOAD] = "!error busy ",
	[REFUSE_TIMEOUT] = "!error timeout ",
	[REFUSE_INVALID] = "!error invalid ",
	[REFUSE_FAILED] = "!error failed ",
	[REFUSE_STOPPING] = "!error stopping ",
};

static void
payloads(void **state)
{
	char out[REFUSE_MAX];
	size_t length;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(codes); i++) {
		length = refuse_payload((enum refusal)i, out);
		assert_true(length > strlen(codes[i]));
		assert_memory_equal(out, codes[i], strlen(codes[i]));
		/* Room for any framing around it, and a line stays a line. */
		assert_true(length + FRAME_HEAD_MAX + FRAME_TAIL_MAX <=
		    REFUSE_MAX);
		for (size_t k = 0; k < length; k++)
			assert_true(out[k] >= ' ' && out[k] <= '~');
	}
}

static void
expect_frame(throng_framing framing, enum refusal refusal, unsigned tail)
{
	struct framer framer = { framing, 1u << 20 };
	struct frame_scan scan = { 0 };
	char frame[REFUSE_MAX], payload[REFUSE_MAX];
	size_t length, whole, used;

	length = refuse_payload(refusal, payload);
	whole = refuse_frame(framing, refusal, tail, frame);
	assert_int_equal(frame_scan(&framer, &scan, frame, whole, &used),
	    FRAME_READY);
	assert_int_equal(used, whole);
	assert_int_equal(scan.length, length);
	assert_memory_equal(frame + scan.head, payload, length);
	if (framing == THRONG_FRAME_LINE)
		assert_int_equal(scan.tail, tail == 2 ? 2 : 1);
}

static void
frames(void **state)
{

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(codes); i++)
		for (int f = 0; f <= THRONG_FRAME_NETSTRING; f++)
			for (unsigned tail = 0; tail <= 2; tail++)
				expect_frame((throng_framing)f, (enum refusal)i,
				    tail);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads),
		cmocka_unit_test(frames),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
