/*
 * Any request as supai-serve gets it: what is let in for an answer is a request of the
 * API's, from one who may ask; all else has a status and an error that is JSON, and the
 * same one however the body is cut into pieces.
 *
 * An input is a line of letters (k: the server has a token; u: any mode and model will
 * do; c: it is to end; each p doubles the pieces of the body), and then a request as
 * HTTP/1.1 has it, without the version.
 */
#include <ctype.h>
#include <strings.h>

#include "door.h"
#include "endpoint.h"
#include "fuzz.h"
#include "mem.h"
#include "request.h"
#include "utf8.h"

enum { HEADERS = 32 };

/* What libmicrohttpd has of a request. */
struct MHD_Connection {
	char	*name[HEADERS], *value[HEADERS];
	int	 n;
};

struct input {
	struct MHD_Connection	 connection;
	bool			 keyed, unlisted, closing;
	size_t			 piece;
	char			*method, *path;
	const char		*body;
	size_t			 length;
};

static char token[] = "fuzzing-token-0123";

/* In libmicrohttpd's place. */
const char *
MHD_lookup_connection_value(struct MHD_Connection *c, enum MHD_ValueKind kind,
    const char *name)
{
	int i;

	(void)kind;
	for (i = 0; i < c->n; i++)
		if (strcasecmp(c->name[i], name) == 0)
			return c->value[i];
	return NULL;
}

int
MHD_get_connection_values(struct MHD_Connection *c, enum MHD_ValueKind kind,
    MHD_KeyValueIterator each, void *arg)
{
	int i;

	for (i = 0; i < c->n; i++)
		if (each(arg, kind, c->name[i], c->value[i]) != MHD_YES)
			return i;
	return c->n;
}

static void
add_header(struct MHD_Connection *c, char *line)
{
	char *colon = strchr(line, ':');

	if (colon == NULL || c->n == HEADERS)
		return;
	*colon++ = '\0';
	c->name[c->n] = mem_string(line);
	c->value[c->n++] = mem_string(colon + strspn(colon, " "));
}

/* The next line as a string, to its first NUL; owned. NULL: there is none. */
static char *
take_line(const char **p, size_t *n)
{
	const char *line;
	size_t length;

	if (!fuzz_line(p, n, &line, &length))
		return NULL;
	return mem_copy(line, length);
}

static void
take_flags(struct input *in, const char *line)
{
	const char *c;

	in->keyed = strchr(line, 'k') != NULL;
	in->unlisted = strchr(line, 'u') != NULL;
	in->closing = strchr(line, 'c') != NULL;
	in->piece = in->length;
	for (c = line; *c != '\0'; c++)
		if (*c == 'p')
			in->piece /= 2;
	in->piece += in->piece == 0;
}

/* False where it is no request that libmicrohttpd would hand on. */
static bool
take(struct input *in, const char *p, size_t n)
{
	char *flags = take_line(&p, &n), *first = take_line(&p, &n), *line, *blank;
	bool headers = first != NULL;

	while (headers && (line = take_line(&p, &n)) != NULL) {
		headers = *line != '\0';
		add_header(&in->connection, line);
		free(line);
	}
	in->body = p;
	in->length = n;
	if (flags != NULL)
		take_flags(in, flags);
	free(flags);
	blank = first != NULL ? strchr(first, ' ') : NULL;
	if (blank != NULL) {
		*blank++ = '\0';
		in->path = mem_string(blank);
	}
	in->method = first;
	return blank != NULL;
}

static void
forget(struct input *in)
{
	int i;

	for (i = 0; i < in->connection.n; i++) {
		free(in->connection.name[i]);
		free(in->connection.value[i]);
	}
	free(in->method);
	free(in->path);
}

/* What is said at once: JSON, and where it refuses, OpenAI's error with words in it. */
static void
check_response(const struct exchange *x)
{
	static const int known[] = {200, 400, 401, 403, 404, 405, 413, 503};
	struct json_fault fault;
	struct json v, message;

	FUZZ_NEED(fuzz_is_one_of((int)x->status, known, sizeof(known) / sizeof(*known)));
	FUZZ_NEED(x->end == EXCHANGE_WHOLE && !x->stream);
	FUZZ_NEED(utf8_valid(x->out.p, x->out.n) == x->out.n);
	FUZZ_NEED(json_parse(x->out.p, x->out.n, &v, &fault));
	FUZZ_NEED((x->status == 405) == (x->allow != NULL));
	if (x->status == 200)
		return;
	message = json_get(json_get(v, "error"), "message");
	FUZZ_NEED(json_type(message) == JSON_STRING && message.n > 2);
}

/* A Host that is loopback's, as a browser would write it (RFC 9110, section 7.2). */
static bool
is_loopback(const char *host)
{
	size_t n = strcspn(host, "]");
	const char *end = *host == '[' ? host + n + (host[n] == ']') :
	    host + strcspn(host, ":");

	if (*host != '[' && strncasecmp(host, "localhost", 9) != 0 &&
	    strncmp(host, "127.", 4) != 0)
		return false;
	return *end == '\0' ||
	    (*end == ':' && strspn(end + 1, "0123456789") == strlen(end + 1));
}

/* Who was let in may be. */
static void
check_asker(struct input *in, const struct exchange *x)
{
	int i, hosts = 0;

	if (in->keyed) {
		FUZZ_NEED(strcmp(endpoint_token(MHD_lookup_connection_value(
		    &in->connection, MHD_HEADER_KIND, "Authorization")), token) == 0);
		FUZZ_NEED(x->client != NULL && strcmp(x->client, "somebody") == 0);
		return;
	}
	for (i = 0; i < in->connection.n; i++) {
		FUZZ_NEED(strcasecmp(in->connection.name[i], "Origin") != 0);
		if (strcasecmp(in->connection.name[i], "Host") != 0)
			continue;
		hosts++;
		FUZZ_NEED(is_loopback(in->connection.value[i]));
	}
	FUZZ_NEED(hosts > 0);
}

static void
check_request(const struct input *in, struct exchange *x)
{
	struct request_fault fault;
	struct buf text = {0};
	struct json request;

	FUZZ_NEED(x->status == 0 && x->mode != NULL && strlen(x->mode) <= 200);
	FUZZ_NEED(strcmp(in->method, "POST") == 0 && !in->closing);
	FUZZ_NEED(spool_read(&x->body, &text));
	FUZZ_NEED(text.n == in->length && memcmp(text.p, in->body, text.n) == 0);
	FUZZ_NEED(request_read(text.p, text.n, REQUEST_UNLISTED, &request, &fault));
	buf_free(&text);
}

/* Asks at the door, the body in pieces; the exchange is the caller's to free. */
static struct exchange *
ask(struct input *in, const struct door *door, size_t piece)
{
	struct exchange *x = mem_zero(1, sizeof(*x));
	size_t at, n;

	spool_start(&x->body);
	x->connection = &in->connection;
	door_head(door, x, in->path, in->method, in->closing);
	for (at = 0; at < in->length; at += n) {
		n = in->length - at < piece ? in->length - at : piece;
		door_body(x, in->body + at, n);
	}
	if (door_whole(door, x)) {
		check_asker(in, x);
		check_request(in, x);
	} else {
		check_response(x);
	}
	return x;
}

static void
check_same(const struct exchange *a, const struct exchange *b)
{
	FUZZ_NEED(a->status == b->status && a->out.n == b->out.n);
	FUZZ_NEED(a->out.n == 0 || memcmp(a->out.p, b->out.p, a->out.n) == 0);
	FUZZ_NEED((a->mode == NULL) == (b->mode == NULL));
	FUZZ_NEED(a->mode == NULL || strcmp(a->mode, b->mode) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const modes[] = {"fast"}, *const models[] = {"a/b", "c\"d"};
	char *text = fuzz_copy((const char *)data, n);
	struct input in = {0};
	struct keys keys = {0};
	struct door door = {.modes = {modes, 1}, .models = {models, 2}};
	struct exchange *whole, *pieces;

	if (take(&in, text, n)) {
		keys_add(&keys, token, "somebody");
		door.keys = in.keyed ? &keys : NULL;
		door.unlisted = in.unlisted;
		whole = ask(&in, &door, in.length + 1);
		pieces = ask(&in, &door, in.piece);
		check_same(whole, pieces);
		exchange_free(whole);
		exchange_free(pieces);
		keys_free(&keys);
	}
	forget(&in);
	free(text);
	return 0;
}
