#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "emit.h"
#include "endpoint.h"
#include "score.h"
#include "write.h"

static void
member(struct emit *e, const char *name, const char *text)
{
	emit_text(emit_name(e, name), text, strlen(text));
}

uint64_t
write_chance(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_nsec << 32 ^ (uint64_t)t.tv_sec ^
	    (uint64_t)getpid() << 16;
}

void
write_start(struct writer *w)
{
	(void)snprintf(w->id, sizeof(w->id), "chatcmpl-%016llx",
	    (unsigned long long)write_chance());
	w->created = (long long)time(NULL);
}

static void
begin_event(struct writer *w, struct emit *e)
{
	*e = (struct emit){.out = &w->out};
	buf_adds(&w->out, "data: ");
	emit_open(e, '{');
}

static void
end_event(struct emit *e)
{
	emit_close(e, '}');
	buf_adds(e->out, "\n\n");
}

/*
 * Begins a chunk of the run (t is NULL), or of a thread; those of its end name the key
 * alone. False where nobody wants chunks.
 */
static bool
begin_chunk(struct writer *w, struct emit *e, const char *type,
    const struct thread *t, bool model)
{
	if (!w->q->chunks)
		return false;
	begin_event(w, e);
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

static void
end_chunk(struct emit *e)
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
	end_chunk(e);
}

void
write_mode_call(struct writer *w, const char *const *keys, size_t n)
{
	struct emit e;

	if (!begin_chunk(w, &e, "run-mode-call", NULL, false))
		return;
	member(&e, "modeId", w->q->mode);
	end_with_keys(&e, "startModelIds", keys, n);
}

void
write_mode_result(struct writer *w, const char *const *keys, size_t n)
{
	struct emit e;

	if (begin_chunk(w, &e, "run-mode-result", NULL, false))
		end_with_keys(&e, "finalModelIds", keys, n);
}

void
write_consensus(struct writer *w, const char *model)
{
	struct emit e;

	if (!begin_chunk(w, &e, "run-consensus", NULL, false))
		return;
	member(&e, "modelId", model);
	end_chunk(&e);
}

/* A thread's chunk with a text, or none (NULL). */
static void
says(struct writer *w, const struct thread *t, const char *type,
    const struct buf *text)
{
	struct emit e;

	if (!begin_chunk(w, &e, type, t, true))
		return;
	if (text != NULL)
		emit_text(emit_name(&e, "text"), text->p, text->n);
	end_chunk(&e);
}

void
write_thinking(struct writer *w, struct thread *t, const struct buf *text)
{
	if (!t->thinking)
		says(w, t, "thinking-start", NULL);
	t->thinking = true;
	says(w, t, "thinking", text);
}

/* A second text-start would make what was said before it void. */
void
write_text(struct writer *w, struct thread *t, const struct buf *text)
{
	if (!t->saying)
		says(w, t, "text-start", NULL);
	t->saying = true;
	t->thinking = false;
	says(w, t, "text", text);
}

void
write_anew(struct thread *t)
{
	t->saying = t->thinking = false;
}

/* "2026-01-02T03:04:05.678Z", so long from now. */
static void
put_time(struct emit *e, long wait_ms)
{
	struct timespec now;
	struct tm tm;
	long long ms;
	time_t at;
	char text[64];
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	ms = (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000 + wait_ms;
	at = (time_t)(ms / 1000);
	if (gmtime_r(&at, &tm) == NULL)
		tm = (struct tm){.tm_year = 70, .tm_mday = 1};
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, sizeof(text) - n, ".%03dZ", (int)(ms % 1000));
	emit_text(e, text, strlen(text));
}

void
write_error(struct writer *w, struct thread *t, const char *message,
    long wait_ms)
{
	struct emit e;

	if (!begin_chunk(w, &e, "error", t, true))
		return;
	member(&e, "message", message);
	emit_name(&e, "retryAt");
	if (wait_ms >= 0)
		put_time(&e, wait_ms);
	else
		emit_word(&e, "null");
	end_chunk(&e);
}

void
write_retry(struct writer *w, struct thread *t)
{
	write_anew(t);
	says(w, t, "retry", NULL);
}

void
write_done(struct writer *w, struct thread *t)
{
	struct emit e;

	if (begin_chunk(w, &e, "done", t, false))
		end_chunk(&e);
}

void
write_score(struct writer *w, struct thread *t, double confidence)
{
	struct emit e;

	if (!begin_chunk(w, &e, "confidence-score", t, false))
		return;
	score_put(emit_name(&e, "value"), confidence);
	end_chunk(&e);
}

/* What a completion and its chunks have in common. */
static void
put_head(struct writer *w, struct emit *e, const char *object)
{
	member(e, "id", w->id);
	member(e, "object", object);
	emit_count(emit_name(e, "created"), (unsigned long long)w->created);
	member(e, "model", w->q->mode);
}

static void
open_choice(struct emit *e, const char *said)
{
	emit_open(emit_name(e, "choices"), '[');
	emit_open(e, '{');
	emit_count(emit_name(e, "index"), 0);
	emit_open(emit_name(e, said), '{');
}

static void
close_choice(struct emit *e, const char *finish)
{
	emit_close(e, '}');
	emit_name(e, "finish_reason");
	if (finish != NULL)
		emit_text(e, finish, strlen(finish));
	else
		emit_word(e, "null");
	emit_close(e, '}');
	emit_close(e, ']');
}

/* A standard chunk: a role, a text, or a reason to end; the others are NULL. */
static void
standard(struct writer *w, const char *role, const struct buf *text,
    const char *finish)
{
	struct emit e;

	begin_event(w, &e);
	put_head(w, &e, "chat.completion.chunk");
	open_choice(&e, "delta");
	if (role != NULL)
		member(&e, "role", role);
	if (text != NULL)
		emit_text(emit_name(&e, "content"), text->p, text->n);
	close_choice(&e, finish);
	if (w->q->usage)	/* where it is asked for, each chunk has some */
		emit_word(emit_name(&e, "usage"), "null");
	end_event(&e);
}

void
write_delta(struct writer *w, const struct buf *text)
{
	const struct buf none = {0};

	if (!w->begun)
		standard(w, "assistant", &none, NULL);
	w->begun = true;
	standard(w, NULL, text, NULL);
}

void
write_end(struct writer *w, const char *finish, struct calls *usage)
{
	struct emit e;

	standard(w, NULL, NULL, finish);
	if (w->q->usage) {
		begin_event(w, &e);
		put_head(w, &e, "chat.completion.chunk");
		emit_word(emit_name(&e, "choices"), "[]");
		call_put_usage(usage, emit_name(&e, "usage"));
		end_event(&e);
	}
	buf_adds(&w->out, "data: [DONE]\n\n");
}

void
write_completion(struct writer *w, const struct buf *text, const char *finish,
    struct calls *usage)
{
	struct emit e = {.out = &w->out};

	emit_open(&e, '{');
	put_head(w, &e, "chat.completion");
	open_choice(&e, "message");
	member(&e, "role", "assistant");
	emit_text(emit_name(&e, "content"), text->p, text->n);
	close_choice(&e, finish);
	call_put_usage(usage, emit_name(&e, "usage"));
	emit_close(&e, '}');
	buf_addc(&w->out, '\n');
}

void
write_failure(struct writer *w, const char *message, int status)
{
	/* The HTTP status that a service would have answered with. */
	const char *code = status == EX_TEMPFAIL ? "429" :
	    status == EX_NOPERM ? "401" : status == EX_DATAERR ? "400" : "502";

	endpoint_add_event(&w->out, &(struct endpoint_error){message,
	    "ensemble_error", NULL, code});
}

void
write_comment(struct writer *w)
{
	buf_adds(&w->out, ": waiting\n\n");
}
