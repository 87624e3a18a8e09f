/**
 * cmdline.h - the command line of throng-bench.
 */
#ifndef BENCH_CMDLINE_H
#define BENCH_CMDLINE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "disturb.h"
#include "frame.h"
#include "gates.h"
#include "plan.h"
#include "target.h"

/** Exit statuses. */
enum cmdline_status {
	CMDLINE_HOLDS = 0, /* done; for compare: a difference was found */
	CMDLINE_FAILED = 1,
	CMDLINE_USAGE = 2,
	CMDLINE_NOISE = 3, /* compare: nothing beyond the noise */
	CMDLINE_VOID = 4   /* nothing valid was measured */
};

#define CMDLINE_TARGETS 24
#define CMDLINE_LIST 32

/** A list of numbers as given: "1,10,100". */
struct cmdline_list {
	double value[CMDLINE_LIST];
	unsigned count;
};

/** What the user asked for; texts are those of argv. */
struct cmdline {
	const char *command; /* compare, run, ... */
	struct target_spec targets[CMDLINE_TARGETS];
	unsigned target_count;
	const char *peers;      /* names, or "all" */
	struct cmdline_list connections; /* active ones */
	struct cmdline_list rates;       /* per second; none: closed loop */
	struct cmdline_list loads;       /* tail: shares of the workers, 0..1 */
	int rates_are_shares;   /* of the capacity: "10%,50%" */
	struct cmdline_list capacities; /* what 100% is; none: measured */
	const char *rate_text;
	uint64_t idle;
	uint64_t probe;         /* requests per second; 0: none */
	const char *disturb_text;
	struct disturb disturb;
	uint64_t active;        /* 0: all */
	uint64_t depth;
	const char *arrival_text;
	enum plan_arrival arrival;
	uint64_t burst;
	uint64_t visit;
	const char *choice_text;
	enum plan_choice choice;
	const char *service_text;
	struct plan_service service;
	const char *frame_text;
	throng_framing frame;
	const char *request;    /* NULL: stamped */
	const char *expect;     /* NULL: learnt */
	const char *handler;    /* of the built-in targets */
	uint64_t size;          /* of a stamped request */
	uint64_t reply_size;
	uint64_t workers;
	uint64_t blocks;
	uint64_t warm;          /* ns */
	uint64_t trial;         /* ns */
	uint64_t drain;         /* ns */
	uint64_t tolerance;     /* ns */
	uint64_t processes;
	uint64_t in_flight;
	uint64_t shards;
	uint64_t seed;
	const char *gates_text;
	struct gates_limits gates;
	const char *slo;
	const char *congestion;
	const char *layout;     /* shared, split */
	const char *netns;      /* auto, yes, no */
	const char *out;
	const char *json;
	const char *html;
	const char *md;
	int closed;
	int churn;              /* a connection for each request */
	int crlf;
	int no_count;
	int no_control;         /* no A/A target */
	int quiet;
	int long_form;          /* selftest */
	int exact;              /* selftest */
};

/**
 * cmdline_parse(argc, argv, options, status):
 * Read the command line. Return 0; or 1 with the exit status stored, after
 * --help and --version, and with one line on standard error after a mistake.
 * Thread: main.
 */
int cmdline_parse(int argc, char **argv, struct cmdline *options,
    int *status);

/**
 * cmdline_help(out):
 * Write the help. Thread: any.
 */
void cmdline_help(FILE *out);

#endif /* BENCH_CMDLINE_H */
