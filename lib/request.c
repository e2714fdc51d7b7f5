#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models.h"
#include "request.h"
#include "utf8.h"
#include "when.h"

enum {
	MAX_QUOTED = 60,	/* bytes of a value that a message shows */
};

struct check {
	struct request_fault	*fault;
	bool			 unlisted, foreign;
	bool			 others;	/* a message is not the system's */
	bool			 users;		/* the last one so far is the user's */
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
wrong_type(struct check *c, const char *where, const char *what, struct json v)
{
	static const char *const types[] = {
		[JSON_NULL] = "null", [JSON_FALSE] = "a boolean",
		[JSON_TRUE] = "a boolean", [JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
	};

	return wrong(c, "invalid_type", "%s must be %s, not %s", where, what,
	    types[json_type(v)]);
}

/* A string is not one of those the page gives. */
static bool
wrong_value(struct check *c, const char *where, const char *what, const char *s)
{
	size_t n = strlen(s), shown = utf8_cut(s, n, MAX_QUOTED);

	return wrong(c, "invalid_value", "%s must be %s, not '%.*s%s'", where,
	    what, (int)shown, s, shown < n ? "…" : "");
}

static bool
is_object(struct check *c, const char *where, struct json v)
{
	return json_type(v) == JSON_OBJECT ||
	    wrong_type(c, where, "an object", v);
}

static bool
is_string(struct check *c, const char *where, struct json v)
{
	return json_type(v) == JSON_STRING ||
	    wrong_type(c, where, "a string", v);
}

/*
 * The text of a string without NUL, which nothing that the page lists has, and C strings
 * end at; owned. NULL where it is none, and the fault is set.
 */
static char *
word(struct check *c, const char *where, struct json v)
{
	struct buf text = {0};

	if (!is_string(c, where, v))
		return NULL;
	json_text(v, &text);
	if (strlen(buf_string(&text)) == text.n)
		return buf_take(&text);
	wrong(c, "invalid_value", "%s must hold no NUL character", where);
	buf_free(&text);
	return NULL;
}

/* A word that passes a test; what names those that do. */
static bool
is_word(struct check *c, const char *where, struct json v,
    bool (*passes)(const char *), const char *what)
{
	char *s = word(c, where, v);
	bool ok = s != NULL && (passes(s) || wrong_value(c, where, what, s));

	free(s);
	return ok;
}

static bool
is_boolean(struct check *c, const char *where, struct json v)
{
	return json_type(v) == JSON_TRUE || json_type(v) == JSON_FALSE ||
	    wrong_type(c, where, "a boolean", v);
}

typedef bool rule(struct check *, const char *where, struct json v);

/* Puts a member's value to its rule; must: it has to be there. */
static bool
put(struct check *c, const char *where, const char *name, struct json v,
    rule *check, bool must)
{
	struct buf path = {0};
	bool ok = true;

	buf_printf(&path, "%s%s%s", where, *where != '\0' ? "." : "", name);
	if (v.p != NULL)
		ok = check(c, buf_string(&path), v);
	else if (must)
		ok = wrong(c, "missing_required_parameter", "%s is missing",
		    buf_string(&path));
	buf_free(&path);
	return ok;
}

static bool
member(struct check *c, const char *where, struct json object, const char *name,
    rule *check, bool must)
{
	return put(c, where, name, json_get(object, name), check, must);
}

/* Puts each element of an array to a rule. */
static bool
each(struct check *c, const char *where, struct json array, rule *check)
{
	struct buf path = {0};
	struct json none, v;
	struct json_iter i;
	bool ok = true;
	int n = 0;

	for (i = json_first(array); ok && json_more(&i, &none, &v);) {
		buf_clear(&path);
		buf_printf(&path, "%s[%d]", where, n++);
		ok = check(c, buf_string(&path), v);
	}
	buf_free(&path);
	return ok;
}

/* Whether s is one of a list that ends with NULL. */
static bool
is_one_of(const char *s, const char *const *words)
{
	while (*words != NULL && strcmp(s, *words) != 0)
		words++;
	return *words != NULL;
}

static bool
is_role(const char *s)
{
	static const char *const roles[] = {"system", "user", "assistant", NULL};

	return is_one_of(s, roles);
}

static bool
is_foreign_role(const char *s)
{
	static const char *const more[] = {"developer", "tool", "function", NULL};

	return is_role(s) || is_one_of(s, more);
}

static bool
check_role(struct check *c, const char *where, struct json v)
{
	c->others = c->others || !json_is(v, "system");
	c->users = json_is(v, "user");
	return c->foreign ? is_word(c, where, v, is_foreign_role,
	    "system, developer, user, assistant or tool") :
	    is_word(c, where, v, is_role, "system, user or assistant");
}

bool
request_is_url(const char *s)
{
	return strncasecmp(s, "http://", 7) == 0 ||
	    strncasecmp(s, "https://", 8) == 0 || strncasecmp(s, "data:", 5) == 0;
}

static bool
check_url(struct check *c, const char *where, struct json v)
{
	return is_word(c, where, v, request_is_url, "an http, https or data URL");
}

static bool
check_image(struct check *c, const char *where, struct json v)
{
	return is_object(c, where, v) &&
	    member(c, where, v, "url", check_url, true);
}

static bool
is_part_type(const char *s)
{
	static const char *const types[] = {"text", "image_url", NULL};

	return is_one_of(s, types);
}

/* OpenAI has others. */
static bool
is_any(const char *s)
{
	(void)s;
	return true;
}

static bool
check_part_type(struct check *c, const char *where, struct json v)
{
	return is_word(c, where, v, c->foreign ? is_any : is_part_type,
	    "text or image_url");
}

static bool
check_part(struct check *c, const char *where, struct json v)
{
	struct json type = json_get(v, "type");

	if (!is_object(c, where, v) ||
	    !member(c, where, v, "type", check_part_type, true))
		return false;
	if (json_is(type, "text"))
		return member(c, where, v, "text", is_string, true);
	return !json_is(type, "image_url") ||
	    member(c, where, v, "image_url", check_image, true);
}

static bool
check_content(struct check *c, const char *where, struct json v)
{
	if (json_type(v) == JSON_STRING)
		return true;
	if (json_type(v) != JSON_ARRAY)
		return wrong_type(c, where, "a string or an array of parts", v);
	if (!json_holds(v))
		return wrong(c, "empty_array", "%s must hold a part", where);
	return each(c, where, v, check_part);
}

/* Whether the object has a member, which is not null. */
static bool
has(struct json object, const char *name)
{
	return json_type(json_get(object, name)) > JSON_NULL;
}

/* An assistant may have said nothing but what tools to call, or that it will not. */
static bool
may_lack_content(const struct check *c, struct json message)
{
	return c->foreign && !has(message, "content") &&
	    json_is(json_get(message, "role"), "assistant") &&
	    (has(message, "tool_calls") || has(message, "function_call") ||
	    has(message, "refusal"));
}

static bool
check_members(struct check *c, const char *where, struct json message)
{
	return member(c, where, message, "role", check_role, true) &&
	    (may_lack_content(c, message) ||
	    member(c, where, message, "content", check_content, true));
}

static bool
check_message(struct check *c, const char *where, struct json v)
{
	return is_object(c, where, v) && check_members(c, where, v);
}

static bool
check_messages(struct check *c, const char *where, struct json v)
{
	if (json_type(v) != JSON_ARRAY)
		return wrong_type(c, where, "an array", v);
	if (!json_holds(v))
		return wrong(c, "empty_array", "%s must hold a message", where);
	if (!each(c, where, v, check_message))
		return false;
	if (!c->foreign && !c->others)
		return wrong(c, "invalid_value",
		    "%s must hold one that is not a system message", where);
	return c->foreign || c->users || wrong(c, "invalid_value",
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
is_date(const char *s)
{
	return when_read(s, NULL);
}

static bool
check_date(struct check *c, const char *where, struct json v)
{
	return is_word(c, where, v, is_date, "an RFC 3339 date and time");
}

static bool
is_place(const char *s)
{
	return strcmp(s, "current") == 0 || request_is_address(s);
}

static bool
check_address(struct check *c, const char *where, struct json v)
{
	return is_word(c, where, v, is_place, "'current' or an IP address");
}

static bool
check_location(struct check *c, const char *where, struct json v)
{
	return is_object(c, where, v) &&
	    member(c, where, v, "ip_address", check_address, false);
}

static bool
check_environment(struct check *c, const char *where, struct json v)
{
	return is_object(c, where, v) &&
	    member(c, where, v, "date", check_date, false) &&
	    member(c, where, v, "location", check_location, false) &&
	    member(c, where, v, "user_name", is_string, false);
}

/* An id that is not on its list. */
static bool
wrong_id(struct check *c, const char *where, enum models_list list, const char *id)
{
	if (list == MODELS_MODES && models_known(MODELS_MODELS, id))
		return wrong(c, "invalid_value", "%s: '%s' is a model, not a mode:"
		    " it belongs in models", where, id);
	wrong(c, "model_not_found", "%s: ", where);
	models_unknown(list, id, &c->fault->message);
	return false;
}

static bool
check_listed(struct check *c, const char *where, enum models_list list,
    struct json v)
{
	char *id = word(c, where, v);
	bool ok = id != NULL && (c->unlisted || models_known(list, id) ||
	    wrong_id(c, where, list, id));

	free(id);
	return ok;
}

static bool
check_mode(struct check *c, const char *where, struct json v)
{
	return check_listed(c, where, MODELS_MODES, v);
}

static bool
check_model(struct check *c, const char *where, struct json v)
{
	return check_listed(c, where, MODELS_MODELS, v);
}

static bool
check_models(struct check *c, const char *where, struct json v)
{
	if (json_type(v) == JSON_NULL)
		return true;
	if (json_type(v) != JSON_ARRAY)
		return wrong_type(c, where, "an array or null", v);
	return each(c, where, v, check_model);
}

static bool
check_stream_options(struct check *c, const char *where, struct json v)
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

enum { MEMBERS = sizeof(members) / sizeof(*members) };

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
request_check(struct json request, unsigned also, struct request_fault *fault)
{
	struct check c = start(also, fault);
	struct json values[MEMBERS] = {{0}}, name, value;
	struct json_iter at;
	size_t i;

	*fault = (struct request_fault){0};
	if (!is_object(&c, "the request", request))
		return false;
	/* In one walk: a prompt can be long. */
	for (at = json_first(request); json_more(&at, &name, &value);)
		for (i = 0; i < MEMBERS; i++)
			if (json_is(name, members[i].name))
				values[i] = value;
	for (i = 0; i < MEMBERS; i++) {
		fault->param = members[i].name;
		if (!put(&c, "", members[i].name, values[i], members[i].check,
		    members[i].must))
			return false;
	}
	fault->param = NULL;
	return true;
}

bool
request_read(const char *text, size_t n, unsigned also, struct json *request,
    struct request_fault *fault)
{
	struct json_fault why;

	*request = (struct json){0};
	if (n > 0 && json_parse(text, n, request, &why))
		return request_check(*request, also, fault);
	*fault = (struct request_fault){.code = "invalid_json"};
	if (n == 0)
		buf_adds(&fault->message, "the body is empty");
	else
		buf_printf(&fault->message, "the body is not JSON: %s at byte %zu",
		    why.why, why.at);
	return false;
}

bool
request_check_message(struct json message, unsigned also,
    struct request_fault *fault)
{
	struct check c = start(also, fault);

	*fault = (struct request_fault){.param = "messages"};
	return check_members(&c, "", message);
}
