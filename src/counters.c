#include "counters.h"

static uint64_t
get(const _Atomic uint64_t *counter)
{

	/* Relaxed: each count is exact by itself, no order is promised. */
	return (atomic_load_explicit(counter, memory_order_relaxed));
}

void
counters_sum(const struct counters *c, throng_stats *stats)
{
	/*
	 * Closed is read first: a connection that comes and goes in between
	 * must not make the number open negative.
	 */
	uint64_t closed = get(&c->closed);
	uint64_t connections = get(&c->connections);

	stats->open += connections - closed;
	stats->connections += connections;
	stats->requests += get(&c->requests);
	stats->working += get(&c->working);
	stats->replies += get(&c->replies);
	stats->refused += get(&c->refused);
	stats->oversize += get(&c->oversize);
	stats->busy += get(&c->busy);
	stats->timed_out += get(&c->timed_out);
	stats->stuck += get(&c->stuck);
	stats->invalid += get(&c->invalid);
	stats->failed += get(&c->failed);
	stats->dropped_gone += get(&c->dropped_gone);
	stats->dropped_partial += get(&c->dropped_partial);
	stats->dropped_closing += get(&c->dropped_closing);
	stats->dropped_stopping += get(&c->dropped_stopping);
	stats->accept_paused += get(&c->accept_paused);
	stats->wakeups += get(&c->wakeups);
	stats->batches += get(&c->batches);
	stats->log_lost += get(&c->log_lost);
}
