#include <stdlib.h>

#include "completion.h"
#include "mem.h"
#include "merge.h"
#include "value.h"

struct choice {
	long		index;
	struct merge	message;
	struct merge	members;	/* the choice's others */
};

struct completion {
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
	char *key = json_string(name);
	struct merge *m = merge_member(members, key);

	if (json_type(value) != JSON_NULL || m->kind == MERGE_NONE)
		merge_set(m, value);
	free(key);
}

static void
add_choice(struct completion *c, const struct chunk_choice *from)
{
	struct choice *to = get_choice(c, from->index);
	struct json_iter i;
	struct json name, value;

	for (i = json_first(from->value); json_more(&i, &name, &value);) {
		if (json_is(name, "delta"))
			merge_add(&to->message, value);
		else if (json_is(name, "logprobs"))
			merge_add(merge_member(&to->members, "logprobs"), value);
		else if (!json_is(name, "index"))
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

/* Building. */

static jv
set(jv object, const char *name, jv value)
{
	return jv_object_set(object, jv_string(name), value);
}

static jv
string_value(struct fold_string s)
{
	return s.p != NULL ? value_text(s.p, s.n) : jv_null();
}

static jv
strings(const struct fold_list *l)
{
	jv array = jv_array();
	size_t i;

	for (i = 0; i < l->n; i++)
		array = jv_array_append(array, string_value(l->items[i].text));
	return array;
}

/* An array of {first: text, second: more}; the second null where it is unknown. */
static jv
pairs(const struct fold_list *l, const char *first, const char *second)
{
	jv array = jv_array(), pair;
	size_t i;

	for (i = 0; i < l->n; i++) {
		pair = set(jv_object(), first, string_value(l->items[i].text));
		pair = set(pair, second, string_value(l->items[i].more));
		array = jv_array_append(array, pair);
	}
	return array;
}

/* The errors: whether a retry was announced, ruled out or not spoken of. */
static jv
errors(const struct fold_list *l)
{
	jv array = jv_array(), error;
	size_t i;

	for (i = 0; i < l->n; i++) {
		error = set(jv_object(), "message", string_value(l->items[i].text));
		if (l->items[i].more.p != NULL || l->items[i].more_is_null)
			error = set(error, "retry_at",
			    string_value(l->items[i].more));
		array = jv_array_append(array, error);
	}
	return array;
}

static jv
thread_value(const struct fold_thread *t, bool thinking)
{
	jv v = jv_object();

	v = set(v, "model", string_value(t->model));
	v = set(v, "text", value_text(t->text.p, t->text.n));
	v = set(v, "confidence", t->scored ? jv_number(t->confidence) : jv_null());
	v = set(v, "done", jv_bool(t->done));
	v = set(v, "retries", jv_number((double)t->retries));
	v = set(v, "errors", errors(&t->errors));
	v = set(v, "searches", strings(&t->searches));
	v = set(v, "fetched", strings(&t->fetched));
	v = set(v, "sources", pairs(&t->sources, "url", "title"));
	v = set(v, "files", pairs(&t->files, "id", "content_type"));
	v = set(v, "thinking_chars", jv_number((double)t->thinking_chars));
	if (thinking)
		v = set(v, "thinking", value_text(t->thinking.p, t->thinking.n));
	return v;
}

static jv
ensemble_value(const struct fold_answer *a, bool thinking)
{
	jv v = jv_object(), threads = jv_object(), other = jv_object();
	size_t i;

	for (i = 0; i < a->nthreads; i++)
		threads = jv_object_set(threads,
		    string_value(a->threads[i]->key),
		    thread_value(a->threads[i], thinking));
	for (i = 0; i < a->other.n; i++)
		other = jv_object_set(other, string_value(a->other.items[i].text),
		    jv_number((double)a->other.items[i].count));
	v = set(v, "mode", string_value(a->mode));
	v = set(v, "start_models", a->started ? strings(&a->start) : jv_null());
	v = set(v, "final_models", a->ended ? strings(&a->final) : jv_null());
	v = set(v, "consensus_model", string_value(a->consensus));
	v = set(v, "threads", threads);
	if (a->other.n > 0)
		v = set(v, "other", other);
	else
		jv_free(other);
	return v;
}

/* Adds the members of the object "from" to "to", which keeps those it has. */
static jv
add_missing(jv to, const struct merge *from)
{
	jv members = from->kind == MERGE_OBJECT ? merge_value(from) : jv_object();

	return jv_object_merge(to, members);
}

static jv
choice_value(const struct choice *c)
{
	jv v = set(jv_object(), "index", jv_number((double)c->index));
	jv message = set(jv_object(), "role", jv_string("assistant"));

	message = set(message, "content", jv_null());
	v = set(v, "message", add_missing(message, &c->message));
	v = set(v, "finish_reason", jv_null());
	return add_missing(v, &c->members);
}

/* The choice of an answer of which only the ensemble's chunks came. */
static jv
main_choice(const struct fold_answer *a)
{
	const struct fold_thread *t = fold_main(a);
	bool text = t != NULL && t->text.n > 0;
	jv message = set(jv_object(), "role", jv_string("assistant"));
	jv v = set(jv_object(), "index", jv_number(0));

	message = set(message, "content",
	    text ? value_text(t->text.p, t->text.n) : jv_null());
	v = set(v, "message", message);
	return set(v, "finish_reason",
	    text && t->done ? jv_string("stop") : jv_null());
}

jv
completion_value(const struct completion *c, const struct fold_answer *a,
    bool thinking)
{
	jv v = jv_object(), choices = jv_array();
	size_t i;

	v = add_missing(v, &c->members);
	v = set(v, "object", jv_string("chat.completion"));
	for (i = 0; i < c->n; i++)
		choices = jv_array_append(choices, choice_value(&c->choices[i]));
	if (c->n == 0 && a->ensemble)
		choices = jv_array_append(choices, main_choice(a));
	v = set(v, "choices", choices);
	if (a->ensemble)
		v = set(v, "supai", ensemble_value(a, thinking));
	if (a->error.n > 0)
		v = set(v, "error",
		    value_of((struct json){a->error.p, a->error.n}));
	return v;
}

static jv
choice_message(jv v, int at)
{
	jv choices = value_get(v, "choices"), choice, message;

	if (jv_get_kind(choices) != JV_KIND_ARRAY) {
		jv_free(choices);
		return jv_null();
	}
	choice = jv_array_get(choices, at);
	message = value_get(choice, "message");
	jv_free(choice);
	if (jv_is_valid(message))
		return message;
	jv_free(message);
	return jv_null();
}

/* Whether a member holds anything: a text or an array with something in it, an object. */
static bool
holds(jv object, const char *name)
{
	jv v = value_get(object, name);
	bool some;

	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		some = jv_string_length_bytes(jv_copy(v)) > 0;
		break;
	case JV_KIND_ARRAY:
		some = jv_array_length(jv_copy(v)) > 0;
		break;
	default:
		some = jv_get_kind(v) == JV_KIND_OBJECT;
	}
	jv_free(v);
	return some;
}

bool
completion_answers(jv v)
{
	jv choices = value_get(v, "choices"), message;
	int i, n = jv_get_kind(choices) == JV_KIND_ARRAY ?
	    jv_array_length(jv_copy(choices)) : 0;
	bool some = false;

	jv_free(choices);
	for (i = 0; i < n && !some; i++) {
		message = choice_message(v, i);
		some = holds(message, "content") || holds(message, "tool_calls") ||
		    holds(message, "function_call");
		jv_free(message);
	}
	return some;
}

jv
completion_message(jv v)
{
	return choice_message(v, 0);
}
