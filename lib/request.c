#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models.h"
#include "request.h"
#include "utf8.h"
#include "value.h"
#include "when.h"

enum {
	MAX_QUOTED = 60,	/* bytes of a value that a message shows */
};

struct check {
	struct request_fault	*fault;
	bool			 unlisted, foreign;
};

static bool wrong(struct check *c, const char *code, const char *fmt, ...)
    BUF_PRINTF(3, 4);

static bool
wrong(struct check *c, const char *code, const char *fmt, ...)
{
	va_list ap;

	c->fault->code = code;
	va_start(ap, fmt);
	buf_vprintf(&c->fault->message, fmt, ap);
	va_end(ap);
	return false;
}

/* The value is of another type than the page gives; where and what name them. */
static bool
wrong_type(struct check *c, const char *where, const char *what, jv v)
{
	static const char *const kinds[] = {
		[JV_KIND_NULL] = "null", [JV_KIND_FALSE] = "a boolean",
		[JV_KIND_TRUE] = "a boolean", [JV_KIND_NUMBER] = "a number",
		[JV_KIND_STRING] = "a string", [JV_KIND_ARRAY] = "an array",
		[JV_KIND_OBJECT] = "an object",
	};

	return wrong(c, "invalid_type", "%s must be %s, not %s", where, what,
	    kinds[jv_get_kind(v)]);
}

/* A string's value is not one of those the page gives. */
static bool
wrong_value(struct check *c, const char *where, const char *what, jv v)
{
	const char *s = jv_string_value(v);
	size_t n = strlen(s), shown = utf8_cut(s, n, MAX_QUOTED);

	return wrong(c, "invalid_value", "%s must be %s, not '%.*s%s'", where,
	    what, (int)shown, s, shown < n ? "…" : "");
}

static bool
is_object(struct check *c, const char *where, jv v)
{
	return jv_get_kind(v) == JV_KIND_OBJECT ||
	    wrong_type(c, where, "an object", v);
}

static bool
is_string(struct check *c, const char *where, jv v)
{
	return jv_get_kind(v) == JV_KIND_STRING ||
	    wrong_type(c, where, "a string", v);
}

/* A string without NUL, which nothing that the page lists has, and C strings end at. */
static bool
is_word(struct check *c, const char *where, jv v)
{
	if (!is_string(c, where, v))
		return false;
	return strlen(jv_string_value(v)) ==
	    (size_t)jv_string_length_bytes(jv_copy(v)) ||
	    wrong(c, "invalid_value", "%s must hold no NUL character", where);
}

static bool
is_boolean(struct check *c, const char *where, jv v)
{
	return jv_get_kind(v) == JV_KIND_TRUE ||
	    jv_get_kind(v) == JV_KIND_FALSE ||
	    wrong_type(c, where, "a boolean", v);
}

typedef bool rule(struct check *, const char *where, jv v);

/* Puts a member to its rule; must: it has to be there. */
static bool
member(struct check *c, const char *where, jv object, const char *name,
    rule *check, bool must)
{
	jv v = value_get(object, name);
	struct buf path = {0};
	bool ok = true;

	buf_printf(&path, "%s%s%s", where, *where != '\0' ? "." : "", name);
	if (jv_is_valid(v))
		ok = check(c, buf_string(&path), v);
	else if (must)
		ok = wrong(c, "missing_required_parameter", "%s is missing",
		    buf_string(&path));
	buf_free(&path);
	jv_free(v);
	return ok;
}

/* Puts each element of an array to a rule. */
static bool
each(struct check *c, const char *where, jv array, rule *check)
{
	struct buf path = {0};
	bool ok = true;
	int i, n = jv_array_length(jv_copy(array));
	jv v;

	for (i = 0; ok && i < n; i++) {
		v = jv_array_get(jv_copy(array), i);
		buf_clear(&path);
		buf_printf(&path, "%s[%d]", where, i);
		ok = check(c, buf_string(&path), v);
		jv_free(v);
	}
	buf_free(&path);
	return ok;
}

/* A word of a list that ends with NULL; what names those that may be there. */
static bool
is_one_of(struct check *c, const char *where, jv v, const char *const *words,
    const char *what)
{
	if (!is_word(c, where, v))
		return false;
	for (; *words != NULL; words++)
		if (strcmp(jv_string_value(v), *words) == 0)
			return true;
	return wrong_value(c, where, what, v);
}

static bool
check_role(struct check *c, const char *where, jv v)
{
	static const char *const roles[] = {
		"developer", "tool", "function", "system", "user", "assistant", NULL,
	};

	return is_one_of(c, where, v, c->foreign ? roles : roles + 3, c->foreign ?
	    "system, developer, user, assistant or tool" :
	    "system, user or assistant");
}

bool
request_is_url(const char *s)
{
	return strncasecmp(s, "http://", 7) == 0 ||
	    strncasecmp(s, "https://", 8) == 0 || strncasecmp(s, "data:", 5) == 0;
}

static bool
check_url(struct check *c, const char *where, jv v)
{
	return is_word(c, where, v) && (request_is_url(jv_string_value(v)) ||
	    wrong_value(c, where, "an http, https or data URL", v));
}

static bool
check_image(struct check *c, const char *where, jv v)
{
	return is_object(c, where, v) &&
	    member(c, where, v, "url", check_url, true);
}

static bool
check_part_type(struct check *c, const char *where, jv v)
{
	static const char *const types[] = {"text", "image_url", NULL};

	/* OpenAI has others. */
	return c->foreign ? is_word(c, where, v) :
	    is_one_of(c, where, v, types, "text or image_url");
}

static bool
check_part(struct check *c, const char *where, jv v)
{
	const char *type;

	if (!is_object(c, where, v) ||
	    !member(c, where, v, "type", check_part_type, true))
		return false;
	type = value_string(v, "type");
	if (strcmp(type, "text") == 0)
		return member(c, where, v, "text", is_string, true);
	return strcmp(type, "image_url") != 0 ||
	    member(c, where, v, "image_url", check_image, true);
}

static bool
check_content(struct check *c, const char *where, jv v)
{
	if (jv_get_kind(v) == JV_KIND_STRING)
		return true;
	if (jv_get_kind(v) != JV_KIND_ARRAY)
		return wrong_type(c, where, "a string or an array of parts", v);
	if (jv_array_length(jv_copy(v)) == 0)
		return wrong(c, "empty_array", "%s must hold a part", where);
	return each(c, where, v, check_part);
}

/* Whether the object has a member, which is not null. */
static bool
has(jv object, const char *name)
{
	jv v = value_get(object, name);
	jv_kind kind = jv_get_kind(v);

	jv_free(v);
	return kind != JV_KIND_INVALID && kind != JV_KIND_NULL;
}

/* An assistant may have said nothing but what tools to call, or that it will not. */
static bool
may_lack_content(const struct check *c, jv message)
{
	return c->foreign && !has(message, "content") &&
	    strcmp(value_string(message, "role"), "assistant") == 0 &&
	    (has(message, "tool_calls") || has(message, "function_call") ||
	    has(message, "refusal"));
}

static bool
check_members(struct check *c, const char *where, jv message)
{
	return member(c, where, message, "role", check_role, true) &&
	    (may_lack_content(c, message) ||
	    member(c, where, message, "content", check_content, true));
}

static bool
check_message(struct check *c, const char *where, jv v)
{
	return is_object(c, where, v) && check_members(c, where, v);
}

static bool
role_is(jv messages, int i, const char *role)
{
	jv message = jv_array_get(jv_copy(messages), i);
	bool same = strcmp(value_string(message, "role"), role) == 0;

	jv_free(message);
	return same;
}

static bool
check_messages(struct check *c, const char *where, jv v)
{
	int i, n;

	if (jv_get_kind(v) != JV_KIND_ARRAY)
		return wrong_type(c, where, "an array", v);
	n = jv_array_length(jv_copy(v));
	if (n == 0)
		return wrong(c, "empty_array", "%s must hold a message", where);
	if (!each(c, where, v, check_message))
		return false;
	if (c->foreign)
		return true;
	for (i = 0; i < n && role_is(v, i, "system"); i++)
		;
	if (i == n)
		return wrong(c, "invalid_value",
		    "%s must hold one that is not a system message", where);
	return role_is(v, n - 1, "user") || wrong(c, "invalid_value",
	    "%s must end with a user message", where);
}

bool
request_is_address(const char *s)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, s, address) == 1 ||
	    inet_pton(AF_INET6, s, address) == 1;
}

static bool
check_date(struct check *c, const char *where, jv v)
{
	return is_word(c, where, v) && (when_read(jv_string_value(v), NULL) ||
	    wrong_value(c, where, "an RFC 3339 date and time", v));
}

static bool
check_address(struct check *c, const char *where, jv v)
{
	return is_word(c, where, v) &&
	    (strcmp(jv_string_value(v), "current") == 0 ||
	    request_is_address(jv_string_value(v)) ||
	    wrong_value(c, where, "'current' or an IP address", v));
}

static bool
check_location(struct check *c, const char *where, jv v)
{
	return is_object(c, where, v) &&
	    member(c, where, v, "ip_address", check_address, false);
}

static bool
check_environment(struct check *c, const char *where, jv v)
{
	return is_object(c, where, v) &&
	    member(c, where, v, "date", check_date, false) &&
	    member(c, where, v, "location", check_location, false) &&
	    member(c, where, v, "user_name", is_string, false);
}

static bool
check_listed(struct check *c, const char *where, enum models_list list, jv v)
{
	const char *id;

	if (!is_word(c, where, v))
		return false;
	id = jv_string_value(v);
	if (c->unlisted || models_known(list, id))
		return true;
	if (list == MODELS_MODES && models_known(MODELS_MODELS, id))
		return wrong(c, "invalid_value", "%s: '%s' is a model, not a mode:"
		    " it belongs in models", where, id);
	buf_printf(&c->fault->message, "%s: ", where);
	models_unknown(list, id, &c->fault->message);
	return wrong(c, "model_not_found", "%s", "");
}

static bool
check_mode(struct check *c, const char *where, jv v)
{
	return check_listed(c, where, MODELS_MODES, v);
}

static bool
check_model(struct check *c, const char *where, jv v)
{
	return check_listed(c, where, MODELS_MODELS, v);
}

static bool
check_models(struct check *c, const char *where, jv v)
{
	if (jv_get_kind(v) == JV_KIND_NULL)
		return true;
	if (jv_get_kind(v) != JV_KIND_ARRAY)
		return wrong_type(c, where, "an array or null", v);
	return each(c, where, v, check_model);
}

static bool
check_stream_options(struct check *c, const char *where, jv v)
{
	return is_object(c, where, v) &&
	    member(c, where, v, "include_usage", is_boolean, false);
}

/* The members that the page knows. */
static const struct {
	const char	*name;
	rule		*check;
	bool		 must;
} members[] = {
	{"messages", check_messages, true},
	{"environment", check_environment, false},
	{"include_supai_chunks", is_boolean, false},
	{"model", check_mode, false},
	{"models", check_models, false},
	{"stream", is_boolean, false},
	{"stream_options", check_stream_options, false},
};

static struct check
start(unsigned also, struct request_fault *fault)
{
	return (struct check){
		.fault = fault,
		.unlisted = (also & REQUEST_UNLISTED) != 0,
		.foreign = (also & REQUEST_FOREIGN) != 0,
	};
}

bool
request_check(jv request, unsigned also, struct request_fault *fault)
{
	struct check c = start(also, fault);
	size_t i;

	*fault = (struct request_fault){0};
	if (!is_object(&c, "the request", request))
		return false;
	for (i = 0; i < sizeof(members) / sizeof(*members); i++) {
		fault->param = members[i].name;
		if (!member(&c, "", request, members[i].name, members[i].check,
		    members[i].must))
			return false;
	}
	fault->param = NULL;
	return true;
}

void
request_not_json(size_t n, const struct json_fault *why,
    struct request_fault *fault)
{
	*fault = (struct request_fault){.code = "invalid_json"};
	if (n == 0)
		buf_adds(&fault->message, "the body is empty");
	else
		buf_printf(&fault->message, "the body is not JSON: %s at byte %zu",
		    why->why, why->at);
}

bool
request_check_message(jv message, unsigned also, struct request_fault *fault)
{
	struct check c = start(also, fault);

	*fault = (struct request_fault){.param = "messages"};
	return check_members(&c, "", message);
}
