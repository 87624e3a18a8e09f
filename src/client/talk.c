/*
 * The loop of a connected link: send what may be sent, wait for whatever
 * comes first, receive. It never waits for one direction alone.
 */
#include "talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "link_internal.h"
#include "until.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE is set instead */
#endif

/* Under the lock: let the asker go on once it is worth its while. */
static void
make_room(struct link *l)
{

	if (l->asker_waits && window_easy(l->window))
		pthread_cond_signal(&l->room);
}

/* Send what may be sent; what the kernel does not take stays. */
static void
send_some(struct link *l, const char *bytes, size_t length)
{
	ssize_t n;

	do
		n = send(l->fd, bytes, length, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
		/* The replies of a server that left may still be there. */
		l->mute = true;
	l->blocked = n < (ssize_t)length;
	if (n <= 0)
		return;
	l->since = clock_now();
	pthread_mutex_lock(&l->lock);
	window_sent(l->window, (size_t)n);
	pthread_mutex_unlock(&l->lock);
}

static void
note_refusal(struct link *l, const char *bytes, size_t length)
{

	l->refusal[0] = '\0';
	if (length >= 7 && memcmp(bytes, "!error ", 7) == 0)
		snprintf(l->refusal, sizeof(l->refusal), ": %.*s",
		    (int)(length < 80 ? length : 80), bytes);
}

/* One reply, or a refusal of one when bytes is NULL; false ends the link. */
static bool
deliver(struct link *l, const char *bytes, size_t length)
{
	uint64_t number;
	char why[80];
	int rc;

	pthread_mutex_lock(&l->lock);
	rc = window_answered(l->window, &number);
	make_room(l);
	pthread_mutex_unlock(&l->lock);
	if (bytes == NULL) {
		snprintf(why, sizeof(why),
		    "a reply is longer than %zu bytes (--max-frame)",
		    l->options->max_frame);
		if (rc == 0)
			l->events->dropped(l->context, number, why);
		return (true);
	}
	note_refusal(l, bytes, length);
	if (rc == 0)
		l->events->reply(l->context, number, bytes, length);
	else if (!l->events->stray(l->context, bytes, length) &&
	    l->refusal[0] == '\0') {
		snprintf(l->why, sizeof(l->why),
		    "the server sent a reply that nobody had asked for");
		return (false);
	}
	return (true);
}

static bool
deliver_all(struct link *l)
{
	const char *bytes;
	size_t length;
	bool more = true;

	while (more) {
		switch (reader_next(l->reader, &bytes, &length)) {
		case READER_READY:
			more = deliver(l, bytes, length);
			break;
		case READER_OVERSIZE:
			more = deliver(l, NULL, 0);
			break;
		case READER_BROKEN:
			snprintf(l->why, sizeof(l->why), "the server's bytes "
			    "make no frame (is --frame right?)");
			more = false;
			break;
		case READER_MORE:
			l->events->flush(l->context);
			l->since = clock_now();
			return (true);
		}
	}
	l->events->flush(l->context);
	return (false);
}

/* Receive once and deliver; false ends the link. */
static bool
receive(struct link *l)
{
	size_t size;
	char *room = reader_room(l->reader, &size);
	ssize_t n;

	if (room == NULL) {
		snprintf(l->why, sizeof(l->why), "%s", strerror(ENOMEM));
		return (false);
	}
	n = recv(l->fd, room, size, 0);
	if (n > 0) {
		reader_filled(l->reader, (size_t)n);
		return (deliver_all(l));
	}
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
	    errno == EINTR))
		return (true);
	if (n == 0)
		snprintf(l->why, sizeof(l->why),
		    "the server closed the connection%s%s",
		    reader_within(l->reader) ? " in the middle of a reply" :
		    "", l->refusal);
	else
		snprintf(l->why, sizeof(l->why), "%s%s", strerror(errno),
		    l->refusal);
	return (false);
}

/* Wait for what may happen next and do it; false ends the link. */
static bool
await(struct link *l, bool sending, bool owing)
{
	bool paused = l->events->full(l->context);
	uint64_t until = owing && !paused ?
	    l->since + l->options->timeout : UNTIL_NEVER;
	/* A paused link asks for nothing, or a hang-up would make it spin. */
	struct pollfd fds[2] = {
		{ .fd = paused ? -1 : l->fd, .events = POLLIN },
		{ .fd = l->wakeup.read_fd, .events = POLLIN },
	};

	if (sending)
		fds[0].events |= POLLOUT;
	if (poll(fds, 2, until_ms(until)) == -1)
		return (true);
	if (fds[1].revents != 0)
		wakeup_clear(&l->wakeup);
	if (paused)
		l->since = clock_now();
	if (fds[0].revents & POLLOUT)
		l->blocked = false;
	if (fds[0].revents & ~POLLOUT)
		return (receive(l));
	/* Nothing to read and the time is up. */
	if (fds[0].revents == 0 && clock_now() >= until) {
		snprintf(l->why, sizeof(l->why), "no reply within %g s",
		    (double)l->options->timeout / 1e9);
		return (false);
	}
	return (true);
}

bool
talk_turn(struct link *l)
{
	const char *bytes = NULL;
	bool finishing, aborted, owing;
	size_t length;

	pthread_mutex_lock(&l->lock);
	length = window_sendable(l->window, &bytes);
	owing = window_count(l->window) > 0;
	finishing = l->finishing;
	aborted = l->aborted;
	make_room(l);
	pthread_mutex_unlock(&l->lock);
	if (aborted || (finishing && !owing))
		return (false);
	if (owing && !l->owing)
		l->since = clock_now();
	l->owing = owing;
	if (l->mute)
		length = 0;
	if (length > 0 && !l->blocked) {
		send_some(l, bytes, length);
		/* More may have become sendable. */
		if (!l->blocked)
			return (true);
	}
	return (await(l, length > 0 && !l->mute, owing));
}
