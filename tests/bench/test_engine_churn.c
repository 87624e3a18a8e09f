/*
 * Churn against an echo in memory: each request on a connection of its own,
 * counted from the moment at which connecting began.
 */
#include "check.h"

#include "engine_conn.h"
#include "fake_io.h"

#define MS 1000000u
#define CONNS 4

/** An engine with all that it needs. */
struct rig {
	struct fake *fake;
	struct engine *engine;
	struct payload payload;
	struct record *record;
	uint32_t completions[FAKE_CONNS];
};

static void
rig_open(struct rig *r)
{
	struct engine_config config = { .connections = CONNS,
	    .active = CONNS, .depth = 1, .line_tail = 1, .churn = 1 };

	memset(r, 0, sizeof(*r));
	r->fake = fake_new(THRONG_FRAME_LINE);
	r->record = calloc(1, sizeof(*r->record));
	r->payload = (struct payload){ .kind = PAYLOAD_STAMP, .seed = 7,
	    .size = 24 };
	config.io = fake_io(r->fake);
	config.framer = r->fake->framer;
	config.payload = &r->payload;
	config.record = r->record;
	config.completions = r->completions;
	r->engine = engine_new(&config);
	assert_non_null(r->engine);
	for (uint32_t i = 0; i < CONNS; i++)
		engine_opened(r->engine, i);
	fake_pump(r->fake, r->engine, UINT64_MAX - 1);
	assert_int_equal(engine_answered(r->engine), CONNS);
	assert_int_equal(r->fake->renewed, 0);
}

static void
rig_measure(struct rig *r)
{

	engine_measure(r->engine, r->fake->now, MS);
	fake_pump(r->fake, r->engine, r->fake->now + 100 * MS);
	engine_finish(r->engine);
	assert_int_equal(engine_outstanding(r->engine), 0);
	/* Whatever happened, every request that was planned has ended. */
	assert_int_equal(r->record->planned, r->record->response.count);
}

static void
rig_close(struct rig *r)
{

	engine_free(r->engine);
	free(r->record);
	free(r->fake);
}

static void
test_a_connection_for_each_request(void **state)
{
	struct rig r;
	double n;

	(void)state;
	rig_open(&r);
	rig_measure(&r);
	assert_int_equal(record_bad_total(r.record), 0);
	assert_true(r.record->replies > 100);
	assert_int_equal(r.fake->renewed, r.record->replies);
	/* Connecting takes a step of the pump, the reply another. */
	assert_true(r.record->response.min >= 1000);
	assert_int_equal(r.record->response.max, r.record->service.max);
	n = (double)CONNS * MS + (double)engine_slack(r.engine);
	assert_true(fabs((double)r.record->service.sum / n - 1) < 0.01);
	rig_close(&r);
}

static void
test_warm_up_churns_and_is_not_measured(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	engine_warm(r.engine);
	fake_pump(r.fake, r.engine, r.fake->now + MS);
	engine_hold(r.engine);
	fake_pump(r.fake, r.engine, r.fake->now + MS);
	assert_int_equal(engine_outstanding(r.engine), 0);
	assert_true(r.fake->renewed > 100);
	assert_int_equal(r.record->planned, 0);
	rig_close(&r);
}

/* A connect that fails takes its request with it, under its kind. */
static void
test_refused_connects(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.fake->refuse = 50;
	rig_measure(&r);
	assert_int_equal(r.record->errors[RECORD_CONNECT], CONNS);
	assert_int_equal(record_bad_total(r.record), CONNS);
	assert_int_equal(r.record->replies, r.fake->renewed - CONNS);
	rig_close(&r);
}

/* A connect that hangs is a request without a reply. */
static void
test_connects_that_hang(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	engine_measure(r.engine, r.fake->now, MS);
	r.fake->now += 2 * MS;
	engine_poll(r.engine);
	engine_finish(r.engine);
	assert_int_equal(r.record->planned, CONNS);
	assert_int_equal(r.record->errors[RECORD_UNANSWERED], CONNS);
	assert_int_equal(r.record->response.infinite, CONNS);
	assert_int_equal(r.record->ages.min / MS, 2);
	rig_close(&r);
}

/* Half of a reply too many does not spill over into the next stream. */
static void
test_surplus_ends_with_its_connection(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.fake->fault = FAKE_DOUBLE;
	r.fake->every = 20;
	rig_measure(&r);
	assert_int_equal(r.record->errors[RECORD_SURPLUS],
	    r.fake->injected);
	assert_int_equal(record_bad_total(r.record), r.fake->injected);
	rig_close(&r);
}

/* Each answer is noted once, as the record has it, as far as there is room. */
static void
test_answers_one_by_one(void **state)
{
	struct engine_trace trace[100];
	struct engine_config config = { .connections = CONNS,
	    .active = CONNS, .depth = 1, .line_tail = 1, .first = 40,
	    .trace = trace, .trace_room = 100 };
	struct rig r;
	uint64_t traced = 0;

	(void)state;
	rig_open(&r);
	engine_free(r.engine);
	config.io = fake_io(r.fake);
	config.framer = r.fake->framer;
	config.payload = &r.payload;
	config.record = r.record;
	config.completions = r.completions;
	config.traced = &traced;
	r.engine = engine_new(&config);
	for (uint32_t i = 0; i < CONNS; i++)
		engine_opened(r.engine, i);
	fake_pump(r.fake, r.engine, UINT64_MAX - 1);
	assert_int_equal(traced, 0);
	rig_measure(&r);
	assert_int_equal(traced, 100);
	assert_true(r.record->replies > 100);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(trace[i].intended <= trace[i].sent);
		assert_true(trace[i].sent < trace[i].done);
		assert_true(trace[i].done < MS);
		assert_in_range(trace[i].connection, 40, 40 + CONNS - 1);
	}
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_for_each_request),
		cmocka_unit_test(test_warm_up_churns_and_is_not_measured),
		cmocka_unit_test(test_refused_connects),
		cmocka_unit_test(test_connects_that_hang),
		cmocka_unit_test(test_surplus_ends_with_its_connection),
		cmocka_unit_test(test_answers_one_by_one),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
