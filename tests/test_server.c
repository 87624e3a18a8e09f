/* A server from the inside: what it is made of, and what it is asked to do
 * before and while it ends. */
#include "unit.h"

#include "clock.h"
#include "server_internal.h"
#include "stop.h"

static throng_server *
server_new(throng_config *config)
{
	throng_server *s;

	config->listen[0] = "127.0.0.1:0";
	config->listen_count = 1;
	assert_int_equal(throng_create(config, &unit_handler, &s), THRONG_OK);
	return (s);
}

/* Every part is made for the reactors that there are, not for those that were
 * asked for: in thread mode there is one. */
static void
reactors_of_thread_mode(void **state)
{
	throng_config config;
	throng_server *s;

	(void)state;
	throng_config_init(&config);
	config.reactors = 16;
	config.memory_budget = 4u << 20;
	s = server_new(&config);
	assert_int_equal(s->part_count, 16);
	assert_int_equal(s->budget.chunk, (4u << 20) / 16 / 16);
	throng_free(s);
	config.mode = THRONG_MODE_THREAD;
	s = server_new(&config);
	assert_int_equal(s->part_count, 1);
	assert_int_equal(s->budget.chunk, (4u << 20) / 16);
	throng_free(s);
}

/* What is asked only grows, and wakes whoever waits for news. */
static void
asked_to_stop(void **state)
{
	throng_config config;
	throng_server *s;

	(void)state;
	throng_config_init(&config);
	s = server_new(&config);
	assert_int_equal(stop_asked(s), STOP_NO);
	stop_await(s, clock_now()); /* in the past: does not wait */
	throng_stop(s);
	assert_int_equal(stop_asked(s), STOP_DRAIN);
	stop_await(s, UINT64_MAX);
	throng_stop_now(s);
	assert_int_equal(stop_asked(s), STOP_NOW);
	stop_await(s, UINT64_MAX);
	throng_stop(s);
	assert_int_equal(stop_asked(s), STOP_NOW);
	throng_free(s);
}

/* Asked before it runs, it starts, drains and ends; and runs but once. */
static void
ends_in_order(void **state)
{
	static const throng_mode modes[] = { THRONG_MODE_POOL,
		THRONG_MODE_THREAD, THRONG_MODE_INLINE };
	throng_config config;
	throng_server *s;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(modes); i++) {
		throng_config_init(&config);
		config.mode = modes[i];
		config.reactors = 2;
		s = server_new(&config);
		throng_stop(s);
		assert_int_equal(throng_run(s), THRONG_OK);
		assert_false(s->stuck);
		assert_null(s->pool);
		assert_null(s->perclient);
		assert_int_equal(s->started, s->part_count);
		for (unsigned p = 0; p < s->part_count; p++)
			assert_true(atomic_load(&s->parts[p].drained));
		assert_int_equal(throng_run(s), THRONG_ERR_STATE);
		throng_free(s);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reactors_of_thread_mode),
		cmocka_unit_test(asked_to_stop),
		cmocka_unit_test(ends_in_order),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
