/**
 * place.h - where a thread is: it is asked by a signal and answers itself,
 * since only the thread can walk its own stack, and only it may look at the
 * job that it works on.
 *
 * The one who asks owns the place until place_ask(), and again once
 * place_known() or place_forget() has returned true. In between it is the
 * thread's.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

struct running;

/** Room for a stack in words: "throngd(+0x8a12) libc.so.6(read+0x4e)". */
#define PLACE_TEXT_MAX 640

/** The answer. */
struct place {
	_Atomic bool known;
	uint64_t since; /* of the job that the thread was at */
	bool has_peer;
	struct peer peer;
	char text[PLACE_TEXT_MAX]; /* "": there is none */
};

/**
 * place_signal(number):
 * Take a signal for asking; its earlier action is replaced. Return 0, or -1
 * with errno. Thread: any, before place_ask().
 */
int place_signal(int number);

/**
 * place_ask(place, running, number):
 * Ask a thread that is in the registry, whose lock is held, by that signal.
 * Return false if it could not be asked. Thread: any.
 */
bool place_ask(struct place *place, struct running *running, int number);

/**
 * place_known(place):
 * Return whether the thread has answered, or has left the registry without
 * an answer. Thread: the one that asked.
 */
bool place_known(const struct place *place);

/**
 * place_forget(place, running):
 * Wait for the answer no longer, the thread being in the registry and its lock
 * held. Return false if it is just being written. Thread: the one that asked.
 */
bool place_forget(struct place *place, struct running *running);

/**
 * place_left(place):
 * The thread leaves and will not answer. Thread: that one.
 */
void place_left(struct place *place);

/**
 * place_stack(text, size):
 * Write the calling thread's stack in words, as far as they fit, its callers
 * first; "" where the system has no way. Safe in a signal handler once
 * place_signal() has been called. Thread: any.
 */
void place_stack(char *text, size_t size);

#endif /* PLACE_H */
