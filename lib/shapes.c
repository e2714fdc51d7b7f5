#include <string.h>

#include "shapes.h"

static inline uint64_t
eight(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/* The end of the shape's record whose string ends with the quote at p; or NULL. */
static inline const char *
after_tail(const struct shape *shape, const char *p, const char *end)
{
	size_t tail = shape->tail;

	if ((size_t)(end - p) < tail ||
	    memcmp(p, shape->record.p + shape->record.n - tail, tail) != 0)
		return NULL;
	p += tail;
	return p == end || *p == '\n' ? p : NULL;
}

/*
 * The end of the record of that shape that begins at p; or NULL. The last bytes
 * of the head tell most shapes apart, before all are compared.
 */
static inline const char *
after_record(const struct shapes *s, const struct shape_key *key, const char *p,
    const char *end, bool *plain)
{
	const struct shape *shape = &s->shapes[key->number];
	const char *after;

	if ((size_t)(end - p) <= key->head ||
	    eight(p + key->head - sizeof(key->last)) != key->last ||
	    memcmp(p, shape->record.p, key->head) != 0)
		return NULL;
	after = json_string_end(p + key->head - 1, end, plain);
	return after != NULL ? after_tail(shape, after - 1, end) : NULL;
}

/* Makes the shape at that place in the order the first. */
static void
to_front(struct shapes *s, unsigned place)
{
	struct shape_key key = s->keys[place];

	memmove(s->keys + 1, s->keys, place * sizeof(*s->keys));
	s->keys[0] = key;
}

size_t
shapes_find(struct shapes *s, const char *p, size_t n, unsigned *number,
    bool *plain)
{
	const char *after;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		after = after_record(s, &s->keys[i], p, p + n, plain);
		if (after == NULL)
			continue;
		if (i > 0)
			to_front(s, i);
		*number = s->keys[0].number;
		return (size_t)(after - p);
	}
	return 0;
}

unsigned
shapes_keep(struct shapes *s, const char *record, size_t n, struct json string)
{
	struct shape *shape;
	struct shape_key *key = &s->keys[0];

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
