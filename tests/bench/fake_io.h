/**
 * fake_io.h - sockets and a clock for the engine, in memory: an echo service
 * with faults that are injected by the number of the request.
 */
#ifndef TESTS_BENCH_FAKE_IO_H
#define TESTS_BENCH_FAKE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "engine.h"

#define FAKE_CONNS 16
#define FAKE_ROOM (1u << 20)

/** What is done to every `every`-th request that was measured. */
enum fake_fault {
	FAKE_NONE,
	FAKE_WITHHOLD,  /* no reply */
	FAKE_CORRUPT,   /* one wrong byte */
	FAKE_SHORT,     /* a byte less, well framed */
	FAKE_LONG,      /* a byte more, well framed */
	FAKE_DOUBLE,    /* the reply twice */
	FAKE_SWAP,      /* the reply after the next one of the connection */
	FAKE_REFUSE,    /* `!error busy` */
	FAKE_FOREIGN,   /* the reply of another connection */
	FAKE_STALE,     /* the reply before the last one of the connection */
	FAKE_CLOSE,     /* half of the reply, then the end */
	FAKE_RESET,     /* a reset in its place */
	FAKE_GARBAGE    /* bytes that are no frame */
};

/** One connection: what is on its way to the engine. */
struct fake_conn {
	char reply[FAKE_ROOM];
	size_t begin, end;   /* the bytes of `reply` not read yet */
	int closed, reset;   /* after those bytes */
	int ended;           /* the engine has let go of it */
	struct frame_scan scan;
	char request[4096];
	size_t request_length;
	char held[4096];     /* FAKE_SWAP: the reply that waits */
	size_t held_length;
	char last[4096];     /* the reply before */
	size_t last_length;
};

/** The whole. */
struct fake {
	uint64_t now;
	struct framer framer;
	enum fake_fault fault;
	uint64_t every;
	uint64_t requests; /* seen since the fault was set */
	uint64_t injected;
	size_t piece;      /* bytes given to one receive; 0: all */
	size_t gulp;       /* bytes taken by one send; 0: all */
	unsigned again;    /* every so many-th call says "not now" */
	unsigned calls;
	uint64_t late;     /* ns that each send takes */
	int wants[FAKE_CONNS];
	int renewing[FAKE_CONNS]; /* connecting again */
	uint64_t renewed;
	uint64_t refuse;   /* every so many-th renewal fails; 0: none */
	struct fake_conn conn[FAKE_CONNS];
};

/**
 * fake_new(framing):
 * Make one; free() it.
 */
struct fake *fake_new(throng_framing framing);

/**
 * fake_io(fake):
 * Return the functions for an engine.
 */
struct engine_io fake_io(struct fake *fake);

/**
 * fake_pump(fake, engine, until):
 * Let the engine receive and send until nothing moves any more, or until the
 * given time of the fake clock has passed, 1 us for each round.
 */
void fake_pump(struct fake *fake, struct engine *engine, uint64_t until);

#endif /* TESTS_BENCH_FAKE_IO_H */
