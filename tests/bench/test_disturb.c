/*
 * Who does not behave, as the command line says it.
 */
#include "check.h"

#include "disturb.h"

static void
kinds_are_counted(void **state)
{
	struct disturb d;

	(void)state;
	assert_int_equal(disturb_parse("slow-read:50,half:2,slow-read:1", &d),
	    0);
	assert_int_equal(d.count[DISTURB_SLOW_READ], 51);
	assert_int_equal(d.count[DISTURB_HALF], 2);
	assert_int_equal(disturb_total(&d), 53);
	for (unsigned k = 0; k < DISTURB_KINDS; k++) {
		char text[64];

		snprintf(text, sizeof(text), "%s:7", disturb_name(k));
		assert_int_equal(disturb_parse(text, &d), 0);
		assert_int_equal(d.count[k], 7);
		assert_int_equal(disturb_total(&d), 7);
	}
}

static void
anything_else_is_refused(void **state)
{
	static const char *const wrong[] = { "", "slow-read", "slow-read:",
	    "slow-read:0", "slow-read:-1", "slow-read:10001", "half:1,",
	    ",half:1", "halves:1", "half:1 ", "half:6000,dribble:6000",
	    "half:99999999999999999999", "half=1", "half:1;reset:1" };
	struct disturb d = { { 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(disturb_parse(wrong[i], &d), -1);
	/* And nothing has changed. */
	assert_int_equal(disturb_total(&d), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_counted),
		cmocka_unit_test(anything_else_is_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
