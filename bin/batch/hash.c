#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "hash.h"
#include "mem.h"

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

/* Eight bytes, the first one the lowest: compilers make one load of it. */
static uint64_t
word(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
	    (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
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
	unsigned char last[8] = {0};
	struct state s = start();
	size_t left = n;

	for (; left >= 8; left -= 8, p += 8)
		take(&s, word(p));
	if (left > 0)
		memcpy(last, p, left);
	last[7] = (unsigned char)n;
	take(&s, word(last));
	return finish(&s);
}

/* Of two hashes, in this order. */
static struct hash
pair(struct hash x, struct hash y)
{
	struct state s = start();

	take(&s, x.a);
	take(&s, x.b);
	take(&s, y.a);
	take(&s, y.b);
	take(&s, UINT64_C(32) << 56);
	return finish(&s);
}

/* JSON: one walk, in which each value is hashed. */

struct member {
	struct hash	name, value;
	size_t		at;
};

struct walk {
	struct buf	 text;		/* of the string or number at hand */
	struct member	*members;	/* of all objects that are open */
	size_t		 n, cap;
};

/* The text of a string, with a quote before it, which tells "1" from 1. */
static struct hash
take_string(struct walk *w, struct json v)
{
	buf_clear(&w->text);
	buf_addc(&w->text, '"');
	json_text(v, &w->text);
	return hash_of(w->text.p, w->text.n);
}

/*
 * The text that a number is hashed by: its double's, as it always was; or where a
 * double does not hold it, its own.
 */
static struct hash
take_number(struct walk *w, struct json v)
{
	double x = json_number(v);

	buf_clear(&w->text);
	if (!emit_spell(v.p, v.n, &w->text))
		return hash_of(v.p, v.n);
	if (emit_is_double(&w->text, x)) {
		buf_clear(&w->text);
		buf_printf(&w->text, "%.17g", x);
	}
	return hash_of(w->text.p, w->text.n);
}

static struct hash take_value(struct walk *w, struct json_iter *i);

static struct hash
take_array(struct walk *w, struct json_iter *i)
{
	struct hash all = {0};
	struct json none;

	while (json_name(i, &none))
		all = pair(all, take_value(w, i));
	return pair(all, (struct hash){JSON_ARRAY, 0});
}

static int
compare(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = memcmp(&x->name, &y->name, sizeof(x->name));

	return c != 0 ? c : x->at < y->at ? -1 : 1;
}

/* Of members of one name the last one counts; their order does not. */
static struct hash
sum(const struct walk *w, size_t from)
{
	const struct member *m;
	struct hash all = {0}, one;
	size_t i;

	if (w->n - from > 1)
		qsort(w->members + from, w->n - from, sizeof(*m), compare);
	for (i = from; i < w->n; i++) {
		m = &w->members[i];
		if (i + 1 < w->n &&
		    memcmp(&m[0].name, &m[1].name, sizeof(m->name)) == 0)
			continue;
		one = pair(m->name, m->value);
		all = (struct hash){all.a + one.a, all.b + one.b};
	}
	return pair(all, (struct hash){JSON_OBJECT, 0});
}

static struct hash
take_object(struct walk *w, struct json_iter *i)
{
	size_t from = w->n;
	struct member m;
	struct json name;
	struct hash all;

	while (json_name(i, &name)) {
		m.name = take_string(w, name);
		m.value = take_value(w, i);
		/* After the members of what is in the value, which are gone now. */
		m.at = w->n;
		if (w->n == w->cap)
			w->members = mem_more(w->members, &w->cap, sizeof(m));
		w->members[w->n++] = m;
	}
	all = sum(w, from);
	w->n = from;
	return all;
}

/* The value that i is at. */
static struct hash
take_value(struct walk *w, struct json_iter *i)
{
	struct json_iter inner = json_enter(i);
	struct json v;
	struct hash h;

	if (inner.p != NULL) {
		h = inner.object ? take_object(w, &inner) : take_array(w, &inner);
		json_leave(i, &inner, &v);
		return h;
	}
	json_pass(i, &v);
	switch (json_type(v)) {
	case JSON_STRING:
		return take_string(w, v);
	case JSON_NUMBER:
		return take_number(w, v);
	default:
		return hash_of(v.p, v.n);
	}
}

struct hash
hash_object(struct json v)
{
	struct walk w = {0};
	struct json_iter i = json_first(v);
	struct hash h = take_object(&w, &i);

	buf_free(&w.text);
	free(w.members);
	return h;
}
