/*
 * The engine against an echo in memory, in virtual time: what is sound is
 * counted as sound, and every injected fault once, under its kind.
 */
#include "check.h"

#include "engine_conn.h"
#include "fake_io.h"

#define MS 1000000u
#define LENGTH (20 * MS)

/** An engine with all that it needs. */
struct rig {
	struct fake *fake;
	struct engine *engine;
	struct payload payload;
	struct record *record;
	struct plan plan;
	uint32_t completions[FAKE_CONNS];
};

static void
rig_open(struct rig *r, throng_framing framing, uint32_t conns,
    uint32_t depth, const struct plan_spec *load, double stay)
{
	struct engine_config config = { .connections = conns,
	    .active = conns, .depth = depth, .line_tail = 1 };

	memset(r, 0, sizeof(*r));
	r->fake = fake_new(framing);
	r->record = calloc(1, sizeof(*r->record));
	r->payload = (struct payload){ .kind = PAYLOAD_STAMP, .seed = 7,
	    .size = 24 };
	if (load != NULL)
		assert_int_equal(plan_make(&r->plan, load), 0);
	config.io = fake_io(r->fake);
	config.framer = r->fake->framer;
	config.payload = &r->payload;
	config.record = r->record;
	config.completions = r->completions;
	config.plan = load != NULL ? &r->plan : NULL;
	config.stay = stay;
	r->engine = engine_new(&config);
	assert_non_null(r->engine);
}

static void
rig_probe(struct rig *r, uint32_t conns)
{

	for (uint32_t i = 0; i < conns; i++)
		engine_opened(r->engine, i);
	fake_pump(r->fake, r->engine, UINT64_MAX - 1);
	assert_int_equal(engine_answered(r->engine), conns);
	assert_int_equal(engine_failures(r->engine), 0);
}

/* Measure, drain for ever, and finish. */
static void
rig_measure(struct rig *r, uint64_t length)
{

	engine_measure(r->engine, r->fake->now, length);
	fake_pump(r->fake, r->engine, r->fake->now + length + 100 * MS);
	engine_finish(r->engine);
	assert_int_equal(engine_outstanding(r->engine), 0);
}

static void
rig_close(struct rig *r)
{

	/* Whatever happened, every request that was planned has ended. */
	assert_int_equal(r->record->planned, r->record->response.count);
	assert_int_equal(r->record->replies, r->record->response.count -
	    r->record->response.infinite);
	engine_free(r->engine);
	plan_free(&r->plan);
	free(r->record);
	free(r->fake);
}

static void
test_clean_closed_loop(void **state)
{
	static const uint32_t depths[] = { 1, 3, 64 };
	static const size_t pieces[] = { 0, 1, 7 };

	(void)state;
	for (int f = 0; frame_name((throng_framing)f) != NULL; f++)
	for (int d = 0; d < 3; d++)
	for (int p = 0; p < 3; p++) {
		struct rig r;

		/* An echo of raw bytes is not cut into requests. */
		if (f == THRONG_FRAME_RAW && (depths[d] > 1 || p > 0))
			continue;
		rig_open(&r, (throng_framing)f, 4, depths[d], NULL, 0);
		r.fake->piece = pieces[p];
		rig_probe(&r, 4);
		rig_measure(&r, MS);
		assert_true(r.record->replies >= 4 * depths[d]);
		assert_int_equal(record_bad_total(r.record), 0);
		assert_int_equal(r.completions[0] + r.completions[1] +
		    r.completions[2] + r.completions[3], r.record->replies);
		rig_close(&r);
	}
}

/*
 * Self-test 9: no false alarm in ten million clean frames, over all framings,
 * with pieces of every length up to a prime, so that frames are cut at every
 * offset. In virtual time; the sanitizers, which take ten times as long, see
 * a tenth of them.
 */
#ifdef __SANITIZE_ADDRESS__
#define CLEAN_FRAMES 1000000u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CLEAN_FRAMES 1000000u
#endif
#elif defined(__SANITIZE_THREAD__)
#define CLEAN_FRAMES 1000000u
#endif
#ifndef CLEAN_FRAMES
#define CLEAN_FRAMES 10000000u
#endif

static void
test_9_clean_frames_give_no_alarm(void **state)
{
	static const throng_framing framings[] = { THRONG_FRAME_LINE,
	    THRONG_FRAME_LEN32, THRONG_FRAME_LEN16, THRONG_FRAME_NETSTRING };
	uint64_t frames = 0;

	(void)state;
	for (int f = 0; f < 4; f++) {
		struct rig r;
		uint64_t end;

		rig_open(&r, framings[f], FAKE_CONNS, 64, NULL, 0);
		rig_probe(&r, FAKE_CONNS);
		engine_measure(r.engine, r.fake->now, 1000 * MS);
		while (r.record->replies < CLEAN_FRAMES / 4) {
			/* From whole buffers to about a frame at a time. */
			r.fake->piece = r.fake->piece > 67 ?
			    r.fake->piece - 61 : 4093;
			end = r.fake->now + 50000;
			fake_pump(r.fake, r.engine, end);
			assert_int_equal(record_bad_total(r.record), 0);
		}
		engine_hold(r.engine);
		r.fake->piece = 0;
		fake_pump(r.fake, r.engine, r.fake->now + 100 * MS);
		engine_finish(r.engine);
		frames += r.record->replies;
		assert_int_equal(record_bad_total(r.record), 0);
		assert_int_equal(r.record->planned, r.record->replies);
		rig_close(&r);
	}
	assert_true(frames >= CLEAN_FRAMES);
}

/* Sends and receives that say "not now", or take a few bytes. */
static void
test_storm_of_again(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_NETSTRING, 8, 16, NULL, 0);
	r.fake->again = 3;
	r.fake->gulp = 5;
	r.fake->piece = 11;
	for (uint32_t i = 0; i < 8; i++)
		engine_opened(r.engine, i);
	for (int i = 0; i < 1000 && engine_answered(r.engine) < 8; i++)
		fake_pump(r.fake, r.engine, r.fake->now + MS);
	assert_int_equal(engine_answered(r.engine), 8);
	rig_measure(&r, MS);
	assert_true(r.record->replies > 100);
	assert_int_equal(record_bad_total(r.record), 0);
	rig_close(&r);
}

struct fault_row {
	enum fake_fault fault;
	enum record_error kind;
	throng_framing framing;
	uint32_t depth;
};

static const struct fault_row faults[] = {
	{ FAKE_WITHHOLD, RECORD_UNANSWERED, THRONG_FRAME_LEN32, 1 },
	{ FAKE_WITHHOLD, RECORD_UNANSWERED, THRONG_FRAME_LINE, 16 },
	{ FAKE_CORRUPT, RECORD_CONTENT, THRONG_FRAME_LINE, 1 },
	{ FAKE_CORRUPT, RECORD_CONTENT, THRONG_FRAME_NETSTRING, 16 },
	{ FAKE_SHORT, RECORD_LENGTH, THRONG_FRAME_LEN16, 1 },
	{ FAKE_SHORT, RECORD_LENGTH, THRONG_FRAME_LINE, 16 },
	{ FAKE_LONG, RECORD_LENGTH, THRONG_FRAME_LINE, 1 },
	{ FAKE_LONG, RECORD_LENGTH, THRONG_FRAME_NETSTRING, 16 },
	{ FAKE_DOUBLE, RECORD_SURPLUS, THRONG_FRAME_LINE, 1 },
	{ FAKE_DOUBLE, RECORD_SURPLUS, THRONG_FRAME_LEN32, 16 },
	{ FAKE_SWAP, RECORD_ORDER, THRONG_FRAME_LINE, 16 },
	{ FAKE_SWAP, RECORD_ORDER, THRONG_FRAME_LEN32, 64 },
	{ FAKE_REFUSE, RECORD_REFUSED, THRONG_FRAME_LINE, 1 },
	{ FAKE_REFUSE, RECORD_REFUSED, THRONG_FRAME_LEN32, 16 },
	{ FAKE_FOREIGN, RECORD_CONTENT, THRONG_FRAME_LINE, 1 },
	{ FAKE_FOREIGN, RECORD_CONTENT, THRONG_FRAME_LEN32, 16 },
};

static void
test_every_fault_once(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct rig r;

		rig_open(&r, faults[i].framing, 8, faults[i].depth, NULL, 0);
		rig_probe(&r, 8);
		r.fake->fault = faults[i].fault;
		r.fake->every = 101;
		rig_measure(&r, MS);
		assert_true(r.fake->injected > 0);
		assert_int_equal(r.record->errors[faults[i].kind],
		    r.fake->injected);
		assert_int_equal(record_bad_total(r.record),
		    r.fake->injected);
		rig_close(&r);
	}
}

/* Faults that end a connection take all that was asked on it with them. */
static void
test_faults_that_end_connections(void **state)
{
	static const struct {
		enum fake_fault fault;
		enum record_error kind;
		uint64_t extra;
	} rows[] = {
		{ FAKE_CLOSE, RECORD_CLOSED, 0 },
		{ FAKE_RESET, RECORD_RESET, 0 },
		{ FAKE_GARBAGE, RECORD_CLOSED, RECORD_FRAMING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig r;
		uint64_t ended = 0;

		rig_open(&r, THRONG_FRAME_NETSTRING, 8, 4, NULL, 0);
		rig_probe(&r, 8);
		r.fake->fault = rows[i].fault;
		r.fake->every = 50;
		rig_measure(&r, MS);
		for (int k = 0; k < 8; k++)
			ended += r.fake->conn[k].ended > 0;
		assert_true(ended > 0);
		assert_int_equal(ended, r.fake->injected);
		/* From one to all four outstanding end with each. */
		assert_true(r.record->errors[rows[i].kind] >= ended);
		assert_true(r.record->errors[rows[i].kind] <= ended * 4);
		if (rows[i].extra != 0)
			assert_int_equal(r.record->errors[rows[i].extra],
			    ended);
		rig_close(&r);
	}
}

/* The reply of a request that was answered before is surplus; the one in
 * whose place it came is not answered. */
static void
test_stale_reply(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 2, 1, NULL, 0);
	rig_probe(&r, 2);
	r.fake->fault = FAKE_STALE;
	r.fake->every = 10;
	rig_measure(&r, MS);
	assert_int_equal(r.record->errors[RECORD_SURPLUS], r.fake->injected);
	assert_int_equal(r.record->errors[RECORD_UNANSWERED],
	    r.fake->injected);
	rig_close(&r);
}

static const struct plan_spec constant = { .seed = 3, .arrival =
    PLAN_CONSTANT, .rate = 10000, .duration = LENGTH, .connections = 4,
    .choice = PLAN_ROUND_ROBIN };

static void
test_open_loop_keeps_the_plan(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 4, 1, &constant, 0);
	rig_probe(&r, 4);
	rig_measure(&r, LENGTH);
	assert_int_equal(r.record->planned, 200);
	assert_int_equal(r.record->replies, 200);
	/* The pump's step is 1 us, and each takes at most two. */
	assert_true(r.record->response.max <= 4000);
	assert_true(r.record->lateness.max <= 2000);
	rig_close(&r);
}

/* A client that is stopped for 10 ms owes what it did not send in time:
 * lateness and response show it, service does not. */
static void
test_response_counts_from_the_intended_time(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 4, 1, &constant, 0);
	rig_probe(&r, 4);
	engine_measure(r.engine, r.fake->now, LENGTH);
	fake_pump(r.fake, r.engine, r.fake->now + 5 * MS);
	r.fake->now += 10 * MS;
	fake_pump(r.fake, r.engine, r.fake->now + 100 * MS);
	engine_finish(r.engine);
	assert_int_equal(r.record->replies, 200);
	assert_true(r.record->response.max >= 10 * MS - 100000);
	assert_true(r.record->lateness.max >= 10 * MS - 100000);
	assert_true(r.record->service.max < MS);
	/* Half of the plan was stalled, by 5 ms in the mean. */
	assert_true(hist_quantile(&r.record->response, 0.75) > 4 * MS);
	rig_close(&r);
}

/* What is planned for a connection that the service ended is its loss. */
static void
test_open_loop_on_ended_connections(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 4, 1, &constant, 0);
	rig_probe(&r, 4);
	r.fake->conn[2].closed = 1;
	rig_measure(&r, LENGTH);
	assert_int_equal(r.record->planned, 200);
	assert_in_range(r.record->errors[RECORD_CLOSED], 50, 51);
	assert_in_range(r.record->replies, 149, 150);
	rig_close(&r);
}

/* Partly open: an arrival is a visit of four requests in the mean, of which
 * one is outstanding at a time, so that the connection keeps its order. */
static void
test_visits(void **state)
{
	struct plan_spec load = constant;
	struct rig r;
	uint64_t first;

	(void)state;
	load.duration = 50 * LENGTH;
	for (int i = 0; i < 2; i++) {
		rig_open(&r, THRONG_FRAME_LINE, 4, 1, &load, 0.75);
		rig_probe(&r, 4);
		rig_measure(&r, load.duration);
		assert_int_equal(record_bad_total(r.record), 0);
		/* 10,000 visits: four standard errors of the mean. */
		assert_true(near((double)r.record->planned / 10000, 4, 0.14));
		if (i == 1)
			assert_int_equal(r.record->planned, first);
		first = r.record->planned;
		rig_close(&r);
	}
}

/* An engine that is never called sends nothing, and says so. */
static void
test_what_was_not_sent(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 4, 1, &constant, 0);
	rig_probe(&r, 4);
	engine_measure(r.engine, r.fake->now, LENGTH);
	fake_pump(r.fake, r.engine, r.fake->now + 5 * MS);
	engine_finish(r.engine);
	assert_in_range(r.record->errors[RECORD_UNSENT], 145, 155);
	assert_int_equal(r.record->planned, 200);
	rig_close(&r);
}

/* Little's law: connections x depth, over time, is the sum of all services,
 * once the edges are taken off. Here they are large: each send takes 20 us
 * of 2 ms, so the eighth connection begins after 140 us, and each reply is
 * read byte by byte, so that the last ones come long after the end. */
static void
test_slack_closes_littles_law(void **state)
{
	struct rig r;
	double n;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 8, 4, NULL, 0);
	rig_probe(&r, 8);
	r.fake->late = 20000;
	r.fake->piece = 1;
	rig_measure(&r, 2 * MS);
	n = 8.0 * 4 * 2 * MS + (double)engine_slack(r.engine);
	assert_true(fabs((double)r.record->service.sum / n - 1) < 0.01);
	assert_true(fabs((double)r.record->outstanding_sum / n - 1) < 0.01);
	rig_close(&r);
}

static void
test_gap_of_a_starved_connection(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 4, 1, NULL, 0);
	rig_probe(&r, 4);
	r.fake->fault = FAKE_WITHHOLD;
	r.fake->every = 4;
	engine_measure(r.engine, r.fake->now, LENGTH);
	r.fake->every = 0;
	fake_pump(r.fake, r.engine, r.fake->now + LENGTH + MS);
	engine_finish(r.engine);
	assert_int_equal(r.completions[3], 0);
	assert_true(r.completions[0] > 1000);
	assert_int_equal(engine_longest_gap(r.engine), LENGTH);
	rig_close(&r);
}

/* A reply in the drain comes after the end, where the gap ended. */
static void
test_gap_that_ends_in_the_drain(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 1, 1, NULL, 0);
	rig_probe(&r, 1);
	engine_measure(r.engine, r.fake->now, LENGTH);
	/* One request is out, and its reply waits until 5 ms after the end. */
	r.fake->now += LENGTH + 5 * MS;
	fake_pump(r.fake, r.engine, r.fake->now + MS);
	assert_int_equal(r.completions[0], 1);
	engine_finish(r.engine);
	assert_int_equal(engine_longest_gap(r.engine), LENGTH);
	rig_close(&r);
}

static void
test_warm_up_is_not_measured(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 4, 2, NULL, 0);
	rig_probe(&r, 4);
	engine_warm(r.engine);
	fake_pump(r.fake, r.engine, r.fake->now + MS);
	engine_hold(r.engine);
	fake_pump(r.fake, r.engine, r.fake->now + MS);
	assert_int_equal(engine_outstanding(r.engine), 0);
	assert_true(engine_answered(r.engine) > 100);
	assert_int_equal(r.record->planned, 0);
	rig_close(&r);
}

static void
test_probe_that_fails(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 2, 1, NULL, 0);
	r.fake->fault = FAKE_CORRUPT;
	r.fake->every = 2;
	engine_opened(r.engine, 0);
	engine_opened(r.engine, 1);
	fake_pump(r.fake, r.engine, UINT64_MAX - 1);
	assert_int_equal(engine_answered(r.engine), 1);
	assert_int_equal(engine_failures(r.engine), 1);
	assert_int_equal(engine_failure(r.engine), RECORD_CONTENT);
	engine_refused(r.engine, 1);
	assert_int_equal(engine_failures(r.engine), 2);
	rig_close(&r);
}

/* A reply after the drain is that of an unanswered request, not surplus. */
static void
test_replies_after_the_end(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, THRONG_FRAME_LINE, 4, 8, NULL, 0);
	rig_probe(&r, 4);
	engine_measure(r.engine, r.fake->now, MS);
	engine_finish(r.engine);
	assert_int_equal(r.record->errors[RECORD_UNANSWERED], 32);
	fake_pump(r.fake, r.engine, r.fake->now + 100 * MS);
	assert_int_equal(r.record->errors[RECORD_SURPLUS], 0);
	assert_int_equal(record_bad_total(r.record), 32);
	rig_close(&r);
}

static void
test_size_of_a_connection(void **state)
{

	(void)state;
	assert_true(engine_bytes_per_connection() <= 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean_closed_loop),
		cmocka_unit_test(test_9_clean_frames_give_no_alarm),
		cmocka_unit_test(test_storm_of_again),
		cmocka_unit_test(test_every_fault_once),
		cmocka_unit_test(test_faults_that_end_connections),
		cmocka_unit_test(test_stale_reply),
		cmocka_unit_test(test_open_loop_keeps_the_plan),
		cmocka_unit_test(test_response_counts_from_the_intended_time),
		cmocka_unit_test(test_open_loop_on_ended_connections),
		cmocka_unit_test(test_visits),
		cmocka_unit_test(test_what_was_not_sent),
		cmocka_unit_test(test_slack_closes_littles_law),
		cmocka_unit_test(test_gap_of_a_starved_connection),
		cmocka_unit_test(test_gap_that_ends_in_the_drain),
		cmocka_unit_test(test_warm_up_is_not_measured),
		cmocka_unit_test(test_probe_that_fails),
		cmocka_unit_test(test_replies_after_the_end),
		cmocka_unit_test(test_size_of_a_connection),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
