#include "config.h"

#include "terminal.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "signals.h"

#define PROMPT " -> "
#define HISTORY_SIZE 1000

struct terminal {
	EditLine *edit;
	History *history;
	struct signals *signals;
	HistEvent event;   /* where history functions put results */
	enum terminal_event (*wait)(void *context);
	void *context;
	mbstate_t decoder; /* of the characters typed */
	bool prompting;    /* the prompt is on the screen */
	bool dumb;         /* it cannot erase */
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
rows_down(const struct terminal *t)
{
	const LineInfo *line = el_line(t->edit);
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
erase_prompt(const struct terminal *t)
{
	int rows;

	if (t->dumb) {
		putchar('\n');
		return;
	}
	putchar('\r');
	if ((rows = rows_down(t)) > 0)
		printf("\033[%dA", rows);
	fputs("\033[J", stdout);
}

void
terminal_show(struct terminal *t, const struct bytes *text,
    const struct bytes *notices, bool last)
{

	if (t != NULL && t->prompting)
		erase_prompt(t);
	fwrite(text->data, 1, text->length, stdout);
	fflush(stdout);
	fwrite(notices->data, 1, notices->length, stderr);
	if (t == NULL || !t->prompting)
		return;
	t->prompting = !last;
	if (!last)
		el_set(t->edit, EL_REFRESH);
}

static void
redraw(const struct terminal *t)
{

	if (!t->prompting)
		return;
	erase_prompt(t);
	fflush(stdout);
	el_set(t->edit, EL_REFRESH);
}

/* Do what the signals say that have come. */
static void
obey_signals(struct terminal *t)
{
	int signal;

	while ((signal = signals_take(t->signals)) != 0) {
		if (signal == SIGWINCH) {
			el_resize(t->edit);
		} else {
			el_set(t->edit, EL_PREP_TERM, 0);
			/* It ends us, or stops us for a while. */
			if (signal != SIGCONT)
				signals_obey(signal);
			el_set(t->edit, EL_PREP_TERM, 1);
		}
		redraw(t);
	}
}

/* The next character typed, for libedit: 1, or 0 at the end. */
static int
next_character(EditLine *edit, wchar_t *c)
{
	struct terminal *t;
	size_t used;
	ssize_t n;
	char byte;

	el_get(edit, EL_CLIENTDATA, &t);
	for (;;) {
		obey_signals(t);
		switch (t->wait(t->context)) {
		case TERMINAL_KEY:
			break;
		case TERMINAL_WAKEUP:
			continue;
		case TERMINAL_END:
			return (0);
		}
		n = read(STDIN_FILENO, &byte, 1);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return (0);
		used = mbrtowc(c, &byte, 1, &t->decoder);
		if (used == 0 || used == 1)
			return (1);
		if (used == (size_t)-2)
			continue; /* a part of a character so far */
		/* None at all: left out, but not without a sound. */
		memset(&t->decoder, 0, sizeof(t->decoder));
		putchar('\a');
		fflush(stdout);
	}
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

static void
set_up(struct terminal *t)
{

	history(t->history, &t->event, H_SETSIZE, HISTORY_SIZE);
	history(t->history, &t->event, H_SETUNIQUE, 1);
	el_set(t->edit, EL_CLIENTDATA, t);
	el_set(t->edit, EL_PROMPT, prompt_text);
	el_set(t->edit, EL_HIST, history, t->history);
	el_set(t->edit, EL_EDITOR, "emacs");
	el_set(t->edit, EL_GETCFN, next_character);
	bind_keys(t->edit);
	el_source(t->edit, NULL);
}

/*
 * What is typed is what the locale says. Where there is none, or one that is
 * not installed, terminals send UTF-8 all the same, of which "C" would take
 * nothing but ASCII.
 */
static void
choose_characters(void)
{

	setlocale(LC_CTYPE, "");
	if (strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

struct terminal *
terminal_open(const char *program, const struct wakeup *wakeup,
    enum terminal_event (*wait)(void *context), void *context)
{
	struct terminal *t = calloc(1, sizeof(*t));
	const char *term = getenv("TERM");

	if (t == NULL)
		return (NULL);
	choose_characters();
	t->wait = wait;
	t->context = context;
	t->dumb = term == NULL || strcmp(term, "dumb") == 0;
	t->edit = el_init(program, stdin, stdout, stderr);
	t->history = history_init();
	t->signals = signals_new(wakeup);
	if (t->edit == NULL || t->history == NULL || t->signals == NULL) {
		terminal_close(t);
		return (NULL);
	}
	set_up(t);
	return (t);
}

void
terminal_close(struct terminal *t)
{

	if (t == NULL)
		return;
	if (t->edit != NULL) {
		el_set(t->edit, EL_PREP_TERM, 0);
		el_end(t->edit);
	}
	if (t->history != NULL)
		history_end(t->history);
	signals_free(t->signals);
	free(t);
}

const char *
terminal_read(struct terminal *t, size_t *length)
{
	const char *line;
	int count = 0;

	/* Before the prompt, so that nothing typed after it is echoed. */
	el_set(t->edit, EL_PREP_TERM, 1);
	t->prompting = true;
	line = el_gets(t->edit, &count);
	/* libedit has given the terminal back, which would echo as well. */
	el_set(t->edit, EL_PREP_TERM, 1);
	if (line == NULL || count <= 0) {
		if (t->prompting)
			putchar('\n'); /* leave the prompt's line */
		t->prompting = false;
		return (NULL);
	}
	t->prompting = false;
	if (count > 1)
		history(t->history, &t->event, H_ENTER, line);
	*length = (size_t)count;
	if (line[*length - 1] == '\n')
		(*length)--;
	return (line);
}
