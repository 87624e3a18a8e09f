/**
 * chaos.h - a TCP proxy that does to connections what networks do, by a seed:
 * it splits, merges, delays, freezes, cuts off, resets, closes halves and
 * flips bits. What it does depends on the seed, the number of the connection
 * and how many bytes have passed, never on time; so the same seed means the
 * same decisions.
 */
#ifndef CHAOS_H
#define CHAOS_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

/** What happens to a connection, besides splitting and merging. */
enum chaos_kind {
	CHAOS_NOTHING,
	CHAOS_DELAY,  /* many pieces come late */
	CHAOS_FREEZE, /* one comes very late, each way */
	CHAOS_HALF,   /* the client's sending side ends early */
	CHAOS_CUT,    /* both sides end early, in peace */
	CHAOS_RESET,  /* both sides are reset */
	CHAOS_FLIP,   /* bits change on their way to the server */
	CHAOS_GARBLE, /* on their way to the client */
	CHAOS_KINDS
};

/** One way through the proxy. */
struct chaos_way {
	int from, to;
	uint64_t random;
	size_t moved;     /* bytes passed on */
	size_t end_at;    /* bytes after which it ends; SIZE_MAX: never */
	size_t freeze_at; /* and after which it freezes */
	struct bytes held; /* the piece that is gathered */
	size_t sent;      /* of it */
	size_t piece;     /* bytes that it is to have */
	unsigned delay;   /* milliseconds that it is to wait when complete */
	int64_t last;     /* when something came; support_now() */
	int64_t due;      /* when it leaves; 0: it is not complete */
	bool eof;         /* nothing more will come */
	bool done;        /* and that has been passed on */
	struct bytes seen; /* all that was received, or was sent: see below */
};

/** What became of a connection; complete once the proxy is closed. */
struct chaos_conn {
	enum chaos_kind kind;
	uint16_t port;         /* of the client */
	struct chaos_way up;   /* `seen`: what the server was sent */
	struct chaos_way down; /* `seen`: what came from the server */
	bool open;
	bool broken;           /* by an end that was not asked for */
};

/** A proxy that runs in a thread of its own. */
struct chaos;

/**
 * chaos_open(server, seed):
 * Run a proxy to a server's address. Returns the caller's, to be given back
 * with chaos_free(), or NULL. Thread: main.
 */
struct chaos *chaos_open(const char *server, uint64_t seed);

/**
 * chaos_address(chaos):
 * Return its address. Thread: any.
 */
const char *chaos_address(const struct chaos *chaos);

/**
 * chaos_close(chaos):
 * End it when its connections have ended, and return their number, or break
 * those left at the deadline and return -1. Thread: main.
 */
int chaos_close(struct chaos *chaos);

/**
 * chaos_conn(chaos, number):
 * Return a connection of a closed proxy. Thread: main.
 */
struct chaos_conn *chaos_conn(struct chaos *chaos, unsigned number);

/**
 * chaos_free(chaos):
 * Free a closed proxy. Thread: main.
 */
void chaos_free(struct chaos *chaos);

/**
 * chaos_decide(seed, number, conn):
 * Decide what will happen to a connection. Thread: any.
 */
void chaos_decide(uint64_t seed, unsigned number, struct chaos_conn *conn);

/**
 * chaos_name(kind):
 * Return a word for it. Thread: any.
 */
const char *chaos_name(enum chaos_kind kind);

#endif /* CHAOS_H */
