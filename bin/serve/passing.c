#include <string.h>

#include "apierror.h"
#include "io.h"
#include "json.h"
#include "passing.h"
#include "sse.h"
#include "utf8.h"

enum { LONGEST_DONE = 256 };	/* bytes of an event that may be a [DONE] */

static void
break_off(struct passing *p)
{
	p->kind = PASSING_BROKEN;
	buf_free(&p->held);
	p->seen = 0;
}

/* What an event is as a reader sees it; SSE_MORE: it says nothing to one. */
static enum sse_got
read_event(struct sse *s, const char *event, size_t n, struct sse_record *r)
{
	enum sse_got got;

	sse_start(s, IO_MAX_RECORD, ' ');
	sse_feed(s, event, n);
	got = sse_next(s, r);
	/* One that the input's end may finish, without its line end. */
	if (got == SSE_MORE && n <= LONGEST_DONE && sse_end(s, true))
		got = SSE_DONE;
	return got;
}

static bool
is_done(const char *event, size_t n)
{
	struct sse_record r;
	struct sse s;
	bool done;

	if (n == 0 || n > LONGEST_DONE)
		return false;
	done = read_event(&s, event, n, &r) == SSE_DONE;
	sse_free(&s);
	return done;
}

/* Whether a line of the event begins as one of an event stream does. */
static bool
is_event(const char *event, size_t n)
{
	static const char *const fields[] = {":", "data", "event", "id", "retry"};
	const char *end = event + n;
	size_t i, length;
	bool begins = true;

	for (event += utf8_bom(event, n); event < end; event++) {
		for (i = 0; begins && i < sizeof(fields) / sizeof(*fields); i++) {
			length = strlen(fields[i]);
			if ((size_t)(end - event) >= length &&
			    memcmp(event, fields[i], length) == 0)
				return true;
		}
		begins = *event == '\n' || *event == '\r';
	}
	return false;
}

/* Passes an event on, or holds it: the [DONE]. False: there will be no more. */
static bool
take_event(struct passing *p, const char *event, size_t n)
{
	if (!p->begun && !is_event(event, n)) {
		p->kind = PASSING_BROKEN;
		return false;
	}
	if (is_done(event, n)) {
		buf_add(&p->done, event, n);
		return false;
	}
	p->begun = true;
	buf_add(&p->out, event, n);
	return true;
}

/*
 * The end of the next event in what is held, from seen on: after the empty line
 * that follows one with something in it (WHATWG HTML 9.2.6). 0: it is not there.
 */
static size_t
event_end(struct passing *p)
{
	const char *at = p->held.p + p->seen, *end = p->held.p + p->held.n, *from;
	bool ends = false;

	while (!ends) {
		for (from = at; at < end && *at != '\n' && *at != '\r'; at++)
			;
		p->inside = p->inside || at > from;
		p->text = p->text || p->inside;
		/* After a CR an LF may follow, which belongs to it. */
		if (at == end || (*at == '\r' && at + 1 == end))
			break;
		ends = p->text && !p->inside;
		p->inside = false;
		at += *at == '\r' && at[1] == '\n' ? 2 : 1;
	}
	p->seen = (size_t)(at - p->held.p);
	return ends ? p->seen : 0;
}

/* Takes the first n bytes off what is held, the last of them the last event. */
static void
take_off(struct passing *p, size_t last, size_t n)
{
	if (n == 0)
		return;
	buf_clear(&p->last);
	buf_add(&p->last, p->held.p + last, n - last);
	p->held.n -= n;
	memmove(p->held.p, p->held.p + n, p->held.n);
	p->seen -= n;
}

/* Passes on all whole events that are held. */
static void
take_events(struct passing *p)
{
	size_t start = 0, last = 0, end;
	bool more = true;

	while (more && (end = event_end(p)) > 0) {
		more = take_event(p, p->held.p + start, end - start);
		p->text = false;
		if (more) {
			last = start;
			start = end;
		}
	}
	take_off(p, last, start);
	if (more)
		return;
	/* What follows a [DONE] is no part of the answer. */
	buf_free(&p->held);
	p->seen = 0;
}

/* Settles what it is by its first byte that is no white space. */
static void
find_kind(struct passing *p)
{
	size_t i = 0;

	while (i < p->held.n && json_is_space(p->held.p[i]))
		i++;
	if (i < p->held.n)
		p->kind = p->held.p[i] == '{' ? PASSING_JSON : PASSING_STREAM;
}

void
passing_feed(struct passing *p, const char *bytes, size_t n)
{
	if (n == 0 || p->done.n > 0 || p->kind == PASSING_BROKEN)
		return;
	buf_add(&p->held, bytes, n);
	if (p->kind == PASSING_UNKNOWN)
		find_kind(p);
	if (p->kind == PASSING_STREAM)
		take_events(p);
	if (p->held.n > IO_MAX_RECORD)
		break_off(p);
}

static bool
end_json(struct passing *p)
{
	struct json_fault fault;
	struct json v;
	struct buf t;

	if (!json_parse(p->held.p, p->held.n, &v, &fault))
		return false;
	t = p->out;	/* empty: nothing of it was passed on */
	p->out = p->held;
	p->held = t;
	return true;
}

bool
passing_end(struct passing *p, bool well)
{
	if (p->kind == PASSING_JSON)
		return well && end_json(p);
	if (p->kind != PASSING_STREAM || !well)
		return false;
	if (p->done.n == 0 && is_done(p->held.p, p->held.n)) {
		/* Servers end there, some without a line end, which a reader wants. */
		buf_add(&p->done, p->held.p, p->held.n);
		buf_adds(&p->done, p->inside ? "\n\n" :
		    p->seen < p->held.n ? "" : "\n");
	}
	buf_add(&p->out, p->done.p, p->done.n);
	return p->done.n > 0;
}

bool
passing_told_error(const struct passing *p)
{
	struct json_fault fault;
	struct sse_record r;
	struct json v;
	struct sse s;
	bool told;

	if (p->last.n == 0)
		return false;
	told = read_event(&s, p->last.p, p->last.n, &r) == SSE_RECORD &&
	    ((r.event_n == 5 && memcmp(r.event, "error", 5) == 0) ||
	    (json_parse(r.data, r.n, &v, &fault) &&
	    json_type(apierror_find(v)) != JSON_NONE));
	sse_free(&s);
	return told;
}

void
passing_free(struct passing *p)
{
	buf_free(&p->out);
	buf_free(&p->held);
	buf_free(&p->last);
	buf_free(&p->done);
}
