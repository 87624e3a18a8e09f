/* Who holds how much, who is closed for it first, and who has to wait. */
#include "rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hold.h"

#define MANY 40

static struct rig *rig;

static int
open_rig(void **state)
{

	(void)state;
	rig = rig_new(&unit_handler);
	unit_framing(&rig->service, THRONG_FRAME_LINE, 8u << 20);
	return (0);
}

static int
close_rig(void **state)
{

	(void)state;
	rig_free(rig);
	return (0);
}

static void
serve(size_t limit)
{

	budget_open(&rig->budget, limit, 1);
	rig_start(rig);
}

/* Send `length` bytes 'x', as far as the server goes on reading. */
static size_t
pour(int fd, size_t length)
{
	static char bytes[65536];
	size_t total = 0;
	int idle = 0;
	ssize_t n;

	memset(bytes, 'x', sizeof(bytes));
	while (total < length && idle < 10) {
		n = send(fd, bytes, length - total < sizeof(bytes) ?
		    length - total : sizeof(bytes), MSG_NOSIGNAL);
		idle = n > 0 ? 0 : idle + 1;
		total += n > 0 ? (size_t)n : 0;
		rig_turn(rig);
	}
	return (total);
}

static bool
is_open(uint32_t slot)
{

	return (rig->reactor.slots[slot]->phase != CONN_FREE);
}

/* The heap against a plain search, and its sum against a plain sum. */
static void
check_heap(void)
{
	const struct hold *h = &rig->reactor.hold;
	size_t sum = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < rig->reactor.slots_made; i++) {
		const struct conn *c = rig->reactor.slots[i];

		sum += c->holds;
		count += c->holds > 0;
		assert_int_equal(c->holds > 0, c->heap_at > 0);
		if (c->heap_at > 0)
			assert_ptr_equal(h->heap[c->heap_at], c);
		if (c->heap_at > 1)
			assert_true(h->heap[c->heap_at / 2]->holds >= c->holds);
	}
	assert_int_equal(h->count, count);
	assert_int_equal(h->held - h->leaving, sum);
}

/* Parts of requests come and go in all sizes. */
static void
order(void **state)
{
	uint64_t random = 7;
	int fds[MANY];

	(void)state;
	serve((size_t)1 << 30);
	for (int i = 0; i < MANY; i++)
		fds[i] = rig_client(rig);
	for (int round = 0; round < 400; round++) {
		int i = (int)(support_random(&random) % MANY);
		size_t n = support_random(&random) % 60000;

		if (support_random(&random) % 3 == 0) {
			rig_say(fds[i], "\n");
			rig_settle(rig);
			while (recv(fds[i], (char[65536]){ 0 }, 65536, 0) > 0)
				rig_settle(rig);
		} else {
			pour(fds[i], n);
		}
		check_heap();
	}
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	rig_settle(rig);
	check_heap();
	assert_int_equal(rig->reactor.hold.held, 0);
}

/* What is small, or has been answered, is not held. */
static void
small(void **state)
{
	int fd;

	(void)state;
	serve((size_t)1 << 30);
	fd = rig_client(rig);
	for (int i = 0; i < 10; i++) {
		rig_say(fd, "a\nb\nc");
		rig_hear(rig, fd, i == 0 ? "a\nb\n" : "ca\nb\n");
		assert_int_equal(rig->reactor.hold.held, 0);
		assert_int_equal(rig->reactor.hold.count, 0);
	}
	rig_say(fd, "big 100000\n");
	rig_hear(rig, fd, "c");
	close(fd);
}

/* The largest is closed, and the others go on. */
static void
largest_first(void **state)
{
	size_t sizes[] = { 50000, 300000, 20000, 50000 };
	int fds[4], polite;

	(void)state;
	serve(1u << 20);
	polite = rig_client(rig);
	for (int i = 0; i < 4; i++) {
		fds[i] = rig_client(rig);
		assert_int_equal(pour(fds[i], sizes[i]), sizes[i]);
	}
	assert_int_equal(rig_stats(rig).shed, 0);
	assert_int_equal(rig->reactor.open, 5);
	/* Buffers double: 64, 512, 32 and 64 KiB. */
	assert_ptr_equal(rig->reactor.hold.heap[1], rig_conn(rig, 2));
	/* With room for the next read: 256. */
	pour(fds[0], 40000);
	assert_int_equal(rig_stats(rig).shed, 0);
	pour(fds[3], 40000);
	assert_int_equal(rig_stats(rig).shed, 1);
	assert_false(is_open(2));
	assert_int_equal(rig->reactor.open, 4);
	assert_true(rig->reactor.hold.held <= rig->budget.over);
	check_heap();
	rig_say(polite, "still here\n");
	rig_hear(rig, polite, "still here\n");
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	close(polite);
}

/* Whoever takes more and more ends itself. */
static void
self(void **state)
{
	int greedy, polite;

	(void)state;
	serve(1u << 20);
	polite = rig_client(rig);
	greedy = rig_client(rig);
	assert_true(pour(greedy, 8u << 20) < 8u << 20);
	assert_int_equal(rig_stats(rig).shed, 1);
	assert_false(is_open(1));
	assert_int_equal(rig->reactor.hold.held, 0);
	rig_say(polite, "a\n");
	rig_hear(rig, polite, "a\n");
	close(greedy);
	close(polite);
}

/* Many of them: at no time more than a read above the line. */
static void
crowd(void **state)
{
	int fds[MANY];

	(void)state;
	serve(2u << 20);
	for (int i = 0; i < MANY; i++)
		fds[i] = rig_client(rig);
	for (int round = 0; round < 20; round++)
		for (int i = 0; i < MANY; i++) {
			pour(fds[i], 20000);
			assert_true(rig->reactor.hold.held <=
			    rig->budget.over);
		}
	assert_true(rig_stats(rig).shed > 0);
	assert_true(rig->reactor.open > 0);
	check_heap();
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

/* Replies that nobody reads count while they wait, as whole buffers. */
static void
unread(void **state)
{
	int fd, small_buffer = 4096;
	size_t held;
	char got[65536];

	(void)state;
	serve(8u << 20);
	fd = rig_client(rig);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small_buffer,
	    sizeof(small_buffer));
	rig_say(fd, "big 3000000\n");
	rig_settle(rig);
	held = rig->reactor.hold.held;
	assert_true(held >= 3000000);
	assert_int_equal(budget_total(&rig->budget), rig->reactor.hold.told);
	/* Half of it has been taken: the buffer is there still. */
	for (size_t n = 0; n < 1500000;) {
		ssize_t k = recv(fd, got, sizeof(got), 0);

		n += k > 0 ? (size_t)k : 0;
		rig_settle(rig);
	}
	assert_int_equal(rig->reactor.hold.held, held);
	while (rig->reactor.hold.held > 0) {
		(void)recv(fd, got, sizeof(got), 0);
		rig_settle(rig);
	}
	close(fd);
}

/* While memory is tight the largest that is owed something waits. */
static void
waits(void **state)
{
	int fds[2];

	(void)state;
	serve(3900000);
	for (int i = 0; i < 2; i++)
		fds[i] = rig_client(rig);
	assert_int_equal(pour(fds[0], 1500000), 1500000);
	/* A part of a request: to wait would be in vain. */
	assert_false(hold_waits(rig_conn(rig, 0)));
	rig_say(fds[1], "big 1000000\n");
	rig_settle(rig);
	assert_true(rig_conn(rig, 1)->holds >= 1000000);
	assert_true(rig->reactor.hold.held > rig->budget.tight);
	assert_int_equal(rig_stats(rig).shed, 0);
	assert_true(hold_waits(rig_conn(rig, 1)));
	assert_false(hold_waits(rig_conn(rig, 0)));
	rig_say(fds[1], "later\n");
	rig_settle(rig);
	assert_int_equal(rig_stats(rig).requests, 1);
	rig_hear_x(rig, fds[1], 1000000);
	rig_hear(rig, fds[1], "later\n");
	for (int i = 0; i < 2; i++)
		close(fds[i]);
}

/* A connection is closed while its job is with a worker: that is held until
 * the job is back, and nobody else is closed for it. */
static void
leaving(void **state)
{
	static const struct linger at_once = { 1, 0 };
	int fds[2];

	(void)state;
	serve(4u << 20);
	for (int i = 0; i < 2; i++)
		fds[i] = rig_client(rig);
	pour(fds[0], 1000000);
	rig_say(fds[0], "\n");
	while (rig->held_count == 0)
		rig_turn(rig);
	assert_true(rig_conn(rig, 0)->holds >= 1000000);
	(void)setsockopt(fds[0], SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof(at_once));
	conn_close(rig_conn(rig, 0), CLOSE_RESET);
	assert_true(rig->reactor.hold.leaving >= 1000000);
	assert_int_equal(rig->reactor.hold.leaving, rig->reactor.hold.held);
	check_heap();
	/* Together more than there is, but not by the other's fault. */
	budget_open(&rig->budget, 1u << 20, 1);
	rig->reactor.hold.told = 0;
	assert_int_equal(pour(fds[1], 100000), 100000);
	assert_true(is_open(1));
	rig_settle(rig);
	assert_int_equal(rig->reactor.hold.leaving, 0);
	assert_int_equal(rig_stats(rig).shed, 0);
	close(fds[0]);
	close(fds[1]);
}

/* A reply for which nothing is left fails, its connection goes on. */
static void
reply_too_much(void **state)
{
	static const char failed[] =
	    "!error failed the request could not be answered\n";
	int fd;

	(void)state;
	serve(1u << 20);
	fd = rig_client(rig);
	for (int i = 0; i < 3; i++) {
		rig_say(fd, "big 3000000\n");
		rig_hear(rig, fd, failed);
		rig_say(fd, "big 200000\n");
		rig_hear_x(rig, fd, 200000);
		rig_settle(rig);
		assert_int_equal(rig->reactor.hold.held, 0);
	}
	assert_int_equal(rig_stats(rig).failed, 3);
	assert_int_equal(rig_stats(rig).shed, 0);
	close(fd);
}

/* And so do the others of its job. */
static void
one_reply_too_much(void **state)
{
	static const char failed[] =
	    "!error failed the request could not be answered\n";
	int fd;

	(void)state;
	serve(1u << 20);
	fd = rig_client(rig);
	rig_say(fd, "big 3000000\nbig 100000\nshort\n");
	rig_turn(rig);
	assert_int_equal(rig->held[0]->count, 3);
	rig_hear(rig, fd, failed);
	rig_hear_x(rig, fd, 100000);
	rig_hear(rig, fd, "short\n");
	assert_int_equal(rig_stats(rig).failed, 1);
	close(fd);
}

/* What is kept for later is a part of it, and a buffer that a job gets along
 * for its reply is counted once. */
static void
spare_buffers(void **state)
{
	struct job *job;
	int fd;

	(void)state;
	serve(16u << 20);
	assert_int_equal(rig->reactor.spares.most, 1u << 20);
	rig->budget.reply_free = BYTES_KEEP;
	fd = rig_client(rig);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pour(fd, 40000), 40000);
		/* Two, so that the reply is not the request's buffer. */
		rig_say(fd, "\nshort\n");
		/* Whoever wants none for a second has none. */
		event_del(rig->reactor.spares.look);
		while (rig->held_count == 0)
			rig_turn(rig);
		job = rig->held[0];
		if (i > 0)
			assert_true(job->out.size > 40000);
		rig_work(rig, 1);
		assert_int_equal(job->out.length, 40007);
		assert_true(job->out_held + job->charged == job->out.size);
		rig_hear_x(rig, fd, 40000);
		rig_hear(rig, fd, "short\n");
		event_del(rig->reactor.spares.look);
		rig_settle(rig);
		assert_true(rig->reactor.spares.total > 0);
	}
	close(fd);
}

/* Without a budget nobody is counted. */
static void
no_budget(void **state)
{
	int fd;

	(void)state;
	rig->service.budget = NULL;
	rig_start(rig);
	fd = rig_client(rig);
	pour(fd, 1000000);
	assert_int_equal(rig->reactor.hold.held, 0);
	rig_say(fd, "\n");
	rig_hear_x(rig, fd, 1000000);
	close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)
	static const struct CMUnitTest tests[] = {
		TEST(order),
		TEST(small),
		TEST(largest_first),
		TEST(self),
		TEST(crowd),
		TEST(unread),
		TEST(waits),
		TEST(leaving),
		TEST(reply_too_much),
		TEST(one_reply_too_much),
		TEST(spare_buffers),
		TEST(no_budget),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
