/*
 * The ideal queue against the simulated one, and percentiles against sorted
 * truth.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "tail.h"

#define SECOND 1000000000u

/** What a simulation gave, request by request. */
struct seen {
	struct tail_request *requests;
	size_t count;
};

static void
observe(void *argument, const struct sim_event *event)
{
	struct seen *seen = argument;

	seen->requests[seen->count++] = (struct tail_request){
	    event->intended, event->work, event->done - event->intended, 0 };
}

static struct seen
simulate(enum sim_policy policy, unsigned servers,
    const struct plan_service *service, double load)
{
	struct seen seen = { calloc(20000, sizeof(struct tail_request)), 0 };
	struct record *record = calloc(1, sizeof(*record));
	struct sim_spec spec = { .policy = policy, .servers = servers,
		.drain = UINT64_C(1) << 40, .observe = observe,
		.argument = &seen };
	struct plan_spec plan = { .seed = 5, .arrival = PLAN_POISSON,
		.duration = SECOND, .connections = 1, .service = *service };

	plan.rate = load * servers / (plan_service_mean(service) / 1e9);
	assert_int_equal(sim_run(&spec, &plan, record), 0);
	assert_true(seen.count > 1000 && seen.count < 20000);
	free(record);
	return (seen);
}

static const struct plan_service laws[] = {
	{ PLAN_EXPONENTIAL, PLAN_WAIT, 0, 1e6, 0 },
	{ PLAN_BIMODAL, PLAN_WAIT, 0.9, 0.5e6, 5.5e6 },
	{ PLAN_BIMODAL, PLAN_WAIT, 0.99, 0.5e6, 50.5e6 },
};

/* One shared queue in virtual time is the ideal, request by request. */
static void
the_ideal_is_the_shared_queue(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(laws) / sizeof(laws[0]); i++) {
		struct seen s = simulate(SIM_SHARED, 8, &laws[i], 0.8);

		assert_int_equal(tail_ideal(s.requests, s.count, 8), 0);
		for (size_t k = 0; k < s.count; k++)
			assert_int_equal(s.requests[k].ideal,
			    s.requests[k].response);
		free(s.requests);
	}
}

/* A queue for each server has a longer tail, and the ratio says so. */
static void
another_policy_is_seen(void **state)
{
	struct seen s = simulate(SIM_RANDOM, 16, &laws[1], 0.8);
	struct tail_pair figures[TAIL_FIGURES];

	(void)state;
	assert_int_equal(tail_ideal(s.requests, s.count, 16), 0);
	assert_int_equal(tail_figures(s.requests, s.count, &laws[1], figures),
	    0);
	assert_true(figures[TAIL_P99].measured > 3 * figures[TAIL_P99].ideal);
	assert_true(figures[TAIL_SHORT_P99].measured >
	    3 * figures[TAIL_SHORT_P99].ideal);
	free(s.requests);
}

static void
figures_are_exact_ranks(void **state)
{
	struct tail_request requests[1000];
	struct tail_pair f[TAIL_FIGURES];

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		/* 7 and 1,000 have no common divisor: every value once. */
		requests[i] = (struct tail_request){ i, i % 10 == 0 ?
		    5500000 : 500000, i * 7 % 1000 + 1, (i * 7 % 1000 + 1) *
		    2 };
	assert_int_equal(tail_figures(requests, 1000, &laws[0], f), 0);
	assert_true(f[TAIL_P50].measured == 500 && f[TAIL_P50].ideal == 1000);
	assert_true(f[TAIL_P99].measured == 990);
	assert_true(f[TAIL_P999].measured == 999);
	assert_true(isnan(f[TAIL_SHORT_P99].measured));
	/* The long ones are those of responses 1, 71, 141 and so on. */
	assert_int_equal(tail_figures(requests, 1000, &laws[1], f), 0);
	assert_true(f[TAIL_SHORT_P99].measured >= 989 &&
	    f[TAIL_SHORT_P99].measured <= 991);
	assert_int_equal(tail_figures(requests, 0, &laws[1], f), 0);
	assert_true(isnan(f[TAIL_P99].measured));
	assert_int_equal(tail_ideal(requests, 1000, 0), -1);
}

static void
work_is_found_by_its_arrival(void **state)
{
	struct plan_spec spec = { .seed = 9, .arrival = PLAN_BURST,
		.rate = 10000, .duration = SECOND / 10, .connections = 50,
		.burst = 8, .choice = PLAN_ROUND_ROBIN, .service = laws[0] };
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(&plan, &spec), 0);
	assert_true(plan.count > 500);
	/* All of a burst arrive at once, each on its own connection. */
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(tail_work(&plan, plan.items[i].at,
		    plan.items[i].connection),
		    (uint64_t)plan.items[i].work * PLAN_WORK_UNIT);
	assert_true(tail_work(&plan, SECOND, 0) == UINT64_MAX);
	assert_true(tail_work(&plan, plan.items[0].at, 77) == UINT64_MAX);
	plan_free(&plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ideal_is_the_shared_queue),
		cmocka_unit_test(another_policy_is_seen),
		cmocka_unit_test(figures_are_exact_ranks),
		cmocka_unit_test(work_is_found_by_its_arrival),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
