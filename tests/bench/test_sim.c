/*
 * The instrument against exact queues, in virtual time: the self-tests that
 * are numbered in the names. The oracles are closed forms, not this code.
 */
#include "check.h"
#include "fit.h"
#include "plan.h"
#include "results.h"
#include "sim.h"
#include "theory.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static struct record *
fresh(void)
{
	struct record *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	return (r);
}

static struct plan_spec
load_of(enum plan_arrival arrival, double rate, uint64_t seconds,
    uint32_t connections, double mean_us)
{
	struct plan_spec load = {
		.seed = 1,
		.arrival = arrival,
		.rate = rate,
		.duration = seconds * SECOND,
		.connections = connections,
		.service = { PLAN_FIXED, PLAN_WAIT, 0, mean_us * 1e3, 0 },
	};

	return (load);
}

static double
seconds_at(const struct hist *h, double p)
{

	return ((double)hist_quantile(h, p) / 1e9);
}

/*
 * Self-test 1: one stall D in T at the rate R and the capacity mu: the share
 * f = (D/T) mu/(mu-R) is affected, uniform on (0, D).
 */
static void
test_1_stall_open(void **state)
{
	static const struct {
		double rate, work_us, t, d;
	} rows[] = {
		{ 1000, 1, 30, 1.4 }, { 1000, 500, 30, 1.4 },
		{ 1000, 1, 10, 5 }, { 2000, 250, 20, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double d = rows[i].d, mu = 1e6 / rows[i].work_us;
		double f = d / rows[i].t * mu / (mu - rows[i].rate);
		struct sim_stall stall = { SECOND, (uint64_t)(d * 1e9) };
		struct sim_spec spec = { .servers = 1, .stalls = &stall,
			.stall_count = 1, .drain = SECOND };
		struct plan_spec load = load_of(PLAN_CONSTANT, rows[i].rate,
		    (uint64_t)rows[i].t, 20, rows[i].work_us);
		struct record *r = fresh();
		const double share[] = { 0.2, 0.5, 0.75, 0.9, 0.99 };

		assert_int_equal(sim_run(&spec, &load, r), 0);
		assert_true(near((double)r->response.count,
		    rows[i].rate * rows[i].t, 1));
		assert_true(near((double)hist_above(&r->response,
		    (uint64_t)(rows[i].work_us * 1e3)) /
		    (double)r->response.count, f, 0.002));
		/* Quantiles within the affected, by their place there. */
		for (int k = 0; k < 5; k++)
			assert_true(near(seconds_at(&r->response,
			    1 - f + f * share[k]), d * share[k],
			    d * 0.012 + 0.003));
		if (f < 0.5)
			assert_true(seconds_at(&r->response, 0.5) <=
			    rows[i].work_us * 1.01e-6);
		free(r);
	}
}

/* The figures that the literature asks for: p99 1.10 s, and p75 2.5 s. */
static void
test_1_stall_known_figures(void **state)
{
	struct sim_stall stall = { 3 * SECOND, 1400 * MS };
	struct sim_spec spec = { .servers = 1, .stalls = &stall,
		.stall_count = 1, .drain = SECOND };
	struct plan_spec load = load_of(PLAN_CONSTANT, 5000, 30, 50, 1);
	struct record *r = fresh();

	(void)state;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_true(near(seconds_at(&r->response, 0.99), 1.10, 0.015));
	assert_true(seconds_at(&r->response, 0.5) < 1.1e-6);
	stall.length = 5 * SECOND;
	load.duration = 10 * SECOND;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_true(near(seconds_at(&r->response, 0.75), 2.5, 0.03));
	free(r);
}

/*
 * The same with one request at a time per connection: the client has to hold
 * requests back, and that must change nothing in the response. The naive
 * view, from the actual send, shows about one slow request per connection.
 */
static void
test_1_stall_held_back(void **state)
{
	struct sim_stall stall = { 3 * SECOND, 1400 * MS };
	struct sim_spec spec = { .servers = 1, .stalls = &stall,
		.stall_count = 1, .drain = SECOND, .depth = 1 };
	struct plan_spec load = load_of(PLAN_CONSTANT, 1000, 30, 20, 1);
	struct record *r = fresh();
	uint64_t slow;

	(void)state;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_true(near(seconds_at(&r->response, 0.99), 1.10, 0.02));
	assert_true(near((double)hist_above(&r->response, MS), 1400, 3));
	slow = hist_above(&r->service, MS);
	assert_in_range(slow, 15, 20);
	assert_true(seconds_at(&r->service, 0.99) < 0.001);
	/* What the client held back is its lateness, to be seen as such. */
	assert_true(near((double)hist_above(&r->lateness, MS), 1380, 6));
	free(r);
}

/* Self-test 2: a stall that does not end before the run does. */
static void
test_2_stall_over_the_end(void **state)
{
	struct sim_stall stall = { 28 * SECOND, 100 * SECOND };
	struct sim_spec spec = { .servers = 1, .stalls = &stall,
		.stall_count = 1, .drain = SECOND };
	struct plan_spec load = load_of(PLAN_CONSTANT, 1000, 30, 20, 1);
	struct results_trial trial = { .record = fresh() };
	struct record *r = trial.record;

	(void)state;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_true(r->errors[RECORD_UNANSWERED] == 2000);
	assert_true(r->response.infinite == 2000);
	assert_true(r->response.count == 30000);
	/* Their ages at the deadline, 31 s, are from 1 s to 3 s. */
	assert_true(r->ages.count == 2000);
	assert_true(near((double)r->ages.min / 1e9, 1, 0.002));
	assert_true(near((double)r->ages.max / 1e9, 3, 0.002));
	assert_true(hist_quantile(&r->response, 0.99) == HIST_INFINITE);
	assert_true(near((double)hist_quantile_floor(&r->response, &r->ages,
	    0.99) / 1e9, 2.7, 0.03));
	assert_true(hist_quantile(&r->response, 0.5) < 2000);
	results_measure(&trial, MS, 0);
	assert_true(isinf(trial.value[METRIC_P99]));
	assert_true(near(trial.value[METRIC_THROUGHPUT], 28000 / 30.0, 1));
	assert_true(near(trial.readings.censored, 2.0 / 30, 1e-6));
	free(r);
}

/** What an observer sums up of a run. */
struct sums {
	uint64_t n;
	uint64_t waited; /* requests that had to wait */
	double wait;     /* ns */
};

static void
sum_up(void *argument, const struct sim_event *e)
{
	struct sums *sums = argument;
	uint64_t wait = e->done - e->intended - e->work;

	sums->n++;
	sums->waited += wait > 0;
	sums->wait += (double)wait;
}

#define REPEATS 20

/** A figure from independent repeats, with its standard error. */
struct estimate {
	double sum, squares;
	int n;
};

static void
add(struct estimate *e, double value)
{

	e->sum += value;
	e->squares += value * value;
	e->n++;
}

/* Within three standard errors, and `slack` for buckets and rounding. */
static int
agrees(const struct estimate *e, double truth, double slack)
{
	double mean = e->sum / e->n;
	double variance = (e->squares - e->sum * mean) / (e->n - 1);

	return (near(mean, truth, 3 * sqrt(variance / e->n) +
	    slack * truth));
}

/* Self-test 3: M/M/c for c = 1, 2, 4 at loads 0.5, 0.7, 0.8. */
static void
test_3_mmc(void **state)
{
	static const unsigned servers[] = { 1, 2, 4 };
	static const double loads[] = { 0.5, 0.7, 0.8 };
	const double mean_us = 5000;
	struct record *r = fresh();

	(void)state;
	for (int k = 0; k < 9; k++) {
		unsigned c = servers[k / 3];
		double rho = loads[k % 3], unit = mean_us * 1e3;
		struct estimate p50 = { 0 }, p99 = { 0 }, mean = { 0 },
		    waits = { 0 };

		for (unsigned run = 0; run < REPEATS; run++) {
			struct sums sums = { 0 };
			struct sim_spec spec = { .servers = c,
				.drain = 1000 * SECOND, .observe = sum_up,
				.argument = &sums };
			struct plan_spec load = load_of(PLAN_POISSON,
			    rho * c * 1e6 / mean_us, 200, 10, mean_us);

			load.seed = 100 * (unsigned)k + run;
			load.service.law = PLAN_EXPONENTIAL;
			assert_int_equal(sim_run(&spec, &load, r), 0);
			add(&p50, (double)hist_quantile(&r->response, .5) /
			    unit);
			add(&p99, (double)hist_quantile(&r->response, .99) /
			    unit);
			add(&mean, hist_mean(&r->response) / unit);
			add(&waits, (double)sums.waited / (double)sums.n);
		}
		assert_true(agrees(&p50, theory_mmc_quantile(c, rho, .5),
		    .01));
		assert_true(agrees(&p99, theory_mmc_quantile(c, rho, .99),
		    .01));
		assert_true(agrees(&mean, theory_mmc_mean(c, rho), .005));
		assert_true(agrees(&waits, theory_erlang_c(c, rho), .005));
	}
	free(r);
}

/* The mean response over repeats, in mean service times. */
static struct estimate
mean_response(enum sim_policy policy, const char *law, double rho)
{
	struct estimate mean = { 0 };
	struct record *r = fresh();

	for (unsigned run = 0; run < REPEATS; run++) {
		struct sim_spec spec = { .policy = policy, .servers = 1,
			.drain = 1000 * SECOND };
		struct plan_spec load = load_of(PLAN_POISSON, rho * 1e4, 4, 10,
		    100);

		load.seed = 1000 + run;
		assert_int_equal(plan_service_parse(law, &load.service), 0);
		assert_int_equal(sim_run(&spec, &load, r), 0);
		add(&mean, hist_mean(&r->response) / 1e5);
	}
	free(r);
	return (mean);
}

/* Self-test 4: M/D/1 and M/G/1 wait by Pollaczek and Khinchine, PS. */
static void
test_4_mg1_and_sharing(void **state)
{
	static const struct {
		const char *law;
		double square;
	} rows[] = {
		{ "wait-fixed:100us", 1 }, { "wait-exp:100us", 2 },
		{ "wait-bimodal:0.9:50us:550us", 3.25 },
	};

	(void)state;
	for (int i = 0; i < 3; i++) {
		for (double rho = 0.5; rho < 0.75; rho += 0.2) {
			struct estimate fcfs = mean_response(SIM_SHARED,
			    rows[i].law, rho);
			struct estimate ps = mean_response(SIM_SHARING,
			    rows[i].law, rho);

			assert_true(agrees(&fcfs, 1 + rho * rows[i].square /
			    (2 * (1 - rho)), .005));
			assert_true(agrees(&ps, 1 / (1 - rho), .005));
		}
	}
}

/** The stamps that a service sees. */
struct stamps {
	double *at;
	size_t n;
};

static void
keep_stamp(void *argument, const struct sim_event *e)
{
	struct stamps *stamps = argument;

	stamps->at[stamps->n++] = (double)e->sent;
}

/* Self-test 5: what arrives is what was planned; a client that wakes once a
 * millisecond only is found out. */
static void
test_5_arrivals(void **state)
{
	struct stamps stamps = { calloc(60000, sizeof(double)), 0 };
	double *gaps = calloc(60000, sizeof(double)), p;
	struct sim_spec spec = { .servers = 1, .drain = SECOND,
		.observe = keep_stamp, .argument = &stamps };
	struct plan_spec load = load_of(PLAN_POISSON, 10000, 4, 10, 1);
	struct record *r = fresh();
	size_t n;

	(void)state;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	n = stamps.n - 1;
	for (size_t i = 0; i < n; i++)
		gaps[i] = 1 - exp(-(stamps.at[i + 1] - stamps.at[i] + 0.5) /
		    1e5);
	stats_sort(gaps, n);
	(void)fit_ks(gaps, n, &p);
	assert_true(p > 0.001);
	(void)fit_anderson_darling(gaps, n, &p);
	assert_true(p > 0.001);
	assert_true(fit_rayleigh(stamps.at, n, 1e6) < 12);
	assert_true(r->lateness.max == 0);
	spec.tick = MS;
	stamps.n = 0;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_true(fit_rayleigh(stamps.at, stamps.n, 1e6) > 1000);
	assert_true(near((double)hist_quantile(&r->lateness, .5), 5e5, 2e4));
	free(stamps.at);
	free(gaps);
	free(r);
}

/** Points of a line, thinned out. */
struct line {
	double intended[2000], done[2000], response[2000];
	size_t n;
};

static void
keep_point(void *argument, const struct sim_event *e)
{
	struct line *line = argument;

	if (e->number % 100 != 0 || e->done == UINT64_MAX || line->n >= 2000)
		return;
	line->intended[line->n] = (double)e->intended;
	line->done[line->n] = (double)e->done;
	line->response[line->n++] = (double)(e->done - e->intended);
}

/* Self-test 6: at twice the capacity the response grows in a line. */
static void
test_6_overload(void **state)
{
	struct line *line = calloc(1, sizeof(*line));
	struct sim_spec spec = { .servers = 1, .drain = 100 * SECOND,
		.observe = keep_point, .argument = line };
	struct plan_spec load = load_of(PLAN_CONSTANT, 20000, 4, 100, 100);
	struct results_trial trial = { .record = fresh() };
	struct gates_limits limits;
	double slope;

	(void)state;
	gates_unread(&trial.readings);
	assert_int_equal(sim_run(&spec, &load, trial.record), 0);
	assert_int_equal(stats_slope(line->intended, line->response, line->n,
	    &slope), 0);
	assert_true(near(slope, 1.0, 0.001));
	assert_int_equal(stats_slope(line->done, line->response, line->n,
	    &slope), 0);
	assert_true(near(slope, 0.5, 0.001));
	results_measure(&trial, MS, 0);
	assert_true(near(trial.value[METRIC_THROUGHPUT], 10000, 2));
	assert_true(gates_overload(&trial.readings));
	/* Overload is a finding: no gate excuses the service from it. */
	gates_defaults(&limits);
	assert_int_equal(gates_check(&limits, &trial.readings), 0);
	free(trial.record);
	free(line);
}

/* A steady queue is seldom called unsteady, though it is a random one. */
static void
steady_queues_are_steady(void **state)
{
	struct results_trial trial = { .record = fresh() };
	struct gates_limits limits;
	unsigned failed[2] = { 0, 0 };

	(void)state;
	gates_defaults(&limits);
	for (unsigned run = 0; run < 400; run++) {
		struct sim_spec spec = { .servers = 2, .drain = 40 * SECOND };
		struct plan_spec load = load_of(PLAN_POISSON, run % 2 ?
		    18000 : 14000, 1, 100, 100);

		load.duration = 600 * MS;
		load.seed = run;
		load.service.law = PLAN_EXPONENTIAL;
		gates_unread(&trial.readings);
		assert_int_equal(sim_run(&spec, &load, trial.record), 0);
		results_measure(&trial, MS, 0);
		failed[run % 2] += gates_check(&limits,
		    &trial.readings) != 0;
	}
	/* At 0.7 never; at 0.9 within 5%. */
	assert_int_equal(failed[0], 0);
	assert_true(failed[1] <= 10);
	free(trial.record);
}

/* Self-test 7: N = X R, in every closed run. */
static void
test_7_little(void **state)
{
	static const uint32_t connections[] = { 1, 10, 100 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		uint32_t n = connections[i % 3], depth = i < 3 ? 1 : 16;
		struct sim_spec spec = { .servers = 2, .drain = SECOND,
			.depth = depth };
		struct plan_spec load = load_of(PLAN_CLOSED, NAN, 20, n, 100);
		struct results_trial trial = { .record = fresh() };

		load.service.law = PLAN_EXPONENTIAL;
		gates_unread(&trial.readings);
		assert_int_equal(sim_run(&spec, &load, trial.record), 0);
		results_measure(&trial, MS, (double)n * depth);
		assert_true(near(trial.readings.little, 0, 0.01));
		assert_true(isnan(trial.readings.offered));
		/* Two servers, never idle but with one request: 1e4 each. */
		assert_true(near(trial.value[METRIC_THROUGHPUT],
		    n * depth == 1 ? 1e4 : 2e4, 300));
		/* Integrated independently, it is the same sum. */
		results_measure(&trial, MS, 0);
		assert_true(near(trial.readings.little, 0, 1e-6));
		free(trial.record);
	}
}

/* A table like the published ones: most connections are starved. */
static void
test_7_little_finds_the_starved(void **state)
{
	struct sim_spec spec = { .servers = 1, .drain = SECOND, .depth = 1,
		.starved = 800 };
	struct plan_spec load = load_of(PLAN_CLOSED, NAN, 20, 1000, 100);
	struct results_trial trial = { .record = fresh() };

	(void)state;
	gates_unread(&trial.readings);
	assert_int_equal(sim_run(&spec, &load, trial.record), 0);
	results_measure(&trial, MS, 1000);
	assert_true(near(trial.readings.little, -0.8, 0.01));
	free(trial.record);
}

/* Self-test 8, what needs no sockets: replies withheld or wrong. */
static void
test_8_lossy(void **state)
{
	struct sim_spec spec = { .servers = 1, .drain = SECOND,
		.withhold = 50 };
	struct plan_spec load = load_of(PLAN_CONSTANT, 1000, 10, 10, 100);
	struct record *r = fresh();

	(void)state;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_true(r->errors[RECORD_UNANSWERED] == 200);
	assert_true(record_bad_total(r) == 200);
	assert_true(r->response.count == 10000);
	assert_true(r->replies == 9800);
	assert_true(hist_quantile(&r->response, 0.98) < 102000);
	assert_true(hist_quantile(&r->response, 0.9801) == HIST_INFINITE);
	spec.withhold = 0;
	spec.corrupt = 4;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_true(r->errors[RECORD_CONTENT] == 2500);
	assert_true(record_bad_total(r) == 2500);
	assert_true(r->replies == 7500);
	assert_true(r->response.infinite == 2500);
	assert_true(hist_quantile(&r->response, 0.7501) == HIST_INFINITE);
	free(r);
}

/* Self-test 13: a client that is too slow for its plan is named. */
static void
test_13_slow_client(void **state)
{
	struct sim_spec spec = { .servers = 1, .drain = SECOND,
		.tick = 20 * MS };
	struct plan_spec load = load_of(PLAN_POISSON, 10000, 4, 10, 1);
	struct results_trial trial = { .record = fresh() };
	struct gates_limits limits;
	char why[200];

	(void)state;
	gates_defaults(&limits);
	gates_unread(&trial.readings);
	assert_int_equal(sim_run(&spec, &load, trial.record), 0);
	results_measure(&trial, 5 * MS, 0);
	/* A quarter of a tick is in time. */
	assert_true(near(trial.readings.adherence, 0.25, 0.03));
	assert_int_equal(gates_check(&limits, &trial.readings),
	    1u << GATE_ADHERENCE);
	assert_non_null(strstr(gates_reason(&limits, &trial.readings,
	    1u << GATE_ADHERENCE, why, sizeof(why)), "adherence 2"));
	assert_false(gates_overload(&trial.readings));
	spec.tick = 0;
	assert_int_equal(sim_run(&spec, &load, trial.record), 0);
	results_measure(&trial, 5 * MS, 0);
	assert_true(trial.readings.adherence == 1);
	assert_int_equal(gates_check(&limits, &trial.readings), 0);
	free(trial.record);
}

/* Clocks that no clock should be. */
static uint64_t
coarse(void *argument, uint64_t now)
{

	(void)argument;
	return (now / MS * MS);
}

static uint64_t
stepping_back(void *argument, uint64_t now)
{

	(void)argument;
	return (now > 2 * SECOND ? now - SECOND : now);
}

static uint64_t
jumping(void *argument, uint64_t now)
{

	(void)argument;
	return (now > 2 * SECOND ? now + SECOND : now);
}

/* Self-test 14: bad clocks, and the same result for the same seed. */
static void
test_14_clocks(void **state)
{
	struct sim_spec spec = { .servers = 2, .drain = 3 * SECOND };
	struct plan_spec load = load_of(PLAN_POISSON, 10000, 4, 10, 150);
	struct record *r = fresh(), *again = fresh();

	(void)state;
	load.service.law = PLAN_EXPONENTIAL;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	assert_int_equal(sim_run(&spec, &load, again), 0);
	assert_memory_equal(r, again, sizeof(*r));
	load.seed++;
	assert_int_equal(sim_run(&spec, &load, again), 0);
	assert_memory_not_equal(r, again, sizeof(*r));
	load.seed--;
	spec.clock = coarse;
	assert_int_equal(sim_run(&spec, &load, again), 0);
	assert_true(again->response.count == r->response.count);
	/* A reply before its intended time is 0, and counted. */
	assert_true(again->response.clamped > 0);
	assert_true(again->response.max < r->response.max + MS);
	spec.clock = stepping_back;
	assert_int_equal(sim_run(&spec, &load, again), 0);
	assert_true(again->response.count == r->response.count);
	assert_true(near((double)again->response.clamped, 20000, 600));
	assert_true(again->response.max <= r->response.max);
	spec.clock = jumping;
	assert_int_equal(sim_run(&spec, &load, again), 0);
	assert_true(again->response.clamped == 0);
	assert_true(near((double)hist_above(&again->response, SECOND * 9 / 10),
	    20000, 600));
	free(r);
	free(again);
}

/* Self-test 17: a service that starves 1% of its connections. */
static void
test_17_starved(void **state)
{
	static uint32_t counts[1000];
	struct sim_spec spec = { .servers = 1, .drain = SECOND,
		.starved = 10, .completions = counts };
	struct plan_spec load = load_of(PLAN_POISSON, 20000, 5, 1000, 10);
	struct record *r = fresh();
	struct stats_fairness f;

	(void)state;
	load.choice = PLAN_RANDOM;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	stats_fairness(counts, 1000, &f);
	assert_int_equal(f.starved, 10);
	assert_true(f.p_uneven < 1e-6 && f.jain < f.jain_expected);
	assert_true(near((double)r->errors[RECORD_UNANSWERED], 1000, 150));
	memset(counts, 0, sizeof(counts));
	spec.starved = 0;
	assert_int_equal(sim_run(&spec, &load, r), 0);
	stats_fairness(counts, 1000, &f);
	assert_int_equal(f.starved, 0);
	assert_true(f.p_uneven > 0.001);
	free(r);
}

/* Own queues are worse than a shared one, as the table of policies says. */
static void
policies_rank_as_in_the_table(void **state)
{
	static const struct {
		enum sim_policy policy;
		double p50, p99;
	} rows[] = {
		{ SIM_SHARED, .81, 4.73 }, { SIM_ROUND_ROBIN, 1.98, 13.06 },
		{ SIM_RANDOM, 3.51, 23.73 },
	};
	struct record *r = fresh();

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct sim_spec spec = { .policy = rows[i].policy,
			.servers = 16, .seed = 4, .drain = 1000 * SECOND };
		struct plan_spec load = load_of(PLAN_POISSON, 12800, 40, 10,
		    1000);

		load.service.law = PLAN_EXPONENTIAL;
		assert_int_equal(sim_run(&spec, &load, r), 0);
		assert_true(near((double)hist_quantile(&r->response, .5) / 1e6,
		    rows[i].p50, .05 * rows[i].p50));
		assert_true(near((double)hist_quantile(&r->response, .99) /
		    1e6, rows[i].p99, .08 * rows[i].p99));
	}
	free(r);
}

static void
impossible_runs_are_refused(void **state)
{
	struct sim_spec spec = { .servers = 0 };
	struct plan_spec load = load_of(PLAN_POISSON, 100, 1, 1, 1);
	struct record *r = fresh();

	(void)state;
	assert_int_equal(sim_run(&spec, &load, r), -1);
	spec.servers = 1;
	load.rate = -1;
	assert_int_equal(sim_run(&spec, &load, r), -1);
	load = load_of(PLAN_POISSON, 100, 1, 0, 1);
	assert_int_equal(sim_run(&spec, &load, r), -1);
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_1_stall_open),
		cmocka_unit_test(test_1_stall_known_figures),
		cmocka_unit_test(test_1_stall_held_back),
		cmocka_unit_test(test_2_stall_over_the_end),
		cmocka_unit_test(test_3_mmc),
		cmocka_unit_test(test_4_mg1_and_sharing),
		cmocka_unit_test(test_5_arrivals),
		cmocka_unit_test(test_6_overload),
		cmocka_unit_test(steady_queues_are_steady),
		cmocka_unit_test(test_7_little),
		cmocka_unit_test(test_7_little_finds_the_starved),
		cmocka_unit_test(test_8_lossy),
		cmocka_unit_test(test_13_slow_client),
		cmocka_unit_test(test_14_clocks),
		cmocka_unit_test(test_17_starved),
		cmocka_unit_test(policies_rank_as_in_the_table),
		cmocka_unit_test(impossible_runs_are_refused),
	};

	return (cmocka_run_group_tests_name("sim", tests, NULL, NULL));
}
