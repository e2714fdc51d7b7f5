#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "fold.h"
#include "mem.h"
#include "reply.h"
#include "utf8.h"

enum {
	PIECE = 8,		/* characters of text an event, */
	PIECES = 2048,		/* more where that would make more events than this */
	STEPS = 4,		/* of a thread's life */
};

#define MAIN_MODEL "anthropic/claude-opus-4.5"

/* What an answer is made with. */
struct answer {
	struct json	 request;
	char		*mode;
	const char	*text;
	size_t		 n;
	size_t		 each;		/* characters of an event, and so of a token */
	struct body	 body;
	bool		 top;		/* each token names itself as the likeliest */
	double		 doubt;		/* what logprobs lie around, negated */
};

static void
add_end(struct reply *r, size_t end)
{
	if (r->n == r->cap)
		r->ends = mem_more(r->ends, &r->cap, sizeof(*r->ends));
	r->ends[r->n++] = end;
}

void
reply_bytes(struct reply *r, const char *type, const void *p, size_t n)
{
	*r = (struct reply){.type = type};
	buf_add(&r->body, p, n);
	add_end(r, n / 2);
	add_end(r, n);
}

/* The body, taken over, is a stream of events: lines with an empty one after each. */
static void
take_stream(struct reply *r, struct buf *body)
{
	const char *newline;
	size_t at = 0;

	*r = (struct reply){.stream = true, .type = "text/event-stream",
	    .body = *body};
	while (at < r->body.n) {
		newline = memchr(r->body.p + at, '\n', r->body.n - at);
		at = (size_t)(newline - r->body.p) + 2;
		add_end(r, at);
	}
	*body = (struct buf){0};
}

void
reply_error(struct reply *r, const struct endpoint_error *e)
{
	struct buf text = {0};

	endpoint_add_error(&text, e);
	buf_addc(&text, '\n');
	reply_bytes(r, "application/json", text.p, text.n);
	buf_free(&text);
}

void
reply_free(struct reply *r)
{
	buf_free(&r->body);
	free(r->ends);
	*r = (struct reply){0};
}

/* Appends the text of a message's content, its parts joined by newlines. */
static void
add_content(struct buf *out, struct json message)
{
	struct json content = json_get(message, "content"), none, part, text;
	struct json_iter i;
	size_t start = out->n;

	json_text(content, out);
	if (json_type(content) != JSON_ARRAY)
		return;
	for (i = json_first(content); json_more(&i, &none, &part);) {
		text = json_get(part, "text");
		if (json_type(text) == JSON_STRING && out->n > start)
			buf_addc(out, '\n');
		json_text(text, out);
	}
}

void
reply_echo(struct json request, struct buf *out)
{
	struct json none, message, last = {0};
	struct json_iter i;

	for (i = json_first(json_get(request, "messages"));
	    json_more(&i, &none, &message);)
		last = message;
	add_content(out, last);
	if (out->n == 0)
		buf_adds(out, "(no text)");
}

static int
count_words(const char *p, size_t n)
{
	int words = 0;
	size_t i;

	for (i = 0; i < n; i++)
		words += !isspace((unsigned char)p[i]) &&
		    (i == 0 || isspace((unsigned char)p[i - 1]));
	return words;
}

bool
reply_asked(struct json object, const char *name)
{
	return json_type(json_get(object, name)) == JSON_TRUE;
}

/* Token counts that can be told from the texts: a word is a token. */
static void
put_usage(const struct answer *a, struct buf *out)
{
	struct buf prompt = {0};
	struct json none, message;
	struct json_iter i;
	int asked, said;

	for (i = json_first(json_get(a->request, "messages"));
	    json_more(&i, &none, &message);) {
		add_content(&prompt, message);
		buf_addc(&prompt, '\n');
	}
	asked = count_words(prompt.p, prompt.n);
	said = count_words(a->text, a->n);
	buf_printf(out, "{\"prompt_tokens\":%d,\"completion_tokens\":%d,"
	    "\"total_tokens\":%d}", asked, said, asked + said);
	buf_free(&prompt);
}

/* Pieces and their tokens. */

/* The length in bytes of the next piece of the n > 0 bytes of text. */
static size_t
piece(const char *p, size_t n, size_t characters)
{
	size_t at = 0;
	uint32_t rune;

	while (at < n && characters-- > 0)
		at += utf8_decode(p + at, n - at, &rune);
	return at;
}

/* A number from 0 to below 1 that the bytes fix (FNV-1a, its bits then mixed). */
static double
drawn_by(const char *p, size_t n)
{
	uint64_t x = UINT64_C(0xcbf29ce484222325);

	for (; n > 0; n--, p++)
		x = (x ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return ldexp((double)((x ^ x >> 31) >> 11), -53);
}

/* A token, up to where its top_logprobs may follow. */
static void
open_token(const struct answer *a, struct emit *e, const char *p, size_t n)
{
	double logprob = -a->doubt * (0.5 + drawn_by(p, n));
	size_t i;

	emit_open(e, '{');
	emit_text(emit_name(e, "token"), p, n);
	emit_real(emit_name(e, "logprob"), round(logprob * 1e4) / 1e4);
	emit_open(emit_name(e, "bytes"), '[');
	for (i = 0; i < n; i++)
		emit_count(e, (unsigned char)p[i]);
	emit_close(e, ']');
}

/*
 * Made-up log probabilities of the next choice's text, as OpenAI's chunks and completions
 * carry them, where they are wanted. The text alone fixes them, so that a test knows them
 * again. A token is a piece of the text.
 */
static void
set_tokens(struct answer *a, const char *p, size_t n)
{
	struct emit e = {.out = &a->body.tokens};
	const char *end = p + n;

	if (!a->body.logprobs)
		return;
	emit_open(&e, '{');
	emit_open(emit_name(&e, "content"), '[');
	for (; p < end; p += n) {
		n = piece(p, (size_t)(end - p), a->each);
		open_token(a, &e, p, n);
		emit_open(emit_name(&e, "top_logprobs"), '[');
		if (a->top) {
			open_token(a, &e, p, n);
			emit_close(&e, '}');
		}
		emit_close(&e, ']');
		emit_close(&e, '}');
	}
	emit_close(&e, ']');
	emit_word(emit_name(&e, "refusal"), "null");
	emit_close(&e, '}');
}

/* The ensemble. */

static void
say(struct answer *a, struct body_thread *t, const char *text)
{
	body_text(&a->body, t, text, strlen(text));
}

static void
think(struct answer *a, struct body_thread *t, const char *text)
{
	body_thinking(&a->body, t, text, strlen(text));
}

/* A chunk of a thread that has members of its own, JSON. */
static void
chunk(struct answer *a, const struct body_thread *t, const char *type,
    const char *members)
{
	struct emit e;

	if (!body_chunk(&a->body, &e, type, t, true))
		return;
	buf_printf(&a->body.out, ",%s", members);
	body_end_chunk(&e);
}

/* A search that the thread makes before it answers. */
static void
search(struct answer *a, struct body_thread *t)
{
	say(a, t, "Let me look that up.");
	chunk(a, t, "web-search-call", "\"toolCallId\":\"mock_search_1\","
	    "\"query\":\"made-up query\"");
	chunk(a, t, "web-search-result", "\"toolCallId\":\"mock_search_1\","
	    "\"query\":\"made-up query\",\"results\":[{\"url\":"
	    "\"https://example.com/made-up\",\"title\":\"A made-up page\"}]");
	chunk(a, t, "source", "\"source\":{\"url\":\"https://example.com/made-up\","
	    "\"title\":\"A made-up page\",\"type\":\"url\"}");
	think(a, t, "That settles it.");
}

/* One step of the i-th thread's life; the threads take theirs in turn. */
static void
step(struct answer *a, int number, size_t i, struct body_thread *t)
{
	switch (number) {
	case 0:
		think(a, t, "What is asked? ");
		break;
	case 1:
		think(a, t, "I think I know.");
		if (i == 0)
			search(a, t);
		break;
	case 2:
		body_anew(t);
		say(a, t, t->model);
		say(a, t, " says: ");
		body_text(&a->body, t, a->text, a->n);
		break;
	default:
		body_done(&a->body, t);
		body_score(&a->body, t, 0.9 - 0.05 * (double)(i < 10 ? i : 10));
		break;
	}
}

/* The keys of the models asked for, else of three: n strings, all owned. */
static char **
ensemble(struct json models, size_t *n)
{
	static const char usual[] = "[\"" MAIN_MODEL "\",\"openai/gpt-5.1\","
	    "\"google/gemini-3-pro-preview\"]";
	struct json none, model;
	struct json_iter i;
	char **keys = NULL;

	if (json_type(models) != JSON_ARRAY)
		models = (struct json){usual, sizeof(usual) - 1};
	*n = 0;
	for (i = json_first(models); json_more(&i, &none, &model);) {
		keys = mem_room(keys, *n, sizeof(*keys));
		keys[(*n)++] = json_string(model);
	}
	return keys;
}

/* The models at work, up to where main begins. */
static void
models_work(struct answer *a, const char *const *keys, size_t n)
{
	struct body_thread *threads = mem_zero(n + 1, sizeof(*threads));
	size_t i;
	int number;

	body_mode_call(&a->body, keys, n);
	for (number = 0; number < STEPS; number++)
		for (i = 0; i < n; i++) {
			threads[i].key = threads[i].model = keys[i];
			step(a, number, i, &threads[i]);
		}
	body_consensus(&a->body, MAIN_MODEL);
	free(threads);
}

/* Answers. */

static void
stream(struct answer *a, const char *usage)
{
	struct body_thread main_thread = {.key = "main", .model = MAIN_MODEL};
	size_t nkeys, at, n;
	char **owned = ensemble(json_get(a->request, "models"), &nkeys);
	const char *const *keys = (const char *const *)owned;

	body_role(&a->body);
	if (a->body.chunks)
		models_work(a, keys, nkeys);
	think(a, &main_thread, "They agree.");
	for (at = 0; at < a->n; at += n) {
		n = piece(a->text + at, a->n - at, a->each);
		body_text(&a->body, &main_thread, a->text + at, n);
		set_tokens(a, a->text + at, n);
		body_delta(&a->body, a->text + at, n);
	}
	body_mode_result(&a->body, keys, nkeys);
	body_done(&a->body, &main_thread);
	body_end(&a->body, "stop", usage);
	while (nkeys > 0)
		free(owned[--nkeys]);
	free(owned);
}

/* Reads what the request asks for beside the text. */
static void
read_request(struct answer *a, bool logprobs)
{
	struct json options = json_get(a->request, "stream_options");

	a->mode = json_string(json_get(a->request, "model"));
	a->body.mode = a->mode != NULL ? a->mode : "auto";
	a->body.chunks = reply_asked(a->request, "include_supai_chunks");
	a->body.usage = reply_asked(options, "include_usage");
	a->body.logprobs = logprobs && reply_asked(a->request, "logprobs");
	a->top = json_number(json_get(a->request, "top_logprobs")) > 0;
	/* Confidences from 0.27 to 0.98: some pass a gate, some do not. */
	a->doubt = 0.02 + 1.3 * drawn_by(a->text, a->n);
	a->each = utf8_count(a->text, a->n) / PIECES;
	if (a->each < PIECE)
		a->each = PIECE;
}

void
reply_answer(struct reply *r, struct json request, unsigned long number,
    const struct buf *text, bool logprobs)
{
	struct answer a = {.request = request, .text = text->p, .n = text->n};
	struct buf id = {0}, usage = {0};

	read_request(&a, logprobs);
	buf_printf(&id, "chatcmpl-mock-%lu", number);
	body_start(&a.body, buf_string(&id));
	put_usage(&a, &usage);
	if (reply_asked(request, "stream")) {
		stream(&a, buf_string(&usage));
		take_stream(r, &a.body.out);
	} else {
		set_tokens(&a, a.text, a.n);
		body_completion(&a.body, a.text, a.n, "stop", buf_string(&usage));
		reply_bytes(r, "application/json", a.body.out.p, a.body.out.n);
	}
	body_free(&a.body);
	free(a.mode);
	buf_free(&id);
	buf_free(&usage);
}

/* How long the line at p is, without its newline. */
static size_t
line_length(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));

	return (size_t)((newline != NULL ? newline : end) - p);
}

void
reply_recording(struct reply *r, const char *ndjson, size_t n)
{
	const char *end = ndjson + n;
	struct buf body = {0};
	size_t line;

	for (; ndjson < end; ndjson += line + 1) {
		line = line_length(ndjson, end);
		buf_adds(&body, "data: ");
		buf_add(&body, ndjson, line);
		buf_adds(&body, "\n\n");
	}
	buf_adds(&body, "data: [DONE]\n\n");
	take_stream(r, &body);
}

/* Takes in one recorded event: the content that it carries, the thread main. */
static void
take_event(struct fold *f, const char *line, size_t n, struct buf *out,
    uint32_t *half)
{
	const struct chunk_choice *choice;
	struct json_fault fault;
	struct chunk_iter i;
	struct chunk c;

	if (!chunk_read(&c, line, n, &fault))
		return;
	if (c.kind == CHUNK_SUPAI)
		fold_add(f, &c);
	if (c.kind != CHUNK_DELTA)
		return;
	for (chunk_choices(&i, &c); (choice = chunk_choice(&i)) != NULL;)
		chunk_said(&c, choice, CHUNK_SAYS_TEXT, out, half);
}

void
reply_recorded_text(const char *ndjson, size_t n, struct buf *out)
{
	struct fold f = {.one = true, .keep = FOLD_TEXTS};
	const struct fold_thread *main_thread;
	const char *end = ndjson + n;
	uint32_t half = 0;
	size_t line;

	for (; ndjson < end; ndjson += line + 1) {
		line = line_length(ndjson, end);
		take_event(&f, ndjson, line, out, &half);
	}
	main_thread = fold_main(&f);
	if (out->n == 0 && main_thread != NULL)
		buf_add(out, main_thread->text.p, main_thread->text.n);
	fold_clear(&f);
}
