#include <ctype.h>
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

enum { LONGEST_MODE = 200 };	/* bytes of it that the log has */

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

/* Answers with the client's fault, which is freed. */
static void
refuse(struct exchange *x, unsigned status, struct request_fault *f)
{
	struct endpoint_error e = endpoint_refusal(f);

	exchange_refuse(x, status, &e);
	buf_free(&f->message);
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
is_known(const struct door *d, struct exchange *x, const char *token)
{
	return d->keys == NULL || x->route->open ||
	    keys_find(d->keys, token, &x->client);
}

static bool
is_too_long(const struct exchange *x)
{
	const char *length = header(x, "Content-Length");

	return length != NULL && strtoull(length, NULL, 10) > ENDPOINT_MAX_BODY;
}

/* The status with which a request is refused by its head; 0: it is not. */
static unsigned
check_head(const struct door *d, struct exchange *x, const char *path,
    const char *method, struct request_fault *f)
{
	const char *token = endpoint_token(header(x, "Authorization"));

	if (d->keys == NULL && from_a_page(x)) {
		buf_adds(&f->message, "without keys this server takes no"
		    " requests of web pages, nor for other hosts than loopback");
		f->code = "forbidden";
		return 403;
	}
	if (x->route == NULL)
		return endpoint_no_path(f, path);
	if (!takes(x->route, method)) {
		x->allow = *x->route->method == 'G' ? "GET, HEAD" : "POST";
		return endpoint_no_method(f, path, method, x->route->method);
	}
	if (!is_known(d, x, token))
		return endpoint_no_key(f, token);
	return is_too_long(x) ? endpoint_too_long(f) : 0;
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
	struct request_fault fault = {0};
	unsigned status;

	x->route = find_route(path);
	status = check_head(d, x, path, method, &fault);
	if (status != 0)
		refuse(x, status, &fault);
	else if (closing)
		send_away(x);
}

void
door_body(struct exchange *x, const char *p, size_t n)
{
	struct request_fault fault = {0};

	if (x->status != 0)
		return;		/* refused: the rest is passed over */
	if (x->body.n + n > ENDPOINT_MAX_BODY) {
		refuse(x, endpoint_too_long(&fault), &fault);
	} else if (!spool_add(&x->body, p, n)) {
		diag_warn_errno("a request's body");
		exchange_fail(x, 500);
	}
	if (x->status != 0)
		spool_free(&x->body);
}

/* The mode for the log: what a client made up is not kept at any length. */
static void
note_mode(struct exchange *x, struct json request)
{
	char *mode = json_string(json_get(request, "model"));

	if (mode == NULL)
		mode = mem_string("auto");
	mode[utf8_cut(mode, strlen(mode), LONGEST_MODE)] = '\0';
	x->mode = mode;
}

/* Checks a request and notes its mode. */
static bool
check_request(const struct door *d, struct exchange *x, const struct buf *text)
{
	struct request_fault fault;
	struct json request;
	bool ok = request_read(text->p, text->n, d->unlisted ? REQUEST_UNLISTED : 0,
	    &request, &fault);

	if (ok)
		note_mode(x, request);
	else
		refuse(x, 400, &fault);
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
	if (!spool_read(&x->body, &text)) {
		diag_warn_errno("a request's body");
		exchange_fail(x, 500);
	}
	ok = x->status == 0 && check_request(d, x, &text);
	buf_free(&text);
	return ok;
}
