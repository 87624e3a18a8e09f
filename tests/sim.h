/**
 * sim.h - the server on a virtual clock: the real reactor, connections,
 * dispatch and thread mode's conversation, over vkernel.h, with clients and
 * workers that do everything by a seed.
 *
 * What is checked, all along: replies are those of the specification, in
 * order, each connection's own and no stranger's; every request has just one
 * answer, and none is missing when a connection ends in peace; none is broken
 * without a reason; jobs are begun in the order in which they became ready;
 * queues stay bounded; at the end nothing is left over. The first thing that
 * is wrong is printed with the seed, and ends the process.
 *
 * Link with $(VKERNEL_LINK) and $(SIM_WRAPS).
 * Thread for all functions: main.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "frame.h"

/** How a simulation ends. */
enum sim_end {
	SIM_END_CLIENTS, /* when all clients have left */
	SIM_END_DRAIN,   /* told to drain amid the traffic */
	SIM_END_KILL     /* told to end at once amid the traffic */
};

/** What is simulated. */
struct sim_plan {
	uint64_t seed;
	struct framer framer;
	bool thread;      /* thread mode: one conversation after the other */
	bool here;        /* inline mode: the reactor runs the handler */
	bool state;       /* the handler has state per connection */
	bool echo;        /* the handler only echoes */
	unsigned workers; /* 1 to SIM_WORKERS_MAX */
	unsigned clients;
	unsigned places;  /* connections at a time */
	unsigned trouble; /* percent of system calls */
	enum sim_end end;
	bool abrupt;      /* some clients reset their connections */
};

#define SIM_WORKERS_MAX 8
#define SIM_CLIENTS_MAX 64

/** What came of it. */
struct sim_report {
	uint64_t calls;    /* system calls */
	uint64_t requests; /* given to the handler */
	uint64_t replies;  /* bytes that clients took */
	uint64_t time;     /* virtual nanoseconds */
};

/**
 * sim_wrong(format, ...):
 * Print what is wrong and the seed, and end the process. Thread: main.
 */
void sim_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/**
 * sim_expect(plan, bytes, length, want):
 * Append to `want` what a client that sends these bytes is to read. Return
 * whether the server closes the connection behind that. Thread: main.
 */
bool sim_expect(const struct sim_plan *plan, const char *bytes,
    size_t length, struct bytes *want);

/**
 * sim_stream(plan, out):
 * Append requests by the random numbers of vkernel.h. Thread: main.
 */
void sim_stream(const struct sim_plan *plan, struct bytes *out);

/**
 * sim_run(plan, streams, report):
 * Simulate all of it and add to `report`. `streams[i]` is what client i
 * sends, taken over by the call; NULL: by the seed. Thread: main.
 */
void sim_run(const struct sim_plan *plan, struct bytes *streams,
    struct sim_report *report);

#endif /* SIM_H */
