#include "apierror.h"
#include "chunk.h"

static const struct {
	const char	*name;
	enum chunk_type	 type;
} types[] = {	/* the most frequent first */
	{"thinking", CHUNK_THINKING},
	{"text", CHUNK_TEXT},
	{"thinking-start", CHUNK_THINKING_START},
	{"source", CHUNK_SOURCE},
	{"web-search-call", CHUNK_WEB_SEARCH_CALL},
	{"web-search-result", CHUNK_WEB_SEARCH_RESULT},
	{"text-start", CHUNK_TEXT_START},
	{"done", CHUNK_DONE},
	{"confidence-score", CHUNK_CONFIDENCE_SCORE},
	{"error", CHUNK_FAILURE},
	{"retry", CHUNK_RETRY},
	{"google-search-results", CHUNK_GOOGLE_SEARCH_RESULTS},
	{"run-mode-call", CHUNK_RUN_MODE_CALL},
	{"run-mode-result", CHUNK_RUN_MODE_RESULT},
	{"run-consensus", CHUNK_RUN_CONSENSUS},
	{"fetch-url-call", CHUNK_FETCH_URL_CALL},
	{"fetch-url-result", CHUNK_FETCH_URL_RESULT},
	{"file-start", CHUNK_FILE_START},
};

static enum chunk_type
type_of(struct json name)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (json_is(name, types[i].name))
			return types[i].type;
	return CHUNK_UNKNOWN;
}

/* The member "_source", walked and passed in one. */
static void
read_source(struct chunk *c, struct json_iter *i, struct json *value)
{
	struct json_iter inner = json_enter(i);
	struct json name, v;

	c->key = c->model = (struct json){0};
	while (json_more(&inner, &name, &v)) {
		if (json_is(name, "key"))
			c->key = v;
		else if (json_is(name, "modelId"))
			c->model = v;
	}
	json_leave(i, &inner, value);
}

static void
forget_body(struct chunk *c)
{
	c->type = CHUNK_UNKNOWN;
	c->text = c->key = c->model = (struct json){0};
	c->nmembers = 0;
}

/* The members of the ensemble's chunk, walked once; a chunk has a handful. */
static void
read_body(struct chunk *c, struct json_iter *i)
{
	struct chunk_member m;
	struct json type = {0};
	unsigned n = 0;

	while (json_name(i, &m.name)) {
		if (json_is(m.name, "_source"))
			read_source(c, i, &m.value);
		else
			json_pass(i, &m.value);
		if (json_is(m.name, "type"))
			type = m.value;
		else if (json_is(m.name, "text"))
			c->text = m.value;
		if (n < sizeof(c->members) / sizeof(*c->members))
			c->members[n] = m;
		n++;
	}
	/* Too many to hold: chunk_get walks them. */
	c->nmembers = n > sizeof(c->members) / sizeof(*c->members) ? 0 : n;
	c->type = type_of(type);
}

struct json
chunk_get(const struct chunk *c, const char *name)
{
	unsigned i;

	if (c->nmembers == 0)
		return json_get(c->body, name);
	for (i = c->nmembers; i-- > 0;)
		if (json_is(c->members[i].name, name))
			return c->members[i].value;
	return (struct json){0};
}

/* The voices of a part, by its type. */
static const struct {
	const char	*type;
	unsigned	 voice;
} part_types[] = {
	{"text", CHUNK_SAYS_TEXT},
	{"output_text", CHUNK_SAYS_TEXT},
	{"summary_text", CHUNK_SAYS_TEXT},	/* in a "reasoning" part's summary */
	{"thinking", CHUNK_SAYS_THINKING},
	{"reasoning", CHUNK_SAYS_THINKING},
	{"refusal", CHUNK_SAYS_REFUSAL},
};

/* The voice that a type names; without one, what has a text is text. */
static unsigned
voice_of(struct json type)
{
	size_t i;

	if (type.p == NULL)
		return CHUNK_SAYS_TEXT;
	for (i = 0; i < sizeof(part_types) / sizeof(*part_types); i++)
		if (json_is(type, part_types[i].type))
			return part_types[i].voice;
	return 0;
}

unsigned
chunk_part(struct json part, struct json *said)
{
	static const char *const names[] = {
		"thinking", "reasoning", "refusal", "text", "summary",
	};
	unsigned voice = voice_of(json_get(part, "type"));
	size_t i;

	*said = part;
	if (json_type(part) == JSON_STRING)
		return CHUNK_SAYS_TEXT;
	if (json_type(part) != JSON_OBJECT || voice == 0)
		return 0;
	*said = (struct json){0};
	i = voice == CHUNK_SAYS_TEXT ? 3 : 0;
	for (; !json_holds(*said) && i < sizeof(names) / sizeof(*names); i++)
		*said = json_get(part, names[i]);
	return said->p != NULL ? voice : 0;
}

/* What a content says: a text, or an array of parts. */
static unsigned
voices_of(struct json content)
{
	struct json_iter i;
	struct json name, part, said;
	unsigned voices = json_says(content) ? CHUNK_SAYS_TEXT : 0, voice;

	if (json_type(content) != JSON_ARRAY)
		return voices;
	for (i = json_first(content); json_more(&i, &name, &part);) {
		voice = chunk_part(part, &said);
		if (json_holds(said))
			voices |= voice;
	}
	return voices;
}

static void
join_voice(struct json parts, unsigned voice, struct buf *out, uint32_t *half)
{
	struct json_iter i;
	struct json name, part, said;

	for (i = json_first(parts); json_more(&i, &name, &part);)
		if (chunk_part(part, &said) == voice)
			chunk_join(said, out, half);
}

void
chunk_join(struct json said, struct buf *out, uint32_t *half)
{
	if (json_type(said) == JSON_ARRAY)
		join_voice(said, CHUNK_SAYS_TEXT, out, half);
	else
		json_join(said, out, half);
}

void
chunk_said(const struct chunk *c, const struct chunk_choice *choice,
    enum chunk_voice voice, struct buf *out, uint32_t *half)
{
	if (json_type(choice->content) == JSON_ARRAY)
		join_voice(choice->content, voice, out, half);
	else if (voice == CHUNK_SAYS_TEXT)
		chunk_text(c, choice->content, out, half);
	if (voice == CHUNK_SAYS_REFUSAL)
		json_join(choice->refusal, out, half);
	else if (voice == CHUNK_SAYS_THINKING &&
	    json_type(choice->thinking) == JSON_ARRAY)
		chunk_join(choice->thinking, out, half);
	else if (voice == CHUNK_SAYS_THINKING)
		chunk_text(c, choice->thinking, out, half);
}

/* What services call the thinking of a delta; some say it by two names. */
static const char *const thoughts[] = {
	"reasoning_content", "reasoning", "thinking",
};

enum { THOUGHTS = sizeof(thoughts) / sizeof(*thoughts) };

static void
keep_thought(struct json thought[THOUGHTS], struct json name, struct json v)
{
	size_t i;

	for (i = 0; i < THOUGHTS; i++)
		if (json_is(name, thoughts[i]))
			thought[i] = v;
}

/* What a delta or a message says. */
static void
read_delta(struct chunk_choice *choice)
{
	struct json_iter i;
	struct json name, v, audio = {0}, thought[THOUGHTS] = {{0}};
	size_t k;

	if (json_type(choice->delta) != JSON_OBJECT)
		return;
	for (i = json_first(choice->delta); json_more(&i, &name, &v);) {
		if (json_is(name, "content"))
			choice->content = v;
		else if (json_is(name, "role") && json_holds(v))
			choice->role = v;
		else if (json_is(name, "refusal"))
			choice->refusal = v;
		else if (json_is(name, "audio"))
			audio = v;
		else if ((json_is(name, "tool_calls") ||
		    json_is(name, "function_call")) && json_holds(v))
			choice->voices |= CHUNK_SAYS_CALL;
		else
			keep_thought(thought, name, v);
	}
	if (audio.p != NULL && !json_holds(choice->content))
		choice->content = json_get(audio, "transcript");
	for (k = 0; !json_holds(choice->thinking) && k < THOUGHTS; k++)
		choice->thinking = thought[k];
	choice->voices |= voices_of(choice->content);
	if (voices_of(choice->thinking) != 0)
		choice->voices |= CHUNK_SAYS_THINKING;
	if (json_says(choice->refusal))
		choice->voices |= CHUNK_SAYS_REFUSAL;
}

static void
read_choice(struct chunk_choice *choice, struct json value)
{
	struct json_iter i;
	struct json name, v, index = {0}, message = {0};

	*choice = (struct chunk_choice){.value = value};
	for (i = json_first(value); json_more(&i, &name, &v);) {
		if (json_is(name, "index"))
			index = v;
		else if (json_is(name, "delta"))
			choice->delta = v;
		else if (json_is(name, "message"))
			message = v;
		else if (json_is(name, "finish_reason"))
			choice->finish = v;
	}
	/* Some services send all that was said so far beside what is new. */
	if (json_type(choice->delta) != JSON_OBJECT)
		choice->delta = message;
	read_delta(choice);
	/* Some services say "" for as long as there is none. */
	if (json_type(choice->finish) == JSON_STRING && !json_says(choice->finish))
		choice->finish = (struct json){0};
	choice->index = index.p != NULL ? json_index(index) : 0;
}

/* One choice is the rule: it is read once, for all who ask. */
static void
read_single(struct chunk *c)
{
	struct json_iter i = json_first(c->choices);
	struct json name, first, second;

	if (json_type(c->choices) != JSON_ARRAY ||
	    !json_more(&i, &name, &first) || json_type(first) != JSON_OBJECT ||
	    json_more(&i, &name, &second))
		return;
	c->single = true;
	read_choice(&c->choice, first);
}

void
chunk_choices(struct chunk_iter *i, const struct chunk *c)
{
	i->single = c->single ? &c->choice : NULL;
	i->i = (struct json_iter){0};
	if (!c->single)
		i->i = json_first(c->choices);
}

const struct chunk_choice *
chunk_choice(struct chunk_iter *i)
{
	const struct chunk_choice *single = i->single;
	struct json name, value;

	i->single = NULL;
	if (single != NULL)
		return single;
	do {
		if (!json_more(&i->i, &name, &value))
			return NULL;
	} while (json_type(value) != JSON_OBJECT);
	read_choice(&i->choice, value);
	return &i->choice;
}

bool
chunk_says(const struct chunk *c)
{
	struct chunk_iter i;
	const struct chunk_choice *choice;

	if (c->kind == CHUNK_SUPAI || c->single)
		return c->kind == CHUNK_SUPAI || c->choice.voices != 0;
	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
		if (choice->voices != 0)
			return true;
	return false;
}

/* The members of a record that tell what it is. */
struct members {
	struct json	object, chunk, response;
};

/*
 * What choices are of. A delta tells it, whatever the object calls itself; where
 * there is neither that nor a name, a message.
 */
static enum chunk_kind
kind_of_choices(const struct chunk *c, struct json object)
{
	struct chunk_iter i;
	const struct chunk_choice *choice;
	bool message = json_is(object, "chat.completion");

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		if (json_type(json_get(choice->value, "delta")) == JSON_OBJECT)
			return CHUNK_DELTA;
		if (json_type(json_get(choice->value, "message")) == JSON_OBJECT)
			message = true;
	}
	return message && !json_is(object, "chat.completion.chunk") ?
	    CHUNK_COMPLETION : CHUNK_DELTA;
}

static bool
is_supai(const struct members *m)
{
	return json_is(m->object, "supai.chunk") &&
	    json_type(m->chunk) == JSON_OBJECT;
}

static enum chunk_kind
kind_of(const struct chunk *c, const struct members *m)
{
	bool delta = json_is(m->object, "chat.completion.chunk");
	bool named = delta || json_is(m->object, "chat.completion");
	struct chunk_iter i;

	if (is_supai(m))
		return CHUNK_SUPAI;
	if (c->custom_id.p != NULL && (m->response.p != NULL || c->error.p != NULL))
		return CHUNK_RESULT;
	chunk_choices(&i, c);
	if (json_type(c->choices) == JSON_ARRAY &&
	    (named || c->error.p == NULL || chunk_choice(&i) != NULL))
		return kind_of_choices(c, m->object);
	if (c->error.p != NULL)
		return CHUNK_ERROR;
	/* Its choices may be null, or missing, beside the usage. */
	return delta ? CHUNK_DELTA : CHUNK_OTHER;
}

/* What a batch's response holds: a completion, or the error of a failed one. */
static void
read_response(struct chunk *c, struct json response)
{
	struct json body = json_get(response, "body");

	if (json_type(json_get(body, "choices")) == JSON_ARRAY)
		c->completion = body;
	else if (c->error.p == NULL)
		c->error = apierror_find(body);
}

/* What is held of the body's members needs no clearing: nmembers says it all. */
static void
start(struct chunk *c)
{
	static const struct json none;

	c->kind = CHUNK_OTHER;
	c->value = c->error = c->id = c->choices = c->usage = c->supai = none;
	c->body = c->custom_id = c->completion = none;
	c->single = false;
	c->plain = NULL;
	c->choice = (struct chunk_choice){0};
	forget_body(c);
}

static void
read_member(struct chunk *c, struct json name, struct json v)
{
	if (json_is(name, "id"))
		c->id = v;
	else if (json_is(name, "choices"))
		c->choices = v;
	else if (json_is(name, "usage"))
		c->usage = v;
	else if (json_is(name, "supai"))
		c->supai = v;
	else if (json_is(name, "custom_id"))
		c->custom_id = v;
}

/* The member "chunk", walked and passed in one. */
static void
read_chunk(struct chunk *c, struct json_iter *i, struct json *value)
{
	struct json_iter inner = json_enter(i);

	forget_body(c);
	read_body(c, &inner);
	json_leave(i, &inner, value);
}

static void
read_members(struct chunk *c, struct json_iter *i, struct members *m)
{
	struct json name, v;

	while (json_name(i, &name)) {
		if (json_is(name, "chunk")) {
			read_chunk(c, i, &m->chunk);
			continue;
		}
		json_pass(i, &v);
		if (json_is(name, "object"))
			m->object = v;
		else if (json_is(name, "response"))
			m->response = v;
		else
			read_member(c, name, v);
	}
}

/* What the members come to, when all are read. */
static void
judge(struct chunk *c, const struct members *m)
{
	if (!is_supai(m))	/* whose errors are a thread's */
		c->error = apierror_find(c->value);
	if (c->choices.p != NULL)
		read_single(c);
	c->kind = kind_of(c, m);
	if (c->kind == CHUNK_SUPAI)
		c->body = m->chunk;
	else
		forget_body(c);
	if (c->kind == CHUNK_RESULT)
		read_response(c, m->response);
}

void
chunk_of(struct chunk *c, struct json value)
{
	struct members m = {0};
	struct json_iter i = json_first(value);

	start(c);
	if (i.object)
		read_members(c, &i, &m);
	c->value = value;
	judge(c, &m);
}

bool
chunk_read(struct chunk *c, const char *record, size_t n,
    struct json_fault *fault)
{
	struct members m = {0};
	struct json_iter i = json_open(record, n, fault);
	bool ok;

	start(c);
	if (i.object)
		read_members(c, &i, &m);
	ok = i.object ? json_close(&i, &c->value) :
	    json_parse(record, n, &c->value, fault);
	if (ok)
		judge(c, &m);
	return ok;
}
