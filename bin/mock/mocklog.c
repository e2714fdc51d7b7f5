#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "diag.h"
#include "io.h"
#include "mocklog.h"
#include "value.h"

/* Appends what may be shown of a header's value. */
static void
add_value(struct buf *out, const char *name, const char *value)
{
	size_t scheme = strcspn(value, " ");

	if (strcasecmp(name, "Authorization") != 0 &&
	    strcasecmp(name, "Proxy-Authorization") != 0) {
		buf_adds(out, value);
		return;
	}
	/* A lone word may be the key itself. */
	if (value[scheme] != '\0')
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
	struct buf line = {0};
	struct timespec now;
	jv o = jv_object();

	clock_gettime(CLOCK_REALTIME, &now);
	o = with(o, "request", jv_number((double)e->number));
	o = with(o, "connection", jv_number((double)e->connection));
	o = with(o, "time", seconds((long long)now.tv_sec * 1000 +
	    now.tv_nsec / 1000000));
	o = with(o, "elapsed", seconds(e->elapsed));
	o = with(o, "method", jv_string(e->method));
	o = with(o, "path", jv_string(e->path));
	o = with(o, "headers", e->headers);
	o = with(o, "bytes", jv_number((double)e->bytes));
	if (jv_is_valid(e->json))
		o = with(o, "body", jv_copy(e->json));
	else
		o = with(o, "body_text", value_text(e->body->p, e->body->n));
	o = with(o, "status", jv_number(e->status));
	o = with(o, "fault", e->fault != NULL ? jv_string(e->fault) : jv_null());
	value_dump(o, &line);
	buf_addc(&line, '\n');
	if (!io_write_all(fd, line.p, line.n))
		diag_die_errno(EX_IOERR, "the log");
	buf_free(&line);
	jv_free(o);
}
