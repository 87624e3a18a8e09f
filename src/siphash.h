/**
 * siphash.h - a hash that strangers cannot steer.
 *
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * INDOCRYPT 2012): without the key nobody can choose inputs that fall into one
 * place of a table.
 */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/** A secret key, best from getrandom(2). */
struct siphash_key {
	uint64_t k0, k1;
};

/**
 * siphash(key, bytes, length):
 * Return the 64-bit hash of `length` bytes. Thread: any.
 */
uint64_t siphash(const struct siphash_key *key, const void *bytes,
    size_t length);

#endif /* SIPHASH_H */
