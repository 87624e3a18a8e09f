#include "link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link_internal.h"
#include "talk.h"
#include "until.h"

/* Lines typed ahead of a slow server; a window below this would refuse. */
#define CAPACITY_MIN 64

/* Enough for the resolver, the deepest call; 256 of them still fit. */
#define STACK_SIZE ((size_t)256 << 10)

size_t
link_capacity(const struct options *options)
{

	return (options->window < CAPACITY_MIN ? CAPACITY_MIN :
	    options->window);
}

struct link *
link_new(const struct options *options, const char *address,
    const struct link_events *events, void *context)
{
	struct link *l = calloc(1, sizeof(*l));
	/* Without delimiters, two requests under way would become one. */
	size_t flight = options->framing == THRONG_FRAME_RAW ? 1 :
	    options->window;

	if (l == NULL)
		return (NULL);
	l->options = options;
	l->address = address;
	l->events = events;
	l->context = context;
	l->fd = -1;
	l->resolving = true;
	l->window = window_new(link_capacity(options), flight);
	l->reader = reader_new(options->framing, options->max_frame);
	if (l->window == NULL || l->reader == NULL ||
	    wakeup_open(&l->wakeup)) {
		window_free(l->window);
		reader_free(l->reader);
		free(l);
		return (NULL);
	}
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->room, NULL);
	return (l);
}

void
link_join(struct link *l)
{

	if (l->started)
		pthread_join(l->thread, NULL);
	l->started = false;
}

void
link_free(struct link *l)
{

	if (l == NULL)
		return;
	wakeup_close(&l->wakeup);
	pthread_cond_destroy(&l->room);
	pthread_mutex_destroy(&l->lock);
	window_free(l->window);
	reader_free(l->reader);
	free(l);
}

int
link_send(struct link *l, uint64_t number, const char *bytes, size_t length,
    bool wait)
{
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	if (wait && window_full(l->window) && !l->gone) {
		wakeup_signal(&l->wakeup);
		l->asker_waits = true;
		while (!window_easy(l->window) && !l->gone)
			pthread_cond_wait(&l->room, &l->lock);
		l->asker_waits = false;
	}
	if (l->gone)
		rc = EPIPE;
	else if (window_full(l->window))
		rc = EAGAIN;
	else if (window_add(l->window, l->options->framing, number, bytes,
	    length))
		rc = ENOMEM;
	pthread_mutex_unlock(&l->lock);
	return (rc);
}

void
link_kick(struct link *l)
{

	wakeup_signal(&l->wakeup);
}

void
link_wake(struct link *l)
{

	wakeup_signal(&l->wakeup);
}

static void
raise_flag(struct link *l, bool *flag)
{

	pthread_mutex_lock(&l->lock);
	*flag = true;
	pthread_mutex_unlock(&l->lock);
	wakeup_signal(&l->wakeup);
}

void
link_finish(struct link *l)
{

	raise_flag(l, &l->finishing);
}

void
link_abort(struct link *l)
{

	raise_flag(l, &l->aborted);
}

static bool
look(struct link *l, const bool *flag)
{
	bool value;

	pthread_mutex_lock(&l->lock);
	value = *flag;
	pthread_mutex_unlock(&l->lock);
	return (value);
}

bool
link_resolving(struct link *l)
{

	return (l->started && look(l, &l->resolving));
}

/* Wait as wait_connecting() says. */
static int
wait_in_poll(struct link *l, int fd, short events, uint64_t until)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = events },
		{ .fd = l->wakeup.read_fd, .events = POLLIN },
	};
	int left;

	for (;;) {
		left = until_ms(until);
		if (poll(fds, 2, left) > 0) {
			if (fds[1].revents != 0)
				wakeup_clear(&l->wakeup);
			if (look(l, &l->aborted))
				return (-1);
			if (fds[0].revents != 0)
				return (1);
		}
		if (left == 0)
			return (0);
	}
}

/*
 * How connecting waits (see connect.h): for a wakeup as well, so here it can
 * be aborted. It may be in the resolver at all other times.
 */
static int
wait_connecting(void *context, int fd, short events, uint64_t until)
{
	struct link *l = context;
	int rc;

	pthread_mutex_lock(&l->lock);
	l->resolving = false;
	pthread_mutex_unlock(&l->lock);
	rc = wait_in_poll(l, fd, events, until);
	pthread_mutex_lock(&l->lock);
	l->resolving = !l->aborted;
	if (l->aborted)
		rc = -1;
	pthread_mutex_unlock(&l->lock);
	return (rc);
}

/* Say what will not be answered, then that the link is gone. */
static void
end(struct link *l, bool connected)
{
	const char *why = l->why[0] != '\0' ? l->why : NULL;
	uint64_t number;
	int rc;

	pthread_mutex_lock(&l->lock);
	l->gone = true;
	l->resolving = false;
	pthread_cond_signal(&l->room);
	pthread_mutex_unlock(&l->lock);
	for (;;) {
		/* Nobody adds to a link that is gone. */
		pthread_mutex_lock(&l->lock);
		rc = window_drop(l->window, &number);
		pthread_mutex_unlock(&l->lock);
		if (rc == -1)
			break;
		l->events->lost(l->context, number,
		    why != NULL ? why : "stopped");
	}
	l->events->flush(l->context);
	if (l->fd != -1)
		close(l->fd);
	l->fd = -1;
	l->events->gone(l->context, why, connected);
}

static void *
run(void *argument)
{
	struct link *l = argument;
	struct connect_plan plan = {
		.address = l->address,
		.timeout = l->options->connect_timeout,
		.retries = l->options->retries,
		.wait = wait_connecting,
		.context = l,
	};
	char why[CONNECT_WHY_MAX];

	l->fd = connect_open(&plan, why);
	if (l->fd == -1) {
		if (!look(l, &l->aborted))
			snprintf(l->why, sizeof(l->why), "%s", why);
		end(l, false);
		return (NULL);
	}
	pthread_mutex_lock(&l->lock);
	l->resolving = false;
	pthread_mutex_unlock(&l->lock);
	l->events->up(l->context);
	while (talk_turn(l))
		continue;
	end(l, true);
	return (NULL);
}

int
link_start(struct link *l)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int rc;

	/*
	 * The terminal's signals are main's, which may be editing a line.
	 * A broken standard output must still end the program, in whichever
	 * thread it shows.
	 */
	sigfillset(&all);
	sigdelset(&all, SIGPIPE);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	rc = pthread_create(&l->thread, &attr, run, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	l->started = rc == 0;
	return (rc);
}
