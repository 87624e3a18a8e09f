/*
 * The percentile format of HdrHistogram: value, share, count so far, and
 * 1/(1-share), then a summary in comments.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>

/* Standard deviation of the finite values, from their buckets. */
static double
deviation(const struct hist *h)
{
	double mean = hist_mean(h), sum = 0, n = 0;

	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		double middle, count = (double)h->bucket[i];

		if (h->bucket[i] == 0)
			continue;
		middle = ((double)hist_bucket_low(i) +
		    (double)(hist_bucket_low(i + 1) - 1)) / 2;
		sum += count * (middle - mean) * (middle - mean);
		n += count;
	}
	return (n > 0 ? sqrt(sum / n) : 0);
}

static void
row(const struct hist *h, uint64_t value, uint64_t seen, FILE *out)
{
	double share = (double)seen / (double)h->count;

	fprintf(out, "%12.3f %14.12f %10" PRIu64, (double)value / 1e3, share,
	    seen);
	/* The plotters know no infinity: the last row goes without. */
	if (seen < h->count)
		fprintf(out, " %14.2f", 1 / (1 - share));
	putc('\n', out);
}

int
report_hgrm(const struct hist *h, FILE *out)
{
	uint64_t seen = 0;

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
	    "TotalCount", "1/(1-Percentile)");
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t high = hist_bucket_low(i + 1) - 1;

		if (h->bucket[i] == 0)
			continue;
		seen += h->bucket[i];
		row(h, high < h->max ? high : h->max, seen, out);
	}
	if (h->overflow > 0)
		row(h, h->max, seen + h->overflow, out);
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
	    hist_mean(h) / 1e3, deviation(h) / 1e3);
	fprintf(out, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
	    (double)h->max / 1e3, h->count);
	fprintf(out, "#[Buckets = %12d, SubBuckets     = %12u]\n",
	    HIST_TOP_BITS - HIST_BITS, HIST_SUB);
	if (h->infinite > 0)
		fprintf(out, "# %" PRIu64 " requests were never answered: "
		    "they count as infinite\n", h->infinite);
	return (ferror(out) ? -1 : 0);
}
