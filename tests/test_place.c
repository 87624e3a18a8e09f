/* A thread is asked where it is, and by whom it is asked and answered when:
 * at once, never, or not before it leaves. */
#include "config.h"

#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "place.h"
#include "running.h"

/** A thread that is in the registry until it is told to leave. */
struct busy {
	struct registry *registry;
	struct running running;
	struct job *job;
	bool deaf; /* it takes no signal while it is busy */
	_Atomic bool ready;
	_Atomic bool leave;
	pthread_t thread;
};

static void
until(const _Atomic bool *flag)
{
	int64_t deadline = unit_deadline();

	while (!atomic_load(flag))
		if (!support_turn(deadline))
			return;
}

static void *
busy_main(void *argument)
{
	struct busy *b = argument;
	sigset_t all, none;

	sigfillset(&all);
	if (b->deaf)
		pthread_sigmask(SIG_BLOCK, &all, NULL);
	running_enter(&b->running, b->registry, &unit_handler);
	running_job(&b->running, b->job);
	running_since(&b->running, 4711);
	atomic_store(&b->ready, true);
	until(&b->leave);
	running_job(&b->running, NULL);
	running_since(&b->running, 0);
	running_leave(&b->running, b->registry);
	sigemptyset(&none);
	/* What was blocked comes now, and finds nothing to do. */
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	return (NULL);
}

static struct busy *
busy_start(struct registry *registry, bool deaf)
{
	static struct busy b;

	memset(&b, 0, sizeof(b));
	b.registry = registry;
	b.deaf = deaf;
	b.job = job_new(0);
	assert_non_null(b.job);
	b.job->peer.port = 4711;
	assert_int_equal(pthread_create(&b.thread, NULL, busy_main, &b), 0);
	until(&b.ready);
	assert_true(b.ready);
	return (&b);
}

static void
busy_end(struct busy *b)
{

	atomic_store(&b->leave, true);
	pthread_join(b->thread, NULL);
	assert_null(atomic_load(&b->running.asked));
	job_free(b->job);
}

static bool
ask(struct place *place, struct busy *b)
{
	bool ok;

	pthread_mutex_lock(&b->registry->lock);
	ok = place_ask(place, &b->running, SIGRTMIN);
	pthread_mutex_unlock(&b->registry->lock);
	return (ok);
}

static void
await(const struct place *place)
{
	int64_t deadline = unit_deadline();

	while (!place_known(place))
		assert_true(support_turn(deadline));
}

static void
answered(void **state)
{
	struct registry *registry = *state;
	struct busy *b = busy_start(registry, false);
	static struct place place;

	assert_false(place_known(&place));
	for (int i = 0; i < 100; i++) {
		assert_true(ask(&place, b));
		await(&place);
		assert_int_equal(place.since, 4711);
		assert_true(place.has_peer);
		assert_int_equal(place.peer.port, 4711);
#ifdef HAVE_EXECINFO_H
		assert_int_not_equal(place.text[0], '\0');
		assert_non_null(strstr(place.text, "+0x"));
#endif
		assert_true(strlen(place.text) < sizeof(place.text));
	}
	busy_end(b);
}

/* Not in the handler: there is no client, and no time. */
static void
idle(void **state)
{
	struct registry *registry = *state;
	struct busy *b = busy_start(registry, false);
	static struct place place;

	/* Stored from here, as nobody else does now. */
	running_job(&b->running, NULL);
	running_since(&b->running, 0);
	assert_true(ask(&place, b));
	await(&place);
	assert_int_equal(place.since, 0);
	assert_false(place.has_peer);
	busy_end(b);
}

static void
forgotten(void **state)
{
	struct registry *registry = *state;
	struct busy *b = busy_start(registry, true);
	static struct place place;

	assert_true(ask(&place, b));
	assert_false(place_known(&place));
	pthread_mutex_lock(&registry->lock);
	assert_true(place_forget(&place, &b->running));
	/* It is the asker's again. */
	assert_false(place_forget(&place, &b->running));
	pthread_mutex_unlock(&registry->lock);
	busy_end(b);
	assert_false(place_known(&place));
	assert_string_equal(place.text, "");
}

static void
left(void **state)
{
	struct registry *registry = *state;
	struct busy *b = busy_start(registry, true);
	static struct place place;

	assert_true(ask(&place, b));
	busy_end(b);
	assert_true(place_known(&place));
	assert_string_equal(place.text, "");
	assert_false(place.has_peer);
}

/* A signal that nobody has sent for this, in threads that are in no
 * registry and in ones that nobody has asked. */
static void
uncalled_for(void **state)
{
	struct registry *registry = *state;
	struct running own = { .since = 0 };

	assert_null(running_self());
	assert_int_equal(raise(SIGRTMIN), 0);
	running_enter(&own, registry, &unit_handler);
	assert_ptr_equal(running_self(), &own);
	assert_int_equal(raise(SIGRTMIN), 0);
	running_leave(&own, registry);
	assert_null(running_self());
}

/* One thread may be in it twice, the later one counts. */
static void
nested(void **state)
{
	struct registry *registry = *state;
	struct running outer = { .since = 0 }, inner = { .since = 0 };

	running_enter(&outer, registry, &unit_handler);
	running_enter(&inner, registry, &unit_handler_state);
	assert_ptr_equal(running_self(), &inner);
	assert_ptr_equal(running_self()->handler, &unit_handler_state);
	running_leave(&inner, registry);
	assert_ptr_equal(running_self(), &outer);
	running_leave(&outer, registry);
	assert_true(LIST_EMPTY(&registry->running));
}

static void
for_how_long(void **state)
{
	struct running r = { .since = 0 };

	(void)state;
	assert_int_equal(running_for(&r, 100), 0);
	running_since(&r, 60);
	assert_int_equal(running_for(&r, 100), 40);
	assert_int_equal(running_for(&r, 50), 0);
}

/* However little room there is, it ends and no frame is cut. */
static void
little_room(void **state)
{
	char text[PLACE_TEXT_MAX + 1];

	(void)state;
	for (size_t size = 1; size <= PLACE_TEXT_MAX; size++) {
		memset(text, '#', sizeof(text));
		place_stack(text, size);
		assert_int_equal(text[size], '#');
		assert_true(strlen(text) < size);
		if (text[0] != '\0')
			assert_int_equal(text[strlen(text) - 1], ')');
	}
}

static int
open_registry(void **state)
{
	static struct registry registry;

	*state = &registry;
	return (registry_open(&registry));
}

static int
close_registry(void **state)
{

	registry_close(*state);
	return (0);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_registry, close_registry)
	static const struct CMUnitTest tests[] = {
		TEST(answered),
		TEST(idle),
		TEST(forgotten),
		TEST(left),
		TEST(uncalled_for),
		TEST(nested),
		TEST(for_how_long),
		TEST(little_room),
	};

	unit_guard();
	if (place_signal(SIGRTMIN) == -1)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
