#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "emit.h"
#include "fold.h"
#include "result.h"
#include "utf8.h"
#include "verdict.h"

enum { HALF = 16 };	/* hexadecimal digits */

static const char prefix[] = "batch_req_";

/* A line that is being built. */
struct builder {
	struct emit		 e;
	const struct redact	*redact;
};

/* A text, which may be no UTF-8, secrets hidden. */
static void
add_text(struct builder *b, const char *p, size_t n)
{
	struct buf shown = {0}, text = {0};

	redact_add(b->redact, &shown, p, n, 0);
	utf8_add(&text, shown.p, shown.n);
	emit_text(&b->e, text.p, text.n);
	buf_free(&shown);
	buf_free(&text);
}

static void
add_member(struct builder *b, const char *name, const char *p, size_t n)
{
	emit_name(&b->e, name);
	add_text(b, p, n);
}

static void
add_null(struct builder *b, const char *name)
{
	emit_word(emit_name(&b->e, name), "null");
}

/* A JSON value on one line, as UTF-8, secrets hidden. */
static void
add_json(struct builder *b, const char *name, struct json v, unsigned also)
{
	struct buf clean = {0};
	struct emit e = {.out = &clean};

	emit_name(&b->e, name);
	emit_compact(&e, v);
	redact_json(b->redact, b->e.out, (struct json){clean.p, clean.n}, also);
	b->e.comma = true;
	buf_free(&clean);
}

static void
add_response(struct builder *b, const struct result *r)
{
	if (r->kind == RESULT_ERROR) {
		add_null(b, "response");
		return;
	}
	emit_open(emit_name(&b->e, "response"), '{');
	emit_count(emit_name(&b->e, "status_code"), (unsigned long long)r->status);
	add_member(b, "request_id", r->request_id->p, r->request_id->n);
	add_json(b, "body", r->body, r->kind == RESULT_ANSWER ?
	    REDACT_ANSWER : 0);
	emit_close(&b->e, '}');
}

static void
add_error(struct builder *b, const struct result *r)
{
	if (r->kind == RESULT_ANSWER || r->kind == RESULT_HTTP) {
		add_null(b, "error");
		return;
	}
	emit_open(emit_name(&b->e, "error"), '{');
	add_member(b, "code", r->code, strlen(r->code));
	add_member(b, "message", r->message, strlen(r->message));
	if (r->line > 0)
		emit_count(emit_name(&b->e, "line"), r->line);
	if (r->kind == RESULT_ERROR && r->body.p != NULL)
		add_json(b, "partial", r->body, 0);
	emit_close(&b->e, '}');
}

void
result_add(const struct result *r, const struct redact *redact, struct buf *out)
{
	const struct task *t = r->task;
	struct hash of_id = hash_of(t->id.p, t->id.n);
	struct builder b = {.e.out = out, .redact = redact};
	struct buf id = {0};

	buf_printf(&id, "%s%016" PRIx64 "%016" PRIx64, prefix, t->request.a,
	    of_id.a);
	emit_open(&b.e, '{');
	emit_text(emit_name(&b.e, "id"), id.p, id.n);
	emit_text(emit_name(&b.e, "custom_id"), t->id.p, t->id.n);
	add_response(&b, r);
	add_error(&b, r);
	emit_close(&b.e, '}');
	buf_addc(out, '\n');
	buf_free(&id);
}

/* Appends the flaw of an answer that was read: its body is a completion. */
static void
add_flaw(struct json body, struct buf *reason)
{
	struct fold f = {.one = true, .keep = FOLD_TEXTS};
	struct chunk c;
	const char *why;

	chunk_of(&c, body);
	(void)fold_add(&f, &c);
	why = verdict_short(&f, VERDICT_ALL);
	if (why != NULL)
		buf_adds(reason, why);
	fold_clear(&f);
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
	struct json v, response, error, custom_id, body;
	double status;
	char *id;

	buf_clear(&l->id);
	buf_clear(&l->flaw);
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
	body = json_get(response, "body");
	l->success = l->id.n > 0 && status >= 200 && status < 300 &&
	    json_type(error) != JSON_OBJECT &&
	    json_type(json_get(body, "choices")) == JSON_ARRAY;
	if (l->success)
		add_flaw(body, &l->flaw);
	id = json_string(json_get(v, "id"));
	l->hashed = id != NULL && read_hashes(l, id);
	free(id);
	return true;
}

void
result_free(struct result_line *l)
{
	buf_free(&l->id);
	buf_free(&l->flaw);
}
