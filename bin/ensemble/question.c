#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "mem.h"
#include "merge.h"
#include "question.h"
#include "target.h"

const char question_instructions[] =
#include "instructions_text.h"
;

const char question_revise[] =
#include "revise_text.h"
;

static const char judge_instructions[] =
#include "judge_text.h"
;

/* The members of a request that are ours to set, or for the service alone. */
static const char ours[] = "{\"model\":null,\"models\":null,\"stream\":null,"
    "\"stream_options\":null,\"environment\":null,\"include_supai_chunks\":null,"
    "\"messages\":null,\"logprobs\":true}";

/* Patches. */

static void
put_member(struct emit *e, struct json name)
{
	emit_json(e, name);
	emit_named(e);
}

/* The value of a text that is ours, or was checked. */
static struct json
value(const char *text)
{
	struct json_fault fault;
	struct json v = {0};

	(void)json_parse(text, strlen(text), &v, &fault);
	return v;
}

void
question_patch(struct buf *text, const char *patch)
{
	struct merge all = {0};

	merge_lay(&all, value(buf_string(text)), false);
	merge_lay(&all, value(patch), true);
	buf_clear(text);
	merge_emit(&all, &(struct emit){.out = text});
	merge_free(&all);
}

/* The question. */

static bool wrong(struct buf *why, const char *fmt, ...) BUF_PRINTF(2, 3);

static bool
wrong(struct buf *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(why, fmt, ap);
	va_end(ap);
	return false;
}

/* A member that is true, false, null or not there. */
static bool
read_flag(struct json object, const char *name, bool *flag, struct buf *why)
{
	enum json_type type = json_type(json_get(object, name));

	*flag = type == JSON_TRUE;
	if (type == JSON_TRUE || type == JSON_FALSE || type == JSON_NULL ||
	    type == JSON_NONE)
		return true;
	return wrong(why, "%s must be true or false", name);
}

/* An empty list names nobody, as null does. */
static bool
read_models(struct question *q, struct buf *why)
{
	struct json models = json_get(q->value, "models"), name, v;
	struct json_iter i;

	if (json_type(models) > JSON_NULL && json_type(models) != JSON_ARRAY)
		return wrong(why, "models must be an array of ids");
	for (i = json_first(models); json_more(&i, &name, &v);) {
		if (json_type(v) != JSON_STRING)
			return wrong(why, "models must be an array of ids");
		q->models = mem_resize(q->models, q->nmodels + 1,
		    sizeof(*q->models));
		q->models[q->nmodels++] = json_string(v);
	}
	return true;
}

static bool
read_messages(struct question *q, struct buf *why)
{
	struct json name, v;
	struct json_iter i;

	q->messages = json_get(q->value, "messages");
	if (json_type(q->messages) != JSON_ARRAY || !json_holds(q->messages))
		return wrong(why, "messages must be an array with a message in it");
	for (i = json_first(q->messages); json_more(&i, &name, &v);)
		if (json_type(v) != JSON_OBJECT)
			return wrong(why, "each of messages must be an object");
	return true;
}

/* What one model can do, and several that are merged into one text cannot. */
static bool
check_members(const struct question *q, struct buf *why)
{
	if (json_number(json_get(q->value, "n")) > 1)
		return wrong(why, "n over 1: an ensemble gives one answer");
	if (json_holds(json_get(q->value, "tools")) ||
	    json_type(json_get(q->value, "functions")) > JSON_NULL)
		return wrong(why, "tools and functions: an ensemble calls none");
	return true;
}

bool
question_read(struct question *q, const char *text, size_t n, struct buf *why)
{
	struct json_fault fault;
	struct json mode, options;

	*q = (struct question){0};
	if (!json_parse(text, n, &q->value, &fault))
		return wrong(why, "not JSON: %s at byte %zu", fault.why,
		    fault.at + 1);
	mode = json_get(q->value, "model");
	if (json_type(mode) > JSON_NULL && json_type(mode) != JSON_STRING)
		return wrong(why, "model must be a mode's name");
	q->mode = json_string(mode);
	if (q->mode == NULL)
		q->mode = mem_string("auto");
	options = json_get(q->value, "stream_options");
	if (json_holds(json_get(q->value, "environment")))
		q->environment = json_get(q->value, "environment");
	buf_add(&q->text, q->value.p, q->value.n);
	question_patch(&q->text, ours);
	q->rest = value(buf_string(&q->text));
	return read_messages(q, why) && read_models(q, why) &&
	    check_members(q, why) && read_flag(q->value, "stream", &q->stream, why) &&
	    read_flag(q->value, "include_supai_chunks", &q->chunks, why) &&
	    read_flag(options, "include_usage", &q->usage, why);
}

/* The requests that are made of it. */

/* Paragraphs of a text, an empty line between them. */
static void
add_paragraph(struct buf *text, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (text->n > 0)
		buf_adds(text, "\n\n");
	buf_add(text, p, n);
}

static void
put_part(struct emit *e, const struct buf *text)
{
	if (text->n == 0)
		return;
	emit_open(e, '{');
	emit_text(emit_name(e, "type"), "text", 4);
	emit_text(emit_name(e, "text"), text->p, text->n);
	emit_close(e, '}');
}

/* A message's content with a text before and one after it. */
static void
put_content(struct emit *e, struct json content, const struct buf *before,
    const struct buf *after)
{
	struct json name, v;
	struct json_iter i;
	struct buf text = {0}, own = {0};

	if (json_type(content) == JSON_ARRAY) {
		emit_open(e, '[');
		put_part(e, before);
		for (i = json_first(content); json_more(&i, &name, &v);)
			emit_json(e, v);
		put_part(e, after);
		emit_close(e, ']');
		return;
	}
	json_text(content, &own);
	add_paragraph(&text, before->p, before->n);
	add_paragraph(&text, own.p, own.n);
	add_paragraph(&text, after->p, after->n);
	emit_text(e, text.p, text.n);
	buf_free(&text);
	buf_free(&own);
}

static void
put_message(struct emit *e, struct json message, const struct buf *before,
    const struct buf *after)
{
	struct json name, v;
	struct json_iter i;

	if (before->n == 0 && after->n == 0) {
		emit_json(e, message);
		return;
	}
	emit_open(e, '{');
	for (i = json_first(message); json_more(&i, &name, &v);) {
		put_member(e, name);
		if (json_is(name, "content"))
			put_content(e, v, before, after);
		else
			emit_json(e, v);
	}
	if (json_get(message, "content").p == NULL)
		put_content(emit_name(e, "content"), (struct json){0}, before, after);
	emit_close(e, '}');
}

/* The first message of the system's and the last one of the user's, if there are any. */
static void
find_messages(struct json messages, struct json *system, struct json *user)
{
	struct json name, v, role;
	struct json_iter i;

	*system = *user = (struct json){0};
	for (i = json_first(messages); json_more(&i, &name, &v);) {
		role = json_get(v, "role");
		if (system->p == NULL &&
		    (json_is(role, "system") || json_is(role, "developer")))
			*system = v;
		if (json_is(role, "user"))
			*user = v;
	}
}

/* The messages, with what goes around the system's, and after the user's last one. */
static void
put_messages(struct emit *e, const struct question *q, const struct buf *before,
    const struct buf *after, const struct buf *data)
{
	struct json system, user, name, v;
	const struct buf none = {0};
	struct json_iter i;

	find_messages(q->messages, &system, &user);
	emit_open(e, '[');
	if (system.p == NULL && before->n + after->n > 0)
		put_message(e, value("{\"role\":\"system\"}"), before, after);
	for (i = json_first(q->messages); json_more(&i, &name, &v);) {
		if (v.p == system.p)
			put_message(e, v, before, after);
		else
			put_message(e, v, &none, v.p == user.p ? data : &none);
	}
	if (user.p == NULL && data->n > 0)
		put_message(e, value("{\"role\":\"user\"}"), &none, data);
	emit_close(e, ']');
}

/* What the panel's line merges into a request, but for its system message. */
static void
merge_line(struct buf *request, const struct target *t)
{
	struct json line = t->line->json;
	struct buf patch = {0};

	if (line.p == NULL)
		return;
	buf_add(&patch, line.p, line.n);
	question_patch(&patch, "{\"system\":null}");
	question_patch(request, buf_string(&patch));
	buf_free(&patch);
}

void
question_put(const struct question *q, const struct target *t,
    const struct question_also *also, struct buf *out)
{
	struct buf before = {0}, after = {0};
	struct emit e = {.out = out};
	struct json name, v;
	struct json_iter i;

	json_text(json_get(t->line->json, "system"), &before);
	if (q->environment.p != NULL)
		buf_printf(&after, "{\"environment\":%.*s}",
		    (int)q->environment.n, q->environment.p);
	if (also->instructions != NULL)
		add_paragraph(&after, also->instructions,
		    strlen(also->instructions));
	emit_open(&e, '{');
	emit_text(emit_name(&e, "model"), t->name, strlen(t->name));
	emit_word(emit_name(&e, "stream"), "true");
	emit_word(emit_name(&e, "stream_options"), "{\"include_usage\":true}");
	put_messages(emit_name(&e, "messages"), q, &before, &after, &also->data);
	for (i = json_first(q->rest); json_more(&i, &name, &v);) {
		put_member(&e, name);
		emit_json(&e, v);
	}
	emit_close(&e, '}');
	buf_free(&before);
	buf_free(&after);
	merge_line(out, t);
}

/* The text of a message's content; of parts that are no text nothing. */
static void
content_text(struct json content, struct buf *out)
{
	struct json name, v;
	struct json_iter i;
	struct buf part = {0};

	json_text(content, out);
	for (i = json_first(content); json_type(content) == JSON_ARRAY &&
	    json_more(&i, &name, &v);) {
		buf_clear(&part);
		json_text(json_get(v, "text"), &part);
		add_paragraph(out, part.p, part.n);
	}
	buf_free(&part);
}

/* {"conversation": [{"role", "text"} …], "answer": …} */
static void
put_case(const struct question *q, const struct buf *answer, struct buf *out)
{
	struct emit e = {.out = out};
	struct json name, v;
	struct json_iter i;
	struct buf text = {0};

	emit_open(&e, '{');
	emit_open(emit_name(&e, "conversation"), '[');
	for (i = json_first(q->messages); json_more(&i, &name, &v);) {
		buf_clear(&text);
		content_text(json_get(v, "content"), &text);
		emit_open(&e, '{');
		emit_json(emit_name(&e, "role"), json_get(v, "role"));
		emit_text(emit_name(&e, "text"), text.p, text.n);
		emit_close(&e, '}');
	}
	emit_close(&e, ']');
	emit_text(emit_name(&e, "answer"), answer->p, answer->n);
	emit_close(&e, '}');
	buf_free(&text);
}

void
question_judge(const struct question *q, const struct target *t,
    const struct buf *answer, struct buf *out)
{
	const struct question none = {0};
	struct question_also also = {.instructions = judge_instructions};

	put_case(q, answer, &also.data);
	question_put(&none, t, &also, out);
	buf_free(&also.data);
}

void
question_free(struct question *q)
{
	while (q->nmodels > 0)
		free(q->models[--q->nmodels]);
	free(q->models);
	buf_free(&q->text);
	free(q->mode);
	*q = (struct question){0};
}
