/*
 * Clients that are slow, silent or do not read, and their end; the others,
 * who notice nothing; and a server that was stopped for a while, which holds
 * that against nobody. Times are short, but nothing has to happen fast.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"
#include "table.h"

#define CROWD 40
#define STUFFED 3

/* The two models that differ in this; the others would take their time. */
static bool
is_main_model(const struct run *run)
{

	return (strcmp(run->model, "pool") == 0 ||
	    strcmp(run->model, "thread") == 0);
}

/* Whether the server has closed the connection; nothing is left to read. */
static bool
is_closed(const struct caller *c)
{
	char byte;
	ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	struct pollfd p = { .fd = c->fd };

	return (n == 0 || (poll(&p, 1, 0) == 1 &&
	    (p.revents & (POLLERR | POLLHUP)) != 0));
}

/* Wait until all are closed. Those in `drips` send a byte now and then. */
static void
await_closed(struct run *run, struct caller **all, unsigned count,
    unsigned drips, struct caller *other)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	unsigned open = count;

	while (open > 0) {
		if (!support_turn(deadline))
			must(support_wrong("%u are not closed", open));
		if (other != NULL) {
			must(caller_request(other, "spin 1us", 8));
			must(caller_expect(other, "ok", 2));
		}
		for (unsigned i = open = 0; i < count; i++) {
			if (is_closed(all[i]))
				continue;
			open++;
			if (drips >> i & 1)
				(void)send(all[i]->fd, "d", 1,
				    MSG_DONTWAIT | MSG_NOSIGNAL);
		}
	}
}

static void
expect_reason(struct run *run, const char *reason)
{

	if (strstr(daemon_errors(run->daemon), reason) == NULL)
		must(support_wrong("the log does not say %s", reason));
}

/* One of each kind; the third and fourth send on for ever. */
static void
reading(struct run *run)
{
	static const char big[5000] = "much too long, and it has no end so far";
	struct caller *c[4], *other;

	if (!is_main_model(run))
		return;
	for (unsigned i = 0; i < 4; i++)
		c[i] = table_open(run);
	other = table_open(run);
	must(caller_request(c[1], "spin 1us", 8));
	must(caller_expect(c[1], "ok", 2));
	must(caller_request(c[2], "spin 1us", 8));
	must(caller_expect(c[2], "ok", 2));
	must(caller_send(c[2], "be", 2));
	must(caller_send(c[3], big, sizeof(big)));
	must(caller_expect_error(c[3], "oversize"));
	await_closed(run, c, 4, 1u << 2 | 1u << 3, other);
	for (unsigned i = 0; i < 4; i++)
		caller_close(c[i]);
	must(caller_request(other, "spin 1us", 8));
	must(caller_expect(other, "ok", 2));
	caller_close(other);
	table_end(run);
	table_expect_count(run, "timeout_first", 1);
	table_expect_count(run, "timeout_idle", 1);
	table_expect_count(run, "timeout_frame", 2);
	table_expect_count(run, "dropped_partial", 1);
	expect_reason(run, "reason=timeout-first");
	expect_reason(run, "reason=timeout-idle");
	expect_reason(run, "reason=timeout-frame");
}

static void
writing(struct run *run)
{
	struct caller *c[2], *other = table_open(run);

	for (unsigned i = 0; i < 2; i++) {
		c[i] = table_open(run);
		must(caller_request(c[i], "reply 32M", 9));
	}
	must(caller_finish(c[1]));
	/* They read nothing, so they see no end, but a reset. */
	await_closed(run, c, 2, 0, other);
	for (unsigned i = 0; i < 2; i++)
		caller_close(c[i]);
	caller_close(other);
	table_end(run);
	table_expect_count(run, "timeout_write", 1);
	table_expect_count(run, "timeout_half_close", 1);
	expect_reason(run, "reason=timeout-write");
	expect_reason(run, "reason=timeout-half-close");
}

/* --output-soft and --output-hard of 4K: those who pipeline and do not read
 * are all stopped by the one, and so never meet the other. */
static void
caps(struct run *run)
{
	struct caller *c[STUFFED], *other;
	struct blob out = { 0 };
	unsigned idle = 0, closed = 0;
	int small = 4096;

	/* In thread mode nothing is worked on while output waits. */
	if (strcmp(run->model, "thread") == 0)
		return;
	other = table_open(run);
	for (unsigned i = 0; i < STUFFED; i++) {
		c[i] = table_open(run);
		must(setsockopt(c[i]->fd, SOL_SOCKET, SO_RCVBUF, &small,
		    sizeof(small)));
	}
	for (unsigned i = 0; i < 500; i++)
		blob_frame(&out, run->framing, 1, "reply 100", 9);
	/* Until nothing is taken of any of them for many round trips. */
	for (; idle < 100 && closed == 0; idle++) {
		must(caller_request(other, "spin 1us", 8));
		must(caller_expect(other, "ok", 2));
		(void)support_turn(support_now() + 1000);
		for (unsigned i = 0; i < STUFFED; i++) {
			struct pollfd p = { .fd = c[i]->fd };

			closed += poll(&p, 1, 0) == 1 &&
			    (p.revents & (POLLHUP | POLLERR)) != 0;
			while (send(c[i]->fd, out.data, out.length,
			    MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
				idle = 0;
		}
	}
	for (unsigned i = 0; i < STUFFED; i++)
		caller_reset(c[i]);
	caller_close(other);
	blob_free(&out);
	table_end(run);
	table_expect_count(run, "timeout_write", 0);
	table_expect_count(run, "output_hard", 0);
	if (closed > 0)
		must(support_wrong("one was closed"));
	if (table_count(run, "dropped_gone") == 0)
		must(support_wrong("all was answered"));
}

/* Stopped for longer than it would wait for anybody, who meanwhile asks. */
static void
frozen(struct run *run)
{
	struct caller *c[CROWD];
	int64_t end;

	if (!is_main_model(run))
		return;
	for (unsigned i = 0; i < CROWD; i++)
		c[i] = table_open(run);
	for (unsigned i = 0; i < CROWD; i += 2)
		must(caller_request(c[i], "spin 1us", 8));
	for (unsigned i = 0; i < CROWD; i += 2)
		must(caller_expect(c[i], "ok", 2));
	daemon_signal(run->daemon, SIGSTOP);
	for (unsigned i = 0; i < CROWD; i++)
		must(caller_request(c[i], "spin 1us", 8));
	end = support_now() + 3100;
	while (support_turn(end))
		continue;
	daemon_signal(run->daemon, SIGCONT);
	for (unsigned i = 0; i < CROWD; i++)
		must(caller_expect(c[i], "ok", 2));
	for (unsigned i = 0; i < CROWD; i++)
		caller_close(c[i]);
}

#define READING { "--first-frame-timeout=4s", "--idle-timeout=4s", \
	"--frame-timeout=1s", "--min-rate=1M", "--max-frame=4K", \
	"--log-level=info" }
#define WRITING { "--write-timeout=200ms", "--half-close-timeout=200ms", \
	"--log-level=info" }
#define CAPS { "--output-soft=4K", "--output-hard=4K", "--write-timeout=300s" }
#define FROZEN { "--first-frame-timeout=3s", "--idle-timeout=3s" }

static const struct table_case rows[] = {
	{ "reading", TABLE_LINE, "work", READING, reading },
	{ "writing", TABLE_LEN32, "work", WRITING, writing },
	{ "caps", TABLE_LINE, "work", CAPS, caps },
	{ "frozen", TABLE_LINE, "work", FROZEN, frozen },
};

int
main(void)
{

	return (table_main("server_slow", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
