/* Thread mode's registry: a thread per client, each joined; refusals when
 * there is none; and the end, asked for and enforced. */
#include "rig.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "perclient.h"
#include "stacks.h"

/* Threads started less threads joined, stacks taken less stacks given, and
 * whether none can be had. */
static _Atomic int threads, taken;
static bool fail_threads, reap_first;
/* The next who joins is held there. */
static _Atomic bool hold_next, held;
static _Atomic bool fail_calloc;
static int fail_cond;

int __real_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*f)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a,
    void *(*f)(void *), void *arg);
int __real_pthread_join(pthread_t t, void **result);
int __wrap_pthread_join(pthread_t t, void **result);
int __real_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
void *__real_stacks_take(struct stacks *s, pthread_attr_t *a);
void *__wrap_stacks_take(struct stacks *s, pthread_attr_t *a);
void __real_stacks_give(struct stacks *s, void *stack);
void __wrap_stacks_give(struct stacks *s, void *stack);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static struct rig *rig;
static struct perclient *perclient;

int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *),
    void *arg)
{
	int rc;

	if (fail_threads) {
		/* Another reactor wants its place just now. */
		if (reap_first)
			assert_true(perclient_reap(perclient, 0));
		return (EAGAIN);
	}
	if ((rc = __real_pthread_create(t, a, f, arg)) == 0)
		atomic_fetch_add(&threads, 1);
	return (rc);
}

int
__wrap_pthread_join(pthread_t t, void **result)
{

	if (atomic_exchange(&hold_next, false)) {
		atomic_store(&held, true);
		while (atomic_load(&held))
			sched_yield();
	}
	atomic_fetch_sub(&threads, 1);
	return (__real_pthread_join(t, result));
}

int
__wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a)
{

	return (fail_cond ? ENOMEM : __real_pthread_cond_init(c, a));
}

void *
__wrap_stacks_take(struct stacks *s, pthread_attr_t *a)
{
	void *stack = __real_stacks_take(s, a);

	if (stack != NULL)
		atomic_fetch_add(&taken, 1);
	return (stack);
}

void
__wrap_stacks_give(struct stacks *s, void *stack)
{

	atomic_fetch_sub(&taken, 1);
	__real_stacks_give(s, stack);
}

void *
__wrap_calloc(size_t count, size_t size)
{

	return (fail_calloc ? NULL : __real_calloc(count, size));
}

static int
open_rig(void **state)
{

	(void)state;
	rig = rig_new(&unit_handler);
	rig_start(rig);
	perclient = perclient_open(&rig->service);
	assert_non_null(perclient);
	return (0);
}

static uint64_t
after(uint64_t ms)
{

	return (clock_now() + ms * CLOCK_MS);
}

static int
close_rig(void **state)
{

	(void)state;
	assert_true(perclient_kill(perclient, after(60000)));
	/* Those who were reaped have told the reactor. */
	rig_settle(rig);
	perclient_close(perclient);
	assert_int_equal(threads, 0);
	assert_int_equal(taken, 0);
	rig_free(rig);
	return (0);
}

/* One that has been admitted. */
static int
offer(void)
{
	struct peer peer = { 0 };
	int fds[2];

	assert_int_equal(unit_pair(fds), 0);
	perclient_start(perclient, &rig->reactor, fds[0], &peer,
	    (struct seat){ 0, ADMIT_OK });
	return (fds[1]);
}

static int
client(void)
{

	assert_true(service_admit(&rig->service));
	return (offer());
}

static void
hear(int fd, const char *text)
{
	char got[256];
	size_t length = strlen(text);

	assert_int_equal(unit_read(fd, got, length, unit_deadline()), length);
	assert_memory_equal(got, text, length);
}

static void
hear_end(int fd)
{
	char byte;

	assert_int_equal(unit_read(fd, &byte, 1, unit_deadline()), 0);
	close(fd);
}

static void
await_open(uint64_t count)
{
	int64_t deadline = unit_deadline();

	while (rig_stats(rig).open != count)
		assert_true(support_turn(deadline));
}

#define MANY 30

static void
serves(void **state)
{
	int fds[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fds[i] = client();
		rig_say(fds[i], "a\n");
	}
	for (int i = 0; i < MANY; i++)
		hear(fds[i], "a\n");
	assert_int_equal(rig_stats(rig).connections, MANY);
	assert_int_equal(rig_stats(rig).open, MANY);
	assert_int_equal(rig->service.connections, MANY);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	await_open(0);
}

/* They come and go: whoever ended is joined by the next that ends. */
static void
threads_are_joined(void **state)
{
	int64_t deadline = unit_deadline();
	int fd;

	(void)state;
	for (int i = 0; i < 100; i++) {
		fd = client();
		rig_say(fd, "a\n");
		hear(fd, "a\n");
		close(fd);
		await_open(0);
	}
	while (atomic_load(&threads) > 1)
		assert_true(support_turn(deadline));
}

/* Whoever waits for another's end keeps nobody else from ending: it goes on
 * when there is time for that one. It keeps its place, however. */
static void
ends_wait_for_none(void **state)
{
	int64_t deadline = unit_deadline();
	int fds[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		fds[i] = client();
	close(fds[0]);
	await_open(4);
	atomic_store(&hold_next, true);
	close(fds[1]);
	while (!atomic_load(&held))
		assert_true(support_turn(deadline));
	for (int i = 2; i < 5; i++) {
		close(fds[i]);
		while (rig->service.connections != 5u - (unsigned)i)
			assert_true(support_turn(deadline));
	}
	atomic_store(&held, false);
	await_open(0);
}

#define BUSY "!error busy too many connections\n"

static void
no_thread(void **state)
{
	int first = client(), fd, crowd[17];
	unsigned most;

	(void)state;
	/* Its thread has all that it needs. */
	rig_say(first, "a\n");
	hear(first, "a\n");
	/* Not even memory to refuse it with: closed. */
	fail_calloc = true;
	fd = client();
	fail_calloc = false;
	hear_end(fd);
	assert_int_equal(rig->service.connections, 1);
	fail_threads = true;
	fd = client();
	fail_threads = false;
	hear(fd, BUSY);
	hear_end(fd);
	rig_settle(rig);
	assert_int_equal(rig_stats(rig).refused, 1);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig->service.connections, 1);
	/* One whose place was given away meanwhile gives it away once. */
	fail_threads = reap_first = true;
	fd = client();
	fail_threads = reap_first = false;
	hear_end(fd);
	assert_int_equal(rig_stats(rig).refused, 1);
	assert_int_equal(rig_stats(rig).reaped, 1);
	assert_int_equal(rig_stats(rig).open, 1);
	assert_int_equal(rig->service.connections, 1);
	/* As many as may be on their way out, beside those who are there. */
	for (size_t i = 0; i <= UNIT_COUNT(crowd); i++)
		assert_true(service_admit(&rig->service));
	most = rig->service.max_connections;
	rig->service.max_connections = 1;
	for (size_t i = 0; i < UNIT_COUNT(crowd); i++)
		crowd[i] = offer();
	fd = offer();
	rig->service.max_connections = most;
	hear(fd, BUSY);
	hear_end(fd);
	rig_settle(rig);
	assert_int_equal(rig->service.connections, 1 + UNIT_COUNT(crowd));
	for (size_t i = 0; i < UNIT_COUNT(crowd); i++)
		close(crowd[i]);
	await_open(1);
	rig_say(first, "a\n");
	hear(first, "a\n");
	close(first);
	await_open(0);
}

/* For want of descriptors only after a while. */
static void
reaps_the_quiet(void **state)
{
	int64_t deadline = unit_deadline();
	int fd = client();

	(void)state;
	assert_false(perclient_reap(perclient, 3600000));
	while (!perclient_reap(perclient, 1))
		assert_true(support_turn(deadline));
	hear_end(fd);
	await_open(0);
}

/* Whoever has said nothing the longest makes room, at once. */
static void
reaps(void **state)
{
	int fds[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		fds[i] = client();
		if (i > 0) {
			rig_say(fds[i], "a\n");
			hear(fds[i], "a\n");
			continue;
		}
		rig_say(fds[i], "part");
	}
	assert_true(perclient_reap(perclient, 0));
	assert_int_equal(rig->service.connections, 3);
	assert_int_equal(rig_stats(rig).open, 3);
	assert_int_equal(rig_stats(rig).reaped, 1);
	hear_end(fds[0]);
	assert_false(perclient_reap(perclient, 0));
	for (int i = 1; i < 4; i++) {
		rig_say(fds[i], "b\n");
		hear(fds[i], "b\n");
		close(fds[i]);
	}
	await_open(0);
	assert_int_equal(rig_stats(rig).connections, 4);
	assert_int_equal(rig->service.connections, 0);
}

/* The end: what has been sent is answered, then everybody is closed. */
static void
drains(void **state)
{
	int fds[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fds[i] = client();
		rig_say(fds[i], "a\nb\npart");
	}
	assert_true(perclient_drain(perclient, after(60000)));
	for (int i = 0; i < MANY; i++) {
		hear(fds[i], "a\nb\n");
		hear_end(fds[i]);
	}
	assert_int_equal(rig_stats(rig).open, 0);
	assert_int_equal(rig_stats(rig).dropped_partial, MANY);
}

/* A client that does not read holds the end up; then it is broken off. */
static void
kills(void **state)
{
	int fd = client(), idle = client();
	uint64_t until;

	(void)state;
	rig_say(fd, "big 10000000\n");
	while (recv(fd, &(char){ 0 }, 1, MSG_PEEK) != 1)
		continue;
	until = after(50);
	assert_false(perclient_drain(perclient, until));
	assert_true(clock_now() >= until);
	assert_true(perclient_kill(perclient, after(60000)));
	/* Those who were reaped have told the reactor. */
	rig_settle(rig);
	assert_int_equal(rig_stats(rig).open, 0);
	hear_end(idle);
	close(fd);
}

static void
logs_why(void **state)
{
	char out[1024];
	int fd;

	(void)state;
	assert_int_equal(unit_log(&rig->service.log, THRONG_LOG_INFO,
			     THRONG_LOG_TEXT),
	    0);
	fd = client();
	await_open(1);
	close(fd);
	await_open(0);
	fd = client();
	assert_true(perclient_drain(perclient, after(60000)));
	close(fd);
	unit_log_read(&rig->service.log, out, sizeof(out));
	rig->service.log.level = THRONG_LOG_ERROR;
	assert_non_null(strstr(out, "reason=client-closed"));
	assert_non_null(strstr(strstr(out, "closed peer"), "accepted"));
	assert_non_null(strstr(out, "reason=stopping"));
}

/* Send `length` bytes 'x' that begin a request, and wait until they are held
 * or somebody is broken for it. */
static void
hold(int fd, size_t length)
{
	size_t wanted = budget_total(&rig->budget) + length;
	int64_t deadline = unit_deadline();
	char *bytes = malloc(length);

	assert_non_null(bytes);
	memset(bytes, 'x', length);
	assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
	free(bytes);
	while (budget_total(&rig->budget) < wanted &&
	    rig_stats(rig).shed == 0)
		assert_true(support_turn(deadline));
}

/* Above the budget whoever holds the most is broken; the others go on. */
static void
sheds(void **state)
{
	static const size_t sizes[] = { 60000, 300000, 150000, 150000 };
	uint64_t left = 2;
	struct pollfd p = { .events = POLLIN };
	int fds[4];

	(void)state;
	unit_framing(&rig->service, THRONG_FRAME_LINE, 8u << 20);
	budget_open(&rig->budget, 1200000, 1);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rig_stats(rig).shed, 0);
		fds[i] = client();
		hold(fds[i], sizes[i]);
	}
	await_open(3);
	/* Buffers double: up to 128, 512, 256 and 256 KiB. */
	p.fd = fds[1];
	assert_int_equal(poll(&p, 1, 0), 1);
	hear_end(fds[1]);
	/* One after the other, so that no two replies are held at a time. */
	for (int i = 0; i < 4; i++) {
		if (i == 1)
			continue;
		rig_say(fds[i], "\n");
		rig_hear_x(rig, fds[i], sizes[i]);
		close(fds[i]);
		await_open(left--);
	}
	assert_int_equal(rig_stats(rig).shed, 1);
}

static void
opening_fails(void **state)
{
	struct perclient *p;

	(void)state;
	fail_calloc = true;
	assert_null(perclient_open(&rig->service));
	fail_calloc = false;
	fail_cond = 1;
	assert_null(perclient_open(&rig->service));
	fail_cond = 0;
	/* Less than a thread needs: as much as it does need. */
	rig->service.config.stack_size = 1;
	p = perclient_open(&rig->service);
	assert_non_null(p);
	perclient_close(p);
	perclient_close(NULL);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	static const struct CMUnitTest tests[] = {
		TEST(serves),
		TEST(reaps),
		TEST(reaps_the_quiet),
		TEST(threads_are_joined),
		TEST(ends_wait_for_none),
		TEST(no_thread),
		TEST(drains),
		TEST(kills),
		TEST(logs_why),
		TEST(sheds),
		TEST(opening_fails),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
