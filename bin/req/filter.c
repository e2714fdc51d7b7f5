#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <jq.h>

#include "diag.h"
#include "emit.h"
#include "filter.h"
#include "mem.h"

struct filter {
	struct filter	*next;
	jq_state	*jq;
	struct buf	 errors;	/* what libjq said while compiling */
	struct buf	 value;		/* the last result */
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

/* Before the first one: makes libjq's "out of memory" ours, with its status. */
static void
prepare(void)
{
	struct sigaction sa = {.sa_handler = on_abort, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGABRT, &sa, NULL);
	jv_nomem_handler(nomem, NULL);
	if (atexit(free_all) != 0)
		mem_out();
}

/* Appends a value (consumed) as JSON, or a string as it is. */
static void
add_value(struct buf *out, jv v, bool quote)
{
	jv text = v;

	if (quote || jv_get_kind(v) != JV_KIND_STRING)
		text = jv_dump_string(v, 0);
	buf_add(out, jv_string_value(text),
	    (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
}

/*
 * libjq's messages have a second line that repeats the program, after a colon, and the
 * last one only counts the others.
 */
static void
collect(void *data, jv message)
{
	static const char start[] = "jq: error: ";
	struct filter *f = data;
	const char *s;
	size_t n;

	s = jv_get_kind(message) == JV_KIND_STRING ? jv_string_value(message) : "jq: ";
	if (strncmp(s, start, sizeof(start) - 1) == 0)
		s += sizeof(start) - 1;
	if (strncmp(s, "jq: ", 4) != 0) {
		n = strcspn(s, "\n");
		buf_adds(&f->errors, f->errors.n > 0 ? "; " : "");
		buf_add(&f->errors, s, n > 0 && s[n - 1] == ':' ? n - 1 : n);
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
	add_value(&b, v, true);
	diag_warn("debug: %s", buf_string(&b));
	buf_free(&b);
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

	if (filters == NULL)
		prepare();
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

bool
filter_start(struct filter *f, struct json input, struct buf *why)
{
	struct buf text = {0};
	bool ok;
	jv v;

	if (input.n > INT_MAX / 2)
		mem_out();
	running = true;
	/* libjq refuses a lone surrogate's escape: strings are written anew. */
	emit_json(&(struct emit){.out = &text}, input);
	v = jv_parse_sized(text.p, (int)text.n);
	buf_free(&text);
	ok = jv_is_valid(v);
	if (ok) {
		jq_start(f->jq, v, 0);
	} else {
		jv_free(v);
		buf_adds(why, "nested too deep for libjq");
	}
	running = false;
	return ok;
}

/* The result (consumed) as text. */
static enum filter_got
give(struct filter *f, jv result, struct json *value, struct buf *why)
{
	struct json_fault fault;

	buf_clear(&f->value);
	add_value(&f->value, result, true);
	if (json_parse(f->value.p, f->value.n, value, &fault))
		return FILTER_VALUE;
	buf_adds(why, "the result is nested too deep");
	return FILTER_ERROR;
}

enum filter_got
filter_next(struct filter *f, struct json *value, struct buf *why)
{
	jv result, code;
	bool failed;

	running = true;
	result = jq_next(f->jq);
	running = false;
	if (jv_is_valid(result))
		return give(f, result, value, why);
	if (!filter_halted(f)) {
		failed = jv_invalid_has_msg(jv_copy(result)) != 0;
		if (failed)
			add_value(why, jv_invalid_get_msg(result), false);
		else
			jv_free(result);
		return failed ? FILTER_ERROR : FILTER_END;
	}
	jv_free(result);
	/* "halt" is a way to end, "halt_error" is to fail. */
	code = jq_get_exit_code(f->jq);
	failed = jv_is_valid(code);
	jv_free(code);
	if (failed) {
		add_value(why, jq_get_error_message(f->jq), false);
		buf_trim(why, "\n");	/* jq adds none: programs bring theirs */
	}
	return failed ? FILTER_ERROR : FILTER_END;
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
	buf_free(&f->value);
	free(f);
}
