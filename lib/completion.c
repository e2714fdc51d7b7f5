#include <stdlib.h>

#include "completion.h"
#include "emit.h"
#include "mem.h"
#include "merge.h"
#include "utf8.h"

struct choice {
	long		index;
	struct merge	message;
	struct merge	members;	/* the choice's others */
};

struct completion {
	struct json	 record;	/* it came whole; borrowed, as its choices */
	struct json	 record_choices;
	struct merge	 members;	/* of the chunks, but choices */
	struct choice	*choices;
	size_t		 n;
};

struct completion *
completion_new(void)
{
	return mem_zero(1, sizeof(struct completion));
}

void
completion_free(struct completion *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		merge_free(&c->choices[i].message);
		merge_free(&c->choices[i].members);
	}
	merge_free(&c->members);
	free(c->choices);
	free(c);
}

static struct choice *
get_choice(struct completion *c, long index)
{
	size_t i, at = c->n;

	for (i = 0; i < c->n; i++)
		if (c->choices[i].index == index)
			return &c->choices[i];
	while (at > 0 && c->choices[at - 1].index > index)
		at--;
	c->choices = mem_resize(c->choices, c->n + 1, sizeof(*c->choices));
	for (i = c->n++; i > at; i--)
		c->choices[i] = c->choices[i - 1];
	c->choices[at] = (struct choice){.index = index};
	return &c->choices[at];
}

/* Keeps a member from the last chunk that had something to say in it. */
static void
keep(struct merge *members, struct json name, struct json value)
{
	struct merge *m = merge_member(members, name);

	if (json_type(value) != JSON_NULL || m->kind == MERGE_NONE)
		merge_set(m, value);
}

static void
add_choice(struct completion *c, const struct chunk_choice *from)
{
	struct choice *to = get_choice(c, from->index);
	struct json_iter i;
	struct json name, value;

	if (from->delta.p != NULL)
		merge_add(&to->message, from->delta);
	for (i = json_first(from->value); json_more(&i, &name, &value);) {
		if (json_is(name, "logprobs"))
			merge_add(merge_member(&to->members, name), value);
		else if (json_is(name, "finish_reason") && from->finish.p == NULL)
			continue;	/* an empty one is none (chunk.h) */
		else if (!json_is(name, "index") && !json_is(name, "delta") &&
		    !json_is(name, "message"))
			keep(&to->members, name, value);
	}
}

void
completion_add(struct completion *c, const struct chunk *chunk)
{
	const struct chunk_choice *choice;
	struct chunk_iter choices;
	struct json_iter i;
	struct json name, value;

	if (chunk->kind == CHUNK_COMPLETION) {
		c->record = chunk->value;
		c->record_choices = chunk->choices;
	}
	if (chunk->kind != CHUNK_DELTA)
		return;
	for (i = json_first(chunk->value); json_more(&i, &name, &value);)
		if (!json_is(name, "choices") && !json_is(name, "object") &&
		    !json_is(name, "error"))
			keep(&c->members, name, value);
	for (chunk_choices(&choices, chunk);
	    (choice = chunk_choice(&choices)) != NULL;)
		add_choice(c, choice);
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

static void
emit_list(struct emit *e, const struct fold_list *l)
{
	size_t i;

	emit_open(e, '[');
	for (i = 0; i < l->n; i++)
		emit_string(e, l->items[i].text);
	emit_close(e, ']');
}

/* An array of {first: text, second: more}; the second null where it is unknown. */
static void
emit_pairs(struct emit *e, const struct fold_list *l, const char *first,
    const char *second)
{
	size_t i;

	emit_open(e, '[');
	for (i = 0; i < l->n; i++) {
		emit_open(e, '{');
		emit_name(e, first);
		emit_string(e, l->items[i].text);
		emit_name(e, second);
		emit_string(e, l->items[i].more);
		emit_close(e, '}');
	}
	emit_close(e, ']');
}

/* The errors: whether a retry was announced, ruled out or not spoken of. */
static void
emit_errors(struct emit *e, const struct fold_list *l)
{
	size_t i;

	emit_open(e, '[');
	for (i = 0; i < l->n; i++) {
		emit_open(e, '{');
		emit_name(e, "message");
		emit_string(e, l->items[i].text);
		if (l->items[i].more.p != NULL || l->items[i].more_is_null) {
			emit_name(e, "retry_at");
			emit_string(e, l->items[i].more);
		}
		emit_close(e, '}');
	}
	emit_close(e, ']');
}

static void
emit_thread(struct emit *e, const struct fold_thread *t, bool thinking)
{
	emit_open(e, '{');
	emit_name(e, "model");
	emit_string(e, t->model);
	emit_name(e, "text");
	emit_text(e, t->text.p, t->text.n);
	emit_name(e, "confidence");
	emit_json(e, (struct json){t->score.p, t->score.n});
	emit_name(e, "done");
	emit_word(e, t->done ? "true" : "false");
	emit_name(e, "retries");
	emit_count(e, t->retries);
	emit_name(e, "errors");
	emit_errors(e, &t->errors);
	emit_name(e, "searches");
	emit_list(e, &t->searches);
	emit_name(e, "fetched");
	emit_list(e, &t->fetched);
	emit_name(e, "sources");
	emit_pairs(e, &t->sources, "url", "title");
	emit_name(e, "files");
	emit_pairs(e, &t->files, "id", "content_type");
	emit_name(e, "thinking_chars");
	emit_count(e, t->thinking_chars);
	if (thinking) {
		emit_name(e, "thinking");
		emit_text(e, t->thinking.p, t->thinking.n);
	}
	emit_close(e, '}');
}

static void
emit_threads(struct emit *e, const struct fold_answer *a, bool thinking)
{
	size_t i;

	emit_open(e, '{');
	for (i = 0; i < a->nthreads; i++) {
		emit_string(e, a->threads[i]->key);
		emit_named(e);
		emit_thread(e, a->threads[i], thinking);
	}
	emit_close(e, '}');
}

static void
emit_ensemble(struct emit *e, const struct fold_answer *a, bool thinking)
{
	static const struct fold_string none;
	size_t i;

	emit_open(e, '{');
	emit_name(e, "mode");
	emit_string(e, a->mode);
	emit_name(e, "start_models");
	if (a->started)
		emit_list(e, &a->start);
	else
		emit_string(e, none);
	emit_name(e, "final_models");
	if (a->ended)
		emit_list(e, &a->final);
	else
		emit_string(e, none);
	emit_name(e, "consensus_model");
	emit_string(e, a->consensus);
	emit_name(e, "threads");
	emit_threads(e, a, thinking);
	if (a->other.n > 0) {
		emit_name(e, "other");
		emit_open(e, '{');
		for (i = 0; i < a->other.n; i++) {
			emit_string(e, a->other.items[i].text);
			emit_named(e);
			emit_count(e, a->other.items[i].count);
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
emit_choice(struct emit *e, const struct choice *c)
{
	emit_open(e, '{');
	emit_name(e, "index");
	if (c->index >= 0)
		emit_count(e, (unsigned long long)c->index);
	else
		emit_word(e, "null");
	emit_name(e, "message");
	emit_open(e, '{');
	emit_member(e, &c->message, "role", "\"assistant\"");
	emit_member(e, &c->message, "content", "null");
	emit_others(e, &c->message, "role", "content");
	emit_close(e, '}');
	emit_others(e, &c->members, "finish_reason", "index");
	emit_member(e, &c->members, "finish_reason", "null");
	emit_close(e, '}');
}

/* The choice of an answer of which only the ensemble's chunks came. */
static void
emit_main(struct emit *e, const struct fold_answer *a)
{
	const struct fold_thread *t = fold_main(a);
	bool text = t != NULL && t->text.n > 0;

	emit_open(e, '{');
	emit_name(e, "index");
	emit_count(e, 0);
	emit_name(e, "message");
	emit_open(e, '{');
	emit_name(e, "role");
	emit_word(e, "\"assistant\"");
	emit_name(e, "content");
	if (text)
		emit_text(e, t->text.p, t->text.n);
	else
		emit_word(e, "null");
	emit_close(e, '}');
	emit_name(e, "finish_reason");
	emit_word(e, text && t->done ? "\"stop\"" : "null");
	emit_close(e, '}');
}

/* Where the choices stand in what is written, which may move. */
struct place {
	size_t	from, n;
};

static struct place
write_object(const struct completion *c, const struct fold_answer *a,
    bool thinking, struct buf *out)
{
	struct emit e = {.out = out};
	struct place choices;
	size_t i;

	emit_open(&e, '{');
	if (merge_find(&c->members, "id") != NULL)
		emit_member(&e, &c->members, "id", "null");
	emit_name(&e, "object");
	emit_word(&e, "\"chat.completion\"");
	emit_others(&e, &c->members, "id", a->ensemble ? "supai" : "id");
	emit_name(&e, "choices");
	choices.from = out->n;
	emit_open(&e, '[');
	for (i = 0; i < c->n; i++)
		emit_choice(&e, &c->choices[i]);
	if (c->n == 0 && a->ensemble)
		emit_main(&e, a);
	emit_close(&e, ']');
	choices.n = out->n - choices.from;
	if (a->ensemble) {
		emit_name(&e, "supai");
		emit_ensemble(&e, a, thinking);
	}
	if (a->error.n > 0) {
		emit_name(&e, "error");
		emit_json(&e, (struct json){a->error.p, a->error.n});
	}
	emit_close(&e, '}');
	return choices;
}

struct json
completion_json(const struct completion *c, const struct fold_answer *a,
    bool thinking, struct buf *out, struct json *choices)
{
	size_t from = out->n;
	struct place place;
	struct json mended;

	*choices = c->record_choices;
	if (c->record.p != NULL) {
		if (utf8_valid(c->record.p, c->record.n) == c->record.n)
			return c->record;
		utf8_add(out, c->record.p, c->record.n);
		mended = (struct json){out->p + from, out->n - from};
		*choices = json_get(mended, "choices");
		return mended;
	}
	place = write_object(c, a, thinking, out);
	*choices = (struct json){out->p + place.from, place.n};
	return (struct json){out->p + from, out->n - from};
}

bool
completion_answers(struct json choices)
{
	struct json_iter i = json_first(choices);
	struct json name, choice;

	while (json_more(&i, &name, &choice))
		if (chunk_answers(json_get(choice, "message")))
			return true;
	return false;
}

struct json
completion_message(struct json choices)
{
	struct json_iter i = json_first(choices);
	struct json name, choice;

	return json_more(&i, &name, &choice) ? json_get(choice, "message") :
	    (struct json){0};
}
