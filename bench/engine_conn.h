/**
 * engine_conn.h - one connection of a generator, and the requests on it.
 *
 * Shared by engine.c and its tests only. One outstanding request fits in the
 * record itself; for more, or for a reply or a request cut in two, a slab is
 * borrowed.
 */
#ifndef BENCH_ENGINE_CONN_H
#define BENCH_ENGINE_CONN_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/** A request that waits for its reply; ns of the engine's clock. */
struct engine_request {
	uint64_t intended;
	uint64_t sent;
	uint32_t work;
	uint32_t number; /* in the list of skipped ones only */
};

/** Requests that were overtaken and may still be answered. */
#define ENGINE_SKIPS 64

/** What only a busy connection needs. */
struct engine_slab {
	struct engine_request *ring; /* `mask` + 1 of them */
	uint32_t mask;
	uint32_t head;               /* the oldest */
	char *rest;                  /* of a reply cut in two */
	size_t rest_length;
	char *unsent;
	size_t unsent_length;
	struct engine_request skip[ENGINE_SKIPS];
};

/**
 * A connection.
 * 1. The oldest outstanding request has the number next - outstanding.
 * 2. Without a slab at most one request is outstanding, in `intended` and
 *    `sent`; with one, all are in its ring.
 */
struct engine_conn {
	struct engine_slab *slab; /* NULL: none */
	uint64_t intended;
	uint64_t sent;
	struct frame_scan scan;
	uint32_t next;        /* number of the next request */
	uint32_t outstanding;
	uint32_t last_us;     /* time of the last good reply, measured */
	uint32_t gap_us;      /* longest time between two */
	uint8_t open;
	uint8_t skips;
};

static_assert(sizeof(struct engine_conn) <= 64,
    "an idle connection holds at most 64 bytes");

/**
 * engine_conn_free(conn):
 * Free what the connection has borrowed. Thread: the generator's only one.
 */
void engine_conn_free(struct engine_conn *conn);

/**
 * engine_conn_renew(conn):
 * Forget what belonged to the byte stream, which has ended; the numbers of
 * requests go on. Thread: the generator's only one.
 */
void engine_conn_renew(struct engine_conn *conn);

/**
 * engine_conn_push(conn, request):
 * Append an outstanding request. Return 0, or -1 without memory.
 * Thread: the generator's only one.
 */
int engine_conn_push(struct engine_conn *conn,
    const struct engine_request *request);

/**
 * engine_conn_pop(conn):
 * Remove the oldest outstanding request, of which there is one, and return
 * it. Thread: the generator's only one.
 */
struct engine_request engine_conn_pop(struct engine_conn *conn);

/**
 * engine_conn_stamp(conn, back, sent):
 * Note when the outstanding request that is `back` before the newest was
 * sent, and return its intended time. Thread: the generator's only one.
 */
uint64_t engine_conn_stamp(struct engine_conn *conn, uint32_t back,
    uint64_t sent);

/**
 * engine_conn_skip(conn, request, number):
 * Remember an overtaken request. Return 0, or -1 if there is no room.
 * Thread: the generator's only one.
 */
int engine_conn_skip(struct engine_conn *conn,
    const struct engine_request *request, uint32_t number);

/**
 * engine_conn_unskip(conn, number, request):
 * Forget the overtaken request of that number and store it. Return 0, or -1
 * if it is not remembered. Thread: the generator's only one.
 */
int engine_conn_unskip(struct engine_conn *conn, uint32_t number,
    struct engine_request *request);

/**
 * engine_conn_rest(conn, out):
 * Copy the begin of a reply cut in two to `out`, and return its length.
 * Thread: the generator's only one.
 */
size_t engine_conn_rest(const struct engine_conn *conn, char *out);

/**
 * engine_conn_keep_rest(conn, bytes, length):
 * Keep the begin of a reply instead of what was kept. Return 0, or -1
 * without memory. Thread: the generator's only one.
 */
int engine_conn_keep_rest(struct engine_conn *conn, const char *bytes,
    size_t length);

/**
 * engine_conn_keep_unsent(conn, bytes, length):
 * Append to what could not be sent. Return 0, or -1 without memory.
 * Thread: the generator's only one.
 */
int engine_conn_keep_unsent(struct engine_conn *conn, const char *bytes,
    size_t length);

/**
 * engine_conn_unsent(conn, bytes):
 * Store where the unsent bytes are, valid until the next call, and return
 * how many. Thread: the generator's only one.
 */
size_t engine_conn_unsent(const struct engine_conn *conn,
    const char **bytes);

/**
 * engine_conn_sent(conn, length):
 * Drop that many of the unsent bytes from their start.
 * Thread: the generator's only one.
 */
void engine_conn_sent(struct engine_conn *conn, size_t length);

#endif /* BENCH_ENGINE_CONN_H */
