#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "score.h"

static void
add_token(struct score *s, struct json logprob)
{
	double x = json_number(logprob);

	if (json_type(logprob) != JSON_NUMBER || !isfinite(x))
		s->spoilt = true;
	s->sum += x;
	s->n++;
}

void
score_add(struct score *s, struct json logprobs)
{
	struct json name, v, old = json_get(logprobs, "token_logprobs");
	struct json_iter i;

	for (i = json_first(json_get(logprobs, "content"));
	    json_more(&i, &name, &v);)
		add_token(s, json_get(v, "logprob"));
	for (i = json_first(old); json_type(old) == JSON_ARRAY &&
	    json_more(&i, &name, &v);)
		add_token(s, v);
}

bool
score_of(const struct score *s, double *x)
{
	if (s->n == 0 || s->spoilt)
		return false;
	*x = exp(s->sum / (double)s->n);
	if (*x > 1)	/* rounding, at the other end */
		*x = 1;
	return isfinite(*x);
}

bool
score_judged(const char *p, size_t n, double *x)
{
	char *text = mem_copy(p, n), *at = text + strcspn(text, "0123456789"), *end;
	bool ok = *at != '\0';

	if (ok && at > text && at[-1] == '.')
		at--;
	ok = ok && (at == text || at[-1] != '-');
	*x = ok ? strtod(at, &end) : 0;
	ok = ok && *x >= 0 && *x <= 1;
	free(text);
	return ok;
}
