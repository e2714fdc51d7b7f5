#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bulk.h"
#include "diag.h"
#include "emit.h"
#include "filter.h"
#include "io.h"
#include "mem.h"
#include "records.h"
#include "source.h"

/* Below, a double that is whole is no other number rounded. */
#define TOO_LARGE 9007199254740992.0

struct run {
	const struct compose	*c;
	struct filter		*each, *id;	/* id: NULL for the number */
	struct records		 records;
	struct buf		 request, line, why; /* reused from record to record */
	bool			 named;		/* records are said with their file */
	bool			 broken;	/* this record's program failed, or gave what is
						   of no use */
	bool			 good;		/* some record made its requests */
	struct buf		 said;		/* why none did so far */
	unsigned long		 more;		/* for the same reason, not said */
};

/*
 * Appends a number of n bytes as its record says it, for ids: with one spelling for each
 * value and the same one with every libjq, of which some make doubles of numbers and some
 * keep how they were written. One below 2^53 that a double holds stays a number; any
 * other becomes a string. False with why where its exponent is too long for that.
 */
static bool
add_number(struct buf *out, struct json v, struct buf *why)
{
	struct buf said = {0};
	double x = json_number(v);
	bool ok = emit_spell(v.p, v.n, &said);

	if (!ok)
		buf_adds(why, "a number with an exponent of more than nine"
		    " digits: --id cannot tell it from others");
	else if (fabs(x) < TOO_LARGE && emit_is_double(&said, x))
		buf_add(out, said.p, said.n);
	else
		json_quote(out, said.p, said.n);
	buf_free(&said);
	return ok;
}

/* Appends a record so, byte for byte but for its numbers. */
static bool
add_exact(struct buf *out, struct json v, struct buf *why)
{
	const char *p = v.p, *end = p + v.n, *after;
	bool ok = true;

	for (; ok && p < end; p = after) {
		after = p + 1;
		if (*p == '-' || (*p >= '0' && *p <= '9')) {
			while (after < end && strchr("+-.eE0123456789", *after) != NULL)
				after++;
			ok = add_number(out, (struct json){p, (size_t)(after - p)}, why);
			continue;
		}
		if (*p == '"')
			after = json_string_end(p, end).p;
		buf_add(out, p, (size_t)(after - p));
	}
	return ok;
}

static bool
add_id(struct buf *id, struct json v, struct buf *why)
{
	bool is_number = json_type(v) == JSON_NUMBER;

	if (json_type(v) == JSON_STRING && json_holds(v)) {
		json_text(v, id);
		return true;
	}
	if (is_number && fabs(json_number(v)) < TOO_LARGE)
		return emit_spell(v.p, v.n, id);
	buf_adds(why, is_number
	    ? "--id computed a number that is too large to be exact"
	    : "--id gave neither a string that is not empty nor a number");
	return false;
}

/* Runs the program of ids on a record: it has to say one. */
static bool
run_id(struct run *r, struct json record, struct buf *id)
{
	enum filter_got got;
	struct json v;

	if (!filter_start(r->id, record, &r->why))
		return false;
	got = filter_next(r->id, &v, &r->why);
	r->broken = got == FILTER_ERROR;
	if (got == FILTER_END)
		buf_adds(&r->why, "--id gave no id");
	if (got != FILTER_VALUE || !add_id(id, v, &r->why))
		return false;
	got = filter_next(r->id, &v, &r->why);
	if (got == FILTER_VALUE)
		buf_adds(&r->why, "--id gave more than one id");
	return got == FILTER_END;
}

/* The record's own id: what the program says of it, or its number. */
static bool
name_record(struct run *r, struct buf *id)
{
	struct buf exact = {0};
	bool ok;

	if (r->id == NULL) {
		buf_printf(id, "%lu", r->records.number);
		return true;
	}
	ok = add_exact(&exact, r->records.value, &r->why) &&
	    run_id(r, (struct json){exact.p, exact.n}, id);
	buf_free(&exact);
	return ok;
}

/* Makes the request of one result, which is a prompt or lies over a request. */
static bool
make_request(struct run *r, struct json result)
{
	static const char *const others[] = {
		[JSON_NULL] = "null", [JSON_FALSE] = "boolean",
		[JSON_TRUE] = "boolean", [JSON_NUMBER] = "number",
		[JSON_ARRAY] = "array",
	};
	enum json_type type = json_type(result);
	struct buf text = {0};
	bool ok;

	buf_clear(&r->request);
	if (type != JSON_STRING && type != JSON_OBJECT) {
		buf_printf(&r->why, "-e gave %s, neither a string nor an object",
		    others[type]);
		r->broken = true;
		return false;
	}
	if (json_get(result, "messages").p != NULL) {
		compose_base(r->c, &r->request);
		return true;
	}
	json_text(result, &text);
	ok = compose_request(r->c, type == JSON_STRING ? buf_string(&text) : NULL,
	    text.n, &r->request, &r->why);
	buf_free(&text);
	return ok;
}

/*
 * Makes the request of a result of a record, and writes its line; from the second one on
 * "-2" and so on ends the id, which begins with the record's n bytes.
 */
static bool
put_result(struct run *r, struct json result, struct buf *id, size_t n,
    unsigned long number)
{
	if (!make_request(r, result))
		return false;
	id->n = n;
	if (number > 1)
		buf_printf(id, "-%lu", number);
	buf_clear(&r->line);
	buf_adds(&r->line, "{\"custom_id\":");
	json_quote(&r->line, id->p, id->n);
	buf_adds(&r->line, ",\"method\":\"POST\",\"url\":\"/v1/chat/completions\""
	    ",\"body\":");
	if (!compose_finish(r->c, &r->request, result, &r->line, &r->why))
		return false;
	buf_addc(&r->line, '}');
	return compose_write(r->c, &r->line, &r->why);
}

static bool
put_record(struct run *r)
{
	struct buf id = {0};
	unsigned long number = 0;
	enum filter_got got;
	bool ok = name_record(r, &id) &&
	    filter_start(r->each, r->records.value, &r->why);
	size_t n = id.n;
	struct json result;

	while (ok) {
		got = filter_next(r->each, &result, &r->why);
		if (got == FILTER_END)
			break;
		r->broken = got == FILTER_ERROR;
		ok = got == FILTER_VALUE &&
		    put_result(r, result, &id, n, ++number);
	}
	buf_free(&id);
	return ok;
}

/* Whether one of the programs said that nothing more is to be read. */
static bool
halted(const struct run *r)
{
	return filter_halted(r->each) || (r->id != NULL && filter_halted(r->id));
}

/* Whether two reasons are the same but for the value that libjq shows in brackets. */
static bool
same_reason(const struct buf *a, const struct buf *b)
{
	const char *p = memchr(a->p, '(', a->n), *q = memchr(b->p, '(', b->n);
	size_t n = p != NULL ? (size_t)(p - a->p) : a->n;

	return n == (q != NULL ? (size_t)(q - b->p) : b->n) &&
	    memcmp(a->p, b->p, n) == 0;
}

static void
say_more(struct run *r)
{
	if (r->more > 0)
		diag_warn("%lu more record%s, for the same reason", r->more,
		    r->more > 1 ? "s" : "");
	r->more = 0;
}

/* Says why a record made no request: of a filter that is wrong for all of them, once. */
static void
say(struct run *r)
{
	if (r->broken && !r->good && r->said.n > 0 && r->why.n > 0 &&
	    same_reason(&r->said, &r->why)) {
		r->more++;
		return;
	}
	say_more(r);
	diag_warn("%s%srecord %lu: %s", r->named ? r->records.in.name : "",
	    r->named ? ": " : "", r->records.number, buf_string(&r->why));
	buf_clear(&r->said);
	if (r->broken)
		buf_add(&r->said, r->why.p, r->why.n);
}

static int
put_all(struct run *r)
{
	enum records_got got;
	int status = 0;
	bool ok;

	while (!halted(r)) {
		buf_clear(&r->why);
		r->broken = false;
		got = records_next(&r->records, &r->why);
		if (got == RECORDS_END)
			break;
		ok = got == RECORDS_VALUE && put_record(r);
		r->good = r->good || ok;
		if (ok)
			continue;
		say(r);
		status = EX_DATAERR;
	}
	say_more(r);
	return status;
}

/* The program itself, or what is in the file that it names; owned. */
static char *
program_of(const char *arg, size_t max)
{
	static const char *const formats[] = {
		"text", "json", "html", "uri", "csv", "tsv", "sh", "base64",
		"base64d", "base32", "base32d",
	};
	struct buf text = {0};
	size_t n, i;

	if (*arg != '@')
		return mem_string(arg);
	n = strcspn(arg + 1, " \t\n|,)\"");
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strlen(formats[i]) == n && memcmp(arg + 1, formats[i], n) == 0)
			return mem_string(arg);
	(void)source_file(arg + 1, IO_TEXT, max, &text);
	return buf_take(&text);
}

int
bulk_run(const struct bulk *b, const struct compose *c)
{
	struct run r = {.c = c, .named = b->nfiles > 0};
	char *program = program_of(b->each, c->max);
	int status;

	r.each = filter_new(program, "-e");
	free(program);
	if (b->id != NULL)
		r.id = filter_new(b->id, "--id");
	records_start(&r.records, b->files, b->nfiles, b->raw, c->max);
	status = records_status(&r.records, put_all(&r));
	records_stop(&r.records);
	filter_free(r.each);
	filter_free(r.id);
	buf_free(&r.request);
	buf_free(&r.line);
	buf_free(&r.why);
	buf_free(&r.said);
	return status;
}
