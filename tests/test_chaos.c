/*
 * Clients and a server with a network between them that does its worst:
 * whatever reply arrives is the right one, in order, or the connection ends;
 * what reached the server on a connection that ended in peace is answered in
 * full; the others are not disturbed; the server's counters add up.
 *
 * SEED=N for other decisions, CHAOS=N for as many connections in each mode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "chaos.h"
#include "frames.h"
#include "inside.h"
#include "refuse.h"
#include "results.h"
#include "support.h"

#define CLIENTS_MAX 500
#define AT_A_TIME 12

static uint64_t seed;
static unsigned long verified, connections;
/* Bytes of replies that are not what they must be, and that are missing. */
static unsigned long wrong_bytes, missing_bytes;
static unsigned faults; /* connections that were not left in peace */

/** A client, run by a thread. */
struct client {
	pthread_t thread;
	const char *address;
	uint64_t random;
	uint16_t port;
	struct bytes out, in;
	bool ended; /* in peace */
	bool late;
};

static int
echo(const char *input, size_t length, throng_reply *reply)
{

	return (throng_reply_append(reply, input, length));
}

static const throng_handler handler = {
	.name = "echo", .summary = "echoes", .process_input = echo,
};

static void
put(struct bytes *to, const void *bytes, size_t length)
{
	char *place = bytes_reserve(to, length);

	if (place == NULL)
		abort();
	memcpy(place, bytes, length);
	to->length += length;
}

/* Requests that no other client has: a few, or a few hundred. */
static void
make_requests(struct client *c, throng_framing framing)
{
	unsigned count = (unsigned)(support_random(&c->random) % 60);
	char payload[5000], edge[FRAME_HEAD_MAX];
	size_t length;

	for (unsigned i = 0; i < count; i++) {
		length = support_nonce(support_random(&c->random), payload);
		while (support_random(&c->random) % 8 == 0 && length < 4000)
			length += support_nonce(support_random(&c->random),
			    payload + length);
		put(&c->out, edge, frame_head(framing, length, edge));
		put(&c->out, payload, length);
		put(&c->out, edge, frame_tail(framing, 0, edge));
	}
}

static int
dial(struct client *c)
{
	struct sockaddr_in sin;
	socklen_t length = sizeof(sin);
	struct address a;
	const char *why;
	int fd;

	if (address_parse(c->address, &a, &why) == -1 ||
	    (fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&a.storage, a.length) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &length) == -1)
		abort();
	c->port = ntohs(sin.sin_port);
	return (fd);
}

/* Send all, read all, to the end. */
static void *
client_main(void *argument)
{
	struct client *c = argument;
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	struct pollfd pfd = { .fd = dial(c), .events = POLLIN | POLLOUT };
	char bytes[4096];
	size_t sent = 0;
	ssize_t n = 1;

	while (n != 0 && !c->late) {
		if (poll(&pfd, 1, 100) == -1 || support_now() > deadline)
			c->late = true;
		n = recv(pfd.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0)
			put(&c->in, bytes, (size_t)n);
		if (n == -1 && errno != EAGAIN)
			break;
		if (!(pfd.events & POLLOUT) || n == 0)
			continue;
		n = c->out.length == 0 ? 0 : send(pfd.fd, c->out.data + sent,
		    c->out.length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN)
			pfd.events = POLLIN; /* what came is still read */
		sent += n > 0 ? (size_t)n : 0;
		if (sent == c->out.length) {
			(void)shutdown(pfd.fd, SHUT_WR);
			pfd.events = POLLIN;
		}
		n = 1;
	}
	c->ended = n == 0;
	close(pfd.fd);
	return (NULL);
}

/* What the server is to answer to these bytes. Returns its requests. */
static unsigned
expected(const struct framer *f, const struct bytes *up, struct bytes *want)
{
	struct frames_list list = { 0 };
	char edge[REFUSE_MAX];
	unsigned requests = 0;

	frames_reference(f, up->data, up->length, &list);
	for (size_t i = 0; i < list.count; i++) {
		struct frames_event *e = &list.event[i];

		if (e->kind == 'F') {
			requests++;
			put(want, edge, frame_head(f->framing, e->length,
			    edge));
			if (e->length > 0)
				put(want, up->data + e->at, e->length);
			put(want, edge, frame_tail(f->framing, e->tail, edge));
		} else {
			put(want, edge, refuse_frame(f->framing,
			    e->kind == 'B' ? REFUSE_INVALID : REFUSE_OVERSIZE,
			    0, edge));
		}
	}
	frames_free(&list);
	return (requests);
}

static bool
begins_with(const struct bytes *whole, const struct bytes *part)
{

	return (part->length <= whole->length && (part->length == 0 ||
	    memcmp(whole->data, part->data, part->length) == 0));
}

/* Count what in a reply is not what must be there. */
static unsigned long
differing(const struct bytes *whole, const struct bytes *part)
{
	unsigned long n = 0;

	for (size_t i = 0; i < part->length; i++)
		n += i >= whole->length || part->data[i] != whole->data[i];
	return (n);
}

/* The connection of a client, whose port is its own while both are open. */
static struct chaos_conn *
conn_of(struct chaos *x, unsigned count, const struct client *c, bool *used)
{

	for (unsigned i = 0; i < count; i++)
		if (!used[i] && chaos_conn(x, i)->port == c->port) {
			used[i] = true;
			return (chaos_conn(x, i));
		}
	fail_msg("a client without a connection");
	return (NULL);
}

/* Return how many requests the server had at least, and add to `most`. */
static unsigned
check(const struct framer *f, const struct client *c,
    const struct chaos_conn *x, unsigned *most)
{
	struct bytes want = { 0 };
	unsigned requests = expected(f, &x->up.seen, &want);
	bool peaceful = x->kind <= CHAOS_FREEZE, all;
	const char *kind = chaos_name(x->kind);

	*most += requests;
	faults += x->kind != CHAOS_NOTHING;
	wrong_bytes += differing(&want, &x->down.seen);
	if (x->kind != CHAOS_GARBLE)
		wrong_bytes += differing(&x->down.seen, &c->in);
	if ((peaceful || x->kind == CHAOS_HALF) &&
	    x->down.seen.length < want.length)
		missing_bytes += want.length - x->down.seen.length;
	if (c->late)
		fail_msg("%s: the connection did not end", kind);
	if (!begins_with(&want, &x->down.seen))
		fail_msg("%s: the server answered something else", kind);
	if (x->kind != CHAOS_GARBLE && !begins_with(&x->down.seen, &c->in))
		fail_msg("%s: the proxy is wrong itself", kind);
	all = x->down.seen.length == want.length;
	if ((peaceful || x->kind == CHAOS_HALF) && !all)
		fail_msg("%s: %zu bytes of %zu were answered", kind,
		    x->down.seen.length, want.length);
	if (peaceful && (!c->ended || c->in.length != c->out.length))
		fail_msg("%s: %zu bytes of %zu came back", kind,
		    c->in.length, c->out.length);
	verified += c->in.length;
	bytes_free(&want);
	return (all ? requests : 0);
}

static void
run_clients(struct client *clients, unsigned count)
{
	unsigned started = 0, joined = 0;

	while (joined < count) {
		while (started < count && started - joined < AT_A_TIME) {
			assert_int_equal(pthread_create(
			    &clients[started].thread, NULL, client_main,
			    &clients[started]), 0);
			started++;
		}
		pthread_join(clients[joined++].thread, NULL);
	}
}

static void
check_server(struct inside *s, unsigned count, unsigned least, unsigned most)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	throng_stats t;

	do
		throng_stats_read(s->server, &t);
	while ((t.open > 0 || t.working > 0 || t.connections < count) &&
	    support_turn(deadline));
	assert_int_equal(t.open, 0);
	assert_int_equal(t.working, 0);
	assert_int_equal(t.connections, count);
	if (t.requests < least || t.requests > most)
		fail_msg("%u requests, not %u to %u", (unsigned)t.requests,
		    least, most);
}

static unsigned
clients_wanted(void)
{
	const char *text = getenv("CHAOS");
	unsigned long wanted = text != NULL ? strtoul(text, NULL, 10) : 48;

	return (wanted < CLIENTS_MAX ? (unsigned)wanted : CLIENTS_MAX);
}

static void
torment(throng_mode mode, throng_framing framing)
{
	static struct client clients[CLIENTS_MAX];
	unsigned count = clients_wanted(), least = 0, most = 0;
	static bool used[CLIENTS_MAX];
	struct framer framer = { framing, 4000 };
	struct inside server;
	throng_config config;
	struct chaos *x;

	inside_config(&config, mode);
	config.framing = framing;
	config.max_frame = framer.max;
	assert_int_equal(inside_start(&server, &config, &handler), 0);
	x = chaos_open(throng_address(server.server, 0), seed);
	assert_non_null(x);
	memset(clients, 0, sizeof(clients));
	memset(used, 0, sizeof(used));
	for (unsigned i = 0; i < count; i++) {
		clients[i].address = chaos_address(x);
		clients[i].random = seed * 7919 + i;
		make_requests(&clients[i], framing);
	}
	run_clients(clients, count);
	assert_int_equal(chaos_close(x), count);
	for (unsigned i = 0; i < count; i++) {
		least += check(&framer, &clients[i],
		    conn_of(x, count, &clients[i], used), &most);
		bytes_free(&clients[i].in);
		bytes_free(&clients[i].out);
	}
	check_server(&server, count, least, most);
	chaos_free(x);
	assert_int_equal(inside_stop(&server), THRONG_OK);
	connections += count;
}

static void
pool(void **state)
{

	(void)state;
	torment(THRONG_MODE_POOL, THRONG_FRAME_LINE);
	torment(THRONG_MODE_POOL, THRONG_FRAME_LEN32);
}

static void
thread(void **state)
{

	(void)state;
	torment(THRONG_MODE_THREAD, THRONG_FRAME_LINE);
	torment(THRONG_MODE_THREAD, THRONG_FRAME_NETSTRING);
}

static void
inline_mode(void **state)
{

	(void)state;
	torment(THRONG_MODE_INLINE, THRONG_FRAME_LINE);
}

/* All that it decides for a connection, but for moments of time. */
static uint64_t
decisions(uint64_t from, unsigned number)
{
	struct chaos_conn c;

	chaos_decide(from, number, &c);
	return (c.kind * 31u + c.up.random * 3 + c.down.random * 5 +
	    c.up.end_at * 7 + c.down.end_at * 11 + c.up.piece * 13 +
	    c.down.piece * 17 + c.up.freeze_at * 19);
}

static void
same_seed_same_decisions(void **state)
{
	unsigned kinds = 0;
	struct chaos_conn c;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		assert_true(decisions(seed, i) == decisions(seed, i));
		assert_true(decisions(seed, i) != decisions(seed + 1, i));
		chaos_decide(seed, i, &c);
		kinds |= 1u << c.kind;
	}
	assert_int_equal(kinds, (1u << CHAOS_KINDS) - 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_decisions),
		cmocka_unit_test(pool),
		cmocka_unit_test(thread),
		cmocka_unit_test(inline_mode),
	};
	const char *text = getenv("SEED");
	int rc;

	alarm(600);
	seed = text != NULL ? strtoull(text, NULL, 10) : 1;
	print_message("SEED=%llu\n", (unsigned long long)seed);
	results_begin("chaos", "test_chaos",
	    clients_wanted() == CLIENTS_MAX);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	print_message("%lu connections, %lu bytes verified, %lu wrong, %lu "
	    "missing\n", connections, verified, wrong_bytes, missing_bytes);
	results_add("seed", (double)seed);
	results_add("connections", (double)connections);
	results_add("bytes verified", (double)verified);
	results_add("wrong bytes", (double)wrong_bytes);
	results_add("missing bytes", (double)missing_bytes);
	results_add("faults", faults);
	results_end(rc == 0);
	return (rc);
}
