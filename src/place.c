/*
 * backtrace(3) loads a library when it is called first, so it is called once
 * before any signal may come. From then on the unwinder takes no lock and no
 * memory with glibc from 2.35 on; the glibc manual has it and the look-up of
 * names, as in backtrace_symbols_fd(3), as safe in signal handlers before that,
 * too, but for being cancelled.
 */
#include "config.h"

#include "place.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#ifdef HAVE_EXECINFO_H
#include <dlfcn.h>
#include <execinfo.h>
#endif

#include "running.h"

/** Callers that are told at most, and this file's own, which are not. */
#define FRAMES_MAX 32
#define FRAMES_OWN 2

#ifdef HAVE_EXECINFO_H

/** A text being made without any function that a signal could disturb. */
struct text {
	char *at;
	char *end; /* room is kept for the NUL */
};

static void
put(struct text *t, const char *word)
{

	while (*word != '\0' && t->at < t->end)
		*t->at++ = *word++;
}

static void
put_hex(struct text *t, uintptr_t value)
{
	char digits[2 * sizeof(value) + 1], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = "0123456789abcdef"[value % 16];
		value /= 16;
	} while (value != 0);
	put(t, "+0x");
	put(t, at);
}

/* "file(function+0x12)", as backtrace_symbols(3), or what there is of it. */
static void
put_frame(struct text *t, void *address)
{
	uintptr_t at = (uintptr_t)address, from = 0;
	const char *file = "?", *name = "", *slash;
	Dl_info info;

	if (dladdr(address, &info) != 0 && info.dli_fname != NULL) {
		slash = strrchr(info.dli_fname, '/');
		file = slash != NULL ? slash + 1 : info.dli_fname;
		from = (uintptr_t)info.dli_fbase;
		if (info.dli_sname != NULL) {
			name = info.dli_sname;
			from = (uintptr_t)info.dli_saddr;
		}
	}
	put(t, file);
	put(t, "(");
	put(t, name);
	put_hex(t, at - from);
	put(t, ")");
}

__attribute__((noinline)) void
place_stack(char *text, size_t size)
{
	struct text t = { text, text + size - 1 };
	void *frames[FRAMES_MAX + FRAMES_OWN];
	char *whole = text;
	int count;

	count = backtrace(frames, FRAMES_MAX + FRAMES_OWN);
	for (int i = FRAMES_OWN; i < count && t.at < t.end; i++) {
		if (t.at > text)
			put(&t, " ");
		put_frame(&t, frames[i]);
		/* A frame that did not fit is left out. */
		if (t.at < t.end)
			whole = t.at;
	}
	*whole = '\0';
}

#else

void
place_stack(char *text, size_t size)
{

	(void)size;
	text[0] = '\0';
}

#endif

/* In the thread that was asked, wherever it is. */
static void
on_asked(int number, siginfo_t *info, void *context)
{
	struct running *r = running_self();
	const struct job *job;
	struct place *place;
	int saved = errno;

	(void)number;
	(void)info;
	(void)context;
	if (r == NULL)
		return;
	/* Acquire: the place as it was handed over. */
	place = atomic_exchange_explicit(&r->asked, NULL,
	    memory_order_acquire);
	if (place == NULL)
		return;
	/* Relaxed, both: this thread's own. */
	place->since = atomic_load_explicit(&r->since, memory_order_relaxed);
	job = atomic_load_explicit(&r->job, memory_order_relaxed);
	place->has_peer = job != NULL;
	if (job != NULL)
		place->peer = job->peer;
	place_stack(place->text, sizeof(place->text));
	/* Release: the place is whoever's who sees it. */
	atomic_store_explicit(&place->known, true, memory_order_release);
	errno = saved;
}

int
place_signal(int number)
{
	struct sigaction action = { .sa_sigaction = on_asked,
		.sa_flags = SA_SIGINFO | SA_RESTART };
	char text[2];

	place_stack(text, sizeof(text));
	sigemptyset(&action.sa_mask);
	return (sigaction(number, &action, NULL));
}

bool
place_ask(struct place *place, struct running *r, int number)
{

	atomic_store_explicit(&place->known, false, memory_order_relaxed);
	place->has_peer = false;
	place->text[0] = '\0';
	/* Release: pairs with on_asked(). */
	atomic_store_explicit(&r->asked, place, memory_order_release);
	if (pthread_kill(r->thread, number) == 0)
		return (true);
	atomic_store_explicit(&r->asked, NULL, memory_order_relaxed);
	return (false);
}

bool
place_known(const struct place *place)
{

	/* Acquire: pairs with on_asked(). */
	return (atomic_load_explicit(&place->known, memory_order_acquire));
}

bool
place_forget(struct place *place, struct running *r)
{

	/* Relaxed: if it is still there, nobody has touched the place. */
	return (atomic_exchange_explicit(&r->asked, NULL,
	    memory_order_relaxed) == place);
}

void
place_left(struct place *place)
{

	/* Release: as in on_asked(). */
	atomic_store_explicit(&place->known, true, memory_order_release);
}
