#include "hash.h"

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF", with the key of
 * its test vectors: the bytes 0 to 15. */
#define KEY0 UINT64_C(0x0706050403020100)
#define KEY1 UINT64_C(0x0f0e0d0c0b0a0908)

struct state {
	uint64_t	v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
rounds(struct state *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Up to eight bytes, the first one the lowest. */
static uint64_t
word(const unsigned char *p, size_t n)
{
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | p[n];
	return x;
}

static void
take(struct state *s, uint64_t m)
{
	s->v3 ^= m;
	rounds(s, 2);
	s->v0 ^= m;
}

static struct state
start(void)
{
	return (struct state){
		UINT64_C(0x736f6d6570736575) ^ KEY0,
		UINT64_C(0x646f72616e646f6d) ^ KEY1 ^ 0xee,
		UINT64_C(0x6c7967656e657261) ^ KEY0,
		UINT64_C(0x7465646279746573) ^ KEY1,
	};
}

static struct hash
finish(struct state *s)
{
	struct hash h;

	s->v2 ^= 0xee;
	rounds(s, 4);
	h.a = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
	s->v1 ^= 0xdd;
	rounds(s, 4);
	h.b = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
	return h;
}

struct hash
hash_of(const void *data, size_t n)
{
	const unsigned char *p = data;
	struct state s = start();
	size_t left = n;

	for (; left >= 8; left -= 8, p += 8)
		take(&s, word(p, 8));
	take(&s, (uint64_t)n << 56 | word(p, left));
	return finish(&s);
}

struct hash
hash_pair(struct hash x, struct hash y)
{
	struct state s = start();

	take(&s, x.a);
	take(&s, x.b);
	take(&s, y.a);
	take(&s, y.b);
	take(&s, UINT64_C(32) << 56);
	return finish(&s);
}
