#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "result.h"
#include "value.h"

enum { HALF = 16 };	/* hexadecimal digits */

static const char prefix[] = "batch_req_";

/* An object with one more member; both are consumed. */
static jv
with(jv object, const char *name, jv value)
{
	return jv_object_set(object, jv_string(name), value);
}

static jv
text_or_null(const struct buf *b)
{
	return b != NULL && b->n > 0 ? value_text(b->p, b->n) : jv_null();
}

static jv
response_value(const struct result *r)
{
	jv v = jv_object();

	if (r->status == 0) {
		jv_free(v);
		jv_free(r->body);
		return jv_null();
	}
	v = with(v, "status_code", jv_number((double)r->status));
	v = with(v, "request_id", text_or_null(r->request_id));
	return with(v, "body", jv_is_valid(r->body) ? r->body : jv_null());
}

static jv
error_value(const struct result *r)
{
	jv v = jv_object();

	if (r->code == NULL) {
		jv_free(v);
		return jv_null();
	}
	v = with(v, "code", jv_string(r->code));
	v = with(v, "message", jv_string(r->message));
	return r->line > 0 ? with(v, "line", jv_number((double)r->line)) : v;
}

void
result_add(const struct result *r, struct buf *out)
{
	const struct task *t = r->task;
	struct hash id = hash_of(t->id.p, t->id.n);
	struct buf name = {0};
	jv v = jv_object();

	buf_printf(&name, "%s%016" PRIx64 "%016" PRIx64, prefix, t->request.a,
	    id.a);
	v = with(v, "id", value_text(name.p, name.n));
	v = with(v, "custom_id", text_or_null(&t->id));
	v = with(v, "response", response_value(r));
	v = with(v, "error", error_value(r));
	value_dump(v, out);
	buf_addc(out, '\n');
	jv_free(v);
	buf_free(&name);
}

/* So many hexadecimal digits at s; false where it is anything else. */
static bool
hex(const char *s, uint64_t *x)
{
	char digits[HALF + 1] = {0};

	memcpy(digits, s, HALF);
	*x = strtoull(digits, NULL, 16);
	return strspn(digits, "0123456789abcdef") == HALF;
}

static bool
read_hashes(struct result_line *l, const char *id)
{
	size_t n = strlen(prefix);
	uint64_t of_id;

	return strlen(id) == n + 2 * HALF && memcmp(id, prefix, n) == 0 &&
	    hex(id + n, &l->request.a) && hex(id + n + HALF, &of_id) &&
	    of_id == hash_of(l->id.p, l->id.n).a;
}

bool
result_read(struct result_line *l, const char *line, size_t n)
{
	struct json_fault fault;
	struct json v, response, error, custom_id;
	double status;
	char *id;

	buf_clear(&l->id);
	if (!json_parse(line, n, &v, &fault) || json_type(v) != JSON_OBJECT)
		return false;
	custom_id = json_get(v, "custom_id");
	response = json_get(v, "response");
	error = json_get(v, "error");
	if (custom_id.p == NULL || (json_type(response) != JSON_OBJECT &&
	    json_type(error) != JSON_OBJECT))
		return false;
	json_text(custom_id, &l->id);
	status = json_number(json_get(response, "status_code"));
	l->success = l->id.n > 0 && status >= 200 && status < 300 &&
	    json_type(error) != JSON_OBJECT &&
	    json_type(json_get(json_get(response, "body"), "choices")) ==
	    JSON_ARRAY;
	id = json_string(json_get(v, "id"));
	l->hashed = id != NULL && read_hashes(l, id);
	free(id);
	return true;
}
