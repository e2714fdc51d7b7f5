/*
 * same_value: whether our reader of JSON and a library, libjq, find the same in
 * a record. libjq takes more than RFC 8259 does, so what is refused is not
 * compared. For the tests of the readers, and their fuzzer.
 */
#ifndef SAME_VALUE_H
#define SAME_VALUE_H

#include <float.h>
#include <string.h>

#include <jv.h>

#include "emit.h"

/* The value as libjq has it, owned by the caller; it refuses a lone surrogate's escape. */
static jv
value_of(struct json v)
{
	struct buf text = {0};
	jv value;

	emit_json(&(struct emit){.out = &text}, v);
	value = jv_parse_sized(text.p, (int)text.n);
	buf_free(&text);
	return value;
}

/* A string as it is read, and what is said of it is so; else an invalid value. */
static jv
read_string(struct json v)
{
	struct buf text = {0};
	uint32_t half = 0;
	jv s;

	json_text(v, &text);
	s = jv_string_sized(text.n > 0 ? text.p : "", (int)text.n);
	if (!json_equals(v, text.n > 0 ? text.p : "", text.n) ||
	    json_chars(v, &half) != (size_t)jv_string_length_codepoints(jv_copy(s))) {
		jv_free(s);
		s = jv_invalid();
	}
	buf_free(&text);
	return s;
}

/* Where a processor reckons with 80 bits libjq's reading of a number is a bit off. */
static jv
read_number(struct json v)
{
	return FLT_EVAL_METHOD == 2 ? value_of(v) : jv_number(json_number(v));
}

/* The value as our reader has it, owned by the caller. */
static jv
read_value(struct json v)
{
	struct json_iter i = json_first(v);
	struct json name, element;
	jv value, key;

	switch (json_type(v)) {
	case JSON_NULL:
		return jv_null();
	case JSON_FALSE:
		return jv_false();
	case JSON_TRUE:
		return jv_true();
	case JSON_NUMBER:
		return read_number(v);
	case JSON_STRING:
		return read_string(v);
	case JSON_ARRAY:
		value = jv_array();
		while (json_more(&i, &name, &element))
			value = jv_array_append(value, read_value(element));
		return value;
	case JSON_OBJECT:
		value = jv_object();
		while (json_more(&i, &name, &element)) {
			key = read_string(name);
			if (!jv_is_valid(key)) {
				jv_free(value);
				return key;
			}
			value = jv_object_set(value, key, read_value(element));
		}
		return value;
	default:
		return jv_invalid();
	}
}

/* libjq nests less deep: it counts an object twice, once for its name. */
static bool
too_deep(jv theirs)
{
	jv why;
	bool deep;

	if (jv_is_valid(theirs))
		return false;
	why = jv_invalid_get_msg(jv_copy(theirs));
	deep = jv_get_kind(why) == JV_KIND_STRING &&
	    strstr(jv_string_value(why), "depth limit") != NULL;
	jv_free(why);
	return deep;
}

/* v: a record's value as it was checked. */
static bool
same_value(struct json v)
{
	jv ours = read_value(v), theirs = value_of(v);
	bool same = jv_is_valid(ours) && (jv_equal(jv_copy(ours), jv_copy(theirs)) ||
	    too_deep(theirs));

	jv_free(ours);
	jv_free(theirs);
	return same;
}

#endif
