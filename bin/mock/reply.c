#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fold.h"
#include "logprobs.h"
#include "mem.h"
#include "reply.h"
#include "utf8.h"
#include "value.h"

enum {
	PIECE = 8,		/* characters of text an event, */
	PIECES = 2048,		/* more where that would make more events than this */
};

static const char main_model[] = "anthropic/claude-opus-4.5";
static const char done_event[] = "data: [DONE]\n\n";

/* What every event of one answer is made with. */
struct answer {
	struct reply	*reply;
	jv		 request;	/* borrowed */
	const char	*text;
	size_t		 n;
	char		 id[48];
	long long	 created;
	bool		 chunks, usage;
	struct logprobs	 logprobs;
};

/* An object with one more member; both are consumed. */
static jv
with(jv object, const char *name, jv value)
{
	return jv_object_set(object, jv_string(name), value);
}

static void
end_event(struct reply *r)
{
	if (r->n == r->cap)
		r->ends = mem_more(r->ends, &r->cap, sizeof(*r->ends));
	r->ends[r->n++] = r->body.n;
}

static void
add_event(struct buf *out, jv data)
{
	buf_adds(out, "data: ");
	value_dump(data, out);
	buf_adds(out, "\n\n");
	jv_free(data);
}

static void
event(struct reply *r, jv data)
{
	add_event(&r->body, data);
	end_event(r);
}

static void
done(struct reply *r)
{
	buf_adds(&r->body, done_event);
	end_event(r);
	r->done = true;
}

static void
start_stream(struct reply *r)
{
	*r = (struct reply){.stream = true, .type = "text/event-stream"};
}

void
reply_bytes(struct reply *r, const char *type, const void *p, size_t n)
{
	*r = (struct reply){.type = type};
	buf_add(&r->body, p, n / 2);
	end_event(r);
	buf_add(&r->body, (const char *)p + n / 2, n - n / 2);
	end_event(r);
}

void
reply_json(struct reply *r, jv value)
{
	struct buf text = {0};

	value_dump(value, &text);
	jv_free(value);
	buf_addc(&text, '\n');
	reply_bytes(r, "application/json", text.p, text.n);
	buf_free(&text);
}

static jv
text_or_null(const char *s)
{
	return s != NULL ? jv_string(s) : jv_null();
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

/* Appends a string, which may hold NUL; nothing for any other value. */
static void
add_string(struct buf *out, jv s)
{
	if (jv_get_kind(s) == JV_KIND_STRING)
		buf_add(out, jv_string_value(s),
		    (size_t)jv_string_length_bytes(jv_copy(s)));
}

/* Appends the text of a message's content, its parts joined by newlines. */
static void
add_content(struct buf *out, jv message)
{
	jv content = value_get(message, "content"), part, text;
	size_t start = out->n;
	int i;

	add_string(out, content);
	for (i = 0; jv_get_kind(content) == JV_KIND_ARRAY &&
	    i < jv_array_length(jv_copy(content)); i++) {
		part = jv_array_get(jv_copy(content), i);
		text = value_get(part, "text");
		if (jv_get_kind(text) == JV_KIND_STRING && out->n > start)
			buf_addc(out, '\n');
		add_string(out, text);
		jv_free(text);
		jv_free(part);
	}
	jv_free(content);
}

void
reply_echo(jv request, struct buf *out)
{
	jv messages = value_get(request, "messages");
	jv last = jv_array_get(jv_copy(messages),
	    jv_array_length(jv_copy(messages)) - 1);

	add_content(out, last);
	if (out->n == 0)
		buf_adds(out, "(no text)");
	jv_free(last);
	jv_free(messages);
}

static int
count_words(const char *p, size_t n)
{
	bool in_word = false, space;
	int words = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		space = p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r');
		words += !space && !in_word;
		in_word = !space;
	}
	return words;
}

static bool
is_true(jv object, const char *name)
{
	jv member = value_get(object, name);
	bool yes = jv_get_kind(member) == JV_KIND_TRUE;

	jv_free(member);
	return yes;
}

/* Token counts that can be told from the texts: a word is a token. */
static jv
usage(const struct answer *a)
{
	jv messages = value_get(a->request, "messages"), message;
	struct buf prompt = {0};
	jv u = jv_object();
	int i, in, out;

	for (i = 0; i < jv_array_length(jv_copy(messages)); i++) {
		message = jv_array_get(jv_copy(messages), i);
		add_content(&prompt, message);
		buf_addc(&prompt, '\n');
		jv_free(message);
	}
	in = count_words(prompt.p, prompt.n);
	out = count_words(a->text, a->n);
	u = with(u, "prompt_tokens", jv_number(in));
	u = with(u, "completion_tokens", jv_number(out));
	u = with(u, "total_tokens", jv_number(in + out));
	buf_free(&prompt);
	jv_free(messages);
	return u;
}

static const char *
mode(const struct answer *a)
{
	const char *model = value_string(a->request, "model");

	return model != NULL ? model : "auto";
}

/* What a completion and its chunks have in common. */
static jv
head(const struct answer *a, const char *object)
{
	jv o = jv_object();

	o = with(o, "id", jv_string(a->id));
	o = with(o, "object", jv_string(object));
	o = with(o, "created", jv_number((double)a->created));
	return with(o, "model", jv_string(mode(a)));
}

/* tokens: an array, or null; without --logprobs a choice says nothing of them. */
static jv
choice(const struct answer *a, const char *name, jv said, jv tokens,
    const char *finish)
{
	jv c = jv_object();

	c = with(c, "index", jv_number(0));
	c = with(c, name, said);
	if (a->logprobs.wanted)
		c = with(c, "logprobs", jv_get_kind(tokens) == JV_KIND_NULL ?
		    jv_null() : logprobs_member(jv_copy(tokens)));
	jv_free(tokens);
	c = with(c, "finish_reason", text_or_null(finish));
	return jv_array_append(jv_array(), c);
}

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

/* How many characters of the text an event has, and so a token. */
static size_t
piece_characters(const struct answer *a)
{
	size_t each = utf8_count(a->text, a->n) / PIECES;

	return each < PIECE ? PIECE : each;
}

static jv
all_tokens(const struct answer *a)
{
	size_t each = piece_characters(a), at, n;
	jv tokens = jv_array();

	for (at = 0; a->logprobs.wanted && at < a->n; at += n) {
		n = piece(a->text + at, a->n - at, each);
		tokens = logprobs_add(&a->logprobs, tokens, a->text + at, n);
	}
	return tokens;
}

static void
completion(struct answer *a)
{
	jv message = jv_object(), o;

	message = with(message, "role", jv_string("assistant"));
	message = with(message, "content", value_text(a->text, a->n));
	o = head(a, "chat.completion");
	o = with(o, "choices", choice(a, "message", message, all_tokens(a),
	    "stop"));
	o = with(o, "usage", usage(a));
	reply_json(a->reply, o);
}

/* A chunk with these choices; where usage is asked for every chunk has some. */
static void
chunk(struct answer *a, jv choices, jv counts)
{
	jv o = head(a, "chat.completion.chunk");

	o = with(o, "choices", choices);
	if (a->usage)
		o = with(o, "usage", counts);
	else
		jv_free(counts);
	event(a->reply, o);
}

static void
delta(struct answer *a, jv said, const char *finish)
{
	chunk(a, choice(a, "delta", said, jv_null(), finish), jv_null());
}

static void
supai(struct answer *a, jv o)
{
	jv record = with(jv_object(), "object", jv_string("supai.chunk"));

	event(a->reply, with(record, "chunk", o));
}

/* A supai chunk of a thread; model NULL for those that name the key alone. */
static jv
of_thread(const char *type, const char *key, const char *model)
{
	jv source = with(jv_object(), "key", jv_string(key));

	if (model != NULL)
		source = with(source, "modelId", jv_string(model));
	source = with(jv_object(), "_source", source);
	return with(source, "type", jv_string(type));
}

static void
says(struct answer *a, const char *type, const char *model, const char *text)
{
	jv o = of_thread(type, model, model);

	supai(a, text != NULL ? with(o, "text", jv_string(text)) : o);
}

/* The models asked for, else three. Owned. */
static jv
ensemble(const struct answer *a)
{
	static const char *const usual[] = {
		main_model, "openai/gpt-5.1", "google/gemini-3-pro-preview",
	};
	jv models = value_get(a->request, "models"), some = jv_array();
	size_t i;

	if (jv_get_kind(models) == JV_KIND_ARRAY) {
		jv_free(some);
		return models;
	}
	jv_free(models);
	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		some = jv_array_append(some, jv_string(usual[i]));
	return some;
}

/* A search that the thread makes before it answers. */
static void
search(struct answer *a, const char *model)
{
	static const char url[] = "https://example.com/made-up";
	jv page = jv_object(), o;

	says(a, "text-start", model, NULL);
	says(a, "text", model, "Let me look that up.");
	o = of_thread("web-search-call", model, model);
	o = with(o, "toolCallId", jv_string("mock_search_1"));
	supai(a, with(o, "query", jv_string("made-up query")));
	page = with(page, "url", jv_string(url));
	page = with(page, "title", jv_string("A made-up page"));
	o = of_thread("web-search-result", model, model);
	o = with(o, "toolCallId", jv_string("mock_search_1"));
	o = with(o, "query", jv_string("made-up query"));
	supai(a, with(o, "results",
	    jv_array_append(jv_array(), jv_copy(page))));
	page = with(page, "type", jv_string("url"));
	o = of_thread("source", model, model);
	supai(a, with(o, "source", page));
	says(a, "thinking-start", model, NULL);
	says(a, "thinking", model, "That settles it.");
}

/* One step of a thread's life; the threads take theirs in turn. */
static void
step(struct answer *a, int number, int i, const char *model)
{
	struct buf text = {0};
	jv score;

	switch (number) {
	case 0:
		says(a, "thinking-start", model, NULL);
		says(a, "thinking", model, "What is asked? ");
		break;
	case 1:
		says(a, "thinking", model, "I think I know.");
		if (i == 0)
			search(a, model);
		break;
	case 2:
		buf_printf(&text, "%s says: ", model);
		says(a, "text-start", model, NULL);
		says(a, "text", model, buf_string(&text));
		supai(a, with(of_thread("text", model, model), "text",
		    value_text(a->text, a->n)));
		buf_free(&text);
		break;
	case 3:
		supai(a, of_thread("done", model, NULL));
		score = jv_number(0.9 - 0.05 * (i < 10 ? i : 10));
		supai(a, with(of_thread("confidence-score", model, NULL),
		    "value", score));
		break;
	}
}

/* The models at work, up to where main begins. */
static void
models_work(struct answer *a, jv models)
{
	jv o, model;
	int number, i;

	o = with(jv_object(), "type", jv_string("run-mode-call"));
	o = with(o, "modeId", jv_string(mode(a)));
	supai(a, with(o, "startModelIds", jv_copy(models)));
	for (number = 0; number < 4; number++)
		for (i = 0; i < jv_array_length(jv_copy(models)); i++) {
			model = jv_array_get(jv_copy(models), i);
			step(a, number, i, jv_string_value(model));
			jv_free(model);
		}
	o = with(jv_object(), "type", jv_string("run-consensus"));
	supai(a, with(o, "modelId", jv_string(main_model)));
	supai(a, of_thread("thinking-start", "main", main_model));
	supai(a, with(of_thread("thinking", "main", main_model), "text",
	    jv_string("They agree.")));
	supai(a, of_thread("text-start", "main", main_model));
}

static void
main_ends(struct answer *a, jv models)
{
	jv o = with(jv_object(), "type", jv_string("run-mode-result"));

	supai(a, with(o, "finalModelIds", jv_copy(models)));
	supai(a, of_thread("done", "main", NULL));
}

static void
text_delta(struct answer *a, const char *p, size_t n)
{
	jv said = with(jv_object(), "content", value_text(p, n));
	jv tokens = jv_array();

	if (a->logprobs.wanted)
		tokens = logprobs_add(&a->logprobs, tokens, p, n);
	chunk(a, choice(a, "delta", said, tokens, NULL), jv_null());
}

static void
text_events(struct answer *a)
{
	size_t each = piece_characters(a), at, n;

	for (at = 0; at < a->n; at += n) {
		n = piece(a->text + at, a->n - at, each);
		if (a->chunks)
			supai(a, with(of_thread("text", "main", main_model),
			    "text", value_text(a->text + at, n)));
		text_delta(a, a->text + at, n);
	}
}

static void
stream(struct answer *a)
{
	jv models = ensemble(a), first = jv_object();

	start_stream(a->reply);
	first = with(first, "role", jv_string("assistant"));
	delta(a, with(first, "content", jv_string("")), NULL);
	if (a->chunks)
		models_work(a, models);
	text_events(a);
	if (a->chunks)
		main_ends(a, models);
	delta(a, jv_object(), "stop");
	if (a->usage)
		chunk(a, jv_array(), usage(a));
	done(a->reply);
	jv_free(models);
}

void
reply_answer(struct reply *r, jv request, unsigned long number,
    const struct buf *text, bool logprobs)
{
	struct answer a = {.reply = r, .request = request, .text = text->p,
	    .n = text->n, .created = (long long)time(NULL)};
	jv options = value_get(request, "stream_options");
	struct buf id = {0};

	buf_printf(&id, "chatcmpl-mock-%lu", number);
	memcpy(a.id, buf_string(&id), id.n + 1);
	buf_free(&id);
	a.chunks = is_true(request, "include_supai_chunks");
	a.usage = is_true(options, "include_usage");
	if (logprobs)
		logprobs_start(&a.logprobs, request, text->p, text->n);
	jv_free(options);
	if (is_true(request, "stream"))
		stream(&a);
	else
		completion(&a);
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
	size_t line;

	start_stream(r);
	for (; ndjson < end; ndjson += line + 1) {
		line = line_length(ndjson, end);
		buf_adds(&r->body, "data: ");
		buf_add(&r->body, ndjson, line);
		buf_adds(&r->body, "\n\n");
		end_event(r);
	}
	done(r);
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
