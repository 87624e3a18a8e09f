/* Who is warned about, when, and in which words. The clock is the test's; the
 * thread that is stuck is the test's own, or one that takes no signals. */
#include "config.h"

#include "rig.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "place.h"
#include "watchdog.h"

#define START (1000 * CLOCK_S)
#define MS ((uint64_t)CLOCK_MS)

/* A bench whose log can be read; stuck is what takes longer than 100 ms. */
static struct rig *
bench_new(struct log *log, int number)
{
	struct rig *rig = rig_new(&unit_handler);

	assert_int_equal(unit_log(log, THRONG_LOG_WARN, THRONG_LOG_TEXT), 0);
	rig->service.log = *log;
	rig->service.config.stuck_ms = 100;
	rig->service.config.stuck_signal = number;
	rig_start(rig);
	return (rig);
}

static size_t
lines_of(struct log *log, char *out, size_t size)
{
	size_t n = 0;

	unit_log_read(log, out, size);
	for (; (out = strchr(out, '\n')) != NULL; out++)
		n++;
	return (n);
}

/* The bench's own processor is in the registry; this is its state. */
static void
begin(struct rig *rig, uint64_t since)
{

	running_since(&rig->processor.running, since);
}

static void
look(struct rig *rig, uint64_t now)
{

	watchdog_look(rig->reactor.watchdog, now, 0);
}

static void
once_a_call(void **state)
{
	char out[4096];
	struct log log;
	struct rig *rig = bench_new(&log, 0);

	(void)state;
	look(rig, START);
	begin(rig, START);
	look(rig, START + 99 * MS);
	assert_int_equal(rig_stats(rig).stuck, 0);
	for (int i = 0; i < 10; i++)
		look(rig, START + (uint64_t)(110 + i * 20) * MS);
	assert_int_equal(rig_stats(rig).stuck, 1);
	/* The next call is one of its own. */
	begin(rig, START + CLOCK_S);
	look(rig, START + CLOCK_S + 50 * MS);
	assert_int_equal(rig_stats(rig).stuck, 1);
	look(rig, START + CLOCK_S + 150 * MS);
	assert_int_equal(rig_stats(rig).stuck, 2);
	begin(rig, 0);
	look(rig, START + 2 * CLOCK_S);
	assert_int_equal(rig_stats(rig).stuck, 2);
	assert_false(watchdog_waits(rig->reactor.watchdog));
	rig_free(rig);
	assert_int_equal(lines_of(&log, out, sizeof(out)), 2);
	assert_non_null(strstr(out, " warn stuck thread="));
	assert_non_null(strstr(out, " handler=unit peer=unknown age_ms=110 "
	    "where=unknown\n"));
	assert_non_null(strstr(out, " age_ms=150 "));
}

/* A client whose job is out is found by that. */
static void
peer_is_found(void **state)
{
	char out[4096];
	struct log log;
	struct rig *rig = bench_new(&log, 0);
	int fd = rig_client(rig);

	(void)state;
	rig_conn(rig, 0)->peer = (struct peer){ AF_INET, 0x5000,
		{ 192, 0, 2, 1 } };
	rig_say(fd, "x\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	running_job(&rig->processor.running, rig->held[0]);
	begin(rig, START);
	look(rig, START + 200 * MS);
	running_job(&rig->processor.running, NULL);
	begin(rig, 0);
	close(fd);
	rig_free(rig);
	assert_int_equal(lines_of(&log, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "peer=192.0.2.1:80 "));
}

/* The test's own thread is asked, and answers before it goes on. */
static void
where_it_is(void **state)
{
	char out[4096];
	struct log log;
	struct rig *rig = bench_new(&log, SIGRTMIN);
	int64_t deadline = unit_deadline();
	struct job *job = job_new(0);
	uint64_t now = START + 200 * MS;

	(void)state;
	assert_non_null(job);
	job->peer = (struct peer){ AF_INET, 0x5000, { 192, 0, 2, 7 } };
	running_job(&rig->processor.running, job);
	begin(rig, START);
	look(rig, now);
	assert_int_equal(rig_stats(rig).stuck, 1);
	for (; watchdog_waits(rig->reactor.watchdog); now += 10 * MS) {
		assert_true(support_turn(deadline));
		look(rig, now);
	}
	running_job(&rig->processor.running, NULL);
	begin(rig, 0);
	rig_free(rig);
	job_free(job);
	assert_int_equal(lines_of(&log, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "peer=192.0.2.7:80 age_ms=200 where="));
#ifdef HAVE_EXECINFO_H
	assert_non_null(strstr(out, "+0x"));
#endif
}

/** A thread that is stuck and takes no signal. */
struct deaf {
	struct registry *registry;
	struct running running;
	struct peer peer;
	_Atomic bool ready, leave;
	pthread_t thread;
};

static void *
deaf_main(void *argument)
{
	struct deaf *d = argument;
	int64_t deadline = unit_deadline();
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	running_enter(&d->running, d->registry, &unit_handler);
	running_peer(&d->running, d->registry, &d->peer);
	running_since(&d->running, START);
	atomic_store(&d->ready, true);
	while (!atomic_load(&d->leave) && support_turn(deadline))
		continue;
	running_leave(&d->running, d->registry);
	return (NULL);
}

static void
deaf_start(struct deaf *d, struct rig *rig)
{
	int64_t deadline = unit_deadline();

	memset(d, 0, sizeof(*d));
	d->registry = &rig->service.registry;
	d->peer = (struct peer){ AF_INET, 0x5000, { 192, 0, 2, 9 } };
	assert_int_equal(pthread_create(&d->thread, NULL, deaf_main, d), 0);
	while (!atomic_load(&d->ready))
		assert_true(support_turn(deadline));
}

static void
deaf_end(struct deaf *d)
{

	atomic_store(&d->leave, true);
	pthread_join(d->thread, NULL);
}

/* Without an answer what is known from outside is said, a little later. */
static void
no_answer(void **state)
{
	char out[4096];
	struct log log;
	struct rig *rig = bench_new(&log, SIGRTMIN);
	struct deaf d;

	(void)state;
	deaf_start(&d, rig);
	look(rig, START + 150 * MS);
	assert_true(watchdog_waits(rig->reactor.watchdog));
	look(rig, START + 300 * MS);
	assert_true(watchdog_waits(rig->reactor.watchdog));
	look(rig, START + 400 * MS);
	assert_false(watchdog_waits(rig->reactor.watchdog));
	look(rig, START + 500 * MS);
	assert_false(watchdog_waits(rig->reactor.watchdog));
	deaf_end(&d);
	assert_int_equal(rig_stats(rig).stuck, 1);
	rig_free(rig);
	assert_int_equal(lines_of(&log, out, sizeof(out)), 1);
	assert_non_null(strstr(out,
	    "peer=192.0.2.9:80 age_ms=150 where=unknown\n"));
}

/* It leaves while it is asked: nothing of it is looked at any more. */
static void
gone_meanwhile(void **state)
{
	char out[4096];
	struct log log;
	struct rig *rig = bench_new(&log, SIGRTMIN);
	struct deaf d;

	(void)state;
	deaf_start(&d, rig);
	look(rig, START + 150 * MS);
	deaf_end(&d);
	memset(&d, 0xff, sizeof(d));
	assert_true(watchdog_waits(rig->reactor.watchdog));
	look(rig, START + 170 * MS);
	assert_false(watchdog_waits(rig->reactor.watchdog));
	rig_free(rig);
	assert_int_equal(lines_of(&log, out, sizeof(out)), 1);
	assert_non_null(strstr(out, "peer=192.0.2.9:80 "));
}

/* Two are stuck: both are warned about, one after the other. */
static void
several(void **state)
{
	char out[4096];
	struct log log;
	struct rig *rig = bench_new(&log, 0);
	struct deaf d;

	(void)state;
	deaf_start(&d, rig);
	begin(rig, START);
	for (unsigned i = 0; i < 5; i++)
		look(rig, START + (150 + 20 * i) * MS);
	deaf_end(&d);
	assert_int_equal(rig_stats(rig).stuck, 2);
	begin(rig, 0);
	rig_free(rig);
	assert_int_equal(lines_of(&log, out, sizeof(out)), 2);
}

/* What stood still with the whole process is not stuck. */
static void
frozen(void **state)
{
	char out[4096];
	struct log log;
	struct rig *rig = bench_new(&log, 0);
	uint64_t thawed = START + 3600 * CLOCK_S;

	(void)state;
	begin(rig, START);
	watchdog_look(rig->reactor.watchdog, thawed + 50 * MS, thawed);
	assert_int_equal(rig_stats(rig).stuck, 0);
	watchdog_look(rig->reactor.watchdog, thawed + 150 * MS, thawed);
	assert_int_equal(rig_stats(rig).stuck, 1);
	begin(rig, 0);
	rig_free(rig);
	assert_int_equal(lines_of(&log, out, sizeof(out)), 1);
}

/* Without workers nobody else looks: a timer does. */
static void
by_itself(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int64_t deadline = unit_deadline();

	(void)state;
	rig->service.config.mode = THRONG_MODE_THREAD;
	rig->service.config.stuck_ms = 20;
	rig_start(rig);
	begin(rig, clock_now());
	while (rig_stats(rig).stuck == 0) {
		rig_turn(rig);
		assert_true(support_turn(deadline));
	}
	assert_int_equal(rig_stats(rig).stuck, 1);
	begin(rig, 0);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_a_call),
		cmocka_unit_test(peer_is_found),
		cmocka_unit_test(where_it_is),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(gone_meanwhile),
		cmocka_unit_test(several),
		cmocka_unit_test(frozen),
		cmocka_unit_test(by_itself),
	};

	unit_guard();
	if (place_signal(SIGRTMIN) == -1)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
