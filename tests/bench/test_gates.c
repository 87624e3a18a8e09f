/*
 * Gates from readings: each fires on its own, and not without a reason.
 */
#include "check.h"
#include "gates.h"

static struct gates_readings
good(void)
{
	struct gates_readings r;

	gates_unread(&r);
	r.steal = 0.01;
	r.foreign = 0.01;
	r.adherence = 0.999;
	r.client_busy = 0.4;
	r.client_cores = 0.4;
	r.server_cores = 0.5;
	r.server_hot = 0.3;
	r.cores = 2;
	r.offered = 10000;
	r.done = 9990;
	r.little = 0.001;
	r.censored = 0;
	r.drift = 0.02;
	r.drops = 0;
	r.errors = 0;
	r.lost = 0;
	r.broken = 0;
	return (r);
}

static void
each_gate_fires_alone(void **state)
{
	struct gates_limits limits;
	struct gates_readings r = good();

	(void)state;
	gates_defaults(&limits);
	assert_int_equal(gates_check(&limits, &r), 0);
	r.steal = 0.2;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_STEAL);
	r = good();
	r.foreign = 0.5;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_FOREIGN);
	r = good();
	r.adherence = 0.9;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_ADHERENCE);
	r = good();
	r.client_busy = 0.99;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_CLIENT);
	r = good();
	r.little = -0.9;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_LITTLE);
	r = good();
	r.drift = -1.1;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_STEADY);
	r = good();
	r.drops = 1;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_DROPS);
	r = good();
	r.errors = 1e-6;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_ERRORS);
	r.steal = 0.5;
	assert_int_equal(gates_check(&limits, &r),
	    1u << GATE_ERRORS | 1u << GATE_STEAL);
	r = good();
	r.lost = 1e-6;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_LOST);
	/* What was lost was in the system: X R cannot add up. */
	r.little = -0.4;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_LOST);
}

static void
what_was_not_read_is_named_and_fails_nothing(void **state)
{
	struct gates_limits limits;
	struct gates_readings r;

	(void)state;
	gates_defaults(&limits);
	gates_unread(&r);
	assert_int_equal(gates_check(&limits, &r), 0);
	assert_int_equal(gates_unchecked(&limits, &r),
	    ((1u << GATES) - 1) & ~(1u << GATE_RUN));
	r = good();
	assert_int_equal(gates_unchecked(&limits, &r), 0);
	r.steal = NAN;
	assert_int_equal(gates_unchecked(&limits, &r), 1u << GATE_STEAL);
	/* One that is off need not be read. */
	limits.steal = NAN;
	assert_int_equal(gates_unchecked(&limits, &r), 0);
}

static void
the_censored_are_missing_from_x_r(void **state)
{
	struct gates_limits limits;
	struct gates_readings r = good();

	(void)state;
	gates_defaults(&limits);
	r.little = -0.05;
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_LITTLE);
	r.censored = 0.05;
	assert_int_equal(gates_check(&limits, &r), 0);
}

static void
overload_is_a_finding(void **state)
{
	struct gates_limits limits;
	struct gates_readings r = good();

	(void)state;
	gates_defaults(&limits);
	r.done = 5000;
	r.drift = 1.9;
	r.server_cores = 1.9;
	assert_true(gates_overload(&r));
	assert_int_equal(gates_check(&limits, &r), 0);
	assert_string_equal(gates_limiter(&r), "server CPU");
	/* Its queue may outlast the drain. */
	r.lost = 0.2;
	assert_int_equal(gates_check(&limits, &r), 0);
	/* A client that did not keep to its plan proves nothing. */
	r.adherence = 0.5;
	assert_false(gates_overload(&r));
	assert_int_equal(gates_check(&limits, &r),
	    1u << GATE_ADHERENCE | 1u << GATE_STEADY | 1u << GATE_LOST);
}

/* A service that gives up half of what it is asked has no queue. */
static void
dropping_is_no_overload(void **state)
{
	struct gates_limits limits;
	struct gates_readings r = good();

	(void)state;
	gates_defaults(&limits);
	r.done = 4500;
	r.lost = r.censored = 0.55;
	assert_false(gates_overload(&r));
	assert_int_equal(gates_check(&limits, &r), 1u << GATE_LOST);
	assert_string_equal(gates_limiter(&r), "unknown");
	/* Whatever the response does, where connections ended. */
	r.drift = 1.9;
	r.broken = 0.01;
	assert_false(gates_overload(&r));
	assert_int_equal(gates_check(&limits, &r),
	    1u << GATE_LOST | 1u << GATE_STEADY);
	r.broken = 0;
	assert_true(gates_overload(&r));
}

static void
reasons_have_figures(void **state)
{
	struct gates_limits limits;
	struct gates_readings r = good();
	char text[200], small[12];

	(void)state;
	gates_defaults(&limits);
	limits.steal = 0.03;
	r.steal = 0.091;
	r.drops = 7;
	assert_string_equal(gates_reason(&limits, &r,
	    gates_check(&limits, &r), text, sizeof(text)),
	    "steal 9.1% (limit 3%), drops 7 (limit 0)");
	assert_string_equal(gates_reason(&limits, &r, 0, text, sizeof(text)),
	    "");
	gates_reason(&limits, &r, (1u << GATES) - 1, small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

static void
limits_are_read(void **state)
{
	static const char *const bad[] = { "", "steal", "steal<", "steal>3%",
	    "steal<x", "steal<3%%", "adherence<99%", "nothing<3%", "steal<-1",
	    "steal<3%,", ",steal<3%", "steal<nan", "steal<3% ", "run<1" };
	struct gates_limits limits, before;
	char why[100];

	(void)state;
	gates_defaults(&limits);
	assert_int_equal(gates_parse("steal<3%,adherence>99.9%,client<0.5,"
	    "steady<off", &limits, why, sizeof(why)), 0);
	assert_true(near(limits.steal, 0.03, 1e-12));
	assert_true(near(limits.adherence, 0.999, 1e-12));
	assert_true(near(limits.client, 0.5, 1e-12));
	assert_true(isnan(limits.steady));
	before = limits;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(gates_parse(bad[i], &limits, why,
		    sizeof(why)), -1);
		assert_true(strlen(why) > 0);
		assert_memory_equal(&limits, &before, sizeof(limits));
	}
	gates_off(&limits);
	for (size_t i = 0; i < sizeof(limits) / sizeof(double); i++)
		assert_true(isnan(((const double *)&limits)[i]));
}

static void
the_limiter_is_named(void **state)
{
	struct gates_readings r = good();

	(void)state;
	assert_string_equal(gates_limiter(&r), "offered rate");
	r.client_busy = 0.95;
	assert_string_equal(gates_limiter(&r), "client CPU");
	r = good();
	r.server_hot = 0.97;
	r.server_cores = 1;
	assert_string_equal(gates_limiter(&r), "one server thread");
	r = good();
	r.server_cores = 1.2;
	r.client_cores = 0.7;
	assert_string_equal(gates_limiter(&r), "machine CPU");
	r = good();
	r.offered = NAN;
	assert_string_equal(gates_limiter(&r), "connections x latency");
	gates_unread(&r);
	assert_string_equal(gates_limiter(&r), "unknown");
	assert_string_equal(gates_name(GATE_STEAL), "steal");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gate_fires_alone),
		cmocka_unit_test(what_was_not_read_is_named_and_fails_nothing),
		cmocka_unit_test(the_censored_are_missing_from_x_r),
		cmocka_unit_test(overload_is_a_finding),
		cmocka_unit_test(dropping_is_no_overload),
		cmocka_unit_test(reasons_have_figures),
		cmocka_unit_test(limits_are_read),
		cmocka_unit_test(the_limiter_is_named),
	};

	return (cmocka_run_group_tests_name("gates", tests, NULL, NULL));
}
