/*
 * A trial of a search: passed, missed by the target, limited by the client,
 * or void; and what is said of the answer.
 */
#include "check.h"
#include "judge.h"

#define MS UINT64_C(1000000)

static const struct search_objective p99_5ms = { 0.99, 5 * MS };

/* A trial of 1,000 requests whose response and service are these. */
static struct results_trial
made(uint64_t response, uint64_t service)
{
	struct results_trial trial = { .target = 0 };

	trial.record = calloc(1, sizeof(*trial.record));
	assert_non_null(trial.record);
	gates_unread(&trial.readings);
	for (int i = 0; i < 1000; i++) {
		hist_record(&trial.record->response, response);
		hist_record(&trial.record->service, service);
	}
	trial.readings.offered = trial.readings.done = 1000;
	trial.readings.adherence = 1;
	return (trial);
}

/* What it comes to under the default gates; frees it. */
static enum results_outcome
judged(struct results_trial *trial, double *measured, char *why, size_t size)
{
	struct gates_limits limits;
	enum results_outcome outcome;

	gates_defaults(&limits);
	outcome = judge_trial(&limits, trial, &p99_5ms, measured, why, size);
	free(trial->record);
	return (outcome);
}

static void
what_is_good_passes(void **state)
{
	struct results_trial t = made(MS, MS);
	char why[RESULTS_TEXT];
	double us;

	(void)state;
	/* A trial may drift: a longer one confirms. */
	t.readings.drift = 3;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_PASSED);
	assert_true(near(us, 1000, 0.01));
	assert_string_equal(why, "");
}

static void
the_target_misses(void **state)
{
	struct results_trial t = made(9 * MS, 9 * MS);
	char why[RESULTS_TEXT];
	double us;

	(void)state;
	t.readings.server_cores = 1.95;
	t.readings.cores = 2;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_MISSED);
	assert_non_null(strstr(why, "p99 9,"));
	assert_non_null(strstr(why, "limited by: server CPU"));
	/* Late, too; but late or not, it was slow from the send on. */
	t = made(9 * MS, 9 * MS);
	t.readings.adherence = 0.5;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_MISSED);
	/* A good percentile beside replies that are wrong. */
	t = made(MS, MS);
	t.readings.errors = 0.002;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_MISSED);
	assert_non_null(strstr(why, "errors 0.2%"));
}

static void
the_client_is_not_the_target(void **state)
{
	struct results_trial t = made(9 * MS, MS);
	char why[RESULTS_TEXT];
	double us;

	(void)state;
	t.readings.adherence = 0.5;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_LIMITED);
	assert_non_null(strstr(why, "the client is the limit: adherence 50%"));
	t = made(9 * MS, 9 * MS);
	t.readings.client_busy = 0.99;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_LIMITED);
	/* What was not offered was not met either. */
	t = made(MS, MS);
	t.readings.adherence = 0.5;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_LIMITED);
}

static void
a_noisy_machine_says_nothing(void **state)
{
	struct results_trial t = made(9 * MS, 9 * MS);
	char why[RESULTS_TEXT];
	double us;

	(void)state;
	t.readings.foreign = 0.9;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_UNSURE);
	assert_non_null(strstr(why, "void: foreign 90%"));
	t = made(MS, MS);
	t.readings.steal = 0.9;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_UNSURE);
	t = made(MS, MS);
	t.readings.drops = 1;
	assert_int_equal(judged(&t, &us, why, sizeof(why)), RESULTS_UNSURE);
}

static void
an_answer_says_what_it_is_worth(void **state)
{
	struct results *r = results_new();
	struct results_search *s;
	char text[RESULTS_TEXT * 2];

	(void)state;
	results_point(r)->connections = 2;
	s = results_search(r, 0, 0, "p99<5ms");
	assert_string_equal(results_where(r, s, text, sizeof(text)), "");
	results_point(r)->connections = 2000;
	assert_string_equal(results_where(r, s, text, sizeof(text)),
	    " at 2 connections");
	assert_string_equal(results_answer(s, text, sizeof(text)),
	    "not even the lowest rate tried");
	s->unjudged = 1;
	snprintf(s->stopped, sizeof(s->stopped), "void: steal 9%%");
	assert_string_equal(results_answer(s, text, sizeof(text)),
	    "void: steal 9%");
	s->rate = 14200;
	assert_string_equal(results_answer(s, text, sizeof(text)),
	    "at least 14,200 requests/s (not confirmed)");
	s->confirmed = 1;
	s->unjudged = 0;
	assert_string_equal(results_answer(s, text, sizeof(text)),
	    "14,200 requests/s");
	results_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_good_passes),
		cmocka_unit_test(the_target_misses),
		cmocka_unit_test(the_client_is_not_the_target),
		cmocka_unit_test(a_noisy_machine_says_nothing),
		cmocka_unit_test(an_answer_says_what_it_is_worth),
	};

	return (cmocka_run_group_tests_name("judge", tests, NULL, NULL));
}
