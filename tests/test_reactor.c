/* A reactor in its thread, with a real pool behind it; its freelist; and
 * every way in which making one can fail. */
#include "unit.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept.h"
#include "clock.h"
#include "listen.h"
#include "reactor.h"
#include "work.h"

/* The allocation that fails, of all there are; 0: none. */
static int fail_alloc;
static bool fail_pipe, fail_thread;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*f)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*f)(void *), void *arg);

static bool
alloc_fails(void)
{

	return (fail_alloc > 0 && --fail_alloc == 0);
}

void *
__wrap_calloc(size_t count, size_t size)
{

	return (alloc_fails() ? NULL : __real_calloc(count, size));
}

static void *
event_malloc(size_t size)
{

	return (alloc_fails() ? NULL : malloc(size));
}

static void *
event_realloc(void *old, size_t size)
{

	return (alloc_fails() ? NULL : realloc(old, size));
}

int
__wrap_pipe2(int fds[2], int flags)
{

	if (fail_pipe) {
		errno = EMFILE;
		return (-1);
	}
	return (__real_pipe2(fds, flags));
}

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *),
    void *arg)
{

	return (fail_thread ? EAGAIN : __real_pthread_create(t, a, f, arg));
}

#define WORKERS 3

struct bench {
	struct service service;
	struct reactor reactor;
	struct counters counters[WORKERS];
	struct listener listener;
	int drained[2];
};

static struct bench *
bench_new(void)
{
	struct bench *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	unit_service(&b->service, &unit_handler_state);
	b->service.config.workers = WORKERS;
	assert_int_equal(listener_open(&b->listener, "127.0.0.1:0", 1, 100,
			     &b->service.log),
	    THRONG_OK);
	assert_int_equal(pipe(b->drained), 0);
	return (b);
}

static void
bench_free(struct bench *b)
{

	listener_close(&b->listener);
	close(b->drained[0]);
	close(b->drained[1]);
	free(b);
}

static void
on_drained(void *argument)
{
	struct bench *b = argument;

	(void)!write(b->drained[1], "d", 1);
}

static void
start(struct bench *b)
{
	struct reactor *r = &b->reactor;

	assert_int_equal(reactor_open(r, &b->service, 0), THRONG_OK);
	r->drained = on_drained;
	r->drained_argument = b;
	assert_int_equal(accept_open(r, &b->listener, 1, 0), THRONG_OK);
	assert_int_equal(pool_start(&b->service, b->counters, &r->pool),
	    THRONG_OK);
	assert_int_equal(reactor_start(r), 0);
}

static void
await_drained(struct bench *b)
{
	struct pollfd pfd = { .fd = b->drained[0], .events = POLLIN };

	assert_int_equal(poll(&pfd, 1, SUPPORT_DEADLINE), 1);
}

static void
stop(struct bench *b)
{

	assert_true(pool_stop(b->reactor.pool, clock_now() + 60 * CLOCK_S));
	reactor_order(&b->reactor, JOB_STOP);
	pthread_join(b->reactor.thread, NULL);
	/* Not before: it looks after the workers as long as it runs. */
	pool_free(b->reactor.pool);
	assert_int_equal(b->reactor.jobs_out, 0);
	reactor_close(&b->reactor);
}

static int
dial(const struct bench *b)
{
	struct address a;
	const char *why;
	int fd;

	assert_int_equal(address_parse(b->listener.text, &a, &why), 0);
	fd = socket(a.storage.ss_family, SOCK_STREAM, 0);
	assert_true(fd != -1);
	assert_int_equal(connect(fd, (struct sockaddr *)&a.storage, a.length),
	    0);
	return (fd);
}

#define CLIENTS 20
#define ROUNDS 100

static void
serves(void **state)
{
	unsigned before = unit_descriptors();
	struct bench *b = bench_new();
	throng_stats t = { 0 };
	int fds[CLIENTS];
	char line[32], got[32];

	(void)state;
	start(b);
	for (int i = 0; i < CLIENTS; i++)
		fds[i] = dial(b);
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < 2 * CLIENTS; i++) {
			int n = snprintf(line, sizeof(line), "%d-%d\n", round,
			    i % CLIENTS);

			if (i < CLIENTS) {
				assert_int_equal(send(fds[i], line, (size_t)n,
						     MSG_NOSIGNAL),
				    n);
				continue;
			}
			assert_int_equal(unit_read(fds[i - CLIENTS], got,
					     (size_t)n, unit_deadline()),
			    n);
			assert_memory_equal(got, line, (size_t)n);
		}
	reactor_order(&b->reactor, JOB_DRAIN);
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(unit_read(fds[i], got, 1, unit_deadline()), 0);
		close(fds[i]);
	}
	await_drained(b);
	stop(b);
	counters_sum(&b->reactor.counters, &t);
	for (int i = 0; i < WORKERS; i++)
		counters_sum(&b->counters[i], &t);
	assert_int_equal(t.connections, CLIENTS);
	assert_int_equal(t.open, 0);
	assert_int_equal(t.replies, CLIENTS * ROUNDS);
	assert_int_equal(t.requests, CLIENTS * ROUNDS);
	assert_int_equal(t.working, 0);
	assert_int_equal(unit_states, 0);
	bench_free(b);
	assert_int_equal(unit_descriptors(), before);
}

/* Stopped again before or while its loop begins: it ends. */
static void
starts_and_stops(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	for (int i = 0; i < 200; i++) {
		start(b);
		stop(b);
	}
	bench_free(b);
}

/* Clients that leave in the middle of everything. */
static void
clients_leave(void **state)
{
	struct bench *b = bench_new();
	struct linger reset = { 1, 0 };
	uint64_t random = 3;
	int fd;

	(void)state;
	start(b);
	for (int i = 0; i < 300; i++) {
		fd = dial(b);
		if (support_random(&random) % 2)
			(void)send(fd, "a\nstate\nb", 9, MSG_NOSIGNAL);
		if (support_random(&random) % 2)
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
			    sizeof(reset));
		close(fd);
	}
	reactor_order(&b->reactor, JOB_DRAIN);
	await_drained(b);
	stop(b);
	assert_int_equal(b->service.connections, 0);
	assert_int_equal(unit_states, 0);
	bench_free(b);
}

/* Empty jobs are kept for the next, but not without bound. */
static void
freelist(void **state)
{
	struct bench *b = bench_new();
	struct reactor *r = &b->reactor;
	static struct job *jobs[1100];

	(void)state;
	assert_int_equal(reactor_open(r, &b->service, 0), THRONG_OK);
	for (int i = 0; i < 1100; i++) {
		jobs[i] = reactor_job(r);
		assert_non_null(jobs[i]);
		assert_int_equal(jobs[i]->room, JOB_REQUESTS_MAX);
	}
	job_add(jobs[0], 0, 5, 0, VERDICT_HANDLE);
	for (int i = 1099; i >= 0; i--)
		reactor_job_done(r, jobs[i]);
	assert_int_equal(r->idle_count, 1024);
	/* Used again, and empty. */
	jobs[0] = reactor_job(r);
	assert_int_equal(jobs[0]->count, 0);
	assert_int_equal(r->idle_count, 1023);
	reactor_job_done(r, jobs[0]);
	/* Those that only close a state are not kept. */
	reactor_job_done(r, job_new(0));
	assert_int_equal(r->idle_count, 1024);
	fail_alloc = 1;
	jobs[0] = reactor_job(r); /* from the list: needs no memory */
	assert_non_null(jobs[0]);
	fail_alloc = 0;
	reactor_job_done(r, jobs[0]);
	reactor_close(r);
	bench_free(b);
}

/* The end is told when nothing is left, and not before. */
static void
pokes(void **state)
{
	struct bench *b = bench_new();
	struct reactor *r = &b->reactor;
	struct pollfd pfd = { .fd = b->drained[0], .events = POLLIN };

	(void)state;
	assert_int_equal(reactor_open(r, &b->service, 0), THRONG_OK);
	reactor_poke(r); /* nobody to tell */
	r->drained = on_drained;
	r->drained_argument = b;
	reactor_poke(r);
	assert_int_equal(poll(&pfd, 1, 0), 0);
	r->phase = REACTOR_DRAINING;
	r->open = 1;
	reactor_poke(r);
	r->open = 0;
	r->jobs_out = 1;
	reactor_poke(r);
	assert_int_equal(poll(&pfd, 1, 0), 0);
	r->jobs_out = 0;
	reactor_poke(r);
	assert_int_equal(poll(&pfd, 1, 0), 1);
	reactor_close(r);
	bench_free(b);
}

/* Neither select nor poll, whatever the environment says. */
static void
method(void **state)
{
	struct bench *b = bench_new();
	const char *name;

	(void)state;
	setenv("EVENT_NOEPOLL", "1", 1);
	setenv("EVENT_NOKQUEUE", "1", 1);
	assert_int_equal(reactor_open(&b->reactor, &b->service, 0), THRONG_OK);
	name = event_base_get_method(b->reactor.base);
	assert_string_not_equal(name, "select");
	assert_string_not_equal(name, "poll");
	reactor_close(&b->reactor);
	bench_free(b);
}

static void
opening_fails(void **state)
{
	struct bench *b = bench_new();
	unsigned before = unit_descriptors();
	throng_error error;
	int k;

	(void)state;
	fail_pipe = true;
	assert_int_equal(reactor_open(&b->reactor, &b->service, 0),
	    THRONG_ERR_SYSTEM);
	fail_pipe = false;
	assert_int_equal(unit_descriptors(), before);
	for (k = 1;; k++) {
		fail_alloc = k;
		error = reactor_open(&b->reactor, &b->service, 0);
		/* libevent can do without some of what it asks for. */
		if (fail_alloc > 0)
			break;
		if (error == THRONG_OK)
			reactor_close(&b->reactor);
		assert_int_equal(unit_descriptors(), before);
		assert_true(k < 1000);
	}
	fail_alloc = 0;
	assert_true(k > 5);
	assert_int_equal(error, THRONG_OK);
	reactor_close(&b->reactor);
	bench_free(b);
}

static void
starting_fails(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	assert_int_equal(reactor_open(&b->reactor, &b->service, 0), THRONG_OK);
	assert_int_equal(accept_open(&b->reactor, &b->listener, 1, 0),
	    THRONG_OK);
	fail_thread = true;
	assert_int_equal(reactor_start(&b->reactor), EAGAIN);
	fail_thread = false;
	reactor_close(&b->reactor);
	bench_free(b);
}

static void
say_nothing(int severity, const char *text)
{

	(void)severity;
	(void)text;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves),
		cmocka_unit_test(starts_and_stops),
		cmocka_unit_test(clients_leave),
		cmocka_unit_test(freelist),
		cmocka_unit_test(pokes),
		cmocka_unit_test(method),
		cmocka_unit_test(opening_fails),
		cmocka_unit_test(starting_fails),
	};

	unit_guard();
	event_set_mem_functions(event_malloc, event_realloc, free);
	event_set_log_callback(say_nothing);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
