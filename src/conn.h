/**
 * conn.h - a connection: its states, its one way in and its one way out.
 *
 * Thread for all functions: the reactor's.
 */
#ifndef CONN_H
#define CONN_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "admit.h"
#include "bytes.h"
#include "deadline.h"
#include "events.h"
#include "frame.h"
#include "job.h"
#include "pace.h"
#include "peer.h"
#include "reactor.h"
#include "stall.h"

/** Unsent output above output_soft stops reading and dispatching; below this
 *  part of it they go on. */
#define CONN_OUTPUT_RESUME 4

/** Input kept for later while a job is out: no more is read. Bytes. */
#define CONN_INPUT_AHEAD (64u << 10)

/** How long and how much a closing connection is still read. */
#define CONN_LINGER_MS 1000
#define CONN_LINGER_BYTES (64u << 10)

/** Connections that are being refused at a time. */
#define CONN_REFUSING_MAX 32

/** The life of a connection. */
enum conn_phase {
	CONN_FREE,   /* the slot is not in use */
	CONN_OPEN,   /* requests are taken */
	CONN_LAST,   /* none is taken any more; owed replies go out */
	CONN_LINGER  /* all is sent; waiting for the client to close */
};

/**
 * Invariants:
 *
 * 1. `readable` and `bev` belong to the reactor's thread; nobody else knows
 *    them. `bev` is there only while output waits.
 * 2. `job` is NULL, or the connection's job in the backlog (it still takes
 *    requests), or the mark that one is with a worker (`job_out`; it must not
 *    be touched), or one with requests left that waits until the output has
 *    drained (`job_held`; the connection owns it).
 * 3. `generation` grows when the slot is freed, so that a job of an earlier
 *    connection finds nobody.
 * 4. `stall` is kept while `held`, so while there is a `bev`; `deadline` is in a list from
 *    when the connection is admitted, or is sent something that waits.
 * 5. The handler's state is in `state` or in the job that is out, never in
 *    both; `state_job` is there to close it.
 */
struct conn {
	struct event readable;
	struct bufferevent *bev;
	struct bytes input; /* an unfinished frame, or read ahead */
	struct reactor *reactor;
	struct job *job;
	void *state;
	struct job *state_job;
	TAILQ_ENTRY(conn) list; /* free slots, or silent */
	struct deadline deadline; /* when expire.c looks at it */
	struct frame_scan scan;
	struct pace pace;       /* of an unfinished frame */
	struct stall stall;     /* while output waits */
	uint32_t given;         /* bytes of replies, modulo 2^32 */
	uint32_t opened;        /* or began to linger; as reactor_ms() */
	uint32_t active;        /* last read, or last reply made */
	int fd;
	uint32_t slot;
	uint32_t generation;
	uint32_t heap_at;   /* see hold.c */
	size_t holds;       /* bytes, see hold.h */
	size_t moved;       /* bytes of buffers that the output has whole */
	size_t copied;      /* and beside them, since it was empty */
	uint32_t lingered;  /* bytes read while lingering */
	uint32_t source;    /* see source.h */
	uint8_t phase;      /* enum conn_phase */
	uint8_t reason;     /* enum close_reason, from CONN_LAST on */
	bool job_out;
	bool job_held;      /* `job` waits for the output to drain */
	bool eof;           /* the client has sent all it will */
	bool watched;       /* what was sent may still be in the kernel */
	bool held;          /* there or here something is; see `stall` */
	bool half_closed;   /* so it seems, though it may not be read yet */
	bool paused;        /* reading is stopped for now */
	bool asked;         /* a request of it was complete */
	bool admitted;      /* it has one of the service's places */
	bool silent;        /* no request has come yet */
	struct peer peer;
};

/**
 * conn_open(reactor, fd, peer, seat):
 * Take over an accepted, non-blocking socket. If its `seat` is none it is
 * refused: answered `!error busy` and closed. The descriptor is the
 * connection's from here on, also when memory is short and it is closed.
 * Thread: the reactor's.
 */
void conn_open(struct reactor *reactor, int fd, const struct peer *peer,
    struct seat seat);

/**
 * conn_heard(conn):
 * The first request of a connection has come, or none will: it no longer
 * makes room for newcomers. Thread: the reactor's.
 */
void conn_heard(struct conn *conn);

/**
 * conn_reap(reactor, quiet_ms):
 * Close the connection that has been without a first request the longest. With
 * `quiet_ms` only if it has been so for as many milliseconds, and nothing of it
 * waits to be read. Return false if there is none. Thread: the reactor's.
 */
bool conn_reap(struct reactor *reactor, uint32_t quiet_ms);

/**
 * conn_find(reactor, slot, generation):
 * Return the connection that a job came from, or NULL if it is gone.
 * Thread: the reactor's.
 */
struct conn *conn_find(struct reactor *reactor, uint32_t slot,
    uint32_t generation);

/**
 * conn_poke(conn):
 * Look at the connection's state and start whatever can be started: take
 * requests, stop or go on reading, close. Call it when anything has changed.
 * The connection may be gone afterwards. Thread: the reactor's.
 */
void conn_poke(struct conn *conn);

/**
 * conn_last(conn, reason):
 * Take no more requests: what is owed is still sent, then the connection is
 * closed for `reason`. Follow it with conn_poke(). Thread: the reactor's.
 */
void conn_last(struct conn *conn, enum close_reason reason);

/**
 * conn_close(conn, reason):
 * Close at once, whatever state it is in; the one way out. The connection
 * must not be used afterwards. Thread: the reactor's.
 */
void conn_close(struct conn *conn, enum close_reason reason);

/**
 * conn_abort(conn, reason):
 * The same with a reset, so that the kernel does not go on holding what the
 * client does not take. Thread: the reactor's.
 */
void conn_abort(struct conn *conn, enum close_reason reason);

/**
 * conn_burden(conn):
 * Return the bytes that a connection has in this process because its client
 * does not read: output that waits, and input behind it, the latter up to half
 * of output_soft, so that a long request is not what stops it.
 * Thread: the reactor's.
 */
size_t conn_burden(const struct conn *conn);

/**
 * conn_overfull(conn):
 * Return whether the burden of a connection whose output waits is above its
 * bound. Thread: the reactor's.
 */
bool conn_overfull(const struct conn *conn);

/**
 * conn_stuffed(conn):
 * Return whether output waits and the burden is above output_soft, so that no
 * more is read of the client and none of its requests is worked on.
 * Thread: the reactor's.
 */
static inline bool
conn_stuffed(const struct conn *conn)
{

	return (conn->bev != NULL && conn_overfull(conn));
}

/**
 * conn_must_wait(conn):
 * Return whether it is stuffed, or hold_waits(). Mostly it holds nothing, and
 * neither needs a look. Thread: the reactor's.
 */
static inline bool
conn_must_wait(const struct conn *conn)
{

	return (conn_stuffed(conn) || (conn->holds > 0 && hold_waits(conn)));
}

/**
 * conn_slots_free(reactor):
 * Free the slots; every connection must be closed. Thread: the reactor's, or
 * any once that has ended.
 */
void conn_slots_free(struct reactor *reactor);

#endif /* CONN_H */
