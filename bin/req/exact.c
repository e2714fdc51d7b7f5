#include <math.h>
#include <string.h>

#include "exact.h"
#include "value.h"

/* Below, a double that is whole is no other number rounded. */
#define TOO_LARGE 9007199254740992.0

bool
exact_spell(double x, struct buf *out)
{
	if (!(fabs(x) < TOO_LARGE))
		return false;
	value_spell_double(x, out);
	return true;
}

static jv
number(struct json v, struct buf *why)
{
	struct buf said = {0}, held = {0};
	double x = json_number(v);
	jv value = jv_invalid();

	if (!value_spell(v.p, v.n, &said))
		buf_adds(why, "a number with an exponent of more than nine"
		    " digits: --id cannot tell it from others");
	else if (exact_spell(x, &held) && buf_is(&held, said.p, said.n))
		value = jv_number(x + 0.0);	/* -0 is 0 */
	else
		value = value_text(said.p, said.n);
	buf_free(&said);
	buf_free(&held);
	return value;
}

/* An array or an object. */
static jv
container(struct json v, struct buf *why)
{
	bool object = json_type(v) == JSON_OBJECT;
	jv all = object ? jv_object() : jv_array(), one;
	struct json name, value;
	struct json_iter i;

	for (i = json_first(v); json_more(&i, &name, &value);) {
		one = exact_value(value, why);
		if (!jv_is_valid(one)) {
			jv_free(all);
			return one;
		}
		all = object ? jv_object_set(all, value_of(name), one)
		    : jv_array_append(all, one);
	}
	return all;
}

jv
exact_value(struct json v, struct buf *why)
{
	if (json_type(v) == JSON_NUMBER)
		return number(v, why);
	if (json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT)
		return container(v, why);
	return value_of(v);
}
