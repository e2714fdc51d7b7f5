#include "diag.h"
#include "emit.h"
#include "try.h"
#include "utf8.h"

static bool
is_good(const struct http_exchange *x)
{
	return x->status >= 200 && x->status < 300;
}

/* Whether what failed in an answer goes before what failed in its transfer: an
 * error that the service sent does. */
static bool
says_more(int answer, int transfer)
{
	bool error = answer == EX_DATAERR || answer == EX_UNAVAILABLE ||
	    answer == EX_TEMPFAIL || answer == EX_NOPERM;

	return error && diag_worst(answer, transfer) == answer;
}

struct try
try_judge(struct lane *lane, struct outcome *o)
{
	struct answer *a = &lane->answer;
	struct try t;

	outcome_of(&lane->x, o);
	answer_end(a);
	t = (struct try){o->status, o->retry, o->wait_ms,
	    buf_string(&o->message)};
	if (!is_good(&lane->x))
		return t;
	if (lane->x.stopped || o->status == 0 || says_more(a->status, o->status)) {
		t.status = a->status;
		buf_clear(&o->message);
		redact_add(lane->x.options->redact, &o->message, a->why.p,
		    a->why.n, 0);
		t.message = buf_string(&o->message);
	}
	/* An encoding that was not asked for would come again, too. */
	t.retry = lane->x.limit != HTTP_DEADLINE &&
	    lane->x.said.coding.n == 0 && (t.status == EX_UNAVAILABLE ||
	    t.status == EX_TEMPFAIL || t.status == EX_PROTOCOL);
	return t;
}

/* What failed, where the response's own status does not say it. */
static const char *
code_of(const struct lane *lane, int status)
{
	const struct http_exchange *x = &lane->x;

	switch (status) {
	case EX_NOANSWER:
		return "no_answer";
	case EX_DATAERR:
		return lane->answer.error ? "invalid_request" : "too_long";
	case EX_TEMPFAIL:
		return x->status > 0 && x->limit == HTTP_NO_LIMIT ?
		    "rate_limit" : "timeout";
	case EX_PROTOCOL:
		return "broken_response";
	case EX_NOPERM:
		return "refused";
	default:
		return x->status > 0 ? "service_error" : "unreachable";
	}
}

/*
 * The body of a response that is a failure: the object that it is, or one as
 * OpenAI makes it around what it says.
 */
static struct json
failure_body(const struct http_exchange *x, struct buf *out)
{
	struct emit e = {.out = out};
	struct json_fault fault;
	struct buf text = {0};
	struct json v;

	if (x->error.n > 0 && json_parse(x->error.p, x->error.n, &v, &fault) &&
	    json_type(v) == JSON_OBJECT)
		return v;
	utf8_add(&text, x->error.p, x->error.n);
	emit_open(&e, '{');
	emit_open(emit_name(&e, "error"), '{');
	emit_text(emit_name(&e, "message"), text.p, text.n);
	emit_close(&e, '}');
	emit_close(&e, '}');
	buf_free(&text);
	return (struct json){out->p, out->n};
}

void
try_result(const struct lane *lane, const struct try *t, struct result *r,
    struct buf *out)
{
	const struct http_exchange *x = &lane->x;
	const struct answer *a = &lane->answer;

	r->status = x->status;
	r->request_id = &x->said.request_id;
	r->body = (struct json){a->body.p, a->body.n};
	r->code = code_of(lane, t->status);
	r->message = t->message;
	if (t->status == 0) {
		r->kind = RESULT_ANSWER;
	} else if (x->status > 0 && !is_good(x)) {
		r->kind = RESULT_HTTP;
		r->body = failure_body(x, out);
	} else {
		r->kind = t->status == EX_NOANSWER ? RESULT_EMPTY : RESULT_ERROR;
	}
}
