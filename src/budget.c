#include "config.h"

#include "budget.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** What is assumed of a machine that does not tell. */
#define RAM_UNKNOWN (512ull << 20)

/** Bounds of a reactor's untold share. Bytes. */
#define CHUNK_MIN (4u << 10)
#define CHUNK_MAX (1u << 20)

/* The number in a file, UINT64_MAX if there is none ("max"). */
static uint64_t
read_limit(const char *path)
{
	uint64_t limit = UINT64_MAX;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return (UINT64_MAX);
	if (fscanf(f, "%" SCNu64, &limit) != 1)
		limit = UINT64_MAX;
	fclose(f);
	return (limit);
}

/* The least limit of a group and of those that it is in. */
static uint64_t
walk(const char *root, const char *mount, char *group, const char *file)
{
	char path[PATH_MAX];
	uint64_t least = UINT64_MAX, limit;
	char *slash;

	for (;;) {
		snprintf(path, sizeof(path), "%s%s%s/%s", root, mount, group,
		    file);
		if ((limit = read_limit(path)) < least)
			least = limit;
		/* Inside a container the path may be the host's: what does
		 * not exist has no limit, the mount's own file has. */
		if ((slash = strrchr(group, '/')) == NULL)
			return (least);
		*slash = '\0';
	}
}

/* Whether "memory" is one of the names between commas. */
static bool
has_memory(const char *controllers)
{
	size_t length;

	for (;; controllers += length + 1) {
		length = strcspn(controllers, ",");
		if (length == 6 && memcmp(controllers, "memory", 6) == 0)
			return (true);
		if (controllers[length] == '\0')
			return (false);
	}
}

/* The limit of one line "number:controllers:path". */
static uint64_t
line_limit(const char *root, char *line)
{
	char *controllers = strchr(line, ':'), *group;

	if (controllers == NULL ||
	    (group = strchr(controllers + 1, ':')) == NULL)
		return (UINT64_MAX);
	*group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	controllers++;
	if (*controllers == '\0')
		return (walk(root, "/sys/fs/cgroup", group, "memory.max"));
	if (has_memory(controllers))
		return (walk(root, "/sys/fs/cgroup/memory", group,
		    "memory.limit_in_bytes"));
	return (UINT64_MAX);
}

uint64_t
budget_machine(const char *root, uint64_t ram)
{
	char path[PATH_MAX], line[PATH_MAX];
	uint64_t least = ram, limit;
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	if ((f = fopen(path, "re")) == NULL)
		return (least);
	while (fgets(line, sizeof(line), f) != NULL)
		if ((limit = line_limit(root, line)) < least)
			least = limit;
	fclose(f);
	return (least);
}

uint64_t
budget_ram(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (pages <= 0 || size <= 0)
		return (RAM_UNKNOWN);
	return ((uint64_t)pages * (uint64_t)size);
}

void
budget_open(struct budget *b, size_t asked, unsigned reactors)
{
	uint64_t half;

	if (asked == 0) {
		half = budget_machine("", budget_ram()) / 2;
		asked = half < SIZE_MAX / 4 ? (size_t)half : SIZE_MAX / 4;
	}
	b->limit = asked;
	b->tight = asked / 4 * 3;
	b->over = asked - asked / 8;
	/* Together they are at most half of what is above `over`. */
	b->chunk = asked / 16 / reactors;
	if (b->chunk < CHUNK_MIN)
		b->chunk = CHUNK_MIN;
	if (b->chunk > CHUNK_MAX)
		b->chunk = CHUNK_MAX;
	b->reply_free = asked / 64 < BUDGET_REPLY_FREE ? asked / 64 :
	    BUDGET_REPLY_FREE;
	atomic_init(&b->total, 0);
	atomic_init(&b->making, 0);
}

bool
budget_take(struct budget *b, size_t n)
{
	size_t before;

	if (b == NULL)
		return (true);
	/* Relaxed: see budget_total(). Never more than there is, not even
	 * for a moment: others close connections for it. */
	before = atomic_load_explicit(&b->total, memory_order_relaxed);
	do {
		if (before > b->limit || n > b->limit - before)
			return (false);
	} while (!atomic_compare_exchange_weak_explicit(&b->total, &before,
	    before + n, memory_order_relaxed, memory_order_relaxed));
	atomic_fetch_add_explicit(&b->making, n, memory_order_relaxed);
	return (true);
}

void
budget_give(struct budget *b, size_t n)
{

	/* Relaxed: see budget_total(). */
	atomic_fetch_sub_explicit(&b->making, n, memory_order_relaxed);
	budget_add(b, -n);
}
