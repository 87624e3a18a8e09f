/* The pace of requests: when one begins, and how long it may take. */
#include "unit.h"

#include <string.h>

#include "pace.h"

/* A stream that is looked at piece by piece. */
struct stream {
	struct framer framer;
	struct frame_scan scan;
	struct pace pace;
};

/* Show it `text`; return whether a request is begun. */
static bool
feed(struct stream *s, const char *bytes, size_t length, uint32_t now)
{
	bool ended = false;
	size_t used;

	pace_received(&s->pace, length);
	while (length > 0) {
		switch (frame_scan(&s->framer, &s->scan, bytes, length,
		    &used)) {
		case FRAME_READY:
		case FRAME_OVERSIZE:
			ended = true;
			break;
		default:
			break;
		}
		bytes += used;
		length -= used;
	}
	return (pace_look(&s->pace, &s->scan, ended, now));
}

static bool
feed_text(struct stream *s, const char *text, uint32_t now)
{

	return (feed(s, text, strlen(text), now));
}

static void
lines(void **state)
{
	struct stream s = { .framer = { THRONG_FRAME_LINE, 1000 } };

	(void)state;
	assert_false(feed_text(&s, "whole\n", 100));
	assert_int_equal(pace_credit(&s.pace, 1), 0);
	assert_true(feed_text(&s, "ha", 200));
	assert_int_equal(s.pace.began, 200);
	assert_int_equal(s.pace.bytes, 2);
	/* More bytes do not begin it anew. */
	assert_true(feed_text(&s, "l", 300));
	assert_int_equal(s.pace.began, 200);
	assert_int_equal(s.pace.bytes, 3);
	assert_int_equal(pace_credit(&s.pace, 1), 3000);
	assert_int_equal(pace_credit(&s.pace, 1000), 3);
	/* The end of one and the begin of the next. */
	assert_true(feed_text(&s, "f\nnext", 400));
	assert_int_equal(s.pace.began, 400);
	assert_int_equal(s.pace.bytes, 4);
	assert_false(feed_text(&s, "\n", 500));
	assert_int_equal(pace_credit(&s.pace, 1), 0);
	pace_again(&s.pace, 600);
	assert_true(feed_text(&s, "x", 700));
	assert_int_equal(s.pace.began, 700);
	pace_again(&s.pace, 800);
	assert_int_equal(s.pace.began, 800);
	assert_true(feed_text(&s, "y", 900));
	assert_int_equal(s.pace.began, 800);
}

/* What is swallowed has a beginning, too, and what follows has its own. */
static void
swallowed(void **state)
{
	struct stream s = { .framer = { THRONG_FRAME_LEN16, 2 } };

	(void)state;
	assert_true(feed(&s, "\0", 1, 100));
	assert_int_equal(s.pace.began, 100);
	assert_true(feed(&s, "\5a", 2, 200));
	assert_int_equal(s.pace.state, PACE_SWALLOW);
	assert_int_equal(s.pace.began, 200);
	assert_true(feed(&s, "bcd", 3, 300));
	assert_int_equal(s.pace.began, 200);
	assert_int_equal(s.pace.bytes, 3);
	assert_true(feed(&s, "e\0", 2, 400));
	assert_int_equal(s.pace.state, PACE_FRAME);
	assert_int_equal(s.pace.began, 400);
	assert_int_equal(s.pace.bytes, 1);
	assert_false(feed(&s, "\1x", 2, 500));
	assert_true(feed(&s, "\0\3y", 3, 600));
	assert_false(feed(&s, "zz", 2, 700));
	/* One refused frame right behind another. */
	assert_true(feed(&s, "\0\3y", 3, 800));
	assert_true(feed(&s, "zz\0\4", 4, 900));
	assert_int_equal(s.pace.state, PACE_SWALLOW);
	assert_int_equal(s.pace.began, 900);
}

/* The credit is bounded, however much is swallowed and however low the rate. */
static void
bounds(void **state)
{
	struct stream s = { .framer = { THRONG_FRAME_LINE, 10 } };
	static char much[1u << 20];

	(void)state;
	memset(much, 'm', sizeof(much));
	for (unsigned i = 0; i < 4200; i++)
		pace_received(&s.pace, sizeof(much));
	assert_true(feed(&s, much, sizeof(much), 1));
	for (unsigned i = 0; i < 4200; i++)
		pace_received(&s.pace, sizeof(much));
	assert_int_equal(s.pace.bytes, FRAME_ABSURD_LENGTH);
	assert_int_equal(pace_credit(&s.pace, 1), PACE_SWALLOW_MAX);
	assert_int_equal(pace_credit(&s.pace, 1u << 21), 32000);
	/* Of one that is kept, which its greatest length bounds, too. */
	s.pace.state = PACE_FRAME;
	assert_int_equal(pace_credit(&s.pace, 1), PACE_CREDIT_MAX);
	assert_int_equal(pace_credit(&s.pace, 1u << 20), 64000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(swallowed),
		cmocka_unit_test(bounds),
	};

	unit_guard();
	return (cmocka_run_group_tests_name("pace", tests, NULL, NULL));
}
