#include <limits.h>
#include <signal.h>

#include "emit.h"
#include "mem.h"
#include "value.h"

static void
nomem(void *unused)
{
	(void)unused;
	mem_out();
}

/* libjq 1.6 says so itself and calls abort(3), whatever its handler is. */
static void
on_abort(int sig)
{
	(void)sig;
	mem_out_now();
}

void
value_init(void)
{
	struct sigaction sa = {.sa_handler = on_abort, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGABRT, &sa, NULL);
	jv_nomem_handler(nomem, NULL);
}

jv
value_of(struct json v)
{
	struct buf text = {0};
	struct emit e = {.out = &text};
	jv value;

	if (v.p == NULL)
		return jv_invalid();
	if (v.n > INT_MAX / 2)
		mem_out();
	emit_json(&e, v);	/* libjq refuses a lone surrogate's escape */
	value = jv_parse_sized(text.p, (int)text.n);
	buf_free(&text);
	return value;
}

void
value_dump(jv v, struct buf *out)
{
	jv text = jv_dump_string(jv_copy(v), 0);

	buf_add(out, jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
}

jv
value_text(const char *p, size_t n)
{
	if (n > INT_MAX / 2)
		mem_out();
	return jv_string_sized(n > 0 ? p : "", (int)n);
}

jv
value_set(jv object, const char *name, jv value)
{
	return jv_object_set(object, jv_string(name), value);
}

const char *
value_string(jv object, const char *name)
{
	jv member = jv_object_get(jv_copy(object), jv_string(name));
	const char *s = NULL;

	/* The object holds its member, so that the text outlives our reference. */
	if (jv_get_kind(member) == JV_KIND_STRING)
		s = jv_string_value(member);
	jv_free(member);
	return s;
}
