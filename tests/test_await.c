/* Waiting for a client in a thread of its own: how long, and for what. */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "await.h"
#include "clock.h"
#include "expire.h"

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

/* How long each of the next waits takes, by a clock that jumps: the process
 * does not run meanwhile. Milliseconds, 0: no more. */
static const uint32_t *waits;

/* What the clock is ahead of the real one. */
static _Atomic uint64_t ahead_ms;

/* What a client sends when it is waited for next, and where. */
static const char *says;
static int says_to;

/* Stopped by a signal. */
static bool interrupted;

/* The frozen wait ends with what is there. */
static bool hears;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
ssize_t __real_recv(int fd, void *out, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *out, size_t size, int flags);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

/* clang's sanitizers are linked in and ask before they are set up. */
#ifdef __clang__
__attribute__((disable_sanitizer_instrumentation))
#endif
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = __real_clock_gettime(clock, now);

	now->tv_sec += (time_t)(ahead_ms / 1000);
	now->tv_nsec += (long)(ahead_ms % 1000 * CLOCK_MS);
	if (now->tv_nsec >= (long)CLOCK_S) {
		now->tv_nsec -= (long)CLOCK_S;
		now->tv_sec++;
	}
	return (rc);
}

/* Whether this wait is one of those. */
static bool
is_frozen(void)
{

	if (waits == NULL || *waits == 0)
		return (false);
	ahead_ms += *waits++;
	return (true);
}

ssize_t
__wrap_recv(int fd, void *out, size_t size, int flags)
{

	if (flags == 0 && is_frozen() && !hears) {
		errno = interrupted ? EINTR : EAGAIN;
		return (-1);
	}
	if (flags == 0 && says != NULL && !hears) {
		(void)send(says_to, says, strlen(says), 0);
		says = NULL;
	}
	hears = hears && flags != 0;
	return (__real_recv(fd, out, size, flags));
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{

	return (is_frozen() ? 0 : __real_poll(fds, count, timeout));
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

	(void)state;
	t->service.config.frame_ms = 60;
	t->service.config.min_rate = 1u << 20;
	talk_begin(t);
	received(t, "whole", true);
	received(t, "p", false);
	do {
		received(t, "p", false);
	} while (clock_ms() - t->await.pace.began < 60);
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
	unsigned before;

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
	/* Once shorter, for those behind the first; and again for each piece that
	 * the machine takes a millisecond or more to come to. */
	before = atomic_load(&options);
	assert_in_range(before, 2, 4);
	for (int i = 0; i < 100; i++)
		received(t, "b", true);
	assert_int_equal(atomic_load(&options), before);
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

/* Stopped for longer than its deadline, a client has a second to speak in. */
static void
frozen_until_it_speaks(struct talk *t, bool mid_way)
{
	static const uint32_t frozen[] = { 10000, 0 };
	char got[8];

	if (mid_way)
		received(t, "p", false);
	says = "x\n";
	says_to = t->fds[1];
	waits = frozen;
	assert_int_equal(await_receive(&t->await, got, sizeof(got)), 2);
	assert_null(says);
}

/* Nobody spoke, nor did so later: once is enough. */
static void
frozen_in_vain(struct talk *t, enum close_reason why)
{
	static const uint32_t frozen[] = { 10000, EXPIRE_GRACE_MS, 0 };

	waits = frozen;
	in_vain(t, why, clock_ms(), 11000);
	assert_int_equal(*waits, 0);
}

static void
frozen(void **state)
{
	static const uint32_t once[] = { 10000, 0 };
	struct frame_scan none = { 0 };
	struct talk *t = talk_new();

	(void)state;
	t->service.config.first_frame_ms = 5000;
	t->service.config.frame_ms = 5000;
	t->service.config.idle_ms = 5000;
	t->service.config.min_rate = 1u << 20;
	talk_begin(t);
	frozen_in_vain(t, CLOSE_TIMEOUT_FIRST);
	talk_begin(t);
	frozen_until_it_speaks(t, false);
	await_looked(&t->await, &none, true);
	frozen_in_vain(t, CLOSE_TIMEOUT_IDLE);
	talk_begin(t);
	interrupted = true;
	frozen_until_it_speaks(t, false);
	interrupted = false;
	await_looked(&t->await, &none, true);
	frozen_until_it_speaks(t, false);
	await_looked(&t->await, &none, true);
	frozen_until_it_speaks(t, true);
	await_looked(&t->await, &none, true);
	received(t, "p", false);
	frozen_in_vain(t, CLOSE_TIMEOUT_FRAME);
	/* A part of it came meanwhile, and was read; then the rest. */
	talk_begin(t);
	received(t, "whole", true);
	received(t, "p", false);
	waits = once;
	hears = true;
	received(t, "p", false);
	waits = NULL;
	says = "x\n";
	assert_int_equal(await_receive(&t->await, (char[8]){ 0 }, 8), 2);
	talk_free(t);
}

/* Likewise for who does not take its reply. */
static void
frozen_writing(void **state)
{
	static const uint32_t frozen[] = { 40000, 1, 1400, 0 };
	struct talk *t = talk_new();

	(void)state;
	t->service.config.write_ms = 30000;
	talk_begin(t);
	waits = frozen;
	assert_int_equal(send_large(t), -1);
	assert_int_equal(t->await.why, CLOSE_TIMEOUT_WRITE);
	assert_int_equal(*waits, 0);
	waits = NULL;
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
		cmocka_unit_test(frozen),
		cmocka_unit_test(frozen_writing),
	};

	unit_guard();
	return (cmocka_run_group_tests_name("await", tests, NULL, NULL));
}
