/**
 * gates.h - whether a trial may be believed, decided from its readings.
 *
 * A reading that could not be taken is NAN and fails no gate, but is named
 * among what was not checked. One failed gate in any trial voids the whole
 * block, winners and losers alike.
 */
#ifndef BENCH_GATES_H
#define BENCH_GATES_H

#include <stddef.h>
#include <stdint.h>

/** The gates, in the order in which they are reported. */
enum gate {
	GATE_RUN,       /* the trial did not run to its end */
	GATE_STEAL,     /* the hypervisor took the processors away */
	GATE_FOREIGN,   /* others used the processors */
	GATE_ADHERENCE, /* the plan was not kept to */
	GATE_CLIENT,    /* the generator was busy, so it may be the limit */
	GATE_LITTLE,    /* N = X R does not add up */
	GATE_STEADY,    /* the rate or the latency drifts */
	GATE_DROPS,     /* the kernel dropped connection requests */
	GATE_ERRORS,    /* replies were wrong */
	GATE_LOST,      /* requests never had a reply */
	GATES
};

/** How much is too much. A limit that is NAN switches its gate off. */
struct gates_limits {
	double steal;     /* share of the machine's time, 0..1 */
	double foreign;   /* share of the machine's time, 0..1 */
	double adherence; /* least share of requests sent in time, 0..1 */
	double client;    /* busy share of the busiest client thread, 0..1 */
	double little;    /* |residual|, 0..1 */
	double steady;    /* |relative drift| over the trial, 0..1 */
	double drops;     /* connection requests dropped */
	double errors;    /* share of requests, 0..1 */
	double lost;      /* share of requests, 0..1 */
};

/** What was read during one trial. Shares are 0..1; NAN: not read. */
struct gates_readings {
	double steal;         /* of the machine's time */
	double foreign;       /* of the machine's time */
	double pressure;      /* CPU pressure "some", share of the time */
	double adherence;     /* requests sent within the tolerance */
	double client_busy;   /* busiest client thread, share of a core */
	double client_cores;  /* all client threads, in cores */
	double server_cores;  /* all server threads, in cores */
	double server_hot;    /* busiest server thread, share of a core */
	double server_wait;   /* run-queue delay of the server, in cores */
	double cores;         /* of the machine */
	double offered;       /* requests per second planned; NAN: closed */
	double done;          /* requests per second answered */
	double little;        /* residual: X R / N - 1 */
	double censored;      /* requests without a good reply, share */
	double drift;         /* relative, over the whole trial */
	double drops;         /* ListenDrops + ListenOverflows */
	double retransmits;   /* segments */
	double errors;        /* replies that were wrong, share of requests */
	double lost;          /* without any reply: unanswered, connection
	                       * ended, or refused; share of requests */
	double broken;        /* of these all but the unanswered */
	double hiccup;        /* p99 of the hiccup meter, ns */
	double spin;          /* the fixed spin loop, ns per million turns */
};

/**
 * gates_defaults(limits):
 * Store the limits that are used unless the user names others.
 * Thread: any.
 */
void gates_defaults(struct gates_limits *limits);

/**
 * gates_off(limits):
 * Switch every gate off. Thread: any.
 */
void gates_off(struct gates_limits *limits);

/**
 * gates_parse(text, limits, why, size):
 * Read "steal<3%,adherence>99%,client<85%" into `limits`, which keep what is
 * not named; "steal<off" switches one off. Return 0, or -1 with one line of
 * what is wrong in `why`, and `limits` as they were. Thread: any.
 */
int gates_parse(const char *text, struct gates_limits *limits, char *why,
    size_t size);

/**
 * gates_unread(readings):
 * Set every reading to NAN. Thread: any.
 */
void gates_unread(struct gates_readings *readings);

/**
 * gates_check(limits, readings):
 * Return the failed gates, bit 1 << gate for each; 0 if all that was read is
 * well. GATE_RUN is never set here. Thread: any.
 */
unsigned gates_check(const struct gates_limits *limits,
    const struct gates_readings *readings);

/**
 * gates_reason(limits, readings, failed, text, size):
 * Write the failed gates with their figures, such as "steal 9.1% (limit
 * 3%), adherence 97.0% (limit 99%)". Returns `text`. Thread: any.
 */
const char *gates_reason(const struct gates_limits *limits,
    const struct gates_readings *readings, unsigned failed, char *text,
    size_t size);

/**
 * gates_unchecked(limits, readings):
 * Return the gates that are on and whose readings are missing, as bits.
 * Thread: any.
 */
unsigned gates_unchecked(const struct gates_limits *limits,
    const struct gates_readings *readings);

/**
 * gates_name(gate):
 * Return the name of a gate as gates_parse() takes it; a constant.
 * Thread: any.
 */
const char *gates_name(enum gate gate);

/**
 * gates_overload(readings):
 * Return whether less than 95% of the offered rate was answered in time by a
 * client that kept to its plan, while the response grew as a queue that is
 * never worked off makes it: a finding about the service, not a fault of the
 * trial. Not where connections ended or requests were refused: then a service
 * gives up requests, and may be far from its capacity. GATE_STEADY and
 * GATE_LOST are not applied to overload: it drifts by nature, and its queue
 * may outlast the drain. Thread: any.
 */
int gates_overload(const struct gates_readings *readings);

/**
 * gates_limiter(readings):
 * Return what bounded the result, in a few words: "offered rate", "server
 * CPU", "one server thread", "client CPU", "machine CPU", "connections x
 * latency" (a closed loop whose server waits), "unknown". A constant.
 * Thread: any.
 */
const char *gates_limiter(const struct gates_readings *readings);

#endif /* BENCH_GATES_H */
