#include <stdio.h>
#include <string.h>
#include <time.h>

#include "diag.h"
#include "emit.h"
#include "letters.h"
#include "score.h"
#include "write.h"

static void
member(struct emit *e, const char *name, const char *text)
{
	emit_text(emit_name(e, name), text, strlen(text));
}

void
write_start(struct writer *w)
{
	unsigned long long n = letters_seed();

	(void)snprintf(w->id, sizeof(w->id), "chatcmpl-%016llx", n);
	w->created = (long long)time(NULL);
}

static struct emit
begin_event(struct writer *w)
{
	struct emit e = {.out = w->out};

	buf_adds(w->out, "data: ");
	emit_open(&e, '{');
	return e;
}

static void
end_event(struct writer *w, struct emit *e)
{
	emit_close(e, '}');
	buf_adds(w->out, "\n\n");
}

static struct emit
begin_chunk(struct writer *w)
{
	struct emit e = begin_event(w);

	member(&e, "object", "supai.chunk");
	emit_open(emit_name(&e, "chunk"), '{');
	return e;
}

static void
end_chunk(struct writer *w, struct emit *e)
{
	emit_close(e, '}');
	end_event(w, e);
}

static struct emit
begin_run(struct writer *w, const char *type)
{
	struct emit e = begin_chunk(w);

	member(&e, "type", type);
	return e;
}

/* A thread's chunk; those of its end name the key alone. */
static struct emit
begin_thread(struct writer *w, const struct thread *t, const char *type,
    bool model)
{
	struct emit e = begin_chunk(w);

	emit_open(emit_name(&e, "_source"), '{');
	member(&e, "key", t->key);
	if (model)
		member(&e, "modelId", t->model);
	emit_close(&e, '}');
	member(&e, "type", type);
	return e;
}

static void
put_keys(struct emit *e, const char *name, const struct thread *threads,
    const bool *kept, size_t n)
{
	size_t i;

	emit_open(emit_name(e, name), '[');
	for (i = 0; i < n; i++)
		if (kept == NULL || kept[i])
			emit_text(e, threads[i].key, strlen(threads[i].key));
	emit_close(e, ']');
}

void
write_mode_call(struct writer *w, const struct thread *threads, size_t n)
{
	struct emit e;

	if (!w->chunks)
		return;
	e = begin_run(w, "run-mode-call");
	member(&e, "modeId", w->mode);
	put_keys(&e, "startModelIds", threads, NULL, n);
	end_chunk(w, &e);
}

void
write_consensus(struct writer *w, const char *model)
{
	struct emit e;

	if (!w->chunks)
		return;
	e = begin_run(w, "run-consensus");
	member(&e, "modelId", model);
	end_chunk(w, &e);
}

void
write_mode_result(struct writer *w, const struct thread *threads,
    const bool *kept, size_t n)
{
	struct emit e;

	if (!w->chunks)
		return;
	e = begin_run(w, "run-mode-result");
	put_keys(&e, "finalModelIds", threads, kept, n);
	end_chunk(w, &e);
}

static void
plain(struct writer *w, const struct thread *t, const char *type, bool model)
{
	struct emit e = begin_thread(w, t, type, model);

	end_chunk(w, &e);
}

static void
says(struct writer *w, const struct thread *t, const char *type,
    const struct buf *text)
{
	struct emit e = begin_thread(w, t, type, true);

	emit_text(emit_name(&e, "text"), text->p, text->n);
	end_chunk(w, &e);
}

void
write_thinking(struct writer *w, struct thread *t, const struct buf *text)
{
	if (!w->chunks)
		return;
	if (!t->thinking)
		plain(w, t, "thinking-start", true);
	t->thinking = true;
	says(w, t, "thinking", text);
}

/* A second text-start would make what was said before it void. */
void
write_text(struct writer *w, struct thread *t, const struct buf *text)
{
	if (!w->chunks)
		return;
	if (!t->saying)
		plain(w, t, "text-start", true);
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

	if (!w->chunks)
		return;
	e = begin_thread(w, t, "error", true);
	member(&e, "message", message);
	emit_name(&e, "retryAt");
	if (wait_ms >= 0)
		put_time(&e, wait_ms);
	else
		emit_word(&e, "null");
	end_chunk(w, &e);
}

void
write_retry(struct writer *w, struct thread *t)
{
	write_anew(t);
	if (w->chunks)
		plain(w, t, "retry", true);
}

void
write_done(struct writer *w, struct thread *t)
{
	if (w->chunks)
		plain(w, t, "done", false);
}

void
write_score(struct writer *w, struct thread *t, double confidence)
{
	struct emit e;

	if (!w->chunks)
		return;
	e = begin_thread(w, t, "confidence-score", false);
	score_put(emit_name(&e, "value"), confidence);
	end_chunk(w, &e);
}

/* What a completion and its chunks have in common. */
static void
put_head(struct writer *w, struct emit *e, const char *object)
{
	member(e, "id", w->id);
	member(e, "object", object);
	emit_count(emit_name(e, "created"), (unsigned long long)w->created);
	member(e, "model", w->mode);
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
	struct emit e = begin_event(w);

	put_head(w, &e, "chat.completion.chunk");
	open_choice(&e, "delta");
	if (role != NULL)
		member(&e, "role", role);
	if (text != NULL)
		emit_text(emit_name(&e, "content"), text->p, text->n);
	close_choice(&e, finish);
	if (w->usage) {	/* where it is asked for, each chunk has some */
		emit_word(emit_name(&e, "usage"), "null");
	}
	end_event(w, &e);
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
write_end(struct writer *w, const char *finish, const struct usage *u)
{
	struct emit e;

	standard(w, NULL, NULL, finish);
	if (w->usage) {
		e = begin_event(w);
		put_head(w, &e, "chat.completion.chunk");
		emit_open(emit_name(&e, "choices"), '[');
		emit_close(&e, ']');
		emit_name(&e, "usage");
		usage_put(u, &e);
		end_event(w, &e);
	}
	buf_adds(w->out, "data: [DONE]\n\n");
}

void
write_completion(struct writer *w, const struct buf *text, const char *finish,
    const struct usage *u)
{
	struct emit e = {.out = w->out};

	emit_open(&e, '{');
	put_head(w, &e, "chat.completion");
	open_choice(&e, "message");
	member(&e, "role", "assistant");
	emit_text(emit_name(&e, "content"), text->p, text->n);
	close_choice(&e, finish);
	emit_name(&e, "usage");
	usage_put(u, &e);
	emit_close(&e, '}');
	buf_addc(w->out, '\n');
}

/* The HTTP status that a service would have answered with. */
static const char *
code_of(int status)
{
	switch (status) {
	case EX_TEMPFAIL:
		return "429";
	case EX_NOPERM:
		return "401";
	case EX_DATAERR:
		return "400";
	default:
		return "502";
	}
}

void
write_failure(struct writer *w, const char *message, int status)
{
	struct emit e = begin_event(w);

	emit_open(emit_name(&e, "error"), '{');
	member(&e, "message", message);
	member(&e, "type", "ensemble_error");
	emit_word(emit_name(&e, "param"), "null");
	member(&e, "code", code_of(status));
	emit_close(&e, '}');
	end_event(w, &e);
}

void
write_comment(struct writer *w)
{
	buf_adds(w->out, ": waiting\n\n");
}
