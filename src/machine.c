#include "config.h"

#include "machine.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1024

static uint64_t
least(uint64_t a, uint64_t b)
{

	return (a < b ? a : b);
}

/* The number in column `column` of a file's first line; "max" is none. */
static uint64_t
number_in(const char *path, int column)
{
	uint64_t value = MACHINE_NONE;
	char word[32];
	FILE *f;

	if ((f = fopen(path, "r")) == NULL)
		return (MACHINE_NONE);
	for (; column > 0; column--)
		if (fscanf(f, "%31s", word) != 1)
			word[0] = '\0';
	if (sscanf(word, "%" SCNu64, &value) != 1)
		value = MACHINE_NONE;
	fclose(f);
	return (value);
}

static uint64_t
proc_number(const char *root, const char *name, int column)
{
	char path[PATH_MAX_BYTES];

	snprintf(path, sizeof(path), "%s/proc/sys/%s", root, name);
	return (number_in(path, column));
}

/* A cgroup's limit is the least of its own and those above it. */
static uint64_t
group_number(const char *root, const char *base, const char *group,
    const char *file)
{
	uint64_t value = MACHINE_NONE;
	char path[PATH_MAX_BYTES], at[PATH_MAX_BYTES];
	char *slash;

	snprintf(at, sizeof(at), "%s", group);
	for (;;) {
		snprintf(path, sizeof(path), "%.200s/sys/fs/cgroup%s%.600s/%s",
		    root, base, at, file);
		value = least(value, number_in(path, 1));
		if ((slash = strrchr(at, '/')) == NULL)
			return (value);
		*slash = '\0';
	}
}

static bool
has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	const char *at;

	for (at = list; (at = strstr(at, word)) != NULL; at += length)
		if ((at == list || at[-1] == ',') &&
		    (at[length] == ',' || at[length] == '\0'))
			return (true);
	return (false);
}

/* One line of /proc/self/cgroup: number:controllers:path, of the second
 * version without controllers. */
static void
read_group(struct machine *l, const char *root, char *line)
{
	char *controllers = strchr(line, ':'), *group;

	if (controllers == NULL ||
	    (group = strchr(++controllers, ':')) == NULL)
		return;
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	if (controllers[0] == '\0') {
		l->tasks = least(l->tasks, group_number(root, "", group,
		    "pids.max"));
		l->memory = least(l->memory, group_number(root, "", group,
		    "memory.max"));
	} else if (has_word(controllers, "pids")) {
		l->tasks = least(l->tasks, group_number(root, "/pids", group,
		    "pids.max"));
	} else if (has_word(controllers, "memory")) {
		l->memory = least(l->memory, group_number(root, "/memory",
		    group, "memory.limit_in_bytes"));
	}
}

static void
read_groups(struct machine *l, const char *root)
{
	char path[PATH_MAX_BYTES], line[PATH_MAX_BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	if ((f = fopen(path, "r")) == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		read_group(l, root, line);
	fclose(f);
}

/* What getrlimit(2) has found. */
static uint64_t
own_limit(int rc, const struct rlimit *limit)
{

	return (rc == -1 || limit->rlim_cur == RLIM_INFINITY ? MACHINE_NONE :
	    limit->rlim_cur);
}

static uint64_t
physical_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	return (pages > 0 && size > 0 ?
	    (uint64_t)pages * (uint64_t)size : MACHINE_NONE);
}

void
machine_read(struct machine *l, const char *root)
{
	struct rlimit limit;

	l->descriptors = own_limit(getrlimit(RLIMIT_NOFILE, &limit), &limit);
	l->processes = MACHINE_NONE;
#ifdef RLIMIT_NPROC
	/* It does not hold for root. */
	if (geteuid() != 0)
		l->processes = own_limit(getrlimit(RLIMIT_NPROC, &limit),
		    &limit);
#endif
	l->files = proc_number(root, "fs/file-max", 1);
	l->threads = proc_number(root, "kernel/threads-max", 1);
	l->pids = proc_number(root, "kernel/pid_max", 1);
	l->maps = proc_number(root, "vm/max_map_count", 1);
	l->backlog = proc_number(root, "net/core/somaxconn", 1);
	l->tcp_pages = proc_number(root, "net/ipv4/tcp_mem", 3);
	l->tasks = MACHINE_NONE;
	l->memory = physical_memory();
	read_groups(l, root);
}
