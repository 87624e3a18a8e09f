/*
 * Output that has to wait: clients that do not read, replies that fit no
 * buffer, slow requests; and the others, which must not notice.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define MIB ((size_t)1 << 20)

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

/*
 * Send until nothing is taken any more, while another client is served; the
 * end is a number of turns without progress, each as long as a round trip
 * and a turn of the clock. Returns the bytes taken.
 */
static size_t
stuff(struct run *run, struct caller *c, struct caller *other,
    const struct blob *out, size_t most)
{
	size_t taken = 0, at = 0;
	unsigned idle = 0;
	uint64_t turns = 0;
	ssize_t n;

	while (idle < 100 && taken < most) {
		n = caller_send_some(c, out->data + at, out->length - at);
		must(n < 0 ? -1 : 0);
		taken += (size_t)n;
		at = (at + (size_t)n) % out->length;
		idle = n > 0 ? 0 : idle + 1;
		if (n == 0 || turns % 64 == 0)
			must(caller_ping(other, turns));
		if (n == 0)
			support_turn(support_now() + 1000);
		turns++;
	}
	return (taken);
}

/* The whole of what was sent comes back when the client reads after all. */
static void
expect_all_back(struct run *run, struct caller *c, const struct blob *out,
    size_t taken)
{
	size_t at = taken % out->length;
	struct blob want = { 0 };

	/* With the end of the frame that the full buffers cut in two. */
	while (want.length < taken)
		blob_add(&want, out->data, out->length);
	must(caller_pump(c, out->data + at, at == 0 ? 0 : out->length - at,
	    want.data, want.length));
	blob_free(&want);
}

static void
never_reads(struct run *run)
{
	const size_t most = 256 * MIB, bound = 64 * MIB;
	struct caller *c = table_open(run), *other = table_open(run);
	size_t taken, before = daemon_memory(run->daemon), now;
	struct blob out = { 0 };
	char payload[16000];
	unsigned i;

	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (char)('A' + i % 50);
	blob_frame(&out, run->framing, 1, payload, sizeof(payload));
	taken = stuff(run, c, other, &out, most);
	now = daemon_memory(run->daemon);
	if (taken >= bound) {
		support_wrong("%zu bytes taken from a client that does not "
		    "read", taken);
		must(-1);
	}
	if (!support_sanitized() && now > before + 32 * MIB) {
		support_wrong("the daemon grew from %zu to %zu KiB",
		    before >> 10, now >> 10);
		must(-1);
	}
	expect_all_back(run, c, &out, taken);
	caller_close(c);
	caller_close(other);
	blob_free(&out);
}

/* Several of them at the same time, and they leave without having read. */
static void
never_read_and_leave(struct run *run)
{
	struct caller *c[8], *other = table_open(run);
	struct blob out = { 0 };
	char payload[1000];
	unsigned i;

	memset(payload, 'n', sizeof(payload));
	for (i = 0; i < 100; i++)
		blob_frame(&out, run->framing, 1, payload, sizeof(payload));
	for (i = 0; i < 8; i++) {
		c[i] = table_open(run);
		stuff(run, c[i], other, &out, 4 * MIB);
	}
	for (i = 0; i < 8; i++) {
		if (i % 2)
			caller_reset(c[i]);
		else
			caller_close(c[i]);
		must(caller_ping(other, i));
	}
	caller_close(other);
	blob_free(&out);
}

/*
 * --workers 1: a finished reply does not wait for the slow request that the
 * same worker works on next. Fast ones first, so that the server expects
 * more of them and hands over several at a time.
 */
static void
finished_is_not_held(struct run *run)
{
	struct caller *busy = table_open(run), *quick = table_open(run);
	struct caller *slow = table_open(run);
	struct pollfd p = { .fd = slow->fd, .events = POLLIN };
	unsigned i;

	for (i = 0; i < 200; i++) {
		must(caller_request(busy, "spin 1us", 8));
		must(caller_expect(busy, "ok", 2));
	}
	must(caller_request(busy, "wait 200ms", 10));
	must(caller_taken(busy));
	must(caller_request(quick, "spin 1us", 8));
	must(caller_taken(quick));
	must(caller_request(slow, "wait 2s", 7));
	must(caller_expect(quick, "ok", 2));
	/* Two reactors may hand over the slow one first. */
	if (poll(&p, 1, 100) != 0 && strcmp(run->model, "spread") != 0 &&
	    strcmp(run->model, "shared") != 0)
		must(support_wrong("it came with the slow one's reply"));
	must(caller_expect(slow, "ok", 2));
	must(caller_expect(busy, "ok", 2));
	table_close(run, busy);
	table_close(run, quick);
	table_close(run, slow);
}

static void
expect_size(struct run *run, struct caller *c, size_t size)
{
	const char *payload;
	size_t length;

	must(caller_reply(c, &payload, &length));
	if (length != size) {
		support_wrong("%zu bytes instead of %zu", length, size);
		must(-1);
	}
}

static void
large_replies(struct run *run)
{
	struct caller *c = table_open(run), *other = table_open(run);
	unsigned i;

	for (i = 0; i < 3; i++)
		must(caller_request(c, "reply 8M", 8));
	must(caller_request(c, "spin 1us", 8));
	/* Not read yet: the other one is served all the same. */
	for (i = 0; i < 20; i++)
		ask_size(run, other, i);
	for (i = 0; i < 3; i++) {
		expect_size(run, c, 8 * MIB);
		ask_size(run, other, i);
	}
	must(caller_expect(c, "ok", 2));
	table_close(run, c);
	table_close(run, other);
	table_end(run);
	table_expect_count(run, "requests", 27);
	table_expect_count(run, "replies", 27);
}

/* Raw replies have no boundary, but a number of bytes and an end. */
static void
large_reply_raw(struct run *run)
{
	struct caller *c = table_open(run);

	must(caller_send(c, "reply 8M", 8));
	must(caller_skip(c, 8 * MIB));
	must(caller_finish(c));
	must(caller_expect_end(c));
	table_close(run, c);
}

/* Owed and large and the sending side is shut down: still in full. */
static void
large_reply_half_closed(struct run *run)
{
	struct caller *c = table_open(run);

	must(caller_request(c, "reply 8M", 8));
	must(caller_finish(c));
	expect_size(run, c, 8 * MIB);
	must(caller_expect_end(c));
	table_close(run, c);
}

/* What 16 bits cannot count cannot be sent, and the next one can. */
static void
too_large_for_len16(struct run *run)
{
	struct caller *c = table_open(run);

	ask_size(run, c, 65535);
	must(caller_request(c, "reply 65536", 11));
	must(caller_expect_error(c, "failed"));
	ask_size(run, c, 3);
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "failed", 1);
}

#define DEFAULT { NULL }
#define PATIENT { "--write-timeout", "300s" }
#define ONE_WORKER { "--workers", "1" }
#define LONG_FRAMED (TABLE_LINE | TABLE_LEN32 | TABLE_NETSTRING)

static const struct table_case rows[] = {
	{ "never_reads", TABLE_FRAMED, "echo", PATIENT, never_reads },
	{ "never_read_and_leave", TABLE_FRAMED, "echo", PATIENT,
	    never_read_and_leave },
	{ "finished_is_not_held", TABLE_LINE, "work", ONE_WORKER,
	    finished_is_not_held },
	{ "large_replies", LONG_FRAMED, "work", DEFAULT, large_replies },
	{ "large_reply", TABLE_RAW, "work", DEFAULT, large_reply_raw },
	{ "large_reply_half_closed", LONG_FRAMED, "work", DEFAULT,
	    large_reply_half_closed },
	{ "too_large", TABLE_LEN16, "work", DEFAULT, too_large_for_len16 },
};

int
main(void)
{

	return (table_main("server_output", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
