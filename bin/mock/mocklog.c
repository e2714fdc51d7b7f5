#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "emit.h"
#include "fd.h"
#include "mocklog.h"
#include "redact.h"
#include "utf8.h"
#include "when.h"

/* Whether the header's value begins with the name of a scheme. */
static bool
has_scheme(const char *name)
{
	return strcasecmp(name, "Authorization") == 0 ||
	    strcasecmp(name, "Proxy-Authorization") == 0;
}

/* Appends what may be shown of a header's value. */
static void
add_value(struct buf *out, const char *name, const char *value)
{
	size_t scheme = strcspn(value, " ");

	if (!redact_is_secret(name)) {
		buf_adds(out, value);
		return;
	}
	/* A lone word may be the key itself, and so may a first one elsewhere. */
	if (value[scheme] != '\0' && has_scheme(name))
		buf_add(out, value, scheme + 1);
	buf_adds(out, "***");
}

void
mocklog_header(struct merge *headers, const char *name, const char *value)
{
	struct buf lower = {0}, shown = {0}, *text;

	for (; *name != '\0'; name++)
		buf_addc(&lower, tolower((unsigned char)*name));
	text = &merge_text(headers, buf_string(&lower))->bytes;
	if (text->n > 0)
		buf_adds(text, ", ");
	add_value(&shown, buf_string(&lower), value);
	utf8_add(text, shown.p, shown.n);
	buf_free(&lower);
	buf_free(&shown);
}

static void
add_text(struct buf *line, const char *before, const char *p, size_t n)
{
	struct buf text = {0};

	utf8_add(&text, p, n);
	buf_adds(line, before);
	json_quote(line, text.p, text.n);
	buf_free(&text);
}

bool
mocklog_write(int fd, const struct mocklog_entry *e)
{
	const struct service_request *q = e->q;
	const char *fault = faults_name(e->r->fault.kind);
	struct emit out = {0};
	long long now = when_wall();
	struct buf line = {0};
	struct json body = e->r->request;
	struct json_fault why;
	bool ok;

	out.out = &line;
	buf_printf(&line, "{\"request\":%lu,\"connection\":%lu,\"time\":%lld.%03lld,"
	    "\"elapsed\":%lld.%03lld", q->number, e->connection,
	    now / 1000, now % 1000, e->elapsed / 1000, e->elapsed % 1000);
	add_text(&line, ",\"method\":", q->method, strlen(q->method));
	add_text(&line, ",\"path\":", q->path, strlen(q->path));
	buf_adds(&line, ",\"headers\":");
	merge_emit(e->headers, &out);
	buf_printf(&line, ",\"bytes\":%zu", q->bytes);
	if (body.p != NULL ||
	    (q->body.n > 0 && json_parse(q->body.p, q->body.n, &body, &why))) {
		buf_adds(&line, ",\"body\":");
		out.comma = false;
		emit_compact(&out, body);
	} else {
		add_text(&line, ",\"body_text\":", q->body.p, q->body.n);
	}
	buf_printf(&line, ",\"status\":%u,\"fault\":", e->r->status);
	if (fault != NULL)
		add_text(&line, "", fault, strlen(fault));
	else
		buf_adds(&line, "null");
	buf_adds(&line, "}\n");
	ok = fd_write(fd, line.p, line.n);
	buf_free(&line);
	return ok;
}
