/*
 * libedit reads characters through a function of ours, which waits for the
 * terminal and for the servers at once. What the servers say meanwhile is
 * written in place of the prompt, which is then drawn again below. Only this
 * thread touches the terminal.
 */
#include "config.h"

#include "prompt.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "clock.h"
#include "mailbox.h"
#include "session.h"
#include "until.h"
#include "wakeup.h"

#define PROMPT " -> "
#define HISTORY_SIZE 1000

/*
 * A quick reply should stand between its line and the next prompt, and a slow
 * server must not keep the prompt away: so long do we wait, in nanoseconds.
 */
#define TIDY_WAIT ((uint64_t)200 * CLOCK_MS)

struct prompt {
	struct wakeup wakeup;
	struct mailbox *mailbox;
	struct session *session;
	EditLine *edit;
	History *history;
	HistEvent event;       /* where history functions put results */
	mbstate_t decoder;     /* of the characters typed */
	bool prompting;        /* the prompt is on the screen */
	bool holding;          /* signals wait; see hold_signals() */
	bool dumb;             /* the terminal cannot erase */
	struct bytes replies;  /* to be shown */
	struct bytes notices;
};

static char *
prompt_text(EditLine *edit)
{
	static char text[] = PROMPT; /* libedit wants it writable */

	(void)edit;
	return (text);
}

/* How many rows the cursor is below the prompt's first row. */
static int
rows_down(const struct prompt *p)
{
	const LineInfo *line = el_line(p->edit);
	const char *at = line->buffer;
	struct winsize size;
	mbstate_t state = { 0 };
	size_t columns = strlen(PROMPT), n;
	wchar_t c;
	int width;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return (0);
	while (at < line->cursor) {
		n = mbrtowc(&c, at, (size_t)(line->cursor - at), &state);
		if (n == 0 || n == (size_t)-1 || n == (size_t)-2)
			break;
		width = wcwidth(c);
		columns += width > 0 ? (size_t)width : 0;
		at += n;
	}
	return ((int)(columns / size.ws_col));
}

/* Take the prompt and what was typed off the screen. */
static void
erase_prompt(const struct prompt *p)
{
	int rows;

	if (p->dumb) {
		putchar('\n');
		return;
	}
	putchar('\r');
	if ((rows = rows_down(p)) > 0)
		printf("\033[%dA", rows);
	fputs("\033[J", stdout);
}

static bool
alive(const struct prompt *p)
{
	struct session_state state = session_state(p->session);

	return (state.connecting + state.up > 0);
}

/* Show what has come in, above the prompt if there is one. */
static void
show(struct prompt *p)
{

	mailbox_take(p->mailbox, &p->replies, &p->notices);
	if (p->replies.length + p->notices.length == 0)
		return;
	if (p->prompting)
		erase_prompt(p);
	fwrite(p->replies.data, 1, p->replies.length, stdout);
	fflush(stdout);
	fwrite(p->notices.data, 1, p->notices.length, stderr);
	bytes_reset(&p->replies);
	bytes_reset(&p->notices);
	/* After the last word there is nothing to prompt for. */
	p->prompting = p->prompting && alive(p);
	if (p->prompting)
		el_set(p->edit, EL_REFRESH);
}

/* The window has another size, or the shell gave the terminal back. */
static void
redraw(struct prompt *p)
{

	if (!p->prompting)
		return;
	erase_prompt(p);
	fflush(stdout);
	el_set(p->edit, EL_REFRESH);
}

/*
 * Wait for the servers, and for typing if `typing`. Return 1 if there is some,
 * -1 if a signal came first.
 */
static int
wait_for(struct prompt *p, bool typing, uint64_t until)
{
	struct pollfd fds[2] = {
		{ .fd = typing ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = p->wakeup.read_fd, .events = POLLIN },
	};

	if (poll(fds, 2, until_ms(until)) == -1)
		return (-1);
	if (fds[1].revents != 0)
		wakeup_clear(&p->wakeup);
	return (fds[0].revents != 0);
}

/*
 * Between two lines libedit gives the terminal back, which would then echo
 * what is typed ahead. So we take it again at once, and hold back the signals
 * that end or stop us until libedit listens for them: it gives the terminal
 * back before they do their work.
 */
static void
hold_signals(struct prompt *p, bool hold)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP,
		SIGTSTP };
	sigset_t set;

	if (hold == p->holding)
		return;
	p->holding = hold;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* Take the terminal for editing, or give it back. */
static void
take_terminal(struct prompt *p, bool take)
{

	if (take)
		hold_signals(p, true);
	el_set(p->edit, EL_PREP_TERM, (int)take);
	if (!take)
		hold_signals(p, false);
}

/* The next character typed, for libedit: 1, or 0 at the end of file. */
static int
next_character(EditLine *edit, wchar_t *c)
{
	struct prompt *p;
	size_t used;
	ssize_t n;
	char byte;

	el_get(edit, EL_CLIENTDATA, &p);
	hold_signals(p, false);
	for (;;) {
		show(p);
		if (!alive(p))
			return (0);
		n = wait_for(p, true, UNTIL_NEVER);
		if (n == -1)
			redraw(p);
		if (n != 1)
			continue;
		n = read(STDIN_FILENO, &byte, 1);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return (0);
		used = mbrtowc(c, &byte, 1, &p->decoder);
		if (used == 0 || used == 1)
			return (1);
		/* Half a character so far, or none at all: forget it. */
		if (used != (size_t)-2)
			memset(&p->decoder, 0, sizeof(p->decoder));
	}
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

/* One line from the user; NULL at the end. Without its LF. */
static const char *
read_line(struct prompt *p, size_t *length)
{
	const char *line;
	int count = 0;

	p->prompting = true;
	line = el_gets(p->edit, &count);
	take_terminal(p, true);
	if (line == NULL || count <= 0) {
		if (p->prompting)
			putchar('\n'); /* leave the prompt's line */
		p->prompting = false;
		return (NULL);
	}
	p->prompting = false;
	*length = (size_t)count;
	if (line[*length - 1] == '\n')
		(*length)--;
	return (line);
}

static void
converse(struct prompt *p, bool raw)
{
	const char *line;
	size_t length;

	puts("Please enter 'quit' to exit");
	take_terminal(p, true);
	while (alive(p) && (line = read_line(p, &length)) != NULL) {
		if (length > 0 && line[0] != '\n')
			history(p->history, &p->event, H_ENTER, line);
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
	take_terminal(p, false);
}

/* Keys beyond those of libedit's emacs mode, as terminals send them. */
static void
bind_keys(EditLine *edit)
{
	static const char *const keys[][2] = {
		{ "\\e[1~", "ed-move-to-beg" }, { "\\e[7~", "ed-move-to-beg" },
		{ "\\e[H", "ed-move-to-beg" }, { "\\e[4~", "ed-move-to-end" },
		{ "\\e[8~", "ed-move-to-end" }, { "\\e[F", "ed-move-to-end" },
		{ "\\e[3~", "ed-delete-next-char" },
		{ "\\e[1;5C", "em-next-word" }, { "\\e[1;5D", "ed-prev-word" },
		{ "^R", "em-inc-search-prev" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		el_set(edit, EL_BIND, keys[i][0], keys[i][1], NULL);
}

static int
open_terminal(struct prompt *p, const char *program)
{
	const char *term = getenv("TERM");

	/* For the characters typed; without a locale they are bytes. */
	setlocale(LC_CTYPE, "");
	p->dumb = term == NULL || strcmp(term, "dumb") == 0;
	p->edit = el_init(program, stdin, stdout, stderr);
	p->history = history_init();
	if (p->edit == NULL || p->history == NULL)
		return (-1);
	history(p->history, &p->event, H_SETSIZE, HISTORY_SIZE);
	history(p->history, &p->event, H_SETUNIQUE, 1);
	el_set(p->edit, EL_CLIENTDATA, p);
	el_set(p->edit, EL_PROMPT, prompt_text);
	el_set(p->edit, EL_HIST, history, p->history);
	el_set(p->edit, EL_EDITOR, "emacs");
	/* A signal gives the terminal back before it does its work. */
	el_set(p->edit, EL_SIGNAL, 1);
	el_set(p->edit, EL_GETCFN, next_character);
	bind_keys(p->edit);
	el_source(p->edit, NULL);
	return (0);
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
	if (open_terminal(p, program) == -1) {
		fprintf(stderr, "throng: the terminal: %s\n", strerror(errno));
		return (1);
	}
	converse(p, options->framing == THRONG_FRAME_RAW);
	state = session_state(p->session);
	return (state.failed);
}

/* Give everything back. */
static void
finish(struct prompt *p, int status)
{

	if (p->edit != NULL)
		el_end(p->edit);
	if (p->history != NULL)
		history_end(p->history);
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
