#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "models.h"
#include "request.h"
#include "service.h"
#include "utf8.h"
#include "value.h"

static const char html[] =
    "<!DOCTYPE html>\n"
    "<html><head><title>Welcome</title></head>\n"
    "<body><h1>Welcome to the network</h1>\n"
    "<p>Please sign in to go on.</p></body></html>\n";

/* What is being answered. */
struct call {
	struct service			*s;
	const struct service_request	*q;
	struct service_response		*r;
};

static bool refuse(struct call *c, unsigned status, const char *param,
    const char *code, const char *fmt, ...) BUF_PRINTF(5, 6);

/* Answers with an error that is the client's; false, for the caller to pass on. */
static bool
refuse(struct call *c, unsigned status, const char *param, const char *code,
    const char *fmt, ...)
{
	struct buf message = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&message, fmt, ap);
	va_end(ap);
	c->r->status = status;
	reply_error(&c->r->own, buf_string(&message), "invalid_request_error",
	    param, code);
	buf_free(&message);
	return false;
}

/* RFC 6750, section 2.1. */
static bool
check_token(struct call *c)
{
	const char *token = c->q->authorization, *key = c->s->key;

	if (token != NULL && strncasecmp(token, "Bearer ", 7) == 0)
		token += 7 + strspn(token + 7, " ");
	else
		token = "";
	if (*token == '\0')
		return refuse(c, 401, NULL, "invalid_api_key",
		    "no API key: send it as 'Authorization: Bearer KEY'");
	if (key != NULL && strcmp(token, key) != 0)
		return refuse(c, 401, NULL, "invalid_api_key",
		    "the API key is not right");
	return true;
}

/* As services refuse a member that they do not know. */
static bool
check_refused(struct call *c)
{
	bool there;
	size_t i;
	jv v;

	for (i = 0; i < c->s->nrefused; i++) {
		v = value_get(c->q->json, c->s->refused[i]);
		there = jv_is_valid(v);
		jv_free(v);
		if (there)
			return refuse(c, 400, c->s->refused[i],
			    "unsupported_parameter",
			    "%s is not supported by this model",
			    c->s->refused[i]);
	}
	return true;
}

static bool
check_chat(struct call *c)
{
	struct request_fault fault = {0};
	bool ok;

	if (c->q->bytes > SERVICE_MAX_BODY)
		return refuse(c, 413, NULL, "request_too_large",
		    "the body is longer than %zu bytes", SERVICE_MAX_BODY);
	if (c->q->bytes == 0)
		return refuse(c, 400, NULL, "invalid_json", "the body is empty");
	if (!jv_is_valid(c->q->json))
		return refuse(c, 400, NULL, "invalid_json",
		    "the body is not JSON: %s at byte %zu", c->q->fault.why,
		    c->q->fault.at);
	ok = request_check(c->q->json, false, &fault) ||
	    refuse(c, 400, fault.param, fault.code, "%s",
	    buf_string(&fault.message));
	buf_free(&fault.message);
	return ok && check_refused(c);
}

static bool
is_stream(jv request)
{
	jv stream = value_get(request, "stream");
	bool yes = jv_get_kind(stream) == JV_KIND_TRUE;

	jv_free(stream);
	return yes;
}

static struct service_answer *
next_answer(struct service *s)
{
	return s->nanswers == 0 ? NULL :
	    &s->answers[s->answered++ % s->nanswers];
}

static void
answer_chat(struct call *c)
{
	struct service_answer *a = next_answer(c->s);
	struct buf text = {0};

	if (a != NULL && a->recorded && is_stream(c->q->json)) {
		c->r->reply = &a->stream;
		return;
	}
	if (a == NULL)
		reply_echo(c->q->json, &text);
	else if (a->recorded)
		reply_recorded_text(a->text.p, a->text.n, &text);
	else
		buf_add(&text, a->text.p, a->text.n);
	reply_answer(&c->r->own, c->q->json, c->q->number, &text,
	    c->s->logprobs);
	buf_free(&text);
}

/* Adds ID: {"id": ID} to an object, which is consumed. */
static jv
add_id(jv list, const char *id)
{
	jv about = jv_object_set(jv_object(), jv_string("id"), jv_string(id));

	return jv_object_set(list, jv_string(id), about);
}

static void
answer_list(struct call *c, enum models_list list, jv images)
{
	jv ids = jv_object(), o;
	const char *const *names;
	size_t n, i;

	names = models_ids(list, &n);
	for (i = 0; i < n; i++)
		ids = add_id(ids, names[i]);
	o = jv_object_set(jv_object(), jv_string("text"), ids);
	reply_json(&c->r->own, jv_object_set(o, jv_string("image"), images));
}

static void
answer_models(struct call *c)
{
	answer_list(c, MODELS_MODELS, add_id(jv_object(), "mock/image-model"));
}

static void
answer_modes(struct call *c)
{
	answer_list(c, MODELS_MODES, jv_object());
}

static const struct route {
	const char	*path, *method;
	bool		(*check)(struct call *);
	void		(*answer)(struct call *);
} routes[] = {
	{"/v1/openai/chat/completions", "POST", check_chat, answer_chat},
	{"/v1/info/models", "GET", NULL, answer_models},
	{"/v1/info/modes", "GET", NULL, answer_modes},
};

static const struct route *
find_route(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* Whether the request is one that the service answers; else it was refused. */
static bool
check(struct call *c, const struct route *route)
{
	if (route == NULL)
		return refuse(c, 404, NULL, "not_found", "there is no %s here",
		    c->q->path);
	if (strcmp(c->q->method, route->method) != 0) {
		c->r->allow = route->method;
		return refuse(c, 405, NULL, "method_not_allowed",
		    "%s takes %s, not %s", c->q->path, route->method,
		    c->q->method);
	}
	return check_token(c) && (route->check == NULL || route->check(c));
}

/* A guess at what a body given by hand is. */
static const char *
guess_type(const struct buf *b)
{
	if (b->n == 0 || strchr("{[<", *b->p) == NULL)
		return "text/plain; charset=utf-8";
	return *b->p == '<' ? "text/html; charset=utf-8" : "application/json";
}

static void
give_body(struct call *c)
{
	const struct buf *b = c->s->body;

	reply_bytes(&c->r->own, guess_type(b), b->p, b->n);
}

/* The error that the service would give with a status. */
static void
fail(struct call *c)
{
	static const struct {
		unsigned	 status;
		const char	*message, *type, *code;
	} errors[] = {
		{401, "the API key is not right", "invalid_request_error",
		    "invalid_api_key"},
		{402, "payment is required", "billing_error", NULL},
		{403, "this key may not do that", "permission_error", NULL},
		{408, "the request took too long", "timeout_error", NULL},
		{409, "the request is in conflict with another",
		    "conflict_error", NULL},
		{429, "too many requests", "rate_limit_error",
		    "rate_limit_exceeded"},
		{500, "the server had an error", "server_error", NULL},
		{502, "bad gateway", "server_error", NULL},
		{503, "the service is overloaded", "server_error", NULL},
		{504, "gateway timeout", "server_error", NULL},
	};
	unsigned status = c->r->status;
	struct buf message = {0};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].status == status) {
			reply_error(&c->r->own, errors[i].message,
			    errors[i].type, NULL, errors[i].code);
			return;
		}
	buf_printf(&message, "failed with status %u", status);
	reply_error(&c->r->own, buf_string(&message), status < 500 ?
	    "invalid_request_error" : "server_error", NULL, NULL);
	buf_free(&message);
}

void
service_respond(struct service *s, const struct service_request *q,
    struct service_response *r)
{
	struct call c = {.s = s, .q = q, .r = r};
	const struct route *route = find_route(q->path);

	r->reply = &r->own;
	if (!check(&c, route))
		return;
	r->fault = faults_next(&s->faults, ++s->good);
	r->status = r->fault.kind == FAULT_FAIL ?
	    (unsigned)r->fault.number : 200;
	if (r->fault.kind == FAULT_GARBAGE)
		reply_bytes(&r->own, "text/html; charset=utf-8", html,
		    sizeof(html) - 1);
	else if (s->body != NULL && (r->fault.kind == FAULT_FAIL ||
	    !faults_have(&s->faults, FAULT_FAIL)))
		give_body(&c);
	else if (r->fault.kind == FAULT_FAIL)
		fail(&c);
	else
		route->answer(&c);
}

void
service_add_answer(struct service *s, struct buf *text, bool recorded)
{
	struct service_answer *a;
	struct buf clean = {0};

	s->answers = mem_resize(s->answers, s->nanswers + 1,
	    sizeof(*s->answers));
	a = &s->answers[s->nanswers++];
	*a = (struct service_answer){.recorded = recorded};
	if (recorded) {
		a->text = *text;
		reply_recording(&a->stream, text->p, text->n);
	} else {
		utf8_add(&clean, text->p, text->n);
		a->text = clean;
		buf_free(text);
	}
	*text = (struct buf){0};
}

void
service_refuse(struct service *s, const char *member)
{
	s->refused = mem_resize(s->refused, s->nrefused + 1,
	    sizeof(*s->refused));
	s->refused[s->nrefused++] = member;
}

void
service_response_free(struct service_response *r)
{
	reply_free(&r->own);
}

void
service_free(struct service *s)
{
	size_t i;

	for (i = 0; i < s->nanswers; i++) {
		buf_free(&s->answers[i].text);
		reply_free(&s->answers[i].stream);
	}
	free(s->answers);
	free(s->refused);
	faults_free(&s->faults);
}
