/* The thread that writes the log: whoever logs never waits, what is not lost
 * is whole and in order, what is lost is counted and told, and the end comes
 * whatever the reader does. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "writer.h"

/* What happens to writes to the log, one after the other. */
enum deed { REAL, INTERRUPTED, NOT_NOW, HALF, NO_SPACE, HANG };

static struct {
	_Atomic int fd;        /* the log's */
	enum deed deeds[4];
	_Atomic unsigned next; /* of the deeds; past the last all are real */
	_Atomic unsigned writes;
	sem_t hangs, go_on;
} script = { .fd = -1, .next = 4 };

/* A line that is said while the thread clears its wakeup, once all signals
 * that come beside it have been given; and whether it slept after that. The
 * last of these may be the one of the stop. */
static struct {
	_Atomic bool wanted, begun, said, asleep;
	_Atomic enum { NO_STOP, STOP_COMES, STOP_CAME } stop;
} slip;

static _Atomic int memory_fails = -1, thread_fails, pipe_fails;

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);

ssize_t
__wrap_write(int fd, const void *bytes, size_t length)
{

	if (fd != script.fd && slip.stop == STOP_COMES) {
		ssize_t n = __real_write(fd, bytes, length);

		slip.stop = STOP_CAME;
		sem_post(&script.go_on);
		return (n);
	}
	if (fd == script.fd)
		atomic_fetch_add(&script.writes, 1);
	if (fd != script.fd || script.next >= 4)
		return (__real_write(fd, bytes, length));
	switch (script.deeds[script.next++]) {
	case INTERRUPTED:
		errno = EINTR;
		return (-1);
	case NOT_NOW:
		errno = EAGAIN;
		return (-1);
	case NO_SPACE:
		errno = ENOSPC;
		return (-1);
	case HALF:
		return (__real_write(fd, bytes, length / 2));
	case HANG:
		sem_post(&script.hangs);
		while (sem_wait(&script.go_on) == -1)
			continue;
		/* The descriptor may be the next test's by now. */
		errno = EIO;
		return (-1);
	case REAL:
		break;
	}
	return (__real_write(fd, bytes, length));
}

#define FAILING(name, parameters, arguments)                             \
	void *__real_##name parameters;                                  \
	void *__wrap_##name parameters;                                  \
	void *__wrap_##name parameters                                   \
	{                                                                \
		if (memory_fails >= 0 && memory_fails-- == 0)            \
			return (NULL);                                   \
		return (__real_##name arguments);                        \
	}

FAILING(calloc, (size_t count, size_t size), (count, size))
FAILING(aligned_alloc, (size_t to, size_t size), (to, size))

int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);

int
__wrap_pipe2(int fds[2], int flags)
{

	if (pipe_fails) {
		errno = EMFILE;
		return (-1);
	}
	return (__real_pipe2(fds, flags));
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*body)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*body)(void *), void *argument);

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*body)(void *), void *argument)
{

	return (thread_fails ? EAGAIN :
	    __real_pthread_create(thread, attr, body, argument));
}

/* A log with a sink, into a pipe. */
static struct {
	struct log log;
	struct log_sink sink;
	struct counters counters;
	int reader;
} it;

static int
make(void **state)
{
	int fds[2];

	(void)state;
	memset(&it, 0, sizeof(it));
	assert_int_equal(pipe(fds), 0);
	it.reader = fds[0];
	it.sink.counters = &it.counters;
	it.log = (struct log){ fds[1], THRONG_LOG_DEBUG, THRONG_LOG_JSON,
		&it.sink };
	script.fd = fds[1];
	script.next = 4;
	return (0);
}

static int
unmake(void **state)
{

	(void)state;
	writer_stop(&it.sink);
	writer_free(&it.sink);
	script.fd = -1;
	close(it.log.fd);
	close(it.reader);
	return (0);
}

ssize_t __real_read(int fd, void *bytes, size_t length);
ssize_t __wrap_read(int fd, void *bytes, size_t length);

ssize_t
__wrap_read(int fd, void *bytes, size_t length)
{
	struct log_line l;

	/* Nobody else reads anything meanwhile. */
	if (atomic_exchange(&slip.wanted, false)) {
		slip.begun = true;
		while (sem_wait(&script.go_on) == -1)
			continue;
		if (log_begin(&l, &it.log, THRONG_LOG_INFO, "line")) {
			log_number(&l, "writer", 0);
			log_number(&l, "sequence", 0);
			log_end(&l);
		}
		slip.said = true;
	}
	return (__real_read(fd, bytes, length));
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{

	if (timeout == -1 && slip.said) {
		slip.asleep = true;
		/* Nobody would end this sleep. */
		if (slip.stop == STOP_CAME)
			timeout = 0;
	}
	return (__real_poll(fds, count, timeout));
}

static void
play(enum deed a, enum deed b, enum deed c, enum deed d)
{

	script.deeds[0] = a;
	script.deeds[1] = b;
	script.deeds[2] = c;
	script.deeds[3] = d;
	script.next = 0;
}

static void
start(void)
{

	assert_int_equal(writer_start(&it.log), 0);
}

static void
say(unsigned who, unsigned number)
{
	struct log_line l;

	if (!log_begin(&l, &it.log, THRONG_LOG_INFO, "line"))
		return;
	log_number(&l, "writer", who);
	log_number(&l, "sequence", number);
	log_bytes(&l, "data", "................................", number % 32);
	log_end(&l);
}

static uint64_t
lost(void)
{

	return (atomic_load(&it.counters.log_lost));
}

/* Read what has come so far; NUL behind it. */
static size_t
hear(char *out, size_t size)
{
	struct pollfd p = { .fd = it.reader, .events = POLLIN };
	size_t at = 0;
	ssize_t n;

	while (at < size - 1 && poll(&p, 1, 0) == 1 &&
	    (n = read(it.reader, out + at, size - 1 - at)) > 0)
		at += (size_t)n;
	out[at] = '\0';
	return (at);
}

/* One writer's lines come in their order; those told as lost are added up.
 * Return how many lines there were of them all. */
static unsigned
check_lines(char *text, unsigned *next, uint64_t *told)
{
	unsigned lines = 0;
	char *end, line[4096], event[32];

	for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		uint64_t who, number;
		size_t n;

		snprintf(line, sizeof(line), "%.*s", (int)(end + 1 - text),
		    text);
		if (json_wrong(line) != NULL)
			fail_msg("%s: %s", json_wrong(line), line);
		n = json_text(line, "event", event, sizeof(event) - 1);
		event[n] = '\0';
		if (strcmp(event, "log-lost") == 0) {
			assert_int_equal(json_number(line, "count", &number),
			    0);
			*told += number;
			continue;
		}
		assert_int_equal(json_number(line, "writer", &who), 0);
		assert_int_equal(json_number(line, "sequence", &number), 0);
		if (who >= 4 || number < next[who])
			fail_msg("not in order: %s", line);
		next[who] = (unsigned)number + 1;
		lines++;
	}
	assert_int_equal(*text, '\0');
	return (lines);
}

static void
simple(void **state)
{
	unsigned next[4] = { 0 };
	char out[8192];
	uint64_t told = 0;

	(void)state;
	start();
	for (unsigned i = 0; i < 20; i++)
		say(0, i);
	/* All that was said is there; nothing else is waited for. */
	writer_flush(&it.log, 10000);
	assert_true(hear(out, sizeof(out)) > 0);
	assert_int_equal(check_lines(out, next, &told), 20);
	/* The end writes the rest; later lines are written at once. */
	say(0, 20);
	writer_stop(&it.sink);
	assert_false(it.sink.given_up);
	say(0, 21);
	hear(out, sizeof(out));
	assert_int_equal(check_lines(out, next, &told), 2);
	assert_int_equal(next[0], 22);
	assert_int_equal(lost(), 0);
	/* Once more does nothing. */
	writer_stop(&it.sink);
}

/* A line whose signal is cleared with those before it: it is written, and
 * only then does the thread sleep. */
static void
said_while_cleared(void **state)
{
	int64_t deadline = unit_deadline();
	unsigned next[4] = { 0 };
	uint64_t told = 0;
	char out[1024];

	(void)state;
	start();
	slip.wanted = true;
	writer_wake(it.sink.writer);
	sem_post(&script.go_on);
	while (!slip.asleep)
		assert_true(support_turn(deadline));
	slip.said = slip.asleep = false;
	hear(out, sizeof(out));
	assert_int_equal(check_lines(out, next, &told), 1);
}

/* A stop whose signal is cleared with those before it is seen, too. */
static void
stopped_while_cleared(void **state)
{
	int64_t deadline = unit_deadline();
	unsigned next[4] = { 0 };
	uint64_t told = 0;
	char out[1024];
	bool asleep;

	(void)state;
	start();
	slip.begun = false;
	slip.wanted = true;
	writer_wake(it.sink.writer);
	/* From here on it clears, whatever it has looked at before. */
	while (!slip.begun)
		assert_true(support_turn(deadline));
	slip.stop = STOP_COMES;
	writer_stop(&it.sink);
	asleep = slip.asleep;
	slip.said = slip.asleep = false;
	slip.stop = NO_STOP;
	assert_false(asleep);
	assert_false(it.sink.given_up);
	/* It was too late for the thread. */
	hear(out, sizeof(out));
	assert_int_equal(check_lines(out, next, &told), 1);
}

#define EACH 4000

static void *
chatter(void *argument)
{

	for (unsigned i = 0; i < EACH; i++)
		say((unsigned)(uintptr_t)argument, i);
	return (NULL);
}

static void
chatter_all(void)
{
	pthread_t threads[4];

	for (uintptr_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, chatter,
		    (void *)i), 0);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

static void *
stop(void *argument)
{

	chatter_all();
	writer_stop(&it.sink);
	close(it.log.fd);
	it.log.fd = -1;
	return (argument);
}

/* Four threads, a reader that keeps up as it can: each line has come, or is
 * counted and told. */
static void
many_threads(void **state)
{
	static char out[4 * EACH * 200];
	unsigned next[4] = { 0 }, lines;
	uint64_t told = 0;
	pthread_t thread;
	size_t at = 0;
	ssize_t n;

	(void)state;
	start();
	assert_int_equal(pthread_create(&thread, NULL, stop, NULL), 0);
	while ((n = read(it.reader, out + at, sizeof(out) - 1 - at)) > 0)
		at += (size_t)n;
	pthread_join(thread, NULL);
	out[at] = '\0';
	lines = check_lines(out, next, &told);
	assert_int_equal(lines + lost(), 4 * EACH);
	/* What the end had no time for is not told, either. */
	assert_true(it.sink.given_up || told == lost());
	assert_true(lines > 0);
}

/* Nobody reads: all can say what they like, and the end comes. */
static void
nobody_reads(void **state)
{
	static char out[1 << 20];
	unsigned next[4] = { 0 }, lines;
	uint64_t told = 0;

	(void)state;
	start();
	chatter_all();
	writer_stop(&it.sink);
	assert_true(it.sink.given_up);
	assert_true(lost() > 0);
	hear(out, sizeof(out));
	lines = check_lines(out, next, &told);
	assert_int_equal(lines + lost(), 4 * EACH);
}

/* The reader wakes up: it is told what it has missed. */
static void
told_later(void **state)
{
	int64_t deadline = unit_deadline();
	unsigned next[4] = { 0 }, lines = 0;
	static char out[1 << 20];
	uint64_t told = 0;

	(void)state;
	start();
	chatter_all();
	while (told < lost() || lines + lost() < 4 * EACH) {
		assert_true(support_turn(deadline));
		hear(out, sizeof(out));
		lines += check_lines(out, next, &told);
	}
	assert_true(lost() > 0);
	assert_int_equal(told, lost());
	assert_int_equal(lines + lost(), 4 * EACH);
}

/* A write that hangs, as one may if others write to the same pipe: the thread
 * is left alone, and comes to no harm when it goes on. */
static void
hangs(void **state)
{
	/* Its memory stays its own; here, so that it can be found. */
	static struct writer *volatile left;
	struct log_line l;

	(void)state;
	start();
	left = it.sink.writer;
	assert_non_null(left);
	play(HANG, REAL, REAL, REAL);
	say(0, 0);
	while (sem_wait(&script.hangs) == -1)
		continue;
	say(0, 1);
	writer_stop(&it.sink);
	assert_true(it.sink.given_up);
	/* Late ones do without it. */
	assert_true(log_begin(&l, &it.log, THRONG_LOG_INFO, "late"));
	log_end(&l);
	writer_free(&it.sink);
	assert_null(it.sink.writer);
	memset(&it.counters, 0xff, sizeof(it.counters));
	sem_post(&script.go_on);
}

static void
troubles(void **state)
{
	char out[8192];
	unsigned next[4] = { 0 };
	uint64_t told = 0;

	(void)state;
	start();
	/* Tried again. */
	play(INTERRUPTED, NOT_NOW, HALF, REAL);
	say(0, 0);
	writer_flush(&it.log, 10000);
	hear(out, sizeof(out));
	assert_int_equal(check_lines(out, next, &told), 1);
	assert_int_equal(lost(), 0);
	/* Lost, and told when there is space again. */
	play(NO_SPACE, REAL, REAL, REAL);
	say(0, 1);
	writer_flush(&it.log, 10000);
	assert_int_equal(lost(), 1);
	say(0, 2);
	writer_stop(&it.sink);
	hear(out, sizeof(out));
	assert_int_equal(check_lines(out, next, &told), 1);
	assert_int_equal(next[0], 3);
	assert_int_equal(told, 1);
	assert_int_equal(lost(), 1);
}

/* A full disk is not asked once for every line, nor for every few. */
static void
full_disk(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	int64_t deadline = unit_deadline();
	uint64_t since, took;
	unsigned writes;

	(void)state;
	if (full == -1)
		skip();
	assert_int_equal(dup2(full, it.log.fd), it.log.fd);
	close(full);
	script.writes = 0;
	since = clock_now();
	start();
	for (unsigned i = 0; i < 20; i++) {
		chatter(NULL);
		(void)support_turn(support_now() + 10);
	}
	while (script.writes == 0)
		assert_true(support_turn(deadline));
	writes = script.writes;
	took = (clock_now() - since) / CLOCK_MS;
	if (writes > took / 100 + 1)
		fail_msg("%u writes in %llu ms", writes,
		    (unsigned long long)took);
	writer_stop(&it.sink);
	assert_int_equal(lost(), 20 * EACH);
}

/* Without room for it a line is not even made. */
static void
not_made(void **state)
{
	int64_t deadline = unit_deadline();
	struct log_line l;
	uint64_t before;

	(void)state;
	start();
	/* Nobody reads: the ring is full for good once the pipe is. */
	while (before = lost(),
	    log_begin(&l, &it.log, THRONG_LOG_ERROR, "line")) {
		log_end(&l);
		assert_true(support_now() < deadline);
	}
	assert_int_equal(lost(), before + 1);
}

/* A line that was cut stays a line of its own. */
static void
torn(void **state)
{
	char out[8192], *second;
	unsigned next[4] = { 0 };
	uint64_t told = 0;

	(void)state;
	start();
	play(HALF, NO_SPACE, REAL, REAL);
	say(0, 0);
	writer_flush(&it.log, 10000);
	say(0, 1);
	writer_stop(&it.sink);
	hear(out, sizeof(out));
	second = strchr(out, '\n');
	assert_non_null(second);
	*second = '\0';
	assert_non_null(json_wrong(out));
	assert_int_equal(check_lines(second + 1, next, &told), 1);
	assert_int_equal(next[0], 2);
	assert_int_equal(lost(), 1);
	assert_int_equal(told, 1);
}

/* The reader has gone: no signal, no spinning, everything counted. */
static void
reader_gone(void **state)
{

	(void)state;
	start();
	close(it.reader);
	for (unsigned i = 0; i < 10; i++)
		say(0, i);
	writer_stop(&it.sink);
	assert_int_equal(lost(), 10);
	it.reader = -1;
}

static void
no_descriptor(void **state)
{

	(void)state;
	close(it.log.fd);
	it.log.fd = -1;
	start();
	say(0, 0);
	writer_flush(&it.log, 10000);
	assert_int_equal(lost(), 1);
}

/* How many of one kind the lines say were held back. */
static unsigned long
suppressed(const char *text)
{
	static const char line[] =
	    " warn suppressed kind=closed reason=reset count=";
	unsigned long sum = 0;

	while ((text = strstr(text, line)) != NULL && strchr(text, '\n') !=
	    NULL)
		sum += strtoul(text += sizeof(line) - 1, NULL, 10);
	return (sum);
}

/* Many of one kind: ten come, the rest is told while nothing else happens,
 * and at the end what has not been told. */
static void
held_back(void **state)
{
	int64_t deadline = unit_deadline();
	unsigned begun = 0, lines = 0;
	struct log_line l;
	char out[8192], *at;

	(void)state;
	it.log.level = THRONG_LOG_INFO;
	it.log.format = THRONG_LOG_TEXT;
	start();
	for (int i = 0; i < 1000; i++)
		if (log_begin_kind(&l, &it.log, THRONG_LOG_INFO, "closed",
		    "reset")) {
			log_end(&l);
			begun++;
		}
	/* Other kinds and levels are none of theirs. */
	for (int i = 0; i < 100; i++)
		if (log_begin(&l, &it.log, THRONG_LOG_ERROR, "bad"))
			begun++;
	assert_true(begun >= 10 + 100 && begun < 1000);
	begun -= 100;
	/* In one line, or in two if a second has passed meanwhile. */
	for (at = out, *at = '\0'; suppressed(out) < 1000 - begun;
	    at += hear(at, sizeof(out) - (size_t)(at - out)))
		assert_true(support_turn(deadline));
	assert_int_equal(suppressed(out), 1000 - begun);
	assert_int_equal(atomic_load(&it.counters.log_suppressed),
	    1000 - begun);
	for (at = out; (at = strstr(at, " info closed\n")) != NULL; at++)
		lines++;
	assert_int_equal(lines, begun);
	assert_int_equal(lost(), 0);
	for (int i = 0; i < 60; i++)
		if (log_begin(&l, &it.log, THRONG_LOG_WARN, "other"))
			log_end(&l);
	writer_stop(&it.sink);
	hear(out, sizeof(out));
	assert_non_null(strstr(out, " warn suppressed kind=other count="));
}

static void
expect_not_started(int rc, unsigned descriptors)
{

	assert_int_equal(writer_start(&it.log), rc);
	assert_null(it.sink.writer);
	assert_int_equal(unit_descriptors(), descriptors);
}

static void
not_started(void **state)
{
	unsigned before = unit_descriptors();
	unsigned next[4] = { 0 };
	uint64_t told = 0;
	char out[1024];

	(void)state;
	for (int i = 0; i < 4; i++) {
		memory_fails = i;
		expect_not_started(ENOMEM, before);
	}
	memory_fails = -1;
	pipe_fails = 1;
	expect_not_started(EMFILE, before);
	pipe_fails = 0;
	thread_fails = 1;
	expect_not_started(EAGAIN, before);
	thread_fails = 0;
	/* Lines are written all the same. */
	say(0, 0);
	hear(out, sizeof(out));
	assert_int_equal(check_lines(out, next, &told), 1);
	writer_flush(&it.log, 10000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(simple, make, unmake),
		cmocka_unit_test_setup_teardown(said_while_cleared, make,
		    unmake),
		cmocka_unit_test_setup_teardown(stopped_while_cleared, make,
		    unmake),
		cmocka_unit_test_setup_teardown(many_threads, make, unmake),
		cmocka_unit_test_setup_teardown(nobody_reads, make, unmake),
		cmocka_unit_test_setup_teardown(told_later, make, unmake),
		cmocka_unit_test_setup_teardown(hangs, make, unmake),
		cmocka_unit_test_setup_teardown(troubles, make, unmake),
		cmocka_unit_test_setup_teardown(full_disk, make, unmake),
		cmocka_unit_test_setup_teardown(not_made, make, unmake),
		cmocka_unit_test_setup_teardown(torn, make, unmake),
		cmocka_unit_test_setup_teardown(reader_gone, make, unmake),
		cmocka_unit_test_setup_teardown(no_descriptor, make, unmake),
		cmocka_unit_test_setup_teardown(held_back, make, unmake),
		cmocka_unit_test_setup_teardown(not_started, make, unmake),
	};

	unit_guard();
	sem_init(&script.hangs, 0, 0);
	sem_init(&script.go_on, 0, 0);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
