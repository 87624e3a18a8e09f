/**
 * plan.h - what will be sent when, decided before the first byte is sent.
 *
 * One plan for the whole trial: arrivals in order of time, each with the
 * connection it takes and the work it asks for. There is no clock per
 * connection, so connections cannot fall into step. The plan depends on the
 * spec alone: the same for every target of a block.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "rng.h"

/** When requests arrive. */
enum plan_arrival {
	PLAN_CLOSED,   /* no plan: the next when the reply is there */
	PLAN_CONSTANT, /* every 1/rate seconds */
	PLAN_POISSON,  /* exponential gaps with mean 1/rate */
	PLAN_BURST     /* `burst` at once, bursts in a Poisson stream */
};

/** Which connection an arrival takes. */
enum plan_choice {
	PLAN_ROUND_ROBIN,
	PLAN_RANDOM,
	PLAN_HOT /* 90% of the arrivals take 10% of the connections */
};

/** How long the service is asked to work. */
enum plan_law {
	PLAN_NONE, /* nothing is asked for */
	PLAN_FIXED,
	PLAN_EXPONENTIAL,
	PLAN_BIMODAL /* `share` take `low`, the others `high` */
};

/** How it is asked to work. */
enum plan_work {
	PLAN_SPIN, /* burning CPU */
	PLAN_WAIT  /* sleeping */
};

/** A law of service times; times in ns. */
struct plan_service {
	enum plan_law law;
	enum plan_work work;
	double share; /* of the short requests (bimodal) */
	double low;   /* the time (fixed), the mean (exponential), the short */
	double high;  /* the long (bimodal) */
};

/** What a plan is made from. */
struct plan_spec {
	uint64_t seed;
	enum plan_arrival arrival;
	double rate;          /* requests per second, all connections */
	uint64_t duration;    /* ns */
	uint32_t connections; /* at least 1; active ones only */
	uint32_t burst;       /* requests in a burst */
	enum plan_choice choice;
	struct plan_service service;
	uint32_t reply_size;  /* bytes asked for by `reply N`; 0: not asked */
};

/** The unit of struct plan_item's `work`: 100 ns, so up to 429 s. */
#define PLAN_WORK_UNIT 100

/** One request of the plan. */
struct plan_item {
	uint64_t at;         /* ns after the start of the trial */
	uint32_t connection; /* 0 to connections - 1 */
	uint32_t work;       /* in PLAN_WORK_UNIT; 0: none */
};

/** A plan: `count` items in order of `at`, all before `spec.duration`. */
struct plan {
	struct plan_spec spec;
	struct plan_item *items;
	size_t count;
	uint64_t hash; /* over the items: FNV-1a, 64 bits */
};

/** A plan, or one share of it, item by item, for those too long to hold. */
struct plan_stream {
	struct plan_spec spec;
	struct rng gaps;    /* one stream per aspect: changing the law of the */
	struct rng choices; /* service does not move the arrivals */
	struct rng works;
	double at;      /* ns, of the next arrival */
	uint64_t number; /* of the next arrival */
	uint32_t left;  /* of the present burst */
	uint32_t share;
	uint32_t shares;
};

/** Most bytes that plan_request() writes, NUL included. */
#define PLAN_REQUEST_MAX 64

/**
 * plan_make(plan, spec):
 * Make the plan of an open-loop spec. Return 0, or -1 with errno set (EINVAL:
 * a rate, duration or number of connections that is no plan; ENOMEM). A
 * closed loop gives an empty plan. The caller frees it with plan_free().
 * Thread: any.
 */
int plan_make(struct plan *plan, const struct plan_spec *spec);

/**
 * plan_stream_start(stream, spec, share, shares):
 * Begin the plan of an open-loop spec, of which only the arrivals with
 * connection % shares == share will be given: generator process `share` of
 * `shares` gets its own, and together they get exactly the whole plan. 0, 1
 * gives all. Return 0, or -1 with errno EINVAL as plan_make().
 * Thread: any.
 */
int plan_stream_start(struct plan_stream *stream,
    const struct plan_spec *spec, uint32_t share, uint32_t shares);

/**
 * plan_stream_next(stream, item):
 * Store the next arrival and return 1, or return 0 at the end of the plan.
 * Thread: the owner of `stream`.
 */
int plan_stream_next(struct plan_stream *stream, struct plan_item *item);

/**
 * plan_stream_hash(hash, item):
 * Return the hash of a plan so far with one more item; start with 0. The
 * hash of all items of the whole plan is the `hash` of struct plan.
 * Thread: any.
 */
uint64_t plan_stream_hash(uint64_t hash, const struct plan_item *item);

/**
 * plan_free(plan):
 * Free what plan_make() made. Thread: any.
 */
void plan_free(struct plan *plan);

/**
 * plan_work(service, rng):
 * Draw one service time, in PLAN_WORK_UNIT; a closed loop calls this for
 * each request. Thread: the owner of `rng`.
 */
uint32_t plan_work(const struct plan_service *service, struct rng *rng);

/**
 * plan_request(spec, work, text, size):
 * Write the request that asks the `work` handler for that much work and for
 * the reply size of the spec, such as "spin 120us reply 64", and return its
 * length; at most PLAN_REQUEST_MAX - 1 bytes. Empty, if nothing is asked for.
 * Thread: any.
 */
size_t plan_request(const struct plan_spec *spec, uint32_t work, char *text,
    size_t size);

/**
 * plan_service_parse(text, service):
 * Read a law: "none", "fixed:120us", "exp:100us", "bimodal:0.9:50us:550us",
 * with "wait-" before it to sleep instead of burning CPU. Return 0, or -1 if
 * the text is something else. Thread: any.
 */
int plan_service_parse(const char *text, struct plan_service *service);

/**
 * plan_service_format(service, text, size):
 * Write a law as plan_service_parse() reads it. Returns `text`. Thread: any.
 */
const char *plan_service_format(const struct plan_service *service,
    char *text, size_t size);

/**
 * plan_service_mean(service):
 * Return the mean of the law, in ns. Thread: any.
 */
double plan_service_mean(const struct plan_service *service);

/**
 * plan_service_square(service):
 * Return E[S^2] / E[S]^2, what the Pollaczek-Khinchine formula needs: 1 for
 * fixed, 2 for exponential. 0 without a law. Thread: any.
 */
double plan_service_square(const struct plan_service *service);

/**
 * plan_arrival_name(arrival):
 * Return the name as --arrival takes it; a constant, or NULL past the last.
 * Thread: any.
 */
const char *plan_arrival_name(enum plan_arrival arrival);

/**
 * plan_arrival_by_name(name, arrival):
 * Store the arrival law called `name` and return 0, or return -1 if there is
 * none. Thread: any.
 */
int plan_arrival_by_name(const char *name, enum plan_arrival *arrival);

#endif /* BENCH_PLAN_H */
