/* The budget: limits of control groups, its lines, and what is taken. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "budget.h"

#define RAM (1000ull << 20)
#define V2 "sys/fs/cgroup"
#define V1 "sys/fs/cgroup/memory"

static char root[64];

static int
make_root(void **state)
{

	(void)state;
	strcpy(root, "/tmp/throng-budget-XXXXXX");
	return (mkdtemp(root) == NULL);
}

static int
remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return (system(command));
}

/* A file under the root, and the folders that it is in. */
static void
write_file(const char *path, const char *text)
{
	char whole[512];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *at = whole + strlen(root) + 1;
	    (at = strchr(at, '/')) != NULL; *at++ = '/') {
		*at = '\0';
		(void)mkdir(whole, 0700);
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const struct tree {
	const char *name;
	const char *files[10]; /* path, text, path, ... */
	uint64_t want;
} trees[] = {
	{ "none", { NULL }, RAM },
	{ "empty", { "proc/self/cgroup", "" }, RAM },
	{ "broken", { "proc/self/cgroup", "x\n0:\n:::\n0:y" }, RAM },
	{ "v2", { "proc/self/cgroup", "0::/a/b\n", V2 "/a/b/memory.max",
	      "1048576\n" }, 1 << 20 },
	{ "v2, no limit", { "proc/self/cgroup", "0::/a\n",
	      V2 "/a/memory.max", "max\n" }, RAM },
	{ "v2, above", { "proc/self/cgroup", "0::/a/b\n",
	      V2 "/a/b/memory.max", "max\n", V2 "/a/memory.max",
	      "2097152\n" }, 2 << 20 },
	{ "v2, the least", { "proc/self/cgroup", "0::/a/b\n",
	      V2 "/a/b/memory.max", "3145728\n", V2 "/a/memory.max",
	      "2097152\n", V2 "/memory.max", "9145728\n" }, 2 << 20 },
	{ "v2, in a container", { "proc/self/cgroup", "0::/\n",
	      V2 "/memory.max", "2097152\n" }, 2 << 20 },
	{ "v2, more than there is", { "proc/self/cgroup", "0::/\n",
	      V2 "/memory.max", "9000000000000\n" }, RAM },
	{ "v1", { "proc/self/cgroup",
	      "4:cpu:/x\n9:cpuset,memory:/a/b\n0::/\n",
	      V1 "/a/b/memory.limit_in_bytes", "1048576\n" }, 1 << 20 },
	{ "v1, no limit", { "proc/self/cgroup", "9:memory:/a\n",
	      V1 "/a/memory.limit_in_bytes", "9223372036854771712\n" }, RAM },
	{ "v1, a path of the host", { "proc/self/cgroup",
	      "9:memory:/docker/abc\n", V1 "/memory.limit_in_bytes",
	      "1048576\n" }, 1 << 20 },
	{ "v1, another controller", { "proc/self/cgroup", "9:memoryx:/a\n",
	      V1 "/a/memory.limit_in_bytes", "1048576\n" }, RAM },
};

static void
groups(void **state)
{

	for (size_t i = 0; i < UNIT_COUNT(trees); i++) {
		const struct tree *t = &trees[i];
		uint64_t got;

		assert_int_equal(make_root(state), 0);
		for (int f = 0; t->files[f] != NULL; f += 2)
			write_file(t->files[f], t->files[f + 1]);
		if ((got = budget_machine(root, RAM)) != t->want)
			fail_msg("%s: %llu", t->name,
			    (unsigned long long)got);
		assert_int_equal(remove_root(state), 0);
	}
}

static void
defaults(void **state)
{
	struct budget b;
	uint64_t machine = budget_machine("", budget_ram());

	(void)state;
	assert_true(budget_ram() >= 64 << 20);
	assert_true(machine <= budget_ram());
	budget_open(&b, 0, 1);
	assert_int_equal(b.limit, machine / 2);
	assert_int_equal(budget_total(&b), 0);
}

/* The lines are in order, and what is not told fits between the last two. */
static void
lines(void **state)
{
	static const size_t sizes[] = { 1 << 20, 3333333, 1 << 30,
		(size_t)1 << 40, SIZE_MAX / 4 };
	struct budget b;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(sizes); i++)
		for (unsigned reactors = 1; reactors <= 16; reactors *= 4) {
			budget_open(&b, sizes[i], reactors);
			assert_int_equal(b.limit, sizes[i]);
			assert_true(b.tight < b.over);
			assert_true(b.over < b.limit);
			assert_true(b.reply_free <= b.limit / 64);
			assert_true(b.reply_free <= BUDGET_REPLY_FREE);
			assert_true(b.chunk > 0);
			assert_true(b.chunk * reactors <=
			    b.limit - b.over);
		}
}

static void
takes(void **state)
{
	struct budget b;

	(void)state;
	budget_open(&b, 1 << 20, 1);
	assert_true(budget_take(&b, 1 << 19));
	assert_true(budget_take(&b, 1 << 19));
	assert_false(budget_take(&b, 1));
	assert_int_equal(budget_total(&b), 1 << 20);
	budget_add(&b, (size_t)-10);
	assert_false(budget_take(&b, 11));
	assert_false(budget_take(&b, SIZE_MAX));
	assert_true(budget_take(&b, 10));
	/* Readers may have gone above it already. */
	budget_add(&b, 100);
	assert_false(budget_take(&b, 1));
	budget_add(&b, (size_t)-100);
	assert_int_equal(budget_total(&b), 1 << 20);
	assert_true(budget_take(NULL, SIZE_MAX));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(defaults),
		cmocka_unit_test(lines),
		cmocka_unit_test(takes),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
