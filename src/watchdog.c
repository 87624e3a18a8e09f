/*
 * In pool mode dispatch looks, which has a reason to look every few
 * milliseconds while any job is out; otherwise a timer does. A late thread is
 * asked by a signal where it is, if a signal may be taken for that; without
 * an answer the warning says what is known from outside.
 *
 * Several reactors look at the same threads. Which of them warns is decided
 * under the registry's lock, where a thread can neither come nor leave.
 */
#include "watchdog.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "conn.h"
#include "events.h"
#include "place.h"
#include "reactor.h"
#include "running.h"

/** Looks that follow each other faster find nothing new. Nanoseconds. */
#define AGAIN (10 * (uint64_t)CLOCK_MS)

/** A thread that has not answered by then does not take signals. */
#define ANSWER (200 * (uint64_t)CLOCK_MS)

/** How often the timer looks, at most. Milliseconds. */
#define TIMER_MS 250u

/** As in backlog.h: the timer has been late by this much. Nanoseconds. */
#define FROZEN CLOCK_S

/**
 * Invariant: `asked` is NULL, or the thread that `place` was given to; it may
 * be gone once the place is known.
 */
struct watchdog {
	struct reactor *reactor;
	struct registry *registry;
	struct event *timer; /* NULL: dispatch looks */
	uint64_t limit;      /* nanoseconds */
	uint64_t looked;
	uint64_t thawed;     /* as the timer has found it */
	struct running *asked;
	uint64_t asked_at;
	uint64_t since;      /* of the job that it is asked about */
	struct stuck stuck;  /* the warning being made */
	char name[RUNNING_NAME_MAX];
	struct place place;
};

/* A client whose job is out is known by that, without looking into it. */
static const struct peer *
peer_of(const struct reactor *r, const struct job *job)
{

	for (uint32_t i = 0; job != NULL && i < r->slots_made; i++)
		if (r->slots[i]->job_out && r->slots[i]->job == job)
			return (&r->slots[i]->peer);
	return (NULL);
}

static void
warn(struct watchdog *w)
{
	struct place *p = &w->place;

	w->asked = NULL;
	/* It may have gone on in between: then it was not there. */
	if (p->text[0] != '\0' && p->since == w->since) {
		w->stuck.where = p->text;
		if (p->has_peer)
			w->stuck.peer = &p->peer;
	}
	event_stuck(&w->reactor->service->log, &w->stuck);
}

/* A thread is stuck that nobody has warned about. */
static void
ask(struct watchdog *w, struct running *r, uint64_t age)
{
	int number = w->reactor->service->config.stuck_signal;
	/* Relaxed: compared only. */
	const struct job *job = atomic_load_explicit(&r->job,
	    memory_order_relaxed);
	const struct peer *peer = r->peer != NULL ? r->peer :
	    peer_of(w->reactor, job);

	/* It may be the job of another reactor, which knows more. */
	if (number == 0 && peer == NULL && age < 2 * w->limit &&
	    w->reactor->service->config.reactors > 1)
		return;
	r->warned = w->since;
	counter_add_own(&w->reactor->counters.stuck, 1);
	for (size_t i = 0; i < sizeof(w->name); i++)
		w->name[i] = r->name[i];
	/* The peer is copied, since its thread may be gone by then. */
	w->place.text[0] = '\0';
	w->stuck = (struct stuck){ .thread = w->name,
		.handler = r->handler->name, .age_ms = age / CLOCK_MS };
	if (peer != NULL) {
		w->stuck.known = *peer;
		w->stuck.peer = &w->stuck.known;
	}
	if (number != 0 && place_ask(&w->place, r, number)) {
		w->asked = r;
		w->asked_at = w->looked;
		return;
	}
	warn(w);
}

/* Whoever is stuck and was not warned about; one at a time. */
static void
search(struct watchdog *w, uint64_t thawed)
{
	struct running *r;
	uint64_t age, most = w->looked - thawed;

	LIST_FOREACH(r, &w->registry->running, list) {
		age = running_for(r, w->looked);
		if (age < w->limit || most < w->limit)
			continue;
		w->since = w->looked - age;
		if (r->warned == w->since)
			continue;
		ask(w, r, age);
		if (r->warned == w->since)
			return;
	}
}

void
watchdog_look(struct watchdog *w, uint64_t now, uint64_t thawed)
{

	if (now - w->looked < AGAIN)
		return;
	w->looked = now;
	pthread_mutex_lock(&w->registry->lock);
	if (w->asked != NULL && (place_known(&w->place) ||
	    (now - w->asked_at > ANSWER && place_forget(&w->place, w->asked))))
		warn(w);
	if (w->asked == NULL)
		search(w, thawed);
	pthread_mutex_unlock(&w->registry->lock);
}

bool
watchdog_waits(const struct watchdog *w)
{

	return (w->asked != NULL);
}

static void
on_timer(evutil_socket_t fd, short what, void *argument)
{
	struct watchdog *w = argument;
	uint64_t now = clock_now();

	(void)fd;
	(void)what;
	if (w->looked != 0 && now - w->looked > FROZEN)
		w->thawed = now;
	watchdog_look(w, now, w->thawed);
}

/* Soon enough for the limit, and no oftener than that needs. */
static int
start_timer(struct watchdog *w, unsigned stuck_ms)
{
	unsigned ms = stuck_ms / 4;

	if (ms > TIMER_MS)
		ms = TIMER_MS;
	if (ms < AGAIN / CLOCK_MS)
		ms = (unsigned)(AGAIN / CLOCK_MS);
	w->timer = event_new(w->reactor->base, -1, EV_PERSIST, on_timer, w);
	if (w->timer == NULL)
		return (-1);
	return (event_add(w->timer,
	    &(struct timeval){ .tv_usec = (suseconds_t)ms * 1000 }));
}

struct watchdog *
watchdog_open(struct reactor *reactor)
{
	const throng_config *config = &reactor->service->config;
	struct watchdog *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return (NULL);
	w->reactor = reactor;
	w->registry = &reactor->service->registry;
	w->limit = config->stuck_ms * (uint64_t)CLOCK_MS;
	if (config->mode != THRONG_MODE_POOL &&
	    start_timer(w, config->stuck_ms) == -1) {
		watchdog_close(w);
		return (NULL);
	}
	return (w);
}

void
watchdog_close(struct watchdog *w)
{

	if (w == NULL)
		return;
	if (w->timer != NULL)
		event_free(w->timer);
	free(w);
}
