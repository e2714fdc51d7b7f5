#include <stdlib.h>
#include <string.h>

#include "apierror.h"
#include "chunk.h"
#include "mem.h"
#include "shapes.h"

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
	if (!inner.object) {
		json_pass(i, value);
		return;
	}
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

static void
read_choice(struct chunk_choice *choice, struct json value)
{
	struct json_iter i;
	struct json name, v, index = {0};

	*choice = (struct chunk_choice){.value = value};
	for (i = json_first(value); json_more(&i, &name, &v);) {
		if (json_is(name, "index"))
			index = v;
		else if (json_is(name, "delta") || json_is(name, "message"))
			choice->delta = v;
		else if (json_is(name, "finish_reason"))
			choice->finish = v;
	}
	choice->content = json_get(choice->delta, "content");
	/* Some services say "" for as long as there is none. */
	if (json_type(choice->finish) == JSON_STRING && !json_holds(choice->finish))
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

/* A service that does not name its objects is known by what a choice holds. */
static enum chunk_kind
kind_of_choices(const struct chunk *c)
{
	struct chunk_iter i;
	const struct chunk_choice *choice;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
		if (json_get(choice->value, "message").p != NULL)
			return CHUNK_COMPLETION;
	return CHUNK_DELTA;
}

/* The members of a record that tell what it is. */
struct members {
	struct json	object, chunk, response;
};

static enum chunk_kind
kind_of(const struct chunk *c, const struct members *m)
{
	if (json_is(m->object, "supai.chunk") &&
	    json_type(m->chunk) == JSON_OBJECT)
		return CHUNK_SUPAI;
	if (c->custom_id.p != NULL && (m->response.p != NULL || c->error.p != NULL))
		return CHUNK_RESULT;
	if (json_type(c->choices) == JSON_ARRAY) {
		if (json_is(m->object, "chat.completion"))
			return CHUNK_COMPLETION;
		if (json_is(m->object, "chat.completion.chunk"))
			return CHUNK_DELTA;
		if (c->error.p == NULL)
			return kind_of_choices(c);
	}
	if (c->error.p != NULL)
		return CHUNK_ERROR;
	/* Its choices may be null, or missing, beside the usage. */
	return json_is(m->object, "chat.completion.chunk") ? CHUNK_DELTA :
	    CHUNK_OTHER;
}

/* What a batch's response holds: a completion, or the error of a failed one. */
static void
read_response(struct chunk *c, struct json response)
{
	struct json body = json_get(response, "body");
	struct json error = json_get(body, "error");

	if (json_type(json_get(body, "choices")) == JSON_ARRAY)
		c->completion = body;
	else if (c->error.p == NULL && apierror_is(error))
		c->error = error;
}

/* What is held of the body's members needs no clearing: nmembers says it all. */
static void
start(struct chunk *c, struct json value)
{
	static const struct json none;

	c->kind = CHUNK_OTHER;
	c->value = value;
	c->error = c->id = c->choices = c->usage = c->supai = none;
	c->body = c->custom_id = c->completion = none;
	c->single = c->plain = false;
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
	else if (json_is(name, "error"))
		c->error = v;
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
	if (!inner.object) {
		json_pass(i, value);
		return;
	}
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
	if (c->error.p != NULL && !apierror_is(c->error))
		c->error = (struct json){0};
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

	start(c, value);
	if (!i.object)
		return;
	read_members(c, &i, &m);
	judge(c, &m);
}

bool
chunk_read(struct chunk *c, const char *record, size_t n,
    struct json_fault *fault)
{
	struct members m = {0};
	struct json_iter i = json_open(record, n, fault);
	struct json value;

	start(c, (struct json){0});
	if (!i.object) {
		if (!json_parse(record, n, &value, fault))
			return false;
		chunk_of(c, value);
		return true;
	}
	read_members(c, &i, &m);
	if (!json_close(&i, &c->value))
		return false;
	judge(c, &m);
	return true;
}

/*
 * The fast way. A record of a known shape differs from the one that the shape
 * was seen in by one string: the reading of that is taken over, and only the
 * slices that hold the string point into the new record.
 */

/* A record longer than this is not worth remembering. */
enum { LONGEST = 8192 };

/* A shape's reading, which is never copied: slices of chunk are pointed at. */
struct reading {
	struct chunk	 chunk;
	struct slice {		/* of a record of n bytes: from at on, n - less long */
		struct json	*v;
		size_t		 at, less;
	} slices[5];
	unsigned	 nslices;
};

struct chunk_reader {
	struct shapes	 shapes;
	struct reading	 readings[SHAPES_MAX];	/* by the shape's number */
	struct chunk	 slow;			/* of a record without a shape */
};

struct chunk_reader *
chunk_reader(void)
{
	return mem_zero(1, sizeof(struct chunk_reader));
}

void
chunk_free_reader(struct chunk_reader *r)
{
	shapes_free(&r->shapes);
	free(r);
}

/* The string of a reading that changes from record to record; NULL: none. */
static struct json *
moving(struct chunk *c)
{
	struct json *v = NULL;

	if (c->kind == CHUNK_SUPAI)
		v = &c->text;
	else if (c->kind == CHUNK_DELTA && c->single)
		v = &c->choice.content;
	return v != NULL && json_type(*v) == JSON_STRING ? v : NULL;
}

static void
add_slice(struct reading *r, struct json *v, const char *record, size_t n)
{
	r->slices[r->nslices++] = (struct slice){
		v, (size_t)(v->p - record), n - v->n,
	};
}

/* Reads the shape's own record, and notes which slices hold the string. */
static void
learn(struct reading *r, const char *record, size_t n)
{
	struct chunk *c = &r->chunk;
	struct json_fault fault;

	(void)chunk_read(c, record, n, &fault);
	r->nslices = 0;
	add_slice(r, moving(c), record, n);
	add_slice(r, &c->value, record, n);
	if (c->kind == CHUNK_SUPAI) {
		c->nmembers = 0;	/* theirs would have to move too */
		add_slice(r, &c->body, record, n);
	} else {
		add_slice(r, &c->choices, record, n);
		add_slice(r, &c->choice.value, record, n);
		add_slice(r, &c->choice.delta, record, n);
	}
}

/* The reading of another record of that shape. */
static const struct chunk *
take_over(struct reading *r, const char *record, size_t n, bool plain)
{
	const struct slice *slice = r->slices, *end = slice + r->nslices;

	for (; slice < end; slice++)
		*slice->v = (struct json){record + slice->at, n - slice->less};
	r->chunk.plain = plain;
	return &r->chunk;
}

const struct chunk *
chunk_next(struct chunk_reader *r, const char *record, size_t n,
    struct json_fault *fault)
{
	struct json *string;
	unsigned number;
	bool plain;

	if (shapes_find(&r->shapes, record, n, &number, &plain))
		return take_over(&r->readings[number], record, n, plain);
	if (!chunk_read(&r->slow, record, n, fault))
		return NULL;
	string = n <= LONGEST ? moving(&r->slow) : NULL;
	if (string != NULL) {
		number = shapes_keep(&r->shapes, record, n, *string);
		learn(&r->readings[number], shapes_record(&r->shapes, number), n);
	}
	return &r->slow;
}

bool
chunk_answers(struct json message)
{
	return json_holds(json_get(message, "content")) ||
	    json_holds(json_get(message, "tool_calls")) ||
	    json_holds(json_get(message, "function_call"));
}

bool
chunk_is_raw(const char *line, size_t n)
{
	static const char *const starts[] = {
		"data:", "event:", "id:", "retry:", ":",
	};
	size_t i, len;

	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		len = strlen(starts[i]);
		if (n >= len && memcmp(line, starts[i], len) == 0)
			return true;
	}
	return false;
}
