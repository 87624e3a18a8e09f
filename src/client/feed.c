#include "feed.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "output.h"
#include "session.h"
#include "wakeup.h"

struct feed {
	const struct options *options;
	int in;
	struct wakeup wakeup;
	struct output *output;
	struct session *session;
	struct lines *lines;
	bool ended;  /* the whole input was read */
	bool failed; /* and said so on standard error */
};

/* The longest request that can be sent, in bytes. */
static size_t
request_max(const struct options *options)
{
	size_t max = frame_payload_max(options->framing);

	/* What throngd takes at most: above it would end the connection. */
	return (max < FRAME_ABSURD_LENGTH ? max : FRAME_ABSURD_LENGTH);
}

/* Is there no use in going on? */
static bool
hopeless(struct feed *f)
{
	struct session_state state = session_state(f->session);

	/*
	 * When all servers have left but nothing was lost, this may have been
	 * all: only the input can tell.
	 */
	return (state.connecting + state.up == 0 && state.lost > 0);
}

/* Wait until every connection is there or failed; whether there is one. */
static bool
wait_connected(struct feed *f)
{
	struct pollfd fds = { .fd = f->wakeup.read_fd, .events = POLLIN };
	struct session_state state;

	for (;;) {
		wakeup_clear(&f->wakeup);
		state = session_state(f->session);
		if (state.connecting == 0)
			return (state.up > 0 || !state.unreachable);
		poll(&fds, 1, -1);
	}
}

/* Was the input used up all the same? Does not wait for it. */
static void
look_for_end(struct feed *f)
{
	struct pollfd fds = { .fd = f->in, .events = POLLIN };
	const char *bytes;
	size_t length;

	if (poll(&fds, 1, 0) == 1 && lines_fill(f->lines, f->in) == 0)
		f->ended = lines_next(f->lines, &bytes, &length) == LINES_END;
}

/* Read more of the input once it is there; false ends the feeding. */
static bool
refill(struct feed *f)
{
	struct pollfd fds[2] = {
		{ .fd = f->in, .events = POLLIN },
		{ .fd = f->wakeup.read_fd, .events = POLLIN },
	};

	session_kick(f->session);
	while (fds[0].revents == 0) {
		if (hopeless(f)) {
			look_for_end(f);
			return (false);
		}
		if (poll(fds, 2, -1) == -1)
			fds[0].revents = 0;
		wakeup_clear(&f->wakeup);
	}
	if (lines_fill(f->lines, f->in) == 0)
		return (true);
	fprintf(stderr, "throng: standard input: %s\n", strerror(errno));
	f->failed = true;
	return (false);
}

static void
too_long(struct feed *f)
{

	fprintf(stderr, "throng: request %" PRIu64 " of the input is longer "
	    "than %zu bytes, the most that --frame %s sends\n",
	    lines_count(f->lines) + 1, request_max(f->options),
	    frame_name(f->options->framing));
	f->failed = true;
}

static void
feed_all(struct feed *f)
{
	bool raw = f->options->framing == THRONG_FRAME_RAW;
	const char *bytes;
	size_t length;

	for (;;) {
		switch (lines_next(f->lines, &bytes, &length)) {
		case LINES_READY:
			/* Without delimiters, nothing is nothing. */
			if (!raw || length > 0)
				session_ask(f->session, bytes, length);
			break;
		case LINES_MORE:
			if (!refill(f))
				return;
			break;
		case LINES_END:
			f->ended = true;
			return;
		case LINES_TOO_LONG:
			too_long(f);
			return;
		}
	}
}

static int
run(struct feed *f)
{
	struct session_state state;
	int rc;

	if ((rc = session_start(f->session)) != 0) {
		fprintf(stderr, "throng: a thread: %s\n", strerror(rc));
		return (1);
	}
	if (!wait_connected(f))
		return (1);
	feed_all(f);
	session_finish(f->session);
	session_summary(f->session, !f->ended && !f->failed);
	state = session_state(f->session);
	return (f->failed || state.lost > 0 || state.unreachable);
}

int
feed_run(const struct options *options, int in, int out)
{
	struct feed f = { .options = options, .in = in };
	int status = 1;

	if (wakeup_open(&f.wakeup) == 0) {
		f.output = output_new(out, options->split == LINES_NONE,
		    &f.wakeup);
		f.lines = lines_new(options->split, request_max(options));
		if (f.output != NULL)
			f.session = session_new(options,
			    output_sink(f.output), true);
		if (f.lines != NULL && f.session != NULL)
			status = run(&f);
		else
			fprintf(stderr, "throng: %s\n", strerror(errno));
		session_free(f.session);
		lines_free(f.lines);
		output_free(f.output);
		wakeup_close(&f.wakeup);
	} else {
		fprintf(stderr, "throng: a pipe: %s\n", strerror(errno));
	}
	return (status);
}
