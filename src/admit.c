#include "admit.h"

#include "accept.h"
#include "budget.h"
#include "clock.h"
#include "conn.h"
#include "perclient.h"
#include "reactor.h"
#include "source.h"

/**
 * What a newcomer gets to make a request in before it makes room for want of
 * descriptors. While places are counted, whoever comes is in or refused; here
 * the next ones can wait in the kernel, and if each pushed out the one before,
 * nobody would be served. Milliseconds.
 */
#define QUIET_MS 10

/* Somebody who has said nothing yet, for so long, makes room. */
static bool
make_room(struct reactor *r, uint32_t quiet_ms)
{

	return (r->perclient != NULL ?
	    perclient_reap(r->perclient, quiet_ms) : conn_reap(r, quiet_ms));
}

/* Another reactor with somebody who has said nothing yet, or NULL. */
static struct reactor *
find_room(struct reactor *r)
{
	const struct service *s = r->service;

	for (unsigned i = 0; i < s->reactor_count; i++) {
		/* In turn: those of one may all be too young to go. */
		struct reactor *other =
		    s->reactors[r->room_asked++ % s->reactor_count];

		/* Relaxed: a hint; who is asked looks for himself. */
		if (other != r && atomic_load_explicit(&other->silent_count,
		    memory_order_relaxed) > 0)
			return (other);
	}
	return (NULL);
}

/*
 * Take a place. Another reactor may take the one that was made: once more.
 * Whoever is to be silent is announced first, so that at no time all places
 * are taken while nobody is known to be silent.
 */
static bool
take_place(struct reactor *r)
{
	bool pool = r->perclient == NULL;

	if (pool)
		reactor_count_silent(r, 1);
	while (!service_admit(r->service))
		if (!make_room(r, 0)) {
			if (pool)
				reactor_count_silent(r, -1);
			return (false);
		}
	return (true);
}

struct seat
admit(struct reactor *r, const struct peer *peer)
{
	struct service *s = r->service;
	struct seat seat = { .source = SOURCE_NONE };

	/* First, so that nobody is closed for one who is refused anyway. */
	switch (source_enter(s->sources, peer, clock_now(), &seat.source)) {
	case SOURCE_OK:
		break;
	case SOURCE_MANY:
		seat.admission = ADMIT_SOURCE;
		return (seat);
	case SOURCE_FAST:
		seat.admission = ADMIT_RATE;
		return (seat);
	}
	/* Nothing is left for whoever is in already. */
	if (s->budget != NULL && budget_total(s->budget) > s->budget->limit) {
		source_leave(s->sources, seat.source);
		return ((struct seat){ SOURCE_NONE, ADMIT_FULL });
	}
	if (take_place(r))
		return (seat);
	if (find_room(r) != NULL) {
		seat.admission = ADMIT_PASS;
		return (seat);
	}
	source_leave(s->sources, seat.source);
	return ((struct seat){ SOURCE_NONE, ADMIT_FULL });
}

static void
refuse(struct reactor *r, int fd, const struct peer *peer, uint32_t source)
{

	source_leave(r->service->sources, source);
	conn_open(r, fd, peer, (struct seat){ SOURCE_NONE, ADMIT_FULL });
}

void
admit_pass(struct reactor *r, int fd, const struct peer *peer,
    struct seat seat)
{
	struct reactor *other = find_room(r);
	struct mpsc_chain chain = { 0 };
	struct job *job;

	if (other == NULL || (job = job_new(0)) == NULL) {
		refuse(r, fd, peer, seat.source);
		return;
	}
	job->kind = JOB_NEWCOMER;
	job->slot = (uint32_t)fd;
	job->source = seat.source;
	job->peer = *peer;
	mpsc_chain_add(&chain, &job->node);
	if (reactor_push(other, &chain))
		reactor_wake(other, &r->counters);
}

void
admit_passed(struct reactor *r, struct job *job)
{
	int fd = (int)job->slot;

	/* At the end a reactor that has none left has said so already. */
	if (r->phase != REACTOR_SERVING) {
		source_leave(r->service->sources, job->source);
		evutil_closesocket(fd);
		admit_refused(r, &job->peer, ADMIT_FULL);
	} else if (take_place(r)) {
		conn_open(r, fd, &job->peer,
		    (struct seat){ job->source, ADMIT_OK });
	} else {
		refuse(r, fd, &job->peer, job->source);
	}
	job_free(job);
}

/* Ask for room, or say that there is some. */
static void
send_room(struct reactor *r)
{
	struct mpsc_chain chain = { 0 };
	struct job *job = job_new(0);

	/* Without memory the pause is as long as it is. */
	if (job == NULL)
		return;
	job->kind = JOB_ROOM;
	mpsc_chain_add(&chain, &job->node);
	if (reactor_push(r, &chain))
		wakeup_signal(&r->wakeup);
}

bool
admit_descriptor(struct reactor *r)
{
	struct reactor *other;

	if (make_room(r, QUIET_MS))
		return (r->perclient == NULL);
	if ((other = find_room(r)) != NULL)
		send_room(other);
	return (false);
}

void
admit_freed(struct reactor *r)
{

	send_room(r);
}

void
admit_asked(struct reactor *r, struct job *job)
{

	if (r->perclient == NULL)
		(void)make_room(r, QUIET_MS);
	else if (r->accept_paused)
		accept_room(r);
	job_free(job);
}

void
admit_leave(struct service *s, uint32_t source)
{

	service_leave(s);
	source_leave(s->sources, source);
}

void
admit_refused(struct reactor *r, const struct peer *peer,
    enum admission admission)
{
	static const char *const reasons[] = {
		[ADMIT_OK] = "",
		[ADMIT_FULL] = "busy",
		[ADMIT_SOURCE] = "refused-source",
		[ADMIT_RATE] = "refused-rate",
		[ADMIT_PASS] = "busy",
	};

	counter_add_own(&r->counters.refused, 1);
	if (admission == ADMIT_SOURCE)
		counter_add_own(&r->counters.refused_source, 1);
	if (admission == ADMIT_RATE)
		counter_add_own(&r->counters.refused_rate, 1);
	event_refused(&r->service->log, peer, reasons[admission]);
}
