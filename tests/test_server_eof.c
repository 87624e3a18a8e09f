/*
 * The end of input: what was cut off by it, what is owed behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

/* A frame without its end is never delivered; the ones before it are. */
static void
partial(struct run *run)
{
	struct blob out = { 0 };
	size_t cut, whole, before;
	struct caller *c;
	uint64_t pieces = 0;

	blob_frame(&out, run->framing, 2, "whole", 5);
	before = out.length;
	blob_frame(&out, run->framing, 2, "never", 5);
	whole = out.length;
	for (cut = before; cut <= whole; cut++) {
		c = table_open(run);
		c->ending = 2;
		must(caller_send(c, out.data, cut));
		must(caller_finish(c));
		must(caller_expect(c, "whole", 5));
		if (cut == whole)
			must(caller_expect(c, "never", 5));
		must(caller_expect_end(c));
		table_close(run, c);
		pieces += cut > before && cut < whole;
	}
	table_end(run);
	table_expect_count(run, "dropped_partial", pieces);
	table_expect_count(run, "requests", whole - before + 2);
	blob_free(&out);
}

/* A refused frame that never ends is no partial one: it was answered. */
static void
partial_oversize(struct run *run)
{
	struct blob out = { 0 };
	struct caller *c = table_open(run);
	char big[40];

	memset(big, 'p', sizeof(big));
	blob_frame(&out, run->framing, 1, big, sizeof(big));
	must(caller_send(c, out.data, out.length - 8));
	must(caller_expect_error(c, "oversize"));
	must(caller_finish(c));
	must(caller_expect_end(c));
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "oversize", 1);
	table_expect_count(run, "dropped_partial", 0);
	table_expect_count(run, "requests", 0);
	blob_free(&out);
}

/* The sending side shut down at once: every reply is still owed. */
static void
half_close(struct run *run)
{
	const unsigned requests = 200;
	struct blob out = { 0 };
	struct caller *c = table_open(run);
	unsigned i;

	for (i = 0; i < requests; i++)
		blob_frame(&out, run->framing, 1,
		    i % 50 == 7 ? "wait 20ms" : "spin 1us", i % 50 == 7 ? 9 : 8);
	must(caller_send(c, out.data, out.length));
	must(caller_finish(c));
	for (i = 0; i < requests; i++)
		must(caller_expect(c, "ok", 2));
	must(caller_expect_end(c));
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "requests", requests);
	table_expect_count(run, "replies", requests);
	table_expect_count(run, "dropped_gone", 0);
	blob_free(&out);
}

static void
half_close_raw(struct run *run)
{
	struct caller *c = table_open(run);

	must(caller_send(c, "wait 50ms", 9));
	must(caller_finish(c));
	must(caller_expect_bytes(c, "ok", 2));
	must(caller_expect_end(c));
	table_close(run, c);
}

/* Nothing at all was asked, so there is nothing to drop. */
static void
silent(struct run *run)
{
	struct caller *c = table_open(run);

	must(caller_finish(c));
	must(caller_expect_end(c));
	table_close(run, c);
	table_end(run);
	table_expect_count(run, "connections", 1);
	table_expect_count(run, "requests", 0);
	table_expect_count(run, "dropped_partial", 0);
}

#define MAX_20 { "--max-frame", "20" }
#define DEFAULT { NULL }

static const struct table_case rows[] = {
	{ "partial", TABLE_FRAMED, "echo", DEFAULT, partial },
	{ "partial_oversize", TABLE_FRAMED, "echo", MAX_20,
	    partial_oversize },
	{ "half_close", TABLE_FRAMED, "work", DEFAULT, half_close },
	{ "half_close", TABLE_RAW, "work", DEFAULT, half_close_raw },
	{ "silent", TABLE_ALL, "echo", DEFAULT, silent },
};

int
main(void)
{

	return (table_main("server_eof", rows,
	    sizeof(rows) / sizeof(rows[0])));
}
