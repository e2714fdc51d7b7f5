#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "events.h"
#include "mem.h"

/* Shapes: what of a record is the same in those that are like it. */

enum {
	SHAPES = 32,		/* that are remembered */
	LONGEST = 8192,		/* bytes of a record that is worth it */
};

/*
 * A record that was read, and what is known of those that differ from it by one string
 * alone: their reading is this one, but for the slices that hold the string.
 */
struct shape {
	struct buf	 record;
	size_t		 head;		/* its bytes up to the string, with its quote */
	uint64_t	 last;		/* the last eight of them: they tell most apart */
	size_t		 tail;		/* from the closing quote on */
	struct chunk	 chunk;		/* never copied: slices of it are pointed at */
	struct slice {		/* of a record of n bytes: from at on, n - less long */
		struct json	*v;
		size_t		 at, less;
	} slices[5];			/* the string is the first */
	unsigned	 nslices;
};

struct events_reader {
	struct shape	 shapes[SHAPES + 1];
	struct shape	*order[SHAPES + 1]; /* the most recent one first; */
	unsigned	 n;		/* so many are known, the next one is free */
	struct chunk	 slow;		/* of a record that is no shape's: empty, or too long */
};

struct events_reader *
events_reader(void)
{
	struct events_reader *r = mem_zero(1, sizeof(*r));
	unsigned i;

	for (i = 0; i <= SHAPES; i++)
		r->order[i] = &r->shapes[i];
	return r;
}

void
events_free_reader(struct events_reader *r)
{
	unsigned i;

	for (i = 0; i <= SHAPES; i++)
		buf_free(&r->shapes[i].record);
	free(r);
}

static inline uint64_t
eight(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/*
 * The string of a record that changes from one to the next; NULL: none. Where it is
 * empty others are looked at in its place, or none is, so that such a record is of no
 * shape.
 */
static struct json *
moving(struct chunk *c)
{
	struct json *v = NULL;

	if (c->kind == CHUNK_SUPAI)
		v = &c->text;
	else if (c->kind == CHUNK_DELTA && c->single)
		v = json_holds(c->choice.content) ? &c->choice.content :
		    &c->choice.thinking;
	return v != NULL && json_says(*v) ? v : NULL;
}

static void
add_slice(struct shape *s, struct json *v)
{
	s->slices[s->nslices++] = (struct slice){
		v, (size_t)(v->p - s->record.p), s->record.n - v->n,
	};
}

/* Notes which slices hold the string, and what stands on both sides of it. */
static void
learn(struct shape *s, struct json *string)
{
	struct chunk *c = &s->chunk;

	s->nslices = 0;
	add_slice(s, string);
	add_slice(s, &c->value);
	if (c->kind == CHUNK_SUPAI) {
		c->nmembers = 0;	/* theirs would have to move too */
		add_slice(s, &c->body);
	} else {
		add_slice(s, &c->choices);
		add_slice(s, &c->choice.value);
		add_slice(s, &c->choice.delta);
	}
	/* Names and brackets alone make a head longer than eight bytes. */
	s->head = (size_t)(string->p - s->record.p) + 1;
	s->last = eight(s->record.p + s->head - sizeof(s->last));
	s->tail = s->record.n - (s->head - 1) - (string->n - 1);
}

/* The end of the shape's record whose string ends with the quote at p; or NULL. */
static inline const char *
after_tail(const struct shape *s, const char *p, const char *end)
{
	if ((size_t)(end - p) < s->tail ||
	    memcmp(p, s->record.p + s->record.n - s->tail, s->tail) != 0)
		return NULL;
	p += s->tail;
	return p == end || *p == '\n' ? p : NULL;
}

/*
 * The end of the record of that shape with which the n bytes at p begin, and whether
 * its string is plain; or NULL.
 */
static inline struct json_end
after_record(const struct shape *s, const char *p, size_t n)
{
	struct json_end after = {NULL, false};

	if (n <= s->head || eight(p + s->head - sizeof(s->last)) != s->last ||
	    memcmp(p, s->record.p, s->head) != 0)
		return after;
	after = json_string_end(p + s->head - 1, p + n);
	if (after.p != NULL)
		after.p = after_tail(s, after.p - 1, p + n);
	return after;
}

/* Makes the shape at that place in the order the first. */
static void
to_front(struct events_reader *r, unsigned place)
{
	struct shape *s = r->order[place];

	memmove(r->order + 1, r->order, place * sizeof(s));
	r->order[0] = s;
}

const struct chunk *
events_known(struct events_reader *r, const char *p, size_t n, size_t *length)
{
	struct json_end after = {NULL, false};
	const struct slice *slice, *end;
	struct shape *s;
	unsigned i;

	for (i = 0; i < r->n && after.p == NULL; i++)
		after = after_record(r->order[i], p, n);
	if (after.p == NULL)
		return NULL;
	if (i > 1)
		to_front(r, i - 1);
	s = r->order[0];
	*length = (size_t)(after.p - p);
	/* An empty string is of no shape, see moving. */
	if (*length - s->slices->less <= 2)
		return NULL;
	for (slice = s->slices, end = slice + s->nslices; slice < end; slice++)
		*slice->v = (struct json){p + slice->at, *length - slice->less};
	s->chunk.plain = after.plain ? s->slices->v->p : NULL;
	return &s->chunk;
}

/* Reads a record that is of no known shape, and remembers its own. */
static const struct chunk *
read_new(struct events_reader *r, const char *record, size_t n,
    struct json_fault *fault)
{
	struct shape *s = r->order[r->n];
	struct json *string;

	if (n == 0 || n > LONGEST)
		return chunk_read(&r->slow, record, n, fault) ? &r->slow : NULL;
	buf_clear(&s->record);
	buf_add(&s->record, record, n);
	if (!chunk_read(&s->chunk, s->record.p, n, fault))
		return NULL;
	string = moving(&s->chunk);
	if (string != NULL) {
		learn(s, string);
		to_front(r, r->n);
		if (r->n < SHAPES)
			r->n++;
	}
	return &s->chunk;
}

const struct chunk *
events_read(struct events_reader *r, const char *record, size_t n,
    struct json_fault *fault)
{
	size_t length;
	const struct chunk *c = events_known(r, record, n, &length);

	return c != NULL && length == n ? c : read_new(r, record, n, fault);
}

/* Files. */

void
events_start(struct events *e, char **files, int nfiles, size_t max, bool one)
{
	*e = (struct events){.reader = events_reader(), .one = one};
	io_start(&e->in, files, nfiles, max);
	io_confine(&e->in);
}

/* Whether it is a line of a raw event stream. */
static bool
is_raw(const char *p, size_t n)
{
	static const char *const starts[] = {
		"data:", "event:", "id:", "retry:", ":",
	};
	size_t i, len;

	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		len = strlen(starts[i]);
		if (n >= len && memcmp(p, starts[i], len) == 0)
			return true;
	}
	return false;
}

/* Whether a line does not even begin as what we read. */
static bool
is_text(const char *p, size_t n)
{
	const char *end = p + n;

	p = json_skip(p, end);
	return p < end && strchr("{[\"", *p) == NULL;
}

static int
say_bad(const struct io_in *in, const char *p, size_t n,
    const struct json_fault *fault)
{
	if (is_raw(p, n))
		diag_warn("%s: line %lu: this is a raw event stream:"
		    " put supai-sse before %s", in->name, in->line, diag_name());
	else if (in->line == 1 && is_text(p, n))
		diag_warn("%s: line 1: this is text, not events: supai prints"
		    " text already (--json or --events FILE keep more)", in->name);
	else
		diag_warn("%s: line %lu: no JSON: %s (byte %zu)", in->name,
		    in->line, fault->why, fault->at + 1);
	return EX_DATAERR;
}

static enum events_got
end_file(struct events *e, int status)
{
	e->status = diag_worst(e->status, status);
	e->open = false;
	return status == 0 ? EVENTS_GAP : EVENTS_TORN;
}

/* The next record, where it is of a known shape and held whole: most are. */
static const struct chunk *
next_known(struct events *e)
{
	const char *p;
	size_t n = io_held(&e->in, &p), length;
	const struct chunk *c = events_known(e->reader, p, n, &length);

	if (c == NULL || length == n || length > e->in.max)
		return NULL;
	io_take(&e->in, length);
	return c;
}

enum events_got
events_next(struct events *e, const struct chunk **c)
{
	struct json_fault fault;
	enum io_got got;
	const char *p;
	size_t n;

	if (!e->open && !io_next(&e->in))
		return EVENTS_END;
	e->open = true;
	for (;;) {
		*c = next_known(e);
		if (*c != NULL)
			return EVENTS_CHUNK;
		got = io_line(&e->in, &p, &n);
		if (got != IO_RECORD)
			return end_file(e, got == IO_LONG ? io_too_long(&e->in) : 0);
		*c = events_read(e->reader, p, n, &fault);
		if (*c != NULL)
			return EVENTS_CHUNK;
		/* Looked at last: few lines are blank. */
		if (!io_blank(p, n))
			return end_file(e, say_bad(&e->in, p, n, &fault));
		if (!e->one)
			return EVENTS_GAP;
	}
}

int
events_stop(struct events *e)
{
	int status = io_status(&e->in, e->status);

	io_stop(&e->in);
	events_free_reader(e->reader);
	return status;
}
