/*
 * hash: 128 bits that stand for some bytes: SipHash-2-4 with a 128-bit output
 * and a fixed key, the same on every machine and in every version, because
 * hashes are written into files. Not for secrets: who wants two texts of one
 * hash can make them.
 */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash {
	uint64_t	a, b;
};

struct hash hash_of(const void *data, size_t n);

/* Of two hashes, in this order. */
struct hash hash_pair(struct hash x, struct hash y);

#endif
