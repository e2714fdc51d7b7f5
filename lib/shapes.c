#include <string.h>

#include "shapes.h"

static inline uint64_t
eight(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/*
 * The end of the shape's record whose string ends with the quote at p; or NULL. A
 * tail is mostly a few brackets: one word.
 */
static inline const char *
after_tail(const struct shape *shape, const char *p, const char *end)
{
	size_t tail = shape->tail, left = (size_t)(end - p);
	bool known = left >= sizeof(shape->first) &&
	    tail <= sizeof(shape->first);

	if (known ? ((eight(p) ^ shape->first) & shape->mask) != 0 :
	    left < tail ||
	    memcmp(p, shape->record.p + shape->record.n - tail, tail) != 0)
		return NULL;
	p += tail;
	return p == end || *p == '\n' ? p : NULL;
}

/*
 * The end of the record of that shape that begins at p, and whether its string is
 * plain; or NULL. The last bytes of the head tell most shapes apart, before all are
 * compared.
 */
static inline struct json_end
after_record(const struct shapes *s, const struct shape_key *key, const char *p,
    const char *end)
{
	const struct shape *shape = &s->shapes[key->number];
	struct json_end after = {NULL, false};

	if ((size_t)(end - p) <= key->head ||
	    eight(p + key->head - sizeof(key->last)) != key->last ||
	    memcmp(p, shape->record.p, key->head) != 0)
		return after;
	after = json_string_end(p + key->head - 1, end);
	if (after.p != NULL)
		after.p = after_tail(shape, after.p - 1, end);
	return after;
}

/* Makes the shape at that place in the order the first. */
static void
to_front(struct shapes *s, unsigned place)
{
	struct shape_key key = s->keys[place];

	memmove(s->keys + 1, s->keys, place * sizeof(*s->keys));
	s->keys[0] = key;
}

struct shapes_found
shapes_find(struct shapes *s, const char *p, size_t n)
{
	struct json_end after;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		after = after_record(s, &s->keys[i], p, p + n);
		if (after.p == NULL)
			continue;
		if (i > 0)
			to_front(s, i);
		return (struct shapes_found){(size_t)(after.p - p),
		    s->keys[0].number, after.plain};
	}
	return (struct shapes_found){0};
}

unsigned
shapes_keep(struct shapes *s, const char *record, size_t n, struct json string)
{
	struct shape *shape;
	struct shape_key *key = &s->keys[0];
	size_t some;

	if (s->n < SHAPES_MAX) {
		s->keys[s->n].number = s->n;
		s->n++;
	}
	to_front(s, s->n - 1);
	shape = &s->shapes[key->number];
	buf_clear(&shape->record);
	buf_add(&shape->record, record, n);
	/* Names and brackets alone make a head longer than eight bytes. */
	key->head = (size_t)(string.p - record) + 1;
	key->last = eight(record + key->head - sizeof(key->last));
	shape->tail = n - (key->head - 1) - (string.n - 1);
	shape->first = shape->mask = 0;
	some = shape->tail < sizeof(shape->mask) ? shape->tail : sizeof(shape->mask);
	memcpy(&shape->first, record + n - shape->tail, some);
	memset(&shape->mask, 0xff, some);
	return key->number;
}

const char *
shapes_record(const struct shapes *s, unsigned number)
{
	return s->shapes[number].record.p;
}

void
shapes_free(struct shapes *s)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		buf_free(&s->shapes[i].record);
	*s = (struct shapes){0};
}
