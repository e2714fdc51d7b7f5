#include <string.h>

#include "answer.h"
#include "apierror.h"
#include "chunk.h"
#include "diag.h"
#include "json.h"
#include "term.h"

static enum answer_got
fail(struct answer *a, int status, const char *why)
{
	if (a->status == 0) {
		a->status = status;
		redact_add(a->redact, &a->why, why, strlen(why), 0);
	}
	return ANSWER_FAULT;
}

void
answer_start(struct answer *a, const struct redact *redact, size_t max)
{
	answer_free(a);
	a->redact = redact;
	a->max = max;
	a->started = true;
	sse_start(&a->sse, max, ' ');
}

void
answer_feed(struct answer *a, const char *p, size_t n)
{
	sse_feed(&a->sse, p, n);
}

/* Moves what of a text may be shown into the piece; all: nothing more can come. */
static bool
give(struct answer *a, struct answer_said *s, bool all)
{
	size_t begun = all ? 0 : redact_begun(a->redact, s->held.p, s->held.n,
	    REDACT_ANSWER);
	size_t n = s->held.n - begun;

	buf_clear(&a->piece);
	if (n == 0)
		return false;
	redact_add(a->redact, &a->piece, s->held.p, n, REDACT_ANSWER);
	memmove(s->held.p, s->held.p + n, begun);
	s->held.n = begun;
	if (s == &a->said)
		buf_add(&a->text, a->piece.p, a->piece.n);
	return true;
}

/* Adds a string's text, or that of an array's parts of these types. */
static void
add_content(struct json content, bool thinking, struct buf *out)
{
	struct json name, part, type;
	struct json_iter i;
	bool thinks;

	if (!thinking)
		json_text(content, out);
	for (i = json_first(content); json_type(content) == JSON_ARRAY &&
	    json_more(&i, &name, &part);) {
		type = json_get(part, "type");
		thinks = json_is(type, "thinking") || json_is(type, "reasoning");
		if (thinks != thinking)
			continue;
		json_text(json_get(part, "text"), out);
		if (!thinks)
			continue;
		json_text(json_get(part, "thinking"), out);
		add_content(json_get(part, "thinking"), false, out);
	}
}

/* A delta, or a message: thinking has a name of its own in each service. */
static void
take_delta(struct answer *a, const struct chunk_choice *choice)
{
	static const char *const names[] = {
		"reasoning_content", "reasoning", "thinking",
	};
	struct buf *held = &a->thought.held;
	size_t before = held->n, said = a->said.held.n, i;

	for (i = 0; i < sizeof(names) / sizeof(*names) && held->n == before; i++)
		json_text(json_get(choice->delta, names[i]), held);
	add_content(choice->content, true, held);
	add_content(choice->content, false, &a->said.held);
	json_text(json_get(choice->delta, "refusal"), &a->refusal);
	a->has_text = a->said.held.n > said;
	if (a->has_text && held->n == before)
		score_add(&a->score, json_get(choice->value, "logprobs"));
	a->taken += held->n - before + a->said.held.n - said;
}

static void
take_choices(struct answer *a, const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct chunk_iter i;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		if (choice->index != 0)
			continue;
		take_delta(a, choice);
		if (json_type(choice->finish) == JSON_STRING) {
			buf_clear(&a->finish);
			json_text(choice->finish, &a->finish);
		}
	}
	if (c->kind == CHUNK_COMPLETION)
		a->whole = true;
	if (json_type(c->usage) != JSON_OBJECT)
		return;
	buf_clear(&a->usage);
	buf_add(&a->usage, c->usage.p, c->usage.n);
}

static enum answer_got
take_error(struct answer *a, const struct chunk *c)
{
	struct buf message = {0}, shown = {0};

	apierror_message(c->error, &message);
	term_string(&shown, message.p, message.n);
	fail(a, apierror_status(c->error), buf_string(&shown));
	buf_free(&message);
	buf_free(&shown);
	return ANSWER_FAULT;
}

static enum answer_got
take(struct answer *a, const struct sse_record *r)
{
	struct json_fault fault;
	struct buf why = {0};
	struct chunk c;

	if (!chunk_read(&c, r->data, r->n, &fault)) {
		buf_printf(&why, "event %lu is not JSON: %s at byte %zu",
		    a->sse.number, fault.why, fault.at + 1);
		fail(a, EX_PROTOCOL, buf_string(&why));
		buf_free(&why);
		return ANSWER_FAULT;
	}
	if (c.error.p != NULL)
		return take_error(a, &c);
	if (r->event_n == 5 && memcmp(r->event, "error", 5) == 0)
		return fail(a, EX_UNAVAILABLE, "the service sent an error");
	if (c.kind == CHUNK_DELTA || c.kind == CHUNK_COMPLETION)
		take_choices(a, &c);
	if (a->taken > a->max)
		return fail(a, EX_DATAERR, "the answer is too long (--max-record)");
	return ANSWER_MORE;
}

enum answer_got
answer_next(struct answer *a)
{
	struct sse_record r;
	enum sse_got got;

	if (a->status != 0)
		return ANSWER_FAULT;
	if (a->has_text) {	/* of a record that thought, too */
		a->has_text = false;
		if (give(a, &a->said, false))
			return ANSWER_TEXT;
	}
	while ((got = sse_next(&a->sse, &r)) == SSE_RECORD) {
		if (take(a, &r) == ANSWER_FAULT)
			return ANSWER_FAULT;
		if (give(a, &a->thought, a->has_text))
			return ANSWER_THINKING;
		if (a->has_text && (a->has_text = false, give(a, &a->said, false)))
			return ANSWER_TEXT;
	}
	if (got == SSE_FAULT)
		return fail(a, a->sse.status, buf_string(&a->sse.why));
	if (got == SSE_DONE)
		a->over = true;
	return got == SSE_DONE ? ANSWER_OVER : ANSWER_MORE;
}

/* What an answer that ended without an error is worth. */
static void
judge(struct answer *a)
{
	struct buf why = {0};

	if (!a->over && !sse_end(&a->sse, false)) {
		/* An empty body is not an empty input of ours. */
		fail(a, a->sse.status == EX_NOINPUT ? EX_PROTOCOL : a->sse.status,
		    buf_string(&a->sse.why));
	} else if (a->finish.n == 0 && !a->whole) {
		fail(a, EX_PROTOCOL, "the answer is not whole: it was cut before"
		    " its end");
	} else if (a->text.n == 0 && a->refusal.n > 0) {
		buf_printf(&why, "refused: %s", buf_string(&a->refusal));
		fail(a, EX_NOANSWER, buf_string(&why));
	} else if (a->text.n == 0) {
		buf_adds(&why, "the answer has no text");
		if (a->finish.n > 0)
			buf_printf(&why, ", finish reason %s",
			    buf_string(&a->finish));
		fail(a, EX_NOANSWER, buf_string(&why));
	}
	buf_free(&why);
}

enum answer_got
answer_end(struct answer *a)
{
	if (give(a, &a->thought, true))
		return ANSWER_THINKING;
	if (give(a, &a->said, true))
		return ANSWER_TEXT;
	if (a->status == 0)
		judge(a);
	return ANSWER_OVER;
}

void
answer_free(struct answer *a)
{
	if (a->started)
		sse_free(&a->sse);
	buf_free(&a->piece);
	buf_free(&a->text);
	buf_free(&a->finish);
	buf_free(&a->usage);
	buf_free(&a->why);
	buf_free(&a->thought.held);
	buf_free(&a->said.held);
	buf_free(&a->refusal);
	*a = (struct answer){0};
}
