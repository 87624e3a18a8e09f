/**
 * signals.h - the signals of a terminal's user, taken one by one where the
 * program is ready for them.
 *
 * A handler could do next to nothing safely, so there is none: the signals
 * are blocked and a thread waits for them.
 */
#ifndef CLIENT_SIGNALS_H
#define CLIENT_SIGNALS_H

#include "wakeup.h"

struct signals;

/**
 * signals_new(wakeup):
 * From now on keep SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT and
 * SIGWINCH for signals_take(), and signal `wakeup` when there is one. Return
 * what goes back with signals_free(), or NULL with errno set. Thread: main,
 * when no other thread lets these signals through.
 */
struct signals *signals_new(const struct wakeup *wakeup);

/**
 * signals_take(signals):
 * Return a signal that has come, 0 if none has. Thread: main.
 */
int signals_take(struct signals *signals);

/**
 * signals_obey(signal):
 * Let a signal that was taken do what it does by itself: end the process, or
 * stop it, and then this returns when it goes on. Thread: main.
 */
void signals_obey(int signal);

/**
 * signals_free(signals):
 * Let the signals do their work again; NULL is allowed. Thread: main.
 */
void signals_free(struct signals *signals);

#endif /* CLIENT_SIGNALS_H */
