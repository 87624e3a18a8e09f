/*
 * Requests and replies: a good one passes, and each way of being wrong has
 * its own name.
 */
#include "check.h"

#include "payload.h"

static struct payload
stamped(size_t size)
{

	return ((struct payload){ .kind = PAYLOAD_STAMP, .seed = 42,
	    .size = size });
}

static void
test_stamps_of_every_size(void **state)
{
	char out[300], again[300];
	uint32_t number;

	(void)state;
	for (size_t size = 1; size <= sizeof(out); size++) {
		struct payload p = stamped(size);
		struct payload_key key = { .connection = 5, .number = 1000 };

		assert_int_equal(payload_make(&p, &key, out), size);
		assert_int_equal(payload_make(&p, &key, again), size);
		assert_memory_equal(out, again, size);
		assert_null(memchr(out, '\n', size));
		assert_int_equal(payload_check(&p, &key, out, size, &number),
		    PAYLOAD_GOOD);
	}
}

/* Every single bit of a reply counts. */
static void
test_a_flipped_bit(void **state)
{
	struct payload p = stamped(100);
	struct payload_key key = { .connection = 1, .number = 2 };
	char out[100];
	uint32_t number;

	(void)state;
	payload_make(&p, &key, out);
	for (int bit = 0; bit < 800; bit++) {
		out[bit / 8] = (char)(out[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(payload_check(&p, &key, out, 100, &number),
		    RECORD_CONTENT);
		out[bit / 8] = (char)(out[bit / 8] ^ 1 << bit % 8);
	}
}

static void
test_replies_of_others(void **state)
{
	struct payload p = stamped(16), q = p;
	struct payload_key mine = { .connection = 1, .number = 7 };
	struct payload_key later = { .connection = 1, .number = 9 };
	struct payload_key foreign = { .connection = 2, .number = 7 };
	char out[16];
	uint32_t number = 0;

	(void)state;
	payload_make(&p, &later, out);
	assert_int_equal(payload_check(&p, &mine, out, 16, &number),
	    RECORD_ORDER);
	assert_int_equal(number, 9);
	payload_make(&p, &foreign, out);
	assert_int_equal(payload_check(&p, &mine, out, 16, &number),
	    RECORD_CONTENT);
	q.seed++;
	payload_make(&q, &mine, out);
	assert_int_equal(payload_check(&p, &mine, out, 16, &number),
	    RECORD_CONTENT);
	payload_make(&p, &mine, out);
	assert_int_equal(payload_check(&p, &mine, out, 15, &number),
	    RECORD_LENGTH);
	assert_int_equal(payload_check(&p, &mine, "!error busy x", 13,
	    &number), RECORD_REFUSED);
}

static void
test_expected_text(void **state)
{
	struct payload p = { .kind = PAYLOAD_TEXT, .text = "ping",
	    .text_length = 4, .expect = "pong", .expect_length = 4 };
	struct payload_key key = { .connection = 0 };
	char out[8];
	uint32_t number;

	(void)state;
	assert_int_equal(payload_size(&p), 4);
	assert_int_equal(payload_make(&p, &key, out), 4);
	assert_memory_equal(out, "ping", 4);
	assert_int_equal(payload_reply_size(&p), 4);
	assert_int_equal(payload_check(&p, &key, "pong", 4, &number),
	    PAYLOAD_GOOD);
	assert_int_equal(payload_check(&p, &key, "pang", 4, &number),
	    RECORD_CONTENT);
	assert_int_equal(payload_check(&p, &key, "pong!", 5, &number),
	    RECORD_LENGTH);
}

/* The first reply is the pattern of the others; a refusal is none. */
static void
test_learnt_reply(void **state)
{
	struct payload p = { .kind = PAYLOAD_TEXT, .text = "x",
	    .text_length = 1 };
	struct payload_key key = { .connection = 0 };
	uint32_t number;

	(void)state;
	assert_int_equal(payload_reply_size(&p), 0);
	assert_int_equal(payload_check(&p, &key, "!error busy", 11, &number),
	    RECORD_REFUSED);
	assert_int_equal(payload_check(&p, &key, "abc", 3, &number),
	    PAYLOAD_GOOD);
	assert_int_equal(payload_check(&p, &key, "abc", 3, &number),
	    PAYLOAD_GOOD);
	assert_int_equal(payload_check(&p, &key, "abd", 3, &number),
	    RECORD_CONTENT);
	payload_free(&p);
	assert_null(p.learnt);
}

static void
test_work(void **state)
{
	struct plan_spec spec = { .service = { .law = PLAN_FIXED,
	    .work = PLAN_SPIN, .low = 120000 }, .reply_size = 64 };
	struct payload p = { .kind = PAYLOAD_WORK, .spec = &spec };
	struct payload_key key = { .work = 1200 };
	char out[PLAN_REQUEST_MAX];
	size_t n;

	(void)state;
	assert_int_equal(payload_size(&p), PLAN_REQUEST_MAX);
	n = payload_make(&p, &key, out);
	assert_int_equal(n, strlen("spin 120.0us reply 64"));
	assert_memory_equal(out, "spin 120.0us reply 64", n);
}

static void
test_escapes(void **state)
{
	static const char *const wrong[] = { "\\", "a\\q", "\\x", "\\x1",
	    "\\xg0", "\\x0g" };
	char out[32];
	size_t n;

	(void)state;
	assert_int_equal(payload_unescape("a\\n\\r\\t\\\\\\0\\x41\\xfF", out,
	    &n), 0);
	assert_int_equal(n, 8);
	assert_memory_equal(out, "a\n\r\t\\\0A\xff", 8);
	assert_int_equal(payload_unescape("", out, &n), 0);
	assert_int_equal(n, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(payload_unescape(wrong[i], out, &n), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stamps_of_every_size),
		cmocka_unit_test(test_a_flipped_bit),
		cmocka_unit_test(test_replies_of_others),
		cmocka_unit_test(test_expected_text),
		cmocka_unit_test(test_learnt_reply),
		cmocka_unit_test(test_work),
		cmocka_unit_test(test_escapes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
