#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"
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

static bool
is_hex(const char *p, const char *classes)
{
	size_t i;

	for (i = 0; i < 4; i++, classes++)
		if (strchr(*classes == 'x' ? "0123456789abcdefABCDEF" :
		    *classes == 'd' ? "dD" : *classes == 'h' ? "89abAB" :
		    "cdefCDEF", p[i]) == NULL)
			return false;
	return true;
}

/*
 * libjq refuses a lone high surrogate's escape; \uFFFD is as long, and what a
 * lone surrogate means. "dhxx" is a high surrogate's four digits, "dlxx" a low's.
 */
static void
mend_surrogates(char *p, size_t n)
{
	char *end = p + n;

	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		if (p[1] != 'u') {
			p += 2;
			continue;
		}
		if (is_hex(p + 2, "dhxx") && p[6] == '\\' && p[7] == 'u' &&
		    is_hex(p + 8, "dlxx")) {
			p += 12;
			continue;
		}
		if (is_hex(p + 2, "dhxx") || is_hex(p + 2, "dlxx"))
			memcpy(p + 2, "fffd", 4);
		p += 6;
	}
}

jv
value_of(struct json v)
{
	struct buf text = {0};
	jv value;

	if (v.p == NULL)
		return jv_invalid();
	if (v.n > INT_MAX / 2)
		mem_out();
	utf8_add(&text, v.p, v.n);
	if (memchr(text.p, '\\', text.n) != NULL)
		mend_surrogates(text.p, text.n);
	value = jv_parse_sized(text.p, (int)text.n);
	buf_free(&text);
	return value;
}

bool
value_parse(const char *text, size_t n, jv *v, struct json_fault *fault)
{
	struct json slice;

	*v = jv_invalid();
	if (!json_parse(text, n, &slice, fault))
		return false;
	*v = value_of(slice);
	if (jv_is_valid(*v))
		return true;
	fault->why = "not a JSON value";
	fault->at = 0;
	return false;
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
value_get(jv object, const char *name)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(object), jv_string(name));
}

const char *
value_string(jv object, const char *name)
{
	jv member = value_get(object, name);
	const char *s = NULL;

	/* The object holds its member, so that the text outlives our reference. */
	if (jv_get_kind(member) == JV_KIND_STRING)
		s = jv_string_value(member);
	jv_free(member);
	return s;
}
