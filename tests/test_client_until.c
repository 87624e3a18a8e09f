/* Points in time as poll(2) wants them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>

#include <cmocka.h>

#include "client/until.h"
#include "clock.h"

static void
milliseconds(void **state)
{
	uint64_t until;
	int ms;

	(void)state;
	assert_int_equal(until_ms(UNTIL_NEVER), -1);
	assert_int_equal(until_ms(0), 0);
	assert_int_equal(until_ms(clock_now()), 0);
	ms = until_ms(until_in(3600 * CLOCK_S));
	assert_in_range(ms, 3500 * 1000, 3600 * 1000);
	/* Rounded up: poll() must not come back just before the time. */
	until = until_in(600 * CLOCK_S) + 1;
	ms = until_ms(until);
	assert_true(clock_now() + (uint64_t)ms * CLOCK_MS >= until);
	assert_int_equal(until_ms(UNTIL_NEVER - 1), INT_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(milliseconds),
	};

	return (cmocka_run_group_tests_name("client_until", tests, NULL,
	    NULL));
}
