#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compose.h"
#include "config.h"
#include "diag.h"
#include "history.h"
#include "io.h"
#include "mem.h"
#include "models.h"
#include "request.h"
#include "source.h"
#include "term.h"
#include "value.h"
#include "when.h"

void
compose_init(struct compose *c)
{
	*c = (struct compose){
		.max = IO_MAX_RECORD,
		.environment = jv_object(),
		.base = jv_invalid(),
		.messages = jv_array(),
		.parts = jv_array(),
		.body = jv_object(),
	};
}

/* A text without the newline that ends its last line, as a shell's $(cat). */
static void
drop_newline(struct buf *text)
{
	if (text->n == 0 || text->p[text->n - 1] != '\n')
		return;
	text->n--;
	if (text->n > 0 && text->p[text->n - 1] == '\r')
		text->n--;
}

/* The environment, in the order of the options: the last one counts. */

static void
merge(struct compose *c, jv v)
{
	c->environment = jv_object_merge_recursive(c->environment, v);
}

/* Now, here: the offset tells what day it is where the question is asked. */
static jv
now(void)
{
	time_t t = time(NULL);
	struct tm tm;
	char s[40];
	size_t n;

	if (localtime_r(&t, &tm) == NULL)
		diag_die_errno(EX_OSERR, "the time");
	n = strftime(s, sizeof(s) - 1, "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (n < 5)
		diag_die(EX_SOFTWARE, "the time can't be written");
	if (strcmp(s + n - 4, "0000") == 0) {
		memcpy(s + n - 5, "Z", 2);
	} else {
		memmove(s + n - 1, s + n - 2, 3);	/* +hhmm to +hh:mm */
		s[n - 2] = ':';
	}
	return jv_string(s);
}

void
compose_date(struct compose *c, const char *date)
{
	char *copy = mem_string(date);

	if (strlen(copy) > 10 && copy[10] == ' ')
		copy[10] = 'T';		/* as date --rfc-3339=seconds has it */
	if (strcmp(date, "now") != 0 && !when_read(copy, NULL))
		diag_die(EX_USAGE, "--date: '%s' is no RFC 3339 date and time"
		    " (2026-01-31T10:30:00Z, or now)", date);
	c->environment = value_set(c->environment, "date",
	    strcmp(date, "now") == 0 ? now() : jv_string(copy));
	free(copy);
}

void
compose_location(struct compose *c, const char *address)
{
	if (strcmp(address, "current") != 0 && !request_is_address(address))
		diag_die(EX_USAGE, "--location: '%s' is no IP address (nor"
		    " current)", address);
	merge(c, value_set(jv_object(), "location",
	    value_set(jv_object(), "ip_address", jv_string(address))));
}

void
compose_user_name(struct compose *c, const char *name)
{
	c->environment = value_set(c->environment, "user_name",
	    source_string("--user-name", name));
}

void
compose_environment(struct compose *c, const char *json)
{
	merge(c, source_object("--environment", EX_USAGE, json, strlen(json)));
}

static _Noreturn void
unknown(enum models_list list, const char *option, const char *id)
{
	struct buf why = {0};

	models_unknown(list, id, &why);
	diag_die(EX_USAGE, "%s: %s", option, buf_string(&why));
}

/* Whether an id of the list has the word in it; a pattern matches nothing here. */
static bool
any_with(enum models_list list, const char *word)
{
	size_t n, i;
	const char *const *ids = models_ids(list, &n);

	for (i = 0; i < n; i++)
		if (strstr(ids[i], word) != NULL)
			return true;
	return false;
}

static _Noreturn void
unknown_mode(const char *option, const char *mode)
{
	if (models_known(MODELS_MODELS, mode))
		diag_die(EX_USAGE, "%s: '%s' is a model, not a mode: give it to"
		    " -M", option, mode);
	if (strcmp(mode, "pro") == 0 && models_known(MODELS_MODES, "expert"))
		diag_die(EX_USAGE, "%s: the mode 'pro' is called expert now",
		    option);
	if (*mode != '\0' && !any_with(MODELS_MODES, mode) &&
	    any_with(MODELS_MODELS, mode))
		diag_die(EX_USAGE, "%s: '%s' is no mode: -M '*%s*' asks the"
		    " models of that name", option, mode, mode);
	unknown(MODELS_MODES, option, mode);
}

static jv
mode_of(const struct compose *c)
{
	const char *mode = c->mode, *option = "--model";

	if (mode == NULL) {
		mode = config_variable("SUPAI_MODEL");
		option = "SUPAI_MODEL";
	}
	if (mode == NULL)
		return jv_string("auto");
	if (*mode != '\0' && ((c->lax & REQUEST_UNLISTED) != 0 ||
	    models_known(MODELS_MODES, mode)))
		return source_string(option, mode);
	unknown_mode(option, mode);
}

static void
add_model(jv *models, const char *id)
{
	jv v = jv_string(id);
	bool there = false;
	int i, n = jv_array_length(jv_copy(*models));

	for (i = 0; !there && i < n; i++)
		there = jv_equal(jv_array_get(jv_copy(*models), i), jv_copy(v));
	if (there)
		jv_free(v);
	else
		*models = jv_array_append(*models, v);
}

/* The ids that one pattern stands for, in the list's order. */
static void
add_models(const struct compose *c, jv *models, const char *pattern)
{
	size_t n, i;
	const char *const *ids = models_ids(MODELS_MODELS, &n);
	bool any = false;

	if (*pattern == '\0')
		diag_die(EX_USAGE, "--models: an empty id");
	source_check("--models", pattern, strlen(pattern));
	for (i = 0; i < n; i++) {
		if (!config_matches(ids[i], pattern))
			continue;
		add_model(models, ids[i]);
		any = true;
	}
	if (any)
		return;
	if (config_is_pattern(pattern))
		diag_die(EX_USAGE, "--models: no known model matches '%s'"
		    " (supai-models lists them)", pattern);
	if ((c->lax & REQUEST_UNLISTED) == 0 &&
	    !models_known(MODELS_MODELS, pattern)) {
		if (models_known(MODELS_MODES, pattern))
			diag_die(EX_USAGE, "--models: '%s' is a mode, not a model:"
			    " give it to -m", pattern);
		unknown(MODELS_MODELS, "--models", pattern);
	}
	add_model(models, pattern);
}

static jv
models_of(const struct compose *c)
{
	jv models = jv_array();
	const char *p;
	char *id;
	size_t i, n;

	for (i = 0; i < c->models.n; i++) {
		for (p = c->models.p[i];; p += n + 1) {
			n = strcspn(p, ",");
			id = mem_copy(p, n);
			add_models(c, &models, id);
			free(id);
			if (p[n] == '\0')
				break;
		}
	}
	return models;
}

/* Members stand in this order, whatever the order of the options. */
static void
make_base(struct compose *c)
{
	jv base = value_set(jv_object(), "model", mode_of(c));

	base = value_set(base, "messages", jv_array());
	if (c->models.n > 0)
		base = value_set(base, "models", models_of(c));
	if (jv_object_length(jv_copy(c->environment)) > 0)
		base = value_set(base, "environment", jv_copy(c->environment));
	base = value_set(base, "stream", jv_bool(!c->whole));
	if (c->usage)
		base = value_set(base, "stream_options",
		    value_set(jv_object(), "include_usage", jv_true()));
	if (c->chunks)
		base = value_set(base, "include_supai_chunks", jv_true());
	c->base = base;
}

static jv
message(const char *role, jv content)
{
	return value_set(value_set(jv_object(), "role", jv_string(role)), "content",
	    content);
}

static void
read_history(struct compose *c)
{
	struct buf text = {0}, why = {0};
	const char *name;
	size_t i;

	for (i = 0; i < c->history.n; i++) {
		buf_clear(&text);
		name = source_file(c->history.p[i], IO_TEXT, c->max, &text);
		source_check(name, text.p, text.n);
		if (!history_add(&c->messages, text.p, text.n, c->lax, &why))
			diag_die(EX_DATAERR, "%s: %s", name, buf_string(&why));
	}
	buf_free(&text);
}

/* The system message is the first one, and the only one; an empty one is none. */
static void
set_system(struct compose *c)
{
	struct buf text = {0};
	jv messages = jv_array(), v;
	int i, n = jv_array_length(jv_copy(c->messages));

	if (c->system[0] == '@' && c->system[1] != '@') {
		source_text(c->system + 1, c->max, &text);
		drop_newline(&text);
	} else {
		buf_adds(&text, c->system + (c->system[0] == '@'));
		source_check("--system", buf_string(&text), text.n);
	}
	if (text.n > 0)
		messages = jv_array_append(messages, message("system",
		    value_text(text.p, text.n)));
	for (i = 0; i < n; i++) {
		v = jv_array_get(jv_copy(c->messages), i);
		if (strcmp(value_string(v, "role"), "system") == 0)
			jv_free(v);
		else
			messages = jv_array_append(messages, v);
	}
	jv_free(c->messages);
	c->messages = messages;
	buf_free(&text);
}

/* A file's text under its base name, as head(1) and tail(1) show several files. */
static void
read_files(struct compose *c)
{
	struct buf text = {0};
	const char *name, *slash;
	size_t i;

	for (i = 0; i < c->files.n; i++) {
		buf_clear(&text);
		name = c->files.p[i];
		if (request_is_url(name) && access(name, F_OK) == -1)
			diag_die(EX_NOINPUT, "-f %s: a URL, not a file: curl -fsS"
			    " URL | … - reads it", name);
		name = source_text(name, c->max, &text);
		if (text.n == 0)
			diag_die(EX_NOINPUT, "%s: empty", name);
		slash = strrchr(name, '/');
		name = slash != NULL && slash[1] != '\0' ? slash + 1 : name;
		buf_adds(&c->text, "==> ");
		term_line(&c->text, name, strlen(name));
		buf_adds(&c->text, " <==\n");
		buf_add(&c->text, text.p, text.n);
		if (text.p[text.n - 1] != '\n')
			buf_addc(&c->text, '\n');
		buf_addc(&c->text, '\n');
	}
	buf_free(&text);
}

static jv
part(const char *type, jv value)
{
	return value_set(value_set(jv_object(), "type", jv_string(type)), type, value);
}

static void
read_images(struct compose *c)
{
	struct buf bytes = {0}, url = {0};
	const char *name;
	size_t i;

	for (i = 0; i < c->images.n; i++) {
		buf_clear(&bytes);
		buf_clear(&url);
		name = c->images.p[i];
		if (request_is_url(name)) {
			source_check("--image", name, strlen(name));
			buf_adds(&url, name);
		} else {
			name = source_file(name, IO_BYTES, c->max, &bytes);
			if (bytes.n == 0)
				diag_die(EX_NOINPUT, "%s: empty", name);
			if (!source_image(&url, bytes.p, bytes.n))
				diag_die(EX_DATAERR, "%s: not a PNG, JPEG, GIF or"
				    " WebP image", name);
		}
		c->parts = jv_array_append(c->parts, part("image_url",
		    value_set(jv_object(), "url", value_text(url.p, url.n))));
	}
	buf_free(&bytes);
	buf_free(&url);
}

/* Joins the words by spaces: those before the "-", those after it. */
static void
join_words(struct compose *c)
{
	struct buf *to = &c->before;
	const char *word;
	size_t i;

	c->hole = c->words.n == 0 && (c->bulk || c->files.n == 0);
	for (i = 0; i < c->words.n; i++) {
		word = c->words.p[i];
		if (strcmp(word, "-") != 0) {
			source_check("the prompt", word, strlen(word));
			if (to->n > 0)
				buf_addc(to, ' ');
			buf_adds(to, word);
			continue;
		}
		if (c->hole)
			diag_die(EX_USAGE, "the prompt: '-' can stand in it once");
		c->hole = true;
		to = &c->after;
	}
}

/* Who of the list reads standard input, which is there once. */
static void
claim(const char **reader, const struct opt_words *l, const char *input,
    const char *name)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (strcmp(l->p[i], input) != 0)
			continue;
		if (*reader != NULL)
			diag_die(EX_USAGE, "standard input can't be both %s and %s",
			    *reader, name);
		*reader = name;
	}
}

/* Who wants it twice learns it before it is read. */
static void
claim_stdin(struct compose *c)
{
	const struct opt_words system = {&c->system, c->system != NULL};
	const char *reader = NULL;

	if (c->bulk ? c->records : c->hole)
		reader = c->bulk ? "the records" : "the prompt";
	claim(&reader, &system, "@-", "the system message");
	claim(&reader, &c->history, "-", "the history");
	claim(&reader, &c->files, "-", "a file");
	claim(&reader, &c->images, "-", "an image");
	claim(&reader, &c->bodies, "@-", "the body");
}

/* What is wrong with a file is wrong with what is read, not with the options. */
static void
read_bodies(struct compose *c)
{
	struct buf text = {0};
	const char *arg, *name;
	size_t i;
	jv body;

	for (i = 0; i < c->bodies.n; i++) {
		arg = c->bodies.p[i];
		if (*arg == '@') {
			buf_clear(&text);
			name = source_file(arg + 1, IO_TEXT, c->max, &text);
			if (text.n == 0)
				diag_die(EX_NOINPUT, "%s: empty", name);
			body = source_object(name, EX_DATAERR, text.p, text.n);
		} else {
			body = source_object("--body", EX_USAGE, arg, strlen(arg));
		}
		c->body = jv_object_merge_recursive(c->body, body);
	}
	buf_free(&text);
}

void
compose_start(struct compose *c)
{
	make_base(c);
	join_words(c);
	claim_stdin(c);
	read_history(c);
	if (c->system != NULL)
		set_system(c);
	read_files(c);
	read_images(c);
	read_bodies(c);
}

/* Puts a piece after what stands in out, a newline between the two. */
static void
add_piece(struct buf *out, size_t start, const char *p, size_t n)
{
	if (n == 0)
		return;
	if (out->n > start)
		buf_addc(out, '\n');
	buf_add(out, p, n);
}

/* The prompt's text; false with why where there is none. Files alone are one. */
static bool
add_prompt(const struct compose *c, const char *text, size_t n,
    struct buf *prompt, struct buf *why)
{
	size_t start = c->text.n;

	buf_add(prompt, c->text.p, start);
	if (c->words.n == 0 && text == NULL && start > 0) {
		buf_trim(prompt, "\n");
		return true;
	}
	add_piece(prompt, start, c->before.p, c->before.n);
	add_piece(prompt, start, text, text != NULL ? n : 0);
	add_piece(prompt, start, c->after.p, c->after.n);
	if (text == NULL && c->hole && c->words.n > 0)
		buf_adds(why, "no text for the '-' of the prompt");
	else if (strspn(buf_string(prompt) + start, " \t\n\v\f\r") ==
	    prompt->n - start)
		buf_adds(why, "an empty prompt");
	return why->n == 0;
}

jv
compose_request(const struct compose *c, const char *text, size_t n,
    struct buf *why)
{
	struct buf prompt = {0};
	jv content;

	if (!add_prompt(c, text, n, &prompt, why)) {
		buf_free(&prompt);
		return jv_invalid();
	}
	content = value_text(prompt.p, prompt.n);
	buf_free(&prompt);
	if (jv_array_length(jv_copy(c->parts)) > 0)
		content = jv_array_concat(JV_ARRAY(part("text", content)),
		    jv_copy(c->parts));
	return value_set(jv_copy(c->base), "messages",
	    jv_array_append(jv_copy(c->messages), message("user", content)));
}

bool
compose_finish(const struct compose *c, jv request, struct buf *out,
    struct buf *why)
{
	struct request_fault fault;
	size_t start = out->n;
	struct json checked;
	bool ok;

	request = jv_object_merge_recursive(request, jv_copy(c->body));
	value_dump(request, out);
	jv_free(request);
	ok = request_read(out->p + start, out->n - start, c->lax, &checked, &fault);
	if (!ok)
		buf_add(why, fault.message.p, fault.message.n);
	buf_free(&fault.message);
	return ok;
}

void
compose_single(struct compose *c, struct buf *out)
{
	struct buf text = {0}, why = {0};
	jv request;

	if (c->hole) {
		source_text("-", c->max, &text);
		if (text.n == 0 && c->words.n > 0)
			diag_die(EX_NOINPUT, "standard input is empty: there is"
			    " nothing for the '-' of the prompt");
		drop_newline(&text);
		buf_string(&text);	/* so that an empty one is still a text */
	}
	request = compose_request(c, c->hole ? text.p : NULL, text.n, &why);
	if (why.n > 0)
		diag_die(EX_NOINPUT, "%s%s", c->hole ? "standard input: " : "",
		    buf_string(&why));
	if (!compose_finish(c, request, out, &why))
		diag_die(EX_USAGE, "%s", buf_string(&why));
	buf_free(&text);
}

bool
compose_write(const struct compose *c, struct buf *line, struct buf *why)
{
	if (line->n > c->max) {
		buf_printf(why, "the request: longer than %zu bytes (--max-record)",
		    c->max);
		return false;
	}
	buf_addc(line, '\n');
	io_write(line->p, line->n);
	return true;
}

void
compose_free(struct compose *c)
{
	opt_words_free(&c->models);
	opt_words_free(&c->history);
	opt_words_free(&c->files);
	opt_words_free(&c->images);
	opt_words_free(&c->words);
	opt_words_free(&c->bodies);
	jv_free(c->environment);
	jv_free(c->base);
	jv_free(c->messages);
	jv_free(c->parts);
	jv_free(c->body);
	buf_free(&c->text);
	buf_free(&c->before);
	buf_free(&c->after);
}
