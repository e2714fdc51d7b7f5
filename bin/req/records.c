#include <string.h>

#include "diag.h"
#include "json.h"
#include "records.h"
#include "utf8.h"

/* Goes on to the next file, whose form is its own. */
static bool
next_file(struct records *r)
{
	r->held.n = r->at = r->scanned = 0;
	r->scan = (struct json_scan){0};
	r->lines = r->raw;
	r->values = false;
	r->ended = !io_next(&r->in);
	return !r->ended;
}

void
records_start(struct records *r, char **files, int nfiles, bool raw, size_t max)
{
	*r = (struct records){.raw = raw};
	io_start(&r->in, files, nfiles, max);
	(void)next_file(r);
}

static size_t
skip_space(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && json_is_space(p[i]))
		i++;
	return i;
}

/*
 * How many of the n bytes at p, where a value starts, belong to it. *whole says that
 * it ends there; else the next call goes on where this one stopped.
 */
static size_t
value_end(struct records *r, const char *p, size_t n, bool *whole)
{
	return r->scanned + json_scan(&r->scan, p + r->scanned, n - r->scanned,
	    whole);
}

/* Turns a record's bytes into its value. */
static enum records_got
take(struct records *r, const char *p, size_t n, struct buf *why)
{
	struct json_fault fault;
	size_t valid = utf8_valid(p, n);
	const char *nul = r->raw ? memchr(p, '\0', n) : NULL;

	r->number++;
	if (valid < n) {
		buf_printf(why, "not UTF-8 at offset %zu", valid);
		return RECORDS_BAD;
	}
	if (nul != NULL) {
		buf_printf(why, "a NUL byte at offset %zu: not text", (size_t)(nul - p));
		return RECORDS_BAD;
	}
	if (r->raw) {
		buf_clear(&r->quoted);
		json_quote(&r->quoted, p, n);
		r->value = (struct json){r->quoted.p, r->quoted.n};
		return RECORDS_VALUE;
	}
	if (json_parse(p, n, &r->value, &fault))
		return RECORDS_VALUE;
	buf_printf(why, "not JSON: %s, at offset %zu", fault.why, fault.at);
	return RECORDS_BAD;
}

static enum records_got
too_long(struct records *r, struct buf *why)
{
	r->number++;
	buf_printf(why, "longer than %zu bytes (--max-record)", r->in.max);
	return RECORDS_BAD;
}

/* Whether the first line says that every line is a value. */
static bool
is_one_value(struct records *r, const char *p, size_t n)
{
	bool whole;
	size_t end = value_end(r, p, n, &whole);

	r->scan = (struct json_scan){0};
	return whole ? skip_space(p + end, n - end) == n - end
	    : strchr("{[\"", *p) == NULL;
}

static enum records_got
next_line(struct records *r, struct buf *why)
{
	const char *p;
	size_t n, blank;
	enum io_got got;

	while ((got = io_line(&r->in, &p, &n)) == IO_RECORD) {
		if (r->raw)
			return take(r, p, n, why);
		blank = skip_space(p, n);
		if (blank == n)
			continue;
		if (!r->lines && !is_one_value(r, p + blank, n - blank)) {
			buf_add(&r->held, p, n);
			buf_addc(&r->held, '\n');
			r->values = true;
			return RECORDS_END;
		}
		r->lines = true;
		return take(r, p, n, why);
	}
	if (got == IO_END)
		return RECORDS_END;
	r->lines = true;
	return too_long(r, why);
}

/* More bytes after the ones held, those of past values dropped. */
static void
read_more(struct records *r)
{
	const char *p;
	size_t n;

	r->held.n -= r->at;
	memmove(r->held.p, r->held.p + r->at, r->held.n);
	r->at = 0;
	if (io_bytes(&r->in, &p, &n))
		buf_add(&r->held, p, n);
	else
		r->ended = true;
}

/* The next of values that stand as they like. */
static enum records_got
next_value(struct records *r, struct buf *why)
{
	enum records_got got;
	size_t end = 0;
	bool whole = false;

	for (;;) {
		if (r->scanned == 0)
			r->at += skip_space(r->held.p + r->at, r->held.n - r->at);
		if (r->at < r->held.n)
			end = value_end(r, r->held.p + r->at, r->held.n - r->at,
			    &whole);
		if (whole || r->ended || end > r->in.max)
			break;
		r->scanned = end;
		read_more(r);
	}
	r->scanned = 0;
	r->scan = (struct json_scan){0};
	if (end == 0)
		return RECORDS_END;
	got = end > r->in.max ? too_long(r, why)
	    : take(r, r->held.p + r->at, end, why);
	r->at += end;
	if (got != RECORDS_BAD)
		return got;
	/* Where the next value would start is no longer known. */
	buf_adds(why, "; what follows it was not read");
	r->at = r->held.n;
	r->ended = true;
	return got;
}

enum records_got
records_next(struct records *r, struct buf *why)
{
	enum records_got got;

	if (r->in.fd == -1)	/* no file could be opened */
		return RECORDS_END;
	do {
		got = r->values ? RECORDS_END : next_line(r, why);
		if (r->values)
			got = next_value(r, why);
	} while (got == RECORDS_END && next_file(r));
	return got;
}

int
records_status(const struct records *r, int status)
{
	if (r->number == 0 && r->in.status == 0)
		diag_warn("%s: %s", r->in.name, r->in.any ? "no record in it" : "empty");
	if (r->number == 0 && status == 0)
		status = EX_NOINPUT;
	return io_status(&r->in, status);
}

void
records_stop(struct records *r)
{
	io_stop(&r->in);
	buf_free(&r->held);
	buf_free(&r->quoted);
}
