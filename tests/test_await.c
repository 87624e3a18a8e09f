/* Waiting for a client in a thread of its own: how long, and for what. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "await.h"
#include "clock.h"

/* How often options were set. */
static _Atomic unsigned options;

int __real_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length);

int
__wrap_setsockopt(int fd, int level, int name, const void *value,
    socklen_t length)
{

	atomic_fetch_add(&options, 1);
	return (__real_setsockopt(fd, level, name, value, length));
}

/* A conversation without its other parts. */
struct talk {
	struct service service;
	struct await await;
	int fds[2];
};

static struct talk *
talk_new(void)
{
	struct talk *t = aligned_alloc(64, (sizeof(*t) + 63) / 64 * 64);

	assert_non_null(t);
	unit_service(&t->service, &unit_handler);
	assert_int_equal(unit_pair(t->fds), 0);
	return (t);
}

static void
talk_begin(struct talk *t)
{

	await_begin(&t->await, &t->service, t->fds[0]);
}

static void
talk_free(struct talk *t)
{

	close(t->fds[0]);
	close(t->fds[1]);
	free(t);
}

/* Receive in vain, for at least `least` milliseconds since `from`. */
static void
in_vain(struct talk *t, enum close_reason why, uint32_t from, uint32_t least)
{
	char byte;

	assert_int_equal(await_receive(&t->await, &byte, 1), -1);
	assert_int_equal(t->await.why, why);
	assert_true(clock_ms() - from >= least);
}

/* Receive `text`, which is there, and look at it as one whole or a part. */
static void
received(struct talk *t, const char *text, bool whole)
{
	struct frame_scan scan = { .state = whole ? 0 : 2, .scanned = 1 };
	char got[64];

	assert_int_equal(send(t->fds[1], text, strlen(text), 0),
	    (ssize_t)strlen(text));
	assert_int_equal(await_receive(&t->await, got, sizeof(got)),
	    (ssize_t)strlen(text));
	await_looked(&t->await, &scan, whole);
}

static void
first(void **state)
{
	struct talk *t = talk_new();
	uint32_t from = clock_ms();

	(void)state;
	t->service.config.first_frame_ms = 40;
	talk_begin(t);
	/* A part of a request, which itself would have more time. */
	received(t, "x", false);
	in_vain(t, CLOSE_TIMEOUT_FIRST, from, 40);
	talk_free(t);
}

/* A byte at a time; the deadline stays where it was. */
static void
frame(void **state)
{
	struct talk *t = talk_new();
	uint32_t from = clock_ms();
	unsigned bytes = 0;

	(void)state;
	t->service.config.frame_ms = 60;
	t->service.config.min_rate = 1u << 20;
	talk_begin(t);
	received(t, "whole", true);
	received(t, "p", false);
	for (; clock_ms() - t->await.pace.began < 60; bytes++)
		received(t, "p", false);
	assert_true(bytes > 0);
	/* The last of them may have been late already. */
	t->await.late = false;
	in_vain(t, CLOSE_TIMEOUT_FRAME, from, 60);
	/* What has come although it is late is received all the same. */
	received(t, "late", false);
	/* And it has all its time again when it was not its fault. */
	await_answered(&t->await);
	in_vain(t, CLOSE_TIMEOUT_FRAME, t->await.pace.began, 60);
	/* But only once, or bytes that keep coming would hold it for ever. */
	received(t, "late", false);
	assert_int_equal(send(t->fds[1], "later", 5, 0), 5);
	in_vain(t, CLOSE_TIMEOUT_FRAME, from, 60);
	talk_free(t);
}

/* A shorter timeout of the socket does not shorten the wait, and is set anew
 * only when it must be. */
static void
idle(void **state)
{
	struct talk *t = talk_new();
	uint32_t from;

	(void)state;
	t->service.config.write_ms = 1000000;
	t->service.config.first_frame_ms = 60000;
	t->service.config.frame_ms = 50000;
	t->service.config.idle_ms = 50000;
	talk_begin(t);
	atomic_store(&options, 0);
	received(t, "a", true);
	assert_int_equal(atomic_load(&options), 1);
	received(t, "p", false);
	received(t, "p", false);
	received(t, "whole", true);
	for (int i = 0; i < 100; i++)
		received(t, "b", true);
	/* Once shorter, for those behind the first. */
	assert_int_equal(atomic_load(&options), 2);
	t->service.config.frame_ms = 20;
	t->service.config.min_rate = 1;
	t->service.config.idle_ms = 100;
	received(t, "p", false);
	received(t, "whole", true);
	from = clock_ms();
	in_vain(t, CLOSE_TIMEOUT_IDLE, from, 100);
	talk_free(t);
}

static void
ends(void **state)
{
	struct talk *t = talk_new();
	char byte;

	(void)state;
	talk_begin(t);
	shutdown(t->fds[1], SHUT_WR);
	assert_int_equal(await_receive(&t->await, &byte, 1), 0);
	close(t->fds[0]);
	assert_int_equal(await_receive(&t->await, &byte, 1), -1);
	assert_int_equal(t->await.why, CLOSE_RESET);
	t->fds[0] = t->fds[1];
	t->fds[1] = -1;
	talk_free(t);
}

#define LARGE (4u << 20)

static int
send_large(struct talk *t)
{
	static char large[LARGE];

	return (await_send(&t->await, large, sizeof(large)));
}

static void
writing(void **state)
{
	struct talk *t = talk_new();
	uint32_t from = clock_ms();

	(void)state;
	t->service.config.write_ms = 60;
	talk_begin(t);
	assert_int_equal(await_send(&t->await, "", 0), 0);
	assert_int_equal(await_send(&t->await, "a", 1), 0);
	assert_int_equal(send_large(t), -1);
	assert_int_equal(t->await.why, CLOSE_TIMEOUT_WRITE);
	assert_true(clock_ms() - from >= 60);
	assert_int_equal(t->service.shared.output_soft, 1);
	talk_free(t);
}

/* All of it is with the kernel; nothing is asked any more. */
static void
held_by_the_kernel(void **state)
{
	struct talk *t = talk_new();
	uint32_t from = clock_ms();

	(void)state;
	t->service.config.write_ms = 80;
	talk_begin(t);
	received(t, "whole", true);
	assert_int_equal(await_send(&t->await, "reply", 5), 0);
	in_vain(t, CLOSE_TIMEOUT_WRITE, from, 80);
	talk_free(t);
}

static void
half_closed(void **state)
{
	struct talk *t = talk_new();
	uint32_t from = clock_ms();

	(void)state;
	t->service.config.half_close_ms = 60;
	talk_begin(t);
	shutdown(t->fds[1], SHUT_WR);
	assert_int_equal(send_large(t), -1);
	assert_int_equal(t->await.why, CLOSE_TIMEOUT_HALF_CLOSE);
	assert_true(clock_ms() - from >= 60);
	talk_free(t);
}

/* At the end of the server all seem to have ended their sending. */
static void
draining(void **state)
{
	struct talk *t = talk_new();

	(void)state;
	t->service.config.half_close_ms = 1;
	t->service.config.write_ms = 60;
	t->service.draining = true;
	talk_begin(t);
	shutdown(t->fds[0], SHUT_RD);
	assert_int_equal(send_large(t), -1);
	assert_int_equal(t->await.why, CLOSE_TIMEOUT_WRITE);
	talk_free(t);
}

static void *
read_slowly(void *argument)
{
	struct talk *t = argument;
	static char some[65536];
	size_t got = 0;
	ssize_t n;

	while (got < LARGE && (n = recv(t->fds[1], some, sizeof(some), 0)) >
	    0) {
		got += (size_t)n;
		(void)support_turn(support_now() + 1000);
	}
	return (got == LARGE ? t : NULL);
}

/* More than fits anywhere, taken piece by piece. */
static void
slow_but_steady(void **state)
{
	struct talk *t = talk_new();
	pthread_t thread;
	void *all;

	(void)state;
	t->service.config.write_ms = 10000;
	talk_begin(t);
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, t), 0);
	assert_int_equal(send_large(t), 0);
	pthread_join(thread, &all);
	assert_ptr_equal(all, t);
	talk_free(t);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first),
		cmocka_unit_test(frame),
		cmocka_unit_test(idle),
		cmocka_unit_test(ends),
		cmocka_unit_test(writing),
		cmocka_unit_test(held_by_the_kernel),
		cmocka_unit_test(half_closed),
		cmocka_unit_test(draining),
		cmocka_unit_test(slow_but_steady),
	};

	unit_guard();
	return (cmocka_run_group_tests_name("await", tests, NULL, NULL));
}
