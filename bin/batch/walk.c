#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"
#include "value.h"
#include "walk.h"

void
walk_start(struct walk *w, const char *text, size_t n)
{
	w->start = text;
	w->bad = n;
	w->n = 0;
}

/* The text of a string, with a quote before it, which tells "1" from 1. */
static void
read_string(struct walk *w, struct json v)
{
	size_t valid = utf8_valid(v.p, v.n), at = (size_t)(v.p - w->start) + valid;

	if (valid < v.n && at < w->bad)
		w->bad = at;
	buf_clear(&w->text);
	buf_addc(&w->text, '"');
	json_text(v, &w->text);
}

/*
 * The text that a number is hashed by: its double's, as it always was; or where a
 * double does not hold it, its own.
 */
static void
read_number(struct walk *w, struct json v)
{
	struct buf said = {0}, held = {0};
	double x = json_number(v);
	bool spelt = value_spell(v.p, v.n, &said);

	if (spelt && isfinite(x))
		value_spell_double(x, &held);
	buf_clear(&w->text);
	if (held.n > 0 && buf_is(&held, said.p, said.n))
		buf_printf(&w->text, "%.17g", x);
	else if (spelt)
		buf_add(&w->text, said.p, said.n);
	else
		buf_add(&w->text, v.p, v.n);
	buf_free(&said);
	buf_free(&held);
}

static struct hash
take_scalar(struct walk *w, struct json v, struct emit *e, jv *value)
{
	emit_json(e, v);
	switch (json_type(v)) {
	case JSON_STRING:
		read_string(w, v);
		*value = value_text(w->text.p + 1, w->text.n - 1);
		return hash_of(w->text.p, w->text.n);
	case JSON_NUMBER:
		read_number(w, v);
		*value = jv_number(json_number(v));
		return hash_of(w->text.p, w->text.n);
	default:
		*value = value_of(v);
		return hash_of(v.p, v.n);
	}
}

static struct hash take_value(struct walk *w, struct json_iter *i,
    struct emit *e, jv *value, struct json *text);

static struct hash
take_array(struct walk *w, struct json_iter *i, struct emit *e, jv *value)
{
	struct hash all = {0};
	struct json none, text;
	jv element;

	*value = jv_array();
	emit_open(e, '[');
	while (json_name(i, &none)) {
		all = hash_pair(all, take_value(w, i, e, &element, &text));
		*value = jv_array_append(*value, element);
	}
	emit_close(e, ']');
	return hash_pair(all, (struct hash){JSON_ARRAY, 0});
}

static struct hash
take_object(struct walk *w, struct json_iter *i, struct emit *e, jv *value)
{
	struct walk_object o = {.e = *e};
	struct json name;
	struct hash hash;

	o.value = jv_object();
	o.from = w->n;
	emit_open(&o.e, '{');
	while (json_name(i, &name))
		(void)walk_member(w, &o, i, name, false);
	hash = walk_close(w, &o);
	*e = o.e;
	*value = o.value;
	return hash;
}

/* The value that i is at; text is all of it. */
static struct hash
take_value(struct walk *w, struct json_iter *i, struct emit *e, jv *value,
    struct json *text)
{
	struct json_iter inner = json_enter(i);
	struct hash hash = {0};

	*value = jv_null();
	if (inner.p == NULL) {
		json_pass(i, text);
		return text->p != NULL ? take_scalar(w, *text, e, value) : hash;
	}
	hash = inner.object ? take_object(w, &inner, e, value) :
	    take_array(w, &inner, e, value);
	json_leave(i, &inner, text);
	return hash;
}

void
walk_open(struct walk *w, struct walk_object *o, struct buf *out)
{
	*o = (struct walk_object){
		.value = jv_object(),
		.e.out = out,
		.from = w->n,
	};
	emit_open(&o->e, '{');
}

static void
add_pair(struct walk *w, struct hash name, struct hash value)
{
	if (w->n == w->cap)
		w->pairs = mem_more(w->pairs, &w->cap, sizeof(*w->pairs));
	w->pairs[w->n] = (struct walk_pair){name, value, w->n};
	w->n++;
}

struct json
walk_member(struct walk *w, struct walk_object *o, struct json_iter *i,
    struct json name, bool drop)
{
	struct emit before = o->e;
	size_t n = o->e.out->n;
	struct hash hash;
	struct json text;
	jv key, value;

	read_string(w, name);
	hash = hash_of(w->text.p, w->text.n);
	key = value_text(w->text.p + 1, w->text.n - 1);
	emit_json(&o->e, name);
	emit_named(&o->e);
	/* After the pairs of what is in the value, which are gone then. */
	add_pair(w, hash, take_value(w, i, &o->e, &value, &text));
	o->value = jv_object_set(o->value, key, value);
	if (drop) {
		o->e = before;
		o->e.out->n = n;
		w->n--;
	}
	return text;
}

void
walk_add(struct walk *w, struct walk_object *o, const char *name,
    const char *text, size_t n, struct hash value)
{
	emit_name(&o->e, name);
	buf_add(o->e.out, text, n);
	o->e.comma = true;
	buf_clear(&w->text);
	buf_addc(&w->text, '"');
	buf_adds(&w->text, name);
	add_pair(w, hash_of(w->text.p, w->text.n), value);
}

static int
compare(const void *a, const void *b)
{
	const struct walk_pair *x = a, *y = b;
	int c = memcmp(&x->name, &y->name, sizeof(x->name));

	return c != 0 ? c : x->at < y->at ? -1 : 1;
}

/* Of members of one name the last one counts; their order does not. */
static struct hash
sum(struct walk_pair *pairs, size_t n)
{
	struct hash all = {0}, one;
	size_t i;

	if (n > 1)
		qsort(pairs, n, sizeof(*pairs), compare);
	for (i = 0; i < n; i++) {
		if (i + 1 < n && memcmp(&pairs[i].name, &pairs[i + 1].name,
		    sizeof(pairs[i].name)) == 0)
			continue;
		one = hash_pair(pairs[i].name, pairs[i].value);
		all = (struct hash){all.a + one.a, all.b + one.b};
	}
	return all;
}

struct hash
walk_close(struct walk *w, struct walk_object *o)
{
	struct hash all = {0};

	if (w->n > o->from)
		all = sum(w->pairs + o->from, w->n - o->from);
	emit_close(&o->e, '}');
	w->n = o->from;
	return hash_pair(all, (struct hash){JSON_OBJECT, 0});
}

void
walk_free(struct walk *w)
{
	buf_free(&w->text);
	free(w->pairs);
	*w = (struct walk){0};
}
