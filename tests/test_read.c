/* From the socket to requests: large frames in few turns, bounded input,
 * refused frames that are not stored, broken streams, and no memory. */
#define _GNU_SOURCE /* memmem */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "read.h"

static size_t realloc_most = SIZE_MAX;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__wrap_realloc(void *old, size_t size)
{

	return (size > realloc_most ? NULL : __real_realloc(old, size));
}

static struct rig *rig;
static int client;

static int
open_rig(void **state)
{

	(void)state;
	rig = rig_new(&unit_handler);
	return (0);
}

static int
close_rig(void **state)
{

	(void)state;
	realloc_most = SIZE_MAX;
	close(client);
	rig_free(rig);
	return (0);
}

static void
serve(throng_framing framing, size_t max)
{

	unit_framing(&rig->service, framing, max);
	rig_start(rig);
	client = rig_client(rig);
}

static size_t
input(void)
{

	return (rig_conn(rig, 0)->input.length);
}

/* Send as much of `length` bytes 'x' as fits. Return how many. */
static size_t
pour(size_t length)
{
	static char bytes[65536];
	size_t total = 0;
	ssize_t n;

	memset(bytes, 'x', sizeof(bytes));
	while (total < length &&
	    (n = send(client, bytes,
		 length - total < sizeof(bytes) ? length - total
						: sizeof(bytes),
		 MSG_NOSIGNAL)) > 0)
		total += (size_t)n;
	return (total);
}

/* Send it all, turning meanwhile. Return the most input that was held, and
 * in `turns` how many turns of the loop it took. */
static size_t
pour_all(size_t length, unsigned *turns)
{
	int64_t deadline = unit_deadline();
	size_t most = 0;

	*turns = 0;
	while (length > 0) {
		length -= pour(length);
		rig_turn(rig);
		rig_work(rig, RIG_HELD_MAX);
		++*turns;
		most = input() > most ? input() : most;
		assert_true(support_now() < deadline);
	}
	return (most);
}

static void
large_frame(void **state)
{
	unsigned turns;

	(void)state;
	serve(THRONG_FRAME_LINE, 4u << 20);
	pour_all(1000000, &turns);
	/* At 4,096 bytes a turn it would take 245. */
	assert_in_range(turns, 1, 60);
	assert_int_equal(rig->held_count, 0);
	rig_say(client, "\n");
	rig_hear_x(rig, client, 1000000);
	assert_int_equal(rig_stats(rig).requests, 1);
	assert_int_equal(input(), 0);
}

/*
 * A frame whose length is known: what is held grows with what came, to little
 * more than the frame, and the next such frame takes the same buffers. What
 * comes behind it is not read with it.
 */
static void
known_length(void **state)
{
	static const char head[] = { 0, 16, 0, 0 }; /* 1 MiB */
	const size_t length = 1u << 20;
	unsigned turns;
	struct conn *c;

	(void)state;
	serve(THRONG_FRAME_LEN32, 4u << 20);
	c = rig_conn(rig, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(send(client, head, 4, 0), 4);
		for (size_t sent = 0; sent < length / 2;) {
			sent += pour(length / 2 - sent);
			rig_turn(rig);
			assert_true(i > 0 || c->input.size <=
			    2 * sent + 2 * 131072);
		}
		pour_all(length / 2, &turns);
		rig_settle(rig);
		assert_int_equal(rig_stats(rig).requests, i + 1);
		assert_int_equal(input(), 0);
		assert_null(c->input.data);
		/* The reply is read, or its buffer is still with libevent. */
		for (size_t got = 0; got < length + 4;) {
			static char bytes[65536];
			ssize_t n = recv(client, bytes, sizeof(bytes), 0);

			/* What nobody wants for a second is dropped. */
			event_del(rig->reactor.spares.look);
			rig_turn(rig);
			got += n > 0 ? (size_t)n : 0;
		}
		event_del(rig->reactor.spares.look);
		rig_settle(rig);
		assert_true(rig->reactor.spares.count > 0);
		for (unsigned k = 0; k < rig->reactor.spares.count; k++)
			assert_in_range(rig->reactor.spares.kept[k].size,
			    0, length + 1024);
	}
}

/* What one turn reads is bounded, for the sake of the others. */
static void
one_turn(void **state)
{

	(void)state;
	serve(THRONG_FRAME_LINE, 4u << 20);
	pour(150000);
	rig_turn(rig);
	assert_in_range(input(), 8192, 4 * 131072);
}

/* While a job is out, input is kept up to a bound, and then left alone. */
static void
input_ahead(void **state)
{
	size_t sent = 0;

	(void)state;
	serve(THRONG_FRAME_LINE, 4u << 20);
	rig_say(client, "first\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	for (int i = 0; i < 100; i++) {
		sent += pour(1u << 20);
		rig_turn(rig);
	}
	assert_true(rig_conn(rig, 0)->paused);
	assert_int_equal(input(), CONN_INPUT_AHEAD);
	/* It counts against the output, up to half of what that may be. */
	assert_int_equal(conn_burden(rig_conn(rig, 0)), CONN_INPUT_AHEAD);
	rig->service.config.output_soft = CONN_INPUT_AHEAD;
	assert_int_equal(conn_burden(rig_conn(rig, 0)), CONN_INPUT_AHEAD / 2);
	assert_true(sent < 1u << 20);
	rig_hear(rig, client, "first\n");
	assert_false(rig_conn(rig, 0)->paused);
	/* From here on the unfinished line may grow to its maximum. */
	while (sent < 2000000) {
		sent += pour(2000000 - sent);
		rig_turn(rig);
	}
	rig_say(client, "\n");
	rig_hear_x(rig, client, 2000000);
}

static void
oversize(void **state)
{
	static const struct {
		throng_framing framing;
		const char *head, *tail;
		size_t head_length;
	} rows[] = {
		{ THRONG_FRAME_LINE, "", "\n", 0 },
		{ THRONG_FRAME_LEN32, "\0\x4c\x4b\x40", "", 4 },
		{ THRONG_FRAME_NETSTRING, "5000000:", ",", 8 },
	};
	unsigned turns;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		char got[64] = "";

		if (i > 0)
			open_rig(state);
		serve(rows[i].framing, 1000);
		assert_int_equal(send(client, rows[i].head, rows[i].head_length,
				     0),
		    (ssize_t)rows[i].head_length);
		assert_in_range(pour_all(5000000, &turns), 0, 2 * 131072);
		rig_say(client, rows[i].tail);
		rig_settle(rig);
		assert_true(unit_read(client, got, 24, unit_deadline()) == 24);
		assert_non_null(memmem(got, 24, "!error oversize", 15));
		assert_int_equal(rig_stats(rig).oversize, 1);
		assert_int_equal(input(), 0);
		assert_int_equal(rig->reactor.open, 1);
		if (i + 1 < UNIT_COUNT(rows))
			close_rig(state);
	}
}

/* In order with the requests around it. */
static void
oversize_in_place(void **state)
{

	(void)state;
	serve(THRONG_FRAME_LINE, 8);
	rig_say(client, "a\n123456789\nb\n1234567890\nc\n");
	rig_hear(rig, client,
	    "a\n!error oversize the request is too long\n"
	    "b\n!error oversize the request is too long\nc\n");
	assert_int_equal(rig_stats(rig).batches, 1);
}

static void
broken(void **state)
{

	(void)state;
	serve(THRONG_FRAME_NETSTRING, 1000);
	rig_say(client, "1:a,1:b,x1:c,");
	rig_hear(rig, client,
	    "1:a,1:b,36:!error invalid the framing is broken,");
	rig_say(client, "1:d,");
	rig_end(rig, client);
	client = dup(0);
	assert_int_equal(rig_stats(rig).invalid, 1);
	assert_int_equal(rig_stats(rig).requests, 2);
	assert_int_equal(rig->reactor.open, 0);
}

static void
absurd(void **state)
{

	(void)state;
	serve(THRONG_FRAME_NETSTRING, 1000);
	rig_say(client, "1:a,99999999:");
	rig_hear(rig, client,
	    "1:a,39:!error oversize the request is too long,");
	rig_end(rig, client);
	client = dup(0);
	assert_int_equal(rig_stats(rig).oversize, 1);
}

/* Many jobs' worth in one read: each full, in order, none lost. */
static void
more_than_a_job(void **state)
{
	char want[8192], *at = want;

	(void)state;
	serve(THRONG_FRAME_LINE, 1000);
	for (int i = 0; i < 1000; i++)
		at += sprintf(at, "%d\n", i);
	rig_say(client, want);
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->count, JOB_REQUESTS_MAX);
	rig_hear(rig, client, want);
	assert_int_equal(rig_stats(rig).batches,
	    (1000 + JOB_REQUESTS_MAX - 1) / JOB_REQUESTS_MAX);
}

/* The end of input with requests before it: they are answered. */
static void
half_closed(void **state)
{

	(void)state;
	serve(THRONG_FRAME_LINE, 1000);
	rig_say(client, "a\nb\npartial");
	shutdown(client, SHUT_WR);
	rig_hear(rig, client, "a\nb\n");
	rig_end(rig, client);
	client = dup(0);
	assert_int_equal(rig_stats(rig).dropped_partial, 1);
	assert_int_equal(rig_stats(rig).requests, 2);
	assert_int_equal(rig->reactor.open, 0);
}

static void
raw_pieces(void **state)
{

	(void)state;
	serve(THRONG_FRAME_RAW, 4);
	rig_say(client, "abcdefghij");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->count, 3);
	rig_hear(rig, client, "abcdefghij");
}

/* No memory for a request costs its connection and nobody else's. */
static void
no_memory(void **state)
{
	int other;

	(void)state;
	serve(THRONG_FRAME_LINE, 4u << 20);
	other = rig_client(rig);
	pour(100000);
	rig_settle(rig);
	assert_int_equal(input(), 100000);
	realloc_most = 50000;
	rig_say(client, "\n");
	rig_end(rig, client);
	client = dup(0);
	rig_say(other, "a\n");
	rig_hear(rig, other, "a\n");
	assert_int_equal(rig->reactor.open, 1);
	assert_int_equal(rig->reactor.jobs_out, 0);
	realloc_most = SIZE_MAX;
	close(other);
}

/* The same with a job of it waiting already, which then finds nobody. */
static void
no_memory_behind_a_job(void **state)
{
	int64_t deadline = unit_deadline();
	int other;

	(void)state;
	rig->service.config.workers = 1;
	rig->spent_ns = 1000000000;
	serve(THRONG_FRAME_LINE, 4u << 20);
	other = rig_client(rig);
	rig_say(other, "long\n");
	rig_hear(rig, other, "long\n");
	rig_say(other, "longer\n");
	rig_turn(rig);
	rig_say(client, "waits\n");
	rig_turn(rig);
	realloc_most = 50000;
	pour(60000);
	rig_say(client, "\n");
	while (rig->reactor.open == 2) {
		rig_turn(rig);
		assert_true(support_now() < deadline);
	}
	realloc_most = SIZE_MAX;
	rig_hear(rig, other, "longer\n");
	rig_settle(rig);
	assert_int_equal(rig->reactor.jobs_out, 0);
	assert_int_equal(rig_stats(rig).requests, 2);
	close(other);
}

/* The buffer that all share is never given away for nothing: without memory
 * for another one a request is copied, and without memory for that its
 * connection alone is closed. */
static void
no_memory_to_share(void **state)
{
	int others[3];

	(void)state;
	serve(THRONG_FRAME_LINE, 4u << 20);
	for (int i = 0; i < 3; i++)
		others[i] = rig_client(rig);
	realloc_most = 100000;
	for (int i = 0; i < 3; i++) {
		pour(20000);
		rig_say(client, "\n");
		rig_hear_x(rig, client, 20000);
	}
	realloc_most = 1000;
	pour(20000);
	rig_say(client, "\n");
	for (int i = 0; i < 3; i++)
		rig_say(others[i], "a\n");
	for (int i = 0; i < 3; i++)
		rig_hear(rig, others[i], "a\n");
	rig_end(rig, client);
	client = dup(0);
	assert_int_equal(rig->reactor.open, 3);
	realloc_most = SIZE_MAX;
	for (int i = 0; i < 3; i++) {
		rig_say(others[i], "b\n");
		rig_hear(rig, others[i], "b\n");
		close(others[i]);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	static const struct CMUnitTest tests[] = {
		TEST(large_frame),
		TEST(known_length),
		TEST(one_turn),
		TEST(input_ahead),
		TEST(oversize),
		TEST(oversize_in_place),
		TEST(broken),
		TEST(absurd),
		TEST(more_than_a_job),
		TEST(half_closed),
		TEST(raw_pieces),
		TEST(no_memory),
		TEST(no_memory_behind_a_job),
		TEST(no_memory_to_share),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
