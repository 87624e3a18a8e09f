/*
 * xoshiro256++ and its seeding; see rng.h for where they come from.
 */
#include "rng.h"

#include <math.h>

static uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31);
}

static uint64_t
rotate(uint64_t x, unsigned by)
{

	return (x << by | x >> (64 - by));
}

void
rng_seed(struct rng *rng, uint64_t seed)
{

	rng->seed = seed;
	for (unsigned i = 0; i < 4; i++)
		rng->state[i] = splitmix64(&seed);
}

void
rng_split(const struct rng *parent, uint64_t key, struct rng *child)
{
	uint64_t seed = parent->seed;

	/* Two rounds, so that neighbouring seeds and keys do not meet. */
	seed = splitmix64(&seed) ^ key * UINT64_C(0xd1342543de82ef95);
	rng_seed(child, splitmix64(&seed));
}

uint64_t
rng_next(struct rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rotate(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return (result);
}

double
rng_unit(struct rng *rng)
{

	return ((double)(rng_next(rng) >> 11) * 0x1p-53);
}

/* The 128-bit product of two words, from their halves. */
static uint64_t
multiply(uint64_t a, uint64_t b, uint64_t *low)
{
	uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
	uint64_t mid = (al * bl >> 32) + (uint32_t)(ah * bl) + al * bh;

	*low = a * b;
	return (ah * bh + (ah * bl >> 32) + (mid >> 32));
}

uint64_t
rng_below(struct rng *rng, uint64_t n)
{
	uint64_t low, high = multiply(rng_next(rng), n, &low);

	if (low < n) {
		/* The few products that would make some results likelier. */
		uint64_t threshold = (0 - n) % n;

		while (low < threshold)
			high = multiply(rng_next(rng), n, &low);
	}
	return (high);
}

double
rng_exponential(struct rng *rng, double mean)
{

	return (-mean * log1p(-rng_unit(rng)));
}

double
rng_normal(struct rng *rng)
{
	double radius = sqrt(-2 * log1p(-rng_unit(rng)));

	return (radius * cos(2 * 3.14159265358979323846 * rng_unit(rng)));
}

void
rng_shuffle(struct rng *rng, uint32_t *items, size_t n)
{

	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)rng_below(rng, i);
		uint32_t item = items[i - 1];

		items[i - 1] = items[j];
		items[j] = item;
	}
}
