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

void
merge_lay(struct merge *m, struct json v, bool patch)
{
	struct json_iter i = json_first(v);
	struct json name, value;
	struct buf text = {0};

	if (json_type(v) == JSON_OBJECT &&
	    (json_holds(v) || m->kind == MERGE_OBJECT)) {
		while (json_more(&i, &name, &value))
			merge_lay(merge_member(m, name), value, patch);
		return;
	}
	if (patch && json_type(v) == JSON_NULL) {
		become(m, MERGE_GONE);
		return;
	}
	emit_compact(&(struct emit){.out = &text}, v);
	merge_set(m, (struct json){text.p, text.n});
	buf_free(&text);
}

/* A further member. */
static struct merge_member *
push(struct merge *m, struct json name, long index)
{
	struct merge_member *member;

	m->members = mem_room(m->members, m->n, sizeof(*m->members));
	member = &m->members[m->n++];
	*member = (struct merge_member){.index = index};
	buf_add(&member->name, name.p, name.n);
	return member;
}

static struct merge_member *
find_name(const struct merge *m, struct json name)
{
	size_t at = 0, *i;
	uint64_t hash;

	/* Most often it is the one after the one before. */
	if (m->last + 1 < m->n && buf_is(&m->members[m->last + 1].name, name.p, name.n))
		return &m->members[m->last + 1];
	hash = table_hash(name.p, name.n);
	while ((i = table_next(&m->table, hash, &at)) != NULL)
		if (buf_is(&m->members[*i].name, name.p, name.n))
			return &m->members[*i];
	return NULL;
}

static struct merge *
as_written(struct merge *m, struct json name)
{
	struct merge_member *member = find_name(m, name);

	if (member == NULL) {
		table_add(&m->table, table_hash(name.p, name.n), m->n);
		member = push(m, name, -1);
	}
	m->last = (size_t)(member - m->members);
	return &member->value;
}

/* Names are kept as json_quote writes them: one name in one way. */
struct merge *
merge_member(struct merge *m, struct json name)
{
	struct buf text = {0}, quoted = {0};
	struct merge *member;

	become(m, MERGE_OBJECT);
	if (memchr(name.p, '\\', name.n) == NULL)
		return as_written(m, name);
	json_text(name, &text);
	json_quote(&quoted, text.p, text.n);
	member = as_written(m, (struct json){quoted.p, quoted.n});
	buf_free(&text);
	buf_free(&quoted);
	return member;
}

/* The member of a name of ours, made one of that kind. */
static struct merge *
member_of_kind(struct merge *m, const char *name, enum merge_kind kind)
{
	struct buf quoted = {0};
	struct merge *member;

	json_quote(&quoted, name, strlen(name));
	member = merge_member(m, (struct json){quoted.p, quoted.n});
	buf_free(&quoted);
	become(member, kind);
	return member;
}

struct merge *
merge_text(struct merge *m, const char *name)
{
	return member_of_kind(m, name, MERGE_TEXT);
}

void
merge_push(struct merge *m, const char *name, struct json element)
{
	m = member_of_kind(m, name, MERGE_ARRAY);
	merge_set(&push(m, (struct json){0}, -1)->value, element);
}

/* Where the last element of that index is noted; NULL: nowhere, or it is none. */
static size_t *
find_index(const struct merge *m, long index)
{
	uint64_t hash = table_hash(&index, sizeof(index));
	size_t at = 0, *i;

	if (m->members == NULL || index < 0)
		return NULL;
	while ((i = table_next(&m->table, hash, &at)) != NULL)
		if (m->members[*i].index == index)
			return i;
	return NULL;
}

/* A further element, which is the last one of its index, where it says one. */
static struct merge_member *
push_element(struct merge *m, struct json id, long index)
{
	size_t *last = find_index(m, index);

	if (last != NULL)
		*last = m->n;
	else if (index >= 0)
		table_add(&m->table, table_hash(&index, sizeof(index)), m->n);
	if (id.n > 0)
		table_add(&m->table, table_hash(id.p, id.n), m->n);
	return push(m, id, index);
}

/* Strings that come whole, and again and again from some services. */
static bool
is_label(struct json name)
{
	static const char *const labels[] = {
		"role", "type", "id", "name", "format", "channel", "index",
	};
	size_t i;

	for (i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (json_is(name, labels[i]))
			return true;
	return false;
}

static void
add_object(struct merge *m, struct json v, bool skip_index)
{
	struct json_iter i;
	struct json name, value;

	become(m, MERGE_OBJECT);
	for (i = json_first(v); json_more(&i, &name, &value);)
		if (!skip_index || !json_is(name, "index"))
			merge_put(m, name, value);
}

static void
add_array(struct merge *m, struct json v)
{
	struct json_iter i;
	struct json name, value;
	struct merge_member *element;
	size_t *known;
	long index;

	become(m, MERGE_ARRAY);
	for (i = json_first(v); json_more(&i, &name, &value);) {
		index = json_index(json_get(value, "index"));
		known = find_index(m, index);
		element = known != NULL ? &m->members[*known] :
		    push_element(m, (struct json){0}, index);
		if (index >= 0)
			merge_add(&element->value, value);
		else	/* nothing can be added to it */
			merge_set(&element->value, value);
	}
}

/* Calls of tools. */

/* Whether a call has another name than the function of one that came without id. */
static bool
is_other(const struct merge_member *call, struct json name)
{
	const struct merge *function = merge_find(&call->value, "function");
	const struct merge *known = function != NULL ?
	    merge_find(function, "name") : NULL;

	return known == NULL || !buf_is(&known->bytes, name.p, name.n);
}

/*
 * The call that one without an id goes on with; NULL: with none. With an index it
 * is that one's last; else the last of all, but where it has a name of its own
 * and that one has another, or was in the same array before it.
 */
static struct merge_member *
goes_on(const struct merge *m, struct json call, long index, bool again)
{
	struct json name = json_get(json_get(call, "function"), "name");
	size_t *last = find_index(m, index);

	if (index >= 0)
		return last != NULL ? &m->members[*last] : NULL;
	if (m->n == 0 || (json_holds(name) &&
	    (again || is_other(&m->members[m->last], name))))
		return NULL;
	return &m->members[m->last];
}

static struct merge_member *
find_call(struct merge *m, struct json call, bool again)
{
	struct json id = json_get(call, "id");
	long index = json_index(json_get(call, "index"));
	struct merge_member *known;
	size_t *last;

	if (!json_says(id)) {
		known = goes_on(m, call, index, again);
		return known != NULL ? known :
		    push_element(m, (struct json){0}, index);
	}
	known = find_name(m, id);
	if (known != NULL)
		return known;
	last = find_index(m, index);
	known = last != NULL ? m->members + *last : NULL;
	if (known == NULL || known->name.n > 0)
		return push_element(m, id, index);
	/* That one gets its id late. */
	buf_add(&known->name, id.p, id.n);
	table_add(&m->table, table_hash(id.p, id.n), *last);
	return known;
}

static void
add_calls(struct merge *m, struct json v)
{
	struct json_iter i;
	struct json name, value;
	struct merge_member *call;
	bool again = false;

	become(m, MERGE_ARRAY);
	for (i = json_first(v); json_more(&i, &name, &value); again = true) {
		call = find_call(m, value, again);
		m->last = (size_t)(call - m->members);
		if (json_type(value) == JSON_OBJECT)
			add_object(&call->value, value, true);
		else
			merge_add(&call->value, value);
	}
}

void
merge_put(struct merge *m, struct json name, struct json piece)
{
	struct merge *to = merge_member(m, name);

	if (json_type(piece) == JSON_STRING && is_label(name)) {
		if (to->kind == MERGE_NONE || json_holds(piece))
			merge_set(to, piece);
	} else if (json_type(piece) == JSON_ARRAY &&
	    json_is(name, "tool_calls")) {
		add_calls(to, piece);
	} else {
		merge_add(to, piece);
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
		json_join(piece, &m->bytes, &m->half);
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
		if (m->members[i].value.kind == MERGE_GONE)
			continue;
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
	table_free(&m->table);
	buf_free(&m->bytes);
	*m = (struct merge){0};
}
