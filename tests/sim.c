#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "clock.h"
#include "conn.h"
#include "converse.h"
#include "inline.h"
#include "listen.h"
#include "refuse.h"
#include "settings.h"
#include "sim_handler.h"
#include "sim_pool.h"
#include "support.h"
#include "vkernel.h"
#include "write.h"

/** A simulation that goes on for longer than this never ends. */
#define TIME_MAX (600 * CLOCK_S)
#define CALLS_MAX 50000000

/** Bounds of what a connection holds, with one read and one reply. */
#define ONE_READ (128u << 10)
#define INPUT_MAX ((64u << 10) + ONE_READ)
#define OUTPUT_MAX ((256u << 10) + (128u << 10))

/** A client: what it sends, what it is to read, how far it has come. */
struct sim_client {
	struct vk_sock *sock;
	struct bytes out, want;
	size_t sent, got;
	size_t reset_at; /* bytes sent before it breaks; SIZE_MAX: never */
	uint64_t next;   /* its next move; UINT64_MAX: none */
	unsigned slow;   /* how often it waits long, percent */
	bool greedy;     /* reads only when it cannot send */
	bool eager;      /* ends its sending without waiting for replies */
	bool last;       /* the server is to close behind what is wanted */
	bool finished;
	bool refused;
	bool stuck;      /* nothing could be sent */
};

static struct {
	const struct sim_plan *plan;
	struct service service;
	struct reactor reactor;
	struct counters workers;
	struct sim_client clients[SIM_CLIENTS_MAX];
	unsigned left;     /* clients that have not ended */
	int listener;
	uint64_t end;      /* when the end is ordered; UINT64_MAX: not */
	bool ending;
	bool drained;
	uint64_t reaped;   /* clients that were, to make room */
	uint64_t taken;
} sim;

void
sim_wrong(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fprintf(stderr, "seed %llu: ", sim.plan == NULL ? 0ull :
	    (unsigned long long)sim.plan->seed);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

static void
client_end(struct sim_client *c)
{

	vk_sock_free(c->sock);
	bytes_free(&c->out);
	bytes_free(&c->want);
	c->sock = NULL;
	c->next = UINT64_MAX;
	sim.left--;
}

static size_t
agreed(const struct sim_client *c, const char *bytes, size_t n)
{
	size_t at = 0;

	while (at < n && c->got + at < c->want.length &&
	    bytes[at] == c->want.data[c->got + at])
		at++;
	return (at);
}

/* Whether what has come is, from byte `first` on, this frame as far as it
 * has come; of that, `bytes` are new. */
static bool
is_frame(const struct sim_client *c, size_t first, const char *bytes,
    size_t n, const char *frame, size_t length)
{
	size_t old = first < c->got ? c->got - first : 0;
	size_t skip = first > c->got ? first - c->got : 0;

	return (old + n - skip <= length &&
	    (old == 0 || memcmp(c->want.data + first, frame, old) == 0) &&
	    memcmp(bytes + skip, frame + old, n - skip) == 0);
}

/* What is not an answer may be the one refusal that this client may get: that
 * there is no place for it, or that its requests will not be begun. It may
 * begin like the answer in whose place it came. */
static bool
is_refusal(struct sim_client *c, const char *bytes, size_t n)
{
	bool killed = sim.ending && sim.plan->end == SIM_END_KILL;
	bool crowded = sim.plan->clients > sim.plan->places;
	size_t last = c->got + agreed(c, bytes, n), first, length;
	throng_framing framing = sim.plan->framer.framing;
	char frame[REFUSE_MAX];

	/* The two begin alike, so the first guess may have been wrong. */
	if ((c->refused && c->got > strlen("!error ") + FRAME_HEAD_MAX) ||
	    sim.plan->thread)
		return (false);
	length = refuse_frame(framing, REFUSE_BUSY, 0, frame);
	first = 0;
	if (!crowded || !is_frame(c, 0, bytes, n, frame, length)) {
		length = refuse_frame(framing, REFUSE_STOPPING, 0, frame);
		first = last > length ? last - length : 0;
		while (first <= last &&
		    !is_frame(c, first, bytes, n, frame, length))
			first++;
		if (!killed || first > last)
			return (false);
	}
	c->want.length = first;
	if (bytes_reserve(&c->want, length) == NULL)
		sim_wrong("no memory");
	memcpy(c->want.data + first, frame, length);
	c->want.length += length;
	c->refused = c->last = true;
	return (true);
}

static void
client_take(struct sim_client *c)
{
	size_t length, n;
	const char *bytes = vk_replies(c->sock, &length);

	if (length == 0)
		return;
	n = vk_random() % 2 == 0 ? length : 1 + vk_random() % length;
	if (agreed(c, bytes, n) < n && !is_refusal(c, bytes, n))
		sim_wrong("client %u: at byte %zu of %zu it reads %s",
		    (unsigned)(c - sim.clients), c->got, c->want.length,
		    support_escaped(bytes, n));
	vk_take(c->sock, n);
	c->got += n;
	sim.taken += n;
}

/* The connection has ended: had it a right to? */
static void
check_end(const struct sim_client *c, bool broken)
{
	unsigned number = (unsigned)(c - sim.clients);

	if (sim.ending || (broken && c->last))
		return;
	/* It had asked for nothing when somebody else needed its place. */
	if (c->got == 0 && sim.reaped < atomic_load(
	    &sim.reactor.counters.reaped)) {
		sim.reaped++;
		return;
	}
	/* Refused, it went on sending for longer than is listened to; or it was
	 * silent, and closed to make room. */
	if (c->got < REFUSE_MAX && sim.plan->clients > sim.plan->places)
		return;
	if (broken)
		sim_wrong("client %u: broken without a reason", number);
	if (c->got < c->want.length)
		sim_wrong("client %u: ended after %zu bytes of %zu", number,
		    c->got, c->want.length);
	if (!c->last && !c->finished)
		sim_wrong("client %u: ended without a reason", number);
}

static void
client_send(struct sim_client *c)
{
	size_t rest = c->out.length - c->sent, n = rest, sent = 0;

	if (rest > 0 && vk_random() % 4 > 0)
		n = 1 + vk_random() % (vk_random() % 3 == 0 ? rest :
		    rest < 50 ? rest : 50);
	if (c->greedy)
		n = rest;
	if (n > 0)
		sent = vk_send(c->sock, c->out.data + c->sent, n);
	c->sent += sent;
	c->stuck = sent == 0;
	if (!c->finished && c->sent == c->out.length &&
	    (c->eager || c->got == c->want.length)) {
		vk_finish(c->sock);
		c->finished = true;
	}
}

static uint64_t
pause_of(const struct sim_client *c)
{
	uint64_t r = vk_random();

	if (r % 100 < c->slow)
		return (r / 100 % 30000000);
	return (r / 100 % (r % 7 == 0 ? 300000 : 20000));
}

static void
client_move(struct sim_client *c)
{
	bool broken;

	if (c->sock == NULL)
		c->sock = vk_connect(sim.listener, 200 + vk_random() %
		    (vk_random() % 2 == 0 ? 2000 : 300000));
	if (vk_random() % 3 > 0)
		client_send(c);
	if (vk_random() % 3 > 0 && (!c->greedy || c->stuck))
		client_take(c);
	if (c->sent >= c->reset_at) {
		vk_reset(c->sock);
		client_end(c);
		return;
	}
	if (vk_ended(c->sock, &broken)) {
		check_end(c, broken);
		client_end(c);
		return;
	}
	c->next = vk_now() + 1 + pause_of(c);
}

static void
order_end(void)
{

	sim.end = UINT64_MAX;
	sim.ending = true;
	reactor_order(&sim.reactor, sim.plan->end == SIM_END_KILL ?
	    JOB_KILL : JOB_DRAIN);
}

/* All clients have left, and the reactor knows it. */
static bool
nothing_left(void)
{

	return (!sim.plan->thread && !sim.ending && sim.left == 0 &&
	    sim.reactor.open == 0 && sim.reactor.jobs_out == 0);
}

/* The next thing that happens before `until`; see vkernel.h. */
static bool
move(uint64_t until)
{
	uint64_t next = sim.plan->thread ? UINT64_MAX : sim_pool_next();
	struct sim_client *c = NULL;

	for (unsigned i = 0; i < sim.plan->clients; i++) {
		if (sim.clients[i].next >= next)
			continue;
		c = &sim.clients[i];
		next = c->next;
	}
	if (sim.end < next && sim.end <= until) {
		vk_wait(sim.end);
		order_end();
		return (true);
	}
	if (vk_now() > TIME_MAX || vk_calls() > CALLS_MAX)
		sim_wrong("%u clients go on for ever", sim.left);
	if (next == UINT64_MAX && nothing_left()) {
		order_end();
		return (true);
	}
	if (next == UINT64_MAX && until == UINT64_MAX)
		sim_wrong("%u clients wait, and nothing will ever happen",
		    sim.left);
	if (next > until || next == UINT64_MAX)
		return (false);
	vk_wait(next);
	if (c != NULL)
		client_move(c);
	else
		sim_pool_move(vk_now());
	return (true);
}

static void
client_begin(struct sim_client *c, struct bytes *stream)
{
	unsigned number = (unsigned)(c - sim.clients);

	memset(c, 0, sizeof(*c));
	if (stream != NULL) {
		c->out = *stream;
		*stream = (struct bytes){ 0 };
	} else {
		/* Some have very much to say. */
		do
			sim_stream(sim.plan, &c->out);
		while (vk_random() % 100 < 97 && c->out.length > 0 &&
		    c->out.length < 1000000 && number % 20 == 19);
	}
	c->last = sim_expect(sim.plan, c->out.data, c->out.length, &c->want);
	c->next = vk_now() + vk_random() % 3000000;
	c->eager = vk_random() % 2 == 0;
	c->slow = vk_random() % 4 == 0 ? 20 : 1;
	c->greedy = vk_random() % 16 == 0;
	c->reset_at = sim.plan->abrupt && vk_random() % 4 == 0 ?
	    vk_random() % (c->out.length + 1) : SIZE_MAX;
}

static void
on_drained(void *argument)
{

	(void)argument;
	sim.drained = true;
}

/* As the server fills it in, but for the number of places. */
static void
open_service(const struct sim_plan *plan)
{
	struct service *s = &sim.service;
	throng_config config;

	throng_config_init(&config);
	config.framing = plan->framer.framing;
	config.max_frame = plan->framer.max;
	config.workers = plan->workers;
	config.mode = plan->thread ? THRONG_MODE_THREAD :
	    plan->here ? THRONG_MODE_INLINE : THRONG_MODE_POOL;
	config.log_fd = -1;
	config.log_level = THRONG_LOG_ERROR;
	memset(s, 0, sizeof(*s));
	if (settings_apply(s, &config, plan->echo ? &sim_handler_echo :
	    plan->state ? &sim_handler_state : &sim_handler) != THRONG_OK)
		sim_wrong("settings");
	s->max_connections = plan->places;
	if (registry_open(&s->registry) != 0)
		sim_wrong("no registry");
}

static void
check_bounds(void)
{
	struct reactor *r = &sim.reactor;

	for (uint32_t i = 0; i < r->slots_made; i++) {
		struct conn *c = r->slots[i];

		if (c->phase == CONN_FREE)
			continue;
		/* At the end everybody is read once more. */
		if (c->input.length > INPUT_MAX + sim.plan->framer.max +
		    (sim.ending ? ONE_READ : 0))
			sim_wrong("%zu bytes of input are kept",
			    c->input.length);
		if (write_pending(c) > OUTPUT_MAX)
			sim_wrong("%zu bytes of output wait",
			    write_pending(c));
	}
	if (r->open > sim.plan->places + CONN_REFUSING_MAX)
		sim_wrong("%u connections are open", r->open);
	if (r->jobs_out > SIM_CLIENTS_MAX + r->open)
		sim_wrong("%u jobs are out", r->jobs_out);
}

static void
turn(void)
{
	static unsigned turns;

	if (event_base_loop(sim.reactor.base, EVLOOP_ONCE) == -1)
		sim_wrong("the event loop failed");
	if (++turns % 16 == 0)
		check_bounds();
}

static void
check_left(const throng_stats *t, uint64_t calls)
{

	if (t->open != 0 || t->working != 0)
		sim_wrong("%llu connections, %llu requests are left over",
		    (unsigned long long)t->open,
		    (unsigned long long)t->working);
	if (t->requests != calls)
		sim_wrong("%llu requests were counted, %llu were handled",
		    (unsigned long long)t->requests,
		    (unsigned long long)calls);
	if (sim_handler_states != 0)
		sim_wrong("%d states are left over", sim_handler_states);
	if (atomic_load(&sim.service.connections) != 0)
		sim_wrong("places are left taken");
}

static void
run_pool(void)
{
	struct reactor *r = &sim.reactor;
	struct listener listener = { .fds = &sim.listener, .count = 1 };

	if (reactor_open(r, &sim.service, 0) != THRONG_OK ||
	    accept_open(r, &listener, 1, 0) != THRONG_OK ||
	    accept_start(r) == -1)
		sim_wrong("no reactor");
	r->drained = on_drained;
	sim_pool_open(r, sim.plan->here ? 0 : sim.plan->workers,
	    &sim.workers);
	if (sim.plan->here && inline_enter(r->inlined) == -1)
		sim_wrong("no processor");
	while (!sim.drained)
		turn();
	if (sim.plan->here)
		inline_leave(r->inlined);
	while (sim.left > 0)
		(void)move(UINT64_MAX);
	sim_pool_close();
	reactor_close(r);
}

/* One after the other: each conversation has the thread to itself. */
static void
run_thread(void)
{
	struct peer peer = { 0 };

	for (unsigned i = 0; i < sim.plan->clients; i++)
		sim.clients[i].next = UINT64_MAX;
	for (unsigned i = 0; i < sim.plan->clients; i++) {
		struct sim_client *c = &sim.clients[i];
		int fd;

		c->sock = vk_connect(-1, 200 + vk_random() % 3000);
		fd = vk_accepted(c->sock);
		c->next = vk_now();
		counter_add(&sim.service.shared.connections, 1);
		(void)converse(&sim.service, fd, &peer, NULL);
		counter_add(&sim.service.shared.closed, 1);
		close(fd);
		while (c->sock != NULL)
			(void)move(UINT64_MAX);
	}
}

static void
add_report(struct sim_report *report, uint64_t calls)
{

	report->calls += vk_calls();
	report->requests += calls;
	report->replies += sim.taken;
	report->time += vk_now();
}

void
sim_run(const struct sim_plan *plan, struct bytes *streams,
    struct sim_report *report)
{
	uint64_t before = sim_handler_calls;
	throng_stats stats = { 0 };
	unsigned open;

	memset(&sim, 0, sizeof(sim));
	sim.plan = plan;
	vk_open(plan->seed, plan->trouble, move);
	open_service(plan);
	for (unsigned i = 0; i < plan->clients; i++)
		client_begin(&sim.clients[i],
		    streams != NULL ? &streams[i] : NULL);
	sim.left = plan->clients;
	sim.listener = plan->thread ? -1 : vk_listener();
	sim.end = plan->end == SIM_END_CLIENTS || plan->thread ? UINT64_MAX :
	    vk_now() + 1000000 + vk_random() % 20000000;
	if (plan->thread)
		run_thread();
	else
		run_pool();
	counters_sum(&sim.service.shared, &stats);
	counters_sum(&sim.reactor.counters, &stats);
	counters_sum(&sim.workers, &stats);
	check_left(&stats, sim_handler_calls - before);
	registry_close(&sim.service.registry);
	if (sim.listener != -1)
		close(sim.listener);
	add_report(report, sim_handler_calls - before);
	if ((open = vk_close()) > 0)
		sim_wrong("%u descriptors are left open", open);
}
