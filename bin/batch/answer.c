#include <string.h>

#include "answer.h"
#include "apierror.h"
#include "chunk.h"
#include "diag.h"
#include "emit.h"
#include "json.h"
#include "verdict.h"

enum {
	MANY = 4,	/* an answer may be so many longest events long */
};

static bool
fail(struct answer *a, int status, const char *why)
{
	a->status = diag_worst(a->status, status);
	if (a->why.n == 0)
		buf_adds(&a->why, why);
	return false;
}

static double
tokens(const struct fold_answer *f, const char *name)
{
	struct json_fault fault;
	struct json usage;

	if (f->usage.n == 0 ||
	    !json_parse(f->usage.p, f->usage.n, &usage, &fault))
		return 0;
	return json_number(json_get(usage, name));
}

static void
judge(struct answer *a, const struct fold_answer *f, struct json choices)
{
	a->status = verdict_end(f, fold_whole(f), &a->why);
	if (a->status == 0 && !completion_answers(choices))
		a->status = verdict_empty(f, 0, "text", &a->why);
	a->prompt_tokens = tokens(f, "prompt_tokens");
	a->completion_tokens = tokens(f, "completion_tokens");
}

/* A response holds one answer; what may stand behind it is not asked for. */
static void
closed(struct fold_answer *f, void *arg)
{
	struct answer *a = arg;
	struct emit e = {.out = &a->body};
	struct json v, choices;

	if (!a->over) {
		a->over = true;
		v = completion_json(f->own, f, false, &a->body, &choices);
		if (v.p != a->body.p)	/* it came whole: not yet ours */
			emit_json(&e, v);
		judge(a, f, choices);
	}
	completion_free(f->own);
}

void
answer_start(struct answer *a, size_t max)
{
	answer_free(a);
	*a = (struct answer){
		.why = a->why,
		.body = a->body,
		.fold = {.closed = closed, .arg = a},
		.max = max,
		.started = true,
	};
	sse_start(&a->sse, max, ' ');
}

static bool
add(struct answer *a, const struct sse_record *r)
{
	struct json_fault fault;
	struct chunk c;
	struct fold_answer *f;

	if (!chunk_read(&c, r->data, r->n, &fault)) {
		buf_printf(&a->why, "event %lu is not JSON: %s at byte %zu",
		    a->sse.number, fault.why, fault.at + 1);
		return fail(a, EX_PROTOCOL, "");
	}
	if (c.error.p == NULL && r->event_n == 5 &&
	    memcmp(r->event, "error", 5) == 0)
		return fail(a, EX_UNAVAILABLE, "the service sent an error");
	f = fold_add(&a->fold, &c);
	if (f == NULL)
		return true;
	if (f->own == NULL)
		f->own = completion_new();
	completion_add(f->own, &c);
	fold_settle(&a->fold);
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
		else if (!a->done && !add(a, &r))
			return false;
	}
	return true;
}

void
answer_end(struct answer *a)
{
	int status = a->status;

	/* What fails the stream goes before what its part of an answer lacks. */
	if (status == 0 && !sse_end(&a->sse, false)) {
		fail(a, a->sse.status, buf_string(&a->sse.why));
		status = a->status;
	}
	if (status != 0)
		a->over = true;
	fold_finish(&a->fold);
	if (!a->over)
		fail(a, EX_PROTOCOL, "there is no answer in the body");
}

void
answer_free(struct answer *a)
{
	if (!a->started)
		return;
	a->over = true;
	fold_finish(&a->fold);
	sse_free(&a->sse);
	buf_free(&a->body);	/* some are long: not kept for the next one */
	buf_clear(&a->why);
	a->started = false;
}
