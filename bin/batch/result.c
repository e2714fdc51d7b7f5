#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "result.h"
#include "utf8.h"

enum { HALF = 16 };	/* hexadecimal digits */

static const char prefix[] = "batch_req_";

/* Text that may be no UTF-8. */
static void
add_text(struct emit *e, const char *name, const char *p, size_t n)
{
	struct buf text = {0};

	utf8_add(&text, p, n);
	emit_name(e, name);
	emit_text(e, text.p, text.n);
	buf_free(&text);
}

static void
add_text_or_null(struct emit *e, const char *name, const struct buf *b)
{
	if (b != NULL && b->n > 0) {
		add_text(e, name, b->p, b->n);
		return;
	}
	emit_name(e, name);
	emit_word(e, "null");
}

static void
add_response(struct emit *e, const struct result *r)
{
	emit_name(e, "response");
	if (r->status == 0) {
		emit_word(e, "null");
		return;
	}
	emit_open(e, '{');
	emit_name(e, "status_code");
	emit_count(e, (unsigned long long)r->status);
	add_text_or_null(e, "request_id", r->request_id);
	emit_name(e, "body");
	emit_json(e, r->body);
	emit_close(e, '}');
}

static void
add_error(struct emit *e, const struct result *r)
{
	emit_name(e, "error");
	if (r->code == NULL) {
		emit_word(e, "null");
		return;
	}
	emit_open(e, '{');
	add_text(e, "code", r->code, strlen(r->code));
	add_text(e, "message", r->message, strlen(r->message));
	if (r->line > 0) {
		emit_name(e, "line");
		emit_count(e, r->line);
	}
	emit_close(e, '}');
}

void
result_add(const struct result *r, struct buf *out)
{
	const struct task *t = r->task;
	struct hash of_id = hash_of(t->id.p, t->id.n);
	struct emit e = {.out = out};
	struct buf id = {0};

	buf_printf(&id, "%s%016" PRIx64 "%016" PRIx64, prefix, t->request.a,
	    of_id.a);
	emit_open(&e, '{');
	add_text(&e, "id", id.p, id.n);
	add_text_or_null(&e, "custom_id", &t->id);
	add_response(&e, r);
	add_error(&e, r);
	emit_close(&e, '}');
	buf_addc(out, '\n');
	buf_free(&id);
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

	return strlen(id) == n + (size_t)2 * HALF && memcmp(id, prefix, n) == 0 &&
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
