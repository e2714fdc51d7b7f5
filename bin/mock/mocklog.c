#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "diag.h"
#include "emit.h"
#include "io.h"
#include "mocklog.h"
#include "redact.h"
#include "value.h"

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

jv
mocklog_header(jv headers, const char *name, const char *value)
{
	struct buf lower = {0}, text = {0};
	jv key, had;
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		buf_addc(&lower, tolower((unsigned char)name[i]));
	key = jv_string(buf_string(&lower));
	had = jv_object_get(jv_copy(headers), jv_copy(key));
	if (jv_get_kind(had) == JV_KIND_STRING)
		buf_printf(&text, "%s, ", jv_string_value(had));
	add_value(&text, name, value);
	headers = jv_object_set(headers, key, value_text(text.p, text.n));
	jv_free(had);
	buf_free(&lower);
	buf_free(&text);
	return headers;
}

static jv
with(jv object, const char *name, jv value)
{
	return jv_object_set(object, jv_string(name), value);
}

static jv
seconds(long long ms)
{
	return jv_number((double)ms / 1000);
}

void
mocklog_write(int fd, const struct mocklog_entry *e)
{
	const char *quote = e->fault != NULL ? "\"" : "";
	struct buf line = {0};
	struct timespec now;
	jv o = jv_object();

	(void)clock_gettime(CLOCK_REALTIME, &now);
	o = with(o, "request", jv_number((double)e->number));
	o = with(o, "connection", jv_number((double)e->connection));
	o = with(o, "time", seconds((long long)now.tv_sec * 1000 +
	    now.tv_nsec / 1000000));
	o = with(o, "elapsed", seconds(e->elapsed));
	o = with(o, "method", jv_string(e->method));
	o = with(o, "path", jv_string(e->path));
	o = with(o, "headers", e->headers);
	o = with(o, "bytes", jv_number((double)e->bytes));
	if (!e->json)
		o = with(o, "body_text", value_text(e->body->p, e->body->n));
	value_dump(o, &line);
	line.n--;	/* the closing bracket: there is more to come */
	if (e->json) {
		buf_adds(&line, ",\"body\":");
		emit_compact(&(struct emit){.out = &line},
		    (struct json){e->body->p, e->body->n});
	}
	buf_printf(&line, ",\"status\":%u,\"fault\":%s%s%s}\n", e->status,
	    quote, e->fault != NULL ? e->fault : "null", quote);
	if (!io_write_all(fd, line.p, line.n))
		diag_die_errno(EX_IOERR, "the log");
	buf_free(&line);
	jv_free(o);
}
