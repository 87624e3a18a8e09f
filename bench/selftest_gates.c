/*
 * Each gate has to be seen to fire for real, on what it is there for. Other
 * gates may fire as well, since the machine is what it is. Two cannot be
 * made to fire from here: steal is the hypervisor's, and Little's law only
 * fails for a generator that miscounts; tests in virtual time have both.
 */
#include "config.h"

#include "selftest_part.h"

#include <stdio.h>

/* All gates of a set, in the first trial; and the block is void for it. */
static int
fired(const struct results *r, unsigned wanted, char *why, size_t size)
{
	const struct results_trial *t;

	if (r->block_count == 0 || r->blocks[0].trial_count == 0) {
		snprintf(why, size, "nothing ran");
		return (-1);
	}
	t = &r->blocks[0].trials[0];
	snprintf(why, size, "%s", t->failed);
	if (t->failed[0] == '\0')
		gates_reason(&r->limits, &t->readings, t->gates, why, size);
	return ((t->gates & wanted) == wanted && r->blocks[0].void_ ? 0 : -1);
}

static int
errors(const struct results *r, char *why, size_t size)
{

	return (fired(r, 1u << GATE_ERRORS, why, size));
}

/* And it is not called overload: the others are answered at once. */
static int
loses(const struct results *r, char *why, size_t size)
{

	return (fired(r, 1u << GATE_LOST, why, size) ||
	    r->cells[0].overload ? -1 : 0);
}

static int
late(const struct results *r, char *why, size_t size)
{

	return (fired(r, 1u << GATE_ADHERENCE, why, size));
}

static int
busy(const struct results *r, char *why, size_t size)
{

	return (fired(r, 1u << GATE_CLIENT, why, size));
}

static int
foreign(const struct results *r, char *why, size_t size)
{

	return (fired(r, 1u << GATE_FOREIGN, why, size));
}

static int
drifts(const struct results *r, char *why, size_t size)
{

	return (fired(r, 1u << GATE_STEADY, why, size));
}

static int
dropped(const struct results *r, char *why, size_t size)
{

	return (fired(r, 1u << GATE_DROPS, why, size));
}

static const struct selftest_row rows[] = {
	{ "gate: errors", "run --quiet --warmup 0us --rate 2000 "
	    "--arrival constant --choice round-robin --connections 10 "
	    "--duration 500ms --target @ --skip 10 --fault corrupt:50",
	    errors, 1, NULL, 0 },
	/* So long that a server that gets no turn for a while is no overload. */
	{ "gate: lost, withheld", "run --quiet --warmup 0us --rate 500 "
	    "--arrival constant --choice round-robin --connections 10 "
	    "--duration 2s --drain 300ms --target @ --skip 10 "
	    "--fault withhold:50", loses, 1, NULL, 0 },
	/* Ten connections, closed one by one: soon there is none. */
	{ "gate: lost, closed", "run --quiet --warmup 0us --rate 2000 "
	    "--arrival constant --choice round-robin --connections 10 "
	    "--duration 500ms --target @ --skip 10 --fault close:50",
	    loses, 1, NULL, 0 },
	/* More than a generator can send: the plan is not kept to. */
	{ "gate: adherence", "run --quiet --rate 1000000 "
	    "--connections 20 --duration 300ms --target limit", late, 0, NULL,
	    0 },
	{ "gate: foreign", "run --quiet --rate 1000 --connections 10 "
	    "--duration 500ms --target limit", foreign, 0, NULL, 1 },
	/* How busy is too busy depends on who else runs; that it is read and
	 * judged does not. */
	{ "gate: client", "run --quiet --closed --gate client<1% "
	    "--connections 20 --duration 300ms --target limit", busy, 0,
	    NULL, 0 },
	/* 3% more than there is capacity for: the queue grows. */
	{ "gate: steady", "run --quiet --warmup 0us --rate 1030 "
	    "--arrival constant --choice round-robin --connections 100 "
	    "--service wait-fixed:1ms --duration 1s --target @", drifts, 0,
	    NULL, 0 },
	/* A listener that keeps one connection while 64 knock. */
	{ "gate: drops", "run --quiet --churn --in-flight 1 --warmup 0us "
	    "--connections 64 --duration 300ms --drain 4s --target @ "
	    "--backlog 1 --spin 1ms", dropped, 0, NULL, 0 },
};

const struct selftest_row *
selftest_gates(size_t *count)
{

	*count = sizeof(rows) / sizeof(rows[0]);
	return (rows);
}
