/*
 * The registry of clients and the life of their threads. A thread that ends
 * joins one that has ended, so none is left detached and nobody has to
 * collect them; the last is joined by perclient_close().
 */
#include "config.h"

#include "perclient.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "budget.h"
#include "clock.h"
#include "conn.h"
#include "converse.h"
#include "crash.h"
#include "monitor.h"
#include "source.h"
#include "stacks.h"

/** Threads on their way out for which there is always room, also where there
 *  are few connections. */
#define LEAVING 16

/** `silent`, `reaped`, `shed` and `leaves` are under the lock, `told` is the
 *  client's thread's. */
struct client {
	TAILQ_ENTRY(client) list;
	struct perclient *perclient;
	struct reactor *reactor;
	int fd;
	uint32_t source;
	uint32_t opened; /* clock_ms() */
	bool silent; /* its first request has not come yet */
	bool shed;   /* broken for what it held */
	size_t leaves; /* bytes that it held then */
	size_t told;   /* bytes of input that the budget knows of */
	_Atomic size_t held; /* bytes, with replies; others read it */
	bool reaped; /* broken, and its place given to another */
	void *stack; /* its thread's */
	struct peer peer;
};

/** A thread to be joined, and what it stood on; NULL: none. */
struct ended {
	pthread_t thread;
	void *stack;
};

/** A list of clients. */
TAILQ_HEAD(client_list, client);

/**
 * Invariants, all under the lock:
 *
 * 1. A client is in one of the lists from its start until its descriptor closes, so
 *    whoever walks them may shut the descriptor down.
 * 2. `alive` counts the threads that have not yet passed their last step: at
 *    most twice the connections that there may be, and LEAVING.
 */
struct perclient {
	struct service *service;
	struct stacks stacks; /* with a lock of its own */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct client_list silent; /* no request yet, oldest first */
	struct client_list others;
	unsigned alive;
	size_t leaving; /* bytes of clients that were shed and still run */
	bool draining;
	struct ended ended;
};

struct perclient *
perclient_open(struct service *service)
{
	struct perclient *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->service = service;
	TAILQ_INIT(&p->silent);
	TAILQ_INIT(&p->others);
	if (stacks_open(&p->stacks, service->config.stack_size) != 0)
		goto err0;
	if (monitor_open(&p->lock, &p->changed) != 0)
		goto err1;
	return (p);

err1:
	stacks_close(&p->stacks);
err0:
	free(p);
	return (NULL);
}

static struct client_list *
list_of(struct client *c)
{

	return (c->silent ? &c->perclient->silent : &c->perclient->others);
}

/* It is no longer among those who make room. Under the lock. */
static void
heard(struct client *c)
{

	TAILQ_REMOVE(list_of(c), c, list);
	c->silent = false;
	TAILQ_INSERT_TAIL(list_of(c), c, list);
}

/* Nobody stands on a stack once its thread was joined. */
static void
join(struct perclient *p, const struct ended *e)
{

	if (e->stack == NULL)
		return;
	pthread_join(e->thread, NULL);
	stacks_give(&p->stacks, e->stack);
}

/*
 * The last step of a thread: join who ended before, then be the one to be
 * joined. Nobody is before he has nothing more to wait for: were it the other
 * way round, each would wait for the one before him, in a row that grows
 * wherever threads come faster than the machine has time for one after the
 * other. The place of a client is free only then, so they are bounded, too.
 */
static void
leave(struct perclient *p, void *stack, bool has_place)
{
	struct ended before;

	pthread_mutex_lock(&p->lock);
	while ((before = p->ended).stack != NULL) {
		p->ended.stack = NULL;
		pthread_mutex_unlock(&p->lock);
		join(p, &before);
		pthread_mutex_lock(&p->lock);
	}
	p->ended = (struct ended){ pthread_self(), stack };
	if (has_place) {
		service_leave(p->service);
		counter_add(&p->service->shared.closed, 1);
	}
	p->alive--;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

/* Its connection is over, and it is off the lists: free it. */
static void
part(struct client *c, enum close_reason reason)
{
	struct service *s = c->perclient->service;

	close(c->fd);
	event_closed(&s->log, &c->peer, reason);
	/* Whoever reaped it has counted it and given its place away. */
	if (c->reaped)
		admit_freed(c->reactor);
	source_leave(s->sources, c->source);
	free(c);
}

static void *
client_main(void *argument)
{
	struct client *c = argument;
	struct perclient *p = c->perclient;
	struct service *s = p->service;
	struct crash_stack crash;
	enum close_reason reason;
	void *stack = c->stack;
	bool draining, has_place;

#ifdef HAVE_PTHREAD_SETNAME_NP
	pthread_setname_np(pthread_self(), "client");
#endif
	event_accepted(&s->log, &c->peer);
	crash_thread_begin(&crash);
	reason = converse(s, c->fd, &c->peer, c);
	crash_thread_end(&crash);

	/* Off the list first: its descriptor may soon be somebody else's. */
	perclient_holds(c, 0, 0);
	pthread_mutex_lock(&p->lock);
	TAILQ_REMOVE(list_of(c), c, list);
	p->leaving -= c->leaves;
	draining = p->draining;
	pthread_mutex_unlock(&p->lock);
	if (c->reaped)
		reason = CLOSE_REAPED;
	else if (c->shed)
		reason = CLOSE_SHED;
	else if (draining && reason == CLOSE_EOF)
		reason = CLOSE_STOPPING;
	has_place = !c->reaped;
	part(c, reason);
	leave(p, stack, has_place);
	return (NULL);
}

/* Give a client its thread, which frees it. Return 0 or an errno value. */
static int
make_thread(struct perclient *p, struct client *c)
{
	pthread_attr_t attr;
	pthread_t thread;
	void *stack;
	int rc;

	if ((rc = pthread_attr_init(&attr)) != 0)
		return (rc);
	c->stack = stack = stacks_take(&p->stacks, &attr);
	rc = stack == NULL ? errno :
	    pthread_create(&thread, &attr, client_main, c);
	if (rc != 0 && stack != NULL)
		stacks_give(&p->stacks, stack);
	pthread_attr_destroy(&attr);
	return (rc);
}

/* There is no thread for it. Return -1, and its descriptor is its caller's
 * again; or 0 if another was given its place meanwhile. */
static int
not_started(struct perclient *p, struct client *c)
{
	bool reaped;

	pthread_mutex_lock(&p->lock);
	TAILQ_REMOVE(list_of(c), c, list);
	p->alive--;
	reaped = c->reaped;
	pthread_mutex_unlock(&p->lock);
	if (reaped) {
		part(c, CLOSE_REAPED);
		return (0);
	}
	counter_add(&p->service->shared.connections, (uint64_t)-1);
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
	free(c);
	return (-1);
}

/* Enter a client, unless too many of those whose place was given to another
 * are still on their way out. */
static bool
enter(struct perclient *p, struct client *c)
{
	bool room;

	pthread_mutex_lock(&p->lock);
	room = p->alive < 2 * (uint64_t)p->service->max_connections +
	    LEAVING;
	if (room) {
		TAILQ_INSERT_TAIL(list_of(c), c, list);
		p->alive++;
	}
	pthread_mutex_unlock(&p->lock);
	return (room);
}

/* Enter a client and give it a thread. */
static int
start(struct perclient *p, struct reactor *r, int fd, const struct peer *peer,
    uint32_t source)
{
	struct client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (-1);
	c->perclient = p;
	c->reactor = r;
	c->fd = fd;
	c->peer = *peer;
	c->source = source;
	c->opened = clock_ms();
	c->silent = true;
	if (!enter(p, c)) {
		free(c);
		return (-1);
	}
	/* Accepted for a reactor; a thread of its own may block. */
	(void)fcntl(fd, F_SETFL, 0);
	/* Before it can be reaped, which counts it as closed. */
	counter_add(&p->service->shared.connections, 1);
	if (make_thread(p, c) == 0)
		return (0);
	return (not_started(p, c));
}

void
perclient_start(struct perclient *p, struct reactor *r, int fd,
    const struct peer *peer, struct seat seat)
{

	if (start(p, r, fd, peer, seat.source) == 0)
		return;
	admit_leave(p->service, seat.source);
	conn_open(r, fd, peer, (struct seat){ SOURCE_NONE, ADMIT_FULL });
}

void
perclient_heard(struct client *c)
{

	if (c == NULL)
		return;
	pthread_mutex_lock(&c->perclient->lock);
	if (c->silent)
		heard(c);
	pthread_mutex_unlock(&c->perclient->lock);
}

static struct client *
larger(struct client *a, struct client *b)
{

	/* Relaxed: what the sum cannot wait for; it changes all the time. */
	return (b->shed || (a != NULL && atomic_load_explicit(&b->held,
	    memory_order_relaxed) <= atomic_load_explicit(&a->held,
	    memory_order_relaxed)) ? a : b);
}

/* Break the connections that hold the most, until what they will give back is
 * enough. Under the lock. */
static void
shed(struct perclient *p)
{
	const struct linger none = { .l_onoff = 1 };
	const struct budget *b = p->service->budget;
	struct client *c, *most;

	while (budget_total(b) > b->over + p->leaving) {
		most = NULL;
		TAILQ_FOREACH(c, &p->silent, list)
			most = larger(most, c);
		TAILQ_FOREACH(c, &p->others, list)
			most = larger(most, c);
		if (most == NULL || (most->leaves = atomic_load_explicit(
		    &most->held, memory_order_relaxed)) == 0)
			return;
		most->shed = true;
		p->leaving += most->leaves;
		counter_add(&p->service->shared.shed, 1);
		(void)setsockopt(most->fd, SOL_SOCKET, SO_LINGER, &none,
		    sizeof(none));
		(void)shutdown(most->fd, SHUT_RDWR);
	}
}

void
perclient_holds(struct client *c, size_t input, size_t replies)
{
	struct budget *b;

	if (c == NULL || (b = c->perclient->service->budget) == NULL)
		return;
	if (input != c->told)
		budget_add(b, input - c->told);
	c->told = input;
	/* Relaxed: see larger(). */
	atomic_store_explicit(&c->held, input + replies,
	    memory_order_relaxed);
	if (input + replies == 0 || budget_total(b) <= b->over)
		return;
	pthread_mutex_lock(&c->perclient->lock);
	shed(c->perclient);
	pthread_mutex_unlock(&c->perclient->lock);
}

/* Whether it has said nothing for so long, not even what is unread. */
static bool
is_quiet(const struct client *c, uint32_t ms)
{
	char byte;

	return (clock_ms() - c->opened >= ms &&
	    recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK));
}

bool
perclient_reap(struct perclient *p, uint32_t quiet_ms)
{
	struct client *c;

	pthread_mutex_lock(&p->lock);
	if ((c = TAILQ_FIRST(&p->silent)) != NULL && quiet_ms > 0 &&
	    !is_quiet(c, quiet_ms))
		c = NULL;
	if (c != NULL) {
		c->reaped = true;
		heard(c);
		(void)shutdown(c->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&p->lock);
	if (c == NULL)
		return (false);
	/* Its thread ends in a moment; there is one more until then. */
	counter_add(&p->service->shared.reaped, 1);
	counter_add(&p->service->shared.closed, 1);
	service_leave(p->service);
	return (true);
}

/* Shut all descriptors down one way or both, and wait for the threads. */
static bool
end_all(struct perclient *p, int how, uint64_t deadline)
{
	struct client *c;
	bool all;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	p->draining = true;
	TAILQ_FOREACH(c, &p->silent, list)
		(void)shutdown(c->fd, how);
	TAILQ_FOREACH(c, &p->others, list)
		(void)shutdown(c->fd, how);
	while (p->alive > 0 && rc == 0)
		rc = monitor_wait(&p->lock, &p->changed, deadline);
	all = p->alive == 0;
	pthread_mutex_unlock(&p->lock);
	return (all);
}

bool
perclient_drain(struct perclient *p, uint64_t deadline)
{

	/* Readers see the end of input, behind what has arrived. */
	return (end_all(p, SHUT_RD, deadline));
}

bool
perclient_kill(struct perclient *p, uint64_t deadline)
{

	return (end_all(p, SHUT_RDWR, deadline));
}

void
perclient_close(struct perclient *p)
{

	if (p == NULL)
		return;
	join(p, &p->ended);
	stacks_close(&p->stacks);
	monitor_close(&p->lock, &p->changed);
	free(p);
}
