#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "emit.h"
#include "json.h"
#include "request.h"
#include "task.h"
#include "utf8.h"
#include "value.h"

static const char path_end[] = "/chat/completions";

void
task_refuse(struct task *t, const char *code, const char *fmt, ...)
{
	va_list ap;

	t->code = code;
	buf_clear(&t->why);
	va_start(ap, fmt);
	buf_vprintf(&t->why, fmt, ap);
	va_end(ap);
}

static bool
refuse_line(struct task *t, const char *why)
{
	task_refuse(t, "invalid_line", "%s", why);
	return false;
}

static bool
ends_with(struct json s, const char *end)
{
	struct buf b = {0};
	size_t n = strlen(end);
	bool yes;

	json_text(s, &b);
	yes = b.n >= n && memcmp(b.p + b.n - n, end, n) == 0;
	buf_free(&b);
	return yes;
}

/* What stands around the request in a line of a batch file. */
static bool
take_line(struct task *t, struct json line, struct json *body)
{
	struct json id = json_get(line, "custom_id");
	struct json method = json_get(line, "method");
	struct json url = json_get(line, "url");

	json_text(id, &t->id);
	t->own_id = true;
	if (t->id.n == 0)
		return refuse_line(t, "no custom_id, or not a string that is"
		    " not empty");
	*body = json_get(line, "body");
	if (json_type(*body) != JSON_OBJECT)
		return refuse_line(t, "no body, or not an object");
	/* Some vendors' files have neither of these two. */
	if (method.p != NULL && !json_is(method, "POST"))
		return refuse_line(t, "its method is not POST");
	if (url.p != NULL && !ends_with(url, path_end)) {
		task_refuse(t, "invalid_url", "its url is not one of"
		    " …%s", path_end);
		return false;
	}
	return true;
}

/* Adds b to a sum in which the order of what is added does not count. */
static struct hash
sum(struct hash a, struct hash b)
{
	return (struct hash){a.a + b.a, a.b + b.b};
}

/* A hash that is the same for what is the same JSON value. */
static struct hash
hash_value(struct json v, struct buf *text)
{
	struct hash all = {0}, part[2];
	struct json_iter i;
	struct json name, value;
	enum json_type type = json_type(v);

	buf_clear(text);
	if (type == JSON_STRING) {
		buf_addc(text, '"');
		json_text(v, text);
		return hash_of(text->p, text->n);
	}
	if (type == JSON_NUMBER) {
		buf_printf(text, "%.17g", json_number(v));
		return hash_of(text->p, text->n);
	}
	if (type != JSON_OBJECT && type != JSON_ARRAY)
		return hash_of(v.p, v.n);
	for (i = json_first(v); json_more(&i, &name, &value);) {
		part[0] = type == JSON_OBJECT ? hash_value(name, text) : all;
		part[1] = hash_value(value, text);
		part[0] = hash_pair(part[0], part[1]);
		all = type == JSON_OBJECT ? sum(all, part[0]) : part[0];
	}
	return hash_pair(all, (struct hash){(uint64_t)type, 0});
}

/* Opens the object v, with all of its members but these two. */
static void
copy_without(struct emit *e, struct json v, const char *one, const char *other)
{
	struct json_iter i;
	struct json name, value;

	emit_open(e, '{');
	for (i = json_first(v); json_more(&i, &name, &value);) {
		if (json_is(name, one) || json_is(name, other))
			continue;
		emit_json(e, name);
		emit_named(e);
		emit_json(e, value);
	}
}

/* How a request is sent, whatever it asked for: it is folded here. */
static void
write_streamed(struct json request, struct buf *out)
{
	struct emit e = {.out = out};

	copy_without(&e, request, "stream", "stream_options");
	emit_name(&e, "stream");
	emit_word(&e, "true");
	emit_name(&e, "stream_options");
	copy_without(&e, json_get(request, "stream_options"), "include_usage",
	    "include_usage");
	emit_name(&e, "include_usage");
	emit_word(&e, "true");
	emit_close(&e, '}');
	emit_close(&e, '}');
}

static bool
take_request(struct task *t, struct json body, bool unlisted)
{
	struct request_fault fault = {0};
	struct json_fault unused;
	jv request = value_of(body);
	bool ok = request_check(request, unlisted, &fault);

	if (!ok)
		task_refuse(t, fault.code != NULL ? fault.code :
		    "invalid_request", "%s", buf_string(&fault.message));
	buf_free(&fault.message);
	jv_free(request);
	if (!ok)
		return false;
	write_streamed(body, &t->body);
	/* It was written by us, and is JSON. */
	(void)json_parse(t->body.p, t->body.n, &body, &unused);
	t->request = hash_value(body, &t->why);
	buf_clear(&t->why);
	return true;
}

bool
task_read(struct task *t, const char *line, size_t n, bool unlisted)
{
	struct json_fault fault;
	struct json v, body;

	buf_clear(&t->id);
	buf_clear(&t->body);
	buf_clear(&t->why);
	t->code = NULL;
	t->own_id = false;
	t->request = hash_of(line, n);
	if (utf8_valid(line, n) < n) {
		task_refuse(t, "invalid_utf8", "not UTF-8 at byte %zu",
		    utf8_valid(line, n) + 1);
		return false;
	}
	if (!json_parse(line, n, &v, &fault)) {
		task_refuse(t, "invalid_json", "not JSON: %s at byte %zu",
		    fault.why, fault.at + 1);
		return false;
	}
	body = v;
	if (json_type(v) != JSON_OBJECT)
		return refuse_line(t, "not a JSON object");
	if ((json_get(v, "custom_id").p != NULL || json_get(v, "body").p != NULL)
	    && !take_line(t, v, &body))
		return false;
	if (!take_request(t, body, unlisted))
		return false;
	if (!t->own_id)
		buf_printf(&t->id, "req-%016" PRIx64, t->request.a);
	return true;
}

void
task_free(struct task *t)
{
	buf_free(&t->id);
	buf_free(&t->body);
	buf_free(&t->why);
}
