#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "merge.h"
#include "value.h"

static void
become(struct merge *m, enum merge_kind kind)
{
	if (m->kind == kind)
		return;
	merge_free(m);
	m->kind = kind;
}

void
merge_set(struct merge *m, struct json v)
{
	become(m, MERGE_RAW);
	buf_clear(&m->bytes);
	buf_add(&m->bytes, v.p, v.n);
}

static struct merge *
push(struct merge *m, struct json name, long index)
{
	struct merge_member *member;

	m->members = mem_resize(m->members, m->n + 1, sizeof(*m->members));
	member = &m->members[m->n++];
	*member = (struct merge_member){.index = index};
	buf_add(&member->name, name.p, name.n);
	return &member->value;
}

/* Names are compared as they are written: a stream writes them alike. */
static struct merge *
by_name(struct merge *m, struct json name)
{
	const struct buf *b;
	size_t i;

	for (i = 0; i < m->n; i++) {
		b = &m->members[i].name;
		if (b->n == name.n && memcmp(b->p, name.p, name.n) == 0)
			return &m->members[i].value;
	}
	return push(m, name, -1);
}

struct merge *
merge_member(struct merge *m, const char *name)
{
	struct buf quoted = {0};
	struct merge *member;

	become(m, MERGE_OBJECT);
	json_quote(&quoted, name, strlen(name));
	member = by_name(m, (struct json){quoted.p, quoted.n});
	buf_free(&quoted);
	return member;
}

static struct merge *
by_index(struct merge *m, long index)
{
	static const struct json no_name;
	size_t i;

	for (i = 0; index >= 0 && i < m->n; i++)
		if (m->members[i].index == index)
			return &m->members[i].value;
	return push(m, no_name, index);
}

/* Strings that come whole, and again and again from some services. */
static bool
is_label(struct json name)
{
	return json_is(name, "role") || json_is(name, "type") ||
	    json_is(name, "id") || json_is(name, "name");
}

static void
add_label(struct merge *m, struct json v)
{
	if (m->kind == MERGE_NONE || v.n > 2)	/* "" says nothing new */
		merge_set(m, v);
}

static void
add_object(struct merge *m, struct json v, bool skip_index)
{
	struct json_iter i;
	struct json name, value;

	become(m, MERGE_OBJECT);
	for (i = json_first(v); json_more(&i, &name, &value);) {
		if (skip_index && json_is(name, "index"))
			continue;
		if (json_type(value) == JSON_STRING && is_label(name))
			add_label(by_name(m, name), value);
		else
			merge_add(by_name(m, name), value);
	}
}

static void
add_array(struct merge *m, struct json v)
{
	struct json_iter i;
	struct json name, value;
	long index;

	become(m, MERGE_ARRAY);
	for (i = json_first(v); json_more(&i, &name, &value);) {
		index = json_index(json_get(value, "index"));
		if (index >= 0)
			add_object(by_index(m, index), value, true);
		else
			merge_set(by_index(m, -1), value);
	}
}

void
merge_add(struct merge *m, struct json piece)
{
	switch (json_type(piece)) {
	case JSON_OBJECT:
		add_object(m, piece, false);
		return;
	case JSON_ARRAY:
		add_array(m, piece);
		return;
	case JSON_STRING:
		become(m, MERGE_TEXT);
		json_text(piece, &m->bytes);
		return;
	case JSON_NULL:
		if (m->kind == MERGE_NONE)
			merge_set(m, piece);
		return;
	default:
		merge_set(m, piece);
	}
}

static int
by_order(const void *a, const void *b)
{
	const struct merge_member *x = *(struct merge_member *const *)a;
	const struct merge_member *y = *(struct merge_member *const *)b;

	if (x->index != y->index)
		return (x->index > y->index) - (x->index < y->index);
	return (x > y) - (x < y);	/* as they came */
}

static jv
array_value(const struct merge *m)
{
	struct merge_member **order = mem_zero(m->n, sizeof(*order));
	jv array = jv_array();
	size_t i;

	for (i = 0; i < m->n; i++)
		order[i] = &m->members[i];
	qsort(order, m->n, sizeof(*order), by_order);
	for (i = 0; i < m->n; i++)
		array = jv_array_append(array, merge_value(&order[i]->value));
	free(order);
	return array;
}

jv
merge_value(const struct merge *m)
{
	jv object;
	size_t i;

	switch (m->kind) {
	case MERGE_RAW:
		return value_of((struct json){m->bytes.p, m->bytes.n});
	case MERGE_TEXT:
		return value_text(m->bytes.p, m->bytes.n);
	case MERGE_ARRAY:
		return array_value(m);
	case MERGE_OBJECT:
		object = jv_object();
		for (i = 0; i < m->n; i++)
			object = jv_object_set(object,
			    value_of((struct json){m->members[i].name.p,
			    m->members[i].name.n}),
			    merge_value(&m->members[i].value));
		return object;
	default:
		return jv_null();
	}
}

void
merge_free(struct merge *m)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		buf_free(&m->members[i].name);
		merge_free(&m->members[i].value);
	}
	free(m->members);
	buf_free(&m->bytes);
	*m = (struct merge){0};
}
