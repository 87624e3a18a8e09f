/* From bytes to requests: streams in every framing, cut at every byte into
 * pieces and into jobs of every size, gathered as both modes do it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gather.h"

#define STREAM_MAX 128

/* A stream and what is in it: "(payload)" for a request, with ~ behind it
 * if it ended with CR LF, O for oversize, I for invalid, ! for a stream that
 * is over. The longest request is 8 bytes. */
static const struct row {
	throng_framing framing;
	size_t length;
	const char *bytes;
	const char *want;
} rows[] = {
#define ROW(framing, bytes, want)                                      \
	{                                                              \
		THRONG_FRAME_##framing, sizeof(bytes) - 1, bytes, want \
	}
	ROW(LINE, "a\nbc\r\n\n\r\ndef", "(a)(bc)~()()~"),
	ROW(LINE, "12345678\n12345678\r\n", "(12345678)(12345678)~"),
	ROW(LINE, "a\n123456789\nb\n", "(a)O(b)"),
	ROW(LINE, "123456789\r\n1234567890123\nc\n", "OO(c)"),
	ROW(LINE, "123456789", "O"),
	ROW(LEN32,
	    "\0\0\0\2ab\0\0\0\0\0\0\0\10"
	    "12345678",
	    "(ab)()(12345678)"),
	ROW(LEN32,
	    "\0\0\0\1a\0\0\0\11"
	    "123456789\0\0\0\1b",
	    "(a)O(b)"),
	ROW(LEN32, "\0\0\0\1a\5\0\0\0\0\0\0\1b", "(a)O!"),
	ROW(LEN32, "\0\0\0\5abc", ""),
	ROW(LEN16,
	    "\0\2ab\0\0\0\10"
	    "12345678\0\11"
	    "123456789\0\1b",
	    "(ab)()(12345678)O(b)"),
	ROW(NETSTRING, "2:ab,0:,8:12345678,1:c,", "(ab)()(12345678)(c)"),
	ROW(NETSTRING, "1:a,9:123456789,1:b,", "(a)O(b)"),
	ROW(NETSTRING, "1:a,x", "(a)I!"),
	ROW(NETSTRING, "1:a,1:bc", "(a)I!"),
	ROW(NETSTRING, "1:a,01:b,", "(a)I!"),
	ROW(NETSTRING, "1:a,99999999:", "(a)O!"),
	ROW(NETSTRING, "9:123456789x", "OI!"),
};

/* The stream on its way. The bytes read are at the front of `held`. */
struct flow {
	struct framer framer;
	struct frame_scan scan;
	struct gather gather;
	struct job *job;
	bool kept; /* dropped bytes are left in place, as thread mode does */
	bool over;
	char got[512];
	size_t got_length;
};

static void
note(struct flow *f, const char *bytes, size_t length)
{

	assert_true(f->got_length + length < sizeof(f->got));
	memcpy(f->got + f->got_length, bytes, length);
	f->got[f->got_length += length] = '\0';
}

/* What a job has come to; then it starts again, empty. */
static void
note_job(struct flow *f)
{
	struct job *job = f->job;

	for (unsigned i = 0; i < job->count; i++) {
		const struct request *q = &job->requests[i];

		if (q->verdict != VERDICT_HANDLE) {
			note(f, q->verdict == VERDICT_OVERSIZE ? "O" : "I", 1);
			continue;
		}
		note(f, "(", 1);
		assert_true(q->offset + q->length <= job->in.length);
		note(f, job->in.data + q->offset, q->length);
		note(f, ")~", q->tail == 2 ? 2 : 1);
	}
	if (job->close)
		note(f, "!", 1);
	job_answered(job);
}

/* Take `length` bytes away at offset `at` of the job's input. */
static void
cut_out(struct bytes *in, size_t at, size_t length)
{

	memmove(in->data + at, in->data + at + length,
	    in->length - at - length);
	in->length -= length;
}

static void
arrive(struct flow *f, const char *bytes, size_t length)
{
	struct gather *g = &f->gather;
	struct bytes *in = &f->job->in;
	enum gather_status status;
	size_t at, used;

	memcpy(bytes_reserve(in, length + 1), bytes, length);
	in->length += length;
	while (!f->over &&
	    (at = g->start + frame_pending(&f->scan)) < in->length) {
		status = gather_piece(g, in->data + at, in->length - at, &used);
		assert_true(used <= in->length - at);
		if (status == GATHER_MORE)
			assert_int_equal(used, in->length - at);
		if (status == GATHER_FULL) {
			assert_true(job_full(f->job));
			note_job(f);
		}
		if (status == GATHER_DROP && f->kept)
			g->start = at + used;
		else if (status == GATHER_DROP)
			cut_out(in, g->start, at + used - g->start);
		f->over = status == GATHER_END;
	}
}

static void
expect(const struct row *row, const size_t cuts[2], unsigned room, bool kept)
{
	struct flow f = { .framer = { row->framing, 8 }, .kept = kept };
	size_t at = 0, ends[3] = { cuts[0], cuts[1], row->length };

	f.job = job_new(room);
	assert_non_null(f.job);
	f.gather = (struct gather){ &f.framer, &f.scan, f.job, 0 };
	for (int i = 0; i < 3; i++) {
		if (ends[i] > at)
			arrive(&f, row->bytes + at, ends[i] - at);
		at = ends[i];
	}
	note_job(&f);
	job_free(f.job);
	if (strcmp(f.got, row->want) != 0)
		fail_msg("row %d cut at %zu, %zu, jobs of %u: %s, not %s",
		    (int)(row - rows), cuts[0], cuts[1], room, f.got,
		    row->want);
}

static void
every_cut(void **state)
{
	size_t cuts[2];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++)
		for (cuts[0] = 0; cuts[0] <= rows[i].length; cuts[0]++)
			for (cuts[1] = cuts[0]; cuts[1] <= rows[i].length;
			     cuts[1]++)
				for (unsigned room = 1; room <= 4; room++) {
					expect(&rows[i], cuts, room, false);
					expect(&rows[i], cuts, room, true);
				}
}

/* Raw requests are whatever has arrived, but never more than the longest. */
static void
raw(void **state)
{
	struct flow f = { .framer = { THRONG_FRAME_RAW, 4 } };

	(void)state;
	f.job = job_new(2);
	f.gather = (struct gather){ &f.framer, &f.scan, f.job, 0 };
	arrive(&f, "abcdefghi", 9);
	arrive(&f, "\n\0", 2);
	note_job(&f);
	assert_memory_equal(f.got, "(abcd)(efgh)(i)(\n\0)", 19);
	job_free(f.job);
}

/* Bytes, too, fill a job: the first request behind the bound waits. */
static void
bytes_fill(void **state)
{
	const size_t size = JOB_BYTES_MAX / 2;
	struct framer framer = { THRONG_FRAME_LINE, 1u << 20 };
	struct frame_scan scan = { 0 };
	struct job *job = job_new(JOB_REQUESTS_MAX);
	struct gather g = { &framer, &scan, job, 0 };
	char *stream = malloc(3 * size);
	size_t used;

	(void)state;
	assert_non_null(stream);
	memset(stream, 'x', 3 * size);
	stream[size - 1] = stream[2 * size] = stream[3 * size - 1] = '\n';
	assert_int_equal(gather_piece(&g, stream, 3 * size, &used),
	    GATHER_FULL);
	assert_int_equal(used, 2 * size + 1);
	assert_int_equal(g.start, used);
	assert_int_equal(job->count, 2);
	/* Full already: not a byte is looked at. */
	assert_int_equal(gather_piece(&g, stream + used, 1, &used),
	    GATHER_FULL);
	assert_int_equal(used, 0);
	job_free(job);
	free(stream);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut),
		cmocka_unit_test(raw),
		cmocka_unit_test(bytes_fill),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
