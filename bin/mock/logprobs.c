#include <math.h>
#include <stdint.h>

#include "logprobs.h"
#include "value.h"

/* A number from 0 to below 1 that the bytes fix (FNV-1a, its bits then mixed). */
static double
drawn_by(const char *p, size_t n)
{
	uint64_t x = UINT64_C(0xcbf29ce484222325);

	for (; n > 0; n--, p++)
		x = (x ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return ldexp((double)((x ^ x >> 31) >> 11), -53);
}

void
logprobs_start(struct logprobs *l, jv request, const char *text, size_t n)
{
	jv asked = value_get(request, "logprobs");
	jv top = value_get(request, "top_logprobs");

	l->wanted = jv_get_kind(asked) == JV_KIND_TRUE;
	l->top = jv_get_kind(top) == JV_KIND_NUMBER && jv_number_value(top) > 0;
	/* Confidences from 0.27 to 0.98: some pass a gate, some do not. */
	l->doubt = 0.02 + 1.3 * drawn_by(text, n);
	jv_free(asked);
	jv_free(top);
}

static jv
token(jv text, double logprob, const char *p, size_t n)
{
	jv o = jv_object(), bytes = jv_array();

	for (; n > 0; n--, p++)
		bytes = jv_array_append(bytes, jv_number((unsigned char)*p));
	o = jv_object_set(o, jv_string("token"), text);
	o = jv_object_set(o, jv_string("logprob"), jv_number(logprob));
	return jv_object_set(o, jv_string("bytes"), bytes);
}

jv
logprobs_add(const struct logprobs *l, jv tokens, const char *p, size_t n)
{
	double logprob = -l->doubt * (0.5 + drawn_by(p, n));
	jv text = value_text(p, n), top = jv_array(), o;

	logprob = round(logprob * 1e4) / 1e4;
	if (l->top)
		top = jv_array_append(top, token(jv_copy(text), logprob, p, n));
	o = token(text, logprob, p, n);
	return jv_array_append(tokens,
	    jv_object_set(o, jv_string("top_logprobs"), top));
}

jv
logprobs_member(jv tokens)
{
	jv o = jv_object_set(jv_object(), jv_string("content"), tokens);

	return jv_object_set(o, jv_string("refusal"), jv_null());
}
