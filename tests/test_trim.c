/* When memory is given back: after a peak, once more, and not too often. */
#include "unit.h"

#include "trim.h"

#define MIB ((size_t)1 << 20)

static void
after_a_peak(void **state)
{
	uint64_t now = 1000 * CLOCK_S;
	struct trim t = { 0 };

	(void)state;
	assert_false(trim_due(&t, 0, now));
	assert_false(trim_due(&t, 100 * MIB, now));
	assert_false(trim_due(&t, 51 * MIB, now));
	assert_true(trim_due(&t, 50 * MIB, now));
	/* From here on that is the peak. */
	now += TRIM_APART;
	assert_false(trim_due(&t, 26 * MIB, now));
	assert_true(trim_due(&t, 0, now));
}

static void
little(void **state)
{
	uint64_t now = 1000 * CLOCK_S;
	struct trim t = { 0 };

	(void)state;
	assert_false(trim_due(&t, TRIM_MIN - 1, now));
	assert_false(trim_due(&t, 0, now));
	assert_false(trim_due(&t, TRIM_MIN, now));
	assert_true(trim_due(&t, 0, now));
}

static void
once_more(void **state)
{
	uint64_t now = 1000 * CLOCK_S;
	struct trim t = { 0 };

	(void)state;
	assert_false(trim_due(&t, 10 * MIB, now));
	assert_true(trim_due(&t, MIB, now));
	assert_false(trim_due(&t, 0, now + TRIM_AGAIN - 1));
	assert_true(trim_due(&t, 0, now + TRIM_AGAIN));
	for (unsigned i = 1; i < 100; i++)
		assert_false(trim_due(&t, 0, now + i * TRIM_AGAIN));
}

/* Memory that is wanted again and again is not given back all the time. */
static void
seldom(void **state)
{
	uint64_t now = 1000 * CLOCK_S;
	struct trim t = { 0 };
	unsigned times = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++, now += CLOCK_S / 100)
		times += trim_due(&t, i % 2 * 100 * MIB, now);
	assert_in_range(times, 1, 10 * CLOCK_S / TRIM_APART);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_peak),
		cmocka_unit_test(little),
		cmocka_unit_test(once_more),
		cmocka_unit_test(seldom),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
