#include "counters.h"

#include <string.h>

/** A counter's name, and where its value is in throng_stats. */
struct row {
	const char *name;
	size_t offset;
};

#define ROW(field) { #field, offsetof(throng_stats, field) },

static const struct row rows[] = { COUNTERS(ROW) ROW(open) };

#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(sizeof(throng_stats) == ROWS * sizeof(uint64_t),
    "a field of throng_stats is missing in COUNTERS");

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
	uint64_t closed = get(&c->closed), before = stats->connections;

#define SUM(field) stats->field += get(&c->field);
	COUNTERS(SUM)
#undef SUM
	stats->open += stats->connections - before - closed;
}

const char *
counters_name(size_t index)
{

	return (index < ROWS ? rows[index].name : NULL);
}

uint64_t
counters_value(const throng_stats *stats, size_t index)
{
	uint64_t value;

	memcpy(&value, (const char *)stats + rows[index].offset,
	    sizeof(value));
	return (value);
}
