#include <string.h>

#include "answer.h"
#include "apierror.h"
#include "chunk.h"
#include "diag.h"
#include "json.h"
#include "term.h"
#include "verdict.h"

enum {
	MANY = 4,	/* an answer may be so many longest events long */
};

static bool
fail(struct answer *a, int status, const char *why)
{
	a->status = status;
	buf_adds(&a->why, why);
	return false;
}

static double
tokens(const struct fold *f, const char *name)
{
	struct json usage = {f->usage.p, f->usage.n};

	return usage.n > 0 ? json_number(json_get(usage, name)) : 0;
}

void
answer_start(struct answer *a, size_t max)
{
	answer_free(a);
	*a = (struct answer){
		/* A response holds one answer. */
		.fold = {.one = true, .keep = FOLD_OBJECT},
		.max = max,
	};
	sse_start(&a->sse, max, ' ');
}

static bool
is_error(const struct sse_record *r)
{
	return r->event_n == 5 && memcmp(r->event, "error", 5) == 0;
}

/* What the service sent as an error, and not in the data of an event like others. */
static bool
fail_error(struct answer *a, const struct sse_record *r)
{
	struct buf said = {0};

	a->error = true;
	a->status = apierror_text(r->data, r->n, &said);
	buf_adds(&a->why, "the service says: ");
	term_string(&a->why, said.p, said.n);
	buf_free(&said);
	return false;
}

static bool
add(struct answer *a, const struct sse_record *r)
{
	struct json_fault fault;
	struct chunk c;

	if (!chunk_read(&c, r->data, r->n, &fault)) {
		buf_printf(&a->why, "event %lu is not JSON: %s at byte %zu",
		    a->sse.number, fault.why, fault.at + 1);
		return fail(a, EX_PROTOCOL, "");
	}
	if (c.error.p == NULL && is_error(r))
		return fail_error(a, r);
	if (fold_add(&a->fold, &c))
		completion_add(&a->completion, &a->fold, &c);
	return true;
}

bool
answer_feed(struct answer *a, const char *p, size_t n)
{
	struct sse_record r;
	enum sse_got got;

	a->taken += n;
	if (a->taken / MANY > a->max)
		return fail(a, EX_DATAERR, "the answer is too long"
		    " (--max-record)");
	sse_feed(&a->sse, p, n);
	while ((got = sse_next(&a->sse, &r)) != SSE_MORE) {
		if (got == SSE_FAULT)
			return fail(a, a->sse.status, buf_string(&a->sse.why));
		if (got == SSE_DONE)
			a->done = true;
		else if (!a->done && !(got == SSE_ERROR ?
		    fail_error(a, &r) : add(a, &r)))
			return false;
	}
	return true;
}

static void
judge(struct answer *a)
{
	const struct fold *f = &a->fold;
	unsigned said = fold_said(f);
	struct verdict_ask ask = {
		/* What spoke after it had ended might go on, but for [DONE]. */
		.whole = fold_whole(f) && (a->done || !f->late),
		.choice = VERDICT_NONE,
		.any = (said & (CHUNK_SAYS_TEXT | CHUNK_SAYS_CALL |
		    CHUNK_SAYS_REFUSAL)) != 0,
		.what = "text",
	};

	a->status = verdict_of(f, &ask, &a->why);
	a->error = a->error || f->errors.n > 0;
	a->prompt_tokens = tokens(f, "prompt_tokens");
	a->completion_tokens = tokens(f, "completion_tokens");
}

/* The stream is not whole; what it had begun to say may be an error. */
static void
fail_end(struct answer *a)
{
	struct sse_record r;

	if (a->sse.status == EX_PROTOCOL && sse_rest(&a->sse, &r) &&
	    (is_error(&r) || apierror_in(r.data, r.n)))
		fail_error(a, &r);
	else	/* a body of nothing is broken, and no input of ours */
		fail(a, a->sse.status == EX_NOINPUT ? EX_PROTOCOL :
		    a->sse.status, buf_string(&a->sse.why));
}

void
answer_end(struct answer *a)
{
	/* What fails the stream goes before what its part of an answer lacks. */
	if (a->status == 0 && !sse_end(&a->sse, false))
		fail_end(a);
	if (a->status != 0)
		return;
	if (!a->fold.open) {
		fail(a, EX_PROTOCOL, "there is no answer in the body");
		return;
	}
	completion_write(&a->completion, &a->fold, NULL, &a->body);
	judge(a);
}

void
answer_free(struct answer *a)
{
	completion_clear(&a->completion);
	fold_clear(&a->fold);
	sse_free(&a->sse);
	buf_free(&a->body);	/* some are long: not kept for the next one */
	buf_free(&a->why);
}
