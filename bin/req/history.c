#include "history.h"
#include "json.h"
#include "request.h"

static bool
refuse(struct history *h, const char *why)
{
	buf_adds(&h->why, why);
	return false;
}

static bool
add_message(struct history *h, struct json message)
{
	struct request_fault fault;

	if (!request_check_message(message, h->lax, &fault)) {
		buf_add(&h->why, fault.message.p, fault.message.n);
		buf_free(&fault.message);
		return false;
	}
	if (!h->no_system || !json_is(json_get(message, "role"), "system"))
		emit_compact(h->messages, message);
	return true;
}

/*
 * Adds what a completion's message says, calls of tools included; its other members are
 * the answer's own. The check tells of a content that is missing.
 */
static bool
add_answer(struct history *h, struct json message)
{
	static const char *const names[] = {"tool_calls", "function_call", "refusal"};
	struct buf text = {0};
	struct emit e = {.out = &text};
	enum json_type type;
	struct json v;
	size_t i;
	bool ok;

	emit_open(&e, '{');
	emit_word(emit_name(&e, "role"), "\"assistant\"");
	emit_json(emit_name(&e, "content"), json_get(message, "content"));
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		v = json_get(message, names[i]);
		type = json_type(v);
		if (type == JSON_ARRAY || type == JSON_OBJECT || type == JSON_STRING)
			emit_json(emit_name(&e, names[i]), v);
	}
	emit_close(&e, '}');
	ok = add_message(h, (struct json){text.p, text.n});
	buf_free(&text);
	return ok;
}

static bool
add_completion(struct history *h, struct json choices)
{
	struct json_iter i = json_first(choices);
	struct json none, choice, message = {0};

	if (json_type(choices) == JSON_ARRAY && json_more(&i, &none, &choice))
		message = json_get(choice, "message");
	if (json_type(message) == JSON_OBJECT)
		return add_answer(h, message);
	return refuse(h, "a completion without a message (supai-fold puts a stream"
	    " together)");
}

static bool add_all(struct history *h, struct json array);

/* A message, a request or a completion. */
static bool
add_object(struct history *h, struct json v)
{
	struct json messages = json_get(v, "messages"), choices = json_get(v, "choices");

	if (json_get(v, "role").p != NULL)
		return add_message(h, v);
	if (messages.p != NULL)
		return add_all(h, messages);
	if (choices.p != NULL)
		return add_completion(h, choices);
	return refuse(h, "neither a message nor a request nor a completion");
}

static bool
add_all(struct history *h, struct json array)
{
	struct json none, v;
	struct json_iter i;
	bool ok = true;

	if (json_type(array) != JSON_ARRAY)
		return refuse(h, "messages must be an array");
	for (i = json_first(array); ok && json_more(&i, &none, &v);)
		ok = add_object(h, v);
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
	struct json v;

	*end = json_scan(&scan, p, n, &whole);
	if (!json_parse(p, *end, &v, &fault)) {
		buf_printf(&h->why, "not JSON: %s", fault.why);
		*end = fault.at;
		return false;
	}
	ok = json_type(v) == JSON_ARRAY ? add_all(h, v) : add_object(h, v);
	if (!ok)
		*end = 0;
	return ok;
}

bool
history_add(struct history *h, const char *p, size_t n, struct buf *why)
{
	const char *start = p;
	size_t end;

	buf_clear(&h->why);
	for (;; p += end, n -= end) {
		while (n > 0 && json_is_space(*p)) {
			p++;
			n--;
		}
		if (n == 0)
			return true;
		if (!add_value(h, p, n, &end))
			break;
	}
	buf_printf(why, "line %lu: ", line_of(start, p + end));
	buf_add(why, h->why.p, h->why.n);
	buf_free(&h->why);
	return false;
}
