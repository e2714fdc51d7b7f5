#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

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

/* How the request is sent, whatever was asked for: it is folded here. */
static jv
streamed(jv request)
{
	jv options = value_get(request, "stream_options");

	if (jv_get_kind(options) != JV_KIND_OBJECT) {
		jv_free(options);
		options = jv_object();
	}
	options = jv_object_set(options, jv_string("include_usage"), jv_true());
	request = jv_object_set(request, jv_string("stream"), jv_true());
	return jv_object_set(request, jv_string("stream_options"), options);
}

static struct hash
hash_sorted(jv v)
{
	jv text = jv_dump_string(jv_copy(v), JV_PRINT_SORTED);
	struct hash h = hash_of(jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)));

	jv_free(text);
	return h;
}

static bool
take_request(struct task *t, struct json body, bool unlisted)
{
	struct request_fault fault = {0};
	jv request = value_of(body);
	bool ok = request_check(request, unlisted, &fault);

	if (!ok)
		task_refuse(t, fault.code != NULL ? fault.code :
		    "invalid_request", "%s", buf_string(&fault.message));
	buf_free(&fault.message);
	if (ok) {
		request = streamed(request);
		value_dump(request, &t->body);
		t->request = hash_sorted(request);
	}
	jv_free(request);
	return ok;
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
