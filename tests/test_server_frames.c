/*
 * Requests that are fine, however they arrive: cut anywhere, many at once,
 * of any bytes, up to the largest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

#define CORPUS 64
#define PING "ping"

/* Requests and what an echo makes of them, both as they go on the wire. */
struct talk {
	struct blob out;
	struct blob in;
	size_t out_end[CORPUS]; /* where each request ends */
	size_t in_end[CORPUS];
};

/* Any bytes that the framing can carry and that do not end a line. */
static size_t
any_bytes(throng_framing framing, uint64_t *seed, char *out, size_t most)
{
	size_t length = support_random(seed) % (most + 1), i;

	for (i = 0; i < length; i++) {
		out[i] = (char)support_random(seed);
		if (framing == THRONG_FRAME_LINE && out[i] == '\n')
			out[i] = '\0';
	}
	/* A CR at the end would be taken for a part of the line ending. */
	if (framing == THRONG_FRAME_LINE && length > 0 &&
	    out[length - 1] == '\r')
		out[length - 1] = '\xff';
	return (length);
}

static void
talk_fill(struct talk *t, throng_framing framing)
{
	uint64_t seed = 2026;
	char payload[24];
	size_t i, n;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < CORPUS; i++) {
		unsigned ending = 1 + (support_random(&seed) & 1);

		n = any_bytes(framing, &seed, payload, sizeof(payload));
		blob_frame(&t->out, framing, ending, payload, n);
		blob_frame(&t->in, framing, ending, payload, n);
		t->out_end[i] = t->out.length;
		t->in_end[i] = t->in.length;
	}
}

/* Bytes of answer that the first `cut` bytes of the requests are owed. */
static size_t
owed(const struct talk *t, throng_framing framing, size_t cut)
{
	size_t i, bytes = 0;

	if (framing == THRONG_FRAME_RAW)
		return (cut);
	for (i = 0; i < CORPUS && t->out_end[i] <= cut; i++)
		bytes = t->in_end[i];
	return (bytes);
}

/*
 * A ping travels in front of the first piece, in the same segment, so that
 * its answer proves that the server has read the piece and holds its end.
 */
static void
every_split(struct run *run)
{
	struct blob first = { 0 };
	struct caller *c = table_open(run);
	size_t cut, due;
	struct talk t;

	talk_fill(&t, run->framing);
	for (cut = 0; cut <= t.out.length; cut++) {
		first.length = 0;
		blob_frame(&first, run->framing, 1, PING, 4);
		blob_add(&first, t.out.data, cut);
		must(caller_send(c, first.data, first.length));
		must(caller_expect(c, PING, 4));
		due = owed(&t, run->framing, cut);
		must(caller_expect_bytes(c, t.in.data, due));
		must(caller_send(c, t.out.data + cut, t.out.length - cut));
		must(caller_expect_bytes(c, t.in.data + due,
		    t.in.length - due));
	}
	table_close(run, c);
	table_end(run);
	if (run->framing != THRONG_FRAME_RAW)
		table_expect_count(run, "requests",
		    (t.out.length + 1) * (CORPUS + 1));
	table_expect_count(run, "connections", 1);
	blob_free(&first);
	blob_free(&t.out);
	blob_free(&t.in);
}

/* One byte a time, the whole corpus, then all of it at once. */
static void
byte_by_byte(struct run *run)
{
	struct caller *c = table_open(run);
	struct talk t;
	size_t i;

	talk_fill(&t, run->framing);
	for (i = 0; i < t.out.length; i++)
		must(caller_send(c, t.out.data + i, 1));
	must(caller_expect_bytes(c, t.in.data, t.in.length));
	must(caller_send(c, t.out.data, t.out.length));
	must(caller_expect_bytes(c, t.in.data, t.in.length));
	table_close(run, c);
	blob_free(&t.out);
	blob_free(&t.in);
}

static void
pipelined(struct run *run)
{
	const unsigned requests = 10000;
	struct blob out = { 0 }, in = { 0 };
	struct caller *c = table_open(run);
	char nonce[SUPPORT_NONCE], back[SUPPORT_NONCE];
	unsigned i;
	size_t n, at;

	for (i = 0; i < requests; i++) {
		n = support_nonce(i, nonce);
		for (at = 0; at < n; at++)
			back[at] = nonce[n - 1 - at];
		blob_frame(&out, run->framing, 1 + i % 2, nonce, n);
		blob_frame(&in, run->framing, 1 + i % 2, back, n);
	}
	must(caller_pump(c, out.data, out.length, in.data, in.length));
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "requests", requests);
	table_expect_count(run, "replies", requests);
	blob_free(&out);
	blob_free(&in);
}

static void
pipelined_raw(struct run *run)
{
	struct caller *c = table_open(run);
	struct blob out = { 0 };
	uint64_t seed = 7, word;
	int i;

	for (i = 0; i < 20000; i++) {
		word = support_random(&seed);
		blob_add(&out, &word, sizeof(word));
	}
	must(caller_pump(c, out.data, out.length, out.data, out.length));
	table_close(run, c);
	blob_free(&out);
}

static void
any_byte(struct run *run)
{
	struct caller *c = table_open(run);
	static const char *const odd[] = { "\xff\xfe", "\xc3", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xc0\xaf", "%s%n", "\x1b[2J", "\r\r",
		"!error busy no" };
	char byte;
	size_t i;

	must(caller_request(c, "", 0));
	must(caller_expect(c, "", 0));
	for (i = 0; i < 256; i++) {
		byte = (char)i;
		if (run->framing == THRONG_FRAME_LINE &&
		    (byte == '\n' || byte == '\r'))
			continue;
		must(caller_request(c, &byte, 1));
		must(caller_expect(c, &byte, 1));
	}
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		/* "\r\r" LF is a line of one CR. */
		size_t n = strlen(odd[i]);

		c->ending = i % 2 + 1;
		if (run->framing == THRONG_FRAME_LINE && odd[i][0] == '\r')
			c->ending = 2;
		must(caller_request(c, odd[i], n));
		must(caller_expect(c, odd[i], n));
	}
	must(caller_request(c, "a\0b", 3));
	must(caller_expect(c, "a\0b", 3));
	table_close(run, c);
}

/* --max-frame 1000 */
static void
around_max_frame(struct run *run)
{
	struct caller *c = table_open(run);
	char payload[1002];
	size_t n;

	memset(payload, 'm', sizeof(payload));
	for (n = 998; n <= 1002; n++) {
		must(caller_request(c, payload, n));
		if (n <= 1000)
			must(caller_expect(c, payload, n));
		else
			must(caller_expect_error(c, "oversize"));
		must(caller_ping(c, n));
	}
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "oversize", 2);
	table_expect_count(run, "requests", 8);
}

/* Raw requests are cut at --max-frame instead of being refused. */
static void
raw_max_frame(struct run *run)
{
	struct caller *c = table_open(run);
	char bytes[5000], back[10];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	must(caller_send(c, bytes, 10));
	for (i = 0; i < 10; i++)
		back[i] = bytes[9 - i];
	must(caller_expect_bytes(c, back, 10));
	must(caller_send(c, bytes, 5000));
	must(caller_skip(c, 5000));
	table_close(run, c);
	table_end(run);
	/* At least as many as there are full pieces. */
	if (table_count(run, "requests") < 1 + 5000 / 100) {
		support_wrong("requests above --max-frame");
		must(-1);
	}
}

/* The default --max-frame is 1M. */
static void
a_mebibyte(struct run *run)
{
	struct blob out = { 0 }, in = { 0 };
	struct caller *c = table_open(run);
	size_t most = 1u << 20, i;
	char *payload;

	if (run->framing == THRONG_FRAME_LEN16)
		most = 65535;
	if ((payload = malloc(most)) == NULL)
		abort();
	for (i = 0; i < most; i++)
		payload[i] = (char)('a' + i % 26);
	blob_frame(&out, run->framing, 2, payload, most);
	blob_frame(&out, run->framing, 1, "x", 1);
	blob_frame(&in, run->framing, 2, payload, most);
	blob_frame(&in, run->framing, 1, "x", 1);
	must(caller_pump(c, out.data, out.length, in.data, in.length));
	must(caller_pump(c, out.data, out.length, in.data, in.length));
	table_close(run, c);
	free(payload);
	blob_free(&out);
	blob_free(&in);
}

static const struct table_case rows[] = {
	{ "every_split", TABLE_ALL, "echo", { NULL }, every_split },
	{ "byte_by_byte", TABLE_ALL, "echo", { NULL }, byte_by_byte },
	{ "pipelined", TABLE_FRAMED, "reverse", { NULL }, pipelined },
	{ "pipelined", TABLE_RAW, "echo", { NULL }, pipelined_raw },
	{ "any_byte", TABLE_FRAMED, "echo", { NULL }, any_byte },
	{ "around_max_frame", TABLE_FRAMED, "echo",
	    { "--max-frame", "1000" }, around_max_frame },
	{ "raw_max_frame", TABLE_RAW, "reverse",
	    { "--max-frame", "100" }, raw_max_frame },
	{ "a_mebibyte", TABLE_FRAMED, "echo", { NULL }, a_mebibyte },
};

int
main(void)
{

	return (table_main("server_frames", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
