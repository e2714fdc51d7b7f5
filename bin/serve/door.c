#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "door.h"
#include "emit.h"
#include "endpoint.h"
#include "host.h"
#include "json.h"
#include "mem.h"
#include "request.h"
#include "utf8.h"
#include "value.h"

enum { LONGEST_MODE = 200 };	/* bytes of it that the log has */

/* The longest body of a request, in bytes. */
static const size_t max_body = (size_t)32 << 20;

struct door_route {
	const char	*path, *method;
	bool		 open;		/* to those without a key */
	void		(*say)(const struct door *, struct buf *);	/* NULL: a
				   question for an answer */
};

static void
say_health(const struct door *d, struct buf *out)
{
	(void)d;
	buf_adds(out, "{\"status\":\"ok\"}");
}

static void
say_info_models(const struct door *d, struct buf *out)
{
	endpoint_add_ids(out, d->models.ids, d->models.n, NULL);
}

static void
say_info_modes(const struct door *d, struct buf *out)
{
	endpoint_add_ids(out, d->modes.ids, d->modes.n, NULL);
}

/* Ids as OpenAI's list of models has them. */
static void
emit_ids(struct emit *e, const struct door_ids *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		emit_open(e, '{');
		emit_text(emit_name(e, "id"), list->ids[i], strlen(list->ids[i]));
		emit_word(emit_name(e, "object"), "\"model\"");
		emit_word(emit_name(e, "created"), "0");
		emit_word(emit_name(e, "owned_by"), "\"supai\"");
		emit_close(e, '}');
	}
}

static void
say_models(const struct door *d, struct buf *out)
{
	struct emit e = {.out = out};

	emit_open(&e, '{');
	emit_word(emit_name(&e, "object"), "\"list\"");
	emit_open(emit_name(&e, "data"), '[');
	emit_ids(&e, &d->modes);
	emit_ids(&e, &d->models);
	emit_close(&e, ']');
	emit_close(&e, '}');
}

static const struct door_route routes[] = {
	{"/v1/openai/chat/completions", "POST", false, NULL},
	{"/v1/chat/completions", "POST", false, NULL},
	{"/v1/openai/models", "GET", false, say_models},
	{"/v1/models", "GET", false, say_models},
	{"/v1/info/models", "GET", false, say_info_models},
	{"/v1/info/modes", "GET", false, say_info_modes},
	{"/healthz", "GET", true, say_health},
};

static bool refuse(struct exchange *x, unsigned status, const char *code,
    const char *fmt, ...) BUF_PRINTF(4, 5);

/* Answers with an error that is the client's; false, for the caller to pass on. */
static bool
refuse(struct exchange *x, unsigned status, const char *code, const char *fmt,
    ...)
{
	struct endpoint_error e = {.type = "invalid_request_error", .code = code};
	struct buf message = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&message, fmt, ap);
	va_end(ap);
	e.message = buf_string(&message);
	exchange_refuse(x, status, &e);
	buf_free(&message);
	return false;
}

static const struct door_route *
find_route(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(routes) / sizeof(*routes); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

/* HEAD is as GET, and its response is libmicrohttpd's to shorten. */
static bool
takes(const struct door_route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	    (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static const char *
header(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* Whether s is nothing, or a port: ":8080". */
static bool
is_port(const char *s)
{
	return *s == '\0' ||
	    (*s == ':' && s[1 + strspn(s + 1, "0123456789")] == '\0');
}

/* Whether a Host header (RFC 9110, 7.2: a host, and a port maybe) is loopback's. */
static bool
is_here(const char *host)
{
	bool six = *host == '[', here;
	const char *start = host + six, *end = start + strcspn(start,
	    six ? "]" : ":"), *c;
	struct buf name = {0};

	if ((six && *end == '\0') || !is_port(end + six))
		return false;
	for (c = start; c < end; c++)
		buf_addc(&name, tolower((unsigned char)*c));
	here = host_is_loopback(buf_string(&name));
	buf_free(&name);
	return here;
}

struct host_check {
	bool	here;	/* all of the Host headers are loopback's, */
	int	n;	/* and there are some */
};

static enum MHD_Result
check_host(void *cls, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct host_check *c = cls;
	const char *host = "host";

	(void)kind;
	for (; *name != '\0' && tolower((unsigned char)*name) == *host; name++)
		host++;
	if (*name != '\0' || *host != '\0')
		return MHD_YES;
	c->n++;
	c->here = c->here && value != NULL && is_here(value);
	return MHD_YES;
}

/* Whether a web page may have sent it, by a name of its own for this machine too. */
static bool
from_a_page(const struct exchange *x)
{
	struct host_check c = {.here = true};

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, check_host, &c);
	return header(x, "Origin") != NULL || !c.here || c.n == 0;
}

static bool
check_who(const struct door *d, struct exchange *x)
{
	const char *token;

	if (d->keys == NULL || (x->route != NULL && x->route->open))
		return true;
	token = endpoint_token(header(x, "Authorization"));
	if (*token == '\0')
		return refuse(x, 401, "invalid_api_key",
		    "no API key: send it as 'Authorization: Bearer KEY'");
	return keys_find(d->keys, token, &x->client) || refuse(x, 401,
	    "invalid_api_key", "the API key is not right");
}

static bool
too_long(struct exchange *x)
{
	return refuse(x, 413, "request_too_large",
	    "the body is longer than %zu bytes", max_body);
}

static bool
check_length(struct exchange *x)
{
	const char *length = header(x, "Content-Length");

	return length == NULL ||
	    strtoull(length, NULL, 10) <= (unsigned long long)max_body ||
	    too_long(x);
}

static bool
check_route(struct exchange *x, const char *path, const char *method)
{
	if (x->route == NULL)
		return refuse(x, 404, "not_found", "there is no %s here", path);
	if (takes(x->route, method))
		return true;
	x->allow = *x->route->method == 'G' ? "GET, HEAD" : "POST";
	return refuse(x, 405, "method_not_allowed", "%s takes %s, not %s", path,
	    x->route->method, method);
}

/* The server is to end: another one, or this one later, may take it. */
static void
send_away(struct exchange *x)
{
	struct endpoint_error e = endpoint_error_of(503);

	e.message = "the server is to end";
	exchange_refuse(x, 503, &e);
}

void
door_head(const struct door *d, struct exchange *x, const char *path,
    const char *method, bool closing)
{
	x->route = find_route(path);
	if (d->keys == NULL && from_a_page(x)) {
		refuse(x, 403, "forbidden", "without keys this server takes no"
		    " requests of web pages, nor for other hosts than loopback");
		return;
	}
	if (!check_route(x, path, method) || !check_who(d, x) ||
	    !check_length(x))
		return;
	if (closing)
		send_away(x);
}

void
door_body(struct exchange *x, const char *p, size_t n)
{
	if (x->status != 0)
		return;		/* refused: the rest is passed over */
	if (x->body.n + n > max_body) {
		too_long(x);
	} else if (!spool_add(&x->body, p, n)) {
		diag_warn_errno("a request's body");
		exchange_fail(x, 500);
	}
	if (x->status != 0)
		spool_free(&x->body);
}

/* The mode for the log: what a client made up is not kept at any length. */
static void
note_mode(struct exchange *x, jv request)
{
	const char *mode = value_string(request, "model");

	if (mode == NULL)
		mode = "auto";
	x->mode = mem_copy(mode, utf8_cut(mode, strlen(mode), LONGEST_MODE));
}

/* Checks a request and notes its mode. */
static bool
check_request(const struct door *d, struct exchange *x, const struct buf *text)
{
	struct request_fault fault = {0};
	struct json_fault why;
	struct endpoint_error e;
	bool ok = false;
	jv request;

	if (text->n == 0 || !value_parse(text->p, text->n, &request, &why)) {
		request = jv_invalid();
		request_not_json(text->n, &why, &fault);
	} else {
		ok = request_check(request, d->unlisted, &fault);
	}
	if (ok) {
		note_mode(x, request);
	} else {
		e = (struct endpoint_error){buf_string(&fault.message),
		    "invalid_request_error", fault.param, fault.code};
		exchange_refuse(x, 400, &e);
	}
	buf_free(&fault.message);
	jv_free(request);
	return ok;
}

bool
door_whole(const struct door *d, struct exchange *x)
{
	struct buf text = {0};
	bool ok;

	if (x->status != 0)
		return false;
	if (x->route->say != NULL) {
		x->route->say(d, &text);
		buf_addc(&text, '\n');
		exchange_say(x, &text);
		return false;
	}
	if (x->body.file == -1)
		return check_request(d, x, &x->body.text);
	if (!spool_read(&x->body, &text)) {
		diag_warn_errno("a request's body");
		exchange_fail(x, 500);
	}
	ok = x->status == 0 && check_request(d, x, &text);
	buf_free(&text);
	return ok;
}
