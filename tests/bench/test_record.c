/*
 * What is written down of one request, one end of it at a time.
 */
#include "check.h"
#include "record.h"

#define BEGIN UINT64_C(1000000000)
#define LENGTH UINT64_C(256000000)

static struct record *
fresh(void)
{
	struct record *r = malloc(sizeof(*r));

	assert_non_null(r);
	record_begin(r, BEGIN, LENGTH);
	return (r);
}

static void
three_times_from_three_stamps(void **state)
{
	struct record *r = fresh();

	(void)state;
	record_sent(r, BEGIN + 10, BEGIN + 13, 5);
	record_reply(r, BEGIN + 10, BEGIN + 13, BEGIN + 33, 7);
	assert_true(r->planned == 1 && r->sent == 1 && r->replies == 1);
	assert_true(r->bytes_out == 5 && r->bytes_in == 7);
	assert_true(r->response.count == 1 && r->response.max == 23);
	assert_true(r->service.count == 1 && r->service.max == 20);
	assert_true(r->lateness.count == 1 && r->lateness.max == 3);
	assert_true(r->in_time == 1 && record_bad_total(r) == 0);
	free(r);
}

static void
a_reply_after_the_end_is_not_in_time(void **state)
{
	struct record *r = fresh();
	uint64_t last = BEGIN + LENGTH - 1;

	(void)state;
	record_reply(r, last, last, BEGIN + LENGTH, 0);
	assert_true(r->replies == 1 && r->in_time == 0);
	/* By its intended time, in the last window. */
	assert_true(r->windows[RECORD_WINDOWS - 1].replies == 1);
	record_reply(r, BEGIN, BEGIN, last, 0);
	assert_true(r->replies == 2 && r->in_time == 1);
	assert_true(r->windows[0].replies == 1);
	assert_true(r->windows[0].response_sum == LENGTH - 1);
	record_reply(r, BEGIN - 1, BEGIN, last, 0);
	record_reply(r, BEGIN + 2 * LENGTH, BEGIN, last, 0);
	assert_true(r->replies == 4);
	free(r);
}

static void
bad_ends_are_infinite_and_never_latencies(void **state)
{
	struct record *r = fresh();

	(void)state;
	for (unsigned kind = 0; kind < RECORD_ERRORS; kind++) {
		if (kind != RECORD_UNSENT)
			record_sent(r, BEGIN, BEGIN, 1);
		record_bad(r, BEGIN, BEGIN + 500, kind);
		assert_true(r->errors[kind] == 1);
	}
	assert_true(r->planned == RECORD_ERRORS);
	assert_true(r->sent == RECORD_ERRORS - 1);
	assert_true(r->replies == 0 && r->response.max == 0);
	assert_true(r->response.infinite == RECORD_ERRORS);
	assert_true(r->response.count == r->planned);
	assert_true(r->service.infinite == r->sent);
	assert_true(r->ages.count == RECORD_ERRORS && r->ages.min == 500);
	assert_true(record_bad_total(r) == RECORD_ERRORS);
	/* What could not be sent is planned and lost, and that is all. */
	record_unsendable(r, BEGIN, BEGIN + 7);
	assert_true(r->planned == RECORD_ERRORS + 1);
	assert_true(r->sent == RECORD_ERRORS - 1);
	assert_true(r->service.infinite == r->sent);
	assert_true(r->errors[RECORD_CLOSED] == 2);
	assert_true(r->response.infinite == r->planned);
	assert_true(r->ages.min == 7 && r->lateness.max == 7);
	record_event(r, RECORD_SURPLUS);
	assert_true(r->errors[RECORD_SURPLUS] == 2);
	assert_true(r->response.count == r->planned);
	free(r);
}

static void
a_clock_that_steps_back_is_counted(void **state)
{
	struct record *r = fresh();

	(void)state;
	record_sent(r, BEGIN + 10, BEGIN + 5, 0);
	record_reply(r, BEGIN + 10, BEGIN + 12, BEGIN + 8, 0);
	assert_true(r->lateness.clamped == 1);
	assert_true(r->response.clamped == 1 && r->service.clamped == 1);
	assert_true(r->response.max == 0);
	assert_true(r->windows[0].response_sum == 0);
	free(r);
}

/* Bins: contiguous, two to an octave, and each response in its own. */
static void
the_picture_shows_when_and_how_long(void **state)
{
	struct record *r = fresh(), *all = calloc(1, sizeof(*all));
	const uint64_t later = BEGIN + r->window * 128;

	(void)state;
	assert_true(record_heat_low(0) == 0 && record_heat_low(1) == 1024);
	assert_true(record_heat_low(2) == 1536 && record_heat_low(3) == 2048);
	for (unsigned bin = 1; bin + 1 < RECORD_HEAT_BINS; bin++) {
		record_reply(r, BEGIN, BEGIN, BEGIN + record_heat_low(bin), 0);
		record_reply(r, BEGIN, BEGIN, BEGIN +
		    record_heat_low(bin + 1) - 1, 0);
		assert_true(r->heat[0][bin] == 2);
	}
	record_reply(r, later, later, later, 0);
	record_reply(r, later, later, later + (UINT64_C(1) << 40), 0);
	record_bad(r, later, later, RECORD_UNANSWERED);
	assert_true(r->heat[32][0] == 1);
	assert_true(r->heat[32][RECORD_HEAT_BINS - 1] == 2);
	/* Outside of the measured time there is no place for it. */
	record_reply(r, BEGIN - 1, BEGIN, BEGIN, 0);
	assert_true(r->heat[0][0] == 0);
	record_merge(all, r);
	record_merge(all, r);
	assert_true(all->heat[0][7] == 4 && all->heat[32][0] == 2);
	free(all);
	free(r);
}

static void
merging_adds_everything(void **state)
{
	struct record *a = fresh(), *b = fresh(), *all = calloc(1, sizeof(*a));

	(void)state;
	assert_non_null(all);
	record_sent(a, BEGIN, BEGIN, 1);
	record_reply(a, BEGIN, BEGIN, BEGIN + 100, 2);
	record_sent(b, BEGIN, BEGIN, 3);
	record_bad(b, BEGIN, BEGIN + 100, RECORD_RESET);
	a->outstanding_sum = 7;
	b->outstanding_sum = 8;
	record_merge(all, a);
	record_merge(all, b);
	assert_true(all->planned == 2 && all->sent == 2);
	assert_true(all->replies == 1 && all->in_time == 1);
	assert_true(all->bytes_out == 4 && all->bytes_in == 2);
	assert_true(all->outstanding_sum == 15);
	assert_true(all->errors[RECORD_RESET] == 1);
	assert_true(all->response.count == 2 && all->response.infinite == 1);
	assert_true(all->ages.count == 1 && all->service.count == 2);
	assert_true(all->lateness.count == 2);
	assert_true(all->windows[0].replies == 1);
	assert_true(all->begin == BEGIN && all->end == BEGIN + LENGTH);
	free(a);
	free(b);
	free(all);
}

static void
errors_have_names_of_their_own(void **state)
{

	(void)state;
	for (unsigned i = 0; i < RECORD_ERRORS; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(record_error_name(i),
			    record_error_name(j));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_times_from_three_stamps),
		cmocka_unit_test(a_reply_after_the_end_is_not_in_time),
		cmocka_unit_test(bad_ends_are_infinite_and_never_latencies),
		cmocka_unit_test(a_clock_that_steps_back_is_counted),
		cmocka_unit_test(the_picture_shows_when_and_how_long),
		cmocka_unit_test(merging_adds_everything),
		cmocka_unit_test(errors_have_names_of_their_own),
	};

	return (cmocka_run_group_tests_name("record", tests, NULL, NULL));
}
