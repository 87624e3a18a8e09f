/*
 * What the doctor says of made-up limits, and that it reads this machine's.
 */
#include "check.h"
#include "doctor.h"
#include "trial.h"

static const struct doctor_limit limits[] = {
	{ "descriptors", "a generator", 0, 19936, DOCTOR_GENERATOR, "more" },
	{ "descriptors", "one server process", 0, 19800, DOCTOR_SERVER,
	    "more" },
	{ "fs.file-max", "the machine", 0, 1000000, DOCTOR_HARD, "sysctl" },
	{ "kernel.pid_max", "thread per client", 0, 32000, DOCTOR_HARD,
	    "sysctl" },
	{ "vm.max_map_count", "thread per client", 0, 15000, DOCTOR_SERVER,
	    "sysctl" },
	{ "port range", "one destination", 0, 28000, DOCTOR_SPREAD, "by "
	    "itself" },
};

#define N (sizeof(limits) / sizeof(limits[0]))

/* What is written; the caller frees it. */
static char *
judged(double connections, int *fits)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	*fits = doctor_judge(limits, N, connections, out);
	assert_int_equal(fclose(out), 0);
	return (text);
}

static void
what_takes_several_processes_fits(void **state)
{
	char *text;
	int fits;

	(void)state;
	text = judged(10000, &fits);
	assert_true(fits);
	assert_non_null(strstr(text, "10000 connections: pool yes, thread per "
	    "client yes; 1 generators, 1 servers"));
	free(text);
	/* One server is not enough, but two are started by themselves. */
	text = judged(30000, &fits);
	assert_true(fits);
	assert_non_null(strstr(text, "30000 connections: pool yes, thread per "
	    "client yes; 2 generators, 2 servers"));
	assert_non_null(strstr(text, "one server process ends at 19800"));
	free(text);
}

static void
what_is_of_the_machine_does_not(void **state)
{
	char *text;
	int fits;

	(void)state;
	text = judged(40000, &fits);
	assert_true(fits);
	assert_non_null(strstr(text, "pool yes, thread per client NO"));
	assert_non_null(strstr(text, "kernel.pid_max of thread per client "
	    "ends at 32000: sysctl"));
	free(text);
	/* Threads of one server have one map: more servers, more of them. */
	text = judged(18000, &fits);
	assert_non_null(strstr(text, "thread per client NO"));
	free(text);
	text = judged(1000001, &fits);
	assert_false(fits);
	free(text);
	text = judged(19800.0 * TRIAL_SHARDS + 1, &fits);
	assert_false(fits);
	free(text);
}

static void
this_machine_has_limits(void **state)
{
	struct doctor_limit own[DOCTOR_LIMITS];
	unsigned n = doctor_limits(own), servers = 0;

	(void)state;
	assert_true(n >= 4 && n <= DOCTOR_LIMITS);
	assert_int_equal(own[0].kind, DOCTOR_GENERATOR);
	for (unsigned i = 0; i < n; i++) {
		assert_true(own[i].allows > 0);
		assert_true(own[i].advice[0] != '\0');
		servers += own[i].kind == DOCTOR_SERVER;
	}
	assert_true(servers >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_takes_several_processes_fits),
		cmocka_unit_test(what_is_of_the_machine_does_not),
		cmocka_unit_test(this_machine_has_limits),
	};

	return (cmocka_run_group_tests_name("doctor", tests, NULL, NULL));
}
