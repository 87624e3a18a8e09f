#include "config.h"

#include "running.h"

#include <string.h>

#include "place.h"

/*
 * Found by signal handlers, which are given nothing else. Initial-exec: the
 * thread's own block holds it from the beginning, so that looking at it
 * never allocates.
 */
static _Thread_local struct running *self
    __attribute__((tls_model("initial-exec")));

int
registry_open(struct registry *registry)
{

	LIST_INIT(&registry->running);
	return (pthread_mutex_init(&registry->lock, NULL));
}

void
registry_close(struct registry *registry)
{

	pthread_mutex_destroy(&registry->lock);
}

void
running_enter(struct running *r, struct registry *registry,
    const throng_handler *handler)
{

	r->thread = pthread_self();
	r->handler = handler;
	r->before = self;
	memset(r->name, 0, sizeof(r->name));
#ifdef HAVE_PTHREAD_GETNAME_NP
	(void)pthread_getname_np(r->thread, r->name, sizeof(r->name));
#endif
	pthread_mutex_lock(&registry->lock);
	LIST_INSERT_HEAD(&registry->running, r, list);
	pthread_mutex_unlock(&registry->lock);
	self = r;
}

void
running_leave(struct running *r, struct registry *registry)
{
	struct place *place;

	self = r->before;
	pthread_mutex_lock(&registry->lock);
	LIST_REMOVE(r, list);
	/* Relaxed: the watchdog stores it under the lock, and a signal handler
	 * that had taken it has returned. */
	place = atomic_exchange_explicit(&r->asked, NULL,
	    memory_order_relaxed);
	if (place != NULL)
		place_left(place);
	pthread_mutex_unlock(&registry->lock);
}

void
running_peer(struct running *r, struct registry *registry,
    const struct peer *peer)
{

	pthread_mutex_lock(&registry->lock);
	r->peer = peer;
	pthread_mutex_unlock(&registry->lock);
}

struct running *
running_self(void)
{

	return (self);
}
