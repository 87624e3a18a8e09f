#include "chaos.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "support.h"

#define CONNS_MAX 512

/** Milliseconds after which a piece leaves though it is not complete: the
 *  other side may be waiting for it. */
#define MERGE_MS 4

#define FREEZE_MS 150

struct chaos {
	struct address server;
	char text[ADDRESS_TEXT_MAX];
	uint64_t seed;
	int listener;
	pthread_t thread;
	_Atomic bool ending;
	int64_t deadline;
	struct chaos_conn conns[CONNS_MAX];
	unsigned count;
	unsigned open;
	bool late;
};

const char *
chaos_name(enum chaos_kind kind)
{
	static const char *const names[] = {
		[CHAOS_NOTHING] = "nothing", [CHAOS_DELAY] = "delays",
		[CHAOS_FREEZE] = "freezes", [CHAOS_HALF] = "half-closes",
		[CHAOS_CUT] = "cuts", [CHAOS_RESET] = "resets",
		[CHAOS_FLIP] = "flips", [CHAOS_GARBLE] = "garbles",
	};

	return (names[kind]);
}

/* The next piece: its length and its wait. */
static void
next_piece(const struct chaos_conn *c, struct chaos_way *w)
{
	uint64_t r = support_random(&w->random);

	w->piece = r % 4 == 0 ? 1 + r / 4 % 3 :
	    r % 4 == 1 ? 1 + r / 4 % 4000 : 1 + r / 4 % 60;
	if (w->moved < w->end_at && w->piece > w->end_at - w->moved)
		w->piece = w->end_at - w->moved;
	r = support_random(&w->random);
	w->delay = c->kind == CHAOS_DELAY && r % 3 == 0 ?
	    (unsigned)(r / 3 % 6) : 0;
	if (c->kind == CHAOS_FREEZE && w->moved >= w->freeze_at) {
		w->delay = FREEZE_MS;
		w->freeze_at = SIZE_MAX;
	}
	w->held.length = w->sent = 0;
	w->due = 0;
	w->last = support_now();
}

static void
decide_way(struct chaos_conn *c, struct chaos_way *w, uint64_t random)
{
	uint64_t r = support_random(&random);

	w->random = random;
	w->end_at = w->freeze_at = SIZE_MAX;
	if (c->kind == CHAOS_FREEZE)
		w->freeze_at = r % 300;
	if (c->kind == CHAOS_CUT || c->kind == CHAOS_RESET ||
	    (c->kind == CHAOS_HALF && w == &c->up))
		w->end_at = r % 3000;
	next_piece(c, w);
}

void
chaos_decide(uint64_t seed, unsigned number, struct chaos_conn *c)
{
	uint64_t random = seed * 1000003 + number;

	memset(c, 0, sizeof(*c));
	c->kind = (enum chaos_kind)(support_random(&random) % CHAOS_KINDS);
	decide_way(c, &c->up, support_random(&random));
	decide_way(c, &c->down, support_random(&random));
}

static void
keep(struct bytes *to, const char *bytes, size_t length)
{
	char *place = bytes_reserve(to, length);

	if (place == NULL)
		abort();
	memcpy(place, bytes, length);
	to->length += length;
}

static void
shut(struct chaos *x, struct chaos_conn *c, bool reset)
{
	struct linger linger = { .l_onoff = 1 };
	int fds[2] = { c->up.from, c->up.to };

	for (int i = 0; i < 2; i++) {
		if (reset)
			(void)setsockopt(fds[i], SOL_SOCKET, SO_LINGER,
			    &linger, sizeof(linger));
		close(fds[i]);
	}
	c->open = false;
	x->open--;
}

/* What happens when as many bytes have passed as were to. */
static void
end_way(struct chaos *x, struct chaos_conn *c, struct chaos_way *w)
{

	if (c->kind == CHAOS_HALF) {
		(void)shutdown(w->to, SHUT_WR);
		w->done = w->eof = true;
	} else {
		shut(x, c, c->kind == CHAOS_RESET);
	}
}

/* One bit of the piece, at a place that the seed says. */
static void
flip(struct chaos_way *w)
{
	uint64_t r = support_random(&w->random);

	if (w->held.length > 0 && r % 4 == 0)
		w->held.data[r / 4 % w->held.length] ^=
		    (char)(1 << (r / 4096 % 8));
}

/* Gather the piece. Return false if the connection is broken. */
static bool
gather(struct chaos_conn *c, struct chaos_way *w, int64_t now)
{
	char *place;
	ssize_t n;

	if (w->eof || w->due > 0 || w->held.length >= w->piece)
		return (true);
	if ((place = bytes_reserve(&w->held, w->piece)) == NULL)
		abort();
	n = recv(w->from, place, w->piece - w->held.length, MSG_DONTWAIT);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR);
	if (n == 0)
		w->eof = true;
	if (n > 0)
		w->last = now;
	if (w == &c->down && n > 0)
		keep(&w->seen, place, (size_t)n);
	w->held.length += (size_t)n;
	return (true);
}

/* Pass the piece on, if it is time. Return false if the connection is
 * broken. */
static bool
pass(struct chaos_conn *c, struct chaos_way *w, int64_t now)
{
	ssize_t n;

	if (w->held.length == 0)
		return (true);
	if (w->due == 0 && (w->held.length == w->piece || w->eof ||
	    now - w->last >= MERGE_MS)) {
		w->due = now + w->delay;
		if (c->kind == CHAOS_FLIP && w == &c->up)
			flip(w);
		if (c->kind == CHAOS_GARBLE && w == &c->down)
			flip(w);
	}
	if (w->due == 0 || now < w->due)
		return (true);
	n = send(w->to, w->held.data + w->sent, w->held.length - w->sent,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1)
		return (errno == EAGAIN || errno == EINTR);
	if (w == &c->up)
		keep(&w->seen, w->held.data + w->sent, (size_t)n);
	w->sent += (size_t)n;
	w->moved += (size_t)n;
	if (w->sent == w->held.length)
		next_piece(c, w);
	return (true);
}

static void
move_way(struct chaos *x, struct chaos_conn *c, struct chaos_way *w,
    int64_t now)
{

	if (!c->open || w->done)
		return;
	if (w->moved >= w->end_at) {
		end_way(x, c, w);
		return;
	}
	if (!gather(c, w, now) || !pass(c, w, now)) {
		c->broken = true;
		shut(x, c, true);
		return;
	}
	if (w->eof && w->held.length == 0) {
		(void)shutdown(w->to, SHUT_WR);
		w->done = true;
	}
}

static void
move(struct chaos *x, struct chaos_conn *c)
{
	int64_t now = support_now();

	move_way(x, c, &c->up, now);
	move_way(x, c, &c->down, now);
	if (c->open && c->up.done && c->down.done)
		shut(x, c, false);
}

static void
let_in(struct chaos *x)
{
	struct chaos_conn *c = &x->conns[x->count];
	struct sockaddr_in sin;
	socklen_t length = sizeof(sin);
	int client, server;

	if (x->count == CONNS_MAX || (client = accept(x->listener,
	    (struct sockaddr *)&sin, &length)) == -1)
		return;
	server = socket(x->server.storage.ss_family, SOCK_STREAM, 0);
	if (server == -1 || connect(server,
	    (struct sockaddr *)&x->server.storage, x->server.length) == -1)
		abort();
	chaos_decide(x->seed, x->count++, c);
	c->port = ntohs(sin.sin_port);
	c->up.from = c->down.to = client;
	c->up.to = c->down.from = server;
	c->open = true;
	x->open++;
}

/* Small enough for a look at all of them every turn. */
static void *
run(void *argument)
{
	struct chaos *x = argument;
	struct pollfd pfd = { .fd = x->listener, .events = POLLIN };

	while (!atomic_load(&x->ending) || x->open > 0) {
		if (poll(&pfd, 1, x->open > 0 ? 1 : 20) == 1)
			let_in(x);
		for (unsigned i = 0; i < x->count; i++)
			if (x->conns[i].open)
				move(x, &x->conns[i]);
		if (!atomic_load(&x->ending) || support_now() < x->deadline)
			continue;
		x->late = x->open > 0;
		for (unsigned i = 0; i < x->count; i++)
			if (x->conns[i].open)
				shut(x, &x->conns[i], true);
	}
	return (NULL);
}

struct chaos *
chaos_open(const char *server, uint64_t seed)
{
	struct chaos *x = calloc(1, sizeof(*x));
	struct address here;
	const char *why;

	if (x == NULL || address_parse(server, &x->server, &why) == -1 ||
	    address_parse("127.0.0.1:0", &here, &why) == -1)
		abort();
	x->seed = seed;
	x->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (x->listener == -1 || bind(x->listener,
	    (struct sockaddr *)&here.storage, here.length) == -1 ||
	    listen(x->listener, 512) == -1 || getsockname(x->listener,
	    (struct sockaddr *)&here.storage, &here.length) == -1 ||
	    fcntl(x->listener, F_SETFL, O_NONBLOCK) == -1 ||
	    pthread_create(&x->thread, NULL, run, x) != 0) {
		free(x);
		return (NULL);
	}
	address_format((struct sockaddr *)&here.storage, here.length, x->text,
	    sizeof(x->text));
	return (x);
}

const char *
chaos_address(const struct chaos *x)
{

	return (x->text);
}

int
chaos_close(struct chaos *x)
{

	x->deadline = support_now() + SUPPORT_DEADLINE;
	atomic_store(&x->ending, true);
	pthread_join(x->thread, NULL);
	close(x->listener);
	return (x->late ? -1 : (int)x->count);
}

struct chaos_conn *
chaos_conn(struct chaos *x, unsigned number)
{

	return (&x->conns[number]);
}

void
chaos_free(struct chaos *x)
{

	for (unsigned i = 0; i < x->count; i++) {
		bytes_free(&x->conns[i].up.held);
		bytes_free(&x->conns[i].up.seen);
		bytes_free(&x->conns[i].down.held);
		bytes_free(&x->conns[i].down.seen);
	}
	free(x);
}
