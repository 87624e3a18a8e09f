/* Stacks of threads: whole, guarded, used again, and few of them kept. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stacks.h"

#define SIZE ((size_t)256 << 10)
#define MANY 100

static struct stacks stacks;
static pthread_attr_t attr;

/* Mappings of the stacks: those there are, and calls that fail. */
static int mapped;
enum which { NOTHING, MMAP, MPROTECT, SETSTACK, MUTEX };
static enum which failing;

void *__real_mmap(void *at, size_t size, int prot, int flags, int fd,
    off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd,
    off_t offset);
int __real_mprotect(void *at, size_t size, int prot);
int __wrap_mprotect(void *at, size_t size, int prot);
int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);
int __real_pthread_attr_setstack(pthread_attr_t *a, void *at, size_t size);
int __wrap_pthread_attr_setstack(pthread_attr_t *a, void *at, size_t size);
int __real_pthread_mutex_init(pthread_mutex_t *m,
    const pthread_mutexattr_t *a);
int __wrap_pthread_mutex_init(pthread_mutex_t *m,
    const pthread_mutexattr_t *a);

/* A sanitizer's own are led here, too. */
void *
__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	bool ours = size == stacks.size + stacks.guard;
	void *got;

	if (ours && failing == MMAP) {
		errno = ENOMEM;
		return (MAP_FAILED);
	}
	got = __real_mmap(at, size, prot, flags, fd, offset);
	mapped += ours && got != MAP_FAILED;
	return (got);
}

int
__wrap_mprotect(void *at, size_t size, int prot)
{

	if (failing != MPROTECT)
		return (__real_mprotect(at, size, prot));
	errno = ENOMEM;
	return (-1);
}

int
__wrap_munmap(void *at, size_t size)
{

	mapped -= size == stacks.size + stacks.guard;
	return (__real_munmap(at, size));
}

int
__wrap_pthread_attr_setstack(pthread_attr_t *a, void *at, size_t size)
{

	return (failing == SETSTACK ? EINVAL :
	    __real_pthread_attr_setstack(a, at, size));
}

int
__wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{

	return (failing == MUTEX ? EAGAIN : __real_pthread_mutex_init(m, a));
}

static int
open_stacks(void **state)
{

	(void)state;
	assert_int_equal(stacks_open(&stacks, SIZE), 0);
	return (pthread_attr_init(&attr));
}

static int
close_stacks(void **state)
{

	(void)state;
	failing = NOTHING;
	stacks_close(&stacks);
	assert_int_equal(mapped, 0);
	return (pthread_attr_destroy(&attr));
}

/* Whether the kernel can read there. */
static bool
is_readable(const void *at)
{
	int fds[2];
	bool yes;

	assert_int_equal(pipe(fds), 0);
	yes = write(fds[1], at, 1) == 1;
	close(fds[0]);
	close(fds[1]);
	return (yes);
}

/* Where its stack is, and that half of it can be used. */
static void *
deep(void *argument)
{
	volatile char room[SIZE / 2];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = 1;
	*(uintptr_t *)argument = (uintptr_t)&room[0];
	return (NULL);
}

static uintptr_t
run(void)
{
	pthread_t thread;
	uintptr_t at = 0;

	assert_int_equal(pthread_create(&thread, &attr, deep, &at), 0);
	pthread_join(thread, NULL);
	return (at);
}

static void
stands(void **state)
{
	char *stack = stacks_take(&stacks, &attr);
	uintptr_t at;

	(void)state;
	assert_non_null(stack);
	at = run();
	/* But a sanitizer keeps what is on it elsewhere. */
	if (!support_sanitized())
		assert_in_range(at, (uintptr_t)stack, (uintptr_t)stack + SIZE);
	assert_true(is_readable(stack));
	/* Valgrind counts it as an error of the program's. */
	if (!unit_under_valgrind())
		assert_false(is_readable(stack - 1));
	stacks_give(&stacks, stack);
}

static void
the_last_is_the_next(void **state)
{
	void *a = stacks_take(&stacks, &attr), *b = stacks_take(&stacks, &attr);

	(void)state;
	assert_ptr_not_equal(a, b);
	stacks_give(&stacks, a);
	stacks_give(&stacks, b);
	assert_ptr_equal(stacks_take(&stacks, &attr), b);
	assert_ptr_equal(stacks_take(&stacks, &attr), a);
	assert_int_equal(mapped, 2);
	stacks_give(&stacks, a);
	stacks_give(&stacks, b);
}

static void
few_are_kept(void **state)
{
	void *taken[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++)
		assert_non_null(taken[i] = stacks_take(&stacks, &attr));
	assert_int_equal(mapped, MANY);
	for (int i = 0; i < MANY; i++)
		stacks_give(&stacks, taken[i]);
	assert_int_equal(mapped, STACKS_KEPT);
}

/* Of one that is kept, what was deep is not. */
static void
little_of_each(void **state)
{
	char *stack = stacks_take(&stacks, &attr);
	size_t page = (size_t)sysconf(_SC_PAGESIZE), resident = 0;
	unsigned char pages[SIZE / 4096];

	(void)state;
	memset(stack, 1, SIZE);
	stacks_give(&stacks, stack);
	assert_int_equal(mincore(stack, SIZE, pages), 0);
	for (size_t i = 0; i < SIZE / page; i++)
		resident += pages[i] & 1;
	assert_true(resident <= STACKS_USED / page + 1);
}

static void
nothing_to_be_had(void **state)
{
	static const struct {
		enum which which;
		int error;
	} rows[] = { { MMAP, ENOMEM }, { MPROTECT, ENOMEM },
		{ SETSTACK, EINVAL } };
	struct stacks none;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		failing = rows[i].which;
		errno = 0;
		assert_null(stacks_take(&stacks, &attr));
		assert_int_equal(errno, rows[i].error);
		failing = NOTHING;
	}
	/* The one that could not be entered was kept. */
	assert_int_equal(mapped, 1);
	failing = MUTEX;
	assert_int_equal(stacks_open(&none, SIZE), EAGAIN);
}

/* Less than a thread needs: as much as it does need. Whole pages. */
static void
sizes(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct stacks s;

	(void)state;
	assert_int_equal(stacks_open(&s, 1), 0);
	assert_true(s.size >= (size_t)sysconf(_SC_THREAD_STACK_MIN));
	stacks_close(&s);
	assert_int_equal(stacks_open(&s, SIZE + 1), 0);
	assert_true(s.size > SIZE && s.size % page == 0);
	stacks_close(&s);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stacks, \
    close_stacks)
	static const struct CMUnitTest tests[] = {
		TEST(stands),
		TEST(the_last_is_the_next),
		TEST(few_are_kept),
		TEST(little_of_each),
		TEST(nothing_to_be_had),
		TEST(sizes),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
