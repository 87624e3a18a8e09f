#include "config.h"

#include "stacks.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* The thread sanitizer needs room of its own, which it cannot make on a stack
 * that it is given. Bytes. */
#define SANITIZER_ROOM ((size_t)0)
#if defined(__SANITIZE_THREAD__)
#undef SANITIZER_ROOM
#define SANITIZER_ROOM ((size_t)256 << 10)
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef SANITIZER_ROOM
#define SANITIZER_ROOM ((size_t)256 << 10)
#endif
#endif

/* Where memory is never reserved, or always. */
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static size_t
whole_pages(size_t size, size_t page)
{

	return ((size + page - 1) / page * page);
}

int
stacks_open(struct stacks *s, size_t size)
{
	long least = sysconf(_SC_THREAD_STACK_MIN);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (least > 0 && size < (size_t)least)
		size = (size_t)least;
	s->count = 0;
	s->size = whole_pages(size + SANITIZER_ROOM, page);
	s->guard = page;
	return (pthread_mutex_init(&s->lock, NULL));
}

/* `stack` is where it begins, above its guard. */
static void
unmap(const struct stacks *s, void *stack)
{

	(void)munmap((char *)stack - s->guard, s->guard + s->size);
}

/* All of it usable, since some systems take nothing else for a stack; then the
 * guard not. */
static void *
map(const struct stacks *s)
{
	char *whole = mmap(NULL, s->guard + s->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	int error;

	if (whole == MAP_FAILED)
		return (NULL);
	if (mprotect(whole, s->guard, PROT_NONE) == 0)
		return (whole + s->guard);
	error = errno;
	unmap(s, whole + s->guard);
	errno = error;
	return (NULL);
}

void
stacks_close(struct stacks *s)
{

	while (s->count > 0)
		unmap(s, s->kept[--s->count]);
	pthread_mutex_destroy(&s->lock);
}

void *
stacks_take(struct stacks *s, pthread_attr_t *attr)
{
	void *stack = NULL;
	int rc;

	pthread_mutex_lock(&s->lock);
	if (s->count > 0)
		stack = s->kept[--s->count];
	pthread_mutex_unlock(&s->lock);
	if (stack == NULL && (stack = map(s)) == NULL)
		return (NULL);
	if ((rc = pthread_attr_setstack(attr, stack, s->size)) == 0)
		return (stack);
	stacks_give(s, stack);
	errno = rc;
	return (NULL);
}

static bool
has_room(struct stacks *s)
{
	bool room;

	pthread_mutex_lock(&s->lock);
	room = s->count < STACKS_KEPT;
	pthread_mutex_unlock(&s->lock);
	return (room);
}

static bool
keep(struct stacks *s, void *stack)
{
	bool kept;

	pthread_mutex_lock(&s->lock);
	if ((kept = s->count < STACKS_KEPT))
		s->kept[s->count++] = stack;
	pthread_mutex_unlock(&s->lock);
	return (kept);
}

/* The system is not called under the lock: it may take a while. */
void
stacks_give(struct stacks *s, void *stack)
{

	if (has_room(s)) {
		/* A deep call would be kept for ever. They grow downwards. */
		if (s->size > STACKS_USED)
			(void)madvise(stack, s->size - STACKS_USED,
			    MADV_DONTNEED);
		if (keep(s, stack))
			return;
	}
	unmap(s, stack);
}
