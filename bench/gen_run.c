/*
 * One generator: epoll around an engine. It connects a bounded number at a
 * time, counting a connection as made when its first request was served,
 * since the kernel completes connections that nobody has accepted.
 */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "gen_state.h"
#include "ready.h"

#define CONTROL UINT32_MAX
#define EVENTS 256

static uint64_t
io_now(void *context)
{

	(void)context;
	return (clock_now());
}

static long
io_result(ssize_t n)
{

	if (n >= 0)
		return ((long)n);
	return (errno == EAGAIN || errno == EINTR ? ENGINE_AGAIN :
	    ENGINE_BROKEN);
}

static long
io_send(void *context, uint32_t i, const char *bytes, size_t length)
{
	struct run *r = context;

	return (io_result(send(r->fds[i], bytes, length, MSG_NOSIGNAL)));
}

static long
io_receive(void *context, uint32_t i, char *bytes, size_t size)
{
	struct run *r = context;

	return (io_result(recv(r->fds[i], bytes, size, 0)));
}

static void
io_want_room(void *context, uint32_t i)
{
	struct run *r = context;

	gen_watch(r, EPOLL_CTL_MOD, r->fds[i], EPOLLIN | EPOLLOUT, i);
}

static void
io_ended(void *context, uint32_t i)
{
	struct run *r = context;

	close(r->fds[i]);
	r->fds[i] = -1;
}

static void
io_renew(void *context, uint32_t i)
{
	struct run *r = context;

	close(r->fds[i]);
	r->fds[i] = -1;
	gen_connect(r, i);
}

static void
answer(struct run *r, char byte)
{

	if (send(r->job->control, &byte, 1, MSG_NOSIGNAL) != 1)
		r->over = 1;
}

/* Which limit an error is about, in brackets. */
static const char *
limit_of(int error)
{

	switch (error) {
	case EMFILE:
		return (" (RLIMIT_NOFILE)");
	case ENFILE:
		return (" (fs.file-max)");
	case EADDRNOTAVAIL:
		return (" (net.ipv4.ip_local_port_range)");
	case ENOMEM:
	case ENOBUFS:
		return (" (memory, or net.ipv4.tcp_mem)");
	default:
		return ("");
	}
}

/* The ramp is over, well or badly. */
static void
ramp_end(struct run *r, const char *late)
{
	struct gen_part *part = r->job->part;
	const uint64_t failures = engine_failures(r->engine);

	part->connect_end = io_now(NULL);
	if (r->failed > 0)
		snprintf(part->error, sizeof(part->error),
		    "cannot connect: %s%s (%u of %u connections)",
		    strerror(r->failed_errno), limit_of(r->failed_errno),
		    r->failed, r->job->connections);
	else if (failures > 0)
		snprintf(part->error, sizeof(part->error),
		    "wrong answer to the first request: %s (%llu of %u "
		    "connections)",
		    record_error_name(engine_failure(r->engine)),
		    (unsigned long long)failures, r->job->connections);
	else if (late != NULL)
		snprintf(part->error, sizeof(part->error),
		    "%s (%llu of %u connections served)", late,
		    (unsigned long long)engine_answered(r->engine),
		    r->job->connections);
	r->state = RUN_IDLE;
	answer(r, GEN_READY);
}

static void
ramp(struct run *r)
{
	const uint32_t all = r->job->connections;
	uint64_t settled = engine_answered(r->engine) +
	    engine_failures(r->engine);

	/* One failure is enough to know; do not wait for the others. */
	while (engine_failures(r->engine) == 0 && r->begun < all &&
	    r->begun - settled < r->job->config->in_flight) {
		gen_connect(r, r->begun++);
		settled = engine_answered(r->engine) +
		    engine_failures(r->engine);
	}
	/* After connecting: where it fails at once, no event follows. */
	if (engine_failures(r->engine) > 0 || settled == all)
		ramp_end(r, NULL);
	else if (io_now(NULL) - r->job->part->connect_begin >
	    r->job->config->connect_ns)
		ramp_end(r, "no answer to the first request");
}

static void
order(struct run *r)
{
	struct gen_part *part = r->job->part;
	char byte;

	if (recv(r->job->control, &byte, 1, 0) != 1) {
		r->over = 1;
		return;
	}
	switch (byte) {
	case GEN_WARM:
		r->state = RUN_WARM;
		engine_warm(r->engine);
		break;
	case GEN_HOLD:
		engine_hold(r->engine);
		r->state = RUN_HOLD;
		break;
	case GEN_MEASURE:
		r->state = RUN_MEASURE;
		r->cpu_begin = clock_of(CLOCK_PROCESS_CPUTIME_ID);
		engine_measure(r->engine, part->begin, part->length);
		break;
	}
}

static void
measured(struct run *r)
{
	struct gen_part *part = r->job->part;

	part->cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID) - r->cpu_begin;
	engine_finish(r->engine);
	part->gap = engine_longest_gap(r->engine);
	part->slack = engine_slack(r->engine);
	r->state = RUN_IDLE;
	answer(r, GEN_DONE);
}

/* The measured time is over. How busy the generator was is read here: in the
 * drain it waits, and a long one would make any generator look idle. */
static void
ended(struct run *r)
{
	struct gen_part *part = r->job->part;

	part->busy = clock_of(CLOCK_PROCESS_CPUTIME_ID) - r->cpu_begin;
	part->wall = io_now(NULL) - part->begin;
	r->state = RUN_DRAIN;
}

/* Do what the time asks for; return when to be called again. */
static uint64_t
advance(struct run *r)
{
	struct gen_part *part = r->job->part;
	uint64_t end = part->begin + part->length, next = UINT64_MAX, t;

	if (r->state == RUN_CONNECT) {
		ramp(r);
		if (r->state == RUN_CONNECT)
			return (part->connect_begin +
			    r->job->config->connect_ns + 1000000);
	}
	if (r->state == RUN_HOLD && engine_outstanding(r->engine) == 0) {
		r->state = RUN_IDLE;
		answer(r, GEN_DONE);
	}
	if (r->state == RUN_MEASURE) {
		next = engine_poll(r->engine);
		/* A plan that is beyond us: what is left was not sent. */
		if (next == UINT64_MAX || io_now(NULL) >= end + part->drain)
			ended(r);
	}
	if (r->state == RUN_DRAIN) {
		t = io_now(NULL);
		if (engine_outstanding(r->engine) == 0 ||
		    t >= end + part->drain)
			measured(r);
		else
			next = end + part->drain;
	}
	return (next);
}

static void
dispatch(struct run *r, const struct epoll_event *event)
{
	uint32_t i = event->data.u32;

	if (i == CONTROL) {
		order(r);
		return;
	}
	/* An event of this pass may have ended the connection. */
	if (r->fds[i] == -1)
		return;
	if (r->pending[i]) {
		gen_connected(r, i);
		return;
	}
	if (event->events & EPOLLOUT) {
		gen_watch(r, EPOLL_CTL_MOD, r->fds[i], EPOLLIN, i);
		engine_writable(r->engine, i);
	}
	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		engine_readable(r->engine, i);
}

static void
loop(struct run *r)
{
	struct epoll_event events[EVENTS];
	struct timespec wait, *timeout;
	uint64_t next, t;
	int n;

	while (!r->over) {
		next = advance(r);
		timeout = NULL;
		if (next != UINT64_MAX) {
			t = io_now(NULL);
			t = next > t ? next - t : 0;
			wait.tv_sec = (time_t)(t / 1000000000u);
			wait.tv_nsec = (long)(t % 1000000000u);
			timeout = &wait;
		}
		n = ready_wait(r->epoll, events, EVENTS, timeout);
		for (int i = 0; i < n; i++)
			dispatch(r, &events[i]);
	}
}

static int
prepare(struct run *r)
{
	const struct gen_job *job = r->job;
	const struct gen_config *g = job->config;
	struct engine_config config = {
		.io = { io_send, io_receive, io_want_room, io_ended, io_renew,
		    io_now, r },
		.framer = g->framer, .line_tail = g->line_tail,
		.payload = g->payload, .connections = job->connections,
		.active = job->active, .first = job->first,
		.depth = g->depth, .seed = g->seed, .plan = g->plan,
		.stay = g->stay, .churn = g->churn,
		.record = &job->part->record,
		.completions = job->completions, .trace = job->trace,
		.trace_room = g->trace, .traced = &job->part->traced,
	};

	r->engine = engine_new(&config);
	r->fds = malloc(sizeof(r->fds[0]) * job->connections);
	r->pending = calloc(job->connections, 1);
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->engine == NULL || r->fds == NULL || r->pending == NULL ||
	    r->epoll == -1)
		return (-1);
	for (uint32_t i = 0; i < job->connections; i++)
		r->fds[i] = -1;
	gen_watch(r, EPOLL_CTL_ADD, job->control, EPOLLIN, CONTROL);
	return (0);
}

static void
pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int
gen_run(const struct gen_job *job)
{
	struct run r = { .job = job };

	/* Timers that are due are due: the default slack is 50 us. */
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "bench-generator", 0, 0, 0);
	pin(job->config->cpu);
	if (prepare(&r)) {
		snprintf(job->part->error, sizeof(job->part->error),
		    "no memory for the generator");
		answer(&r, GEN_READY);
		return (1);
	}
	job->part->connect_begin = io_now(NULL);
	loop(&r);
	/* Closing resets each: quicker done by the kernel at the exit. */
	return (0);
}
