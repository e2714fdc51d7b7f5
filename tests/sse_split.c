/*
 * sse_split FILE ...: whether each file gives the same records, and the same
 * end, however it is cut: fed whole, byte by byte, in two pieces at every place,
 * and in pieces of 2 to 40 bytes. Each piece lies in memory of its own size, so
 * that a sanitizer sees a read past it. Says where they differ, and ends with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "io.h"
#include "mem.h"
#include "sse.h"

struct settings {
	size_t	max;
	char	joint;
	bool	need_done;
};

static void
add_record(struct buf *out, enum sse_got got, const struct sse_record *r)
{
	if (got == SSE_DONE) {
		buf_adds(out, "done\n");
		return;
	}
	if (r->line && r->data[r->n] != '\n')
		buf_adds(out, "no newline behind it: ");
	buf_printf(out, "%zu %zu %zu ", r->event_n, r->id_n, r->n);
	buf_add(out, r->event, r->event_n);
	buf_add(out, r->id, r->id_n);
	buf_add(out, r->data, r->n);
	buf_addc(out, '\n');
}

static void
feed(struct sse *s, const char *p, size_t n, struct buf *out)
{
	struct sse_record r;
	enum sse_got got;
	char *piece;

	if (n == 0)
		return;
	piece = mem_alloc(n);
	memcpy(piece, p, n);
	sse_feed(s, piece, n);
	while ((got = sse_next(s, &r)) == SSE_RECORD || got == SSE_DONE)
		add_record(out, got, &r);
	free(piece);
}

/* What comes of text in a first piece of that size and further ones of step. */
static void
parse(const struct buf *text, size_t first, size_t step,
    const struct settings *set, struct buf *out)
{
	struct sse s;
	size_t at;

	buf_clear(out);
	sse_start(&s, set->max, set->joint);
	feed(&s, text->p, first, out);
	for (at = first; at < text->n; at += step)
		feed(&s, text->p + at, step < text->n - at ? step : text->n - at,
		    out);
	buf_printf(out, "end %d, ", sse_end(&s, set->need_done));
	buf_printf(out, "status %d: ", s.status);
	buf_add(out, s.why.p, s.why.n);
	buf_addc(out, '\n');
	sse_free(&s);
}

static bool
same(const char *name, const struct buf *a, const struct buf *b, size_t first,
    size_t step)
{
	if (a->n == b->n && memcmp(a->p, b->p, a->n) == 0)
		return true;
	printf("%s: cut at %zu, then every %zu bytes:\n%.*s--- instead of\n%.*s",
	    name, first, step, (int)b->n, b->p, (int)a->n, a->p);
	return false;
}

static bool
check(const char *name, const struct buf *text, const struct settings *set)
{
	struct buf whole = {0}, cut = {0};
	bool ok = true;
	size_t i;

	parse(text, text->n, 1, set, &whole);
	for (i = 1; i <= 40 && ok; i++) {
		parse(text, 0, i, set, &cut);
		ok = same(name, &whole, &cut, 0, i);
	}
	for (i = 1; i < text->n && ok; i++) {
		parse(text, i, text->n, set, &cut);
		ok = same(name, &whole, &cut, i, text->n);
	}
	buf_free(&whole);
	buf_free(&cut);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct settings sets[] = {
		{IO_MAX_RECORD, ' ', true},
		{IO_MAX_RECORD, '\n', false},
		{20, '\n', true},
	};
	struct buf text = {0};
	bool ok = true;
	size_t i;
	int n;

	diag_init(argv[0]);
	io_init();
	for (n = 1; n < argc; n++) {
		buf_clear(&text);
		if (!io_slurp(argv[n], &text, IO_MAX_RECORD))
			return EX_NOINPUT;
		for (i = 0; i < sizeof(sets) / sizeof(*sets); i++)
			ok = check(argv[n], &text, &sets[i]) && ok;
	}
	buf_free(&text);
	return ok ? 0 : 1;
}
