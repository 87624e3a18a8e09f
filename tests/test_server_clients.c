/*
 * Clients that are many and that leave at any moment; and the others, which
 * must not notice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define THOUSAND 1000

static void
thousand(struct run *run)
{
	static struct caller *callers[THOUSAND];
	char nonce[SUPPORT_NONCE];
	unsigned i, round;
	size_t n;

	for (i = 0; i < THOUSAND; i++)
		callers[i] = table_open(run);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < THOUSAND; i++) {
			n = support_nonce(round * THOUSAND + i, nonce);
			must(caller_request(callers[i], nonce, n));
		}
		for (i = 0; i < THOUSAND; i++) {
			n = support_nonce(round * THOUSAND + i, nonce);
			must(caller_expect(callers[i], nonce, n));
		}
	}
	for (i = 0; i < THOUSAND; i++)
		table_close(run, callers[i]);
	table_end(run);
	table_expect_count(run, "connections", THOUSAND);
	if (run->framing != THRONG_FRAME_RAW)
		table_expect_count(run, "requests", 3 * THOUSAND);
	table_expect_count(run, "refused", 0);
	table_expect_count(run, "dropped_gone", 0);
}

/* Ask the work handler for `size` bytes of reply, and get just as many. */
static void
ask_size(struct run *run, struct caller *c, unsigned size)
{
	const char *payload;
	char request[40];
	size_t length;

	snprintf(request, sizeof(request), "reply %u", size);
	must(caller_request(c, request, strlen(request)));
	must(caller_reply(c, &payload, &length));
	if (length != size) {
		support_wrong("%zu bytes instead of %u: \"%s\"", length, size,
		    support_escaped(payload, length));
		must(-1);
	}
}

static void
leave_half_sent(struct run *run)
{
	struct caller *c, *stays = table_open(run);
	struct blob out = { 0 };
	size_t cut, left = 0;

	blob_frame(&out, run->framing, 2, "reply 5", 7);
	for (cut = 1; cut < out.length; cut++) {
		c = table_open(run);
		must(caller_send(c, out.data, cut));
		caller_close(c);
		left++;
		ask_size(run, stays, (unsigned)cut);
	}
	table_close(run, stays);
	table_end(run);
	table_expect_count(run, "dropped_partial", left);
	table_expect_count(run, "requests", left);
	blob_free(&out);
}

/* The client resets while its request is being worked on. */
static void
leave_in_worker(struct run *run)
{
	struct caller *c, *next;
	uint64_t gone, replies;
	unsigned i;

	for (i = 0; i < 4; i++) {
		c = table_open(run);
		must(caller_request(c, "wait 250ms reply 999", 20));
		must(caller_taken(c));
		caller_reset(c);
		/* Likely in the place that has just become free. */
		next = table_open(run);
		ask_size(run, next, i);
		ask_size(run, next, 100 + i);
		table_close(run, next);
	}
	table_end(run);
	/* One that waited for a worker when its client left is not begun. */
	if (table_count(run, "requests") < 8 ||
	    table_count(run, "requests") > 12)
		must(support_wrong("not from 8 to 12 requests"));
	/* Nor is every reset earlier than its reply on a busy machine. */
	gone = table_count(run, "dropped_gone");
	replies = table_count(run, "replies");
	if (gone == 0 || replies < 8 || gone + replies != 12)
		must(support_wrong("not 12 replies and dropped ones"));
}

/* --workers 1: some requests wait behind those of another client. */
static void
leave_queued(struct run *run)
{
	struct caller *c, *busy = table_open(run), *next;
	struct blob out = { 0 };
	unsigned i;

	for (i = 0; i < 100; i++)
		blob_frame(&out, run->framing, 1, "reply 998", 9);
	for (i = 0; i < 5; i++) {
		must(caller_request(busy, "wait 50ms", 9));
		must(caller_taken(busy));
		c = table_open(run);
		must(caller_send(c, out.data, out.length));
		must(caller_taken(c));
		if (i % 2)
			caller_reset(c);
		else
			caller_close(c);
		next = table_open(run);
		ask_size(run, next, i);
		table_close(run, next);
		must(caller_expect(busy, "ok", 2));
	}
	table_close(run, busy);
	table_end(run);
	/* Nothing that was asked may be lost without a count. */
	if (table_count(run, "requests") > table_count(run, "replies") +
	    table_count(run, "dropped_gone")) {
		support_wrong("requests lost");
		must(-1);
	}
	blob_free(&out);
}

static void
leave_half_replied(struct run *run)
{
	struct caller *c, *next;
	unsigned i;

	for (i = 0; i < 6; i++) {
		c = table_open(run);
		must(caller_request(c, "reply 8M", 8));
		must(caller_skip(c, 1000));
		if (i % 2)
			caller_reset(c);
		else
			caller_close(c);
		next = table_open(run);
		ask_size(run, next, i);
		table_close(run, next);
	}
	table_end(run);
	table_expect_count(run, "connections", 12);
	table_expect_count(run, "requests", 12);
}

/* Come and go in disorder, many at a time; whoever stays is served right. */
static void
churn(struct run *run)
{
	struct caller *callers[40] = { NULL };
	uint64_t seed = 11;
	unsigned i, at;

	for (i = 0; i < 3000; i++) {
		at = (unsigned)(support_random(&seed) % 40);
		switch (callers[at] == NULL ? 9 : support_random(&seed) % 8) {
		case 9:
			callers[at] = table_open(run);
			break;
		case 0:
			caller_reset(callers[at]);
			callers[at] = NULL;
			break;
		case 1:
			caller_close(callers[at]);
			callers[at] = NULL;
			break;
		case 2:
			must(caller_request(callers[at], "wait 1ms", 8));
			must(caller_request(callers[at], "reply 300", 9));
			caller_reset(callers[at]);
			callers[at] = NULL;
			break;
		default:
			ask_size(run, callers[at], i);
		}
	}
	for (at = 0; at < 40; at++)
		if (callers[at] != NULL)
			caller_close(callers[at]);
}

#define DEFAULT { NULL }
#define ONE_WORKER { "--workers", "1" }
#define LONG_FRAMED (TABLE_LINE | TABLE_LEN32 | TABLE_NETSTRING)

static const struct table_case rows[] = {
	{ "thousand", TABLE_ALL, "echo", DEFAULT, thousand },
	{ "leave_half_sent", TABLE_FRAMED, "work", DEFAULT, leave_half_sent },
	{ "leave_in_worker", TABLE_FRAMED, "work", DEFAULT, leave_in_worker },
	{ "leave_queued", TABLE_FRAMED, "work", ONE_WORKER, leave_queued },
	{ "leave_half_replied", LONG_FRAMED, "work", DEFAULT,
	    leave_half_replied },
	{ "churn", TABLE_FRAMED, "work", DEFAULT, churn },
};

int
main(void)
{

	support_descriptors(4096);
	return (table_main("server_clients", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
