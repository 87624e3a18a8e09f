/*
 * bench_power: the power of the comparison, as a table: how often a
 * difference of so much is found with so many blocks, on a machine whose
 * trials scatter by so much. Not a test; its output is in
 * doc/throng-bench.md.
 */
#include "rng.h"
#include "stats.h"

#include <math.h>
#include <stdio.h>

#define RUNS 2000
#define BLOCKS_MAX 40

/* Ratios of paired blocks: what they share cancels out. */
static void
compare(struct rng *rng, size_t blocks, double effect, double noise,
    struct stats_interval *ratio)
{
	double a[BLOCKS_MAX], b[BLOCKS_MAX], room[BLOCKS_MAX];

	for (size_t i = 0; i < blocks; i++) {
		double shared = exp(0.2 * rng_normal(rng));

		a[i] = effect * shared * exp(noise * rng_normal(rng));
		b[i] = shared * exp(noise * rng_normal(rng));
	}
	stats_ratio(a, b, NULL, blocks, 0.95, room, ratio);
}

/* The share of comparisons that find the difference, and the right way. */
static double
power(struct rng *rng, size_t blocks, double effect, double noise)
{
	unsigned found = 0;

	for (int run = 0; run < RUNS; run++) {
		struct stats_interval ratio, control;

		compare(rng, blocks, 1, noise, &control);
		compare(rng, blocks, effect, noise, &ratio);
		found += stats_judge(&ratio, &control, 0.95, 1) ==
		    (effect > 1 ? STATS_WORSE : STATS_NOISE);
	}
	return (100.0 * found / RUNS);
}

int
main(void)
{
	static const double noises[] = { 0.01, 0.03, 0.1 };
	static const double effects[] = { 1, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5 };
	static const size_t blocks[] = { 6, 10, 20, 40 };
	struct rng rng;

	rng_seed(&rng, 1);
	for (size_t n = 0; n < 3; n++) {
		printf("\nTrials scatter by %.0f%%: share of comparisons that "
		    "find the difference (first row: that find none)\n\n"
		    "| difference |", 100 * noises[n]);
		for (size_t b = 0; b < 4; b++)
			printf(" %zu blocks |", blocks[b]);
		printf("\n|---:|---:|---:|---:|---:|\n");
		for (size_t e = 0; e < 7; e++) {
			printf("| %.0f%% |", 100 * (effects[e] - 1));
			for (size_t b = 0; b < 4; b++)
				printf(" %.0f%% |", power(&rng, blocks[b],
				    effects[e], noises[n]));
			printf("\n");
		}
	}
	return (0);
}
