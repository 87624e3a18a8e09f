/**
 * stats.h - the statistics of comparisons.
 *
 * Everything is exact or cites where it comes from. Functions that sort or
 * need room say so; none keeps state.
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

/** An estimate with its interval, and how it was made. */
struct stats_interval {
	double low;
	double value;
	double high;
	double coverage; /* exact; may be below what was asked for, if n is */
	size_t n;        /* blocks it rests on; 0: there is no estimate */
};

/** What a comparison says of the target against its baseline. */
enum stats_verdict {
	STATS_BETTER,
	STATS_WORSE,
	STATS_NOISE, /* within noise */
	STATS_VOID   /* too few blocks to say anything at this confidence */
};

/** How evenly requests fell on connections. */
struct stats_fairness {
	double jain;             /* Jain's index, 1: all alike */
	double jain_expected;    /* under the multinomial law */
	double dispersion;       /* variance / mean of the counts; 1 expected */
	double p_uneven;         /* P(as uneven, if multinomial) */
	uint64_t starved;        /* connections without any */
	double starved_expected; /* under the multinomial law */
};

/**
 * stats_ranks(n, p, confidence, low, high):
 * Store the ranks, counted from 1, of the order statistics that enclose the
 * p-quantile, and return the exact coverage; rank 0 or n + 1 means that no
 * sample bounds it on that side (H. A. David, Order Statistics, 2.5).
 * Thread: any.
 */
double stats_ranks(uint64_t n, double p, double confidence, uint64_t *low,
    uint64_t *high);

/**
 * stats_sort(values, n):
 * Sort upwards; no value may be NAN. Thread: any.
 */
void stats_sort(double *values, size_t n);

/**
 * stats_median(sorted, n):
 * Return the median of sorted values; NAN of none. Thread: any.
 */
double stats_median(const double *sorted, size_t n);

/**
 * stats_quantile(sorted, n, p):
 * Return the value of rank ceil(p n) of sorted values; NAN of none.
 * Thread: any.
 */
double stats_quantile(const double *sorted, size_t n, double p);

/**
 * stats_median_interval(values, n, confidence, interval):
 * Sort `values` and store their median with its order-statistic interval:
 * the narrowest symmetric one of at least that confidence, or the whole range
 * with the coverage that it has, where n is too small. Thread: any.
 */
void stats_median_interval(double *values, size_t n, double confidence,
    struct stats_interval *interval);

/**
 * stats_ratio(a, b, use, n, confidence, room, interval):
 * Store the median of a[i] / b[i] with its interval, over the blocks i for
 * which use[i] is not 0 (all, if `use` is NULL) and both are positive and not
 * both infinite. `room` holds n values. Thread: any.
 */
void stats_ratio(const double *a, const double *b, const unsigned char *use,
    size_t n, double confidence, double *room,
    struct stats_interval *interval);

/**
 * stats_noise(floor):
 * Return the noise floor as a factor of at least 1: the larger distance from
 * 1 of the two bounds of the A/A interval, either way. 1 without a control.
 * Thread: any.
 */
double stats_noise(const struct stats_interval *floor);

/**
 * stats_judge(ratio, floor, confidence, lower_is_better):
 * Return the verdict on a ratio target/baseline: better or worse, if its
 * interval excludes 1 and its median lies beyond the noise floor of the A/A
 * control `floor` (NULL: no control); void, if it rests on too few blocks for
 * the confidence. Thread: any.
 */
enum stats_verdict stats_judge(const struct stats_interval *ratio,
    const struct stats_interval *floor, double confidence,
    int lower_is_better);

/**
 * stats_verdict_name(verdict):
 * Return "better", "worse", "within noise" or "void". Thread: any.
 */
const char *stats_verdict_name(enum stats_verdict verdict);

/**
 * stats_slope(x, y, n, slope):
 * Store the Theil-Sen slope, the median of the slopes of all pairs (P. K.
 * Sen, JASA 63, 1968). Return 0, or -1 if there are not two different x, or
 * no memory. Thread: any.
 */
int stats_slope(const double *x, const double *y, size_t n, double *slope);

/**
 * stats_sign_test(plus, minus):
 * Return the two-sided p-value of that many signs, if both are equally
 * likely. Thread: any.
 */
double stats_sign_test(uint64_t plus, uint64_t minus);

/**
 * stats_fairness(counts, n, fairness):
 * Judge how evenly `n` connections were served (R. Jain, D. Chiu, W. Hawe,
 * DEC-TR-301, 1984), against what a fair coin for each request would give.
 * Thread: any.
 */
void stats_fairness(const uint32_t *counts, size_t n,
    struct stats_fairness *fairness);

/** Ranks that stats_spread() stores: from the least served to the most. */
#define STATS_SPREAD 33

/**
 * stats_spread(counts, n, spread):
 * Store the counts at STATS_SPREAD evenly spaced ranks, sorted, relative to
 * their mean. Return 0; or -1, with NAN stored, if there are less than two
 * counts, all are 0, or there is no memory. Thread: any.
 */
int stats_spread(const uint32_t *counts, size_t n, double *spread);

#endif /* BENCH_STATS_H */
