/*
 * What a daemon says of itself in its --help.
 */
#include "check.h"

#include "builtin.h"

static const char help[] = "usage: throngd [options]\n\n"
    "  --mode pool|thread        reactors and workers\n"
    "  --workers N               threads, as --mode inline has none\n"
    "  --idle-timeout TIME       nothing received (10m)\n"
    "  --last|line a|b";

static void
offers_are_read_from_the_line_of_the_option(void **state)
{

	(void)state;
	assert_true(builtin_offers(help, "--mode", "pool"));
	assert_true(builtin_offers(help, "--mode", "thread"));
	assert_false(builtin_offers(help, "--mode", "inline"));
	assert_false(builtin_offers(help, "--mode", "po"));
	assert_false(builtin_offers(help, "--mode", "reactors"));
	assert_true(builtin_offers(help, "--idle-timeout", NULL));
	assert_false(builtin_offers(help, "--idle", NULL));
	assert_false(builtin_offers(help, "--first-frame-timeout", NULL));
	assert_true(builtin_offers(help, "--last|line", "b"));
	assert_false(builtin_offers(help, "--last|line", "c"));
	assert_false(builtin_offers("", "--mode", NULL));
}

static void
targets_have_names(void **state)
{

	(void)state;
	assert_true(builtin_find("pool") >= 0 && builtin_find("inline") >= 0);
	assert_int_equal(builtin_find("pools"), -1);
	assert_int_equal(builtin_find(""), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_are_read_from_the_line_of_the_option),
		cmocka_unit_test(targets_have_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
