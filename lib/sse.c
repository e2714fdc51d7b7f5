#include <stdarg.h>
#include <string.h>

#include "diag.h"
#include "sse.h"
#include "term.h"
#include "utf8.h"

/* What the input is: told by its first byte that is no white space. */
enum { BODY_UNKNOWN, BODY_STREAM, BODY_JSON };

enum { MAX_QUOTED = 60 };	/* bytes of the input in a message */

/* Where in a line the next byte is. */
enum {
	AT_NAME,	/* in the field's name, or at the line's start */
	AT_SPACE,	/* after the colon, where one space is dropped */
	AT_VALUE,
};

static const char bom[] = "\xef\xbb\xbf";
static const char message[] = "message";	/* WHATWG HTML: the default type */
static const char error[] = "error";

static enum sse_got
fault(struct sse *s, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&s->why, fmt, ap);
	va_end(ap);
	s->status = status;
	return SSE_FAULT;
}

static enum sse_got
too_long(struct sse *s)
{
	return fault(s, EX_DATAERR, "%s %lu: longer than %zu bytes (--max-record)",
	    s->body == BODY_JSON ? "value" : "event", s->number + 1, s->max);
}

void
sse_start(struct sse *s, size_t max, char joint)
{
	*s = (struct sse){.max = max, .joint = joint};
}

void
sse_free(struct sse *s)
{
	buf_free(&s->why);
	buf_free(&s->data);
	buf_free(&s->event);
	buf_free(&s->id);
	buf_free(&s->new_id);
	buf_free(&s->error);
}

void
sse_feed(struct sse *s, const char *p, size_t n)
{
	size_t k = sizeof(s->head) - s->head_n;

	s->p = p;
	s->end = p + n;
	s->cr = NULL;
	if (n == 0)
		return;
	if (k > n)
		k = n;
	memcpy(s->head + s->head_n, p, k);
	s->head_n += k;
}

/*
 * Passes over a BOM and white space until the kind of the body is known. Blank
 * lines mean nothing to an event stream; a line that begins with a blank, or with
 * half a BOM, has a field name that is unknown.
 */
static void
find_kind(struct sse *s)
{
	for (; s->p < s->end && s->bom < 3 && *s->p == bom[s->bom]; s->p++)
		s->bom++;
	if (s->p == s->end)
		return;
	if (s->bom == 1 || s->bom == 2)
		s->at = AT_VALUE;
	else
		for (; s->p < s->end && json_is_space(*s->p); s->p++) {
			s->bom = 3;
			s->at = *s->p == ' ' || *s->p == '\t' ? AT_VALUE : AT_NAME;
		}
	if (s->p == s->end)
		return;
	if (s->bom % 3 == 0 && (*s->p == '{' || *s->p == '['))
		s->body = BODY_JSON;
	else
		s->body = BODY_STREAM;
}

/*
 * The first CR or LF from p on, or NULL. Where the next CR is stays known: it
 * is looked for once in what holds none, not once a line.
 */
static const char *
line_end(struct sse *s, const char *p)
{
	const char *lf;

	if (s->cr == NULL || s->cr < p) {
		s->cr = memchr(p, '\r', (size_t)(s->end - p));
		if (s->cr == NULL)
			s->cr = s->end;
	}
	lf = memchr(p, '\n', (size_t)(s->cr - p));
	if (lf == NULL && s->cr < s->end)
		return s->cr;
	return lf;
}

/* What ends an answer; some services write it as JSON, or with blanks. */
static bool
is_done(const char *p, size_t n)
{
	static const char done[] = "[DONE]";
	size_t len = sizeof(done) - 1;

	for (; n > len && json_is_space(*p); p++)
		n--;
	while (n > len && json_is_space(p[n - 1]))
		n--;
	if (n == len + 2 && p[0] == '"' && p[n - 1] == '"') {
		p++;
		n -= 2;
	}
	return n == len && memcmp(p, done, len) == 0;
}

/*
 * Gives the n bytes at data, with or without a newline after them; the type is
 * the one of an event that has none. Member by member: an assignment of the whole
 * record costs a tenth of the running time.
 */
static void
give(struct sse *s, struct sse_record *r, const char *data, size_t n, bool line)
{
	s->number++;
	s->inside = true;
	r->data = data;
	r->n = n;
	r->line = line;
	r->event = message;
	r->event_n = sizeof(message) - 1;
	r->id = s->id.n > 0 ? s->id.p : "";
	r->id_n = s->id.n;
}

/*
 * The common case, without a copy, where nothing is pending: an event that is
 * one data line and a blank one, both with LF or both with CRLF, all of it at
 * hand. False, and nothing done, for anything else.
 */
static bool
plain_event(struct sse *s, struct sse_record *r)
{
	const char *data, *eol;
	size_t n, left;
	bool lf;

	if (s->end - s->p < 8 || memcmp(s->p, "data: ", 6) != 0)
		return false;
	data = s->p + 6;
	eol = line_end(s, data);
	if (eol == NULL)
		return false;
	left = (size_t)(s->end - eol);
	lf = *eol == '\n';
	if (lf ? left < 2 || eol[1] != '\n' :
	    left < 4 || memcmp(eol, "\r\n\r\n", 4) != 0)
		return false;
	n = (size_t)(eol - data);
	if (n > s->max || is_done(data, n))
		return false;
	s->p = eol + (lf ? 2 : 4);
	s->known = true;
	give(s, r, data, n, lf);
	return true;
}

static bool
named(const struct sse *s, const char *name)
{
	return strlen(name) == s->name_n && memcmp(s->name, name, s->name_n) == 0;
}

/* The name of a field is whole: decides where its value goes. */
static void
begin_field(struct sse *s)
{
	s->into = named(s, "data") ? &s->data : named(s, "event") ? &s->event :
	    named(s, "id") ? &s->new_id : named(s, "error") ? &s->error : NULL;
	if (s->into == NULL && !named(s, "retry"))
		return;
	s->known = s->pending = true;
	if (s->into == &s->data && s->has_data)
		buf_addc(&s->data, s->joint);
	else if (s->into != NULL)
		buf_clear(s->into);
	s->has_data |= s->into == &s->data;
}

/* The blank line: gives the event that it ends, if there is one. */
static enum sse_got
blank_line(struct sse *s, struct sse_record *r)
{
	s->over = true;	/* in the standard's words: the buffers are emptied */
	if (!s->has_data)
		return SSE_MORE;
	if (is_done(s->data.p, s->data.n)) {
		s->number++;
		s->inside = false;
		s->done = true;
		return SSE_DONE;
	}
	buf_addc(&s->data, '\n');
	give(s, r, s->data.p, s->data.n - 1, true);
	if (s->event.n > 0) {
		r->event = s->event.p;
		r->event_n = s->event.n;
	}
	return SSE_RECORD;
}

/* The field named error is no event, and is not counted as one. */
static void
give_error(const struct sse *s, struct sse_record *r)
{
	*r = (struct sse_record){
		.data = s->error.p, .n = s->error.n,
		.event = error, .event_n = sizeof(error) - 1,
		.id = s->id.n > 0 ? s->id.p : "", .id_n = s->id.n,
	};
}

/* The line end at p. */
static enum sse_got
end_line(struct sse *s, struct sse_record *r)
{
	struct buf id;
	enum sse_got got;
	bool blank = s->at == AT_NAME && s->name_n == 0;

	s->skip_lf = *s->p++ == '\r';
	if (blank)
		return blank_line(s, r);
	if (s->at == AT_NAME)
		begin_field(s);
	if (s->into == &s->new_id && (s->new_id.n == 0 ||
	    memchr(s->new_id.p, '\0', s->new_id.n) == NULL)) {
		id = s->id;
		s->id = s->new_id;
		s->new_id = id;
	}
	got = s->into == &s->error && s->error.n > 0 ? SSE_ERROR : SSE_MORE;
	if (got == SSE_ERROR)
		give_error(s, r);
	s->at = AT_NAME;
	s->name_n = 0;
	s->into = NULL;
	if (s->data.n > s->max)
		return too_long(s);
	return got;
}

/* Takes the byte at p into the field's name. */
static void
take_name(struct sse *s)
{
	char c = *s->p++;

	if (c != ':' && s->name_n < sizeof(s->name)) {
		s->name[s->name_n++] = c;
		return;
	}
	s->into = NULL;
	s->at = AT_VALUE;
	if (c == ':' && s->name_n == 0)
		s->known = true;	/* a comment */
	if (c != ':' || s->name_n == 0)
		return;
	begin_field(s);
	s->at = AT_SPACE;
}

/* Takes what is at hand of the field's value. */
static enum sse_got
take_value(struct sse *s)
{
	const char *eol = line_end(s, s->p);
	size_t n = (size_t)((eol != NULL ? eol : s->end) - s->p);

	if (s->into != NULL && s->into->n + n > s->max)
		return too_long(s);
	if (s->into != NULL)
		buf_add(s->into, s->p, n);
	s->p += n;
	return SSE_MORE;
}

/* The event that was given, or came to nothing, is over. */
static void
forget(struct sse *s)
{
	if (!s->over)
		return;
	s->data.n = s->event.n = 0;
	s->has_data = s->pending = s->over = false;
}

/* After a CR: the LF that belongs to it, once there is something to look at. */
static void
finish_crlf(struct sse *s)
{
	if (s->p == s->end)
		return;
	s->skip_lf = false;
	s->p += *s->p == '\n';
}

/* Takes the next part of the stream: at most one event, at least one byte. */
static enum sse_got
take_part(struct sse *s, struct sse_record *r)
{
	if (*s->p == '\n' || *s->p == '\r')
		return end_line(s, r);
	if (s->at == AT_NAME) {
		take_name(s);
		return SSE_MORE;
	}
	if (s->at == AT_SPACE) {
		s->at = AT_VALUE;
		s->p += *s->p == ' ';
		return SSE_MORE;
	}
	return take_value(s);
}

static enum sse_got
next_event(struct sse *s, struct sse_record *r)
{
	enum sse_got got = SSE_MORE;

	while (got == SSE_MORE && s->p < s->end) {
		forget(s);
		got = take_part(s, r);
		if (s->skip_lf)
			finish_crlf(s);
	}
	return got;
}

/* A value of a JSON body that is no JSON, or that we do not read. */
static enum sse_got
bad_value(struct sse *s, const struct json_fault *f)
{
	return fault(s, f->too_deep ? EX_DATAERR : EX_PROTOCOL,
	    "value %lu: not JSON: %s at byte %zu", s->number + 1, f->why, f->at + 1);
}

/* Gives a value of a JSON body, its line ends made spaces. */
static enum sse_got
give_value(struct sse *s, struct sse_record *r, const char *p, size_t n)
{
	struct json_fault f;
	struct json v;
	size_t i;

	if (!json_parse(p, n, &v, &f))
		return bad_value(s, &f);
	/* Outside strings, as the check has shown: they may not stand in one. */
	if (memchr(p, '\n', n) != NULL || memchr(p, '\r', n) != NULL) {
		if (s->data.n == 0)
			buf_add(&s->data, p, n);
		for (i = 0; i < n; i++)
			if (s->data.p[i] == '\n' || s->data.p[i] == '\r')
				s->data.p[i] = ' ';
		p = s->data.p;
	}
	s->scan = (struct json_scan){0};
	s->over = true;
	give(s, r, p, n, false);
	return SSE_RECORD;
}

static enum sse_got
next_value(struct sse *s, struct sse_record *r)
{
	size_t n;
	bool whole;

	forget(s);
	if (s->data.n == 0)
		s->p = json_skip(s->p, s->end);
	if (s->p == s->end)
		return SSE_MORE;
	if (s->data.n == 0 && *s->p != '{' && *s->p != '[')
		return fault(s, EX_PROTOCOL,
		    "not JSON: text after value %lu", s->number);
	n = json_scan(&s->scan, s->p, (size_t)(s->end - s->p), &whole);
	if (s->data.n + n > s->max)
		return too_long(s);
	if (s->data.n > 0 || !whole)
		buf_add(&s->data, s->p, n);
	s->p += n;
	if (!whole)
		return SSE_MORE;
	if (s->data.n > 0)
		return give_value(s, r, s->data.p, s->data.n);
	return give_value(s, r, s->p - n, n);
}

enum sse_got
sse_next(struct sse *s, struct sse_record *r)
{
	if (s->status != 0)
		return SSE_FAULT;
	if (s->skip_lf)
		finish_crlf(s);
	if (s->body == BODY_STREAM && s->over && plain_event(s, r))
		return SSE_RECORD;
	if (s->body == BODY_UNKNOWN)
		find_kind(s);
	return s->body == BODY_JSON ? next_value(s, r) : next_event(s, r);
}

/* Appends the beginning of n bytes, on one line that a screen may have. */
static void
quote(struct buf *out, const char *p, size_t all)
{
	size_t n = utf8_cut(p, all, MAX_QUOTED);

	while (n > 0 && json_is_space(p[n - 1]))
		n--;
	buf_addc(out, '\'');
	term_line(out, p, n);
	buf_addc(out, '\'');
}

static void
not_a_stream(struct sse *s)
{
	buf_adds(&s->why, "not an event stream: it begins with ");
	quote(&s->why, s->head, s->head_n);
	s->status = EX_PROTOCOL;
}

/* The input ended where an answer had not. */
static void
cut(struct sse *s, bool need_done, bool inside)
{
	buf_adds(&s->why, "the stream ended before ");
	if (need_done)
		buf_adds(&s->why, "[DONE], ");
	if (inside)
		fault(s, EX_PROTOCOL, need_done ? "inside event %lu" :
		    "the end of event %lu", s->number + 1);
	if (inside && s->data.n > 0) {
		buf_adds(&s->why, ": ");
		quote(&s->why, s->data.p, s->data.n);
	}
	if (inside)
		return;
	if (s->number == 0)
		fault(s, EX_PROTOCOL, need_done ? "without an event" :
		    "its first event");
	else
		fault(s, EX_PROTOCOL, "after event %lu%s", s->number,
		    need_done ? " (--no-done, where a service sends none)" : "");
}

/* A JSON body has ended: inside a value, or well. */
static bool
end_json(struct sse *s)
{
	struct json_fault f;
	struct json v;

	forget(s);
	if (s->data.n == 0)
		return true;
	if (json_parse(s->data.p, s->data.n, &v, &f))
		return true;
	bad_value(s, &f);
	return false;
}

bool
sse_end(struct sse *s, bool need_done)
{
	bool inside;

	if (s->status != 0)
		return false;
	if (s->head_n == 0) {
		s->status = EX_NOINPUT;
		buf_adds(&s->why, "empty");
		return false;
	}
	if (s->body == BODY_JSON)
		return end_json(s);
	forget(s);
	if (s->has_data && is_done(s->data.p, s->data.n))
		return true;
	inside = s->pending || (s->at == AT_NAME && s->name_n > 0);
	if (!s->known)
		not_a_stream(s);
	else if (inside || (need_done ? s->inside || !s->done : s->number == 0))
		cut(s, need_done, inside);
	return s->status == 0;
}

bool
sse_rest(const struct sse *s, struct sse_record *r)
{
	bool is_error = s->into == &s->error;
	const struct buf *b = is_error ? &s->error : &s->data;

	if (s->status != EX_PROTOCOL || s->body != BODY_STREAM || b->n == 0 ||
	    (!is_error && s->over))
		return false;
	give_error(s, r);
	r->data = b->p;
	r->n = b->n;
	if (!is_error) {
		r->event = s->event.n > 0 ? s->event.p : message;
		r->event_n = s->event.n > 0 ? s->event.n : sizeof(message) - 1;
	}
	return true;
}

bool
sse_is_json(const struct sse *s)
{
	return s->body == BODY_JSON;
}
