/**
 * gen_state.h - a generator from the inside: gen_run.c, its loop, and
 * gen_connect.c, how it gets its connections.
 */
#ifndef BENCH_GEN_STATE_H
#define BENCH_GEN_STATE_H

#include "engine.h"
#include "gen_part.h"

/** What a generator is at. */
enum gen_state {
	RUN_CONNECT, /* the ramp */
	RUN_IDLE,    /* between orders */
	RUN_WARM,
	RUN_HOLD,    /* waiting until nothing is outstanding */
	RUN_MEASURE,
	RUN_DRAIN
};

/** A generator. */
struct run {
	const struct gen_job *job;
	struct engine *engine;
	int *fds;          /* -1: none */
	uint8_t *pending;  /* connecting */
	int epoll;
	enum gen_state state;
	int over;
	uint32_t begun;    /* connects tried by the ramp */
	uint32_t turn;     /* all connects tried: spreads the destinations */
	uint32_t failed;
	int failed_errno;
	uint64_t cpu_begin;
};

/**
 * gen_watch(run, op, fd, events, connection):
 * Change what epoll watches. Thread: the generator's only one.
 */
void gen_watch(struct run *run, int op, int fd, uint32_t events,
    uint32_t connection);

/**
 * gen_connect(run, connection):
 * Begin to connect; what follows is an event for gen_connected(), or the
 * engine is told. Thread: the generator's only one.
 */
void gen_connect(struct run *run, uint32_t connection);

/**
 * gen_connected(run, connection):
 * Connecting has ended, well or badly: tell the engine.
 * Thread: the generator's only one.
 */
void gen_connected(struct run *run, uint32_t connection);

#endif /* BENCH_GEN_STATE_H */
