#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "mem.h"
#include "models.h"
#include "request.h"
#include "service.h"
#include "utf8.h"

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

/* As services refuse a member that they do not know: 400, or 0. */
static unsigned
check_refused(const struct call *c, struct request_fault *f)
{
	const char *name;
	size_t i;

	for (i = 0; i < c->s->nrefused; i++) {
		name = c->s->refused[i];
		if (json_get(c->r->request, name).p == NULL)
			continue;
		f->param = name;
		f->code = "unsupported_parameter";
		buf_printf(&f->message, "%s is not supported by this model", name);
		return 400;
	}
	return 0;
}

static unsigned
check_chat(struct call *c, struct request_fault *f)
{
	if (c->q->bytes > ENDPOINT_MAX_BODY)
		return endpoint_too_long(f);
	if (!request_read(c->q->body.p, c->q->body.n, 0, &c->r->request, f))
		return 400;
	return check_refused(c, f);
}

static void
answer_chat(struct call *c)
{
	struct service *s = c->s;
	const struct service_answer *a = s->nanswers == 0 ? NULL :
	    &s->answers[s->answered++ % s->nanswers];
	struct buf text = {0};

	if (a != NULL && a->recorded && reply_asked(c->r->request, "stream")) {
		c->r->reply = &a->stream;
		return;
	}
	if (a == NULL)
		reply_echo(c->r->request, &text);
	else if (a->recorded)
		reply_recorded_text(a->text.p, a->text.n, &text);
	else
		buf_add(&text, a->text.p, a->text.n);
	reply_answer(&c->r->own, c->r->request, c->q->number, &text, s->logprobs);
	buf_free(&text);
}

/* What is served where: a list of ids, or to POST an answer. */
static const struct route {
	const char		*path, *method;
	enum models_list	 list;
	const char		*image;		/* an id beside the list's; or NULL */
} routes[] = {
	{.path = "/v1/openai/chat/completions", .method = "POST"},
	{"/v1/info/models", "GET", MODELS_MODELS, "mock/image-model"},
	{"/v1/info/modes", "GET", MODELS_MODES, NULL},
};

static bool
is_chat(const struct route *route)
{
	return route == routes;
}

static void
answer(struct call *c, const struct route *route)
{
	struct buf text = {0};
	const char *const *ids;
	size_t n;

	if (is_chat(route)) {
		answer_chat(c);
		return;
	}
	ids = models_ids(route->list, &n);
	endpoint_add_ids(&text, ids, n, route->image);
	buf_addc(&text, '\n');
	reply_bytes(&c->r->own, "application/json", text.p, text.n);
	buf_free(&text);
}

static const struct route *
find_route(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* The status with which the request is refused; 0 where the service answers it. */
static unsigned
check(struct call *c, const struct route *route, struct request_fault *f)
{
	const struct service_request *q = c->q;
	const char *token = endpoint_token(q->authorization), *key = c->s->key;

	if (route == NULL)
		return endpoint_no_path(f, q->path);
	if (strcmp(q->method, route->method) != 0) {
		c->r->allow = route->method;
		return endpoint_no_method(f, q->path, q->method, route->method);
	}
	if (*token == '\0' || (key != NULL && strcmp(token, key) != 0))
		return endpoint_no_key(f, token);
	return is_chat(route) ? check_chat(c, f) : 0;
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

void
service_respond(struct service *s, const struct service_request *q,
    struct service_response *r)
{
	struct call c = {.s = s, .q = q, .r = r};
	const struct route *route = find_route(q->path);
	struct request_fault fault = {0};
	struct endpoint_error error;

	r->reply = &r->own;
	r->status = check(&c, route, &fault);
	if (r->status != 0) {
		error = endpoint_refusal(&fault);
		reply_error(&r->own, &error);
		buf_free(&fault.message);
		return;
	}
	r->fault = faults_next(&s->faults, ++s->good);
	r->status = r->fault.kind == FAULT_FAIL ?
	    (unsigned)r->fault.number : 200;
	error = endpoint_error_of(r->status);
	if (r->fault.kind == FAULT_GARBAGE)
		reply_bytes(&r->own, "text/html; charset=utf-8", html,
		    sizeof(html) - 1);
	else if (s->body != NULL && (r->fault.kind == FAULT_FAIL ||
	    !faults_have(&s->faults, FAULT_FAIL)))
		give_body(&c);
	else if (r->fault.kind == FAULT_FAIL)
		reply_error(&r->own, &error);
	else
		answer(&c, route);
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
