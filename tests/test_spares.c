/* Large buffers between two uses: the smallest that is enough, bounded in
 * number and bytes, and gone when nobody wants them. */
#include "unit.h"

#include <stdlib.h>

#include "spares.h"

static struct event_base *base;
static struct spares spares;

static int
set_up(void **state)
{

	(void)state;
	base = event_base_new();
	return (base == NULL ? -1 : spares_open(&spares, base, SPARES_BYTES));
}

static int
tear_down(void **state)
{

	(void)state;
	spares_close(&spares);
	event_base_free(base);
	return (0);
}

static struct bytes
buffer(size_t size)
{
	struct bytes b = { .data = malloc(size), .length = 5, .size = size };

	assert_non_null(b.data);
	return (b);
}

static void
give(size_t size)
{
	struct bytes b = buffer(size);

	spares_give(&spares, &b);
	assert_null(b.data);
	assert_int_equal(b.size, 0);
	assert_int_equal(b.length, 0);
}

static void
best_fit(void **state)
{
	static const size_t sizes[] = { 300000, 100000, 200000 };
	struct bytes to = buffer(100), other = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
		give(sizes[i]);
	assert_int_equal(spares.total, 600000);
	assert_false(spares_take(&spares, 300001, &to));
	assert_int_equal(to.size, 100);
	assert_true(spares_take(&spares, 100001, &to));
	assert_int_equal(to.size, 200000);
	assert_int_equal(to.length, 0);
	assert_true(spares_take(&spares, 100001, &other));
	assert_int_equal(other.size, 300000);
	assert_int_equal(spares.count, 1);
	assert_int_equal(spares.total, 100000);
	bytes_free(&to);
	bytes_free(&other);
}

static void
bounded(void **state)
{

	(void)state;
	give(BYTES_KEEP); /* nothing that a job would not keep itself */
	assert_int_equal(spares.count, 0);
	for (int i = 0; i < SPARES_COUNT + 5; i++)
		give(BYTES_KEEP + 1);
	assert_int_equal(spares.count, SPARES_COUNT);
	spares_close(&spares);
	assert_int_equal(spares_open(&spares, base, SPARES_BYTES), 0);
	for (int i = 0; i < 5; i++)
		give(SPARES_BYTES / 2);
	assert_int_equal(spares.count, 2);
	assert_int_equal(spares.total, SPARES_BYTES);
}

/* The look that nobody has wanted one before takes them away. */
static void
released(void **state)
{
	struct bytes to = { 0 };

	(void)state;
	give(100000);
	give(100000);
	assert_true(evtimer_pending(spares.look, NULL));
	/* Not for what is much smaller. */
	assert_false(spares_take(&spares, 24000, &to));
	assert_true(spares_take(&spares, 25000, &to));
	spares_give(&spares, &to);
	event_active(spares.look, EV_TIMEOUT, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(spares.count, 2);
	assert_true(evtimer_pending(spares.look, NULL));
	event_active(spares.look, EV_TIMEOUT, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(spares.count, 0);
	assert_int_equal(spares.total, 0);
	give(100000);
	assert_true(evtimer_pending(spares.look, NULL));
}

/* Output that is still with libevent comes back after the end. */
static void
after_the_end(void **state)
{
	struct bytes to = { 0 };

	(void)state;
	spares_close(&spares);
	give(100000);
	assert_int_equal(spares.count, 0);
	assert_false(spares_take(&spares, 1, &to));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(best_fit),
		TEST(bounded),
		TEST(released),
		TEST(after_the_end),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
