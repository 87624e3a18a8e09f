/**
 * hist.h - a histogram of times: log-linear, 7 bits, fixed size.
 *
 * Values are whole nanoseconds. Below 256 ns each value has a bucket of its
 * own; above, each octave has 128, up to 2^40 ns (1,099 s). What is longer
 * counts as overflow, what was never answered as infinite; both rank above
 * every value, so that percentiles see them. The layout is that of G. Tene's
 * HdrHistogram, with a fixed resolution.
 *
 * A struct hist holds no pointer: it may lie in shared memory, be copied by
 * memcpy, and all zero is an empty one. One writer at a time.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stddef.h>
#include <stdint.h>

/** A reported value is at most this share above the true one. */
#define HIST_BITS 7
#define HIST_SUB (1u << HIST_BITS)

/** Values of 2^HIST_TOP_BITS ns and more are overflow. */
#define HIST_TOP_BITS 40
#define HIST_BUCKETS ((HIST_TOP_BITS - HIST_BITS + 1) * HIST_SUB)

/** The answer of hist_quantile() within the requests never answered. */
#define HIST_INFINITE UINT64_MAX
/** Its answer within the values too long for a bucket. */
#define HIST_OVERFLOW (UINT64_MAX - 1)

/**
 * 1. `count` is the sum of all buckets, `overflow` and `infinite`.
 * 2. `sum`, `min` and `max` are of the finite values, overflow included;
 *    `min` and `max` are exact, and 0 while there is none.
 */
struct hist {
	uint64_t count;    /* everything recorded */
	uint64_t overflow; /* 2^40 ns and more */
	uint64_t infinite; /* never answered */
	uint64_t clamped;  /* recorded as 0 because they were negative */
	uint64_t sum;      /* ns */
	uint64_t min;      /* ns */
	uint64_t max;      /* ns */
	uint64_t bucket[HIST_BUCKETS];
};

/** A quantile with its interval; bounds as hist_quantile() returns them. */
struct hist_interval {
	uint64_t low;   /* ns; 0 where no sample bounds it from below */
	uint64_t value; /* ns */
	uint64_t high;  /* ns; HIST_INFINITE where no sample bounds it */
	double coverage; /* of the interval, at least what was asked for */
};

/**
 * hist_record(hist, nanoseconds):
 * Count one value. Thread: the only writer of `hist`.
 */
void hist_record(struct hist *hist, uint64_t nanoseconds);

/**
 * hist_record_signed(hist, nanoseconds):
 * Count one value that may be negative: then it counts as 0, and as clamped.
 * Thread: the only writer of `hist`.
 */
void hist_record_signed(struct hist *hist, int64_t nanoseconds);

/**
 * hist_record_infinite(hist, n):
 * Count `n` requests that were never answered.
 * Thread: the only writer of `hist`.
 */
void hist_record_infinite(struct hist *hist, uint64_t n);

/**
 * hist_merge(into, from):
 * Add everything of `from` to `into`; the order of merges does not matter.
 * Thread: the only writer of `into`, while nobody writes `from`.
 */
void hist_merge(struct hist *into, const struct hist *from);

/**
 * hist_bucket(nanoseconds):
 * Return the number of the bucket that a value below 2^40 belongs to.
 * Thread: any.
 */
size_t hist_bucket(uint64_t nanoseconds);

/**
 * hist_bucket_low(bucket):
 * Return the lowest value of a bucket, in ns; of HIST_BUCKETS: 2^40.
 * Thread: any.
 */
uint64_t hist_bucket_low(size_t bucket);

/**
 * hist_quantile(hist, p):
 * Return the value of rank ceil(p * count), at least rank 1, as the highest
 * value of its bucket (but never above `max`), so at most 2^-7 above the true
 * one and never below it; or HIST_OVERFLOW or HIST_INFINITE. 0 if `hist` is
 * empty. `p` is clamped to [0, 1]. Thread: any.
 */
uint64_t hist_quantile(const struct hist *hist, double p);

/**
 * hist_rank(hist, rank):
 * Return the value of that rank, counted from 1, as hist_quantile() does.
 * Thread: any.
 */
uint64_t hist_rank(const struct hist *hist, uint64_t rank);

/**
 * hist_interval(hist, p, confidence, interval):
 * Store the quantile with its exact order-statistic interval: ranks taken
 * from the binomial law, nothing assumed about the law of the values, except
 * that they are independent (the samples of one trial are not quite; the
 * trial is the unit of inference). Bounds fall outwards on bucket edges.
 * Thread: any.
 */
void hist_interval(const struct hist *hist, double p, double confidence,
    struct hist_interval *interval);

/**
 * hist_quantile_floor(hist, ages, p):
 * Return what the quantile is at least, where hist_quantile() says infinite:
 * the quantile with each unanswered request counted at the age it had
 * reached, as recorded in `ages`. Printed as "> x". Thread: any.
 */
uint64_t hist_quantile_floor(const struct hist *hist,
    const struct hist *ages, double p);

/**
 * hist_above(hist, nanoseconds):
 * Return how many recorded values lie in buckets wholly above that value,
 * overflow and infinite included. Thread: any.
 */
uint64_t hist_above(const struct hist *hist, uint64_t nanoseconds);

/**
 * hist_mean(hist):
 * Return the exact mean of the finite values in ns; 0 without any.
 * Thread: any.
 */
double hist_mean(const struct hist *hist);

#endif /* BENCH_HIST_H */
