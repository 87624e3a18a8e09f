/*
 * The histogram: a value's bucket is its highest set bit and the seven
 * after it, so recording is a count of leading zeros and one addition.
 */
#include "hist.h"
#include "stats.h"

#include <math.h>

#define TOP (UINT64_C(1) << HIST_TOP_BITS)

size_t
hist_bucket(uint64_t v)
{
	unsigned octave;

	if (v < 2 * HIST_SUB)
		return ((size_t)v);
	octave = 63 - (unsigned)__builtin_clzll(v);
	/* v >> (octave - 7) has its highest bit at 128: 128 to 255. */
	return ((size_t)(octave - HIST_BITS) * HIST_SUB +
	    (size_t)(v >> (octave - HIST_BITS)));
}

uint64_t
hist_bucket_low(size_t bucket)
{
	unsigned shift;

	if (bucket < 2 * HIST_SUB)
		return (bucket);
	shift = (unsigned)(bucket / HIST_SUB) - 1;
	return ((uint64_t)(HIST_SUB + bucket % HIST_SUB) << shift);
}

void
hist_record(struct hist *h, uint64_t v)
{

	if (h->count == h->infinite || v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
	h->count++;
	h->sum += v;
	if (v >= TOP)
		h->overflow++;
	else
		h->bucket[hist_bucket(v)]++;
}

void
hist_record_signed(struct hist *h, int64_t v)
{

	if (v < 0) {
		h->clamped++;
		v = 0;
	}
	hist_record(h, (uint64_t)v);
}

void
hist_record_infinite(struct hist *h, uint64_t n)
{

	h->count += n;
	h->infinite += n;
}

void
hist_merge(struct hist *into, const struct hist *from)
{

	if (from->count > from->infinite) {
		if (into->count == into->infinite || from->min < into->min)
			into->min = from->min;
		if (from->max > into->max)
			into->max = from->max;
	}
	into->count += from->count;
	into->overflow += from->overflow;
	into->infinite += from->infinite;
	into->clamped += from->clamped;
	into->sum += from->sum;
	for (size_t i = 0; i < HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

uint64_t
hist_rank(const struct hist *h, uint64_t rank)
{
	uint64_t seen = 0, high;

	if (h->count == 0)
		return (0);
	if (rank < 1)
		rank = 1;
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank) {
			high = hist_bucket_low(i + 1) - 1;
			return (high < h->max ? high : h->max);
		}
	}
	return (seen + h->overflow >= rank ? HIST_OVERFLOW : HIST_INFINITE);
}

/* The rank of a quantile, ceil(p n), safe against p n just above a whole. */
static uint64_t
rank_of(uint64_t count, double p)
{
	double rank;

	if (!(p > 0))
		return (1);
	if (p >= 1)
		return (count);
	rank = ceil(p * (double)count * (1 - 1e-15));
	return (rank < 1 ? 1 : (uint64_t)rank);
}

uint64_t
hist_quantile(const struct hist *h, double p)
{

	return (hist_rank(h, rank_of(h->count, p)));
}

void
hist_interval(const struct hist *h, double p, double confidence,
    struct hist_interval *interval)
{
	uint64_t low, high;

	interval->value = hist_quantile(h, p);
	interval->coverage = stats_ranks(h->count, p, confidence, &low, &high);
	interval->low = interval->high = 0;
	if (low > 0) {
		uint64_t value = hist_rank(h, low);

		/* Outwards: the lower edge of the bucket bounds it. */
		if (value < TOP)
			value = hist_bucket_low(hist_bucket(value));
		interval->low = value > h->min ? value : h->min;
	}
	interval->high = high > h->count ? HIST_INFINITE : hist_rank(h, high);
}

uint64_t
hist_quantile_floor(const struct hist *h, const struct hist *ages, double p)
{
	uint64_t rank = rank_of(h->count, p), seen = 0, high, max;

	max = h->max > ages->max ? h->max : ages->max;
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i] + ages->bucket[i];
		if (seen >= rank) {
			/* The lowest value there: a bound from below. */
			high = hist_bucket_low(i);
			return (high < max ? high : max);
		}
	}
	return (max);
}

uint64_t
hist_above(const struct hist *h, uint64_t v)
{
	uint64_t above = h->overflow + h->infinite;

	if (v >= TOP)
		return (above);
	for (size_t i = hist_bucket(v) + 1; i < HIST_BUCKETS; i++)
		above += h->bucket[i];
	return (above);
}

double
hist_mean(const struct hist *h)
{
	uint64_t finite = h->count - h->infinite;

	return (finite > 0 ? (double)h->sum / (double)finite : 0);
}
