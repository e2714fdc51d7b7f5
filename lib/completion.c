#include <stdlib.h>

#include "completion.h"
#include "emit.h"
#include "mem.h"
#include "merge.h"
#include "utf8.h"

static void
free_choice(struct completion_choice *c)
{
	merge_free(&c->message);
	merge_free(&c->members);
}

void
completion_clear(struct completion *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		free_choice(&c->choices[i]);
	merge_free(&c->members);
	free(c->choices);
	buf_free(&c->record);
	*c = (struct completion){0};
}

/* Room for all choices that fold knows; there are FOLD_CHOICES at most. */
static void
make_room(struct completion *c, const struct fold *f)
{
	if (f->nchoices <= c->n)
		return;
	c->choices = mem_resize(c->choices, f->nchoices, sizeof(*c->choices));
	for (; c->n < f->nchoices; c->n++)
		c->choices[c->n] = (struct completion_choice){{0}, {0}};
}

/* Keeps a member from the last chunk that had something to say in it. */
static void
keep(struct merge *members, struct json name, struct json value)
{
	struct merge *m = merge_member(members, name);

	if (m->kind == MERGE_NONE || (json_type(value) != JSON_NULL &&
	    (json_type(value) != JSON_STRING || json_says(value))))
		merge_set(m, value);
}

static bool
is_zero(struct json v)
{
	return json_type(v) == JSON_NUMBER && json_number(v) == 0;
}

static void
add_members(struct completion *c, const struct fold *f, struct json record)
{
	struct json_iter i;
	struct json name, value;

	for (i = json_first(record); json_more(&i, &name, &value);) {
		if (json_is(name, "choices") || json_is(name, "object") ||
		    json_is(name, "error"))
			continue;
		if (json_is(name, "id") && f->id.p != NULL &&
		    !json_equals(value, f->id.p, f->id.n))
			continue;	/* the answer's is the first */
		if (json_is(name, "created") && is_zero(value) &&
		    merge_find(&c->members, "created") != NULL)
			continue;
		keep(&c->members, name, value);
	}
}

/* What a part of the content says goes where it would stand without parts. */
static void
add_part(struct merge *message, struct json part)
{
	struct json said;
	struct merge *m;

	switch (chunk_part(part, &said)) {
	case CHUNK_SAYS_TEXT:
		m = merge_text(message, "content");
		break;
	case CHUNK_SAYS_THINKING:
		m = merge_text(message, "reasoning_content");
		break;
	case CHUNK_SAYS_REFUSAL:
		m = merge_text(message, "refusal");
		break;
	default:
		merge_push(message, "content_parts", part);
		return;
	}
	chunk_join(said, &m->bytes, &m->half);
}

static void
add_delta(struct merge *message, struct json delta)
{
	struct json_iter i, parts;
	struct json name, value, none, part;

	for (i = json_first(delta); json_more(&i, &name, &value);) {
		if (!json_is(name, "content") ||
		    json_type(value) != JSON_ARRAY) {
			merge_put(message, name, value);
			continue;
		}
		for (parts = json_first(value); json_more(&parts, &none, &part);)
			add_part(message, part);
	}
}

static void
add_choice(struct completion_choice *to, const struct chunk_choice *from,
    bool delta)
{
	struct json_iter i;
	struct json name, value;

	if (delta)
		add_delta(&to->message, from->delta);
	for (i = json_first(from->value); json_more(&i, &name, &value);) {
		if (json_is(name, "logprobs") && delta)
			merge_add(merge_member(&to->members, name), value);
		else if (json_is(name, "finish_reason") && from->finish.p == NULL)
			continue;	/* an empty one is none (chunk.h) */
		else if (!json_is(name, "index") && !json_is(name, "delta") &&
		    !json_is(name, "message") && !json_is(name, "logprobs"))
			keep(&to->members, name, value);
	}
}

/*
 * Takes a record apart into what is merged. One that came whole after deltas says
 * again what they said.
 */
static void
add_record(struct completion *c, const struct fold *f, const struct chunk *chunk,
    bool again)
{
	const struct chunk_choice *choice;
	const struct fold_choice *known;
	struct chunk_iter choices;

	add_members(c, f, chunk->value);
	for (chunk_choices(&choices, chunk);
	    (choice = chunk_choice(&choices)) != NULL;) {
		known = fold_choice(f, choice->index);
		if (known != NULL)
			add_choice(&c->choices[known - f->choices], choice,
			    !again || !known->in_deltas);
	}
}

/* The answer came whole, and yet there is more of it. */
static void
take_apart(struct completion *c, const struct fold *f)
{
	struct json_fault fault;
	struct chunk chunk;

	(void)chunk_read(&chunk, c->record.p, c->record.n, &fault);
	add_record(c, f, &chunk, false);
	buf_free(&c->record);
}

void
completion_add(struct completion *c, const struct fold *f,
    const struct chunk *chunk)
{
	bool whole = chunk->kind == CHUNK_COMPLETION;

	if (!whole && chunk->kind != CHUNK_DELTA)
		return;
	make_room(c, f);
	if (c->record.n > 0)
		take_apart(c, f);
	if (whole && f->completion)
		buf_add(&c->record, chunk->value.p, chunk->value.n);
	else
		add_record(c, f, chunk, whole);
}

/* Writing. */

static void
emit_string(struct emit *e, struct fold_string s)
{
	if (s.p != NULL)
		emit_text(e, s.p, s.n);
	else
		emit_word(e, "null");
}

/* NULL is null. */
static void
emit_list(struct emit *e, const struct fold_list *l)
{
	size_t i;

	if (l == NULL) {
		emit_word(e, "null");
		return;
	}
	emit_open(e, '[');
	for (i = 0; i < l->n; i++)
		emit_string(e, l->items[i].text);
	emit_close(e, ']');
}

/*
 * An array of {first: text, second: more}. Where more is unknown it is null; of errors,
 * whose retry may be announced, ruled out or not spoken of, it is left out then.
 */
static void
emit_pairs(struct emit *e, const struct fold_list *l, const char *first,
    const char *second, bool always)
{
	const struct fold_item *item;
	size_t i;

	emit_open(e, '[');
	for (i = 0; i < l->n; i++) {
		item = &l->items[i];
		emit_open(e, '{');
		emit_string(emit_name(e, first), item->text);
		if (always || item->more.p != NULL || item->more_is_null)
			emit_string(emit_name(e, second), item->more);
		emit_close(e, '}');
	}
	emit_close(e, ']');
}

static void
emit_thread(struct emit *e, const struct fold_thread *t, bool thinking)
{
	emit_open(e, '{');
	emit_string(emit_name(e, "model"), t->model);
	emit_text(emit_name(e, "text"), t->text.p, t->text.n);
	emit_json(emit_name(e, "confidence"), (struct json){t->score.p, t->score.n});
	emit_word(emit_name(e, "done"), t->done ? "true" : "false");
	emit_count(emit_name(e, "retries"), t->retries);
	emit_pairs(emit_name(e, "errors"), &t->errors, "message", "retry_at", false);
	emit_list(emit_name(e, "searches"), &t->searches);
	emit_list(emit_name(e, "fetched"), &t->fetched);
	emit_pairs(emit_name(e, "sources"), &t->sources, "url", "title", true);
	emit_pairs(emit_name(e, "files"), &t->files, "id", "content_type", true);
	emit_count(emit_name(e, "thinking_chars"), t->thinking_chars);
	if (thinking)
		emit_text(emit_name(e, "thinking"), t->thinking.p, t->thinking.n);
	emit_close(e, '}');
}

static void
emit_threads(struct emit *e, const struct fold *f, const char *key)
{
	size_t i;

	emit_open(e, '{');
	for (i = 0; i < f->nthreads; i++) {
		if (key != NULL && !fold_matches(f->threads[i], key))
			continue;
		emit_string(e, f->threads[i]->key);
		emit_named(e);
		emit_thread(e, f->threads[i], (f->keep & FOLD_THINKING) != 0);
	}
	emit_close(e, '}');
}

static void
emit_ensemble(struct emit *e, const struct fold *f, const char *key)
{
	size_t i;

	emit_open(e, '{');
	emit_string(emit_name(e, "mode"), f->mode);
	emit_list(emit_name(e, "start_models"), f->started ? &f->start : NULL);
	emit_list(emit_name(e, "final_models"), f->ended ? &f->final : NULL);
	emit_string(emit_name(e, "consensus_model"), f->consensus);
	emit_threads(emit_name(e, "threads"), f, key);
	if (f->other.n > 0) {
		emit_open(emit_name(e, "other"), '{');
		for (i = 0; i < f->other.n; i++) {
			emit_string(e, f->other.items[i].text);
			emit_named(e);
			emit_count(e, f->other.items[i].count);
		}
		emit_close(e, '}');
	}
	emit_close(e, '}');
}

/* The members of an object but two, which have their own place. */
static void
emit_others(struct emit *e, const struct merge *m, const char *but,
    const char *and_but)
{
	struct json name;
	size_t i;

	for (i = 0; m->kind == MERGE_OBJECT && i < m->n; i++) {
		name = (struct json){m->members[i].name.p, m->members[i].name.n};
		if (json_is(name, but) || json_is(name, and_but))
			continue;
		emit_json(e, name);
		emit_named(e);
		merge_emit(&m->members[i].value, e);
	}
}

/* A member, or JSON of ours where there is none or null. */
static void
emit_member(struct emit *e, const struct merge *m, const char *name,
    const char *otherwise)
{
	const struct merge *v = merge_find(m, name);

	emit_name(e, name);
	if (v != NULL && !merge_is_null(v))
		merge_emit(v, e);
	else
		emit_word(e, otherwise);
}

static void
emit_choice(struct emit *e, const struct completion_choice *c, long index)
{
	emit_open(e, '{');
	emit_name(e, "index");
	if (index >= 0)
		emit_count(e, (unsigned long long)index);
	else
		emit_word(e, "null");
	emit_open(emit_name(e, "message"), '{');
	emit_member(e, &c->message, "role", "\"assistant\"");
	emit_member(e, &c->message, "content", "null");
	emit_others(e, &c->message, "role", "content");
	emit_close(e, '}');
	emit_others(e, &c->members, "finish_reason", "index");
	emit_member(e, &c->members, "finish_reason", "null");
	emit_close(e, '}');
}

static int
by_index(const void *a, const void *b)
{
	const struct fold_choice *x = *(const struct fold_choice *const *)a;
	const struct fold_choice *y = *(const struct fold_choice *const *)b;

	return (x->index > y->index) - (x->index < y->index);
}

static void
emit_choices(struct emit *e, const struct completion *c, const struct fold *f)
{
	const struct fold_choice **order = mem_zero(c->n,
	    sizeof(const struct fold_choice *));
	size_t i;

	for (i = 0; i < c->n; i++)
		order[i] = &f->choices[i];
	qsort(order, c->n, sizeof(const struct fold_choice *), by_index);
	for (i = 0; i < c->n; i++)
		emit_choice(e, &c->choices[order[i] - f->choices],
		    order[i]->index);
	free(order);
}

/* The choice of an answer of which only the ensemble's chunks came. */
static void
emit_main(struct emit *e, const struct fold *f)
{
	const struct fold_thread *t = fold_main(f);
	struct completion_choice c = {{0}, {0}};

	if (t != NULL && t->text.n > 0) {
		buf_add(&merge_text(&c.message, "content")->bytes, t->text.p, t->text.n);
		if (t->done)
			buf_adds(&merge_text(&c.members, "finish_reason")->bytes, "stop");
	}
	emit_choice(e, &c, 0);
	free_choice(&c);
}

static void
write_object(const struct completion *c, const struct fold *f, const char *key,
    struct buf *out)
{
	struct emit e = {.out = out};

	emit_open(&e, '{');
	if (merge_find(&c->members, "id") != NULL)
		emit_member(&e, &c->members, "id", "null");
	emit_word(emit_name(&e, "object"), "\"chat.completion\"");
	emit_others(&e, &c->members, "id", f->ensemble ? "supai" : "id");
	emit_open(emit_name(&e, "choices"), '[');
	emit_choices(&e, c, f);
	if (c->n == 0 && f->ensemble)
		emit_main(&e, f);
	emit_close(&e, ']');
	if (f->ensemble)
		emit_ensemble(emit_name(&e, "supai"), f, key);
	if (f->errors.n > 0)
		emit_json(emit_name(&e, "error"), (struct json){f->errors.items[0].text.p,
		    f->errors.items[0].text.n});
	emit_close(&e, '}');
}

void
completion_write(const struct completion *c, const struct fold *f, const char *key,
    struct buf *out)
{
	if (c->record.n > 0)
		utf8_add(out, c->record.p, c->record.n);
	else
		write_object(c, f, key, out);
}
