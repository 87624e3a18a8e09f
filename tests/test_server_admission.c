/*
 * Who gets in: silent connections make room for newcomers, and nobody's
 * address may have too many or too fast.
 */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define PLACES 3

/* All places are taken by those who say next to nothing: good ones get in. */
static void
silent_make_room(struct run *run)
{
	struct caller *silent[PLACES], *good[PLACES];
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		silent[i] = table_open(run);
		/* The first byte of a request, to know that it was let in. */
		must(caller_send(silent[i], "1", 1));
		must(caller_taken(silent[i]));
	}
	for (i = 0; i < PLACES; i++) {
		good[i] = table_open(run);
		must(caller_ping(good[i], i));
	}
	for (i = 0; i < PLACES; i++) {
		must(caller_expect_end(silent[i]));
		table_close(run, silent[i]);
	}
	for (i = 0; i < PLACES; i++) {
		must(caller_ping(good[i], PLACES + i));
		table_close(run, good[i]);
	}
	table_end(run);
	table_expect_count(run, "reaped", PLACES);
	table_expect_count(run, "refused", 0);
	table_expect_count(run, "connections", 2 * PLACES);
}

/* A flood of them costs those who have spoken nothing. */
static void
silent_flood(struct run *run)
{
	struct caller *good = table_open(run), *silent[PLACES] = { NULL };
	unsigned i, n = 200;

	must(caller_ping(good, 0));
	for (i = 0; i < n; i++) {
		if (silent[i % PLACES] != NULL)
			caller_close(silent[i % PLACES]);
		silent[i % PLACES] = table_open(run);
		if (i % 20 == 0)
			must(caller_ping(good, i));
	}
	must(caller_ping(good, n));
	for (i = 0; i < PLACES; i++)
		caller_close(silent[i]);
	table_close(run, good);
	table_end(run);
	if (table_count(run, "connections") + table_count(run, "refused") !=
	    n + 1)
		must(support_wrong("some were lost"));
}

/* --max-connections-per-source 3: loopback, too, since it was asked for. */
static void
too_many_of_one(struct run *run)
{
	struct caller *in[PLACES], *out;
	unsigned i, round;

	for (i = 0; i < PLACES; i++) {
		in[i] = table_open(run);
		must(caller_ping(in[i], i));
	}
	for (round = 0; round < 10; round++) {
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
	table_expect_count(run, "refused", 10);
	table_expect_count(run, "refused_source", 10);
	table_expect_count(run, "refused_rate", 0);
	table_expect_count(run, "reaped", 0);
}

/* Connect and ask; return whether it was served. */
static bool
served(struct run *run)
{
	struct caller *c = table_open(run);
	const char *payload;
	size_t length;
	bool yes;

	must(caller_request(c, "x", 1));
	must(caller_reply(c, &payload, &length));
	yes = length == 1;
	if (!yes && (length < 12 || memcmp(payload, "!error busy ", 12) != 0))
		must(support_wrong("\"%s\"", support_escaped(payload,
		    length)));
	caller_close(c);
	return (yes);
}

/* --accept-rate-per-source 1: one at once, and one a second. */
static void
too_fast(struct run *run)
{
	int64_t start = support_now(), spent;
	int64_t deadline = start + SUPPORT_DEADLINE;
	uint64_t in = 0, out = 0;

	while (out < 20) {
		if (served(run))
			in++;
		else
			out++;
		if (support_now() > deadline)
			must(support_wrong("never too fast"));
	}
	spent = support_now() - start;
	if (in < 1 || (int64_t)in > 1 + spent / 1000 + 1)
		must(support_wrong("%u served in %d ms", (unsigned)in,
		    (int)spent));
	/* Whoever waits is served again. */
	while (!served(run)) {
		out++;
		if (!support_turn(deadline))
			must(support_wrong("never served again"));
	}
	in++;
	table_end(run);
	table_expect_count(run, "connections", in);
	table_expect_count(run, "refused", out);
	table_expect_count(run, "refused_rate", out);
	table_expect_count(run, "refused_source", 0);
}

/* Nothing was asked for: loopback may do what it likes. */
static void
loopback_is_exempt(struct run *run)
{
	struct caller *c[300];
	unsigned i;

	for (i = 0; i < 300; i++) {
		c[i] = table_open(run);
		must(caller_ping(c[i], i));
	}
	for (i = 0; i < 300; i++)
		caller_close(c[i]);
	table_end(run);
	table_expect_count(run, "connections", 300);
	table_expect_count(run, "refused", 0);
}

#define SMALL { "--max-connections", "3" }

static const struct table_case rows[] = {
	{ "silent_make_room", TABLE_FRAMED, "echo", SMALL, silent_make_room },
	{ "silent_flood", TABLE_LINE, "echo", SMALL, silent_flood },
	{ "too_many_of_one", TABLE_LINE, "echo",
	    { "--max-connections-per-source", "3" }, too_many_of_one },
	{ "too_fast", TABLE_LINE, "echo",
	    { "--accept-rate-per-source", "1" }, too_fast },
	{ "loopback_is_exempt", TABLE_LINE, "echo", { NULL },
	    loopback_is_exempt },
};

int
main(void)
{

	return (table_main("server_admission", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
