#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "request.h"
#include "task.h"
#include "value.h"

static const char path_end[] = "/chat/completions";

/* A request, as its members come by. */
struct request {
	struct walk_object	 o;
	struct hash		 options;	/* of what r->options holds */
};

/* What stands around a request in a line of a batch file; or nothing does, and the
 * line is the request. */
struct line {
	struct json	 id, method, url;
	bool		 batch;		/* custom_id or body was there */
	bool		 result;	/* response or error was: a line of the output */
	bool		 has_body;	/* an object */
	struct request	 body, own;	/* the body's members; the line's */
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

/* How a request is sent, whatever it asks for: it streams, and is folded here. */

static const char yes[] = "true";

static void
begin_request(struct task_reader *r, struct request *q, struct buf *out)
{
	buf_clear(out);
	walk_open(&r->walk, &q->o, out);
	q->options = (struct hash){0};
	buf_clear(&r->options);
}

static struct hash
end_options(struct task_reader *r, struct walk_object *o)
{
	walk_add(&r->walk, o, "include_usage", yes, strlen(yes),
	    hash_of(yes, strlen(yes)));
	return walk_close(&r->walk, o);
}

/* Members of stream_options but this one stay. */
static void
take_options(struct task_reader *r, struct request *q, struct json_iter *inner)
{
	struct walk_object o;
	struct json name;

	buf_clear(&r->options);
	walk_open(&r->walk, &o, &r->options);
	while (json_name(inner, &name))
		(void)walk_member(&r->walk, &o, inner, name,
		    json_is(name, "include_usage"));
	q->options = end_options(r, &o);
	q->o.value = jv_object_set(q->o.value, jv_string("stream_options"),
	    o.value);
}

static struct json
take_member(struct task_reader *r, struct request *q, struct json_iter *i,
    struct json name)
{
	bool options = json_is(name, "stream_options");
	struct json_iter inner = {0};
	struct json value;

	if (options)
		inner = json_enter(i);
	if (inner.p == NULL || !inner.object)
		return walk_member(&r->walk, &q->o, i, name,
		    options || json_is(name, "stream"));
	take_options(r, q, &inner);
	json_leave(i, &inner, &value);
	return value;
}

static struct hash
end_request(struct task_reader *r, struct request *q)
{
	struct walk_object o;

	if (r->options.n == 0) {
		walk_open(&r->walk, &o, &r->options);
		q->options = end_options(r, &o);
		jv_free(o.value);
	}
	walk_add(&r->walk, &q->o, "stream", yes, strlen(yes),
	    hash_of(yes, strlen(yes)));
	walk_add(&r->walk, &q->o, "stream_options", r->options.p, r->options.n,
	    q->options);
	return walk_close(&r->walk, &q->o);
}

/* The line. */

static struct json
take_body(struct task_reader *r, struct task *t, struct line *l,
    struct json_iter *i)
{
	struct json_iter inner = json_enter(i);
	struct json name, value;

	if (l->has_body)	/* once more: the last one counts */
		jv_free(l->body.o.value);
	l->has_body = inner.p != NULL && inner.object;
	if (!l->has_body) {
		json_pass(i, &value);
		return value;
	}
	begin_request(r, &l->body, &t->body);
	while (json_name(&inner, &name))
		(void)take_member(r, &l->body, &inner, name);
	t->request = end_request(r, &l->body);
	json_leave(i, &inner, &value);
	return value;
}

static void
take_line_member(struct task_reader *r, struct task *t, struct line *l,
    struct json_iter *i, struct json name)
{
	struct json value;

	if (json_is(name, "body")) {
		(void)take_body(r, t, l, i);
		l->batch = true;
		return;
	}
	value = take_member(r, &l->own, i, name);
	if (json_is(name, "custom_id")) {
		l->id = value;
		l->batch = true;
	} else if (json_is(name, "method")) {
		l->method = value;
	} else if (json_is(name, "url")) {
		l->url = value;
	} else if (json_is(name, "response") || json_is(name, "error")) {
		l->result = true;
	}
}

static bool
refuse_json(struct task *t, const struct json_fault *fault)
{
	return task_refuse(t, "invalid_json", "not JSON: %s at byte %zu", fault->why,
	    fault->at + 1);
}

static bool
walk_line(struct task_reader *r, struct task *t, struct line *l,
    const char *line, size_t n)
{
	struct json_iter i = json_open(line, n, &r->walk.fault);
	struct json name, whole;

	if (i.p == NULL)
		return json_parse(line, n, &whole, &r->walk.fault) ?
		    refuse_line(t, "not a JSON object") :
		    refuse_json(t, &r->walk.fault);
	while (json_name(&i, &name))
		take_line_member(r, t, l, &i, name);
	if (r->walk.bad < n)
		return task_refuse(t, "invalid_utf8", "not UTF-8 at byte %zu",
		    r->walk.bad + 1);
	return json_close(&i, &whole) || refuse_json(t, &r->walk.fault);
}

/* The id's text; a number's is its one spelling. */
static bool
take_id(struct task *t, struct json id)
{
	t->own_id = true;
	if (json_type(id) != JSON_NUMBER)
		json_text(id, &t->id);
	else if (!value_spell(id.p, id.n, &t->id))
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

/* What stands around the request in a line of a batch file. */
static bool
check_batch_line(struct task *t, const struct line *l)
{
	if (!take_id(t, l->id))
		return false;
	if (!l->has_body && l->result)
		return refuse_line(t, "it is a result, no request: to try what"
		    " failed again, run the same command as before");
	if (!l->has_body)
		return refuse_line(t, "no body, or not an object");
	/* Some vendors' files have neither of these two. */
	if (l->method.p != NULL && !json_is(l->method, "POST"))
		return refuse_line(t, "its method is not POST");
	if (l->url.p == NULL || ends_with(l->url, path_end))
		return true;
	return task_refuse(t, "invalid_url", "its url is not one of …%s", path_end);
}

static bool
check_request(struct task *t, jv request, unsigned also)
{
	struct request_fault fault = {0};
	bool ok = request_check(request, also, &fault);

	if (!ok)
		task_refuse(t, fault.code != NULL ? fault.code :
		    "invalid_request", "%s", buf_string(&fault.message));
	buf_free(&fault.message);
	return ok;
}

static bool
check_line(struct task_reader *r, struct task *t, struct line *l)
{
	struct hash own = end_request(r, &l->own);
	struct buf line;

	if (l->batch)
		return check_batch_line(t, l) &&
		    check_request(t, l->body.o.value, r->also);
	if (!check_request(t, l->own.o.value, r->also))
		return false;
	/* The line is the request. */
	line = t->rest;
	t->rest = t->body;
	t->body = line;
	t->request = own;
	buf_printf(&t->id, "req-%016" PRIx64, own.a);
	return true;
}

bool
task_read(struct task_reader *r, struct task *t, const char *line, size_t n)
{
	struct line l = {0};
	bool ok;

	buf_clear(&t->id);
	buf_clear(&t->body);
	buf_clear(&t->why);
	t->code = NULL;
	t->own_id = false;
	walk_start(&r->walk, line, n);
	begin_request(r, &l.own, &t->rest);
	ok = walk_line(r, t, &l, line, n) && check_line(r, t, &l);
	if (!ok)
		t->request = hash_of(line, n);
	jv_free(l.own.o.value);
	if (l.has_body)
		jv_free(l.body.o.value);
	return ok;
}

void
task_free(struct task *t)
{
	buf_free(&t->id);
	buf_free(&t->body);
	buf_free(&t->why);
	buf_free(&t->rest);
}

void
task_end(struct task_reader *r)
{
	walk_free(&r->walk);
	buf_free(&r->options);
}
