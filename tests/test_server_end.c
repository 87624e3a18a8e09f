/*
 * The end: what is owed is delivered, what is late is counted, and the
 * second signal does not wait.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define MIB ((size_t)1 << 20)

/* Wait until nobody can connect any more: the signal has been seen. */
static void
expect_closed(struct run *run)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	struct caller *c;

	while ((c = caller_open(run->address, run->framing)) != NULL) {
		caller_close(c);
		if (!support_turn(deadline))
			must(support_wrong("still accepting"));
	}
}

/* Wait for the end of the daemon and compare its exit status. */
static void
expect_exit(struct run *run, int status)
{

	must(daemon_wait(run->daemon, &run->status));
	if (run->status != status)
		must(support_wrong("exit status %d instead of %d",
		    run->status, status));
}

/* Workers busy, requests queued behind them: all of them are owed. */
static void
drain_with(struct run *run, int number)
{
	enum { callers = 12 };
	struct caller *c[callers], *idle = table_open(run);
	unsigned i;

	for (i = 0; i < callers; i++) {
		c[i] = table_open(run);
		must(caller_request(c[i], "wait 100ms", 10));
	}
	for (i = 0; i < callers; i++)
		must(caller_taken(c[i]));
	daemon_signal(run->daemon, number);
	must(caller_expect_end(idle));
	table_close(run, idle);
	for (i = 0; i < callers; i++) {
		must(caller_expect(c[i], "ok", 2));
		must(caller_expect_end(c[i]));
		table_close(run, c[i]);
	}
	expect_exit(run, 0);
	table_expect_count(run, "connections", callers + 1);
	table_expect_count(run, "requests", callers);
	table_expect_count(run, "replies", callers);
	table_expect_count(run, "dropped_gone", 0);
	table_expect_count(run, "dropped_stopping", 0);
}

static void
drain(struct run *run)
{

	drain_with(run, SIGTERM);
}

static void
drain_on_sigint(struct run *run)
{

	drain_with(run, SIGINT);
}

/* Many requests of one connection, read before the signal came. */
static void
drain_pipeline(struct run *run)
{
	const unsigned requests = 150;
	struct caller *c = table_open(run);
	struct blob out = { 0 };
	unsigned i;

	for (i = 0; i < requests; i++)
		blob_frame(&out, run->framing, 1, i == 0 ? "wait 300ms" :
		    "wait 1ms", i == 0 ? 10 : 8);
	must(caller_send(c, out.data, out.length));
	must(caller_taken(c));
	daemon_signal(run->daemon, SIGTERM);
	for (i = 0; i < requests; i++)
		must(caller_expect(c, "ok", 2));
	must(caller_expect_end(c));
	table_close(run, c);
	expect_exit(run, 0);
	table_expect_count(run, "requests", requests);
	table_expect_count(run, "replies", requests);
	blob_free(&out);
}

/* While replies are owed nobody else gets in. */
static void
drain_refuses(struct run *run)
{
	struct caller *c = table_open(run);

	must(caller_request(c, "wait 500ms", 10));
	must(caller_taken(c));
	daemon_signal(run->daemon, SIGTERM);
	expect_closed(run);
	must(caller_expect(c, "ok", 2));
	must(caller_expect_end(c));
	table_close(run, c);
	expect_exit(run, 0);
}

/* A reply larger than all buffers, whose reader comes late. */
static void
drain_large(struct run *run)
{
	struct caller *c = table_open(run);
	const char *payload;
	size_t length;

	must(caller_request(c, "reply 8M", 8));
	must(caller_taken(c));
	daemon_signal(run->daemon, SIGTERM);
	expect_closed(run);
	must(caller_reply(c, &payload, &length));
	if (length != 8 * MIB)
		must(support_wrong("%zu bytes", length));
	must(caller_expect_end(c));
	table_close(run, c);
	expect_exit(run, 0);
}

/* Half a request is not owed anything, and holds nothing up. */
static void
drain_partial(struct run *run)
{
	struct caller *c = table_open(run);
	struct blob out = { 0 };
	const char *payload;
	size_t length;

	blob_frame(&out, run->framing, 1, "reply 5", 7);
	must(caller_request(c, "reply 2", 7));
	must(caller_send(c, out.data, out.length - 1));
	must(caller_taken(c));
	daemon_signal(run->daemon, SIGTERM);
	must(caller_reply(c, &payload, &length));
	must(caller_expect_end(c));
	table_close(run, c);
	expect_exit(run, 0);
	table_expect_count(run, "requests", 1);
	table_expect_count(run, "replies", 1);
	blob_free(&out);
}

static void
end_of_idle(struct run *run)
{
	struct caller *c = table_open(run), *asked = table_open(run);

	must(caller_request(asked, "spin 1us", 8));
	must(caller_expect(asked, "ok", 2));
	daemon_signal(run->daemon, SIGTERM);
	must(caller_expect_end(c));
	must(caller_expect_end(asked));
	table_close(run, c);
	table_close(run, asked);
	expect_exit(run, 0);
	table_expect_count(run, "connections", 2);
}

/* Wait until the handler works on the one request: what no thread has begun
 * at the end is not counted as a request. */
static void
await_begun(struct run *run)
{
	char line[4096];

	must(daemon_counters(run->daemon, "requests", 1, line, sizeof(line)));
}

/* The handler would take half a minute; nobody waits for it. */
static void
second_signal(struct run *run)
{
	struct caller *c = table_open(run);
	int64_t start;

	if (support_threads_checked()) {
		caller_close(c);
		return;
	}
	must(caller_request(c, "wait 30s", 8));
	await_begun(run);
	start = support_now();
	daemon_signal(run->daemon, SIGTERM);
	expect_closed(run);
	if (daemon_ended(run->daemon))
		must(support_wrong("the first signal did not wait"));
	daemon_signal(run->daemon, SIGTERM);
	must(daemon_wait(run->daemon, &run->status));
	if (support_now() - start > 20000)
		must(support_wrong("the second signal waited"));
	if (run->status > 1)
		must(support_wrong("exit status %d", run->status));
	caller_close(c);
	table_expect_count(run, "requests", 1);
	table_expect_count(run, "replies", 0);
}

/* --drain-timeout 300ms */
static void
drain_timeout(struct run *run)
{
	struct caller *c = table_open(run);
	int64_t start = support_now();

	if (support_threads_checked()) {
		caller_close(c);
		return;
	}
	must(caller_request(c, "wait 30s", 8));
	await_begun(run);
	daemon_signal(run->daemon, SIGTERM);
	must(daemon_wait(run->daemon, &run->status));
	if (support_now() - start > 20000)
		must(support_wrong("waited for a handler that is stuck"));
	if (run->status != 1)
		must(support_wrong("exit status %d, but a handler is stuck",
		    run->status));
	caller_close(c);
	table_expect_count(run, "requests", 1);
	table_expect_count(run, "replies", 0);
	table_expect_count(run, "dropped_stopping", 1);
}

/* A client that does not read holds the end up no longer than allowed. */
static void
drain_timeout_unread(struct run *run)
{
	struct caller *c = table_open(run);
	int64_t start = support_now();

	must(caller_request(c, "reply 32M", 9));
	must(caller_skip(c, 1));
	daemon_signal(run->daemon, SIGTERM);
	must(daemon_wait(run->daemon, &run->status));
	if (support_now() - start > 20000)
		must(support_wrong("waited for a client that does not read"));
	caller_close(c);
	table_expect_count(run, "requests", 1);
}

/* The signal at once, before anything has happened, and again and again. */
static void
signal_storm(struct run *run)
{
	struct caller *c = table_open(run);
	int i;

	must(caller_request(c, "reply 10", 8));
	for (i = 0; i < 50 && !daemon_ended(run->daemon); i++)
		daemon_signal(run->daemon, i % 2 ? SIGTERM : SIGINT);
	must(daemon_wait(run->daemon, &run->status));
	if (run->status > 1)
		must(support_wrong("exit status %d", run->status));
	caller_close(c);
}

#define SHORT { "--drain-timeout", "300ms" }
#define DEFAULT { NULL }
#define LONG_FRAMED (TABLE_LINE | TABLE_LEN32 | TABLE_NETSTRING)

static const struct table_case rows[] = {
	{ "drain", TABLE_ALL, "work", DEFAULT, drain },
	{ "drain_on_sigint", TABLE_LINE, "work", DEFAULT, drain_on_sigint },
	{ "drain_pipeline", TABLE_FRAMED, "work", DEFAULT, drain_pipeline },
	{ "drain_refuses", TABLE_LINE, "work", DEFAULT, drain_refuses },
	{ "drain_large", LONG_FRAMED, "work", DEFAULT, drain_large },
	{ "drain_partial", TABLE_FRAMED, "work", DEFAULT, drain_partial },
	{ "end_of_idle", TABLE_ALL, "work", DEFAULT, end_of_idle },
	{ "second_signal", TABLE_LINE, "work", DEFAULT, second_signal },
	{ "drain_timeout", TABLE_LINE, "work", SHORT, drain_timeout },
	{ "drain_timeout_unread", TABLE_LINE, "work", SHORT,
	    drain_timeout_unread },
	{ "signal_storm", TABLE_LINE, "work", DEFAULT, signal_storm },
};

int
main(void)
{

	return (table_main("server_end", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
