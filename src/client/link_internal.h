/**
 * link_internal.h - what link.c and talk.c share: the link itself.
 */
#ifndef CLIENT_LINK_INTERNAL_H
#define CLIENT_LINK_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "connect.h"
#include "link.h"
#include "reader.h"
#include "wakeup.h"
#include "window.h"

/*
 * 1. `lock` guards window (see window.h) and what is listed below it; the
 *    rest belongs to the link's thread once it runs.
 * 2. The thread looks at all of that after each wakeup, which is given after
 *    each change.
 */
struct link {
	const struct options *options;
	const char *address;
	const struct link_events *events;
	void *context;
	struct wakeup wakeup;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock;
	pthread_cond_t room; /* for the asker */
	struct window *window;
	bool asker_waits;
	bool resolving;
	bool finishing;
	bool aborted;
	bool gone;

	int fd;
	struct reader *reader;
	bool blocked;   /* the kernel takes no more for now */
	bool mute;      /* sending failed: only read what is still there */
	bool owing;     /* a reply was owed when last looked */
	uint64_t since; /* the last step towards the reply owed */
	char refusal[CONNECT_WHY_MAX]; /* the last reply, if an !error */
	char why[2 * CONNECT_WHY_MAX]; /* the reason of the end */
};

#endif /* CLIENT_LINK_INTERNAL_H */
