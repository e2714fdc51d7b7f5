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
add_holder(struct shape *shape, struct json *v)
{
	shape->holders[shape->nholders++] = (struct shape_slice){
		v, (size_t)(v->p - shape->record.p), v->n,
	};
}

/* Notes which slices of the reading hold the string. */
static void
find_holders(struct shape *shape)
{
	struct chunk *c = &shape->chunk;

	shape->nholders = 0;
	add_holder(shape, &c->value);
	if (c->kind == CHUNK_SUPAI) {
		c->nmembers = 0;	/* theirs would have to move too */
		add_holder(shape, &c->body);
	} else {
		add_holder(shape, &c->choices);
		add_holder(shape, &c->choice.value);
		add_holder(shape, &c->choice.delta);
	}
}

/* The reading of another record of that shape. */
static inline const struct chunk *
take_over(struct shape *shape, const char *record, size_t n, bool plain)
{
	struct shape_slice *holder = shape->holders;
	size_t grown = n - shape->record.n;
	unsigned i;

	for (i = 0; i < shape->nholders; i++, holder++)
		*holder->v = (struct json){record + holder->at, holder->n + grown};
	*shape->string = (struct json){
		record + shape->head - 1, n - shape->head - shape->tail + 2,
	};
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
behind(const struct shape *shape, const char *p, const char *end, bool *plain)
{
	size_t head = shape->head;
	const char *after;

	if ((size_t)(end - p) <= head ||
	    eight(p + head - sizeof(uint64_t)) != shape->last ||
	    memcmp(p, shape->record.p, head) != 0)
		return NULL;
	after = json_string_end(p + head - 1, end, plain);
	return after != NULL && is_tail(shape, after - 1, end) ?
	    after - 1 + shape->tail : NULL;
}

/* Makes the shape at that place in the order the first. */
static inline void
to_front(struct shapes *s, unsigned place)
{
	struct shape *shape = s->order[place];

	for (; place > 0; place--)
		s->order[place] = s->order[place - 1];
	s->order[0] = shape;
}

/* Notes what tells the shape: what stands before and behind the string. */
static void
measure(struct shape *shape)
{
	const char *record = shape->record.p;
	size_t n = shape->record.n, string = shape->string->n;
	size_t known = sizeof(shape->mask);
	unsigned char mask[sizeof(shape->mask)] = {0};

	/* Names and brackets alone make a head longer than eight bytes. */
	shape->head = (size_t)(shape->string->p - record) + 1;
	shape->tail = n - shape->head - (string - 2);
	shape->last = eight(record + shape->head - sizeof(shape->last));
	if (known > shape->tail)
		known = shape->tail;
	memset(mask, 0xff, known);
	memcpy(&shape->mask, mask, sizeof(mask));
	shape->first = 0;
	memcpy(&shape->first, record + n - shape->tail, known);
}

/* Keeps a record's shape in the place of the one that was not seen for longest. */
static void
remember(struct shapes *s, const char *record, size_t n)
{
	struct shape *shape;
	struct json_fault fault;

	if (s->n < SHAPES_MAX) {
		s->order[s->n] = &s->shapes[s->n];
		s->n++;
	}
	to_front(s, s->n - 1);
	shape = s->order[0];
	buf_clear(&shape->record);
	buf_add(&shape->record, record, n);
	/* Read once more, so that the slices lie in the copy. */
	chunk_read(&shape->chunk, shape->record.p, n, &fault);
	shape->string = moving(&shape->chunk);
	measure(shape);
	find_holders(shape);
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
		after = behind(s->order[i], p, end, plain);
		if (after != NULL) {
			to_front(s, i);
			return after;
		}
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
		if (after == NULL || after == end || *after != '\n' ||
		    (size_t)(after - p) > max)
			return (size_t)(p - start);
		add(take_over(s->order[0], p, (size_t)(after - p), plain), arg);
		p = after + 1;
	}
}

bool
shapes_read(struct shapes *s, const struct chunk **c, const char *record,
    size_t n, struct json_fault *fault)
{
	bool plain;

	if (find(s, record, record + n, &plain) == record + n) {
		*c = take_over(s->order[0], record, n, plain);
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
