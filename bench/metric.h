/**
 * metric.h - the table of everything that is measured per trial.
 *
 * One row per figure: how it is called in JSON and in tables, its unit, and
 * which direction is good. Adding a metric is adding a row.
 */
#ifndef BENCH_METRIC_H
#define BENCH_METRIC_H

#include <stddef.h>

/** The figures of one trial, in the order in which they are reported. */
enum metric {
	METRIC_CPU,          /* server CPU us per request, user + system */
	METRIC_CPU_USER,     /* us per request (tick-sampled) */
	METRIC_CPU_SYSTEM,   /* us per request (tick-sampled) */
	METRIC_CONNECTIONS_CPU, /* churn: connections per CPU second */
	METRIC_BYTES_CPU,    /* large frames: bytes echoed per CPU second */
	METRIC_THROUGHPUT,   /* good replies per second */
	METRIC_P50,          /* response, us; infinite if unanswered */
	METRIC_P90,
	METRIC_P99,
	METRIC_P999,
	METRIC_MAX,
	METRIC_SERVICE_P50,  /* from the actual send, us */
	METRIC_SERVICE_P99,
	METRIC_LATE_P99,     /* lateness of the client, us */
	METRIC_PROBE_P50,    /* response of the probe connections, us */
	METRIC_PROBE_P99,
	METRIC_SWITCH,       /* context switches per request */
	METRIC_SWITCH_FORCED, /* of which involuntary */
	METRIC_CALLS,        /* system calls per request (counting trials) */
	METRIC_MEMORY_USER,  /* bytes per connection */
	METRIC_MEMORY_KERNEL,
	METRIC_ACCEPT,       /* connections per second, during the ramp */
	METRIC_JAIN,         /* fairness between connections */
	METRIC_CLIENT_CPU,   /* client CPU us per request */
	METRICS
};

/** What is known of a metric. */
struct metric_info {
	const char *key;   /* in JSON: "cpu_us" */
	const char *title; /* in tables: "server CPU" */
	const char *unit;  /* "us/request"; "" without one */
	int lower;         /* 1: lower is better, 0: higher, -1: neither */
	int compared;      /* 1: ratios and a verdict are given */
	int cost;          /* 1: of requests sent, whatever came of them */
};

/**
 * metric_info(metric):
 * Return the row of a metric; a constant. Thread: any.
 */
const struct metric_info *metric_info(enum metric metric);

/**
 * metric_format(metric, value, text, size):
 * Write a value with as many digits as it deserves, without its unit; "-" if
 * it is NAN, "inf" if it is infinite. Returns `text`. Thread: any.
 */
const char *metric_format(enum metric metric, double value, char *text,
    size_t size);

#endif /* BENCH_METRIC_H */
