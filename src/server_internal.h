/**
 * server_internal.h - what a server is, for the two files that it has:
 * server.c makes, runs and frees it, stop.c ends it.
 */
#ifndef SERVER_INTERNAL_H
#define SERVER_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "budget.h"
#include "listen.h"
#include "reactor.h"
#include "service.h"
#include "throng.h"
#include "wakeup.h"

struct perclient;
struct pool;

/** What is asked of a server; it only grows. */
enum stop_request { STOP_NO, STOP_DRAIN, STOP_NOW };

/** A reactor and what the server knows of it. */
struct part {
	struct reactor reactor;
	throng_server *server;
	_Atomic bool drained;
};

/** A server. What is not atomic belongs to the thread that makes, runs and
 *  frees it, and is constant while others run. */
struct throng_server {
	struct service service;
	struct budget budget;
	struct listener listeners[THRONG_LISTEN_MAX];
	unsigned listener_count;
	struct wakeup control; /* something has changed for throng_run() */
	_Atomic int stop;      /* enum stop_request, only grows */
	_Atomic bool ran;
	bool stuck;            /* a handler still runs: free nothing */
	struct part *parts;
	unsigned part_count;   /* opened */
	unsigned started;      /* of them, with a thread */
	struct pool *pool;
	struct perclient *perclient;
	struct counters *worker_counters;
};

#endif /* SERVER_INTERNAL_H */
