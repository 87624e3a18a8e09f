/**
 * payload.h - what the generator asks, and whether a reply is the right one.
 *
 * Pure: no clock, no socket. A stamped payload carries the number of the
 * request on its connection and a checksum over seed, connection and number,
 * so that an echo shows lost, doubled, swapped and foreign replies.
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "record.h"

/** How requests are made. */
enum payload_kind {
	PAYLOAD_STAMP, /* number and checksum, echoed */
	PAYLOAD_TEXT,  /* always the same bytes */
	PAYLOAD_WORK   /* what the plan asks of the `work` handler */
};

/** Most bytes of a request or an expected reply. */
#define PAYLOAD_MAX (1u << 20)

/** Bytes of a stamp; a shorter payload holds its first bytes only. */
#define PAYLOAD_STAMP_SIZE 16

/**
 * Requests and what is expected for them. The texts are the owner's.
 * 1. `expect` NULL: the first reply is taken as the right one (`learnt`),
 *    since the same request has the same reply.
 * 2. PAYLOAD_STAMP expects the request back.
 */
struct payload {
	enum payload_kind kind;
	uint64_t seed;
	size_t size;            /* of a stamped request, bytes */
	const char *text;       /* PAYLOAD_TEXT */
	size_t text_length;
	const char *expect;     /* the right reply, or NULL: the first one */
	size_t expect_length;
	const struct plan_spec *spec; /* PAYLOAD_WORK */
	char *learnt;           /* freed by payload_free() */
	size_t learnt_length;
};

/** Who asks: makes two requests different. */
struct payload_key {
	uint32_t connection;
	uint32_t number; /* of the request on its connection, from 0 */
	uint32_t work;   /* in PLAN_WORK_UNIT, PAYLOAD_WORK only */
};

/** A good reply. */
#define PAYLOAD_GOOD (-1)

/**
 * payload_make(payload, key, out):
 * Write the request at `out`, which has room for payload_size(), and return
 * its length. Thread: any.
 */
size_t payload_make(const struct payload *payload,
    const struct payload_key *key, char *out);

/**
 * payload_size(payload):
 * Return the length of the longest request, in bytes. Thread: any.
 */
size_t payload_size(const struct payload *payload);

/**
 * payload_reply_size(payload):
 * Return the length of every reply where it is known, else 0. Thread: any.
 */
size_t payload_reply_size(const struct payload *payload);

/**
 * payload_check(payload, key, bytes, length, number):
 * Say whether the reply answers the request of `key`: PAYLOAD_GOOD, or the
 * kind of error. At RECORD_ORDER `*number` is the number of the request, on
 * the same connection, that it answers instead. Without an expected reply,
 * the first call takes `bytes` as such. Thread: the owner of `payload`.
 */
int payload_check(struct payload *payload, const struct payload_key *key,
    const char *bytes, size_t length, uint32_t *number);

/**
 * payload_free(payload):
 * Free what was learnt. Thread: the owner of `payload`.
 */
void payload_free(struct payload *payload);

/**
 * payload_unescape(text, out, length):
 * Copy `text` to `out`, which has as much room, with \n, \r, \t, \\, \0 and
 * \xHH read as in C, and store the length. Return 0, or -1 on any other use
 * of a backslash. Thread: any.
 */
int payload_unescape(const char *text, char *out, size_t *length);

#endif /* BENCH_PAYLOAD_H */
