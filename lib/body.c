#include <stdio.h>
#include <string.h>
#include <time.h>

#include "body.h"

static void
member(struct emit *e, const char *name, const char *text)
{
	emit_text(emit_name(e, name), text, strlen(text));
}

void
body_start(struct body *b, const char *id)
{
	(void)snprintf(b->id, sizeof(b->id), "%s", id);
	b->created = (long long)time(NULL);
}

static void
begin_event(struct body *b, struct emit *e)
{
	*e = (struct emit){.out = &b->out};
	buf_adds(&b->out, "data: ");
	emit_open(e, '{');
}

static void
end_event(struct emit *e)
{
	emit_close(e, '}');
	buf_adds(e->out, "\n\n");
}

bool
body_chunk(struct body *b, struct emit *e, const char *type,
    const struct body_thread *t, bool model)
{
	if (!b->chunks)
		return false;
	begin_event(b, e);
	member(e, "object", "supai.chunk");
	emit_open(emit_name(e, "chunk"), '{');
	if (t != NULL) {
		emit_open(emit_name(e, "_source"), '{');
		member(e, "key", t->key);
		if (model)
			member(e, "modelId", t->model);
		emit_close(e, '}');
	}
	member(e, "type", type);
	return true;
}

void
body_end_chunk(struct emit *e)
{
	emit_close(e, '}');
	end_event(e);
}

/* Ends a chunk with a list of threads' keys. */
static void
end_with_keys(struct emit *e, const char *name, const char *const *keys, size_t n)
{
	size_t i;

	emit_open(emit_name(e, name), '[');
	for (i = 0; i < n; i++)
		emit_text(e, keys[i], strlen(keys[i]));
	emit_close(e, ']');
	body_end_chunk(e);
}

void
body_mode_call(struct body *b, const char *const *keys, size_t n)
{
	struct emit e;

	if (!body_chunk(b, &e, "run-mode-call", NULL, false))
		return;
	member(&e, "modeId", b->mode);
	end_with_keys(&e, "startModelIds", keys, n);
}

void
body_mode_result(struct body *b, const char *const *keys, size_t n)
{
	struct emit e;

	if (body_chunk(b, &e, "run-mode-result", NULL, false))
		end_with_keys(&e, "finalModelIds", keys, n);
}

void
body_consensus(struct body *b, const char *model)
{
	struct emit e;

	if (!body_chunk(b, &e, "run-consensus", NULL, false))
		return;
	member(&e, "modelId", model);
	body_end_chunk(&e);
}

/* What a thread says, after the chunk that begins it where none did. */
static void
says(struct body *b, const struct body_thread *t, const char *type,
    const char *start, const char *p, size_t n)
{
	struct emit e;

	if (start != NULL && body_chunk(b, &e, start, t, true))
		body_end_chunk(&e);
	if (!body_chunk(b, &e, type, t, true))
		return;
	emit_text(emit_name(&e, "text"), p, n);
	body_end_chunk(&e);
}

void
body_thinking(struct body *b, struct body_thread *t, const char *p, size_t n)
{
	says(b, t, "thinking", t->thinking ? NULL : "thinking-start", p, n);
	t->thinking = true;
}

/* A second text-start would make what was said before it void. */
void
body_text(struct body *b, struct body_thread *t, const char *p, size_t n)
{
	says(b, t, "text", t->saying ? NULL : "text-start", p, n);
	t->saying = true;
	t->thinking = false;
}

void
body_anew(struct body_thread *t)
{
	t->saying = t->thinking = false;
}

void
body_done(struct body *b, const struct body_thread *t)
{
	struct emit e;

	if (body_chunk(b, &e, "done", t, false))
		body_end_chunk(&e);
}

void
body_score(struct body *b, const struct body_thread *t, double confidence)
{
	struct emit e;

	if (!body_chunk(b, &e, "confidence-score", t, false))
		return;
	emit_real(emit_name(&e, "value"), confidence);
	body_end_chunk(&e);
}

/* What a completion and its chunks have in common. */
static void
put_head(struct body *b, struct emit *e, const char *object)
{
	member(e, "id", b->id);
	member(e, "object", object);
	emit_count(emit_name(e, "created"), (unsigned long long)b->created);
	member(e, "model", b->mode);
}

/* The one choice: a role, a text, or a reason to end; the others are NULL. */
static void
put_choice(struct body *b, struct emit *e, const char *said, const char *role,
    const char *p, size_t n, const char *finish)
{
	emit_open(emit_name(e, "choices"), '[');
	emit_open(e, '{');
	emit_count(emit_name(e, "index"), 0);
	emit_open(emit_name(e, said), '{');
	if (role != NULL)
		member(e, "role", role);
	if (p != NULL)
		emit_text(emit_name(e, "content"), p, n);
	emit_close(e, '}');
	if (b->logprobs)
		emit_word(emit_name(e, "logprobs"), b->tokens.n > 0 ?
		    buf_string(&b->tokens) : "null");
	buf_clear(&b->tokens);
	if (finish != NULL)
		member(e, "finish_reason", finish);
	else
		emit_word(emit_name(e, "finish_reason"), "null");
	emit_close(e, '}');
	emit_close(e, ']');
}

static void
standard(struct body *b, const char *role, const char *p, size_t n,
    const char *finish)
{
	struct emit e;

	begin_event(b, &e);
	put_head(b, &e, "chat.completion.chunk");
	put_choice(b, &e, "delta", role, p, n, finish);
	if (b->usage)	/* where it is asked for, each chunk has some */
		emit_word(emit_name(&e, "usage"), "null");
	end_event(&e);
}

void
body_role(struct body *b)
{
	if (!b->begun)
		standard(b, "assistant", "", 0, NULL);
	b->begun = true;
}

void
body_delta(struct body *b, const char *p, size_t n)
{
	body_role(b);
	standard(b, NULL, p, n, NULL);
}

void
body_end(struct body *b, const char *finish, const char *usage)
{
	struct emit e;

	standard(b, NULL, NULL, 0, finish);
	if (b->usage) {
		begin_event(b, &e);
		put_head(b, &e, "chat.completion.chunk");
		emit_word(emit_name(&e, "choices"), "[]");
		emit_word(emit_name(&e, "usage"), usage);
		end_event(&e);
	}
	buf_adds(&b->out, "data: [DONE]\n\n");
}

void
body_completion(struct body *b, const char *p, size_t n, const char *finish,
    const char *usage)
{
	struct emit e = {.out = &b->out};

	emit_open(&e, '{');
	put_head(b, &e, "chat.completion");
	put_choice(b, &e, "message", "assistant", p != NULL ? p : "", n, finish);
	emit_word(emit_name(&e, "usage"), usage);
	emit_close(&e, '}');
	buf_addc(&b->out, '\n');
}

void
body_free(struct body *b)
{
	buf_free(&b->out);
	buf_free(&b->tokens);
}
