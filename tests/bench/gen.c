/*
 * gen plain MB NDJSON SSE: MB megabytes (10^6 bytes of the NDJSON) of answers,
 * as an OpenAI service streams them, to the file NDJSON as supai-sse gives
 * them, to SSE as they are on the wire.
 *
 * gen trace MB NDJSON SSE [RECORDING ...]: the same of an ensemble's answers:
 * the recordings (NDJSON, an answer each) over and over; without any, answers
 * that are made up, of the same shapes and sizes.
 *
 * Whole answers always, the same bytes each time.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"

enum {
	MODELS = 9, BASE = 10, LINE = 512,
	TOKENS = 400,		/* of a plain answer, about */
	STEPS = 17000,		/* of an ensemble's answer, about */
	MAIN_THINKS = 40, MAIN_SAYS = 240,
};

struct out {
	FILE		*ndjson;
	FILE		*sse;
	unsigned long	 size;		/* bytes of NDJSON so far */
};

static const char *const models[MODELS] = {
	"anthropic/claude-opus-4.5", "anthropic/claude-sonnet-4.5",
	"openai/gpt-5.1", "openai/gpt-5-pro", "google/gemini-3-pro-preview",
	"xai/grok-4", "deepseek/deepseek-v3.2-exp-thinking",
	"alibaba/qwen3-next-80b-a3b-thinking", "mistral/mistral-large",
};

/* Pieces of text as they stand in JSON. */
static const char *const tokens[] = {
	" the", " of", " is", ",", ".", " a", " and", " to", " in", " that",
	" sky", " light", " scatter", "ing", " wave", "length", "s", " blue",
	" because", " which", "\\n\\n", "\\n- ", " **", "**", " \\\"", "\\\"",
	" \xe2\x80\x94", " caf\xc3\xa9", " 4", "00", " nm", " $\\\\lambda", "$",
	" therefore", " differential", " question", " Actually", " we", " have",
	" \xf0\x9f\x8c\x88", "'s", " (", ")", ":", " x", " =", " maybe", " not",
};

static unsigned long seed = 1;

/* A number below n, the same ones in each run. */
static unsigned long
roll(unsigned long n)
{
	seed = (seed * 1103515245 + 12345) & 0x7fffffff;
	return (seed >> 8) % n;
}

static const char *
token(void)
{
	return tokens[roll(sizeof(tokens) / sizeof(tokens[0]))];
}

static FILE *
make(const char *name)
{
	FILE *f = fopen(name, "w");

	if (f == NULL)
		diag_die(EX_CANTCREAT, "%s: cannot be made", name);
	return f;
}

static void
put(struct out *o, const char *line, size_t n)
{
	(void)fwrite(line, 1, n, o->ndjson);
	(void)fputc('\n', o->ndjson);
	(void)fputs("data: ", o->sse);
	(void)fwrite(line, 1, n, o->sse);
	(void)fputs("\n\n", o->sse);
	o->size += n + 1;
}

static void
putf(struct out *o, const char *format, ...)
{
	char line[LINE * 4];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line))
		abort();
	put(o, line, (size_t)n);
}

static void
end_answer(struct out *o)
{
	(void)fputs("data: [DONE]\n\n", o->sse);
}

static void
plain_event(struct out *o, unsigned long id, const char *choices,
    const char *usage)
{
	putf(o, "{\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n%06lu\","
	    "\"object\":\"chat.completion.chunk\",\"created\":1741569952,"
	    "\"model\":\"gpt-4.1-2025-04-14\",\"service_tier\":\"default\","
	    "\"system_fingerprint\":\"fp_b376dfbbd5\",\"choices\":[%s],"
	    "\"usage\":%s}", id, choices, usage);
}

static void
plain_answer(struct out *o)
{
	static unsigned long id;
	unsigned long left = TOKENS / 2 + roll(TOKENS);
	char choice[LINE];

	id++;
	plain_event(o, id, "{\"index\":0,\"delta\":{\"role\":\"assistant\","
	    "\"content\":\"\",\"refusal\":null},\"logprobs\":null,"
	    "\"finish_reason\":null}", "null");
	for (; left > 0; left--) {
		(void)snprintf(choice, sizeof(choice), "{\"index\":0,\"delta\":"
		    "{\"content\":\"%s\"},\"logprobs\":null,"
		    "\"finish_reason\":null}", token());
		plain_event(o, id, choice, "null");
	}
	plain_event(o, id, "{\"index\":0,\"delta\":{},\"logprobs\":null,"
	    "\"finish_reason\":\"stop\"}", "null");
	plain_event(o, id, "", "{\"prompt_tokens\":19,\"completion_tokens\":400,"
	    "\"total_tokens\":419,\"prompt_tokens_details\":{\"cached_tokens\":0,"
	    "\"audio_tokens\":0},\"completion_tokens_details\":"
	    "{\"reasoning_tokens\":0,\"audio_tokens\":0,"
	    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}");
	end_answer(o);
}

/* An event of a thread; rest: further members, a comma before each. */
static void
thread_event(struct out *o, const char *key, const char *model,
    const char *type, const char *rest)
{
	putf(o, "{\"object\":\"supai.chunk\",\"chunk\":{\"_source\":{\"key\":"
	    "\"%s\",\"modelId\":\"%s\"},\"type\":\"%s\"%s}}", key, model, type,
	    rest);
}

static void
says(struct out *o, const char *key, const char *model, const char *type)
{
	char rest[LINE];

	(void)snprintf(rest, sizeof(rest), ",\"text\":\"%s%s\"", token(),
	    roll(3) == 0 ? token() : "");
	thread_event(o, key, model, type, rest);
}

static void
finds(struct out *o, const char *model)
{
	static unsigned long found;
	char rest[LINE * 2];

	found++;
	(void)snprintf(rest, sizeof(rest), ",\"toolCallId\":\"call_%08lu\","
	    "\"query\":\"light%s%s\"", found, token(), token());
	thread_event(o, model, model, "web-search-call", rest);
	(void)snprintf(rest, sizeof(rest), ",\"toolCallId\":\"call_%08lu\","
	    "\"query\":null,\"results\":[{\"title\":\"Page %lu\",\"url\":"
	    "\"https://example.org/%lu\"},{\"title\":null,\"url\":"
	    "\"https://example.org/paper/%lu\"}]", found, found, found, found);
	thread_event(o, model, model, "web-search-result", rest);
	(void)snprintf(rest, sizeof(rest), ",\"source\":{\"type\":\"url\","
	    "\"url\":\"https://example.org/%lu\",\"title\":\"Page %lu\"}",
	    roll(found + 1), found);
	thread_event(o, model, model, "source", rest);
}

/* The models at once: thinking in runs of one model, searching now and then. */
static void
ensemble(struct out *o)
{
	unsigned long left = STEPS / 2 + roll(STEPS), run = 0, i = 0;

	for (i = 0; i < MODELS; i++)
		thread_event(o, models[i], models[i], "thinking-start", "");
	for (; left > 0; left--, run--) {
		if (run == 0) {
			run = 1 + roll(12);
			i = roll(MODELS);
		}
		says(o, models[i], models[i], "thinking");
		if (roll(300) == 0)
			finds(o, models[i]);
	}
	for (i = 0; i < MODELS; i++) {
		thread_event(o, models[i], models[i], "text-start", "");
		for (left = MAIN_SAYS; left > 0; left--)
			says(o, models[i], models[i], "text");
		putf(o, "{\"object\":\"supai.chunk\",\"chunk\":{\"_source\":"
		    "{\"key\":\"%s\"},\"type\":\"done\"}}", models[i]);
		putf(o, "{\"object\":\"supai.chunk\",\"chunk\":{\"_source\":"
		    "{\"key\":\"%s\"},\"type\":\"confidence-score\",\"value\":"
		    "0.%06lu}}", models[i], 500000 + roll(500000));
	}
}

static void
id_list(struct buf *b)
{
	size_t i;

	buf_clear(b);
	for (i = 0; i < MODELS; i++) {
		buf_adds(b, i == 0 ? "\"" : ",\"");
		buf_adds(b, models[i]);
		buf_adds(b, "\"");
	}
}

static void
trace_answer(struct out *o)
{
	static struct buf ids;
	unsigned long left;

	id_list(&ids);
	putf(o, "{\"object\":\"supai.chunk\",\"chunk\":{\"type\":"
	    "\"run-mode-call\",\"modeId\":\"pro\",\"startModelIds\":[%s]}}",
	    buf_string(&ids));
	ensemble(o);
	putf(o, "{\"object\":\"supai.chunk\",\"chunk\":{\"type\":"
	    "\"run-consensus\",\"modelId\":\"%s\"}}", models[0]);
	thread_event(o, "main", models[0], "thinking-start", "");
	for (left = MAIN_THINKS; left > 0; left--)
		says(o, "main", models[0], "thinking");
	thread_event(o, "main", models[0], "text-start", "");
	for (left = MAIN_SAYS; left > 0; left--)
		says(o, "main", models[0], "text");
	putf(o, "{\"object\":\"supai.chunk\",\"chunk\":{\"type\":"
	    "\"run-mode-result\",\"finalModelIds\":[%s]}}", buf_string(&ids));
	putf(o, "{\"object\":\"supai.chunk\",\"chunk\":{\"_source\":{\"key\":"
	    "\"main\"},\"type\":\"done\"}}");
	end_answer(o);
}

static void
replay(struct out *o, const char *name)
{
	FILE *f = fopen(name, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (f == NULL)
		diag_die(EX_NOINPUT, "%s: cannot be read", name);
	while ((n = getline(&line, &size, f)) > 0)
		put(o, line, (size_t)n - (line[n - 1] == '\n'));
	end_answer(o);
	free(line);
	(void)fclose(f);
}

int
main(int argc, char **argv)
{
	struct out o = {.size = 0};
	unsigned long size, i = 0;
	int recordings = argc - 5;

	diag_init(argv[0]);
	if (argc < 5)
		diag_die(EX_USAGE, "plain|trace MB NDJSON SSE [RECORDING ...]");
	size = strtoul(argv[2], NULL, BASE) * 1000000;
	o.ndjson = make(argv[3]);
	o.sse = make(argv[4]);
	for (; o.size < size; i++) {
		if (strcmp(argv[1], "plain") == 0)
			plain_answer(&o);
		else if (recordings > 0)
			replay(&o, argv[5 + i % (unsigned long)recordings]);
		else
			trace_answer(&o);
	}
	if (ferror(o.ndjson) != 0 || ferror(o.sse) != 0 ||
	    fclose(o.ndjson) != 0 || fclose(o.sse) != 0)
		diag_die(EX_IOERR, "%s, %s: cannot be written", argv[3], argv[4]);
	return 0;
}
