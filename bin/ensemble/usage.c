#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "usage.h"

static const char *const always[] = {
	"prompt_tokens", "completion_tokens", "total_tokens",
};

enum { ALWAYS = sizeof(always) / sizeof(*always) };

/* The member of a name, made where there is none; the name is taken over. */
static struct usage *
member(struct usage *u, char *name)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (strcmp(u->members[i].name, name) == 0) {
			free(name);
			return &u->members[i];
		}
	u->members = mem_resize(u->members, u->n + 1, sizeof(*u->members));
	u->members[u->n] = (struct usage){.name = name};
	return &u->members[u->n++];
}

static void
start(struct usage *u)
{
	size_t i;

	for (i = 0; i < ALWAYS; i++)
		member(u, mem_string(always[i]));
}

static void
add(struct usage *u, struct json v)
{
	struct json name, value;
	struct json_iter i;

	if (json_type(v) == JSON_NUMBER)
		u->number += json_number(v);
	for (i = json_first(v); json_type(v) == JSON_OBJECT &&
	    json_more(&i, &name, &value);)
		if (json_type(value) == JSON_NUMBER ||
		    (json_type(value) == JSON_OBJECT && json_holds(value)))
			add(member(u, json_string(name)), value);
}

void
usage_add(struct usage *u, struct json object)
{
	if (u->n == 0)
		start(u);
	add(u, object);
}

static void
put_number(struct emit *e, double x)
{
	char digits[32];

	if (!isfinite(x))
		x = 0;
	(void)snprintf(digits, sizeof(digits),
	    fabs(x) < 9007199254740992 && x == floor(x) ? "%.0f" : "%.15g", x);
	emit_word(e, digits);
}

static void
put(const struct usage *u, struct emit *e)
{
	size_t i;

	if (u->n == 0) {
		put_number(e, u->number);
		return;
	}
	emit_open(e, '{');
	for (i = 0; i < u->n; i++) {
		emit_text(e, u->members[i].name, strlen(u->members[i].name));
		emit_named(e);
		put(&u->members[i], e);
	}
	emit_close(e, '}');
}

void
usage_put(const struct usage *u, struct emit *e)
{
	struct usage none = {0};

	if (u->n > 0) {
		put(u, e);
		return;
	}
	start(&none);
	put(&none, e);
	usage_free(&none);
}

void
usage_free(struct usage *u)
{
	size_t i;

	for (i = 0; i < u->n; i++) {
		usage_free(&u->members[i]);
		free(u->members[i].name);
	}
	free(u->members);
	u->members = NULL;
	u->n = 0;
}
