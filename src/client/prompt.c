#include "prompt.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mailbox.h"
#include "session.h"
#include "terminal.h"
#include "until.h"
#include "wakeup.h"

/*
 * A quick reply should stand between its line and the next prompt, and a slow
 * server must not keep the prompt away: so long do we wait, in nanoseconds.
 */
#define TIDY_WAIT ((uint64_t)200 * CLOCK_MS)

struct prompt {
	struct wakeup wakeup;
	struct mailbox *mailbox;
	struct session *session;
	struct terminal *terminal;
	struct bytes replies; /* to be shown */
	struct bytes notices;
};

static bool
alive(const struct prompt *p)
{
	struct session_state state = session_state(p->session);

	return (state.connecting + state.up > 0);
}

/* Show what has come in. */
static void
show(struct prompt *p)
{

	mailbox_take(p->mailbox, &p->replies, &p->notices);
	if (p->replies.length + p->notices.length == 0)
		return;
	/* After the last word there is nothing to prompt for. */
	terminal_show(p->terminal, &p->replies, &p->notices, !alive(p));
	bytes_reset(&p->replies);
	bytes_reset(&p->notices);
}

/* Wait for the wakeup, and for typing if `typing`; is there some? */
static bool
wait_for(struct prompt *p, bool typing, uint64_t until)
{
	struct pollfd fds[2] = {
		{ .fd = typing ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = p->wakeup.read_fd, .events = POLLIN },
	};

	if (poll(fds, 2, until_ms(until)) == -1)
		return (false);
	if (fds[1].revents != 0)
		wakeup_clear(&p->wakeup);
	return (fds[0].revents != 0);
}

/* What the terminal waits with: it shows what comes meanwhile. */
static enum terminal_event
wait_for_key(void *context)
{
	struct prompt *p = context;

	show(p);
	if (!alive(p))
		return (TERMINAL_END);
	return (wait_for(p, true, UNTIL_NEVER) ? TERMINAL_KEY :
	    TERMINAL_WAKEUP);
}

/* Let the replies owed come for a moment. */
static void
wait_for_replies(struct prompt *p)
{
	uint64_t until = until_in(TIDY_WAIT);

	show(p);
	while (session_state(p->session).owed > 0 && alive(p) &&
	    clock_now() < until) {
		wait_for(p, false, until);
		show(p);
	}
	show(p);
}

/* Wait until there is a connection, and a moment for the others. */
static bool
wait_connected(struct prompt *p)
{
	uint64_t until = UNTIL_NEVER;
	struct session_state state;

	for (;;) {
		show(p);
		state = session_state(p->session);
		if (state.up > 0 && until == UNTIL_NEVER)
			until = until_in(TIDY_WAIT);
		if (state.connecting == 0 || clock_now() >= until)
			break;
		wait_for(p, false, until);
	}
	show(p);
	return (state.up > 0);
}

static void
converse(struct prompt *p, bool raw)
{
	const char *line;
	size_t length;

	puts("Please enter 'quit' to exit");
	fflush(stdout);
	while (alive(p)) {
		line = terminal_read(p->terminal, &length);
		if (line == NULL)
			break;
		if (length == 4 && memcmp(line, "quit", 4) == 0)
			break;
		/* Without delimiters, nothing is nothing. */
		if (length > 0 || !raw) {
			session_ask(p->session, line, length);
			session_kick(p->session);
		}
		wait_for_replies(p);
	}
	show(p);
}

static int
run(struct prompt *p, const struct options *options, const char *program)
{
	struct session_state state;
	int rc;

	if ((rc = session_start(p->session)) != 0) {
		fprintf(stderr, "throng: a thread: %s\n", strerror(rc));
		return (1);
	}
	if (!wait_connected(p))
		return (1);
	p->terminal = terminal_open(program, &p->wakeup, wait_for_key, p);
	if (p->terminal == NULL) {
		fprintf(stderr, "throng: the terminal: %s\n", strerror(errno));
		return (1);
	}
	converse(p, options->framing == THRONG_FRAME_RAW);
	state = session_state(p->session);
	return (state.failed || state.lost > 0);
}

/* Give everything back. */
static void
finish(struct prompt *p, int status)
{

	terminal_close(p->terminal);
	if (p->mailbox != NULL)
		mailbox_close(p->mailbox);
	fflush(stdout);
	/* Nobody who said quit should wait for the resolver. */
	if (p->session != NULL && !session_abort(p->session))
		_exit(status);
	session_free(p->session);
	mailbox_free(p->mailbox);
	bytes_free(&p->replies);
	bytes_free(&p->notices);
	wakeup_close(&p->wakeup);
}

int
prompt_run(const struct options *options, const char *program)
{
	struct prompt p = { 0 };
	int status = 1;

	if (wakeup_open(&p.wakeup) == -1) {
		fprintf(stderr, "throng: a pipe: %s\n", strerror(errno));
		return (1);
	}
	p.mailbox = mailbox_new(&p.wakeup);
	if (p.mailbox != NULL)
		p.session = session_new(options, mailbox_sink(p.mailbox),
		    false);
	if (p.session != NULL)
		status = run(&p, options, program);
	else
		fprintf(stderr, "throng: %s\n", strerror(errno));
	finish(&p, status);
	return (status);
}
