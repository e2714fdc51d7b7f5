/*
 * hash: 128 bits that stand for some bytes, or for a JSON object: SipHash-2-4 with
 * a 128-bit output and a fixed key, the same on every machine and in every version,
 * because hashes are written into files. Not for secrets: who wants two texts of one
 * hash can make them.
 */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"

struct hash {
	uint64_t	a, b;
};

struct hash hash_of(const void *data, size_t n);

/*
 * The hash of an object of a checked text: the same for what is the same JSON value,
 * whatever the order of members, the escapes of strings and the spelling of numbers.
 */
struct hash hash_object(struct json v);

#endif
