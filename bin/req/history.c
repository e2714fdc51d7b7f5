#include "history.h"
#include "json.h"
#include "request.h"
#include "value.h"

/* Where messages go, by which rules, and why one may not. */
struct history {
	jv		*messages;
	unsigned	 lax;
	struct buf	*why;
};

static bool
refuse(struct history *h, const char *why)
{
	buf_adds(h->why, why);
	return false;
}

/* Appends one message, which is consumed. */
static bool
add_message(struct history *h, jv message)
{
	struct request_fault fault;

	if (!request_check_message(message, h->lax, &fault)) {
		buf_add(h->why, fault.message.p, fault.message.n);
		buf_free(&fault.message);
		jv_free(message);
		return false;
	}
	*h->messages = jv_array_append(*h->messages, message);
	return true;
}

/*
 * What a completion's message (consumed) says, calls of tools included; its other
 * members are the answer's own. The check tells of a content that is missing.
 */
static jv
answer_of(jv message)
{
	static const char *const names[] = {"tool_calls", "function_call", "refusal"};
	jv content = value_get(message, "content"), v;
	jv answer = value_set(jv_object(), "role", jv_string("assistant"));
	jv_kind kind;
	size_t i;

	answer = value_set(answer, "content",
	    jv_is_valid(content) ? content : jv_null());
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		v = value_get(message, names[i]);
		kind = jv_get_kind(v);
		if (kind == JV_KIND_ARRAY || kind == JV_KIND_OBJECT ||
		    kind == JV_KIND_STRING)
			answer = value_set(answer, names[i], v);
		else
			jv_free(v);
	}
	jv_free(message);
	return answer;
}

static bool
has(jv object, const char *name)
{
	return jv_object_has(jv_copy(object), jv_string(name)) != 0;
}

static bool add_all(struct history *h, jv array);

/* A message, a request or a completion; the value is consumed. */
static bool
add_object(struct history *h, jv v)
{
	if (jv_get_kind(v) == JV_KIND_OBJECT && has(v, "role"))
		return add_message(h, v);
	if (jv_get_kind(v) == JV_KIND_OBJECT && has(v, "messages"))
		return add_all(h, jv_object_get(v, jv_string("messages")));
	if (jv_get_kind(v) != JV_KIND_OBJECT || !has(v, "choices")) {
		jv_free(v);
		return refuse(h, "neither a message nor a request nor a completion");
	}
	v = jv_getpath(v, JV_ARRAY(jv_string("choices"), jv_number(0),
	    jv_string("message")));
	if (jv_get_kind(v) == JV_KIND_OBJECT)
		return add_message(h, answer_of(v));
	jv_free(v);
	return refuse(h, "a completion without a message (supai-fold puts a stream"
	    " together)");
}

/* The array is consumed. */
static bool
add_all(struct history *h, jv array)
{
	bool ok = jv_get_kind(array) == JV_KIND_ARRAY ||
	    refuse(h, "messages must be an array");
	int i, n = ok ? jv_array_length(jv_copy(array)) : 0;

	for (i = 0; ok && i < n; i++)
		ok = add_object(h, jv_array_get(jv_copy(array), i));
	jv_free(array);
	return ok;
}

/* The number of the line that at stands in. */
static unsigned long
line_of(const char *p, const char *at)
{
	unsigned long line = 1;

	for (; p < at; p++)
		line += *p == '\n';
	return line;
}

/*
 * One value of the n bytes at p; *end is set to where it ends, and where it is
 * wrong to where the fault stands.
 */
static bool
add_value(struct history *h, const char *p, size_t n, size_t *end)
{
	struct json_scan scan = {0};
	struct json_fault fault;
	bool ok, whole;
	jv v;

	*end = json_scan(&scan, p, n, &whole);
	if (!value_parse(p, *end, &v, &fault)) {
		buf_printf(h->why, "not JSON: %s", fault.why);
		*end = fault.at;
		return false;
	}
	ok = jv_get_kind(v) == JV_KIND_ARRAY
	    ? add_all(h, v) : add_object(h, v);
	if (!ok)
		*end = 0;
	return ok;
}

bool
history_add(jv *messages, const char *p, size_t n, unsigned lax,
    struct buf *why)
{
	struct buf fault = {0};
	struct history h = {messages, lax, &fault};
	const char *start = p;
	size_t end;

	for (;; p += end, n -= end) {
		while (n > 0 && json_is_space(*p)) {
			p++;
			n--;
		}
		if (n == 0)
			return true;
		if (!add_value(&h, p, n, &end))
			break;
	}
	buf_printf(why, "line %lu: ", line_of(start, p + end));
	buf_add(why, fault.p, fault.n);
	buf_free(&fault);
	return false;
}
