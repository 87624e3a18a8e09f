/*
 * The live line, as a terminal of a given width gets it.
 */
#include "check.h"
#include "clock.h"
#include "live.h"

/* Draw it once; the caller frees it. */
static char *
drawn(struct live *live)
{
	char *text = NULL;
	size_t size = 0;

	live->out = open_memstream(&text, &size);
	assert_non_null(live->out);
	live->on = 1;
	live->last = clock_now() - CLOCK_S;
	live_draw(live, NULL);
	assert_int_equal(fclose(live->out), 0);
	return (text);
}

static void
time_left_is_seen_at_80_columns(void **state)
{
	struct live live = { .width = 80, .block = 12, .blocks = 40,
	    .target = "a-target-with-a-name-that-is-as-long-as-names-may-be",
	    .ratio = "cpu thread/pool 1.23 [1.20,1.26]", .done = 0.99 };
	char *text;

	(void)state;
	/* All but a hundredth took 2,970 s; some more do not show. */
	live.begun = clock_now() - 2970 * CLOCK_S;
	text = drawn(&live);
	assert_non_null(strstr(text, "block 12/40, 30 s left  a-target"));
	/* A return, and the code that clears the line, are not columns. */
	assert_true(strlen(text) <= 4 + 79);
	free(text);
}

static void
all_of_it_is_seen_where_there_is_room(void **state)
{
	struct live live = { .width = 120, .block = 1, .blocks = 40,
	    .target = "pool", .ratio = "cpu thread/pool 1.23 [1.20,1.26]" };
	char *text = drawn(&live);

	(void)state;
	assert_non_null(strstr(text, "block 1/40  pool  cpu thread/pool 1.23 "
	    "[1.20,1.26]"));
	free(text);
}

static void
a_search_counts_its_trials(void **state)
{
	struct live live = { .width = 80, .block = 7, .target = "pool",
	    .ratio = "" };
	char *text = drawn(&live);

	(void)state;
	assert_non_null(strstr(text, "trial 7  pool"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_left_is_seen_at_80_columns),
		cmocka_unit_test(all_of_it_is_seen_where_there_is_room),
		cmocka_unit_test(a_search_counts_its_trials),
	};

	return (cmocka_run_group_tests_name("live", tests, NULL, NULL));
}
