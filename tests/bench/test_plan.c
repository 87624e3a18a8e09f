/*
 * Plans: seeded, shared out without loss, and of the law asked for
 * (self-test 5 on the plan itself).
 */
#include "check.h"
#include "fit.h"
#include "plan.h"
#include "stats.h"

static const struct plan_spec usual = {
	.seed = 1,
	.arrival = PLAN_POISSON,
	.rate = 10000,
	.duration = 2000000000,
	.connections = 50,
	.choice = PLAN_RANDOM,
	.service = { PLAN_EXPONENTIAL, PLAN_SPIN, 0, 100000, 0 },
};

static struct plan
make(const struct plan_spec *spec)
{
	struct plan plan;

	assert_int_equal(plan_make(&plan, spec), 0);
	for (size_t i = 0; i < plan.count; i++) {
		assert_true(plan.items[i].at < spec->duration);
		assert_true(plan.items[i].connection < spec->connections);
		if (i > 0)
			assert_true(plan.items[i].at >= plan.items[i - 1].at);
	}
	return (plan);
}

static void
the_seed_decides(void **state)
{
	struct plan_spec other = usual;
	struct plan a = make(&usual), b = make(&usual), c;

	(void)state;
	other.seed = 2;
	c = make(&other);
	assert_true(a.count == b.count && a.hash == b.hash);
	assert_memory_equal(a.items, b.items, a.count * sizeof(a.items[0]));
	assert_true(a.hash != c.hash);
	plan_free(&a);
	plan_free(&b);
	plan_free(&c);
}

/* Another law of service leaves the arrivals where they were. */
static void
aspects_have_streams_of_their_own(void **state)
{
	struct plan_spec other = usual;
	struct plan a = make(&usual), b;

	(void)state;
	other.service.law = PLAN_FIXED;
	b = make(&other);
	assert_int_equal(a.count, b.count);
	for (size_t i = 0; i < a.count; i++) {
		assert_true(a.items[i].at == b.items[i].at);
		assert_int_equal(a.items[i].connection, b.items[i].connection);
	}
	assert_true(a.hash != b.hash);
	plan_free(&a);
	plan_free(&b);
}

static void
shares_make_up_the_plan(void **state)
{
	struct plan whole = make(&usual);
	struct plan_stream stream[3];
	struct plan_item item[3];
	int more[3];
	uint64_t hash = 0;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(plan_stream_start(&stream[i], &usual, i, 3),
		    0);
		more[i] = plan_stream_next(&stream[i], &item[i]);
	}
	for (size_t k = 0; k < whole.count; k++) {
		uint32_t i = whole.items[k].connection % 3;

		assert_true(more[i]);
		assert_memory_equal(&item[i], &whole.items[k],
		    sizeof(item[i]));
		hash = plan_stream_hash(hash, &item[i]);
		more[i] = plan_stream_next(&stream[i], &item[i]);
	}
	assert_false(more[0] || more[1] || more[2]);
	assert_true(hash == whole.hash);
	plan_free(&whole);
}

/* The gaps of a plan as quantiles of the exponential law, sorted. */
static size_t
gaps_of(const struct plan *plan, double *gaps, double *sorted)
{
	double mean = 1e9 / plan->spec.rate;

	for (size_t i = 0; i + 1 < plan->count; i++) {
		/* Stamps are whole ns: put them back in between. */
		gaps[i] = (double)(plan->items[i + 1].at - plan->items[i].at);
		sorted[i] = 1 - exp(-(gaps[i] + 0.5) / mean);
	}
	stats_sort(sorted, plan->count - 1);
	return (plan->count - 1);
}

static void
poisson_arrivals_are_poisson(void **state)
{
	struct plan plan = make(&usual);
	double *gaps = calloc(plan.count, sizeof(*gaps));
	double *sorted = calloc(plan.count, sizeof(*sorted));
	double counts[200] = { 0 }, p;
	size_t n = gaps_of(&plan, gaps, sorted);

	(void)state;
	assert_true(near((double)plan.count, 20000, 4 * sqrt(20000)));
	(void)fit_ks(sorted, n, &p);
	assert_true(p > 0.001);
	(void)fit_anderson_darling(sorted, n, &p);
	assert_true(p > 0.001);
	/* Counts in windows: dispersion 1 within 4 sd of sqrt(2 / 199). */
	for (size_t i = 0; i < plan.count; i++)
		counts[plan.items[i].at / 10000000]++;
	assert_true(near(fit_dispersion(counts, 200), 1, 0.4));
	assert_true(near(fit_autocorrelation(gaps, n, 1), 0,
	    4 / sqrt((double)n)));
	for (size_t i = 0; i < plan.count; i++)
		gaps[i] = (double)plan.items[i].at;
	/* P(Exp(1) > 9.2) = 0.0001. */
	assert_true(fit_rayleigh(gaps, plan.count, 1e6) < 9.2);
	assert_true(fit_rayleigh(gaps, plan.count, 5e6) < 9.2);
	free(gaps);
	free(sorted);
	plan_free(&plan);
}

/* One global plan: the gaps are even, whatever the connections. */
static void
constant_arrivals_are_even(void **state)
{
	struct plan_spec spec = usual;
	uint32_t counts[50] = { 0 };
	struct plan plan;

	(void)state;
	spec.arrival = PLAN_CONSTANT;
	spec.choice = PLAN_ROUND_ROBIN;
	plan = make(&spec);
	assert_int_equal(plan.count, 20000);
	for (size_t i = 0; i < plan.count; i++) {
		assert_true(plan.items[i].at == i * 100000);
		counts[plan.items[i].connection]++;
	}
	for (int i = 0; i < 50; i++)
		assert_int_equal(counts[i], 400);
	plan_free(&plan);
	/* A third of a nanosecond must not add up over a long plan. */
	spec.rate = 3;
	spec.duration = UINT64_C(100000) * 1000000000;
	plan = make(&spec);
	assert_int_equal(plan.count, 300000);
	assert_true(near((double)plan.items[299999].at, 299999e9 / 3, 1));
	plan_free(&plan);
}

static void
bursts_are_bursts(void **state)
{
	struct plan_spec spec = usual;
	struct plan plan;

	(void)state;
	spec.arrival = PLAN_BURST;
	spec.burst = 10;
	plan = make(&spec);
	assert_true(near((double)plan.count, 20000, 4 * sqrt(20000 * 10)));
	for (size_t i = 0; i < plan.count; i++)
		assert_true(plan.items[i].at == plan.items[i / 10 * 10].at);
	plan_free(&plan);
}

static void
choices_are_of_their_law(void **state)
{
	struct plan_spec spec = usual;
	uint32_t counts[50] = { 0 }, hot = 0;
	struct stats_fairness f;
	struct plan plan = make(&spec);

	(void)state;
	for (size_t i = 0; i < plan.count; i++)
		counts[plan.items[i].connection]++;
	stats_fairness(counts, 50, &f);
	assert_true(f.p_uneven > 0.001 && f.p_uneven < 0.999);
	plan_free(&plan);
	spec.choice = PLAN_HOT;
	plan = make(&spec);
	for (size_t i = 0; i < plan.count; i++)
		hot += plan.items[i].connection < 5;
	assert_true(near(hot / (double)plan.count, 0.9, 0.01));
	plan_free(&plan);
	spec.connections = 1;
	plan = make(&spec);
	plan_free(&plan);
}

static void
service_laws_have_their_moments(void **state)
{
	static const char *const laws[] = { "fixed:120us", "exp:100us",
	    "bimodal:0.9:50us:550us", "wait-exp:5000us" };

	(void)state;
	for (size_t k = 0; k < sizeof(laws) / sizeof(laws[0]); k++) {
		struct plan_service law;
		double sum = 0, squares = 0, mean;
		const int n = 400000;
		struct rng rng;
		char text[64];

		assert_int_equal(plan_service_parse(laws[k], &law), 0);
		assert_string_equal(plan_service_format(&law, text,
		    sizeof(text)), laws[k]);
		rng_seed(&rng, k);
		for (int i = 0; i < n; i++) {
			double x = plan_work(&law, &rng) *
			    (double)PLAN_WORK_UNIT;

			sum += x;
			squares += x * x;
		}
		mean = sum / n;
		assert_true(near(mean / plan_service_mean(&law), 1, 0.01));
		assert_true(near(squares / n / mean / mean,
		    plan_service_square(&law), 0.05));
	}
}

static void
bimodal_1_has_the_square_of_the_literature(void **state)
{
	struct plan_service law;

	(void)state;
	assert_int_equal(plan_service_parse("bimodal:0.9:50us:550us", &law),
	    0);
	assert_true(near(plan_service_mean(&law), 100000, 1e-6));
	assert_true(near(plan_service_square(&law), 3.25, 1e-9));
}

static void
wrong_laws_are_refused(void **state)
{
	static const char *const bad[] = { "", "fixed", "fixed:", "fixed:1",
	    "fixed:1us:2us", "exp:-1us", "wait-none", "bimodal:1us:2us",
	    "bimodal:2:1us:2us", "bimodal:0.5:1us", "bimodal:nan:1us:2us",
	    "bimodal:0.5:1us:2us:3us", "normal:1us", "wait-", "none " };
	struct plan_service law;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(plan_service_parse(bad[i], &law), -1);
	assert_int_equal(plan_service_parse("none", &law), 0);
	assert_int_equal(law.law, PLAN_NONE);
}

static void
requests_are_what_the_handler_reads(void **state)
{
	struct plan_spec spec = usual;
	char text[PLAN_REQUEST_MAX];

	(void)state;
	assert_int_equal(plan_request(&spec, 1234, text, sizeof(text)), 12);
	assert_string_equal(text, "spin 123.4us");
	spec.reply_size = 64;
	spec.service.work = PLAN_WAIT;
	assert_int_equal(plan_request(&spec, 50000, text, sizeof(text)),
	    strlen("wait 5000.0us reply 64"));
	assert_string_equal(text, "wait 5000.0us reply 64");
	spec.service.law = PLAN_NONE;
	(void)plan_request(&spec, 0, text, sizeof(text));
	assert_string_equal(text, "reply 64");
	spec.reply_size = 0;
	assert_int_equal(plan_request(&spec, 0, text, sizeof(text)), 0);
	spec.service.law = PLAN_FIXED;
	spec.reply_size = UINT32_MAX;
	assert_true(plan_request(&spec, UINT32_MAX, text, sizeof(text)) <
	    PLAN_REQUEST_MAX - 1);
}

static void
impossible_plans_are_refused(void **state)
{
	struct plan_spec spec = usual;
	struct plan plan;

	(void)state;
	spec.rate = 0;
	assert_int_equal(plan_make(&plan, &spec), -1);
	spec.rate = NAN;
	assert_int_equal(plan_make(&plan, &spec), -1);
	spec = usual;
	spec.connections = 0;
	assert_int_equal(plan_make(&plan, &spec), -1);
	spec = usual;
	spec.rate = 1e15;
	assert_int_equal(plan_make(&plan, &spec), -1);
	spec = usual;
	spec.arrival = PLAN_CLOSED;
	assert_int_equal(plan_make(&plan, &spec), 0);
	assert_int_equal(plan.count, 0);
	plan_free(&plan);
}

static void
arrivals_have_names(void **state)
{
	enum plan_arrival a = PLAN_CLOSED;

	(void)state;
	assert_int_equal(plan_arrival_by_name("poisson", &a), 0);
	assert_int_equal(a, PLAN_POISSON);
	assert_int_equal(plan_arrival_by_name("Poisson", &a), -1);
	assert_string_equal(plan_arrival_name(PLAN_BURST), "burst");
	assert_null(plan_arrival_name((enum plan_arrival)99));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seed_decides),
		cmocka_unit_test(aspects_have_streams_of_their_own),
		cmocka_unit_test(shares_make_up_the_plan),
		cmocka_unit_test(poisson_arrivals_are_poisson),
		cmocka_unit_test(constant_arrivals_are_even),
		cmocka_unit_test(bursts_are_bursts),
		cmocka_unit_test(choices_are_of_their_law),
		cmocka_unit_test(service_laws_have_their_moments),
		cmocka_unit_test(bimodal_1_has_the_square_of_the_literature),
		cmocka_unit_test(wrong_laws_are_refused),
		cmocka_unit_test(requests_are_what_the_handler_reads),
		cmocka_unit_test(impossible_plans_are_refused),
		cmocka_unit_test(arrivals_have_names),
	};

	return (cmocka_run_group_tests_name("plan", tests, NULL, NULL));
}
