/*
 * hurt: preloaded into throngd, it makes the machine worse, as told by the
 * environment, from the first accepted connection on.
 *
 *     HURT_ALLOC=N    of 1,000 allocations, N fail at random (HURT_SEED)
 *     HURT_COUNT=FILE how many failed, written at the end
 *     HURT_CLOCK=1    the wall clock jumps by a day, back and forth, at
 *                     every look; the monotonic one does not
 *     HURT_EPOLL=1    there is no epoll, at once
 *     HURT_ENV=FILE   which variables of the environment were looked at, a
 *                     name a line, at once; not those of the C library
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define HURT __attribute__((visibility("default")))
#define DAY 86400

/* The allocator under the names that are glibc's own. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static atomic_bool serving;
static atomic_uint per_mille;
static atomic_ullong random_state;
static atomic_ullong failed;
static atomic_uint looks;
static bool jumps;
static bool no_epoll;

/* The library's own, which is not there yet when others need it. */
static char *
look_up(const char *name)
{
	size_t length = strlen(name);

	for (char **at = environ; at != NULL && *at != NULL; at++)
		if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
			return (*at + length + 1);
	return (NULL);
}

__attribute__((constructor)) static void
hurt_begin(void)
{
	const char *text;

	if ((text = look_up("HURT_SEED")) != NULL)
		random_state = strtoull(text, NULL, 10);
	if ((text = look_up("HURT_ALLOC")) != NULL)
		per_mille = (unsigned)strtoul(text, NULL, 10);
	jumps = look_up("HURT_CLOCK") != NULL;
	no_epoll = look_up("HURT_EPOLL") != NULL;
}

__attribute__((destructor)) static void
hurt_end(void)
{
	const char *path = look_up("HURT_COUNT");
	int fd;

	per_mille = 0;
	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	(void)dprintf(fd, "%llu\n", failed);
	(void)close(fd);
}

/* splitmix64, by Sebastiano Vigna; the state may be shared. */
static uint64_t
next_random(void)
{
	uint64_t z = atomic_fetch_add_explicit(&random_state,
	    0x9e3779b97f4a7c15, memory_order_relaxed) + 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31));
}

static bool
fails(void)
{
	unsigned odds = per_mille;

	if (odds == 0 || !serving || next_random() % 1000 >= odds)
		return (false);
	atomic_fetch_add_explicit(&failed, 1, memory_order_relaxed);
	errno = ENOMEM;
	return (true);
}

static char *
looked_at(const char *name)
{
	const char *path = look_up("HURT_ENV");
	int fd;

	if (path != NULL && (fd = open(path, O_WRONLY | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600)) >= 0) {
		(void)dprintf(fd, "%s\n", name);
		(void)close(fd);
	}
	return (look_up(name));
}

HURT char *
getenv(const char *name)
{

	return (looked_at(name));
}

HURT char *
secure_getenv(const char *name)
{

	return (looked_at(name));
}

HURT void *
malloc(size_t size)
{

	return (fails() ? NULL : __libc_malloc(size));
}

HURT void *
calloc(size_t count, size_t size)
{

	return (fails() ? NULL : __libc_calloc(count, size));
}

HURT void *
realloc(void *old, size_t size)
{

	return (fails() ? NULL : __libc_realloc(old, size));
}

HURT int
accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	int rc = (int)syscall(SYS_accept4, fd, address, length, flags);

	if (rc >= 0)
		serving = true;
	return (rc);
}

/* A day ahead, a day back, and right, in turn. */
static time_t
jump(void)
{

	if (!jumps || !serving)
		return (0);
	return (((time_t)(looks++ % 3) - 1) * DAY);
}

HURT int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (rc == 0 && (clock == CLOCK_REALTIME ||
	    clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += jump();
	return (rc);
}

HURT int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return (-1);
	now->tv_sec = t.tv_sec;
	now->tv_usec = t.tv_nsec / 1000;
	return (0);
}

HURT time_t
time(time_t *now)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return ((time_t)-1);
	if (now != NULL)
		*now = t.tv_sec;
	return (t.tv_sec);
}

HURT int
epoll_create1(int flags)
{

	if (no_epoll) {
		errno = ENOSYS;
		return (-1);
	}
	return ((int)syscall(SYS_epoll_create1, flags));
}

HURT int
epoll_create(int size)
{

	(void)size;
	return (epoll_create1(0));
}
