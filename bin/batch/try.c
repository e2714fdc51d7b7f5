#include "diag.h"
#include "try.h"

bool
try_is_good(const struct http_exchange *x)
{
	return x->status >= 200 && x->status < 300;
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
	if (!try_is_good(&lane->x))
		return t;
	if (lane->x.stopped || o->status == 0 ||
	    (a->status != 0 && diag_worst(a->status, o->status) == a->status)) {
		t.status = a->status;
		t.message = buf_string(&a->why);
	}
	t.retry = lane->x.limit != HTTP_DEADLINE && (t.status == EX_UNAVAILABLE
	    || t.status == EX_TEMPFAIL || t.status == EX_PROTOCOL);
	return t;
}

const char *
try_code(const struct lane *lane, const struct try *t, struct buf *code)
{
	const struct http_exchange *x = &lane->x;

	if (x->status > 0 && !try_is_good(x)) {
		buf_printf(code, "http_%ld", x->status);
		return buf_string(code);
	}
	switch (t->status) {
	case EX_NOANSWER:
		return "no_answer";
	case EX_DATAERR:
		return "too_long";
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

struct json
try_body(const struct lane *lane, struct buf *out)
{
	const struct answer *a = &lane->answer;
	const struct buf *error = &lane->x.error;
	struct json_fault fault;
	struct json v;
	size_t i;

	if (try_is_good(&lane->x))
		return (struct json){a->body.p, a->body.n};
	if (error->n == 0)
		return (struct json){0};
	if (json_parse(error->p, error->n, &v, &fault)) {
		buf_add(out, v.p, v.n);
		for (i = 0; i < out->n; i++)	/* in strings there are none */
			if (out->p[i] == '\n' || out->p[i] == '\r')
				out->p[i] = ' ';
	} else {
		json_quote(out, error->p, error->n);
	}
	return (struct json){out->p, out->n};
}
