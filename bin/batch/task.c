#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "emit.h"
#include "request.h"
#include "task.h"
#include "utf8.h"

static const char path_end[] = "/chat/completions";

/* What stands around a request in a line of a batch file, and in one of its output. */
enum { ID, METHOD, URL, BODY, RESPONSE, ERROR, MEMBERS };
static const char *const members[MEMBERS] = {
	"custom_id", "method", "url", "body", "response", "error",
};

bool
task_refuse(struct task *t, const char *code, const char *fmt, ...)
{
	va_list ap;

	t->code = code;
	buf_clear(&t->why);
	va_start(ap, fmt);
	buf_vprintf(&t->why, fmt, ap);
	va_end(ap);
	return false;
}

static bool
refuse_line(struct task *t, const char *why)
{
	return task_refuse(t, "invalid_line", "%s", why);
}

/* The line. */

static bool
read_json(struct task *t, const char *line, size_t n, struct json *v)
{
	size_t valid = utf8_valid(line, n);
	struct json_fault fault;
	bool ok = json_parse(line, n, v, &fault);

	if (valid < n && (ok || valid < fault.at))
		return task_refuse(t, "invalid_utf8", "not UTF-8 at byte %zu",
		    valid + 1);
	if (!ok)
		return task_refuse(t, "invalid_json", "not JSON: %s at byte %zu",
		    fault.why, fault.at + 1);
	return json_type(*v) == JSON_OBJECT ||
	    refuse_line(t, "not a JSON object");
}

/* The id's text; a number's is its one spelling. */
static bool
take_id(struct task *t, struct json id)
{
	t->own_id = true;
	if (json_type(id) != JSON_NUMBER)
		json_text(id, &t->id);
	else if (!emit_spell(id.p, id.n, &t->id))
		return refuse_line(t, "its custom_id is a number with an"
		    " exponent of more than nine digits");
	return t->id.n > 0 || refuse_line(t, "no custom_id, or not a string that"
	    " is not empty");
}

static bool
ends_with(struct json s, const char *end)
{
	struct buf b = {0};
	size_t n = strlen(end);
	bool does;

	json_text(s, &b);
	does = b.n >= n && memcmp(b.p + b.n - n, end, n) == 0;
	buf_free(&b);
	return does;
}

static bool
check_batch_line(struct task *t, const struct json *m)
{
	bool has_body = json_type(m[BODY]) == JSON_OBJECT;

	if (!take_id(t, m[ID]))
		return false;
	if (!has_body && (m[RESPONSE].p != NULL || m[ERROR].p != NULL))
		return refuse_line(t, "it is a result, no request: to try what"
		    " failed again, run the same command as before");
	if (!has_body)
		return refuse_line(t, "no body, or not an object");
	/* Some vendors' files have neither of these two. */
	if (m[METHOD].p != NULL && !json_is(m[METHOD], "POST"))
		return refuse_line(t, "its method is not POST");
	if (m[URL].p == NULL || ends_with(m[URL], path_end))
		return true;
	return task_refuse(t, "invalid_url", "its url is not one of …%s", path_end);
}

/* The request. */

/* The members of an object but for one, or two where other is not NULL. */
static void
copy_but(struct emit *e, struct json object, const char *one, const char *other)
{
	struct json_iter i;
	struct json name, value;

	for (i = json_first(object); json_more(&i, &name, &value);) {
		if (json_is(name, one) || (other != NULL && json_is(name, other)))
			continue;
		emit_json(e, name);
		emit_named(e);
		emit_json(e, value);
	}
}

/*
 * How a request is sent, whatever it asks for (stream, options): it streams and says
 * its usage, and is folded here. Other stream_options stay.
 */
static void
make_body(struct buf *out, struct json request)
{
	struct emit e = {.out = out};
	struct json options = json_get(request, "stream_options");

	emit_open(&e, '{');
	copy_but(&e, request, "stream", "stream_options");
	emit_word(emit_name(&e, "stream"), "true");
	emit_open(emit_name(&e, "stream_options"), '{');
	if (json_type(options) == JSON_OBJECT)
		copy_but(&e, options, "include_usage", NULL);
	emit_word(emit_name(&e, "include_usage"), "true");
	emit_close(&e, '}');
	emit_close(&e, '}');
}

bool
task_ask_less(struct task *t)
{
	struct buf less = {0};
	struct emit e = {.out = &less};
	struct json request = {t->body.p, t->body.n};

	if (json_get(request, "stream_options").p == NULL)
		return false;
	emit_open(&e, '{');
	copy_but(&e, request, "stream_options", NULL);
	emit_close(&e, '}');
	buf_free(&t->body);
	t->body = less;
	return true;
}

/* What the line says itself is what is checked. */
static bool
take_request(struct task *t, struct json request, unsigned also)
{
	struct request_fault fault;
	bool ok = request_check(request, also, &fault);

	make_body(&t->body, request);
	t->request = hash_object((struct json){t->body.p, t->body.n});
	if (!ok)
		task_refuse(t, fault.code != NULL ? fault.code :
		    "invalid_request", "%s", buf_string(&fault.message));
	buf_free(&fault.message);
	return ok;
}

static bool
take_line(struct task *t, struct json line, unsigned also)
{
	struct json m[MEMBERS] = {{0}}, name, value;
	struct json_iter i;
	int k;

	for (i = json_first(line); json_more(&i, &name, &value);)
		for (k = 0; k < MEMBERS; k++)
			if (json_is(name, members[k]))
				m[k] = value;
	if (m[ID].p != NULL || m[BODY].p != NULL)
		return check_batch_line(t, m) && take_request(t, m[BODY], also);
	/* The line is the request. */
	if (!take_request(t, line, also))
		return false;
	buf_printf(&t->id, "req-%016" PRIx64, t->request.a);
	return true;
}

bool
task_read(struct task *t, const char *line, size_t n, unsigned also)
{
	struct json v;
	bool ok;

	buf_clear(&t->id);
	buf_clear(&t->body);
	buf_clear(&t->why);
	t->code = NULL;
	t->own_id = false;
	ok = read_json(t, line, n, &v) && take_line(t, v, also);
	if (!ok)
		t->request = hash_of(line, n);
	return ok;
}

void
task_free(struct task *t)
{
	buf_free(&t->id);
	buf_free(&t->body);
	buf_free(&t->why);
}
