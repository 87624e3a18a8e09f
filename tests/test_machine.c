/* What the machine lets us have: /proc/sys, and cgroups of both versions, in a
 * tree of the test's own. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine.h"

static char root[200];

/* Write a file under the root, with the folders on the way. */
static void
put(const char *path, const char *text)
{
	char whole[600];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *at = whole + strlen(root) + 1;
	    (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		mkdir(whole, 0700);
		*at = '/';
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int
fresh(void **state)
{
	static unsigned number;
	char name[16];

	(void)state;
	snprintf(name, sizeof(name), "root%u", number++);
	support_path(name, root, sizeof(root));
	assert_int_equal(mkdir(root, 0700), 0);
	return (0);
}

static void
nothing_there(void **state)
{
	struct machine l;

	(void)state;
	machine_read(&l, root);
	assert_int_equal(l.files, MACHINE_NONE);
	assert_int_equal(l.threads, MACHINE_NONE);
	assert_int_equal(l.pids, MACHINE_NONE);
	assert_int_equal(l.tasks, MACHINE_NONE);
	assert_int_equal(l.maps, MACHINE_NONE);
	assert_int_equal(l.backlog, MACHINE_NONE);
	assert_int_equal(l.tcp_pages, MACHINE_NONE);
	/* These come from calls. */
	assert_true(l.descriptors >= 16 && l.descriptors != MACHINE_NONE);
	assert_true(l.memory > 1u << 20 && l.memory != MACHINE_NONE);
}

static void
kernel(void **state)
{
	struct machine l;

	(void)state;
	put("/proc/sys/fs/file-max", "123456\n");
	put("/proc/sys/kernel/threads-max", "1000\n");
	put("/proc/sys/kernel/pid_max", "32768\n");
	put("/proc/sys/vm/max_map_count", "65530\n");
	put("/proc/sys/net/core/somaxconn", "4096\n");
	put("/proc/sys/net/ipv4/tcp_mem", "11\t22\t33\n");
	machine_read(&l, root);
	assert_int_equal(l.files, 123456);
	assert_int_equal(l.threads, 1000);
	assert_int_equal(l.pids, 32768);
	assert_int_equal(l.maps, 65530);
	assert_int_equal(l.backlog, 4096);
	assert_int_equal(l.tcp_pages, 33);
	/* Not what was expected: as if there were none. */
	put("/proc/sys/net/ipv4/tcp_mem", "11\n");
	put("/proc/sys/vm/max_map_count", "");
	put("/proc/sys/kernel/pid_max", "many\n");
	machine_read(&l, root);
	assert_int_equal(l.tcp_pages, MACHINE_NONE);
	assert_int_equal(l.maps, MACHINE_NONE);
	assert_int_equal(l.pids, MACHINE_NONE);
}

/* The second version: the least of the group's own and those above it. */
static void
groups_of_today(void **state)
{
	struct machine l;
	uint64_t machine;

	(void)state;
	machine_read(&l, root);
	machine = l.memory;
	put("/proc/self/cgroup", "0::/a/b\n");
	put("/sys/fs/cgroup/a/b/pids.max", "max\n");
	put("/sys/fs/cgroup/a/b/memory.max", "max\n");
	machine_read(&l, root);
	assert_int_equal(l.tasks, MACHINE_NONE);
	assert_int_equal(l.memory, machine);
	put("/sys/fs/cgroup/a/pids.max", "50\n");
	put("/sys/fs/cgroup/a/memory.max", "70000\n");
	machine_read(&l, root);
	assert_int_equal(l.tasks, 50);
	assert_int_equal(l.memory, 70000);
	put("/sys/fs/cgroup/a/b/pids.max", "40\n");
	put("/sys/fs/cgroup/a/b/memory.max", "60000\n");
	machine_read(&l, root);
	assert_int_equal(l.tasks, 40);
	assert_int_equal(l.memory, 60000);
	/* In a container the group is the root. */
	put("/proc/self/cgroup", "0::/\n");
	put("/sys/fs/cgroup/pids.max", "30\n");
	machine_read(&l, root);
	assert_int_equal(l.tasks, 30);
}

static void
groups_of_old(void **state)
{
	struct machine l;

	(void)state;
	put("/proc/self/cgroup", "nonsense\n3:\n4:cpuset,xpids:/x\n"
	    "5:cpu,pids:/g\n6:memory:/m/n\n1:name=systemd:/\n");
	put("/sys/fs/cgroup/pids/g/pids.max", "7\n");
	put("/sys/fs/cgroup/pids/x/pids.max", "1\n");
	put("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "5000\n");
	machine_read(&l, root);
	assert_int_equal(l.tasks, 7);
	assert_int_equal(l.memory, 5000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_there, fresh),
		cmocka_unit_test_setup(kernel, fresh),
		cmocka_unit_test_setup(groups_of_today, fresh),
		cmocka_unit_test_setup(groups_of_old, fresh),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
