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

/* A member that is a text, which may be no UTF-8, secrets hidden. */
static void
put_text(struct emit *e, const char *name, const char *p, size_t n,
    const struct redact *redact)
{
	struct buf shown = {0}, text = {0};

	redact_add(redact, &shown, p, n, 0);
	utf8_add(&text, shown.p, shown.n);
	emit_text(emit_name(e, name), text.p, text.n);
	buf_free(&shown);
	buf_free(&text);
}

/* A member that is what a service said, on one line, as UTF-8, secrets hidden. */
static void
put_body(struct emit *e, const char *name, const struct result *r,
    const struct redact *redact)
{
	struct buf clean = {0};

	emit_compact(&(struct emit){.out = &clean}, r->body);
	redact_json(redact, emit_name(e, name)->out,
	    (struct json){clean.p, clean.n},
	    r->kind == RESULT_ANSWER ? REDACT_ANSWER : 0);
	e->comma = true;
	buf_free(&clean);
}

static void
put_response(struct emit *e, const struct result *r, const struct redact *redact)
{
	if (r->kind == RESULT_ERROR) {
		emit_word(e, "null");
		return;
	}
	emit_open(e, '{');
	emit_count(emit_name(e, "status_code"), (unsigned long long)r->status);
	put_text(e, "request_id", r->request_id, r->request_id_len, redact);
	put_body(e, "body", r, redact);
	emit_close(e, '}');
}

static void
put_error(struct emit *e, const struct result *r, const struct redact *redact)
{
	if (r->kind == RESULT_ANSWER || r->kind == RESULT_HTTP) {
		emit_word(e, "null");
		return;
	}
	emit_open(e, '{');
	put_text(e, "code", r->code, strlen(r->code), redact);
	put_text(e, "message", r->message, strlen(r->message), redact);
	if (r->line > 0)
		emit_count(emit_name(e, "line"), r->line);
	if (r->kind == RESULT_ERROR && r->body.p != NULL)
		put_body(e, "partial", r, redact);
	emit_close(e, '}');
}

void
result_add(const struct result *r, const struct redact *redact, struct buf *out)
{
	const struct task *t = r->task;
	struct hash of_id = hash_of(t->id.p, t->id.n);
	struct emit e = {.out = out};
	struct buf id = {0};

	buf_printf(&id, "%s%016" PRIx64 "%016" PRIx64, prefix, t->request.a,
	    of_id.a);
	emit_open(&e, '{');
	emit_text(emit_name(&e, "id"), id.p, id.n);
	emit_text(emit_name(&e, "custom_id"), t->id.p, t->id.n);
	put_response(emit_name(&e, "response"), r, redact);
	put_error(emit_name(&e, "error"), r, redact);
	emit_close(&e, '}');
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
