/*
 * Requests that are not fine: too long, absurdly long, malformed. One row of
 * the table "bad input" of the specification after the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define BYTES(text) text, sizeof(text) - 1

/* What the server may grow by while it holds none of what it swallows. */
#define GROWTH (24 * MIB)

static void
expect_growth(struct run *run, size_t before, size_t most)
{
	size_t now = daemon_memory(run->daemon);

	if (support_sanitized() || now <= before + most)
		return;
	support_wrong("the daemon grew from %zu to %zu KiB", before >> 10,
	    now >> 10);
	must(-1);
}

/* Send a frame of `length` bytes without having it in memory. */
static void
send_large(struct run *run, struct caller *c, size_t length)
{
	static char chunk[256 * KIB];
	struct blob head = { 0 };
	size_t n;

	/* The frame without its payload: what stands before, and behind. */
	memset(chunk, 'L', sizeof(chunk));
	if (c->framing == THRONG_FRAME_NETSTRING) {
		char digits[24];

		snprintf(digits, sizeof(digits), "%zu:", length);
		blob_add(&head, digits, strlen(digits));
	} else if (c->framing != THRONG_FRAME_LINE) {
		int shift = c->framing == THRONG_FRAME_LEN32 ? 24 : 8;

		for (; shift >= 0; shift -= 8) {
			char byte = (char)(length >> shift & 0xff);

			blob_add(&head, &byte, 1);
		}
	}
	must(caller_send(c, head.data, head.length));
	for (; length > 0; length -= n) {
		n = length < sizeof(chunk) ? length : sizeof(chunk);
		must(caller_send(c, chunk, n));
	}
	if (c->framing == THRONG_FRAME_NETSTRING)
		must(caller_send(c, ",", 1));
	if (c->framing == THRONG_FRAME_LINE)
		must(caller_send(c, "\n", 1));
	blob_free(&head);
}

/* --max-frame 1000: refused, swallowed, and the next one is served. */
static void
oversize(struct run *run)
{
	static const size_t sizes[] = { 1001, 1002, 1024, 4096, 4097, 65535,
		65536, 65537, MIB - 1, MIB, MIB + 1, 16 * MIB, 64 * MIB };
	struct caller *c = table_open(run);
	size_t i, sent = 0, before = daemon_memory(run->daemon);

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (run->framing == THRONG_FRAME_LEN16 && sizes[i] > 65535)
			break;
		if (support_sanitized() && sizes[i] > 16 * MIB)
			break;
		send_large(run, c, sizes[i]);
		must(caller_expect_error(c, "oversize"));
		must(caller_ping(c, i));
		sent++;
	}
	expect_growth(run, before, GROWTH);
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "oversize", sent);
	table_expect_count(run, "requests", sent);
}

/* A line has no declared length, so it may be longer than absurd. */
static void
endless_line(struct run *run)
{
	struct caller *c = table_open(run);
	size_t before = daemon_memory(run->daemon);

	send_large(run, c, support_sanitized() ? 66 * MIB : 200 * MIB);
	must(caller_expect_error(c, "oversize"));
	must(caller_ping(c, 1));
	expect_growth(run, before, GROWTH);
	table_close(run, c);
}

/* Many at once: each is answered, in order with the good ones. */
static void
oversize_pipelined(struct run *run)
{
	struct caller *c = table_open(run);
	struct blob out = { 0 };
	char big[40];
	size_t i;

	memset(big, 'b', sizeof(big));
	for (i = 0; i < 300; i++)
		blob_frame(&out, run->framing, 1, i % 3 ? "good" : big,
		    i % 3 ? 4 : sizeof(big));
	must(caller_send(c, out.data, out.length));
	for (i = 0; i < 300; i++)
		if (i % 3)
			must(caller_expect(c, "good", 4));
		else
			must(caller_expect_error(c, "oversize"));
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "oversize", 100);
	table_expect_count(run, "requests", 200);
	blob_free(&out);
}

struct bad {
	throng_framing framing;
	const char *bytes;
	size_t length;
};

static const struct bad absurd_rows[] = {
	{ THRONG_FRAME_LEN32, BYTES("\x04\0\0\x01") },
	{ THRONG_FRAME_LEN32, BYTES("\x7f\xff\xff\xff") },
	{ THRONG_FRAME_LEN32, BYTES("\x80\0\0\0") },
	{ THRONG_FRAME_LEN32, BYTES("\xff\xff\xff\xff") },
	{ THRONG_FRAME_LEN32, BYTES("GET / HTTP/1.1\r\n\r\n") },
	{ THRONG_FRAME_NETSTRING, BYTES("67108865:") },
	{ THRONG_FRAME_NETSTRING, BYTES("2147483647:") },
	{ THRONG_FRAME_NETSTRING, BYTES("2147483648:") },
	{ THRONG_FRAME_NETSTRING, BYTES("4294967295:abc") },
	{ THRONG_FRAME_NETSTRING, BYTES("4294967296:") },
	{ THRONG_FRAME_NETSTRING, BYTES("18446744073709551616:") },
	{ THRONG_FRAME_NETSTRING, BYTES("99999999999999999999999") },
};

static const struct bad malformed_rows[] = {
	{ THRONG_FRAME_NETSTRING, BYTES(":") },
	{ THRONG_FRAME_NETSTRING, BYTES(",") },
	{ THRONG_FRAME_NETSTRING, BYTES("hello\n") },
	{ THRONG_FRAME_NETSTRING, BYTES("-1:x,") },
	{ THRONG_FRAME_NETSTRING, BYTES("+1:x,") },
	{ THRONG_FRAME_NETSTRING, BYTES(" 1:x,") },
	{ THRONG_FRAME_NETSTRING, BYTES("01:x,") },
	{ THRONG_FRAME_NETSTRING, BYTES("00:,") },
	{ THRONG_FRAME_NETSTRING, BYTES("1x") },
	{ THRONG_FRAME_NETSTRING, BYTES("1:xy") },
	{ THRONG_FRAME_NETSTRING, BYTES("1:x;3:abc,") },
	{ THRONG_FRAME_NETSTRING, BYTES("0:x") },
	{ THRONG_FRAME_NETSTRING, BYTES("\0") },
	{ THRONG_FRAME_NETSTRING, BYTES("\xff\xff\xff\xff") },
};

/* Each alone, then behind a good request, which is answered first. */
static size_t
answered_and_closed(struct run *run, const struct bad *bad, size_t count,
    const char *code)
{
	size_t i, rows = 0;

	for (i = 0; i < count; i++) {
		struct blob out = { 0 };
		struct caller *c;

		if (bad[i].framing != run->framing)
			continue;
		rows++;
		c = table_open(run);
		must(caller_send(c, bad[i].bytes, bad[i].length));
		must(caller_expect_error(c, code));
		must(caller_expect_end(c));
		table_close(run, c);
		c = table_open(run);
		blob_frame(&out, run->framing, 1, "before", 6);
		blob_frame(&out, run->framing, 1, "", 0);
		blob_add(&out, bad[i].bytes, bad[i].length);
		must(caller_send(c, out.data, out.length));
		must(caller_expect(c, "before", 6));
		must(caller_expect(c, "", 0));
		must(caller_expect_error(c, code));
		must(caller_expect_end(c));
		table_close(run, c);
		blob_free(&out);
	}
	return (rows);
}

static void
expect_refusals(struct run *run, const char *code, size_t rows)
{

	table_end(run);
	table_expect_count(run, code, 2 * rows);
	table_expect_count(run, "requests", 2 * rows);
	table_expect_count(run, "connections", 2 * rows);
}

static void
absurd(struct run *run)
{
	size_t before = daemon_memory(run->daemon), rows;

	rows = answered_and_closed(run, absurd_rows,
	    sizeof(absurd_rows) / sizeof(absurd_rows[0]), "oversize");
	expect_growth(run, before, GROWTH);
	expect_refusals(run, "oversize", rows);
}

static void
malformed(struct run *run)
{
	size_t rows;

	rows = answered_and_closed(run, malformed_rows,
	    sizeof(malformed_rows) / sizeof(malformed_rows[0]), "invalid");
	expect_refusals(run, "invalid", rows);
}

/* The answer arrives even if the client has more to say than is read. */
static void
absurd_and_more(struct run *run)
{
	static char junk[100 * KIB];
	struct caller *c = table_open(run);

	memset(junk, '9', sizeof(junk));
	if (run->framing == THRONG_FRAME_LEN32)
		memset(junk, 0xff, sizeof(junk));
	must(caller_send(c, junk, sizeof(junk)));
	must(caller_expect_error(c, "oversize"));
	must(caller_expect_end(c));
	table_close(run, c);
}

/* An oversize netstring whose comma is missing: refused twice, closed. */
static void
swallowed_malformed(struct run *run)
{
	struct caller *c = table_open(run);
	char bytes[] = "40:0123456789012345678901234567890123456789;";

	must(caller_send(c, bytes, sizeof(bytes) - 1));
	must(caller_expect_error(c, "oversize"));
	must(caller_expect_error(c, "invalid"));
	must(caller_expect_end(c));
	table_close(run, c);
}

/* Memory follows the bytes received, not the bytes declared. */
static void
declared_only(struct run *run)
{
	enum { callers = 64 };
	struct caller *c[callers];
	size_t before = daemon_memory(run->daemon);
	const char *head = run->framing == THRONG_FRAME_LEN32 ?
	    "\x03\xff\xff\xff" : "67108863:";
	int i;

	for (i = 0; i < callers; i++) {
		c[i] = table_open(run);
		must(caller_ping(c[i], (uint64_t)i));
		must(caller_send(c[i], head,
		    run->framing == THRONG_FRAME_LEN32 ? 4 : 9));
		must(caller_send(c[i], "some", 4));
	}
	for (i = 0; i < callers; i++)
		must(caller_taken(c[i]));
	expect_growth(run, before, GROWTH);
	for (i = 0; i < callers; i++) {
		must(caller_finish(c[i]));
		must(caller_expect_end(c[i]));
		table_close(run, c[i]);
	}
	table_end(run);
	table_expect_count(run, "dropped_partial", callers);
	table_expect_count(run, "requests", callers);
}

#define MAX_1000 { "--max-frame", "1000" }
#define MAX_20 { "--max-frame", "20" }
#define DEFAULT { NULL }

static const struct table_case rows[] = {
	{ "oversize", TABLE_FRAMED, "echo", MAX_1000, oversize },
	{ "oversize_pipelined", TABLE_FRAMED, "echo", MAX_20,
	    oversize_pipelined },
	{ "endless_line", TABLE_LINE, "echo", DEFAULT, endless_line },
	{ "absurd", TABLE_LEN32 | TABLE_NETSTRING, "echo", DEFAULT, absurd },
	{ "absurd_and_more", TABLE_LEN32 | TABLE_NETSTRING, "echo", DEFAULT,
	    absurd_and_more },
	{ "malformed", TABLE_NETSTRING, "echo", DEFAULT, malformed },
	{ "swallowed_malformed", TABLE_NETSTRING, "echo", MAX_20,
	    swallowed_malformed },
	{ "declared_only", TABLE_LEN32 | TABLE_NETSTRING, "echo",
	    { "--max-frame", "64M" }, declared_only },
};

int
main(void)
{

	return (table_main("server_bad", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
