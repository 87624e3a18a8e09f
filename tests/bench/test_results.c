/*
 * From trials to verdicts: voids, pools, ratios, the control, the headline.
 */
#include "check.h"
#include "fixture.h"
#include "results.h"
#include "rng.h"

#define TARGETS 3

/* pool, thread and the control of pool, `blocks` blocks, nothing wrong. */
static struct results *
made(unsigned blocks, double thread, uint64_t seed)
{
	static const double trial_noise = 0.01;
	struct results *r = results_new();
	struct rng rng;

	assert_non_null(r);
	rng_seed(&rng, seed);
	assert_non_null(results_target(r, "pool", "a"));
	assert_non_null(results_target(r, "thread", "b"));
	results_target(r, "again", "@pool")->same_as = 0;
	assert_non_null(results_point(r));
	for (unsigned b = 0; b < blocks; b++) {
		struct results_block *block = results_block(r, 0);
		double shared = exp(0.2 * rng_normal(&rng));

		for (uint32_t t = 0; t < TARGETS; t++) {
			struct results_trial *trial = results_trial(block, t);

			trial->value[METRIC_CPU] = 10 * shared * (t == 1 ?
			    thread : 1) * exp(trial_noise * rng_normal(&rng));
			trial->readings.steal = 0;
		}
	}
	return (r);
}

static const struct results_ratio *
cpu(const struct results *r, uint32_t target)
{
	const struct results_ratio *x = results_find(r, 0, target, METRIC_CPU);

	assert_non_null(x);
	return (x);
}

static void
a_difference_is_found_and_said(void **state)
{
	struct results *r = made(20, 1.2, 1);

	(void)state;
	assert_int_equal(results_close(r), 0);
	assert_int_equal(cpu(r, 1)->verdict, STATS_WORSE);
	assert_true(near(cpu(r, 1)->valid.value, 1.2, 0.03));
	assert_int_equal(cpu(r, 1)->valid.n, 20);
	assert_true(cpu(r, 2)->control);
	assert_int_equal(cpu(r, 2)->verdict, STATS_NOISE);
	assert_non_null(strstr(r->headline,
	    "more server CPU per request than pool"));
	assert_non_null(strstr(r->headline, "noise floor"));
	assert_null(results_find(r, 0, 0, METRIC_CPU));
	assert_true(results_control(r) == 2);
	results_free(r);
}

/* Self-test 20, "void only the losing target": a block goes whole. */
static void
a_failed_gate_voids_the_block_for_all(void **state)
{
	struct results *r = made(20, 1.2, 2);

	(void)state;
	/* In block 3 thread is cheap by far, and its trial is not valid. */
	r->blocks[3].trials[1].value[METRIC_CPU] = 0.001;
	r->blocks[3].trials[1].readings.steal = 0.5;
	/* In block 5 the baseline is, by as much. */
	r->blocks[5].trials[0].value[METRIC_CPU] = 0.001;
	r->blocks[5].trials[0].readings.steal = 0.5;
	assert_int_equal(results_close(r), 0);
	assert_true(r->blocks[3].void_ && r->blocks[5].void_);
	assert_true(results_voided(r) == 2);
	assert_non_null(strstr(r->blocks[3].reason, "thread: steal 50%"));
	for (uint32_t t = 0; t < TARGETS; t++)
		assert_int_equal(results_cell(r, 0, t)->blocks, 18);
	for (uint32_t t = 0; t < TARGETS; t++)
		assert_int_equal(results_cell(r, 0, t)->value[METRIC_CPU].n,
		    18);
	assert_int_equal(cpu(r, 1)->valid.n, 18);
	assert_int_equal(cpu(r, 1)->all.n, 20);
	assert_int_equal(cpu(r, 2)->valid.n, 18);
	assert_true(r->blocks[3].trials[1].gates == 1u << GATE_STEAL);
	assert_true(r->blocks[3].trials[0].gates == 0);
	results_free(r);
}

static void
figures_of_void_blocks_are_shown_where_there_are_no_others(void **state)
{
	struct results *r = made(8, 1.2, 12);

	(void)state;
	for (unsigned b = 0; b < 8; b++)
		r->blocks[b].trials[b % TARGETS].readings.steal = 0.5;
	assert_int_equal(results_close(r), 0);
	assert_true(results_voided(r) == 8);
	assert_true(results_cell(r, 0, 0)->voided);
	assert_int_equal(results_cell(r, 0, 0)->value[METRIC_CPU].n, 8);
	assert_int_equal(cpu(r, 1)->verdict, STATS_VOID);
	assert_int_equal(cpu(r, 1)->valid.n, 0);
	assert_true(near(results_shown(cpu(r, 1))->value, 1.2, 0.03));
	assert_non_null(strstr(r->headline, "No verdict"));
	/* One valid block, and the void ones count no more. */
	for (uint32_t t = 0; t < TARGETS; t++)
		r->blocks[0].trials[t].readings.steal = 0;
	assert_int_equal(results_close(r), 0);
	assert_false(results_cell(r, 0, 0)->voided);
	assert_int_equal(results_cell(r, 0, 0)->value[METRIC_CPU].n, 1);
	results_free(r);
}

static void
the_pool_of_a_cell_leaves_void_blocks_out(void **state)
{
	struct results *r = made(4, 1, 3);

	(void)state;
	for (unsigned b = 0; b < 4; b++) {
		for (uint32_t t = 0; t < TARGETS; t++) {
			struct record *record = calloc(1, sizeof(*record));

			assert_non_null(record);
			record_begin(record, 0, 1000000000);
			record_reply(record, 0, 0, 1000 * (b + 1), 0);
			r->blocks[b].trials[t].record = record;
		}
	}
	r->blocks[3].trials[2].readings.steal = 0.5;
	assert_int_equal(results_close(r), 0);
	for (uint32_t t = 0; t < TARGETS; t++) {
		const struct record *pooled = results_cell(r, 0, t)->pooled;

		assert_true(pooled->replies == 3);
		assert_true(pooled->response.max == 3000);
	}
	/* Closing again counts nothing twice. */
	assert_int_equal(results_close(r), 0);
	assert_true(results_cell(r, 0, 0)->pooled->replies == 3);
	results_free(r);
}

static void
one_failed_trial_voids_but_one_that_never_ran_does_not(void **state)
{
	struct results *r = made(8, 1, 4);

	(void)state;
	snprintf(r->blocks[2].trials[1].failed, RESULTS_TEXT, "it exited");
	assert_int_equal(results_close(r), 0);
	assert_true(results_voided(r) == 1);
	assert_non_null(strstr(r->blocks[2].reason, "thread: it exited"));
	for (unsigned b = 0; b < 8; b++)
		snprintf(r->blocks[b].trials[1].failed, RESULTS_TEXT,
		    "refused at 20000");
	assert_int_equal(results_close(r), 0);
	assert_true(results_voided(r) == 0);
	assert_string_equal(results_cell(r, 0, 1)->failed,
	    "refused at 20000");
	assert_int_equal(results_cell(r, 0, 1)->blocks, 0);
	assert_int_equal(results_cell(r, 0, 0)->blocks, 8);
	assert_null(results_find(r, 0, 1, METRIC_CPU));
	results_free(r);
}

static void
a_probe_is_measured_apart(void **state)
{
	struct results *r = made(1, 1, 5);
	struct results_trial *trial = &r->blocks[0].trials[0];
	struct record *probe = calloc(1, sizeof(*probe));

	(void)state;
	results_probe(trial, probe);
	assert_true(isnan(trial->value[METRIC_PROBE_P99]));
	record_begin(probe, 0, 1000000);
	for (uint64_t i = 1; i <= 100; i++) {
		record_sent(probe, i, i, 0);
		record_reply(probe, i, i, i + i * 1000, 0);
	}
	results_probe(trial, probe);
	assert_true(fabs(trial->value[METRIC_PROBE_P99] / 99 - 1) < 0.01);
	assert_false(trial->readings.errors > 0);
	/* A wrong reply to it voids, as any other does. */
	record_bad(probe, 5, 5, RECORD_CONTENT);
	results_probe(trial, probe);
	assert_true(trial->readings.errors > 0);
	assert_true(isinf(trial->value[METRIC_PROBE_P99]) ||
	    trial->value[METRIC_PROBE_P99] > 90);
	free(probe);
	results_free(r);
}

static void
a_search_has_a_headline_of_its_own(void **state)
{
	struct results *r = results_new();
	struct results_search *s;

	(void)state;
	(void)results_target(r, "pool", "x");
	(void)results_target(r, "thread", "y");
	(void)results_point(r);
	s = results_search(r, 0, 0, "p99<5ms");
	s->rate = 21000;
	s->confirmed = 1;
	(void)results_search(r, 1, 0, "p99<5ms");
	assert_int_equal(results_close(r), 0);
	assert_string_equal(r->headline, "Within p99<5ms: pool 21,000 "
	    "requests/s, thread: not even the lowest rate tried.");
	assert_false(results_ran(r, 0));
	results_free(r);
}

static void
an_unfinished_block_is_void(void **state)
{
	struct results *r = made(7, 1, 5);

	(void)state;
	r->blocks[6].trial_count = 1;
	assert_int_equal(results_close(r), 0);
	assert_true(results_voided(r) == 1 && r->blocks[6].void_);
	assert_non_null(strstr(r->blocks[6].reason, "thread: not reached"));
	r->blocks[6].trial_count = 3;
	results_free(r);
}

static void
few_blocks_give_no_verdict(void **state)
{
	struct results *r = made(5, 2, 6);

	(void)state;
	assert_int_equal(results_close(r), 0);
	assert_int_equal(cpu(r, 1)->verdict, STATS_VOID);
	assert_non_null(strstr(r->headline, "No verdict"));
	results_free(r);
}

static void
the_control_sets_the_noise_floor(void **state)
{
	struct results *r = made(20, 1.05, 7);

	(void)state;
	assert_int_equal(results_close(r), 0);
	assert_int_equal(cpu(r, 1)->verdict, STATS_WORSE);
	/* The same program under two names differs by 10%: 5% is nothing. */
	for (unsigned b = 0; b < 20; b++)
		r->blocks[b].trials[2].value[METRIC_CPU] *= 1.1;
	assert_int_equal(results_close(r), 0);
	assert_int_equal(cpu(r, 1)->verdict, STATS_NOISE);
	assert_non_null(strstr(r->headline, "do not differ"));
	results_free(r);
}

/* A target that drops requests is cheap; that is no merit. */
static void
dropping_requests_is_never_better(void **state)
{
	struct results *r = made(20, 0.6, 21);

	(void)state;
	for (unsigned b = 0; b < 20; b++) {
		for (uint32_t t = 0; t < TARGETS; t++) {
			struct results_trial *trial = &r->blocks[b].trials[t];

			trial->record = calloc(1, sizeof(*trial->record));
			assert_non_null(trial->record);
			record_begin(trial->record, 0, 1000000000);
			record_sent(trial->record, 1, 1, 1);
			record_reply(trial->record, 1, 1, 5, 1);
		}
	}
	assert_int_equal(results_close(r), 0);
	assert_int_equal(cpu(r, 1)->verdict, STATS_BETTER);
	for (unsigned b = 0; b < 20; b++)
		record_unsendable(r->blocks[b].trials[1].record, 2, 2);
	assert_int_equal(results_close(r), 0);
	assert_int_equal(cpu(r, 1)->verdict, STATS_VOID);
	assert_int_equal(cpu(r, 1)->verdict_all, STATS_VOID);
	assert_true(results_withheld(r, cpu(r, 1)));
	assert_non_null(strstr(r->headline, "more requests without a good"));
	/* As cheap, and the baseline drops as many. */
	for (unsigned b = 0; b < 20; b++)
		record_unsendable(r->blocks[b].trials[0].record, 2, 2);
	assert_int_equal(results_close(r), 0);
	assert_int_equal(cpu(r, 1)->verdict, STATS_BETTER);
	results_free(r);
}

/* Everything that had no reply is lost; wrong replies are errors. */
static void
every_way_to_lose_a_request_is_read(void **state)
{
	static const enum record_error lost[] = { RECORD_UNANSWERED,
	    RECORD_REFUSED, RECORD_CLOSED, RECORD_RESET };
	static const enum record_error wrong[] = { RECORD_LENGTH,
	    RECORD_CONTENT, RECORD_ORDER, RECORD_FRAMING };
	struct results_trial trial = { .record = NULL };
	struct gates_limits limits;

	(void)state;
	gates_defaults(&limits);
	for (int i = 0; i < 8; i++) {
		struct record *r = calloc(1, sizeof(*r));

		assert_non_null(r);
		trial.record = r;
		gates_unread(&trial.readings);
		record_begin(r, 0, 1000000000);
		for (uint64_t k = 0; k < 1000; k++) {
			record_sent(r, k, k, 1);
			if (k < 999)
				record_reply(r, k, k, k + 10, 1);
		}
		record_bad(r, 999, 1000, i < 4 ? lost[i] : wrong[i - 4]);
		results_measure(&trial, 1000, 0);
		assert_true(near(trial.readings.lost, i < 4 ? 1e-3 : 0,
		    1e-12));
		assert_true(near(trial.readings.errors, i < 4 ? 0 : 1e-3,
		    1e-12));
		assert_true(near(trial.readings.broken, i > 0 && i < 4 ?
		    1e-3 : 0, 1e-12));
		assert_true((gates_check(&limits, &trial.readings) &
		    (1u << (i < 4 ? GATE_LOST : GATE_ERRORS))) != 0);
		free(r);
	}
}

/* Self-test 11 through the whole of it, and no bias by the order. */
static void
a_against_a_through_the_verdicts(void **state)
{
	unsigned noise = 0;

	(void)state;
	for (uint64_t run = 0; run < 400; run++) {
		struct results *r = made(12, 1, 1000 + run);

		assert_int_equal(results_close(r), 0);
		noise += cpu(r, 1)->verdict == STATS_NOISE;
		results_free(r);
	}
	assert_in_range(noise, 380, 400);
}

static void
memory_slopes_are_per_connection(void **state)
{
	struct results *r = made(1, 1, 8);

	(void)state;
	for (uint32_t n = 1; n <= 10000; n *= 10) {
		struct results_memory *m = results_memory(r, 1, n);

		m->user = 1e6 + 35000.0 * n;
		m->kernel = 5e5 + 4000.0 * n;
	}
	snprintf(results_memory(r, 1, 20000)->refused, RESULTS_TEXT, "no");
	assert_int_equal(results_close(r), 0);
	assert_true(near(r->slopes[2].user.slope.value, 35000, 1e-6));
	assert_true(near(r->slopes[2].kernel.slope.value, 4000, 1e-6));
	assert_true(near(r->slopes[2].user.first, 35000, 1e-6));
	assert_true(near(r->slopes[2].user.last, 35000, 1e-6));
	assert_false(r->slopes[2].user.bends);
	assert_int_equal(r->slopes[0].user.slope.n, 0);
	assert_int_equal(r->slopes[3].user.slope.n, 0);
	results_free(r);
}

/* Readings of all rounds: 2,000 bytes a connection in noise of 1 MB. */
static void
add_rounds(struct results *r, double bent, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	for (uint32_t round = 0; round < 10; round++) {
		for (uint32_t n = 1; n <= 10000; n *= 10) {
			struct results_memory *m = results_memory(r, 1, n);

			m->round = round;
			m->user = 1e6 + 2000.0 * n + 1e6 * rng_normal(&rng) +
			    (n > 1000 ? bent * (n - 1000) : 0);
			m->kernel = m->user;
		}
	}
}

/* The noise at 1, 10 and 100 connections does not decide the slope: pairs
 * that are near each other weigh little. */
static void
noise_at_few_connections_moves_no_slope(void **state)
{
	double x[8], y[8];

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct results *r = made(1, 1, 8);
		const struct results_slope_part *part;

		add_rounds(r, 0, seed);
		assert_int_equal(results_close(r), 0);
		part = &r->slopes[2].user;
		assert_int_equal(part->slope.n, 10);
		assert_true(near(part->slope.value, 2000, 140));
		assert_true(part->slope.low < part->slope.value);
		assert_true(part->slope.high > part->slope.value);
		assert_true(part->slope.coverage >= 0.95);
		assert_true(near(part->last, 2000, 200));
		assert_false(part->bends);
		/* The curve has the medians. */
		assert_int_equal(results_memory_curve(r, 1, 0, 0, 8, x, y), 5);
		assert_true(x[0] == 1 && x[4] == 10000);
		assert_true(near(y[4], 21e6, 1.2e6));
		assert_int_equal(results_memory_curve(r, 1, 0, 1, 2, x, y), 2);
		assert_int_equal(results_memory_curve(r, 0, 0, 0, 8, x, y), 0);
		results_free(r);
	}
}

/* Caches of the kernel fill up to 1,000 connections, and then are full: six
 * of ten pairs see nothing else, but none of them goes far. */
static void
what_fills_at_few_connections_is_no_slope(void **state)
{
	static const double filled[] = { 0, 2e5, 6e5, 15e5, 15e5 };
	struct results *r = made(1, 1, 8);

	(void)state;
	for (uint32_t i = 0, n = 1; i < 5; i++, n *= 10)
		results_memory(r, 1, n)->user = 2000.0 * n + filled[i];
	assert_int_equal(results_close(r), 0);
	assert_true(near(r->slopes[2].user.slope.value, 2000, 160));
	results_free(r);
}

static void
a_slope_that_bends_is_told(void **state)
{
	struct results *r = made(1, 1, 8);

	(void)state;
	add_rounds(r, 20000, 3);
	assert_int_equal(results_close(r), 0);
	assert_true(r->slopes[2].user.bends);
	assert_true(near(r->slopes[2].user.last, 22000, 400));
	results_free(r);
}

/* Self-test 12, simulated: a hog in some blocks, found and left out. */
static void
noise_is_voided_and_does_not_move_the_ratio(void **state)
{
	struct results *r = made(30, 1.1, 13);

	(void)state;
	for (unsigned b = 0; b < 30; b += 5) {
		/* The hog falls on whoever runs: here always the same one. */
		r->blocks[b].trials[0].readings.foreign = 0.3;
		r->blocks[b].trials[0].value[METRIC_CPU] *= 3;
	}
	assert_int_equal(results_close(r), 0);
	for (unsigned b = 0; b < 30; b++)
		assert_int_equal(r->blocks[b].void_, b % 5 == 0);
	assert_int_equal(cpu(r, 1)->valid.n, 24);
	assert_true(cpu(r, 1)->valid.low <= 1.1);
	assert_true(cpu(r, 1)->valid.high >= 1.1);
	assert_int_equal(cpu(r, 1)->verdict, STATS_WORSE);
	results_free(r);
}

static void
one_trial_has_the_interval_of_its_requests(void **state)
{
	struct results *r = made(1, 1, 14);
	struct record *record = calloc(1, sizeof(*record));
	const struct stats_interval *v;

	(void)state;
	assert_non_null(record);
	record_begin(record, 0, 1000000000);
	for (uint64_t i = 1; i <= 1000; i++)
		record_reply(record, 0, 0, 1000 * i, 0);
	r->blocks[0].trials[0].record = record;
	results_measure(&r->blocks[0].trials[0], 1000, 0);
	assert_int_equal(results_close(r), 0);
	v = &results_cell(r, 0, 0)->value[METRIC_P50];
	assert_true(near(v->value, 500, 4));
	/* Ranks 469 and 532 of 1000, on bucket edges. */
	assert_true(near(v->low, 469, 5) && near(v->high, 532, 5));
	assert_true(v->coverage >= 0.95 && v->n == 1);
	v = &results_cell(r, 0, 0)->value[METRIC_P999];
	assert_true(isinf(v->high));
	assert_true(results_cell(r, 0, 0)->value[METRIC_CPU].coverage == 0);
	results_free(r);
}

/* Self-test 11: a bias by the order in a block does not go unnoticed. */
static void
the_order_in_a_block_is_judged(void **state)
{
	struct results *r = made(20, 1, 16);
	uint64_t more, less;

	(void)state;
	assert_int_equal(results_close(r), 0);
	results_order(r, METRIC_CPU, &more, &less);
	assert_int_equal(more + less, 20);
	assert_true(stats_sign_test(more, less) > 0.01);
	/* The control runs after the original here: let it cost more. */
	for (unsigned b = 0; b < 20; b++)
		r->blocks[b].trials[2].value[METRIC_CPU] *= 1.5;
	r->blocks[7].trials[0].readings.steal = 1;
	assert_int_equal(results_close(r), 0);
	results_order(r, METRIC_CPU, &more, &less);
	assert_true(more == 19 && less == 0);
	assert_true(stats_sign_test(more, less) < 0.0001);
	r->targets[2].same_as = RESULTS_NONE;
	results_order(r, METRIC_CPU, &more, &less);
	assert_true(more == 0 && less == 0);
	results_free(r);
}

static void
audits_are_told(void **state)
{
	struct results *r = made(7, 1, 15);
	char text[32];

	(void)state;
	r->points[0].connections = 100;
	for (unsigned b = 0; b < 7; b++)
		r->blocks[b].trials[1].readings.little = -0.94;
	assert_int_equal(results_close(r), 0);
	assert_string_equal(results_audit(r, 0, 1, RESULTS_LITTLE, text,
	    sizeof(text)), "Little's law residual");
	assert_string_equal(text, "-94%");
	/* Such a residual voids. */
	assert_true(results_voided(r) == 7);
	(void)results_audit(r, 0, 0, RESULTS_LITTLE, text, sizeof(text));
	assert_string_equal(text, "");
	(void)results_audit(r, 0, 0, RESULTS_EVEN, text, sizeof(text));
	assert_string_equal(text, "");
	(void)results_audit(r, 0, 0, RESULTS_PROCESSES, text, sizeof(text));
	assert_string_equal(text, "");
	r->blocks[3].trials[0].generators = 2;
	r->blocks[3].trials[0].servers = 1;
	(void)results_audit(r, 0, 0, RESULTS_PROCESSES, text, sizeof(text));
	assert_string_equal(text, "2, 1");
	/* The longest of all blocks. */
	(void)results_audit(r, 0, 1, RESULTS_GAP, text, sizeof(text));
	assert_string_equal(text, "");
	for (unsigned b = 0; b < 7; b++) {
		r->blocks[b].trials[1].gap = 1e6 * (b == 3 ? 70 : b + 1);
		r->blocks[b].trials[1].fairness.jain = 0.9;
	}
	(void)results_audit(r, 0, 1, RESULTS_GAP, text, sizeof(text));
	assert_string_equal(text, "70 ms");
	results_free(r);
}

/* What was not read passes its gate, and must not do so in silence. */
static void
gates_that_were_not_read_are_named(void **state)
{
	struct results *r = made(7, 1, 15);
	char text[RESULTS_TEXT];

	(void)state;
	gates_off(&r->limits);
	r->limits.steal = r->limits.drops = 0.03;
	assert_string_equal(results_unread(r, text, sizeof(text)),
	    "drops in 21 of 21 trials");
	for (unsigned b = 0; b < 7; b++)
		for (uint32_t t = 0; t < TARGETS; t++)
			r->blocks[b].trials[t].readings.drops = 0;
	assert_string_equal(results_unread(r, text, sizeof(text)), "");
	r->blocks[2].trials[1].readings.steal = NAN;
	r->blocks[3].trials[1].readings.drops = NAN;
	assert_string_equal(results_unread(r, text, sizeof(text)),
	    "steal in 1 of 21 trials, drops in 1 of 21");
	/* A trial that failed has nothing to read. */
	snprintf(r->blocks[3].trials[1].failed, RESULTS_TEXT, "x");
	assert_string_equal(results_unread(r, text, sizeof(text)),
	    "steal in 1 of 20 trials");
	results_free(r);
}

/* Within the tolerance, and yet by more than the response. */
static void
a_client_that_is_late_is_told(void **state)
{
	struct results *r = made(7, 1, 15);
	char text[RESULTS_TEXT];

	(void)state;
	for (unsigned b = 0; b < 7; b++) {
		for (uint32_t t = 0; t < TARGETS; t++) {
			struct results_trial *x = &r->blocks[b].trials[t];

			x->value[METRIC_P50] = 196;
			x->value[METRIC_LATE_P99] = t == 1 ? 3719 : 190;
			x->readings.adherence = 1;
		}
	}
	assert_int_equal(results_close(r), 0);
	assert_int_equal(results_voided(r), 0);
	assert_string_equal(results_late(r, text, sizeof(text)),
	    "thread at 1 of 1 loads");
	(void)results_audit(r, 0, 1, RESULTS_ADHERENCE, text, sizeof(text));
	assert_string_equal(text, "100%, but late");
	(void)results_audit(r, 0, 0, RESULTS_ADHERENCE, text, sizeof(text));
	assert_string_equal(text, "100%");
	results_free(r);
}

static void
models_are_told_in_words(void **state)
{
	struct results *r = made(1, 1, 9);
	char text[RESULTS_TEXT];

	(void)state;
	r->points[0].connections = 1000;
	r->points[0].depth = 16;
	assert_string_equal(results_model(r, 0, text, sizeof(text)),
	    "closed loop, depth 16, 1,000 connections");
	r->points[0].rate = 12500;
	r->points[0].connections = 1;
	r->points[0].idle = 10000;
	r->load.arrival = PLAN_POISSON;
	assert_int_equal(plan_service_parse("bimodal:0.9:50us:550us",
	    &r->load.service), 0);
	assert_string_equal(results_model(r, 0, text, sizeof(text)),
	    "open loop, Poisson 12,500/s, bimodal (90% 50 us, 10% 550 us), "
	    "mean 100 us of CPU, 1 connection and 10,000 idle");
	assert_string_equal(results_model(r, 7, text, sizeof(text)), "");
	/* Of a sweep, from the least to the most. */
	results_point(r)->connections = 10000;
	r->points[1].rate = 12500;
	r->points[1].idle = 10000;
	r->load.service.law = PLAN_NONE;
	assert_string_equal(results_models(r, (uint32_t[]){ 1, 0 }, 2, text,
	    sizeof(text)), "open loop, Poisson 12,500/s, 1 to 10,000 "
	    "connections and 10,000 idle");
	results_free(r);
}

/* Who differs is the news, wherever it stands; the others come after it. */
static void
the_headline_is_of_whoever_differs(void **state)
{
	struct results *r = made(20, 1, 21);

	(void)state;
	assert_non_null(results_target(r, "slow", "c"));
	for (unsigned b = 0; b < 20; b++) {
		struct results_trial *t = results_trial(&r->blocks[b], 3);

		t->value[METRIC_CPU] =
		    1.9 * r->blocks[b].trials[0].value[METRIC_CPU];
		t->readings.steal = 0;
	}
	assert_int_equal(results_close(r), 0);
	assert_int_equal(strncmp(r->headline, "slow has 90% more", 17), 0);
	assert_non_null(strstr(r->headline, " Others: thread "));
	assert_non_null(strstr(r->headline, "(within noise)."));
	assert_non_null(strstr(r->basis, "each of 2 verdicts for itself"));
	results_free(r);
}

static void
empty_and_partial_results_close(void **state)
{
	struct results *r = results_new();

	(void)state;
	assert_int_equal(results_close(r), 0);
	assert_string_equal(r->headline, "Nothing was measured.");
	assert_non_null(results_target(r, "a", "b"));
	assert_int_equal(results_close(r), 0);
	assert_non_null(results_point(r));
	assert_int_equal(results_close(r), 0);
	assert_non_null(results_block(r, 0));
	assert_int_equal(results_close(r), 0);
	assert_true(results_voided(r) == 1);
	assert_non_null(results_cell(r, 0, 0));
	assert_null(results_cell(r, 1, 0));
	results_free(r);
	results_free(NULL);
	r = fixture_hostile();
	assert_int_equal(results_close(r), 0);
	results_free(r);
}

static void
steadiness_is_measured(void **state)
{
	struct results_trial trial = { 0 };
	struct record *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	record_begin(r, 0, 1000000000);
	gates_unread(&trial.readings);
	trial.record = r;
	/* A response that doubles over the trial. */
	for (uint64_t t = 0; t < 1000000000; t += 100000)
		record_reply(r, t, t, t + 10000 + t / 100000, 0);
	results_measure(&trial, 1000000, 0);
	assert_true(near(trial.readings.drift, 2.0 / 3, 0.02));
	/* A closed loop is judged by its rate, which is even here. */
	results_measure(&trial, 1000000, 1);
	assert_true(near(trial.readings.drift, 0, 0.01));
	free(r);
}

static void
adherence_counts_the_late_and_the_unsent(void **state)
{
	struct results_trial trial = { 0 };
	struct record *r = calloc(1, sizeof(*r));

	(void)state;
	assert_non_null(r);
	record_begin(r, 0, 1000000000);
	gates_unread(&trial.readings);
	trial.record = r;
	for (uint64_t i = 0; i < 96; i++)
		record_sent(r, i, i + 1000, 0);
	record_sent(r, 100, 100 + 2000000, 0);
	for (int i = 0; i < 3; i++)
		record_bad(r, 200, 5000, RECORD_UNSENT);
	results_measure(&trial, 1000000, 0);
	assert_true(near(trial.readings.adherence, 0.96, 1e-9));
	/* With a tolerance of 10 ms, only the three never sent are missing. */
	results_measure(&trial, 10000000, 0);
	assert_true(near(trial.readings.adherence, 0.97, 1e-9));
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_is_found_and_said),
		cmocka_unit_test(a_failed_gate_voids_the_block_for_all),
		cmocka_unit_test(
		    figures_of_void_blocks_are_shown_where_there_are_no_others),
		cmocka_unit_test(the_pool_of_a_cell_leaves_void_blocks_out),
		cmocka_unit_test(
		    one_failed_trial_voids_but_one_that_never_ran_does_not),
		cmocka_unit_test(a_probe_is_measured_apart),
		cmocka_unit_test(a_search_has_a_headline_of_its_own),
		cmocka_unit_test(an_unfinished_block_is_void),
		cmocka_unit_test(few_blocks_give_no_verdict),
		cmocka_unit_test(the_control_sets_the_noise_floor),
		cmocka_unit_test(dropping_requests_is_never_better),
		cmocka_unit_test(every_way_to_lose_a_request_is_read),
		cmocka_unit_test(a_against_a_through_the_verdicts),
		cmocka_unit_test(memory_slopes_are_per_connection),
		cmocka_unit_test(noise_at_few_connections_moves_no_slope),
		cmocka_unit_test(what_fills_at_few_connections_is_no_slope),
		cmocka_unit_test(a_slope_that_bends_is_told),
		cmocka_unit_test(noise_is_voided_and_does_not_move_the_ratio),
		cmocka_unit_test(one_trial_has_the_interval_of_its_requests),
		cmocka_unit_test(the_order_in_a_block_is_judged),
		cmocka_unit_test(audits_are_told),
		cmocka_unit_test(gates_that_were_not_read_are_named),
		cmocka_unit_test(a_client_that_is_late_is_told),
		cmocka_unit_test(models_are_told_in_words),
		cmocka_unit_test(the_headline_is_of_whoever_differs),
		cmocka_unit_test(empty_and_partial_results_close),
		cmocka_unit_test(steadiness_is_measured),
		cmocka_unit_test(adherence_counts_the_late_and_the_unsent),
	};

	return (cmocka_run_group_tests_name("results", tests, NULL, NULL));
}
