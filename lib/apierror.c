#include <stdlib.h>
#include <string.h>

#include "apierror.h"
#include "diag.h"
#include "emit.h"

enum {
	MAX_NESTED = 8,		/* errors inside each other, also as JSON in a text */
	MAX_LISTED = 3,		/* of many errors, those that are said */
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Where an error has its name or number, the one that says most first. */
static const char *const kinds[] = {
	"code", "status", "error_code", "type", "error_type", "status_code",
	"http_code", "http_status_code",
};

/* Where it has its words, the best first. */
static const char *const words[] = {
	"message", "error_message", "error", "detail", "msg", "errors",
	"description", "title", "Message", "status_msg",
};

/* The names that services give their errors. */
static const struct {
	const char	*name;
	int		 status;
} names[] = {
	{"insufficient_quota", EX_NOPERM},	/* the first QUOTAS: a spent quota */
	{"billing_hard_limit_reached", EX_NOPERM},
	{"exceeded_current_quota_error", EX_NOPERM},
	{"insufficient_balance_error", EX_NOPERM},
	{"insufficient_user_quota", EX_NOPERM},
	{"budget_exceeded", EX_NOPERM},
	{"Arrearage", EX_NOPERM},
	{"1113", EX_NOPERM},	/* Zhipu's number for it */
	{"invalid_api_key", EX_NOPERM},
	{"authentication_error", EX_NOPERM},
	{"invalid_authentication_error", EX_NOPERM},
	{"permission_error", EX_NOPERM},
	{"permission_denied", EX_NOPERM},
	{"rate_limit_exceeded", EX_TEMPFAIL},
	{"rate_limit_error", EX_TEMPFAIL},
	{"rate_limit_reached_error", EX_TEMPFAIL},
	{"too_many_requests", EX_TEMPFAIL},
	{"tokens", EX_TEMPFAIL},	/* a type, the limit that was met */
	{"requests", EX_TEMPFAIL},
	{"context_length_exceeded", EX_DATAERR},
	{"exceed_context_size_error", EX_DATAERR},
	{"invalid_request_error", EX_DATAERR},
	{"bad_request_error", EX_DATAERR},
	{"BadRequestError", EX_DATAERR},
	{"model_not_found", EX_DATAERR},
	{"not_found_error", EX_DATAERR},
	{"NotFoundError", EX_DATAERR},
	{"content_policy_violation", EX_DATAERR},
	{"data_inspection_failed", EX_DATAERR},
};

enum { QUOTAS = 8 };

/* The HTTP status that a code says, as a number or in digits; 0: none that failed. */
static long
http_status(struct json v)
{
	struct buf b = {0};
	char *end = NULL;
	long n = 0;

	if (json_type(v) == JSON_NUMBER)
		n = json_index(v);
	else if (json_type(v) == JSON_STRING) {
		json_text(v, &b);
		n = strtol(buf_string(&b), &end, 10);
		n = *end == '\0' ? n : 0;
		buf_free(&b);
	}
	return n >= 400 && n <= 599 ? n : 0;
}

/* The place of a name in the table; COUNT(names): it is not known. */
static size_t
find_name(struct json v)
{
	size_t i = 0;

	while (i < COUNT(names) && !json_is(v, names[i].name))
		i++;
	return i;
}

/* The exit status that an object's name or number tells; 0: it has none that is known. */
static int
known_status(struct json v)
{
	struct json kind;
	size_t i, name;
	long http;

	for (i = 0; i < COUNT(kinds); i++) {
		kind = json_get(v, kinds[i]);
		http = http_status(kind);
		if (http != 0)
			return apierror_http(http);
		name = find_name(kind);
		if (name < COUNT(names))
			return names[name].status;
	}
	return 0;
}

/* A text, or some services' object or list of faults. */
static bool
has_message(struct json v)
{
	struct json message = json_get(v, "message");

	return json_type(message) == JSON_STRING || json_holds(message);
}

bool
apierror_is(struct json v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		return json_holds(v);
	case JSON_OBJECT:
		return has_message(v) || known_status(v) != 0 ||
		    apierror_is(json_get(v, "error"));
	default:
		return false;
	}
}

/* The first error that find has in an array's objects. */
static struct json
first(struct json array, struct json (*find)(struct json))
{
	struct json_iter i;
	struct json name, v, error = {0};

	if (json_type(array) != JSON_ARRAY)
		return error;
	for (i = json_first(array); error.p == NULL && json_more(&i, &name, &v);)
		if (json_type(v) == JSON_OBJECT)
			error = find(v);
	return error;
}

static struct json
of_choice(struct json choice)
{
	struct json error = json_get(choice, "error");

	return apierror_is(error) ? error : (struct json){0};
}

/* Whether an object's other members make its "message" that of an error. */
static bool
is_named_error(struct json v)
{
	return json_is(json_get(v, "object"), "error") ||
	    json_is(json_get(v, "type"), "error") ||
	    json_type(json_get(v, "error")) == JSON_TRUE ||
	    (json_type(json_get(v, "code")) == JSON_STRING &&
	    json_holds(json_get(v, "code"))) || known_status(v) != 0;
}

/* The error of an object that has no "error" which is one, and no choices. */
static struct json
of_rest(struct json v)
{
	struct json detail = json_get(v, "detail"), errors, inner;

	if (json_type(json_get(v, "error_message")) == JSON_STRING ||
	    json_type(json_get(v, "error_type")) == JSON_STRING)
		return v;
	if (has_message(v))
		return is_named_error(v) ? v : (struct json){0};
	errors = json_get(v, "errors");
	if (json_type(errors) == JSON_ARRAY && json_holds(errors)) {
		inner = first(errors, apierror_find);
		return inner.p != NULL ? inner : v;
	}
	if (!json_holds(detail) || json_type(detail) == JSON_NUMBER ||
	    json_type(detail) == JSON_TRUE)
		return (struct json){0};
	if (json_type(detail) != JSON_OBJECT)
		return v;
	inner = apierror_find(detail);
	return inner.p != NULL ? inner : detail;
}

/* The error in an error, which says more, or else itself. */
static struct json
innermost(struct json error)
{
	while (json_type(error) == JSON_OBJECT &&
	    !json_holds(json_get(error, "message")) &&
	    apierror_is(json_get(error, "error")))
		error = json_get(error, "error");
	return error;
}

/*
 * Where a record may hold its error, walked once: there is one for each piece of an
 * answer. Groq's and MiniMax's stand in members of their own, beside the choices.
 */
struct places {
	struct json	error, choices, x_groq, base_resp;
};

static struct places
places_of(struct json record)
{
	struct places in = {{0}, {0}, {0}, {0}};
	struct json_iter i;
	struct json name, v;

	for (i = json_first(record); json_more(&i, &name, &v);) {
		if (json_is(name, "error"))
			in.error = v;
		else if (json_is(name, "choices"))
			in.choices = v;
		else if (json_is(name, "x_groq"))
			in.x_groq = json_get(v, "error");
		else if (json_is(name, "base_resp"))
			in.base_resp = v;
	}
	return in;
}

struct json
apierror_find(struct json record)
{
	struct places in;

	if (json_type(record) == JSON_ARRAY)
		return first(record, apierror_find);
	if (json_type(record) != JSON_OBJECT)
		return (struct json){0};
	in = places_of(record);
	if (apierror_is(in.error))
		return innermost(in.error);
	if (apierror_is(in.x_groq))
		return in.x_groq;
	if (json_number(json_get(in.base_resp, "status_code")) != 0)
		return in.base_resp;
	return in.choices.p != NULL ? first(in.choices, of_choice) : of_rest(record);
}

/* Appends a text, each run of white space one space, none at its ends. */
static void
add_line(struct buf *out, const char *p, size_t n)
{
	bool space = false, any = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r')) {
			space = any;
			continue;
		}
		if (space)
			buf_addc(out, ' ');
		buf_addc(out, (unsigned char)p[i]);
		space = false;
		any = true;
	}
}

struct json
apierror_parse(const char *p, size_t n)
{
	struct json_fault fault;
	struct json v, error;

	if (n == 0 || !json_parse(p, n, &v, &fault))
		return (struct json){0};
	error = apierror_find(v);
	return error.p != NULL ? error : v;
}

static bool add_said(struct buf *out, struct json v, int depth);

/* A text; where that is JSON in turn, what this says. */
static bool
add_text(struct buf *out, struct json v, int depth)
{
	struct buf text = {0};
	size_t had = out->n;

	json_text(v, &text);
	if (text.n > 0 && (*text.p == '{' || *text.p == '['))
		add_said(out, apierror_parse(text.p, text.n), depth);
	if (out->n == had)
		add_line(out, text.p, text.n);
	buf_free(&text);
	return out->n > had;
}

static bool
add_list(struct buf *out, struct json v, int depth)
{
	struct json_iter i;
	struct json name, value;
	size_t had = out->n, before;
	int n = 0;

	for (i = json_first(v); n < MAX_LISTED && json_more(&i, &name, &value);) {
		before = out->n;
		if (before > had)
			buf_adds(out, "; ");
		if (add_said(out, value, depth))
			n++;
		else
			out->n = before;
	}
	return out->n > had;
}

/* Where in a request a fault is: the members' names, "body.messages.0". */
static void
add_place(struct buf *out, struct json place)
{
	struct json_iter i;
	struct json name, v;
	size_t had = out->n;

	if (json_type(place) != JSON_ARRAY)
		return;
	for (i = json_first(place); json_more(&i, &name, &v);) {
		if (out->n > had)
			buf_addc(out, '.');
		if (json_type(v) == JSON_STRING)
			json_text(v, out);
		else
			buf_add(out, v.p, v.n);
	}
	if (out->n > had)
		buf_adds(out, ": ");
}

/* What a service behind the service said. */
static void
add_raw(struct buf *out, struct json raw, size_t had, int depth)
{
	size_t end = out->n;

	buf_adds(out, ": ");
	if (!add_said(out, raw, depth) || (out->n - end - 2 == end - had &&
	    memcmp(out->p + had, out->p + end + 2, end - had) == 0))
		out->n = end;
}

static bool
add_object(struct buf *out, struct json v, int depth)
{
	size_t i, had = out->n, start;

	add_place(out, json_get(v, "loc"));
	start = out->n;
	for (i = 0; i < COUNT(words); i++)
		if (add_said(out, json_get(v, words[i]), depth))
			break;
	if (i == COUNT(words)) {
		out->n = had;
		return false;
	}
	add_raw(out, json_get(json_get(v, "metadata"), "raw"), start, depth);
	return true;
}

/* Appends what a value says in words; false where it says nothing. */
static bool
add_said(struct buf *out, struct json v, int depth)
{
	if (depth == MAX_NESTED)
		return false;
	switch (json_type(v)) {
	case JSON_STRING:
		return add_text(out, v, depth + 1);
	case JSON_ARRAY:
		return add_list(out, v, depth + 1);
	case JSON_OBJECT:
		return add_object(out, v, depth + 1);
	default:
		return false;
	}
}

void
apierror_message(struct json v, struct buf *out)
{
	if (!add_said(out, v, 0) && json_type(v) != JSON_STRING && json_holds(v))
		emit_compact(&(struct emit){.out = out}, v);
}

int
apierror_http(long status)
{
	switch (status) {
	case 401:
	case 402:
	case 403:
	case 407:
		return EX_NOPERM;
	case 408:
	case 409:
	case 425:
	case 429:
	case 498:	/* Groq's: the flex tier is full */
		return EX_TEMPFAIL;
	default:
		if (status >= 500)
			return EX_UNAVAILABLE;
		return status >= 400 ? EX_DATAERR : EX_PROTOCOL;
	}
}

bool
apierror_quota(struct json v)
{
	size_t i;

	for (i = 0; i < COUNT(kinds); i++)
		if (find_name(json_get(v, kinds[i])) < QUOTAS)
			return true;
	return false;
}

int
apierror_status(struct json v)
{
	int status = apierror_quota(v) ? EX_NOPERM : known_status(v);

	return status != 0 ? status : EX_UNAVAILABLE;
}

int
apierror_text(const char *p, size_t n, struct buf *out)
{
	struct json error = apierror_parse(p, n);
	size_t had = out->n;

	apierror_message(error, out);
	if (out->n == had)
		add_line(out, p, n);
	return apierror_status(error);
}

bool
apierror_in(const char *p, size_t n)
{
	struct json_fault fault;
	struct json v;

	return json_parse(p, n, &v, &fault) && apierror_find(v).p != NULL;
}
