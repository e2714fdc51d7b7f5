#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "answer.h"
#include "apierror.h"
#include "chunk.h"
#include "diag.h"
#include "json.h"
#include "term.h"
#include "verdict.h"

enum { HALF = 3 };	/* bytes of the U+FFFD that stands for half a character */

static void fail(struct answer *a, int status, const char *fmt, ...) BUF_PRINTF(3, 4);

static void
fail(struct answer *a, int status, const char *fmt, ...)
{
	struct buf why = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&why, fmt, ap);
	va_end(ap);
	a->status = status;
	redact_add(a->redact, &a->why, why.p, why.n, 0);
	buf_free(&why);
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

/* How many bytes at its end may still change, or be a secret's begin. */
static size_t
unsure(const struct answer *a, const struct answer_said *s)
{
	if (s->half != 0)
		return HALF;
	return redact_begun(a->redact, s->held.p, s->held.n, REDACT_ANSWER);
}

/* Moves what of a text may be shown into the piece; all: nothing more can come. */
static bool
give(struct answer *a, struct answer_said *s, bool all)
{
	size_t begun = all ? 0 : unsure(a, s), n = s->held.n - begun;

	buf_clear(&a->piece);
	if (n == 0)
		return false;
	redact_add(a->redact, &a->piece, s->held.p, n, REDACT_ANSWER);
	memmove(s->held.p, s->held.p + n, begun);
	s->held.n = begun;
	if (begun == 0)
		s->half = 0;
	if (s == &a->said)
		buf_add(&a->text, a->piece.p, a->piece.n);
	return true;
}

static void
add_token(struct answer *a, struct json logprob)
{
	double x = json_number(logprob);

	if (json_type(logprob) != JSON_NUMBER || !isfinite(x))
		a->unsure = true;
	a->sum += x;
	a->ntokens++;
}

/* Adds the tokens of a choice's member "logprobs", of either shape. */
static void
add_tokens(struct answer *a, struct json logprobs)
{
	struct json name, v, old = json_get(logprobs, "token_logprobs");
	struct json_iter i;

	for (i = json_first(json_get(logprobs, "content"));
	    json_more(&i, &name, &v);)
		add_token(a, json_get(v, "logprob"));
	for (i = json_first(old); json_type(old) == JSON_ARRAY &&
	    json_more(&i, &name, &v);)
		add_token(a, v);
}

/* A delta, or a message. */
static void
take_delta(struct answer *a, const struct chunk *c,
    const struct chunk_choice *choice)
{
	size_t thought = a->thought.held.n, said = a->said.held.n;
	uint32_t half = 0;

	chunk_said(c, choice, CHUNK_SAYS_THINKING, &a->thought.held,
	    &a->thought.half);
	chunk_said(c, choice, CHUNK_SAYS_TEXT, &a->said.held, &a->said.half);
	chunk_said(c, choice, CHUNK_SAYS_REFUSAL, &a->refusal, &half);
	thought = a->thought.held.n - thought;
	said = a->said.held.n - said;
	a->has_text = said > 0;
	if (said > 0 && thought == 0)
		add_tokens(a, json_get(choice->value, "logprobs"));
	a->taken += thought + said;
}

static void
take_choices(struct answer *a, const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct chunk_iter i;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		if (choice->index != 0)
			continue;
		take_delta(a, c, choice);
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

/* What a service says went wrong, as a screen may have it; message is freed. */
static void
fail_said(struct answer *a, int status, struct buf *message)
{
	struct buf shown = {0};

	term_string(&shown, message->p, message->n);
	fail(a, status, "%s", buf_string(&shown));
	buf_free(&shown);
	buf_free(message);
}

/* An error that is no event's data as others are. */
static void
take_bare_error(struct answer *a, const struct sse_record *r)
{
	struct buf message = {0};
	int status = apierror_text(r->data, r->n, &message);

	fail_said(a, status, &message);
}

static void
take(struct answer *a, const struct sse_record *r)
{
	struct json_fault fault;
	struct buf message = {0};
	struct chunk c;

	if (r->event_n == 5 && memcmp(r->event, "error", 5) == 0) {
		take_bare_error(a, r);
	} else if (!chunk_read(&c, r->data, r->n, &fault)) {
		fail(a, EX_PROTOCOL, "event %lu is not JSON: %s at byte %zu",
		    a->sse.number, fault.why, fault.at + 1);
	} else if (c.error.p != NULL) {
		apierror_message(c.error, &message);
		fail_said(a, apierror_status(c.error), &message);
	} else if (c.kind == CHUNK_DELTA || c.kind == CHUNK_COMPLETION) {
		take_choices(a, &c);
		if (a->taken > a->max)
			fail(a, EX_DATAERR, "the answer is too long (--max-record)");
	}
}

/* The text of the record that was read last. */
static bool
give_text(struct answer *a)
{
	bool has = a->has_text;

	a->has_text = false;
	return has && give(a, &a->said, false);
}

/* Takes in what comes next of the bytes; false where they are at their end. */
static bool
read_record(struct answer *a)
{
	struct sse_record r;
	enum sse_got got;

	if (!a->fed)
		sse_feed(&a->sse, a->in.p, a->in.n);
	a->fed = true;
	got = sse_next(&a->sse, &r);
	if (got == SSE_RECORD)
		take(a, &r);
	else if (got == SSE_ERROR)
		take_bare_error(a, &r);
	else if (got == SSE_FAULT)
		fail(a, a->sse.status, "%s", buf_string(&a->sse.why));
	a->over = got == SSE_DONE || a->status != 0;
	if (got == SSE_MORE) {
		buf_clear(&a->in);
		a->fed = false;
	}
	return got != SSE_MORE;
}

/* What an answer that ended without an error is worth. */
static void
judge(struct answer *a)
{
	if (!a->over && !sse_end(&a->sse, false))
		/* An empty body is not an empty input of ours. */
		fail(a, a->sse.status == EX_NOINPUT ? EX_PROTOCOL : a->sse.status,
		    "%s", buf_string(&a->sse.why));
	else if (a->finish.n == 0 && !a->whole)
		fail(a, EX_PROTOCOL, "the answer is not whole: it was cut before"
		    " its end");
	else if (verdict_failed(buf_string(&a->finish)))
		fail(a, EX_UNAVAILABLE, "the answer ended for the reason \"%s\"",
		    buf_string(&a->finish));
	else if (a->text.n == 0 && a->refusal.n > 0)
		fail(a, EX_NOANSWER, "refused: %s", buf_string(&a->refusal));
	else if (a->text.n == 0)
		fail(a, EX_NOANSWER, "the answer has no text%s%s",
		    a->finish.n > 0 ? ", finish reason " : "",
		    buf_string(&a->finish));
}

enum answer_got
answer_next(struct answer *a, bool ended)
{
	if (give_text(a))	/* of a record that thought, too */
		return ANSWER_TEXT;
	while (!a->over && read_record(a)) {
		if (a->over)
			break;
		if (give(a, &a->thought, a->has_text))
			return ANSWER_THINKING;
		if (give_text(a))
			return ANSWER_TEXT;
	}
	if (!a->over && !ended)
		return ANSWER_MORE;
	if (give(a, &a->thought, true))
		return ANSWER_THINKING;
	if (give(a, &a->said, true))
		return ANSWER_TEXT;
	if (a->status == 0)
		judge(a);
	return ANSWER_OVER;
}

bool
answer_confidence(const struct answer *a, double *x)
{
	if (a->ntokens == 0 || a->unsure)
		return false;
	*x = exp(a->sum / (double)a->ntokens);
	if (*x > 1)	/* rounding, at the other end */
		*x = 1;
	return isfinite(*x);
}

void
answer_free(struct answer *a)
{
	if (a->started)
		sse_free(&a->sse);
	buf_free(&a->in);
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
