#include <stdint.h>
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
static const struct chunk *
take_over(struct shape *shape, const char *record, size_t n)
{
	struct shape_slice *holder = shape->holders;
	unsigned i;

	for (i = 0; i < shape->nholders; i++, holder++) {
		holder->v->p = record + holder->at;
		holder->v->n = holder->n + n - shape->record.n;
	}
	shape->string->p = record + shape->head - 1;
	shape->string->n = n - shape->head - shape->tail + 2;
	return &shape->chunk;
}

/*
 * Whether the last bytes before the string are those of that shape: a look that
 * tells most shapes apart, before all of the head is compared.
 */
static bool
may_be(const struct shape *shape, const char *p)
{
	uint64_t ours, theirs;

	if (shape->head < sizeof(ours))
		return true;
	memcpy(&ours, shape->record.p + shape->head - sizeof(ours), sizeof(ours));
	memcpy(&theirs, p + shape->head - sizeof(theirs), sizeof(theirs));
	return ours == theirs;
}

/* What follows the record of that shape that begins at p; NULL: none does. */
static const char *
behind(const struct shape *shape, const char *p, const char *end)
{
	size_t head = shape->head, tail = shape->tail;
	const char *quote;

	if ((size_t)(end - p) < head + tail || !may_be(shape, p) ||
	    memcmp(p, shape->record.p, head) != 0)
		return NULL;
	quote = json_string_end(p + head - 1, end);
	if (quote == NULL || (size_t)(end - --quote) < tail ||
	    memcmp(quote, shape->record.p + shape->record.n - tail, tail) != 0)
		return NULL;
	return quote + tail;
}

/* Makes the shape at that place in the order the first. */
static struct shape *
to_front(struct shapes *s, unsigned place)
{
	unsigned which = s->order[place];

	if (place > 0)
		memmove(s->order + 1, s->order, place * sizeof(*s->order));
	s->order[0] = which;
	return &s->shapes[which];
}

/* Keeps a record's shape in the place of the one that was not seen for longest. */
static void
remember(struct shapes *s, const char *record, size_t n)
{
	struct shape *shape;
	struct json_fault fault;

	if (s->n < SHAPES_MAX) {
		s->order[s->n] = s->n;
		s->n++;
	}
	shape = to_front(s, s->n - 1);
	buf_clear(&shape->record);
	buf_add(&shape->record, record, n);
	/* Read once more, so that the slices lie in the copy. */
	chunk_read(&shape->chunk, shape->record.p, n, &fault);
	shape->string = moving(&shape->chunk);
	shape->head = (size_t)(shape->string->p - shape->record.p) + 1;
	shape->tail = n - shape->head - (shape->string->n - 2);
	find_holders(shape);
	if (++s->last == 0)
		s->last = 1;
	s->slow.shape = shape->chunk.shape = s->last;
}

size_t
shapes_guess(struct shapes *s, const struct chunk **c, const char *p, size_t n,
    size_t max)
{
	const char *end = p + n, *stop;
	size_t len;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		stop = behind(&s->shapes[s->order[i]], p, end);
		if (stop == NULL || stop == end || *stop != '\n')
			continue;
		len = (size_t)(stop - p);
		if (len > max)
			return 0;
		*c = take_over(to_front(s, i), p, len);
		return len + 1;
	}
	return 0;
}

bool
shapes_read(struct shapes *s, const struct chunk **c, const char *record,
    size_t n, struct json_fault *fault)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (behind(&s->shapes[s->order[i]], record, record + n) ==
		    record + n) {
			*c = take_over(to_front(s, i), record, n);
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
