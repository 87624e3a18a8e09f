/* The pool: it starts whole or not at all, works, wakes, and ends in time. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "job.h"
#include "park.h"
#include "reactor.h"
#include "work.h"

/* Threads started less threads joined, and which start is to fail. */
static _Atomic int threads;
static int fail_thread;
static _Atomic int fail_alloc;

int __real_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*f)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*f)(void *), void *arg);
int __real_pthread_join(pthread_t t, void **result);
int __wrap_pthread_join(pthread_t t, void **result);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t to, size_t size);
void *__wrap_aligned_alloc(size_t to, size_t size);

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *),
    void *arg)
{
	int rc;

	if (fail_thread > 0 && --fail_thread == 0)
		return (EAGAIN);
	if ((rc = __real_pthread_create(t, a, f, arg)) == 0)
		atomic_fetch_add(&threads, 1);
	return (rc);
}

int
__wrap_pthread_join(pthread_t t, void **result)
{

	atomic_fetch_sub(&threads, 1);
	return (__real_pthread_join(t, result));
}

static bool
alloc_fails(void)
{

	return (atomic_load(&fail_alloc) > 0 &&
	    atomic_fetch_sub(&fail_alloc, 1) == 1);
}

void *
__wrap_calloc(size_t count, size_t size)
{

	return (alloc_fails() ? NULL : __real_calloc(count, size));
}

void *
__wrap_aligned_alloc(size_t to, size_t size)
{

	return (alloc_fails() ? NULL : __real_aligned_alloc(to, size));
}

#define WORKERS 4

static _Atomic int opened, closed, refuse_at;

static void *
open_worker(void)
{

	if (atomic_fetch_add(&opened, 1) + 1 == atomic_load(&refuse_at))
		return (NULL);
	return (&opened);
}

static void
close_worker(void *state)
{

	(void)state;
	atomic_fetch_add(&closed, 1);
}

/* "wait": does not return until the test says so. */
static struct park gate;
static _Atomic int waiting;

static int
answer(const char *input, size_t length, throng_reply *reply)
{

	if (length == 4 && memcmp(input, "wait", 4) == 0) {
		atomic_store(&waiting, 1);
		park_wait(&gate);
	}
	return (throng_reply_append(reply, input, length));
}

static throng_handler handler = {
	.name = "bench",
	.process_input = answer,
	.worker_open = open_worker,
	.worker_close = close_worker,
};

/* A service, and as much of a reactor as workers see. */
struct bench {
	struct service service;
	struct reactor home;
	struct counters counters[WORKERS];
	struct pool *pool;
};

static struct bench *
bench_new(void)
{
	struct bench *b = __real_aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	unit_service(&b->service, &handler);
	b->service.config.workers = WORKERS;
	assert_int_equal(wakeup_open(&b->home.wakeup), 0);
	atomic_store(&opened, 0);
	atomic_store(&closed, 0);
	return (b);
}

static void
bench_free(struct bench *b)
{

	wakeup_close(&b->home.wakeup);
	free(b);
}

static void
start(struct bench *b)
{

	assert_int_equal(pool_start(&b->service, b->counters, &b->pool),
	    THRONG_OK);
	assert_int_equal(pool_workers(b->pool), WORKERS);
}

static uint64_t
soon(void)
{

	return (clock_now() + 60 * CLOCK_S);
}

static struct job *
job_with(struct bench *b, const char *text, uint32_t number)
{
	struct job *job = job_new(1);
	size_t length = strlen(text);

	assert_non_null(job);
	memcpy(bytes_reserve(&job->in, length), text, length);
	job->in.length = length;
	job_add(job, 0, length, 1, VERDICT_HANDLE);
	job->home = &b->home;
	job->slot = number;
	return (job);
}

static void
push(struct bench *b, unsigned worker, struct job *job)
{
	struct mpsc_chain chain = { 0 };

	mpsc_chain_add(&chain, &job->node);
	pool_push(b->pool, worker, &chain);
}

/* Take what has come back; check it; return how many there were. */
static unsigned
take_back(struct bench *b, bool *seen, const char *want)
{
	struct mpsc_node *node, *next;
	unsigned count = 0;

	wakeup_clear(&b->home.wakeup);
	for (node = mpsc_take(&b->home.replies); node != NULL; node = next) {
		struct job *job = job_of(node);

		next = node->next;
		assert_false(seen[job->slot]);
		seen[job->slot] = true;
		assert_int_equal(job->out.length, strlen(want));
		assert_memory_equal(job->out.data, want, strlen(want));
		assert_int_equal(job->replies, 1);
		job_free(job);
		count++;
	}
	return (count);
}

#define JOBS 2000

static void
works(void **state)
{
	struct pollfd pfd = { .events = POLLIN };
	struct bench *b = bench_new();
	static bool seen[JOBS];
	unsigned back = 0;
	throng_stats t = { 0 };

	(void)state;
	start(b);
	/* The barrier: every worker has opened its state. */
	assert_int_equal(opened, WORKERS);
	pfd.fd = b->home.wakeup.read_fd;
	for (uint32_t i = 0; i < JOBS; i++)
		push(b, i % WORKERS, job_with(b, "ping", i));
	while (back < JOBS) {
		assert_int_equal(poll(&pfd, 1, SUPPORT_DEADLINE), 1);
		back += take_back(b, seen, "ping\n");
	}
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	assert_int_equal(closed, WORKERS);
	assert_int_equal(threads, 0);
	for (int i = 0; i < WORKERS; i++)
		counters_sum(&b->counters[i], &t);
	assert_int_equal(t.requests, JOBS);
	assert_int_equal(t.batches, JOBS);
	/* One wakeup brought many back, and never fewer than one. */
	assert_in_range(t.wakeups, 1, JOBS);
	bench_free(b);
}

/* Its own order is kept by each worker. */
static void
in_order(void **state)
{
	struct bench *b = bench_new();
	struct mpsc_chain chain = { 0 };
	struct mpsc_node *node, *next;
	uint32_t expected = 0;

	(void)state;
	start(b);
	for (uint32_t i = 0; i < 100; i++)
		mpsc_chain_add(&chain, &job_with(b, "x", i)->node);
	pool_push(b->pool, 0, &chain);
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	for (node = mpsc_take(&b->home.replies); node != NULL; node = next) {
		next = node->next;
		assert_int_equal(job_of(node)->slot, expected++);
		job_free(job_of(node));
	}
	assert_int_equal(expected, 100);
	bench_free(b);
}

/* What is there when the end comes is done before it. */
static void
stops_with_jobs(void **state)
{
	struct bench *b = bench_new();
	static bool seen[500];

	(void)state;
	start(b);
	for (uint32_t i = 0; i < 500; i++)
		push(b, i % WORKERS, job_with(b, "late", i));
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	assert_int_equal(take_back(b, seen, "late\n"), 500);
	assert_int_equal(threads, 0);
	bench_free(b);
}

static void
worker_open_fails(void **state)
{
	struct bench *b = bench_new();
	char out[512];

	(void)state;
	for (int k = 1; k <= WORKERS; k++) {
		atomic_store(&opened, 0);
		atomic_store(&closed, 0);
		atomic_store(&refuse_at, k);
		assert_int_equal(unit_log(&b->service.log, THRONG_LOG_ERROR,
				     THRONG_LOG_TEXT),
		    0);
		assert_int_equal(pool_start(&b->service, b->counters, &b->pool),
		    THRONG_ERR_THREAD);
		assert_null(b->pool);
		assert_int_equal(threads, 0);
		assert_int_equal(closed, WORKERS - 1);
		unit_log_read(&b->service.log, out, sizeof(out));
		assert_non_null(strstr(out, "worker-not-started"));
	}
	atomic_store(&refuse_at, 0);
	bench_free(b);
}

static void
thread_fails(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	for (int k = 1; k <= WORKERS; k++) {
		atomic_store(&opened, 0);
		atomic_store(&closed, 0);
		fail_thread = k;
		assert_int_equal(pool_start(&b->service, b->counters, &b->pool),
		    THRONG_ERR_THREAD);
		assert_null(b->pool);
		assert_int_equal(threads, 0);
		assert_int_equal(opened, k - 1);
		assert_int_equal(closed, k - 1);
	}
	fail_thread = 0;
	bench_free(b);
}

static void
memory_fails(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	for (int k = 1;; k++) {
		throng_error error;

		atomic_store(&fail_alloc, k);
		error = pool_start(&b->service, b->counters, &b->pool);
		if (error == THRONG_OK)
			break;
		assert_int_equal(error,
		    k == 1 ? THRONG_ERR_NOMEM : THRONG_ERR_THREAD);
		assert_null(b->pool);
		assert_int_equal(threads, 0);
		assert_true(k < 100);
	}
	atomic_store(&fail_alloc, 0);
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	bench_free(b);
}

static void
await_handler(void)
{
	int64_t deadline = unit_deadline();

	while (atomic_load(&waiting) == 0)
		assert_true(support_turn(deadline));
}

/* What is told of a worker from outside: at work, with work, without. */
static void
idle_or_not(void **state)
{
	struct bench *b = bench_new();
	static bool seen[2];
	unsigned back = 0;

	(void)state;
	start(b);
	assert_true(pool_is_idle(b->pool, 2));
	atomic_store(&waiting, 0);
	push(b, 2, job_with(b, "wait", 0));
	await_handler();
	assert_false(pool_is_idle(b->pool, 2));
	assert_true(pool_is_idle(b->pool, 3));
	park_signal(&gate);
	for (uint64_t end = soon(); back == 0 && clock_now() < end;)
		back = take_back(b, seen, "wait\n");
	assert_int_equal(back, 1);
	for (uint64_t end = soon(); !pool_is_idle(b->pool, 2);)
		assert_true(clock_now() < end);
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	bench_free(b);
}

/* Whoever has nothing left to do has woken the reactor before it sleeps. */
static void
wakes_before_it_sleeps(void **state)
{
	struct bench *b = bench_new();
	struct pollfd pfd = { .fd = b->home.wakeup.read_fd, .events = POLLIN };
	bool seen[1] = { false };
	int64_t deadline = unit_deadline();

	(void)state;
	start(b);
	atomic_store(&waiting, 0);
	push(b, 0, job_with(b, "wait", 0));
	await_handler();
	assert_int_equal(poll(&pfd, 1, 0), 0);
	park_signal(&gate);
	while (atomic_load(&b->home.replies.head) == NULL)
		assert_true(support_turn(deadline));
	/* An hour from now it is late, unless it is at nothing. */
	while (pool_is_late(b->pool, 0, clock_now() + 3600 * CLOCK_S))
		assert_true(support_turn(deadline));
	assert_int_equal(poll(&pfd, 1, 0), 1);
	assert_int_equal(take_back(b, seen, "wait\n"), 1);
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	bench_free(b);
}

/* A handler that does not return: the end comes all the same, in time. */
static void
stuck(void **state)
{
	struct bench *b = bench_new();
	uint64_t until;
	bool seen[1] = { false };
	int64_t deadline = unit_deadline();

	(void)state;
	start(b);
	atomic_store(&waiting, 0);
	push(b, 1, job_with(b, "wait", 0));
	await_handler();
	until = clock_now() + 50 * CLOCK_MS;
	assert_false(pool_stop(b->pool, until));
	assert_true(clock_now() >= until);
	assert_true(support_now() < deadline);
	assert_int_equal(atomic_load(&threads), WORKERS);
	/* It returns after all: told to end already, it does. */
	park_signal(&gate);
	while (atomic_load(&closed) < WORKERS)
		assert_true(support_turn(deadline));
	assert_int_equal(take_back(b, seen, "wait\n"), 1);
	/* The pool is still there, for whoever has the patience. */
	assert_int_equal(pool_workers(b->pool), WORKERS);
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	assert_int_equal(threads, 0);
	bench_free(b);
}

/* Few of the replies that are ready wait for the request behind them: no
 * more than a chain that is not full yet. */
static void
few_wait_behind(void **state)
{
	struct bench *b = bench_new();
	bool seen[40] = { false };
	int64_t deadline = unit_deadline();
	struct mpsc_chain chain = { 0 };
	unsigned back = 0;

	(void)state;
	start(b);
	atomic_store(&waiting, 0);
	for (uint32_t i = 0; i < 39; i++)
		mpsc_chain_add(&chain, &job_with(b, "x", i)->node);
	mpsc_chain_add(&chain, &job_with(b, "wait", 39)->node);
	pool_push(b->pool, 2, &chain);
	await_handler();
	while (back < 39 - 31) {
		back += take_back(b, seen, "x\n");
		assert_true(support_turn(deadline));
	}
	park_signal(&gate);
	assert_true(pool_stop(b->pool, soon()));
	pool_free(b->pool);
	for (struct mpsc_node *node = mpsc_take(&b->home.replies), *next;
	     node != NULL; node = next) {
		next = node->next;
		job_free(job_of(node));
		back++;
	}
	assert_int_equal(back, 40);
	bench_free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(works),
		cmocka_unit_test(idle_or_not),
		cmocka_unit_test(in_order),
		cmocka_unit_test(stops_with_jobs),
		cmocka_unit_test(worker_open_fails),
		cmocka_unit_test(thread_fails),
		cmocka_unit_test(memory_fails),
		cmocka_unit_test(wakes_before_it_sleeps),
		cmocka_unit_test(stuck),
		cmocka_unit_test(few_wait_behind),
	};

	unit_guard();
	if (park_open(&gate) != 0)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
