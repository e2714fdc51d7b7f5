#include <string.h>

#include "errorbody.h"
#include "json.h"
#include "utf8.h"

static void
add_member(struct buf *out, const char *name, const char *value)
{
	struct buf text = {0};

	buf_printf(out, "\"%s\":", name);
	if (value == NULL) {
		buf_adds(out, "null");
		return;
	}
	utf8_add(&text, value, strlen(value));
	json_quote(out, text.p, text.n);
	buf_free(&text);
}

void
errorbody_add(struct buf *out, const struct errorbody *e)
{
	buf_adds(out, "{\"error\":{");
	add_member(out, "message", e->message);
	buf_addc(out, ',');
	add_member(out, "type", e->type);
	buf_addc(out, ',');
	add_member(out, "param", e->param);
	buf_addc(out, ',');
	add_member(out, "code", e->code);
	buf_adds(out, "}}");
}

void
errorbody_event(struct buf *out, const struct errorbody *e)
{
	buf_adds(out, "data: ");
	errorbody_add(out, e);
	buf_adds(out, "\n\n");
}

struct errorbody
errorbody_of(unsigned status)
{
	static const struct {
		unsigned		status;
		struct errorbody	body;
	} errors[] = {
		{401, {"the API key is not right", "invalid_request_error",
		    NULL, "invalid_api_key"}},
		{402, {"payment is required", "billing_error", NULL, NULL}},
		{403, {"this key may not do that", "permission_error", NULL,
		    NULL}},
		{408, {"the request took too long", "timeout_error", NULL,
		    NULL}},
		{409, {"the request is in conflict with another",
		    "conflict_error", NULL, NULL}},
		{429, {"too many requests", "rate_limit_error", NULL,
		    "rate_limit_exceeded"}},
		{500, {"the server had an error", "server_error", NULL, NULL}},
		{502, {"bad gateway", "server_error", NULL, NULL}},
		{503, {"the service is overloaded", "server_error", NULL,
		    NULL}},
		{504, {"gateway timeout", "server_error", NULL, NULL}},
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (errors[i].status == status)
			return errors[i].body;
	return status < 500 ?
	    (struct errorbody){"the request failed", "invalid_request_error",
	    NULL, NULL} :
	    (struct errorbody){"the server failed", "server_error", NULL, NULL};
}
