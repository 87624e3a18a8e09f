/*
 * Every system call of the server fails, in all modes, libevent's among
 * them: what comes of it is a clean error at the start, a right reply or a
 * closed connection; never a crash, a leak or a hang. And once nothing fails
 * any more, the server serves.
 *
 * By default every place that makes a call fails once, in each way that is
 * documented, and what is called only after another failure fails behind
 * that. With TORTURE=full (make check-torture) every single call of
 * each kind does, the first, the second ..., alone and with all that come
 * after it.
 */
#include "trial.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "results.h"

/** Places that are known of one call, and calls of one trial. */
#define SITES 64
#define CALLS 2000

static unsigned long injected, trials;
static unsigned reactors = 1;
/* All places that were seen, of all modes, and whether they were made to
 * fail. One that was seen only when something else had failed, or as it is
 * told by `behind`, is tried with that. */
static struct place {
	enum faults_call call;
	const void *site;
	struct fault behind; /* FAULTS_CALLS: nothing */
	bool hit;
} places[FAULTS_CALLS * SITES];
static unsigned places_seen;
static struct fault trying; /* now */
static int staying = -1;    /* the client that sees the end */

/* Who takes long is waited for with nothing that fails, and at the end not
 * waited for by who has stayed. */
static void
relent(void)
{

	faults_disarm();
	if (staying != -1)
		close(staying);
	staying = -1;
}

/* One connection more than there is room for. */
static void
refused(struct trial *t)
{
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = trial_dial(t, 0);
		trial_ask(t, fds[i], "x\n", 'x', 1);
	}
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

/* Clients while calls fail. */
static void
clients(struct trial *t)
{
	int tcp = trial_dial(t, 0), local = trial_dial(t, 1);

	trial_ask(t, tcp, "state\n", '1', 1);
	trial_ask(t, local, "big 600000\n", 'x', TRIAL_BIG);
	trial_ask(t, tcp, "state\n", '2', 1);
	close(tcp);
	refused(t);
	trial_last(t, local);
	close(local);
	if (reactors > 1)
		trial_press(t);
	faults_disarm();
}

/* Whether the local socket's name may be left behind. */
static bool
leaves_socket(const struct fault *f)
{

	return (f->call == FAULTS_UNLINK || f->call == FAULTS_LSTAT);
}

static const char *
said(const struct fault *f)
{

	return (f->error == FAULTS_SHORT ? "one byte" : strerror(f->error));
}

/* Which trial it was that failed. */
static int
tell(void **state)
{

	(void)state;
	if (trying.call != FAULTS_CALLS)
		print_message("it was %s, call %u from %p: %s%s\n",
		    faults_name(trying.call), trying.skip, trying.site,
		    said(&trying), trying.after ? ", from then on" : "");
	return (0);
}

static bool
full_size(void)
{
	const char *how = getenv("TORTURE");

	return (how != NULL && strcmp(how, "full") == 0);
}

static struct place *
place_of(enum faults_call call, const void *site)
{
	struct place *p = places;

	while (p < places + places_seen && (p->call != call ||
	    p->site != site))
		p++;
	return (p);
}

/* Remember the places that this trial has shown. */
static void
learn(const struct fault *fault)
{
	const void *sites[SITES];

	for (int call = 0; call < FAULTS_CALLS; call++) {
		unsigned n = faults_sites((enum faults_call)call, sites,
		    SITES);

		/* Or some may have been forgotten. */
		assert_true(n < SITES);
		for (unsigned i = 0; i < n; i++) {
			struct place *p = place_of((enum faults_call)call,
			    sites[i]);

			if (p < places + places_seen)
				continue;
			*p = (struct place){ (enum faults_call)call, sites[i],
				*fault, false };
			places_seen++;
		}
	}
}

static void
arm(const struct fault *fault, const struct fault *too)
{

	faults_arm(fault);
	if (too != NULL)
		faults_arm_too(too);
}

/* Handlers as they were, so that the server sets its own again. */
static void
reset_signals(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGABRT };
	static struct sigaction before[UNIT_COUNT(numbers)];
	static bool known;

	for (size_t i = 0; i < UNIT_COUNT(numbers); i++)
		assert_int_equal(sigaction(numbers[i],
		    known ? &before[i] : NULL, known ? NULL : &before[i]), 0);
	known = true;
}

/* One trial, in which one call fails, and perhaps another. Return how many
 * did, of the first kind or, if there is a second, of that. */
static unsigned
attempt(throng_mode mode, const struct fault *fault, const struct fault *too)
{
	bool serves = false;
	struct trial t;

	trying = *fault;
	reset_signals();
	trial_config(&t, mode);
	t.config.reactors = reactors;
	t.relent = relent;
	t.may_leave_socket = leaves_socket(fault) ||
	    (too != NULL && leaves_socket(too));
	arm(fault, too);
	(void)faults_spare(false);
	serves = trial_create(&t);
	(void)faults_spare(true);
	if (serves && trial_start(&t)) {
		clients(&t);
		trial_full(&t);
		staying = trial_dial(&t, 0);
		trial_ask(&t, staying, "state\n", '1', 1);
		/* The end may fail, too, if nothing has before. */
		if (faults_injected() == 0)
			arm(fault, too);
		trial_stop(&t);
	}
	relent();
	trial_end(&t);
	/* One that goes on is one fault. */
	injected += faults_injected() > 0;
	injected += faults_injected_too() > 0;
	trials++;
	trying.call = FAULTS_CALLS;
	learn(fault);
	return (too != NULL ? faults_injected_too() : faults_injected());
}

static unsigned
places_hit(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < places_seen; i++)
		n += places[i].hit;
	return (n);
}

/* Every place that was seen to make the call, once. Return how many did. */
static unsigned
each_site(throng_mode mode, enum faults_call call)
{
	const void *sites[SITES];
	unsigned count = faults_sites(call, sites, SITES), hit, all = 0;

	for (unsigned i = 0; i < count; i++) {
		/* The full run does all of it for two reactors, too. */
		if (reactors > 1 && !full_size() &&
		    place_of(call, sites[i])->hit)
			continue;
		hit = 0;
		for (const int *e = faults_errors(call); *e != 0; e++) {
			struct fault f = { call, sites[i], 0, *e, false };

			hit += attempt(mode, &f, NULL);
		}
		if (hit > 0)
			place_of(call, sites[i])->hit = true;
		all += hit > 0;
	}
	return (all);
}

/* Without a pipe for its signals libevent ends the process, whatever the
 * program says: where pipe2() and what it does in its place both fail. */
static bool
is_fatal(const struct place *p)
{

	return (p->behind.call == FAULTS_PIPE2 && (p->call == FAULTS_PIPE ||
	    p->call == FAULTS_FCNTL || p->call == FAULTS_SOCKETPAIR));
}

/* The places that only another failure leads to, with that. */
static unsigned
each_behind(throng_mode mode)
{
	unsigned all = 0, hit;

	for (unsigned i = 0; i < places_seen; i++) {
		struct place *p = &places[i];

		if (p->hit || p->behind.call == FAULTS_CALLS || is_fatal(p))
			continue;
		hit = 0;
		for (const int *e = faults_errors(p->call); *e != 0; e++) {
			struct fault f = { p->call, p->site, 0, *e, false };

			hit += attempt(mode, &p->behind, &f);
		}
		p->hit = hit > 0;
		all += p->hit;
	}
	return (all);
}

/* The first call, the second ..., until there is no such call. */
static void
each_call(throng_mode mode, enum faults_call call, int error, bool after)
{
	struct fault f = { call, NULL, 0, error, after };

	while (attempt(mode, &f, NULL) > 0)
		if (++f.skip > CALLS)
			fail_msg("%s: no end", faults_name(call));
	print_message("%s: %s %s: %u calls\n", faults_name(call), said(&f),
	    after ? "from then on" : "once", f.skip);
}

static void
torture(throng_mode mode)
{
	static const struct fault none = { FAULTS_CALLS, NULL, 0, 0, false };
	bool full = full_size();
	unsigned long before = injected;
	unsigned sites = 0, behind;

	/* Twice, so that all places have been seen. */
	assert_int_equal(attempt(mode, &none, NULL), 0);
	assert_int_equal(attempt(mode, &none, NULL), 0);
	for (int call = 0; call < FAULTS_CALLS; call++) {
		sites += each_site(mode, (enum faults_call)call);
		/* One place in libevent, for all that is watched. */
		if (call == FAULTS_EPOLL_CTL && !full)
			each_call(mode, FAULTS_EPOLL_CTL, ENOMEM, false);
		for (const int *e = faults_errors((enum faults_call)call);
		    full && *e != 0; e++) {
			each_call(mode, (enum faults_call)call, *e, false);
			/* Asked before anything runs, again until it is not
			 * interrupted: nobody would end that. */
			if (call != FAULTS_GETRANDOM || *e != EINTR)
				each_call(mode, (enum faults_call)call, *e,
				    true);
		}
	}
	behind = each_behind(mode);
	print_message("%lu faults injected at %u places, at %u more behind"
	    " another\n", injected - before, sites, behind);
	/* As many as there are at least, or nothing is led here. */
	assert_true(reactors > 1 || sites > 40);
}

static void
pool(void **state)
{

	(void)state;
	torture(THRONG_MODE_POOL);
}

/* A newcomer is passed from one to the other. */
static void
two_reactors(void **state)
{

	(void)state;
	reactors = 2;
	torture(THRONG_MODE_POOL);
	reactors = 1;
}

static void
thread(void **state)
{

	(void)state;
	torture(THRONG_MODE_THREAD);
}

static void
inline_mode(void **state)
{

	(void)state;
	torture(THRONG_MODE_INLINE);
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
		cmocka_unit_test_teardown(pool, tell),
		cmocka_unit_test_teardown(two_reactors, tell),
		cmocka_unit_test_teardown(thread, tell),
		cmocka_unit_test_teardown(inline_mode, tell),
	};
	int rc;

	if (getenv("TORTURE") == NULL)
		unit_guard();
	event_set_log_callback(say_nothing);
	(void)faults_spare(true);
	results_begin("torture", "test_torture", full_size());
	/* Unless it comes to its end. */
	results_add("crashes, leaks, hangs", 1);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	for (unsigned i = 0; i < places_seen; i++)
		if (!places[i].hit)
			print_message("not made to fail: %s at %p\n",
			    faults_name(places[i].call), places[i].site);
	print_message("%lu faults injected in %lu trials, at %u of %u places\n",
	    injected, trials, places_hit(), places_seen);
	results_add("faults injected", (double)injected);
	results_add("trials", (double)trials);
	results_add("sites covered", places_hit());
	results_add("sites in all", places_seen);
	results_add("crashes, leaks, hangs", rc);
	results_end(rc == 0);
	return (rc);
}
