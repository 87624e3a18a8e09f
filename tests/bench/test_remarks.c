/*
 * What is remarked upon, and that nothing is where all is well.
 */
#include "check.h"
#include "remarks.h"

/* One target at one load, two trials with these counts. */
static struct results *
made(double rate, uint64_t in_time, uint64_t unsent)
{
	struct results *r = results_new();
	struct results_point *p;

	assert_non_null(r);
	assert_non_null(results_target(r, "pool", "a"));
	p = results_point(r);
	p->rate = rate;
	p->connections = 100;
	for (int b = 0; b < 2; b++) {
		struct results_trial *trial = results_trial(results_block(r,
		    0), 0);

		trial->record = calloc(1, sizeof(*trial->record));
		assert_non_null(trial->record);
		trial->record->planned = 1000;
		trial->record->in_time = in_time;
		trial->record->errors[RECORD_UNSENT] = unsent;
	}
	assert_int_equal(remarks_add(r), 0);
	return (r);
}

static void
a_rate_beyond_the_client_is_said(void **state)
{
	struct results *r = made(1e8, 10, 700);

	(void)state;
	assert_int_equal(r->note_count, 1);
	assert_non_null(strstr(r->notes[0].text, "more than the client can "
	    "offer: 1400 of 2000 requests were never sent"));
	results_free(r);
}

static void
a_closed_loop_that_was_too_short_is_said(void **state)
{
	struct results *r = made(NAN, 99, 0);

	(void)state;
	assert_int_equal(r->note_count, 1);
	assert_non_null(strstr(r->notes[0].text, "only 99 replies within"));
	results_free(r);
}

static void
what_is_well_needs_no_word(void **state)
{
	struct results *r = made(NAN, 100, 0);

	(void)state;
	assert_int_equal(r->note_count, 0);
	results_free(r);
	r = made(1000, 10, 0);
	assert_int_equal(r->note_count, 0);
	results_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_beyond_the_client_is_said),
		cmocka_unit_test(a_closed_loop_that_was_too_short_is_said),
		cmocka_unit_test(what_is_well_needs_no_word),
	};

	return (cmocka_run_group_tests_name("remarks", tests, NULL, NULL));
}
