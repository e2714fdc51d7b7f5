/*
 * What lib/sse makes of a text that is fed in pieces, written down so that two
 * ways of cutting it can be compared. For sse_split and the fuzzer.
 */
#ifndef SSE_RECORDS_H
#define SSE_RECORDS_H

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "sse.h"

struct sse_settings {
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
	if (got == SSE_ERROR)
		buf_adds(out, "error field ");
	if (r->line && r->data[r->n] != '\n')
		buf_adds(out, "no newline behind it: ");
	buf_printf(out, "%zu %zu %zu ", r->event_n, r->id_n, r->n);
	buf_add(out, r->event, r->event_n);
	buf_add(out, r->id, r->id_n);
	buf_add(out, r->data, r->n);
	buf_addc(out, '\n');
}

/* In memory of the piece's own size, so that a sanitizer sees a read past it. */
static void
feed_piece(struct sse *s, const char *p, size_t n, struct buf *out)
{
	struct sse_record r;
	enum sse_got got;
	char *piece;

	if (n == 0)
		return;
	piece = mem_alloc(n);
	memcpy(piece, p, n);
	sse_feed(s, piece, n);
	while ((got = sse_next(s, &r)) != SSE_MORE && got != SSE_FAULT)
		add_record(out, got, &r);
	free(piece);
}

/*
 * Sets out to the records and the end of the n bytes at p, fed in a first piece
 * of that size and further ones of step.
 */
static void
list_records(const char *p, size_t n, size_t first, size_t step,
    const struct sse_settings *set, struct buf *out)
{
	struct sse_record r;
	struct sse s;
	size_t at;

	buf_clear(out);
	sse_start(&s, set->max, set->joint);
	feed_piece(&s, p, first, out);
	for (at = first; at < n; at += step)
		feed_piece(&s, p + at, step < n - at ? step : n - at, out);
	buf_printf(out, "end %d, ", sse_end(&s, set->need_done));
	buf_printf(out, "status %d: ", s.status);
	buf_add(out, s.why.p, s.why.n);
	buf_addc(out, '\n');
	if (sse_rest(&s, &r))
		add_record(out, SSE_RECORD, &r);
	sse_free(&s);
}

static bool
same_records(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

#endif
