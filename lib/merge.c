#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "merge.h"

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

static struct merge *
as_written(struct merge *m, struct json name)
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

/* Names are kept as json_quote writes them: one name in one way. */
static struct merge *
by_name(struct merge *m, struct json name)
{
	struct buf text = {0}, quoted = {0};
	struct merge *member;

	if (memchr(name.p, '\\', name.n) == NULL)
		return as_written(m, name);
	json_text(name, &text);
	json_quote(&quoted, text.p, text.n);
	member = as_written(m, (struct json){quoted.p, quoted.n});
	buf_free(&text);
	buf_free(&quoted);
	return member;
}

struct merge *
merge_member(struct merge *m, struct json name)
{
	become(m, MERGE_OBJECT);
	return by_name(m, name);
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

static void
emit_array(const struct merge *m, struct emit *e)
{
	struct merge_member **order = mem_zero(m->n, sizeof(*order));
	size_t i;

	for (i = 0; i < m->n; i++)
		order[i] = &m->members[i];
	qsort(order, m->n, sizeof(*order), by_order);
	emit_open(e, '[');
	for (i = 0; i < m->n; i++)
		merge_emit(&order[i]->value, e);
	emit_close(e, ']');
	free(order);
}

const struct merge *
merge_find(const struct merge *m, const char *name)
{
	const struct buf *b;
	size_t i;

	for (i = 0; m->kind == MERGE_OBJECT && i < m->n; i++) {
		b = &m->members[i].name;
		if (json_is((struct json){b->p, b->n}, name))
			return &m->members[i].value;
	}
	return NULL;
}

bool
merge_is_null(const struct merge *m)
{
	return m->kind == MERGE_NONE || (m->kind == MERGE_RAW &&
	    json_type((struct json){m->bytes.p, m->bytes.n}) == JSON_NULL);
}

static void
emit_object(const struct merge *m, struct emit *e)
{
	const struct buf *name;
	size_t i;

	emit_open(e, '{');
	for (i = 0; i < m->n; i++) {
		name = &m->members[i].name;
		emit_json(e, (struct json){name->p, name->n});
		emit_named(e);
		merge_emit(&m->members[i].value, e);
	}
	emit_close(e, '}');
}

/* Goes as deep as the pieces were, which is 256 at most. */
void
merge_emit(const struct merge *m, struct emit *e)
{
	switch (m->kind) {
	case MERGE_RAW:
		emit_json(e, (struct json){m->bytes.p, m->bytes.n});
		break;
	case MERGE_TEXT:
		emit_text(e, m->bytes.p, m->bytes.n);
		break;
	case MERGE_ARRAY:
		emit_array(m, e);
		break;
	case MERGE_OBJECT:
		emit_object(m, e);
		break;
	default:
		emit_word(e, "null");
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
