#include "siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{

	return (x << bits | x >> (64 - bits));
}

static void
rounds(struct state *s, unsigned count)
{

	while (count-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Up to 8 bytes as a little-endian number, on every machine. */
static uint64_t
word(const unsigned char *bytes, size_t length)
{
	uint64_t w = 0;

	for (size_t i = 0; i < length; i++)
		w |= (uint64_t)bytes[i] << (8 * i);
	return (w);
}

static void
mix(struct state *s, uint64_t w)
{

	s->v3 ^= w;
	rounds(s, 2);
	s->v0 ^= w;
}

uint64_t
siphash(const struct siphash_key *key, const void *bytes, size_t length)
{
	/* "somepseudorandomlygeneratedbytes" */
	struct state s = {
		key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u, key->k1 ^ 0x7465646279746573u,
	};
	const unsigned char *at = bytes;
	size_t left = length;

	for (; left >= 8; at += 8, left -= 8)
		mix(&s, word(at, 8));
	mix(&s, word(at, left) | (uint64_t)length << 56);
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return (s.v0 ^ s.v1 ^ s.v2 ^ s.v3);
}
