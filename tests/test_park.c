/* Where a worker sleeps: signals are kept, count once, and none is lost. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>

#include "park.h"

#define ROUNDS 20000

static int fail_cond, mutexes;

int __real_pthread_cond_init(pthread_cond_t *cond,
    const pthread_condattr_t *attr);
int __wrap_pthread_cond_init(pthread_cond_t *cond,
    const pthread_condattr_t *attr);
int __real_pthread_mutex_init(pthread_mutex_t *mutex,
    const pthread_mutexattr_t *attr);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex,
    const pthread_mutexattr_t *attr);
int __real_pthread_mutex_destroy(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex);

int
__wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{

	return (fail_cond ? ENOMEM : __real_pthread_cond_init(cond, attr));
}

int
__wrap_pthread_mutex_init(pthread_mutex_t *mutex,
    const pthread_mutexattr_t *attr)
{

	if (fail_cond < 0)
		return (EAGAIN);
	mutexes++;
	return (__real_pthread_mutex_init(mutex, attr));
}

int
__wrap_pthread_mutex_destroy(pthread_mutex_t *mutex)
{

	mutexes--;
	return (__real_pthread_mutex_destroy(mutex));
}

static void
kept(void **state)
{
	struct park p;

	(void)state;
	assert_int_equal(park_open(&p), 0);
	assert_false(p.signalled);
	park_signal(&p);
	park_signal(&p);
	assert_true(p.signalled);
	park_wait(&p); /* returns: it was signalled before */
	assert_false(p.signalled);
	park_close(&p);
	assert_int_equal(mutexes, 0);
}

static void
failures(void **state)
{
	struct park p;

	(void)state;
	fail_cond = 1;
	assert_int_equal(park_open(&p), ENOMEM);
	assert_int_equal(mutexes, 0);
	fail_cond = -1;
	assert_int_equal(park_open(&p), EAGAIN);
	assert_int_equal(mutexes, 0);
	fail_cond = 0;
}

struct table {
	struct park here, there;
	unsigned ball; /* whoever was signalled owns it */
};

static void *
return_balls(void *argument)
{
	struct table *t = argument;

	for (int i = 0; i < ROUNDS; i++) {
		park_wait(&t->there);
		t->ball++;
		park_signal(&t->here);
	}
	return (NULL);
}

/* Two threads that wait for each other: one lost signal stops them both. */
static void
ping_pong(void **state)
{
	struct table t = { .ball = 0 };
	pthread_t thread;

	(void)state;
	assert_int_equal(park_open(&t.here), 0);
	assert_int_equal(park_open(&t.there), 0);
	assert_int_equal(pthread_create(&thread, NULL, return_balls, &t), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		park_signal(&t.there);
		park_wait(&t.here);
		assert_int_equal(t.ball, i + 1);
	}
	pthread_join(thread, NULL);
	park_close(&t.here);
	park_close(&t.there);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(failures),
		cmocka_unit_test(ping_pong),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
