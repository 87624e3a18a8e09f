#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "work.h"

/* The bench whose jobs the pool is given: one at a time. */
static struct rig *bench;

void __wrap_pool_push(struct pool *pool, unsigned worker,
    struct mpsc_chain *jobs);

void
__wrap_pool_push(struct pool *pool, unsigned worker, struct mpsc_chain *jobs)
{
	struct mpsc q = { .pad = "" };
	struct mpsc_node *node;

	assert_null(pool);
	assert_true(jobs->count > 0);
	assert_true(worker < bench->service.config.workers);
	bench->pushes++;
	mpsc_push(&q, jobs);
	for (node = mpsc_take(&q); node != NULL; node = node->next) {
		assert_true(bench->held_count < RIG_HELD_MAX);
		bench->held[bench->held_count++] = job_of(node);
		assert_int_equal(job_of(node)->worker, worker);
		assert_ptr_equal(job_of(node)->home, &bench->reactor);
	}
}

bool __wrap_pool_is_late(const struct pool *pool, unsigned worker,
    uint64_t now);

bool
__wrap_pool_is_late(const struct pool *pool, unsigned worker, uint64_t now)
{

	assert_null(pool);
	assert_true(now > 0);
	return (bench->late >> worker & 1);
}

bool __wrap_pool_is_idle(const struct pool *pool, unsigned worker);

bool
__wrap_pool_is_idle(const struct pool *pool, unsigned worker)
{

	assert_null(pool);
	for (unsigned i = 0; i < bench->held_count; i++)
		if (bench->held[i]->worker == worker)
			return (false);
	return (!(bench->busy >> worker & 1));
}
bool __wrap_pool_all_stuck(const struct pool *pool, uint64_t now,
    uint64_t limit);

bool
__wrap_pool_all_stuck(const struct pool *pool, uint64_t now, uint64_t limit)
{

	assert_null(pool);
	assert_true(now > 0);
	assert_true(limit > 0);
	return (bench->all_stuck);
}

struct mpsc_node *__wrap_pool_reclaim(struct pool *pool, unsigned worker);

/* All that it holds but the oldest, which it is at. */
struct mpsc_node *
__wrap_pool_reclaim(struct pool *pool, unsigned worker)
{
	struct mpsc_node *newest = NULL;
	unsigned kept = 0;
	bool begun = false;

	assert_null(pool);
	for (unsigned i = 0; i < bench->held_count; i++) {
		struct job *job = bench->held[i];

		if (job->worker != worker || !begun) {
			begun = begun || job->worker == worker;
			bench->held[kept++] = job;
			continue;
		}
		job->node.next = newest;
		newest = &job->node;
	}
	bench->held_count = kept;
	return (newest);
}

static void
drained(void *argument)
{
	struct rig *rig = argument;

	rig->drained++;
}

struct rig *
rig_new(const throng_handler *handler)
{
	struct rig *rig = aligned_alloc(64, (sizeof(*rig) + 63) / 64 * 64);

	assert_non_null(rig);
	memset(rig, 0, sizeof(*rig));
	unit_service(&rig->service, handler);
	budget_open(&rig->budget, (size_t)1 << 40, 1);
	rig->service.budget = &rig->budget;
	return (rig);
}

void
rig_start(struct rig *rig)
{

	bench = rig;
	assert_int_equal(reactor_open(&rig->reactor, &rig->service,
	    rig->number),
	    THRONG_OK);
	rig->reactor.drained = drained;
	rig->reactor.drained_argument = rig;
	assert_int_equal(process_open(&rig->processor, &rig->service,
			     &rig->workers),
	    0);
}

void
rig_free(struct rig *rig)
{
	struct reactor *r = &rig->reactor;
	int64_t deadline = unit_deadline();

	for (uint32_t i = 0; i < r->slots_made; i++)
		if (r->slots[i]->phase != CONN_FREE)
			conn_close(r->slots[i], CLOSE_STOPPING);
	while (r->jobs_out > 0) {
		assert_true(support_now() < deadline);
		rig_turn(rig);
		rig_work(rig, RIG_HELD_MAX);
	}
	assert_int_equal(r->open, 0);
	assert_int_equal(r->hold.held, 0);
	assert_int_equal(r->hold.leaving, 0);
	assert_int_equal(r->hold.count, 0);
	assert_int_equal(r->silent_count, 0);
	assert_int_equal(r->refusing, 0);
	assert_int_equal(atomic_load(&rig->service.connections), 0);
	assert_int_equal(rig_stats(rig).open, 0);
	assert_int_equal(rig_stats(rig).working, 0);
	if (!rig->made_up)
		unit_balance(rig_stats(rig));
	process_close(&rig->processor);
	reactor_close(r);
	assert_int_equal(budget_total(&rig->budget), 0);
	free(rig);
	bench = NULL;
}

int
rig_client(struct rig *rig)
{
	struct peer peer = { 0 };
	int fds[2];

	assert_int_equal(unit_pair(fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	conn_open(&rig->reactor, fds[0], &peer, admit(&rig->reactor, &peer));
	return (fds[1]);
}

struct conn *
rig_conn(struct rig *rig, uint32_t slot)
{

	assert_true(slot < rig->reactor.slots_made);
	assert_int_not_equal(rig->reactor.slots[slot]->phase, CONN_FREE);
	return (rig->reactor.slots[slot]);
}

void
rig_turn(struct rig *rig)
{

	rig->reactor.now = 0;
	assert_int_not_equal(event_base_loop(rig->reactor.base,
				 EVLOOP_ONCE | EVLOOP_NONBLOCK),
	    -1);
}

unsigned
rig_work(struct rig *rig, unsigned count)
{
	struct mpsc_chain chain = { 0 };
	unsigned done = count < rig->held_count ? count : rig->held_count;

	for (unsigned i = 0; i < done; i++) {
		process_job(&rig->processor, rig->held[i]);
		rig->held[i]->spent_ns = rig->spent_ns;
		mpsc_chain_add(&chain, &rig->held[i]->node);
	}
	rig->held_count -= done;
	memmove(rig->held, rig->held + done,
	    rig->held_count * sizeof(rig->held[0]));
	if (done > 0 && reactor_push(&rig->reactor, &chain))
		reactor_wake(&rig->reactor, &rig->workers);
	return (done);
}

void
rig_teach(struct rig *rig, int fd, uint64_t nanoseconds)
{

	rig->spent_ns = nanoseconds;
	for (int i = 0; i < 100; i++) {
		rig_say(fd, "t\n");
		rig_hear(rig, fd, "t\n");
	}
}

void
rig_settle(struct rig *rig)
{

	/* What one turn brings about, the next but one has seen. */
	for (int idle = 0; idle < 4; idle++) {
		rig_turn(rig);
		if (rig_work(rig, RIG_HELD_MAX) > 0)
			idle = 0;
	}
}

void
rig_say(int fd, const char *text)
{

	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
}

/* Read what has come, turning meanwhile. Return 0 at the end. */
static ssize_t
hear_some(struct rig *rig, int fd, char *out, size_t size, int64_t deadline)
{
	ssize_t n;

	while ((n = recv(fd, out, size, 0)) == -1 && errno == EAGAIN) {
		assert_true(support_turn(deadline));
		rig_turn(rig);
		rig_work(rig, RIG_HELD_MAX);
	}
	return (n);
}

void
rig_hear(struct rig *rig, int fd, const char *text)
{
	int64_t deadline = unit_deadline();
	size_t length = strlen(text), at = 0;
	char got[8192];
	ssize_t n;

	assert_true(length <= sizeof(got));
	for (; at < length; at += (size_t)n) {
		n = hear_some(rig, fd, got + at, length - at, deadline);
		if (n <= 0)
			fail_msg("ended before \"%s\"", text + at);
	}
	if (memcmp(got, text, length) != 0)
		fail_msg("%.*s is not %s", (int)length, got, text);
}

void
rig_hear_x(struct rig *rig, int fd, size_t count)
{
	int64_t deadline = unit_deadline();
	char got[65536];
	ssize_t n;

	while (count > 0) {
		n = hear_some(rig, fd, got,
		    count < sizeof(got) ? count : sizeof(got), deadline);
		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++)
			if (got[i] != 'x')
				fail_msg("%zu bytes before the end: %d", count,
				    got[i]);
		count -= (size_t)n;
	}
	rig_hear(rig, fd, "\n");
}

bool
rig_silent(int fd)
{
	char byte;

	return (recv(fd, &byte, 1, MSG_PEEK) == -1 && errno == EAGAIN);
}

void
rig_end(struct rig *rig, int fd)
{
	int64_t deadline = unit_deadline();
	char byte;
	ssize_t n;

	n = hear_some(rig, fd, &byte, 1, deadline);
	if (n > 0)
		fail_msg("'%c' instead of the end", byte);
	close(fd);
	rig_settle(rig);
}

throng_stats
rig_stats(const struct rig *rig)
{
	throng_stats t = { 0 };

	counters_sum(&rig->reactor.counters, &t);
	counters_sum(&rig->workers, &t);
	counters_sum(&rig->service.shared, &t);
	return (t);
}
