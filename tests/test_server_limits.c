/*
 * Limits: more connections than are allowed, fewer descriptors than are
 * needed, no memory for another thread. Those already in notice nothing.
 */
#include "config.h"

#include <sys/resource.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define PLACES 3
#define WAITERS 10

/* --max-connections 3 */
static void
busy(struct run *run)
{
	struct caller *in[PLACES], *out;
	unsigned i, round;

	for (i = 0; i < PLACES; i++) {
		in[i] = table_open(run);
		must(caller_ping(in[i], i));
	}
	for (round = 0; round < 20; round++) {
		out = table_open(run);
		must(caller_expect_error(out, "busy"));
		must(caller_expect_end(out));
		table_close(run, out);
		must(caller_ping(in[round % PLACES], round));
	}
	for (i = 0; i < PLACES; i++)
		table_close(run, in[i]);
	table_end(run);
	table_expect_count(run, "connections", PLACES);
	table_expect_count(run, "refused", 20);
	if (run->framing != THRONG_FRAME_RAW)
		table_expect_count(run, "requests", PLACES + 20);
}

/* The refusal arrives although the client talks at once and at length. */
static void
busy_talkative(struct run *run)
{
	static char talk[20000];
	struct caller *in[PLACES], *out;
	unsigned i, round;

	memset(talk, 't', sizeof(talk));
	for (i = 0; i < PLACES; i++) {
		in[i] = table_open(run);
		must(caller_ping(in[i], i));
	}
	for (round = 0; round < 20; round++) {
		out = table_open(run);
		must(caller_send(out, talk, sizeof(talk)));
		must(caller_expect_error(out, "busy"));
		must(caller_expect_end(out));
		table_close(run, out);
	}
	for (i = 0; i < PLACES; i++) {
		must(caller_ping(in[i], i));
		table_close(run, in[i]);
	}
	table_end(run);
	table_expect_count(run, "refused", 20);
}

/* A place that becomes free is given to the next one. */
static void
a_place_is_free(struct run *run)
{
	struct caller *in[PLACES], *next = NULL;
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	uint64_t refused = 0;
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		in[i] = table_open(run);
		must(caller_ping(in[i], i));
	}
	caller_close(in[1]);
	while (support_turn(deadline)) {
		next = table_open(run);
		if (caller_ping(next, 7) == 0)
			break;
		/* The server has not yet seen the other one leave. */
		caller_close(next);
		next = NULL;
		refused++;
	}
	if (next == NULL)
		must(support_wrong("no place became free"));
	must(caller_ping(next, 8));
	caller_close(next);
	caller_close(in[0]);
	caller_close(in[2]);
	table_end(run);
	table_expect_count(run, "connections", PLACES + 1);
	table_expect_count(run, "refused", refused);
}

static size_t
lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return (n);
}

/* Wait until `wanted` of the callers can be read from, or for `ms`. */
static unsigned
answered(struct caller **callers, unsigned count, unsigned wanted, int ms)
{
	int64_t deadline = support_now() + ms;
	struct pollfd p[WAITERS];
	unsigned i, n;

	do {
		for (i = 0; i < count; i++)
			p[i] = (struct pollfd){ .fd = callers[i]->fd,
				.events = POLLIN };
		poll(p, count, 0);
		for (i = n = 0; i < count; i++)
			n += p[i].revents != 0;
	} while (n < wanted && support_turn(deadline));
	return (n);
}

/* Descriptors are taken away from the running server, then given back. */
static void
out_of_descriptors(struct run *run)
{
	struct caller *c[WAITERS];
	size_t base = daemon_descriptors(run->daemon), before;
	int64_t cpu, start, took;
	unsigned i, n;

	must(daemon_limit(run->daemon, base + 4));
	for (i = 0; i < WAITERS; i++) {
		c[i] = table_open(run);
		must(caller_request(c[i], "x", 1));
	}
	if (answered(c, WAITERS, 1, SUPPORT_DEADLINE) == 0)
		must(support_wrong("nobody is served"));
	before = lines(daemon_errors(run->daemon));
	cpu = daemon_cpu(run->daemon);
	start = support_now();
	/* For a while most must wait, and the server must not spin. */
	n = answered(c, WAITERS, WAITERS, 1500);
	if (n == WAITERS)
		must(support_wrong("all served without descriptors"));
	cpu = daemon_cpu(run->daemon) - cpu;
	took = support_now() - start;
	if (cpu > took / 4)
		must(support_wrong("%d ms of processor time while waiting",
		    (int)cpu));
	n = (unsigned)(lines(daemon_errors(run->daemon)) - before);
	took = support_now() - start;
	if (n > 2 + took / 1000)
		must(support_wrong("%u log lines in %d ms", n, (int)took));
	must(daemon_limit(run->daemon, base + 100));
	for (i = 0; i < WAITERS; i++) {
		must(caller_expect(c[i], "x", 1));
		table_close(run, c[i]);
	}
	table_end(run);
	table_expect_count(run, "connections", WAITERS);
	table_expect_count(run, "refused", 0);
	if (table_count(run, "accept_paused") == 0)
		must(support_wrong("the pause was not counted"));
}

/* The others leave, which gives the descriptors back by itself. */
static void
descriptors_come_back(struct run *run)
{
	struct caller *c[WAITERS];
	size_t base = daemon_descriptors(run->daemon);
	unsigned i, left = WAITERS;
	bool done[WAITERS] = { false };
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	must(daemon_limit(run->daemon, base + 3));
	for (i = 0; i < WAITERS; i++) {
		c[i] = table_open(run);
		must(caller_request(c[i], "y", 1));
	}
	while (left > 0 && support_turn(deadline))
		for (i = 0; i < WAITERS; i++) {
			if (done[i] || answered(&c[i], 1, 1, 0) == 0)
				continue;
			must(caller_expect(c[i], "y", 1));
			table_close(run, c[i]);
			done[i] = true;
			left--;
		}
	if (left > 0)
		must(support_wrong("%u clients were never served", left));
	table_end(run);
	table_expect_count(run, "connections", WAITERS);
}

/* Thread mode: no room for another stack; whoever gets none is told so. */
static void
out_of_threads(struct run *run)
{
	struct caller *first = table_open(run), *c;
	unsigned i, refused = 0, served = 0;
	const char *payload;
	struct rlimit room;
	char path[64];
	size_t length, pages = 0;
	FILE *f;

	must(caller_ping(first, 1));
	snprintf(path, sizeof(path), "/proc/%d/statm",
	    (int)daemon_pid(run->daemon));
	if (strcmp(run->model, "thread") != 0 || support_sanitized() ||
	    (f = fopen(path, "r")) == NULL) {
		caller_close(first);
		return;
	}
	if (fscanf(f, "%zu", &pages) != 1)
		pages = 0;
	fclose(f);
	room.rlim_cur = room.rlim_max = pages * 4096 + (128u << 10);
	must(prlimit(daemon_pid(run->daemon), RLIMIT_AS, &room, NULL));
	for (i = 0; i < WAITERS; i++) {
		c = table_open(run);
		must(caller_request(c, "z", 1));
		must(caller_reply(c, &payload, &length));
		if (length == 1)
			served++;
		else if (length > 12 && memcmp(payload, "!error busy ", 12)
		    == 0)
			refused++;
		else
			must(support_wrong("\"%s\"", support_escaped(payload,
			    length)));
		must(caller_ping(first, i));
		/* Kept open, so that its stack is not used again. */
	}
	if (refused == 0)
		must(support_wrong("%u served, none refused", served));
	caller_close(first);
}

#define SMALL { "--max-connections", "3" }

static const struct table_case rows[] = {
	{ "busy", TABLE_ALL, "echo", SMALL, busy },
	{ "busy_talkative", TABLE_ALL, "echo", SMALL, busy_talkative },
	{ "a_place_is_free", TABLE_FRAMED, "echo", SMALL, a_place_is_free },
	{ "out_of_descriptors", TABLE_LINE, "echo",
	    { "--max-connections", "50" }, out_of_descriptors },
	{ "descriptors_come_back", TABLE_LINE, "echo",
	    { "--max-connections", "50" }, descriptors_come_back },
	{ "out_of_threads", TABLE_LINE, "echo", { NULL }, out_of_threads },
};

int
main(void)
{

	return (table_main("server_limits", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
