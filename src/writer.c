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

#include "batch.h"
#include "clock.h"
#include "monitor.h"
#include "ring.h"
#include "wakeup.h"

/** How often what was held back is told. Milliseconds. */
#define TELL_MS 1000

/** How long the lines wait after a write that failed. Milliseconds. */
#define RETRY_MS 100

/** When a thread that should have ended is taken to hang. Milliseconds. */
#define LEAVE_MS 500

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
	_Atomic uint64_t dropped; /* lines lost and not yet told */
	_Atomic uint64_t written; /* of ring_taken() */
	uint64_t tell_at;         /* 0: nothing was held back */
	bool failed;              /* the last write: the next can wait */
	struct ring_record *rest; /* taken from the ring, not yet written */
	struct batch batch;
};

/* So many lines are. */
static void
lost(struct writer *w, uint64_t count)
{

	counter_add(&w->sink->counters->log_lost, count);
	counter_add(&w->dropped, count);
}

bool
writer_refuses(struct writer *w)
{

	if (!ring_is_full(w->ring))
		return (false);
	lost(w, 1);
	return (true);
}

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
		lost(w, 1);
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
flush(struct writer *w)
{
	uint64_t count;

	if (!batch_write(&w->batch, &count))
		return (false);
	if (count > 0) {
		lost(w, count);
		/* What does not take this will not take the next one. */
		w->failed = true;
	}
	/* Release: the lines are out for whoever waits for it. */
	atomic_store_explicit(&w->written, ring_returned(w->ring),
	    memory_order_release);
	return (true);
}

/* Whether nothing is to be written for now; at the end all is. */
static bool
rests(const struct writer *w, bool stopping)
{

	return (w->failed && !stopping);
}

/* Room for a line. False: the thread was left. */
static bool
fit(struct writer *w, size_t length)
{

	return (batch_fits(&w->batch, length) || flush(w));
}

/* Write what the ring holds now; once that has failed, the rest waits. False:
 * the thread was left. */
static bool
write_all(struct writer *w, bool stopping)
{
	struct ring_record *record;

	while (!rests(w, stopping) && (w->rest != NULL ||
	    (w->rest = ring_take(w->ring)) != NULL)) {
		record = w->rest;
		if (!fit(w, record->length))
			return (false);
		if (rests(w, stopping))
			break;
		batch_add(&w->batch, record->text, record->length);
		w->rest = (struct ring_record *)record->node.next;
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
	    memory_order_relaxed), failed;
	struct log_line l;

	if (count == 0 ||
	    !log_begin(&l, &w->log, THRONG_LOG_WARN, "log-lost"))
		return (true);
	log_number(&l, "count", count);
	log_finish(&l);
	if (!fit(w, l.length))
		return (false);
	batch_add(&w->batch, l.text, l.length);
	if (!batch_write(&w->batch, &failed))
		return (false);
	w->failed = w->failed || failed > 0;
	if (failed > 0)
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
		if (!fit(w, l.length))
			return (false);
		batch_add(&w->batch, l.text, l.length);
	}
	return (flush(w));
}

/* Tell what is due. False: the thread was left. */
static bool
tell(struct writer *w, bool stopping)
{
	uint64_t now;

	if (rests(w, stopping))
		return (true);
	if (!tell_lost(w))
		return (false);
	if (rests(w, stopping))
		return (true);
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

	if (rests(w, stopping)) {
		/* Nor is anybody heard: the ring is not looked at. */
		w->failed = false;
		(void)poll(NULL, 0, RETRY_MS);
		return;
	}
	/* Somebody is still filling a record in. */
	if (stopping)
		timeout = 1;
	else if (w->tell_at != 0)
		timeout = w->tell_at <= now ? 0 :
		    (int)((w->tell_at - now) / CLOCK_MS) + 1;
	else if (atomic_load_explicit(&w->dropped, memory_order_relaxed) > 0)
		/* To tell of what was lost is tried again. Relaxed: a count. */
		timeout = TELL_MS;
	(void)poll(&p, 1, timeout);
}

/* The reader has been waited for in vain: the lines to come need not. */
static void
give_up(struct log_sink *sink)
{

	/* Relaxed: a hint. */
	atomic_store_explicit(&sink->given_up, true, memory_order_relaxed);
}

static bool
is_done(struct writer *w)
{
	bool all = ring_returned(w->ring) == ring_taken(w->ring);

	if (!batch_is_late(&w->batch))
		return (all);
	/* Late, but all was written: the reader is not to blame. */
	if (!all || w->failed)
		give_up(w->sink);
	return (true);
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
		wakeup_clear(&w->wakeup);
		/* Acquire. Behind the clearing: a stop whose signal that took
		 * is seen. Before the taking: what was put before the stop
		 * is taken behind it. */
		stopping = atomic_load_explicit(&w->stopping,
		    memory_order_acquire);
		if (!write_all(w, stopping) || !tell(w, stopping))
			return (NULL);
		if (stopping && is_done(w))
			break;
		wait(w, stopping);
	}
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return (NULL);
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
	w->batch.fd = log->fd;
	if ((w->ring = ring_new(WRITER_RING)) == NULL)
		goto err1;
	if (wakeup_open(&w->wakeup) == -1) {
		rc = errno;
		goto err2;
	}
	if ((rc = monitor_open(&w->lock, &w->changed)) != 0)
		goto err3;
	if ((rc = start_thread(w)) != 0)
		goto err4;
	/* Release: the writer is whole for whoever finds it. */
	atomic_store_explicit(&log->sink->writer, w, memory_order_release);
	return (0);

err4:
	monitor_close(&w->lock, &w->changed);
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
	bool ended;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	while (!w->ended && rc == 0)
		rc = monitor_wait(&w->lock, &w->changed, deadline);
	ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	return (ended);
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
	/* Relaxed: a moment. */
	atomic_store_explicit(&w->batch.deadline, deadline,
	    memory_order_relaxed);
	/* Release: the ring is shut for whoever sees it. */
	atomic_store_explicit(&w->stopping, true, memory_order_release);
	writer_wake(w);
	/* A thread that does not hang ends soon behind the deadline; on a
	 * machine that is busy a little later. */
	do {
		deadline += LEAVE_MS * (uint64_t)CLOCK_MS;
		if (await_end(w, deadline)) {
			pthread_join(w->thread, NULL);
			return;
		}
	} while (!batch_leave(&w->batch));
	give_up(sink);
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
	monitor_close(&w->lock, &w->changed);
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
