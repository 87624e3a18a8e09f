#include "output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)64 << 10)

/* `lock` guards what follows it; it is the last one taken. */
struct output {
	struct sink sink;
	int fd;
	bool as_is;
	const struct wakeup *wakeup;
	pthread_mutex_t lock;
	size_t length;
	char buffer[BUFFER_SIZE];
};

/* A reader that left is no news; any other failure is. */
static void
give_up(int error)
{

	if (error != EPIPE)
		fprintf(stderr, "throng: standard output: %s\n",
		    strerror(error));
	_exit(1);
}

static void
write_all(struct output *o, const char *bytes, size_t length)
{
	struct pollfd fds = { .fd = o->fd, .events = POLLOUT };
	ssize_t n;

	while (length > 0) {
		n = write(o->fd, bytes, length);
		if (n >= 0) {
			bytes += n;
			length -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			/* Somebody made our end of the pipe non-blocking. */
			poll(&fds, 1, -1);
		} else if (errno != EINTR) {
			give_up(errno);
		}
	}
}

static void
flush_locked(struct output *o)
{

	write_all(o, o->buffer, o->length);
	o->length = 0;
}

static void
put(struct output *o, const char *bytes, size_t length)
{

	if (length > BUFFER_SIZE - o->length)
		flush_locked(o);
	if (length > BUFFER_SIZE) {
		write_all(o, bytes, length);
		return;
	}
	if (length > 0)
		memcpy(o->buffer + o->length, bytes, length);
	o->length += length;
}

static void
on_reply(void *context, const char *label, const char *bytes, size_t length)
{
	struct output *o = context;

	pthread_mutex_lock(&o->lock);
	if (label != NULL) {
		put(o, label, strlen(label));
		put(o, ": ", 2);
	}
	put(o, bytes, length);
	if (!o->as_is || label != NULL)
		put(o, "\n", 1);
	pthread_mutex_unlock(&o->lock);
}

static void
on_flush(void *context)
{
	struct output *o = context;

	pthread_mutex_lock(&o->lock);
	flush_locked(o);
	pthread_mutex_unlock(&o->lock);
}

static void
on_notice(void *context, const char *line)
{

	/* What came before it is to be seen before it. */
	on_flush(context);
	fprintf(stderr, "%s\n", line);
}

static void
on_changed(void *context)
{

	wakeup_signal(((struct output *)context)->wakeup);
}

struct output *
output_new(int fd, bool as_is, const struct wakeup *wakeup)
{
	struct output *o = malloc(sizeof(*o));

	if (o == NULL)
		return (NULL);
	o->sink = (struct sink){ o, on_reply, on_flush, on_notice,
	    on_changed };
	o->fd = fd;
	o->as_is = as_is;
	o->wakeup = wakeup;
	o->length = 0;
	pthread_mutex_init(&o->lock, NULL);
	return (o);
}

const struct sink *
output_sink(const struct output *o)
{

	return (&o->sink);
}

void
output_free(struct output *o)
{

	if (o == NULL)
		return;
	pthread_mutex_destroy(&o->lock);
	free(o);
}
