/* Which worker gets which job, and when: what one read brings is one job, one
 * pass is one hand-over, and a worker is given no more than its share. */
#include "rig.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

static void
expect_request(const struct job *job, unsigned i, const char *text)
{
	const struct request *q = &job->requests[i];

	assert_true(i < job->count);
	assert_int_equal(q->length, strlen(text));
	assert_memory_equal(job->in.data + q->offset, text, q->length);
}

static void
one_read_one_job(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "a\nb\nc\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->count, 3);
	expect_request(rig->held[0], 0, "a");
	expect_request(rig->held[0], 2, "c");
	assert_int_equal(rig->reactor.jobs_out, 1);
	rig_hear(rig, fd, "a\nb\nc\n");
	assert_int_equal(rig_stats(rig).batches, 1);
	assert_int_equal(rig->reactor.jobs_out, 0);
	close(fd);
	rig_free(rig);
}

static void
halves(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "ab");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 0);
	rig_say(fd, "c\nd");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->count, 1);
	expect_request(rig->held[0], 0, "abc");
	rig_say(fd, "e\n");
	rig_hear(rig, fd, "abc\nde\n");
	assert_int_equal(rig_stats(rig).batches, 2);
	close(fd);
	rig_free(rig);
}

static void
one_job_at_a_time(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "a\n");
	rig_turn(rig);
	rig_say(fd, "b\nc\n");
	for (int i = 0; i < 5; i++)
		rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->count, 1);
	rig_work(rig, 1);
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->count, 2);
	rig_hear(rig, fd, "a\nb\nc\n");
	close(fd);
	rig_free(rig);
}

/* While a job waits in the backlog it still takes requests. */
static void
waiting_job_takes_more(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int first, second;

	(void)state;
	rig->service.config.workers = 1;
	rig->spent_ns = CLOCK_S;
	rig_start(rig);
	first = rig_client(rig);
	second = rig_client(rig);
	rig_say(first, "long\n");
	rig_hear(rig, first, "long\n"); /* from here on one job a worker */
	rig_say(first, "a\n");
	rig_turn(rig);
	rig_say(second, "b\n");
	rig_turn(rig);
	rig_say(second, "c\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	rig_work(rig, 1);
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->count, 2);
	rig_hear(rig, second, "b\nc\n");
	rig_hear(rig, first, "a\n");
	close(first);
	close(second);
	rig_free(rig);
}

/* Workers who are at another reactor's jobs come last, whatever their
 * number. */
static void
the_idle_first(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[3];

	(void)state;
	rig->service.config.workers = 3;
	rig->service.config.reactors = 2;
	rig_start(rig);
	for (int i = 0; i < 3; i++)
		fds[i] = rig_client(rig);
	rig->busy = 3; /* the first and the second */
	for (int i = 0; i < 3; i++) {
		rig_say(fds[i], "a\n");
		rig_turn(rig);
	}
	assert_int_equal(rig->held_count, 3);
	assert_int_equal(rig->held[0]->worker, 2);
	/* None is idle any more: then behind others' jobs. */
	assert_int_equal(rig->held[1]->worker, 0);
	assert_int_equal(rig->held[2]->worker, 1);
	for (int i = 0; i < 3; i++) {
		rig_hear(rig, fds[i], "a\n");
		close(fds[i]);
	}
	rig_free(rig);
}

/* Several reactors begin with different workers. */
static void
own_first(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig->service.config.workers = 4;
	rig->service.config.reactors = 2;
	rig->number = 1;
	rig_start(rig);
	fd = rig_client(rig);
	rig_say(fd, "a\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	assert_int_equal(rig->held[0]->worker, 2);
	rig_hear(rig, fd, "a\n");
	close(fd);
	rig_free(rig);
}

/* A finished job that nobody signals for is found by the look, and the lost
 * wakeup counted; one whose worker is still at work is not lost. */
static void
lost_wakeup(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	struct mpsc_chain chain = { 0 };
	struct job *job;
	uint64_t end;
	int fd;

	(void)state;
	rig->service.config.workers = 2;
	rig_start(rig);
	fd = rig_client(rig);
	for (int lost = 0; lost < 2; lost++) {
		rig_say(fd, "a\n");
		rig_turn(rig);
		assert_int_equal(rig->held_count, 1);
		job = rig->held[0];
		rig->held_count = 0;
		rig->busy = lost ? 0 : (uint64_t)1 << job->worker;
		process_job(&rig->processor, job);
		mpsc_chain_add(&chain, &job->node);
		assert_true(reactor_push(&rig->reactor, &chain));
		end = clock_now() + 60 * CLOCK_S;
		while (rig->reactor.jobs_out > 0) {
			assert_true(clock_now() < end);
			rig_turn(rig);
		}
		assert_int_equal(rig_stats(rig).lost_wakeups, lost);
	}
	rig_hear(rig, fd, "a\na\n");
	close(fd);
	rig_free(rig);
}

#define MANY 200

/* All that is ready in one pass leaves in one chain, up to the share. */
static void
one_push_a_pass(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[MANY];

	(void)state;
	rig->service.max_connections = MANY;
	rig->service.config.workers = 2;
	rig_start(rig);
	for (int i = 0; i < MANY; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 0);
	rig->pushes = 0;
	for (int i = 0; i < 5; i++)
		rig_say(fds[i], "x\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 5);
	assert_int_equal(rig->pushes, 1);
	rig_settle(rig);
	/* More than one worker's share: the rest is the next one's. */
	for (int i = 0; i < MANY; i++)
		rig_say(fds[i], "y\n");
	rig->pushes = 0;
	for (int i = 0; i < 20; i++)
		rig_turn(rig);
	assert_int_equal(rig->held_count, MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(rig->held[i]->worker, i >= 128);
	for (int i = 0; i < MANY; i++) {
		rig_hear(rig, fds[i], i < 5 ? "x\ny\n" : "y\n");
		close(fds[i]);
	}
	rig_free(rig);
}

static void
long_jobs_are_spread(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[6];

	(void)state;
	rig->service.config.workers = 4;
	rig_start(rig);
	for (int i = 0; i < 6; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 10 * CLOCK_MS);
	for (int i = 0; i < 6; i++) {
		rig_say(fds[i], "x\n");
		rig_turn(rig);
	}
	assert_int_equal(rig->held_count, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rig->held[i]->worker, i);
		assert_int_equal(rig->held[i]->slot, i);
	}
	assert_int_equal(rig->reactor.jobs_out, 6);
	/* One comes back: the oldest that waits takes its worker. */
	rig_work(rig, 1);
	rig_turn(rig);
	assert_int_equal(rig->held_count, 4);
	assert_int_equal(rig->held[3]->slot, 4);
	assert_int_equal(rig->held[3]->worker, 0);
	for (int i = 0; i < 6; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	rig_free(rig);
}

/* Short again, and a worker is given as many as fill its time. */
static void
share_follows_the_time(void **state)
{
	static const struct {
		uint64_t ns;
		unsigned least, most;
	} rows[] = {
		{ 10 * CLOCK_MS, 1, 1 },
		{ 60 * CLOCK_US, 1, 1 },
		{ 10 * CLOCK_US, 4, 5 },
		{ 1 * CLOCK_US, 45, 50 },
		{ 0, 100, 128 },
	};
	struct rig *rig = rig_new(&unit_handler);
	int fds[MANY];

	(void)state;
	rig->service.max_connections = MANY;
	rig->service.config.workers = 1;
	rig->service.config.request_ms = 600000;
	rig_start(rig);
	for (int i = 0; i < MANY; i++)
		fds[i] = rig_client(rig);
	for (size_t row = 0; row < UNIT_COUNT(rows); row++) {
		rig_teach(rig, fds[0], rows[row].ns);
		for (int i = 0; i < MANY; i++)
			rig_say(fds[i], "x\n");
		for (int i = 0; i < 20; i++)
			rig_turn(rig);
		assert_in_range(rig->held_count, rows[row].least,
		    rows[row].most);
		for (int i = 0; i < MANY; i++)
			rig_hear(rig, fds[i], "x\n");
	}
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	rig_free(rig);
}

/* Before anything was measured nothing waits behind anything else. */
static void
at_first_one_each(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[6];

	(void)state;
	rig->service.config.workers = 4;
	rig_start(rig);
	for (int i = 0; i < 6; i++) {
		fds[i] = rig_client(rig);
		rig_say(fds[i], "x\n");
	}
	rig_turn(rig);
	assert_int_equal(rig->held_count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rig->held[i]->worker, i);
	for (int i = 0; i < 6; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	rig_free(rig);
}

/* Turn the loop until worker `w` has `count` jobs. */
static void
until_held(struct rig *rig, unsigned w, unsigned count)
{
	int64_t deadline = unit_deadline();
	unsigned n;

	do {
		rig_turn(rig);
		n = 0;
		for (unsigned i = 0; i < rig->held_count; i++)
			n += rig->held[i]->worker == w;
		assert_true(support_now() < deadline);
	} while (n != count);
}

/* Short jobs are many to a worker; when one turns out long, the others go
 * on elsewhere, in their order. */
static void
taken_back_from_the_late(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fds[6];

	(void)state;
	rig->service.config.workers = 2;
	rig_start(rig);
	for (int i = 0; i < 6; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 0);
	for (int i = 0; i < 5; i++)
		rig_say(fds[i], "x\n");
	until_held(rig, 0, 5);
	rig->late = 1;
	until_held(rig, 1, 4);
	assert_int_equal(rig->held_count, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(rig->held[i]->slot, i);
	/* And it gets no more while it is late. */
	rig_say(fds[5], "x\n");
	until_held(rig, 1, 5);
	rig->late = 0;
	for (int i = 0; i < 6; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	rig_free(rig);
}

/* Whoever looks after the late also sees who is stuck. */
static void
stuck_is_seen(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int64_t deadline = unit_deadline();
	int fds[2];

	(void)state;
	rig->service.config.workers = 2;
	rig->service.config.stuck_ms = 20;
	rig->service.config.stuck_signal = 0;
	rig_start(rig);
	for (int i = 0; i < 2; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 0);
	for (int i = 0; i < 2; i++)
		rig_say(fds[i], "x\n");
	until_held(rig, 0, 2);
	assert_int_equal(rig_stats(rig).stuck, 0);
	running_since(&rig->processor.running, clock_now() - CLOCK_S);
	rig->late = 1;
	/* In one look what waits behind it is taken back, and it is seen. */
	until_held(rig, 1, 1);
	/* Unless a second has passed: then a later one does, see backlog.c. */
	while (rig_stats(rig).stuck == 0) {
		rig_turn(rig);
		assert_true(support_now() < deadline);
	}
	assert_int_equal(rig_stats(rig).stuck, 1);
	running_since(&rig->processor.running, 0);
	rig->late = 0;
	for (int i = 0; i < 2; i++) {
		rig_hear(rig, fds[i], "x\n");
		close(fds[i]);
	}
	rig_free(rig);
}

/* All are late: it waits, and goes when one is back. */
static void
all_late(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int fd;

	(void)state;
	rig->service.config.workers = 2;
	rig_start(rig);
	fd = rig_client(rig);
	rig->late = 3;
	rig_say(fd, "x\n");
	for (int i = 0; i < 10; i++)
		rig_turn(rig);
	assert_int_equal(rig->held_count, 0);
	assert_int_equal(rig->reactor.jobs_out, 1);
	rig->late = 1;
	until_held(rig, 1, 1);
	rig_hear(rig, fd, "x\n");
	close(fd);
	rig_free(rig);
}

/* A client that leaves while its job is taken back is forgotten. */
static void
left_and_taken_back(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int64_t deadline = unit_deadline();
	int fds[2];

	(void)state;
	rig->service.config.workers = 1;
	rig_start(rig);
	for (int i = 0; i < 2; i++)
		fds[i] = rig_client(rig);
	rig_teach(rig, fds[0], 0);
	for (int i = 0; i < 2; i++)
		rig_say(fds[i], "x\n");
	until_held(rig, 0, 2);
	conn_close(rig_conn(rig, 1), CLOSE_RESET);
	rig->late = 1;
	while (rig->held_count > 1) {
		rig_turn(rig);
		assert_true(support_now() < deadline);
	}
	assert_int_equal(rig->reactor.jobs_out, 1);
	assert_int_equal(rig_stats(rig).dropped_gone, 1);
	rig->late = 0;
	rig_hear(rig, fds[0], "x\n");
	for (int i = 0; i < 2; i++)
		close(fds[i]);
	rig_free(rig);
}

/* Whoever leaves while the job waits is not worked for. */
static void
left_while_waiting(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	unsigned calls;
	int first, second;

	(void)state;
	rig->service.config.workers = 1;
	rig_start(rig);
	first = rig_client(rig);
	second = rig_client(rig);
	rig_teach(rig, first, 10 * CLOCK_MS);
	calls = unit_calls;
	rig_say(first, "a\n");
	rig_turn(rig);
	rig_say(second, "b\nc\n");
	rig_turn(rig);
	conn_close(rig_conn(rig, 1), CLOSE_RESET);
	close(second);
	/* Its slot has a new tenant before the job's turn comes. */
	second = rig_client(rig);
	assert_int_equal(rig_conn(rig, 1)->generation, 1);
	rig_hear(rig, first, "a\n");
	rig_settle(rig);
	assert_int_equal(rig_stats(rig).dropped_gone, 2);
	assert_int_equal(unit_calls, calls + 1);
	assert_true(rig_silent(second));
	assert_int_equal(rig->reactor.jobs_out, 0);
	close(first);
	close(second);
	rig_free(rig);
}

/* A reset that was not read yet: where jobs are slow, the kernel is asked, and
 * no worker gets what nobody waits for. Who has ended its sending only, is
 * answered. */
static void
reset_while_waiting(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int first, half, gone;
	unsigned calls;

	(void)state;
	rig->service.config.workers = 1;
	rig_start(rig);
	first = rig_client(rig);
	half = rig_client(rig);
	gone = rig_client(rig);
	/* What is left unread makes the close a reset. */
	rig_say(gone, "unread\n");
	rig_settle(rig);
	for (int slow = 0; slow < 2; slow++) {
		if (slow)
			rig_teach(rig, first, 10 * CLOCK_MS);
		calls = unit_calls;
		rig_say(first, "a\n");
		rig_turn(rig);
		assert_int_equal(rig->held_count, 1);
		rig_say(gone, "b\nc\n");
		rig_say(half, "d\n");
		shutdown(half, SHUT_WR);
		/* It is read and given out in one pass; no other looks. */
		close(gone);
		rig_work(rig, 1);
		rig_turn(rig);
		rig_hear(rig, first, "a\n");
		rig_hear(rig, half, "d\n");
		rig_end(rig, half);
		rig_settle(rig);
		assert_int_equal(unit_calls, calls + (slow ? 2 : 4));
		assert_int_equal(rig_stats(rig).dropped_gone, slow ? 4 : 2);
		if (slow)
			break;
		half = rig_client(rig);
		gone = rig_client(rig);
		rig_say(gone, "unread\n");
		rig_settle(rig);
	}
	close(first);
	rig_free(rig);
}

/* A slow job came back to nobody: from then on the first requests of others
 * wait for a moment, and who leaves meanwhile costs no worker anything. */
static void
first_requests_on_trial(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int64_t deadline = unit_deadline();
	int old, gone, late, stays;
	unsigned calls;

	(void)state;
	rig->service.config.workers = 4;
	rig_start(rig);
	old = rig_client(rig);
	rig_teach(rig, old, 10 * CLOCK_MS);
	gone = rig_client(rig);
	rig_say(gone, "a\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	conn_close(rig_conn(rig, 1), CLOSE_RESET);
	rig_settle(rig);
	close(gone);
	calls = unit_calls;
	late = rig_client(rig);
	stays = rig_client(rig);
	rig_say(late, "b\n");
	rig_say(stays, "c\n");
	rig_say(old, "d\n");
	while (rig->held_count == 0) {
		rig_turn(rig);
		assert_true(support_now() < deadline);
	}
	/* Not so the request of a client that is known. */
	assert_int_equal(rig->held[0]->slot, 0);
	/* Unless this machine has stopped for longer than a trial takes. */
	if (rig_conn(rig, 1)->job != NULL && rig_conn(rig, 1)->job->on_trial) {
		conn_close(rig_conn(rig, 1), CLOSE_RESET);
		rig_hear(rig, stays, "c\n");
		rig_hear(rig, old, "d\n");
		assert_int_equal(unit_calls, calls + 2);
		assert_int_equal(rig_stats(rig).dropped_gone, 2);
	}
	/* It is over when no such client was seen for long enough, and each
	 * is tried once. */
	rig_say(stays, "e\n");
	rig_turn(rig);
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	rig_settle(rig);
	rig_hear(rig, stays, "e\n");
	close(old);
	close(late);
	close(stays);
	rig_free(rig);
}

/* Of a job that is half answered only the rest is dropped. */
static void
left_with_a_rest(void **state)
{
	struct rig *rig = rig_new(&unit_handler);
	int first, second;

	(void)state;
	rig->service.config.workers = 1;
	rig_start(rig);
	first = rig_client(rig);
	second = rig_client(rig);
	rig_teach(rig, first, 10 * CLOCK_MS);
	rig_say(second, "big 600000\nbig 1\nbig 2\n");
	rig_turn(rig);
	assert_int_equal(rig_work(rig, 1), 1);
	rig_say(first, "a\n");
	rig_turn(rig); /* the replies go out; the rest is held */
	assert_true(rig_conn(rig, 1)->job_held);
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	/* The client reads: the rest goes to the backlog, behind `first`. */
	for (char sink[65536]; rig_conn(rig, 1)->job_held;) {
		(void)!read(second, sink, sizeof(sink));
		rig_turn(rig);
	}
	assert_int_equal(rig->held_count, 1);
	conn_close(rig_conn(rig, 1), CLOSE_RESET);
	rig_hear(rig, first, "a\n");
	rig_settle(rig);
	assert_int_equal(rig_stats(rig).dropped_gone, 2);
	close(first);
	close(second);
	rig_free(rig);
}

/* The handler's state is closed by a worker, however its client left. */
static void
states(void **state)
{
	struct rig *rig = rig_new(&unit_handler_state);
	int idle, waiting, out;

	(void)state;
	rig->service.config.workers = 1;
	rig_start(rig);
	idle = rig_client(rig);
	waiting = rig_client(rig);
	out = rig_client(rig);
	rig_teach(rig, idle, 10 * CLOCK_MS);
	rig_say(waiting, "state\n");
	rig_hear(rig, waiting, "1\n");
	rig_say(out, "state\n");
	rig_hear(rig, out, "1\n");
	assert_int_equal(unit_states, 3);
	rig_say(out, "state\n");
	rig_turn(rig);
	rig_say(waiting, "state\n");
	rig_turn(rig);
	assert_int_equal(rig->held_count, 1);
	for (uint32_t i = 0; i < 3; i++)
		conn_close(rig_conn(rig, i), CLOSE_RESET);
	/* Nothing of the handler ran here. */
	assert_int_equal(unit_states, 3);
	rig_settle(rig);
	assert_int_equal(unit_states, 0);
	assert_int_equal(rig_stats(rig).dropped_gone, 2);
	assert_int_equal(rig->reactor.jobs_out, 0);
	close(idle);
	close(waiting);
	close(out);
	rig_free(rig);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_read_one_job),
		cmocka_unit_test(halves),
		cmocka_unit_test(one_job_at_a_time),
		cmocka_unit_test(waiting_job_takes_more),
		cmocka_unit_test(the_idle_first),
		cmocka_unit_test(own_first),
		cmocka_unit_test(lost_wakeup),
		cmocka_unit_test(one_push_a_pass),
		cmocka_unit_test(long_jobs_are_spread),
		cmocka_unit_test(share_follows_the_time),
		cmocka_unit_test(at_first_one_each),
		cmocka_unit_test(taken_back_from_the_late),
		cmocka_unit_test(stuck_is_seen),
		cmocka_unit_test(all_late),
		cmocka_unit_test(left_and_taken_back),
		cmocka_unit_test(left_while_waiting),
		cmocka_unit_test(reset_while_waiting),
		cmocka_unit_test(first_requests_on_trial),
		cmocka_unit_test(left_with_a_rest),
		cmocka_unit_test(states),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
