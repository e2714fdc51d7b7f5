#include <stdlib.h>
#include <string.h>

#include "apierror.h"
#include "diag.h"

bool
apierror_is(struct json v)
{
	return json_type(v) == JSON_STRING ||
	    json_type(json_get(v, "message")) == JSON_STRING;
}

void
apierror_message(struct json v, struct buf *out)
{
	json_text(json_type(v) == JSON_STRING ? v : json_get(v, "message"), out);
}

/* The names that services give their errors, in "code" or in "type". */
static const struct {
	const char	*name;
	int		 status;
} names[] = {
	{"insufficient_quota", EX_NOPERM},
	{"billing_hard_limit_reached", EX_NOPERM},
	{"invalid_api_key", EX_NOPERM},
	{"authentication_error", EX_NOPERM},
	{"permission_error", EX_NOPERM},
	{"rate_limit_exceeded", EX_TEMPFAIL},
	{"rate_limit_error", EX_TEMPFAIL},
	{"tokens", EX_TEMPFAIL},	/* a type, the limit that was met */
	{"requests", EX_TEMPFAIL},
	{"401", EX_NOPERM},
	{"402", EX_NOPERM},
	{"403", EX_NOPERM},
	{"407", EX_NOPERM},
	{"429", EX_TEMPFAIL},
};

static int
named(struct json v)
{
	struct buf b = {0};
	int status = 0;
	size_t i;

	if (json_type(v) == JSON_NUMBER)
		buf_add(&b, v.p, v.n);
	else
		json_text(v, &b);
	for (i = 0; status == 0 && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(buf_string(&b), names[i].name) == 0)
			status = names[i].status;
	buf_free(&b);
	return status;
}

int
apierror_status(struct json v)
{
	static const char *const members[] = {"code", "type", "status"};
	int status;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(*members); i++) {
		status = named(json_get(v, members[i]));
		if (status != 0)
			return status;
	}
	return EX_UNAVAILABLE;
}

bool
apierror_quota(struct json v)
{
	return json_is(json_get(v, "code"), "insufficient_quota") ||
	    json_is(json_get(v, "type"), "insufficient_quota");
}
