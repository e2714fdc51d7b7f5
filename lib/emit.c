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
emit_json(struct emit *e, struct json v)
{
	const char *p, *end, *quote, *after;
	struct buf text = {0};
	bool plain;

	if (v.p == NULL) {
		emit_word(e, "null");
		return;
	}
	begin(e);
	p = v.p;
	end = p + v.n;
	if (memchr(p, '\\', v.n) == NULL && utf8_valid(p, v.n) == v.n) {
		buf_add(e->out, p, v.n);
		return;
	}
	for (; p < end; p = after) {
		quote = memchr(p, '"', (size_t)(end - p));
		if (quote == NULL)
			quote = end;
		buf_add(e->out, p, (size_t)(quote - p));
		if (quote == end)
			break;
		after = json_string_end(quote, end, &plain);
		buf_clear(&text);
		json_text((struct json){quote, (size_t)(after - quote)}, &text);
		json_quote(e->out, text.p, text.n);
	}
	buf_free(&text);
}
