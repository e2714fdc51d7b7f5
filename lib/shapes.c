#include <string.h>

#include "shapes.h"

/* A record longer than this is not worth remembering. */
enum { LONGEST = 8192 };

/* The string of a reading that changes from record to record; NULL: none. */
static struct json *
moving(struct chunk *c)
{
	struct json *v = NULL;

	if (c->kind == CHUNK_SUPAI)
		v = &c->text;
	else if (c->kind == CHUNK_DELTA && c->single)
		v = &c->choice.content;
	return v != NULL && json_type(*v) == JSON_STRING ? v : NULL;
}

static void
add_slice(struct shape *shape, struct json *v)
{
	shape->slices[shape->nslices++] = (struct shape_slice){
		v, (size_t)(v->p - shape->record.p), shape->record.n - v->n,
	};
}

/* Notes which slices of the reading hold the string. */
static void
find_slices(struct shape *shape, struct json *string)
{
	struct chunk *c = &shape->chunk;

	shape->nslices = 0;
	add_slice(shape, string);
	add_slice(shape, &c->value);
	if (c->kind == CHUNK_SUPAI) {
		c->nmembers = 0;	/* theirs would have to move too */
		add_slice(shape, &c->body);
	} else {
		add_slice(shape, &c->choices);
		add_slice(shape, &c->choice.value);
		add_slice(shape, &c->choice.delta);
	}
}

/* The reading of another record of that shape. */
static inline const struct chunk *
take_over(struct shape *shape, const char *record, size_t n, bool plain)
{
	const struct shape_slice *slice = shape->slices;
	const struct shape_slice *end = slice + shape->nslices;

	for (; slice < end; slice++)
		*slice->v = (struct json){record + slice->at, n - slice->less};
	shape->chunk.plain = plain;
	return &shape->chunk;
}

static inline uint64_t
eight(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/* Whether a string whose closing quote is at p ends that shape. */
static inline bool
is_tail(const struct shape *shape, const char *p, const char *end)
{
	size_t tail = shape->tail;

	if ((size_t)(end - p) < tail)
		return false;
	if (tail <= sizeof(uint64_t) && end - p >= (ptrdiff_t)sizeof(uint64_t))
		return ((eight(p) ^ shape->first) & shape->mask) == 0;
	return memcmp(p, shape->record.p + shape->record.n - tail, tail) == 0;
}

/*
 * What follows the record of that shape that begins at p; NULL: none does.
 * The last bytes of the head tell most shapes apart, before all are compared.
 */
static inline const char *
behind(const struct shape_key *key, const char *p, const char *end, bool *plain)
{
	const char *after;

	if ((size_t)(end - p) <= key->head ||
	    eight(p + key->head - sizeof(key->last)) != key->last ||
	    memcmp(p, key->shape->record.p, key->head) != 0)
		return NULL;
	after = json_string_end(p + key->head - 1, end, plain);
	return after != NULL && is_tail(key->shape, after - 1, end) ?
	    after - 1 + key->shape->tail : NULL;
}

/* Makes the shape at that place in the order the first. */
static void
to_front(struct shapes *s, unsigned place)
{
	struct shape_key key = s->keys[place];

	memmove(s->keys + 1, s->keys, place * sizeof(*s->keys));
	s->keys[0] = key;
}

/* Notes what tells the shape: what stands before and behind the string. */
static void
measure(struct shape_key *key, const struct json *string)
{
	struct shape *shape = key->shape;
	const char *record = shape->record.p, *rest;
	unsigned char mask[sizeof(shape->mask)] = {0};
	size_t known = sizeof(mask);

	/* Names and brackets alone make a head longer than eight bytes. */
	key->head = (size_t)(string->p - record) + 1;
	key->last = eight(record + key->head - sizeof(key->last));
	rest = string->p + string->n - 1;
	shape->tail = (size_t)(record + shape->record.n - rest);
	if (known > shape->tail)
		known = shape->tail;
	memset(mask, 0xff, known);
	memcpy(&shape->mask, mask, sizeof(mask));
	shape->first = 0;
	memcpy(&shape->first, rest, known);
}

/* Keeps a record's shape in the place of the one that was not seen for longest. */
static void
remember(struct shapes *s, const char *record, size_t n)
{
	struct json_fault fault;
	struct shape *shape;
	struct json *string;

	if (s->n < SHAPES_MAX) {
		s->keys[s->n].shape = &s->shapes[s->n];
		s->n++;
	}
	to_front(s, s->n - 1);
	shape = s->keys[0].shape;
	buf_clear(&shape->record);
	buf_add(&shape->record, record, n);
	/* Read once more, so that the slices lie in the copy. */
	chunk_read(&shape->chunk, shape->record.p, n, &fault);
	string = moving(&shape->chunk);
	measure(&s->keys[0], string);
	find_slices(shape, string);
	if (++s->last == 0)
		s->last = 1;
	s->slow.shape = shape->chunk.shape = s->last;
}

/* The shape of the record at p becomes the first; what follows it, as above. */
static inline const char *
find(struct shapes *s, const char *p, const char *end, bool *plain)
{
	const char *after;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		after = behind(&s->keys[i], p, end, plain);
		if (after == NULL)
			continue;
		if (i > 0)
			to_front(s, i);
		return after;
	}
	return NULL;
}

size_t
shapes_take(struct shapes *s, const char *p, size_t n, size_t max,
    shapes_add *add, void *arg, unsigned long *records)
{
	const char *start = p, *end = p + n, *after;
	bool plain;

	for (*records = 0;; ++*records) {
		after = find(s, p, end, &plain);
		s->strange = after == NULL ? p : NULL;
		if (after == NULL || after == end || *after != '\n' ||
		    (size_t)(after - p) > max)
			break;
		add(take_over(s->keys[0].shape, p, (size_t)(after - p), plain), arg);
		p = after + 1;
	}
	s->seen = end;
	return (size_t)(p - start);
}

bool
shapes_read(struct shapes *s, const struct chunk **c, const char *record,
    size_t n, struct json_fault *fault)
{
	bool plain, strange = record == s->strange && record + n <= s->seen;

	s->strange = NULL;
	if (!strange && find(s, record, record + n, &plain) == record + n) {
		*c = take_over(s->keys[0].shape, record, n, plain);
		return true;
	}
	*c = &s->slow;
	if (!chunk_read(&s->slow, record, n, fault))
		return false;
	if (n <= LONGEST && moving(&s->slow) != NULL)
		remember(s, record, n);
	return true;
}

void
shapes_free(struct shapes *s)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		buf_free(&s->shapes[i].record);
	*s = (struct shapes){0};
}
