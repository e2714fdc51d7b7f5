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
#include "value.h"

/* Below, a double that is whole is no other number rounded. */
#define TOO_LARGE 9007199254740992.0

struct run {
	const struct compose	*c;
	struct filter		*each, *id;	/* id: NULL for the number */
	struct records		 records;
	struct buf		 line, why;	/* reused from record to record */
	bool			 named;		/* records are said with their file */
	bool			 broken;	/* this record's program failed, or gave what is
						   of no use */
	bool			 good;		/* some record made its requests */
	struct buf		 said;		/* why none did so far */
	unsigned long		 more;		/* for the same reason, not said */
};

/*
 * Numbers as a record says them, for ids, with one spelling for each value and the same
 * one with every libjq: some make doubles of them, some keep how they were written.
 */

/* Appends a double's; false where it is 2^53 or more and may have been rounded. */
static bool
spell(double x, struct buf *out)
{
	if (!(fabs(x) < TOO_LARGE))
		return false;
	emit_spell_double(x, out);
	return true;
}

static jv exact(struct json v, struct buf *why);

static jv
number(struct json v, struct buf *why)
{
	struct buf said = {0}, held = {0};
	double x = json_number(v);
	jv value = jv_invalid();

	if (!emit_spell(v.p, v.n, &said))
		buf_adds(why, "a number with an exponent of more than nine"
		    " digits: --id cannot tell it from others");
	else if (spell(x, &held) && buf_is(&held, said.p, said.n))
		value = jv_number(x + 0.0);	/* -0 is 0 */
	else
		value = value_text(said.p, said.n);
	buf_free(&said);
	buf_free(&held);
	return value;
}

/* An array or an object. */
static jv
container(struct json v, struct buf *why)
{
	bool object = json_type(v) == JSON_OBJECT;
	jv all = object ? jv_object() : jv_array(), one;
	struct json name, value;
	struct json_iter i;

	for (i = json_first(v); json_more(&i, &name, &value);) {
		one = exact(value, why);
		if (!jv_is_valid(one)) {
			jv_free(all);
			return one;
		}
		all = object ? jv_object_set(all, value_of(name), one)
		    : jv_array_append(all, one);
	}
	return all;
}

/*
 * As value_of has it but for its numbers: one below 2^53 that a double holds is a
 * number; any other is a string, its one spelling. Invalid, with why appended, where a
 * number's exponent is too long for that.
 */
static jv
exact(struct json v, struct buf *why)
{
	if (json_type(v) == JSON_NUMBER)
		return number(v, why);
	if (json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT)
		return container(v, why);
	return value_of(v);
}

/* v is consumed. */
static bool
add_id(struct buf *id, jv v, struct buf *why)
{
	bool is_number = jv_get_kind(v) == JV_KIND_NUMBER, ok = false;

	if (jv_get_kind(v) == JV_KIND_STRING && *jv_string_value(v) != '\0') {
		buf_add(id, jv_string_value(v),
		    (size_t)jv_string_length_bytes(jv_copy(v)));
		ok = true;
	} else if (!is_number || !(ok = spell(jv_number_value(v), id))) {
		buf_adds(why, is_number
		    ? "--id computed a number that is too large to be exact"
		    : "--id gave neither a string that is not empty nor a number");
	}
	jv_free(v);
	return ok;
}

/* The record's own id: what the program says of it, once, or its number. */
static bool
name_record(struct run *r, jv record, struct buf *id)
{
	enum filter_got got;
	jv v;

	if (r->id == NULL) {
		buf_printf(id, "%lu", r->records.number);
		return true;
	}
	v = r->records.raw ? jv_copy(record) : exact(r->records.text, &r->why);
	if (!jv_is_valid(v))
		return false;
	filter_start(r->id, v);
	got = filter_next(r->id, &v, &r->why);
	r->broken = got == FILTER_ERROR;
	if (got == FILTER_END)
		buf_adds(&r->why, "--id gave no id");
	if (got != FILTER_VALUE || !add_id(id, v, &r->why))
		return false;
	got = filter_next(r->id, &v, &r->why);
	jv_free(v);
	if (got == FILTER_VALUE)
		buf_adds(&r->why, "--id gave more than one id");
	return got == FILTER_END;
}

/* The request that one result (consumed) makes; invalid with why. */
static jv
make_request(struct run *r, jv result)
{
	jv_kind kind = jv_get_kind(result);
	jv request = jv_invalid();

	if (kind == JV_KIND_STRING) {
		request = compose_request(r->c, jv_string_value(result),
		    (size_t)jv_string_length_bytes(jv_copy(result)), &r->why);
	} else if (kind == JV_KIND_OBJECT) {
		request = jv_object_has(jv_copy(result), jv_string("messages")) != 0
		    ? jv_copy(r->c->base) : compose_request(r->c, NULL, 0, &r->why);
		if (jv_is_valid(request))
			return jv_object_merge_recursive(request, result);
	} else {
		buf_printf(&r->why, "-e gave %s, neither a string nor an object",
		    jv_kind_name(kind));
		r->broken = true;
	}
	jv_free(result);
	return request;
}

/*
 * Makes the request of a result (consumed) of a record, and writes its line; from the
 * second one on "-2" and so on ends the id, which begins with the record's n bytes.
 */
static bool
put_result(struct run *r, jv result, struct buf *id, size_t n,
    unsigned long number)
{
	jv request = make_request(r, result);

	if (!jv_is_valid(request)) {
		jv_free(request);
		return false;
	}
	id->n = n;
	if (number > 1)
		buf_printf(id, "-%lu", number);
	buf_clear(&r->line);
	buf_adds(&r->line, "{\"custom_id\":");
	json_quote(&r->line, id->p, id->n);
	buf_adds(&r->line, ",\"method\":\"POST\",\"url\":\"/v1/chat/completions\""
	    ",\"body\":");
	if (!compose_finish(r->c, request, &r->line, &r->why))
		return false;
	buf_addc(&r->line, '}');
	return compose_write(r->c, &r->line, &r->why);
}

static bool
put_record(struct run *r, jv record)
{
	struct buf id = {0};
	unsigned long number = 0;
	enum filter_got got;
	bool ok = name_record(r, record, &id);
	size_t n = id.n;
	jv result;

	if (ok)
		filter_start(r->each, jv_copy(record));
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
	jv record;

	while (!halted(r)) {
		buf_clear(&r->why);
		r->broken = false;
		got = records_next(&r->records, &record, &r->why);
		if (got == RECORDS_END)
			break;
		ok = got == RECORDS_VALUE && put_record(r, record);
		jv_free(record);
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
	buf_free(&r.line);
	buf_free(&r.why);
	buf_free(&r.said);
	return status;
}
