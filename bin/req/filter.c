#include <stdlib.h>
#include <string.h>

#include <jq.h>

#include "diag.h"
#include "filter.h"
#include "mem.h"
#include "value.h"

struct filter {
	struct filter	*next;
	jq_state	*jq;
	struct buf	 errors;	/* what libjq said while compiling */
};

/*
 * The ones not freed yet. libjq keeps its memory in ways that leak checkers do
 * not follow, so that an end of the program elsewhere has to free them, too;
 * but not one that comes from inside libjq, out of memory.
 */
static struct filter *filters;
static bool running;

static void
free_all(void)
{
	while (filters != NULL && !running)
		filter_free(filters);
}

/* A message without the name of a program that is not ours. */
static const char *
without(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : s;
}

static void
add_line(struct buf *errors, const char *s, size_t n)
{
	if (n > 0 && s[n - 1] == ':')	/* after it was the program */
		n--;
	buf_add(errors, s, n);
}

/*
 * libjq's messages have a second line that repeats the program, and the last
 * one only counts the others.
 */
static void
collect(void *data, jv message)
{
	struct filter *f = data;
	const char *s;

	if (jv_get_kind(message) == JV_KIND_STRING) {
		s = without(jv_string_value(message), "jq: error: ");
		if (strncmp(s, "jq: ", 4) != 0) {
			buf_adds(&f->errors, f->errors.n > 0 ? "; " : "");
			add_line(&f->errors, s, strcspn(s, "\n"));
		}
	}
	jv_free(message);
}

/* For `input': the records are read here, and each is the program's by itself. */
static jv
no_input(jq_state *jq, void *data)
{
	(void)jq;
	(void)data;
	return jv_invalid_with_msg(
	    jv_string("input: the program sees one record at a time"));
}

/* For `debug': who writes it wants to see the value. */
static void
say_debug(void *data, jv v)
{
	struct buf b = {0};

	(void)data;
	value_dump(v, &b);
	diag_warn("debug: %s", buf_string(&b));
	buf_free(&b);
	jv_free(v);
}

/* What libjq 1.6 leaves unset, and calls or looks at all the same. */
static void
set_up(struct filter *f)
{
	jq_set_error_cb(f->jq, collect, f);
	jq_set_input_cb(f->jq, no_input, NULL);
	jq_set_debug_cb(f->jq, say_debug, NULL);
	/* Modules only where the program itself says {search: …}. */
	jq_set_attr(f->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	jq_set_attr(f->jq, jv_string("PROGRAM_ORIGIN"), jv_string("."));
}

struct filter *
filter_new(const char *program, const char *name)
{
	struct filter *f = mem_zero(1, sizeof(*f));
	bool ok;

	if (filters == NULL && atexit(free_all) != 0)
		mem_out();
	f->next = filters;
	filters = f;
	running = true;
	f->jq = jq_init();
	if (f->jq == NULL)
		mem_out();
	set_up(f);
	ok = jq_compile(f->jq, program) != 0;
	running = false;
	if (!ok)
		diag_die(EX_USAGE, "%s: %s", name, f->errors.n > 0
		    ? buf_string(&f->errors) : "not a jq program");
	return f;
}

void
filter_start(struct filter *f, jv input)
{
	running = true;
	jq_start(f->jq, input, 0);
	running = false;
}

/* Appends what error was called with: a string as it is, anything else as JSON. */
static void
explain(jv message, struct buf *why)
{
	if (jv_get_kind(message) == JV_KIND_STRING)
		buf_add(why, jv_string_value(message),
		    (size_t)jv_string_length_bytes(jv_copy(message)));
	else
		value_dump(message, why);
}

/* How it went to its end: "halt" is a way, "halt_error" is to fail. */
static enum filter_got
halted(struct filter *f, struct buf *why)
{
	jv code = jq_get_exit_code(f->jq);
	bool failed = jv_is_valid(code);
	jv message;

	jv_free(code);
	if (!failed)
		return FILTER_END;
	message = jq_get_error_message(f->jq);
	explain(message, why);
	jv_free(message);
	buf_trim(why, "\n");	/* jq adds none: programs bring theirs */
	return FILTER_ERROR;
}

enum filter_got
filter_next(struct filter *f, jv *value, struct buf *why)
{
	jv result, message;

	running = true;
	result = jq_next(f->jq);
	running = false;
	if (jv_is_valid(result)) {
		*value = result;
		return FILTER_VALUE;
	}
	*value = jv_invalid();
	if (filter_halted(f)) {
		jv_free(result);
		return halted(f, why);
	}
	if (!jv_invalid_has_msg(jv_copy(result))) {
		jv_free(result);
		return FILTER_END;
	}
	message = jv_invalid_get_msg(result);
	explain(message, why);
	jv_free(message);
	return FILTER_ERROR;
}

bool
filter_halted(const struct filter *f)
{
	return jq_halted(f->jq) != 0;
}

void
filter_free(struct filter *f)
{
	struct filter **at = &filters;

	if (f == NULL)
		return;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	jq_teardown(&f->jq);
	buf_free(&f->errors);
	free(f);
}
