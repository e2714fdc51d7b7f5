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

/* A member of an answer's message that the answer is told by, too. */
static jv
with(jv answer, jv message, const char *name)
{
	jv v = value_get(message, name);
	jv_kind kind = jv_get_kind(v);

	if (kind != JV_KIND_ARRAY && kind != JV_KIND_OBJECT &&
	    kind != JV_KIND_STRING) {
		jv_free(v);
		return answer;
	}
	return jv_object_set(answer, jv_string(name), v);
}

/*
 * What a completion's message says, calls of tools included; its other members are
 * the answer's own.
 */
static jv
answer_of(jv completion)
{
	jv choices = value_get(completion, "choices");
	jv first, message, content, answer;

	if (jv_get_kind(choices) != JV_KIND_ARRAY) {
		jv_free(choices);
		return jv_invalid();
	}
	first = jv_array_get(choices, 0);
	message = value_get(first, "message");
	jv_free(first);
	if (jv_get_kind(message) != JV_KIND_OBJECT) {
		jv_free(message);
		return jv_invalid();
	}
	content = value_get(message, "content");
	if (!jv_is_valid(content))
		content = jv_null();	/* as completions say it; the check tells */
	answer = jv_object_set(jv_object(), jv_string("role"),
	    jv_string("assistant"));
	answer = jv_object_set(answer, jv_string("content"), content);
	answer = with(answer, message, "tool_calls");
	answer = with(answer, message, "function_call");
	answer = with(answer, message, "refusal");
	jv_free(message);
	return answer;
}

static bool
has(jv object, const char *name)
{
	return jv_object_has(jv_copy(object), jv_string(name)) != 0;
}

static bool add_all(struct history *h, jv array);

/* A message, a request or a completion; the value is kept. */
static bool
add_object(struct history *h, jv v)
{
	jv inner;
	bool ok;

	if (jv_get_kind(v) == JV_KIND_OBJECT && has(v, "role"))
		return add_message(h, jv_copy(v));
	if (jv_get_kind(v) == JV_KIND_OBJECT && has(v, "messages")) {
		inner = value_get(v, "messages");
		ok = add_all(h, inner);
		jv_free(inner);
		return ok;
	}
	if (jv_get_kind(v) == JV_KIND_OBJECT && has(v, "choices")) {
		inner = answer_of(v);
		if (jv_is_valid(inner))
			return add_message(h, inner);
		jv_free(inner);
		buf_adds(h->why, "a completion without a message (supai-fold puts"
		    " a stream together)");
		return false;
	}
	buf_adds(h->why, "neither a message nor a request nor a completion");
	return false;
}

static bool
add_all(struct history *h, jv array)
{
	bool ok = true;
	int i, n;
	jv v;

	if (jv_get_kind(array) != JV_KIND_ARRAY) {
		buf_adds(h->why, "messages must be an array");
		return false;
	}
	n = jv_array_length(jv_copy(array));
	for (i = 0; ok && i < n; i++) {
		v = jv_array_get(jv_copy(array), i);
		ok = add_object(h, v);
		jv_free(v);
	}
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
	jv_free(v);
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
