/*
 * The thread's round: clear the wakeup, take what is in the ring, write it,
 * tell what was lost or held back, sleep. The order is that of mpsc.h: what is
 * put behind the taking wakes it once more.
 */
#include "config.h"

#include "writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ring.h"
#include "wakeup.h"

/** How often a writer that waits for its reader looks whether it is to end,
 *  and how often what was held back is told. Milliseconds. */
#define SLICE_MS 50
#define TELL_MS 1000

/** What stop and thread have agreed on. A thread that is writing may be left
 *  alone; once it is, it touches nothing that others use. */
enum state { STATE_RUNNING, STATE_WRITING, STATE_LEFT };

/**
 * Invariants:
 *
 * 1. `written` <= ring_returned(): what lies before it is written or lost.
 * 2. The batch is empty whenever the thread sleeps.
 */
struct writer {
	struct ring *ring;
	struct wakeup wakeup;
	struct log log; /* without the sink: its own lines are not limited */
	struct log_sink *sink;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ended;    /* under the lock */
	bool stopped;  /* the server's alone */
	bool left;     /* likewise: the thread lives, and this is its own */
	_Atomic bool stopping;
	_Atomic int state;         /* enum state */
	_Atomic uint64_t deadline; /* clock_now(), once stopping */
	_Atomic uint64_t dropped;  /* lines lost and not yet told */
	_Atomic uint64_t written;  /* of ring_taken() */
	uint64_t tell_at;          /* 0: nothing was held back */
	bool torn;                 /* the last line was cut */
	size_t length;
	char batch[LOG_LINE_MAX + 1];
};

bool
writer_put(struct writer *w, const char *text, size_t length)
{

	switch (ring_put(w->ring, text, length)) {
	case RING_PUT:
		break;
	case RING_WAKE:
		writer_wake(w);
		break;
	case RING_FULL:
		counter_add(&w->sink->counters->log_lost, 1);
		counter_add(&w->dropped, 1);
		break;
	case RING_SHUT:
		return (false);
	}
	return (true);
}

void
writer_wake(struct writer *w)
{

	wakeup_signal(&w->wakeup);
}

static bool
too_late(struct writer *w)
{
	/* Relaxed: a moment. */
	uint64_t deadline = atomic_load_explicit(&w->deadline,
	    memory_order_relaxed);

	return (deadline != 0 && clock_now() >= deadline);
}

/* Wait until a write will not have to. False: it is too late for that. */
static bool
await_room(struct writer *w)
{
	struct pollfd p = { .fd = w->log.fd, .events = POLLOUT };
	bool late;
	int rc;

	/* Without a descriptor poll would wait for ever. */
	if (p.fd < 0)
		return (true);
	do {
		late = too_late(w);
		rc = poll(&p, 1, late ? 0 : SLICE_MS);
		/* An error is the write's to find. */
		if (rc == 1 || (rc == -1 && errno != EINTR))
			return (true);
	} while (!late);
	return (false);
}

/*
 * What poll has said may be no longer true when others write to the same
 * pipe, so a write may hang. Return false if the thread was left meanwhile.
 */
static bool
write_some(struct writer *w, size_t at, ssize_t *n)
{
	int state = STATE_WRITING;

	/* Release and acquire: whoever leaves this thread alone does so after
	 * all it did before. */
	atomic_store_explicit(&w->state, STATE_WRITING, memory_order_release);
	*n = write(w->log.fd, w->batch + at, w->length - at);
	return (atomic_compare_exchange_strong_explicit(&w->state, &state,
	    STATE_RUNNING, memory_order_acq_rel, memory_order_acquire));
}

/* Write the batch; what cannot be is lost, `*lost` lines of it. False: the
 * thread was left. */
static bool
write_batch(struct writer *w, uint64_t *lost)
{
	size_t at = 0;
	ssize_t n;

	*lost = 0;
	while (at < w->length && await_room(w)) {
		if (!write_some(w, at, &n))
			return (false);
		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			break;
	}
	/* The next line begins on a line of its own. */
	if (at > 0)
		w->torn = w->batch[at - 1] != '\n';
	for (; at < w->length; at++)
		*lost += w->batch[at] == '\n';
	w->length = 0;
	return (true);
}

static bool
flush(struct writer *w)
{
	uint64_t lost;

	if (!write_batch(w, &lost))
		return (false);
	if (lost > 0) {
		counter_add(&w->sink->counters->log_lost, lost);
		counter_add(&w->dropped, lost);
	}
	/* Release: the lines are out for whoever waits for it. */
	atomic_store_explicit(&w->written, ring_returned(w->ring),
	    memory_order_release);
	return (true);
}

static bool
add(struct writer *w, const char *text, size_t length)
{

	if (w->length + length > LOG_LINE_MAX && !flush(w))
		return (false);
	if (w->length == 0 && w->torn)
		w->batch[w->length++] = '\n';
	memcpy(w->batch + w->length, text, length);
	w->length += length;
	return (true);
}

/* Write what the ring holds now. False: the thread was left. */
static bool
write_all(struct writer *w)
{
	struct ring_record *record, *next;

	for (record = ring_take(w->ring); record != NULL; record = next) {
		next = (struct ring_record *)record->node.next;
		if (!add(w, record->text, record->length))
			return (false);
		ring_done(w->ring, record);
	}
	return (flush(w));
}

/* Say that lines are missing here; if that is lost as well, later. */
static bool
tell_lost(struct writer *w)
{
	/* Relaxed: a count. */
	uint64_t count = atomic_exchange_explicit(&w->dropped, 0,
	    memory_order_relaxed), lost;
	struct log_line l;

	if (count == 0 ||
	    !log_begin(&l, &w->log, THRONG_LOG_WARN, "log-lost"))
		return (true);
	log_number(&l, "count", count);
	log_finish(&l);
	if (!add(w, l.text, l.length) || !write_batch(w, &lost))
		return (false);
	if (lost > 0)
		counter_add(&w->dropped, count);
	return (true);
}

static bool
tell_held_back(struct writer *w)
{
	struct throttle_tale tale;
	struct log_line l;
	unsigned at = 0;

	while (throttle_tell(&w->sink->throttle, &at, &tale)) {
		if (!log_begin(&l, &w->log, THRONG_LOG_WARN, "suppressed"))
			continue;
		log_text(&l, "kind", tale.event);
		if (tale.reason != NULL)
			log_text(&l, "reason", tale.reason);
		log_number(&l, "count", tale.count);
		log_finish(&l);
		if (!add(w, l.text, l.length))
			return (false);
	}
	return (flush(w));
}

/* Tell what is due. False: the thread was left. */
static bool
tell(struct writer *w, bool stopping)
{
	uint64_t now;

	if (!tell_lost(w))
		return (false);
	if (!throttle_pending(&w->sink->throttle))
		return (true);
	now = clock_now();
	if (w->tell_at == 0)
		w->tell_at = now + TELL_MS * (uint64_t)CLOCK_MS;
	if (now < w->tell_at && !stopping)
		return (true);
	w->tell_at = 0;
	return (tell_held_back(w));
}

/* Until there is something to do. */
static void
wait(struct writer *w, bool stopping)
{
	struct pollfd p = { .fd = w->wakeup.read_fd, .events = POLLIN };
	uint64_t now = w->tell_at != 0 ? clock_now() : 0;
	int timeout = -1;

	/* Somebody is still filling a record in. */
	if (stopping)
		timeout = 1;
	else if (w->tell_at != 0)
		timeout = w->tell_at <= now ? 0 :
		    (int)((w->tell_at - now) / CLOCK_MS) + 1;
	(void)poll(&p, 1, timeout);
}

static void *
writer_main(void *argument)
{
	struct writer *w = argument;
	bool stopping;

#ifdef HAVE_PTHREAD_SETNAME_NP
	pthread_setname_np(pthread_self(), "log");
#endif
	for (;;) {
		/* Acquire, and before the taking: what was put before the
		 * stop is taken behind it. */
		stopping = atomic_load_explicit(&w->stopping,
		    memory_order_acquire);
		wakeup_clear(&w->wakeup);
		if (!write_all(w) || !tell(w, stopping))
			return (NULL);
		if (stopping && (too_late(w) ||
		    ring_returned(w->ring) == ring_taken(w->ring)))
			break;
		wait(w, stopping);
	}
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return (NULL);
}

static int
open_sync(struct writer *w)
{
	pthread_condattr_t attr;
	int rc;

	if ((rc = pthread_mutex_init(&w->lock, NULL)) != 0)
		return (rc);
	if ((rc = pthread_condattr_init(&attr)) != 0)
		goto err0;
	rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (rc == 0)
		return (0);
err0:
	pthread_mutex_destroy(&w->lock);
	return (rc);
}

static void
close_sync(struct writer *w)
{

	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}

/* No signal is for this thread: a reader that has left is told by the
 * write's result, whatever the program does about SIGPIPE. */
static int
start_thread(struct writer *w)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return (rc);
}

int
writer_start(const struct log *log)
{
	struct writer *w;
	int rc = ENOMEM;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		goto err0;
	w->log = *log;
	w->log.sink = NULL;
	w->sink = log->sink;
	if ((w->ring = ring_new(WRITER_RING)) == NULL)
		goto err1;
	if (wakeup_open(&w->wakeup) == -1) {
		rc = errno;
		goto err2;
	}
	if ((rc = open_sync(w)) != 0)
		goto err3;
	if ((rc = start_thread(w)) != 0)
		goto err4;
	/* Release: the writer is whole for whoever finds it. */
	atomic_store_explicit(&log->sink->writer, w, memory_order_release);
	return (0);

err4:
	close_sync(w);
err3:
	wakeup_close(&w->wakeup);
err2:
	ring_free(w->ring);
err1:
	free(w);
err0:
	return (rc);
}

/* Wait for the thread's end until `deadline`. */
static bool
await_end(struct writer *w, uint64_t deadline)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline / CLOCK_S),
		.tv_nsec = (long)(deadline % CLOCK_S),
	};
	bool ended;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	while (!w->ended && rc == 0)
		rc = pthread_cond_timedwait(&w->changed, &w->lock, &until);
	ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	return (ended);
}

/* Leave the thread alone if it hangs in its write. */
static bool
leave(struct writer *w)
{
	int state = STATE_WRITING;

	/* Acquire and release: pairs with write_some(). */
	return (atomic_compare_exchange_strong_explicit(&w->state, &state,
	    STATE_LEFT, memory_order_acq_rel, memory_order_relaxed));
}

void
writer_stop(struct log_sink *sink)
{
	struct writer *w = atomic_load_explicit(&sink->writer,
	    memory_order_acquire);
	uint64_t deadline = clock_now() + WRITER_STOP_MS * (uint64_t)CLOCK_MS;

	if (w == NULL || w->stopped)
		return;
	w->stopped = true;
	ring_shut(w->ring);
	atomic_store_explicit(&w->deadline, deadline, memory_order_relaxed);
	/* Release: the ring is shut for whoever sees it. */
	atomic_store_explicit(&w->stopping, true, memory_order_release);
	writer_wake(w);
	if (await_end(w, deadline)) {
		pthread_join(w->thread, NULL);
		return;
	}
	/* Relaxed: a hint for the lines to come. */
	atomic_store_explicit(&sink->given_up, true, memory_order_relaxed);
	/* A thread that does not hang ends soon. */
	while (!leave(w)) {
		deadline += SLICE_MS * (uint64_t)CLOCK_MS;
		if (await_end(w, deadline)) {
			pthread_join(w->thread, NULL);
			return;
		}
	}
	pthread_detach(w->thread);
	/* Its memory stays its own. Nobody else uses it but those who are
	 * late, and they find the ring shut. */
	w->left = true;
}

void
writer_free(struct log_sink *sink)
{
	struct writer *w = atomic_load_explicit(&sink->writer,
	    memory_order_acquire);

	atomic_store_explicit(&sink->writer, NULL, memory_order_relaxed);
	if (w == NULL || w->left)
		return;
	close_sync(w);
	wakeup_close(&w->wakeup);
	ring_free(w->ring);
	free(w);
}

void
writer_flush(const struct log *log, unsigned ms)
{
	struct writer *w = log->sink == NULL ? NULL :
	    atomic_load_explicit(&log->sink->writer, memory_order_acquire);
	uint64_t end = clock_now() + ms * (uint64_t)CLOCK_MS, target;

	if (w == NULL)
		return;
	target = ring_taken(w->ring);
	writer_wake(w);
	/* Acquire: pairs with flush(). */
	while (atomic_load_explicit(&w->written, memory_order_acquire) <
	    target && clock_now() < end)
		(void)poll(NULL, 0, 1);
}
