/**
 * terminal.h - line editing on the terminal, with text that comes meanwhile.
 *
 * libedit reads its characters through a function of ours, which waits for
 * the keyboard and for whatever else at once. What has to be shown meanwhile
 * is written in place of the prompt, which is then drawn again below.
 *
 * Thread for all functions: main, which alone touches the terminal.
 */
#ifndef CLIENT_TERMINAL_H
#define CLIENT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"
#include "wakeup.h"

struct terminal;

/** What the function that waits for the keyboard may return. */
enum terminal_event {
	TERMINAL_KEY,    /* there is something to be read */
	TERMINAL_WAKEUP, /* the wakeup came: there may be a signal */
	TERMINAL_END     /* no line is wanted any more */
};

/**
 * terminal_open(program, wakeup, wait, context):
 * Edit lines on standard input and output, which must be a terminal; `wait`
 * waits for the keyboard and for `wakeup`, which tells of signals, and may
 * call terminal_show(). `program` names this one in ~/.editrc. Return what
 * goes back with terminal_close(), or NULL if it cannot be had. Thread: main.
 */
struct terminal *terminal_open(const char *program,
    const struct wakeup *wakeup, enum terminal_event (*wait)(void *context),
    void *context);

/**
 * terminal_close(terminal):
 * Give the terminal back as it was; NULL is allowed. Thread: main.
 */
void terminal_close(struct terminal *terminal);

/**
 * terminal_read(terminal, length):
 * Prompt for a line. Return its bytes without LF, valid until the next call,
 * and their number in `*length`; or NULL at the end of file or when the
 * waiting function wanted no more. Between two calls nothing typed is lost.
 * Thread: main.
 */
const char *terminal_read(struct terminal *terminal, size_t *length);

/**
 * terminal_show(terminal, text, notices, last):
 * Write `text` to standard output and `notices` to standard error, above the
 * prompt if there is one; with `last` the prompt does not come back. A
 * `terminal` of NULL has no prompt. Thread: main.
 */
void terminal_show(struct terminal *terminal, const struct bytes *text,
    const struct bytes *notices, bool last);

#endif /* CLIENT_TERMINAL_H */
