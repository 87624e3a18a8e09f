#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* `lock` guards what follows it. */
struct signals {
	const struct wakeup *wakeup;
	pthread_t thread;
	sigset_t before; /* main's mask */
	pthread_mutex_t lock;
	sigset_t come;
	bool closing;
};

static const int kept[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP,
	SIGCONT, SIGWINCH };

#define KEPT (sizeof(kept) / sizeof(kept[0]))

static void
kept_set(sigset_t *set)
{

	sigemptyset(set);
	for (size_t i = 0; i < KEPT; i++)
		sigaddset(set, kept[i]);
}

static void *
wait_for_signals(void *argument)
{
	struct signals *s = argument;
	bool closing = false;
	sigset_t set;
	int signal;

	kept_set(&set);
	while (!closing) {
		if (sigwait(&set, &signal) != 0)
			continue;
		pthread_mutex_lock(&s->lock);
		sigaddset(&s->come, signal);
		closing = s->closing;
		pthread_mutex_unlock(&s->lock);
		wakeup_signal(s->wakeup);
	}
	return (NULL);
}

struct signals *
signals_new(const struct wakeup *wakeup)
{
	struct signals *s = calloc(1, sizeof(*s));
	sigset_t set;

	if (s == NULL)
		return (NULL);
	s->wakeup = wakeup;
	sigemptyset(&s->come);
	pthread_mutex_init(&s->lock, NULL);
	kept_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, &s->before);
	errno = pthread_create(&s->thread, NULL, wait_for_signals, s);
	if (errno != 0) {
		pthread_sigmask(SIG_SETMASK, &s->before, NULL);
		pthread_mutex_destroy(&s->lock);
		free(s);
		return (NULL);
	}
	return (s);
}

int
signals_take(struct signals *s)
{
	int found = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < KEPT && found == 0; i++) {
		if (sigismember(&s->come, kept[i]) == 1) {
			found = kept[i];
			sigdelset(&s->come, found);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return (found);
}

void
signals_obey(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	/* To this thread, so that the other one does not take it again. */
	pthread_kill(pthread_self(), signal);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void
signals_free(struct signals *s)
{

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->closing = true;
	pthread_mutex_unlock(&s->lock);
	/* Any of them will do to wake it. */
	pthread_kill(s->thread, SIGWINCH);
	pthread_join(s->thread, NULL);
	pthread_sigmask(SIG_SETMASK, &s->before, NULL);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
