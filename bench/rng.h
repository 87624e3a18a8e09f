/**
 * rng.h - seeded random numbers that can be split into streams.
 *
 * xoshiro256++ 1.0 (D. Blackman and S. Vigna, "Scrambled linear
 * pseudorandom number generators", ACM TOMS 47(4), 2021), seeded by
 * splitmix64 as its authors advise. The same seed gives the same numbers on
 * every machine, and a split stream does not depend on how many numbers its
 * parent has given, so that a plan is the same however it is computed.
 */
#ifndef BENCH_RNG_H
#define BENCH_RNG_H

#include <stddef.h>
#include <stdint.h>

/** One stream. Never all zero. */
struct rng {
	uint64_t state[4];
	uint64_t seed; /* what it was seeded with, for rng_split() */
};

/**
 * rng_seed(rng, seed):
 * Start the stream of `seed`; any number will do. Thread: any.
 */
void rng_seed(struct rng *rng, uint64_t seed);

/**
 * rng_split(parent, key, child):
 * Start in `child` the stream that belongs to `key` below the seed of
 * `parent`, which is left alone. Thread: any.
 */
void rng_split(const struct rng *parent, uint64_t key, struct rng *child);

/**
 * rng_next(rng):
 * Return 64 random bits. Thread: the owner of `rng`.
 */
uint64_t rng_next(struct rng *rng);

/**
 * rng_unit(rng):
 * Return a number in [0, 1), a multiple of 2^-53. Thread: the owner of `rng`.
 */
double rng_unit(struct rng *rng);

/**
 * rng_below(rng, n):
 * Return a whole number in [0, n), every one equally likely (D. Lemire,
 * "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019).
 * `n` is at least 1. Thread: the owner of `rng`.
 */
uint64_t rng_below(struct rng *rng, uint64_t n);

/**
 * rng_exponential(rng, mean):
 * Return a number of the exponential law with that mean, by inversion.
 * Thread: the owner of `rng`.
 */
double rng_exponential(struct rng *rng, double mean);

/**
 * rng_normal(rng):
 * Return a number of the standard normal law (Box and Muller, 1958).
 * Thread: the owner of `rng`.
 */
double rng_normal(struct rng *rng);

/**
 * rng_shuffle(rng, items, n):
 * Put the items in a random order, every one equally likely (Fisher and
 * Yates, in Durstenfeld's form, CACM 7(7), 1964).
 * Thread: the owner of `rng`.
 */
void rng_shuffle(struct rng *rng, uint32_t *items, size_t n);

#endif /* BENCH_RNG_H */
