#include <string.h>

#include "emit.h"
#include "utf8.h"

/* Before each value and each name. */
static void
begin(struct emit *e)
{
	if (e->comma)
		buf_addc(e->out, ',');
	e->comma = true;
}

void
emit_open(struct emit *e, char bracket)
{
	begin(e);
	buf_addc(e->out, bracket);
	e->comma = false;
}

void
emit_close(struct emit *e, char bracket)
{
	buf_addc(e->out, bracket);
	e->comma = true;
}

void
emit_named(struct emit *e)
{
	buf_addc(e->out, ':');
	e->comma = false;
}

struct emit *
emit_name(struct emit *e, const char *name)
{
	emit_text(e, name, strlen(name));
	emit_named(e);
	return e;
}

void
emit_text(struct emit *e, const char *p, size_t n)
{
	begin(e);
	json_quote(e->out, p, n);
}

void
emit_word(struct emit *e, const char *word)
{
	begin(e);
	buf_adds(e->out, word);
}

void
emit_count(struct emit *e, unsigned long long n)
{
	begin(e);
	buf_printf(e->out, "%llu", n);
}

void
emit_real(struct emit *e, double x)
{
	begin(e);
	buf_printf(e->out, "%.6g", x);
}

/* Appends a value, its strings written anew; compact: no white space between tokens. */
static void
rewrite(struct buf *out, struct json v, bool compact)
{
	const char *p, *end = v.p + v.n, *after;
	struct buf text = {0};

	for (p = v.p; p < end; p = after) {
		if (*p != '"') {
			after = compact ? p + 1 : memchr(p, '"', (size_t)(end - p));
			if (after == NULL)
				after = end;
			if (!compact || !json_is_space(*p))
				buf_add(out, p, (size_t)(after - p));
			continue;
		}
		after = json_string_end(p, end).p;
		buf_clear(&text);
		json_text((struct json){p, (size_t)(after - p)}, &text);
		json_quote(out, text.p, text.n);
	}
	buf_free(&text);
}

void
emit_json(struct emit *e, struct json v)
{
	if (v.p == NULL) {
		emit_word(e, "null");
		return;
	}
	begin(e);
	if (memchr(v.p, '\\', v.n) == NULL && utf8_valid(v.p, v.n) == v.n)
		buf_add(e->out, v.p, v.n);
	else
		rewrite(e->out, v, false);
}

void
emit_compact(struct emit *e, struct json v)
{
	begin(e);
	rewrite(e->out, v, true);
}
