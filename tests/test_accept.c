/* The first stage: so many a pass, a pause when there is no room, refusals,
 * and those who waited at the end. */
#include "rig.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "accept.h"
#include "clock.h"
#include "listen.h"
#include "reply.h"
#include "source.h"

/* Errors that accepting is to meet, and how often it was tried. */
static int accept_error, accept_errors;
static unsigned accepts;

/* Whether there is no descriptor for more than those who have come: the kernel
 * looks for one before it looks at the queue. */
static bool none_left;

/* Whether libevent gets no memory. */
static bool event_fails;

int __real_accept4(int fd, struct sockaddr *sa, socklen_t *length, int flags);
int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *length, int flags);

int
__wrap_accept4(int fd, struct sockaddr *sa, socklen_t *length, int flags)
{

	int conn;

	accepts++;
	if (accept_errors > 0) {
		accept_errors--;
		errno = accept_error;
		return (-1);
	}
	if ((conn = __real_accept4(fd, sa, length, flags)) == -1 &&
	    errno == EAGAIN && none_left)
		errno = EMFILE;
	return (conn);
}

static void *
event_malloc(size_t size)
{

	return (event_fails ? NULL : malloc(size));
}

static void *
event_realloc(void *old, size_t size)
{

	return (event_fails ? NULL : realloc(old, size));
}

static struct rig *rig;
static struct listener listener;

static int
open_rig(void **state)
{
	static const struct log quiet = { -1, 0, 0, NULL };

	(void)state;
	rig = rig_new(&unit_handler);
	assert_int_equal(listener_open(&listener, "127.0.0.1:0", 1, 1000,
			     &quiet),
	    THRONG_OK);
	return (0);
}

static void
serve(void)
{

	rig_start(rig);
	assert_int_equal(accept_open(&rig->reactor, &listener, 1, 1),
	    THRONG_OK);
	assert_int_equal(accept_start(&rig->reactor), 0);
}

static int
close_rig(void **state)
{
	struct sources *sources;

	(void)state;
	accept_errors = 0;
	sources = rig->service.sources;
	rig_free(rig);
	sources_close(sources);
	listener_close(&listener);
	return (0);
}

static int
dial(void)
{
	struct address a;
	const char *why;
	int fd;

	assert_int_equal(address_parse(listener.text, &a, &why), 0);
	fd = socket(a.storage.ss_family, SOCK_STREAM, 0);
	assert_true(fd != -1);
	assert_int_equal(connect(fd, (struct sockaddr *)&a.storage, a.length),
	    0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return (fd);
}

static void
turn_until_open(unsigned count)
{
	int64_t deadline = unit_deadline();

	while (rig->reactor.open != count) {
		assert_true(support_turn(deadline));
		rig_turn(rig);
	}
}

#define MANY 40

static void
budget(void **state)
{
	int fds[MANY];

	(void)state;
	serve();
	for (int i = 0; i < MANY; i++)
		fds[i] = dial();
	rig_turn(rig);
	assert_int_equal(rig->reactor.open, 16);
	rig_turn(rig);
	assert_int_equal(rig->reactor.open, 32);
	rig_turn(rig);
	assert_int_equal(rig->reactor.open, MANY);
	accepts = 0;
	for (int i = 0; i < 10; i++)
		rig_turn(rig);
	assert_int_equal(accepts, 0);
	assert_int_equal(rig_stats(rig).connections, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_true(fcntl(rig_conn(rig, (uint32_t)i)->fd, F_GETFL) &
		    O_NONBLOCK);
		assert_true(fcntl(rig_conn(rig, (uint32_t)i)->fd, F_GETFD) &
		    FD_CLOEXEC);
		rig_say(fds[i], "a\n");
		rig_hear(rig, fds[i], "a\n");
		close(fds[i]);
	}
}

/* No descriptors: it pauses, does not spin, says so once, and goes on. */
static void
out_of_descriptors(void **state)
{
	struct rlimit before, low;
	char out[1024];
	int first, second;
	uint64_t since;

	(void)state;
	assert_int_equal(unit_log(&rig->service.log, THRONG_LOG_WARN,
			     THRONG_LOG_TEXT),
	    0);
	serve();
	/* It takes the connection first and says EMFILE then. */
	if (unit_under_valgrind())
		return;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	first = dial();
	second = dial();
	/* The highest in use is the last that there is. */
	low = before;
	low.rlim_cur = (rlim_t)second + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (int fd = 3; fd < second; fd++)
		assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	accepts = 0;
	since = clock_now();
	rig_turn(rig);
	assert_int_equal(accepts, 1);
	assert_int_equal(rig_stats(rig).accept_paused, 1);
	while (rig_stats(rig).accept_paused < 3)
		rig_turn(rig);
	/* Each pause is ten milliseconds long: no try a turn. */
	assert_true(clock_now() - since >= 10 * CLOCK_MS);
	assert_int_equal(accepts, 3);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	turn_until_open(2);
	unit_log_read(&rig->service.log, out, sizeof(out));
	assert_non_null(strstr(out,
	    "accept-paused reason=\"Too many open files\"\n"));
	/* One line a second. */
	if (clock_now() - since < CLOCK_S)
		assert_null(strstr(strchr(out, '\n'), "accept-paused"));
	rig_say(first, "a\n");
	rig_hear(rig, first, "a\n");
	close(first);
	close(second);
}

/* A connection that closes gives its descriptor to the next one at once. */
static void
room_again(void **state)
{
	int first, second;
	uint64_t since;

	(void)state;
	serve();
	first = dial();
	/* Else it would make room itself. */
	rig_say(first, "a\n");
	rig_hear(rig, first, "a\n");
	second = dial();
	since = clock_now();
	accept_error = EMFILE;
	accept_errors = 1;
	while (rig_stats(rig).accept_paused == 0)
		rig_turn(rig);
	assert_true(rig->reactor.accept_paused);
	conn_close(rig_conn(rig, 0), CLOSE_EOF);
	assert_false(rig->reactor.accept_paused);
	/* One turn to begin again, one to accept; fewer than a pause takes. */
	for (int i = 0; i < 3; i++)
		rig_turn(rig);
	if (clock_now() - since < 10 * CLOCK_MS)
		assert_int_equal(rig->reactor.open, 1);
	turn_until_open(1);
	accept_room(&rig->reactor); /* nothing to do */
	close(first);
	close(second);
}

/* Let the only one that is in seem to be there for a second. */
static void
grow_older(void)
{

	rig_conn(rig, 0)->opened -= 1000;
}

/* The last descriptor goes to the last who waits; nobody has to make room for
 * the one who is not there. */
static void
last_descriptor(void **state)
{
	int silent, next;

	(void)state;
	serve();
	silent = dial();
	turn_until_open(1);
	grow_older();
	next = dial();
	none_left = true;
	turn_until_open(2);
	none_left = false;
	assert_int_equal(rig_stats(rig).reaped, 0);
	assert_int_equal(rig_stats(rig).accept_paused, 0);
	assert_true(rig_silent(silent));
	close(silent);
	close(next);
	turn_until_open(0);
}

/* Whoever has said nothing for a while gives his descriptor to the next. */
static void
makes_way(void **state)
{
	static const int errors[] = { EMFILE, ENFILE };
	int silent, next;

	(void)state;
	serve();
	for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
		silent = dial();
		turn_until_open(1);
		rig_say(silent, "part");
		for (int k = 0; k < 3; k++)
			rig_turn(rig);
		grow_older();
		next = dial();
		accept_error = errors[i];
		accept_errors = 1;
		rig_end(rig, silent);
		turn_until_open(1);
		rig_say(next, "a\n");
		rig_hear(rig, next, "a\n");
		assert_int_equal(rig_stats(rig).reaped, i + 1);
		assert_int_equal(rig_stats(rig).accept_paused, 0);
		close(next);
		turn_until_open(0);
	}
}

/* Not so who has just come, nor who has sent what was not read yet; nor for
 * want of memory. */
static void
keeps_its_place(void **state)
{
	int in, next;

	(void)state;
	serve();
	in = dial();
	turn_until_open(1);
	rig_conn(rig, 0)->opened = reactor_ms(&rig->reactor);
	assert_false(admit_descriptor(&rig->reactor));
	grow_older();
	next = dial();
	accept_error = ENOMEM;
	accept_errors = 1;
	while (rig_stats(rig).accept_paused == 0)
		rig_turn(rig);
	assert_int_equal(rig->reactor.open, 1);
	rig_say(in, "a\n");
	assert_false(admit_descriptor(&rig->reactor));
	rig_hear(rig, in, "a\n");
	assert_false(admit_descriptor(&rig->reactor));
	turn_until_open(2);
	assert_int_equal(rig_stats(rig).reaped, 0);
	close(in);
	close(next);
}

/* A reactor that has nobody itself asks the one that has. */
static void
asks_another(void **state)
{
	struct reactor *reactors[] = { &rig->reactor, NULL };
	struct reactor *other = aligned_alloc(MPSC_CACHE_LINE,
	    (sizeof(*other) + MPSC_CACHE_LINE - 1) / MPSC_CACHE_LINE *
	    MPSC_CACHE_LINE);
	struct job *job;
	int silent;

	(void)state;
	serve();
	assert_non_null(other);
	assert_int_equal(reactor_open(other, &rig->service, 1), THRONG_OK);
	reactors[1] = other;
	rig->service.reactors = reactors;
	rig->service.reactor_count = 2;
	assert_false(admit_descriptor(&rig->reactor));
	assert_null(mpsc_take(&other->replies));
	reactor_count_silent(other, 1);
	assert_false(admit_descriptor(&rig->reactor));
	job = job_of(mpsc_take(&other->replies));
	assert_non_null(job);
	assert_int_equal(job->kind, JOB_ROOM);
	/* As if it had been the other way round. */
	silent = dial();
	turn_until_open(1);
	grow_older();
	reply_job(&rig->reactor, job);
	assert_int_equal(rig->reactor.open, 0);
	assert_int_equal(rig_stats(rig).reaped, 1);
	rig_end(rig, silent);
	rig->service.reactors = NULL;
	rig->service.reactor_count = 0;
	reactor_close(other);
	free(other);
}

/* Even when there is no memory to wait for better times with. */
static void
no_memory_to_pause(void **state)
{
	int fd;

	(void)state;
	serve();
	fd = dial();
	accept_error = ENOMEM;
	accept_errors = 1;
	event_fails = true;
	rig_turn(rig);
	event_fails = false;
	turn_until_open(1);
	close(fd);
}

/* What is wrong with one client does not concern the next. */
static void
others_errors(void **state)
{
	static const int errors[] = { ECONNABORTED, EINTR, EPROTO, EPERM };
	int fd;

	(void)state;
	serve();
	for (size_t i = 0; i < UNIT_COUNT(errors); i++) {
		fd = dial();
		accept_error = errors[i];
		accept_errors = 3;
		rig_turn(rig);
		assert_int_equal(rig->reactor.open, 1);
		assert_int_equal(rig_stats(rig).accept_paused, 0);
		close(fd);
		turn_until_open(0);
	}
	for (int i = 0; i < 2; i++) {
		static const int pauses[] = { ENFILE, ENOBUFS };

		fd = dial();
		accept_error = pauses[i];
		accept_errors = 1;
		rig_turn(rig);
		assert_int_equal(rig_stats(rig).accept_paused, i + 1);
		turn_until_open(1);
		close(fd);
		turn_until_open(0);
	}
}

#define BUSY "!error busy too many connections\n"

/* Too many: refused politely, and beyond that at once. */
static void
refusals(void **state)
{
	int fds[MANY], in;

	(void)state;
	rig->service.max_connections = 1;
	serve();
	in = dial();
	rig_say(in, "first\n");
	rig_hear(rig, in, "first\n");
	for (int i = 0; i < MANY; i++)
		fds[i] = dial();
	while (rig_stats(rig).refused < MANY)
		rig_turn(rig);
	/* They linger until they end, not for a second. */
	event_del(rig->reactor.tick);
	assert_int_equal(rig->reactor.refusing, CONN_REFUSING_MAX);
	assert_int_equal(rig->reactor.open, CONN_REFUSING_MAX + 1);
	for (int i = 0; i < MANY; i++) {
		rig_hear(rig, fds[i], BUSY);
		rig_end(rig, fds[i]);
	}
	assert_int_equal(rig->reactor.refusing, 0);
	assert_int_equal(rig_stats(rig).connections, 1);
	rig_say(in, "a\n");
	rig_hear(rig, in, "a\n");
	close(in);
}

/* So many come in one go; the last is refused. */
static void
last_is_refused(int *fds, unsigned count)
{

	for (unsigned i = 0; i < count; i++)
		fds[i] = dial();
	turn_until_open(count);
	rig_hear(rig, fds[count - 1], BUSY);
	rig_end(rig, fds[count - 1]);
	assert_int_equal(rig_stats(rig).refused, 1);
}

/* A source's own limits: refused for them, and counted by reason. */
static void
sources_limits(void **state)
{
	int fds[4];

	(void)state;
	rig->service.sources = sources_open(3, 1000, 10);
	serve();
	last_is_refused(fds, 4);
	assert_int_equal(rig_stats(rig).refused_source, 1);
	close(fds[0]);
	turn_until_open(2);
	fds[0] = dial();
	turn_until_open(3);
	assert_int_equal(rig_stats(rig).refused, 1);
	assert_int_equal(rig_stats(rig).connections, 4);
	assert_int_equal(atomic_load(&rig->service.connections), 3);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

/* One a second: two that have come are taken in one go, well within it. */
static void
sources_rate(void **state)
{
	int fds[2];

	(void)state;
	rig->service.sources = sources_open(3, 1, 10);
	serve();
	last_is_refused(fds, 2);
	assert_int_equal(rig_stats(rig).refused_rate, 1);
	assert_int_equal(rig_stats(rig).connections, 1);
	close(fds[0]);
}

/* Work that was begun for a client that left still counts for its source. */
static void
work_counts(void **state)
{
	static const struct linger at_once = { 1, 0 };
	int first, second;

	(void)state;
	rig->service.sources = sources_open(1, 1000000, 10);
	serve();
	first = dial();
	rig_say(first, "a\n");
	turn_until_open(1);
	while (rig->held_count == 0)
		rig_turn(rig);
	/* A reset: who only ends his sending waits for the reply. */
	assert_int_equal(setsockopt(first, SOL_SOCKET, SO_LINGER, &at_once,
			     sizeof(at_once)),
	    0);
	close(first);
	turn_until_open(0);
	second = dial();
	turn_until_open(1);
	assert_int_equal(rig_stats(rig).refused_source, 1);
	rig_hear(rig, second, BUSY);
	rig_end(rig, second);
	second = dial();
	turn_until_open(1);
	rig_say(second, "b\n");
	rig_hear(rig, second, "b\n");
	close(second);
}

/* At the end those who wait are let in; then nobody is. */
static void
stops(void **state)
{
	struct address a;
	const char *why;
	int fds[MANY], late;

	(void)state;
	serve();
	for (int i = 0; i < MANY; i++)
		fds[i] = dial();
	accept_stop(&rig->reactor);
	assert_int_equal(rig->reactor.open, MANY);
	address_parse(listener.text, &a, &why);
	late = socket(AF_INET, SOCK_STREAM, 0);
	(void)connect(late, (struct sockaddr *)&a.storage, a.length);
	for (int i = 0; i < 10; i++)
		rig_turn(rig);
	assert_int_equal(rig->reactor.open, MANY);
	close(late);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

static void
opening_fails(void **state)
{

	(void)state;
	rig_start(rig);
	event_fails = true;
	assert_int_equal(accept_open(&rig->reactor, &listener, 1, 1),
	    THRONG_ERR_NOMEM);
	event_fails = false;
	assert_null(rig->reactor.acceptors);
	assert_int_equal(rig->reactor.acceptor_count, 0);
	accept_close(&rig->reactor); /* harmless */
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	static const struct CMUnitTest tests[] = {
		TEST(budget),
		TEST(out_of_descriptors),
		TEST(room_again),
		TEST(last_descriptor),
		TEST(makes_way),
		TEST(keeps_its_place),
		TEST(asks_another),
		TEST(no_memory_to_pause),
		TEST(others_errors),
		TEST(refusals),
		TEST(sources_limits),
		TEST(sources_rate),
		TEST(work_counts),
		TEST(stops),
		TEST(opening_fails),
	};

	unit_guard();
	event_set_mem_functions(event_malloc, event_realloc, free);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
