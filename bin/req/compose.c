#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compose.h"
#include "diag.h"
#include "emit.h"
#include "history.h"
#include "io.h"
#include "mem.h"
#include "request.h"
#include "source.h"
#include "term.h"
#include "when.h"

void
compose_init(struct compose *c)
{
	*c = (struct compose){.max = IO_MAX_RECORD};
}

static void
member(struct emit *e, const char *name, const char *text)
{
	emit_text(emit_name(e, name), text, strlen(text));
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
set_text(struct merge *m, const char *name, const char *text)
{
	struct buf *to = &merge_text(m, name)->bytes;

	buf_clear(to);
	buf_adds(to, text);
}

/* Now, here: the offset tells what day it is where the question is asked. */
static void
now(char *s, size_t size)
{
	time_t t = time(NULL);
	struct tm tm;
	size_t n;

	if (localtime_r(&t, &tm) == NULL)
		diag_die_errno(EX_OSERR, "the time");
	n = strftime(s, size - 1, "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (n < 5)
		diag_die(EX_SOFTWARE, "the time can't be written");
	if (strcmp(s + n - 4, "0000") == 0) {
		memcpy(s + n - 5, "Z", 2);
	} else {
		memmove(s + n - 1, s + n - 2, 3);	/* +hhmm to +hh:mm */
		s[n - 2] = ':';
	}
}

void
compose_date(struct compose *c, const char *date)
{
	char *copy = mem_string(date), s[40];

	if (strlen(copy) > 10 && copy[10] == ' ')
		copy[10] = 'T';		/* as date --rfc-3339=seconds has it */
	if (strcmp(date, "now") == 0)
		now(s, sizeof(s));
	else if (!when_read(copy, NULL))
		diag_die(EX_USAGE, "--date: '%s' is no RFC 3339 date and time"
		    " (2026-01-31T10:30:00Z, or now)", date);
	set_text(&c->environment, "date", strcmp(date, "now") == 0 ? s : copy);
	free(copy);
}

void
compose_location(struct compose *c, const char *address)
{
	static const char name[] = "\"location\"";
	struct json location = {name, sizeof(name) - 1};

	if (strcmp(address, "current") != 0 && !request_is_address(address))
		diag_die(EX_USAGE, "--location: '%s' is no IP address (nor"
		    " current)", address);
	set_text(merge_member(&c->environment, location), "ip_address", address);
}

void
compose_user_name(struct compose *c, const char *name)
{
	source_check("--user-name", name, strlen(name));
	set_text(&c->environment, "user_name", name);
}

void
compose_environment(struct compose *c, const char *json)
{
	merge_lay(&c->environment,
	    source_object("--environment", EX_USAGE, json, strlen(json)), false);
}

/* Members stand in this order, whatever the order of the options. */
static void
make_tail(struct compose *c)
{
	struct emit e = {.out = &c->tail};

	emit_close(&e, ']');
	if (c->models.n > 0)
		source_models(&c->models, c->lax, &e);
	if (c->environment.kind == MERGE_OBJECT)	/* and not empty */
		merge_emit(&c->environment, emit_name(&e, "environment"));
	emit_word(emit_name(&e, "stream"), c->whole ? "false" : "true");
	if (c->usage) {
		emit_open(emit_name(&e, "stream_options"), '{');
		emit_word(emit_name(&e, "include_usage"), "true");
		emit_close(&e, '}');
	}
	if (c->chunks)
		emit_word(emit_name(&e, "include_supai_chunks"), "true");
	emit_close(&e, '}');
}

/* Up to its content. */
static void
open_message(struct emit *e, const char *role)
{
	emit_open(e, '{');
	member(e, "role", role);
	emit_name(e, "content");
}

/* The system message, the first one; an empty one is none. */
static void
add_system(struct compose *c, struct emit *e)
{
	struct buf text = {0};
	const char *name;

	if (c->system[0] == '@' && c->system[1] != '@') {
		name = source_text(c->system + 1, c->max, &text);
		if (text.n == 0)
			diag_die(EX_NOINPUT, "%s: empty", name);
		drop_newline(&text);
	} else {
		buf_adds(&text, c->system + (c->system[0] == '@'));
		source_check("--system", buf_string(&text), text.n);
	}
	if (text.n > 0) {
		open_message(e, "system");
		emit_text(e, text.p, text.n);
		emit_close(e, '}');
	}
	buf_free(&text);
}

static void
add_history(struct compose *c, struct emit *e)
{
	struct history h = {.messages = e, .no_system = c->system != NULL,
	    .lax = c->lax};
	struct buf text = {0}, why = {0};
	const char *name;
	size_t i;

	for (i = 0; i < c->history.n; i++) {
		buf_clear(&text);
		name = source_file(c->history.p[i], IO_TEXT, c->max, &text);
		source_check(name, text.p, text.n);
		if (!history_add(&h, text.p, text.n, &why))
			diag_die(EX_DATAERR, "%s: %s", name, buf_string(&why));
	}
	buf_free(&text);
}

static void
make_head(struct compose *c, const char *mode)
{
	struct emit e = {.out = &c->head};

	emit_open(&e, '{');
	member(&e, "model", mode);
	emit_open(emit_name(&e, "messages"), '[');
	if (c->system != NULL)
		add_system(c, &e);
	add_history(c, &e);
	c->begun = e.comma;
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

static void
read_images(struct compose *c)
{
	struct emit e = {.out = &c->parts, .comma = true};
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
		emit_open(&e, '{');
		member(&e, "type", "image_url");
		emit_open(emit_name(&e, "image_url"), '{');
		emit_text(emit_name(&e, "url"), url.p, url.n);
		emit_close(&e, '}');
		emit_close(&e, '}');
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
	struct merge all = {0};
	struct buf text = {0};
	const char *arg, *name;
	size_t i;

	for (i = 0; i < c->bodies.n; i++) {
		arg = c->bodies.p[i];
		if (*arg == '@') {
			buf_clear(&text);
			name = source_file(arg + 1, IO_TEXT, c->max, &text);
			if (text.n == 0)
				diag_die(EX_NOINPUT, "%s: empty", name);
			merge_lay(&all,
			    source_object(name, EX_DATAERR, text.p, text.n), false);
		} else {
			merge_lay(&all,
			    source_object("--body", EX_USAGE, arg, strlen(arg)), false);
		}
	}
	if (c->bodies.n > 0)
		merge_emit(&all, &(struct emit){.out = &c->body});
	merge_free(&all);
	buf_free(&text);
}

void
compose_start(struct compose *c)
{
	const char *mode = source_mode(c->mode, c->lax);

	make_tail(c);
	join_words(c);
	claim_stdin(c);
	make_head(c, mode);
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

bool
compose_request(const struct compose *c, const char *text, size_t n,
    struct buf *out, struct buf *why)
{
	struct emit e = {.out = out, .comma = c->begun};
	struct buf prompt = {0};
	bool ok = add_prompt(c, text, n, &prompt, why);

	buf_add(out, c->head.p, c->head.n);
	open_message(&e, "user");
	if (c->parts.n == 0) {
		emit_text(&e, prompt.p, prompt.n);
	} else {
		emit_open(&e, '[');
		emit_open(&e, '{');
		member(&e, "type", "text");
		emit_text(emit_name(&e, "text"), prompt.p, prompt.n);
		emit_close(&e, '}');
		buf_add(out, c->parts.p, c->parts.n);
		emit_close(&e, ']');
	}
	emit_close(&e, '}');
	buf_add(out, c->tail.p, c->tail.n);
	buf_free(&prompt);
	return ok;
}

void
compose_base(const struct compose *c, struct buf *out)
{
	buf_add(out, c->head.p, c->head.n);
	buf_add(out, c->tail.p, c->tail.n);
}

bool
compose_finish(const struct compose *c, const struct buf *request,
    struct json over, struct buf *out, struct buf *why)
{
	struct request_fault fault;
	struct merge all = {0};
	size_t start = out->n;
	struct json checked;
	bool ok;

	if (json_type(over) != JSON_OBJECT && c->body.n == 0) {
		buf_add(out, request->p, request->n);
	} else {
		merge_lay(&all, (struct json){request->p, request->n}, false);
		if (json_type(over) == JSON_OBJECT)
			merge_lay(&all, over, false);
		if (c->body.n > 0)
			merge_lay(&all, (struct json){c->body.p, c->body.n}, false);
		merge_emit(&all, &(struct emit){.out = out});
		merge_free(&all);
	}
	ok = request_read(out->p + start, out->n - start, c->lax, &checked, &fault);
	if (!ok)
		buf_add(why, fault.message.p, fault.message.n);
	buf_free(&fault.message);
	return ok;
}

void
compose_single(struct compose *c, struct buf *out)
{
	struct buf text = {0}, request = {0}, why = {0};

	if (c->hole) {
		source_text("-", c->max, &text);
		if (text.n == 0 && c->words.n > 0)
			diag_die(EX_NOINPUT, "standard input is empty: there is"
			    " nothing for the '-' of the prompt");
		drop_newline(&text);
		buf_string(&text);	/* so that an empty one is still a text */
	}
	if (!compose_request(c, c->hole ? text.p : NULL, text.n, &request, &why))
		diag_die(EX_NOINPUT, "%s%s", c->hole ? "standard input: " : "",
		    buf_string(&why));
	if (!compose_finish(c, &request, (struct json){0}, out, &why))
		diag_die(EX_USAGE, "%s", buf_string(&why));
	buf_free(&text);
	buf_free(&request);
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
	merge_free(&c->environment);
	buf_free(&c->head);
	buf_free(&c->tail);
	buf_free(&c->parts);
	buf_free(&c->body);
	buf_free(&c->text);
	buf_free(&c->before);
	buf_free(&c->after);
}
