/**
 * later.h - replies that leave at a time to come: a heap, earliest first.
 */
#ifndef BENCH_LATER_H
#define BENCH_LATER_H

#include <stddef.h>
#include <stdint.h>

/** One reply. */
struct later_reply {
	uint64_t at;    /* ns */
	uint64_t order; /* those of one moment leave as they came */
	int fd;
	uint32_t life;  /* of the connection that has the descriptor */
	size_t length;
	char bytes[];
};

/** All of them; all zero is none. */
struct later {
	struct later_reply **heap;
	size_t length;
	size_t size;
	uint64_t count; /* ever added */
};

/**
 * later_add(later, at, fd, life, bytes, length):
 * Add a copy of a reply. Return 0, or -1 without memory.
 * Thread: the owner of `later`.
 */
int later_add(struct later *later, uint64_t at, int fd, uint32_t life,
    const char *bytes, size_t length);

/**
 * later_next(later):
 * Return when the earliest leaves, UINT64_MAX if there is none.
 * Thread: the owner of `later`.
 */
uint64_t later_next(const struct later *later);

/**
 * later_take(later):
 * Remove the earliest, of which there is one, and return it; the caller
 * frees it with free(). Thread: the owner of `later`.
 */
struct later_reply *later_take(struct later *later);

#endif /* BENCH_LATER_H */
