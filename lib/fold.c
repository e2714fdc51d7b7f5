#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "mem.h"

/* Strings and lists. */

static struct fold_string
string_of(struct json v)
{
	struct buf b = {0};
	struct fold_string s = {0};

	if (json_type(v) != JSON_STRING)
		return s;
	json_text(v, &b);
	s.n = b.n;
	s.p = buf_take(&b);
	return s;
}

static bool
same(struct fold_string s, struct json v)
{
	return s.p != NULL && json_equals(v, s.p, s.n);
}

/* Takes the place of what s was; nothing takes nothing's. */
static void
set_string(struct fold_string *s, struct json v)
{
	if (json_type(v) != JSON_STRING)
		return;
	free(s->p);
	*s = string_of(v);
}

static struct fold_item *
list_push(struct fold_list *l, struct fold_string text)
{
	if (text.p != NULL)
		table_add(&l->names, table_hash(text.p, text.n), l->n);
	l->items = mem_room(l->items, l->n, sizeof(*l->items));
	l->items[l->n] = (struct fold_item){.text = text};
	return &l->items[l->n++];
}

static struct fold_item *
list_find(const struct fold_list *l, struct fold_string s)
{
	uint64_t hash = table_hash(s.p, s.n);
	struct fold_string text;
	size_t at = 0, *i;

	while ((i = table_next(&l->names, hash, &at)) != NULL) {
		text = l->items[*i].text;
		if (text.n == s.n && memcmp(text.p, s.p, s.n) == 0)
			return &l->items[*i];
	}
	return NULL;
}

bool
fold_matches(const struct fold_thread *t, const char *pattern)
{
	return strcmp(pattern, t->key.p) == 0 ||
	    fnmatch(pattern, t->key.p, 0) == 0;
}

struct fold_thread *
fold_match(const struct fold *f, const char *pattern)
{
	size_t i;

	for (i = 0; i < f->nthreads; i++)
		if (fold_matches(f->threads[i], pattern))
			return f->threads[i];
	return NULL;
}

bool
fold_holds(const struct fold_list *l, struct fold_string s)
{
	return list_find(l, s) != NULL;
}

/* Adds a string, or counts it where it is there; takes it over. */
static struct fold_item *
list_add(struct fold_list *l, struct fold_string s)
{
	struct fold_item *item;

	if (s.p == NULL)
		return NULL;
	item = list_find(l, s);
	if (item != NULL)
		free(s.p);
	else
		item = list_push(l, s);
	item->count++;
	return item;
}

static void
list_free(struct fold_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->items[i].text.p);
		free(l->items[i].more.p);
	}
	free(l->items);
	table_free(&l->names);
	*l = (struct fold_list){0};
}

/* Every string of an array. */
static void
list_fill(struct fold_list *l, struct json array)
{
	struct json_iter i;
	struct json name, v;

	list_free(l);
	for (i = json_first(array); json_more(&i, &name, &v);)
		if (json_type(v) == JSON_STRING)
			list_push(l, string_of(v));
}

/* The answer's parts. */

static void
free_thread(struct fold_thread *t)
{
	free(t->key.p);
	free(t->model.p);
	free(t->score.p);
	buf_free(&t->text);
	buf_free(&t->thinking);
	list_free(&t->errors);
	list_free(&t->searches);
	list_free(&t->fetched);
	list_free(&t->sources);
	list_free(&t->files);
	free(t);
}

void
fold_clear(struct fold *f)
{
	size_t i;

	for (i = 0; i < f->nchoices; i++)
		free(f->choices[i].finish.p);
	for (i = 0; i < f->nthreads; i++)
		free_thread(f->threads[i]);
	free(f->choices);
	free(f->threads);
	free(f->id.p);
	free(f->mode.p);
	free(f->consensus.p);
	list_free(&f->start);
	list_free(&f->final);
	list_free(&f->other);
	list_free(&f->errors);
	buf_free(&f->usage);
	free(f->ids.last.p);
	table_free(&f->ids.seen);
	table_free(&f->by_index);
	table_free(&f->by_key);
	*f = (struct fold){
		.one = f->one, .keep = f->keep,
	};
}

struct fold_choice *
fold_choice(const struct fold *f, long index)
{
	uint64_t hash;
	size_t at = 0, *i;

	if (f->nchoices > 0 && f->choices[f->last_choice].index == index)
		return &f->choices[f->last_choice];
	hash = table_hash(&index, sizeof(index));
	while ((i = table_next(&f->by_index, hash, &at)) != NULL)
		if (f->choices[*i].index == index)
			return &f->choices[*i];
	return NULL;
}

bool
fold_repeats(const struct fold *f, const struct chunk *c,
    const struct chunk_choice *choice)
{
	const struct fold_choice *known;

	if (c->kind != CHUNK_COMPLETION)
		return false;
	known = fold_choice(f, choice->index);
	return known != NULL && known->in_deltas;
}

/* The choice, made where it is not there; NULL where that would be too many. */
static struct fold_choice *
get_choice(struct fold *f, long index)
{
	struct fold_choice *choice = fold_choice(f, index);

	if (choice == NULL && f->nchoices == FOLD_CHOICES) {
		f->excess = "choices";
		return NULL;
	}
	if (choice == NULL) {
		f->choices = mem_room(f->choices, f->nchoices, sizeof(*f->choices));
		choice = &f->choices[f->nchoices];
		*choice = (struct fold_choice){.index = index};
		table_add(&f->by_index, table_hash(&index, sizeof(index)),
		    f->nchoices++);
	}
	f->last_choice = (size_t)(choice - f->choices);
	return choice;
}

struct fold_thread *
fold_thread(const struct fold *f, const char *key, size_t n)
{
	uint64_t hash = table_hash(key, n);
	const struct fold_string *s;
	size_t at = 0, *i;

	while ((i = table_next(&f->by_key, hash, &at)) != NULL) {
		s = &f->threads[*i]->key;
		if (s->n == n && memcmp(s->p, key, n) == 0)
			return f->threads[*i];
	}
	return NULL;
}

struct fold_thread *
fold_main(const struct fold *f)
{
	return fold_thread(f, "main", 4);
}

/* A thread of that key, which is taken over; NULL where it would be too many. */
static struct fold_thread *
new_thread(struct fold *f, struct fold_string key)
{
	struct fold_thread *t;

	if (f->nthreads == FOLD_THREADS) {
		f->excess = "threads";
		free(key.p);
		return NULL;
	}
	t = mem_zero(1, sizeof(*t));
	t->key = key;
	t->escaped = memchr(key.p, '\\', key.n) != NULL;
	t->number = f->nthreads;
	table_add(&f->by_key, table_hash(key.p, key.n), f->nthreads);
	f->threads = mem_room(f->threads, f->nthreads, sizeof(struct fold_thread *));
	f->threads[f->nthreads++] = t;
	return t;
}

/* The thread whose key stands in the chunk as it is kept; NULL: it may yet be there. */
static struct fold_thread *
find_as_written(struct fold *f, struct json key)
{
	struct fold_thread **t;

	if (!json_says(key))
		return NULL;
	/* A handful of threads take turns: mostly the one that stood here last. */
	t = &f->turns[(key.n + (unsigned char)key.p[key.n / 2]) % FOLD_TURNS];
	if (*t == NULL || (*t)->key.n != key.n - 2 ||
	    memcmp((*t)->key.p, key.p + 1, key.n - 2) != 0)
		*t = fold_thread(f, key.p + 1, key.n - 2);
	return *t != NULL && !(*t)->escaped ? *t : NULL;
}

/* The thread of a key that is not there as it is written, made where there is none. */
static struct fold_thread *
find_as_meant(struct fold *f, struct json key)
{
	struct fold_string s = string_of(key);
	struct fold_thread *t;

	if (s.p == NULL)
		return NULL;
	t = fold_thread(f, s.p, s.n);
	if (t == NULL)
		return new_thread(f, s);
	free(s.p);
	return t;
}

/* The thread of a chunk; NULL where it is of none. */
static struct fold_thread *
get_thread(struct fold *f, struct json key)
{
	f->recent = find_as_written(f, key);
	if (f->recent == NULL)
		f->recent = find_as_meant(f, key);
	return f->recent;
}

/* Where an answer ends. */

/* Whether all that was begun has come to its end. */
static bool
is_finished(const struct fold *f)
{
	const struct fold_thread *main_thread = fold_main(f);
	size_t i;

	for (i = 0; i < f->nchoices; i++)
		if (f->choices[i].finish.p == NULL)
			break;
	if (f->nchoices > 0 && i == f->nchoices)
		return true;
	/* A folded recording says null where main had no text. */
	if (i < f->nchoices && (!f->completion || fold_said(f) != 0))
		return false;
	if (main_thread != NULL)
		return main_thread->done;
	return f->completion && f->nchoices == 0;
}

bool
fold_whole(const struct fold *f)
{
	return f->errors.n == 0 && f->excess == NULL && !f->mixed &&
	    is_finished(f);
}

unsigned
fold_said(const struct fold *f)
{
	const struct fold_thread *main_thread = fold_main(f);
	unsigned said = 0;
	size_t i;

	for (i = 0; i < f->nchoices; i++)
		said |= f->choices[i].said;
	if (f->nchoices == 0 && main_thread != NULL && main_thread->text.n > 0)
		said |= CHUNK_SAYS_TEXT;
	return said;
}

bool
fold_sealed(const struct fold *f)
{
	return f->sealed && !f->one;
}

/* Whether it is a second one, where all before it had one. */
static bool
is_second(const struct fold_ids *ids, struct json id)
{
	return !ids->differ && ids->last.p != NULL && json_says(id) &&
	    !same(ids->last, id);
}

/* Whether a choice that spoke on without a role gets one again, under no id of its. */
static bool
gets_role(const struct fold *f, const struct chunk *c)
{
	const struct fold_choice *known;
	const struct chunk_choice *choice;
	struct chunk_iter i;

	if (c->kind != CHUNK_DELTA || (json_says(c->id) && same(f->ids.last, c->id)))
		return false;
	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		known = fold_choice(f, choice->index);
		if (known != NULL && known->roleless && choice->role.p != NULL)
			return true;
	}
	return false;
}

bool
fold_begins(const struct fold *f, const struct chunk *c)
{
	/* Nothing else of the ensemble's begins one, unless there are ids: told at once. */
	if (!f->open || (c->kind == CHUNK_SUPAI && f->ids.last.p == NULL &&
	    c->type != CHUNK_RUN_MODE_CALL))
		return false;
	if (c->kind == CHUNK_RESULT)
		return true;
	if (f->one || c->kind == CHUNK_OTHER)
		return false;
	if (c->type == CHUNK_RUN_MODE_CALL)
		return f->started || f->texts || f->errors.n > 0 ||
		    is_finished(f);
	if (c->kind == CHUNK_COMPLETION)
		return !json_says(c->id) || !same(f->id, c->id);
	if (is_second(&f->ids, c->id) && (f->ids.again || f->errors.n > 0 ||
	    is_finished(f)))
		return chunk_says(c);
	return gets_role(f, c) && chunk_says(c);
}

/* What a chunk adds. */

static void
add_id(struct fold_ids *ids, struct json id)
{
	uint64_t hash;
	size_t at = 0;

	if (same(ids->last, id)) {
		ids->again = true;
		return;
	}
	ids->differ = ids->last.p != NULL;
	set_string(&ids->last, id);
	/* 64 bits tell them apart. */
	hash = table_hash(ids->last.p, ids->last.n);
	if (table_next(&ids->seen, hash, &at) != NULL)
		ids->again = true;
	else
		table_add(&ids->seen, hash, 0);
}

static void
add_choice(struct fold *f, struct fold_choice *known,
    const struct chunk_choice *choice, bool whole)
{
	static const struct json stop = {"\"stop\"", 6};
	unsigned voices = choice->voices;

	if (!whole && voices != 0 && known->finish.p != NULL)
		f->late = true;
	if (!whole || !known->in_deltas)
		known->said |= voices;
	if (voices != 0 && !whole) {
		known->in_deltas = true;
		known->roleless |= choice->role.p == NULL;
	}
	f->texts |= (voices & CHUNK_SAYS_TEXT) != 0;
	set_string(&known->finish,
	    whole && choice->finish.p == NULL ? stop : choice->finish);
}

static void
add_choices(struct fold *f, const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct fold_choice *known;
	struct chunk_iter i;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		known = get_choice(f, choice->index);
		if (known != NULL)
			add_choice(f, known, choice, c->kind == CHUNK_COMPLETION);
	}
}

/* A piece of a thread's text or thinking. */
static void
add_piece(struct fold *f, struct fold_thread *t, const struct chunk *c)
{
	if (c->type == CHUNK_TEXT) {
		f->texts = true;
		if ((f->keep & FOLD_TEXTS) != 0)
			chunk_text(c, c->text, &t->text, &t->half_text);
		return;
	}
	if ((f->keep & FOLD_COUNTS) != 0)
		t->thinking_chars += chunk_chars(c, c->text, &t->half_counted);
	if ((f->keep & FOLD_THINKING) != 0)
		chunk_text(c, c->text, &t->thinking, &t->half_thinking);
}

static void
add_failure(struct fold_thread *t, struct json message, struct json retry_at)
{
	struct fold_item *item = list_push(&t->errors, string_of(message));

	item->more = string_of(retry_at);
	item->more_is_null = json_type(retry_at) == JSON_NULL;
}

static void
add_searches(struct fold_thread *t, const struct chunk *c)
{
	struct json_iter i;
	struct json name, query;

	list_add(&t->searches, string_of(chunk_get(c, "query")));
	for (i = json_first(chunk_get(c, "queries"));
	    json_more(&i, &name, &query);)
		list_add(&t->searches, string_of(query));
}

static void
add_source(struct fold_thread *t, struct json source)
{
	struct fold_item *item = list_add(&t->sources,
	    string_of(json_get(source, "url")));

	if (item != NULL && item->more.p == NULL)
		item->more = string_of(json_get(source, "title"));
}

static void
add_file(struct fold_thread *t, const struct chunk *c)
{
	struct json id = chunk_get(c, "fileId");

	if (json_type(id) == JSON_STRING)
		list_push(&t->files, string_of(id))->more =
		    string_of(chunk_get(c, "contentType"));
}

static void
set_score(struct fold_thread *t, struct json value)
{
	t->scored = json_type(value) == JSON_NUMBER;
	t->confidence = json_number(value);
	free(t->score.p);
	t->score = (struct fold_string){0};
	if (t->scored)
		t->score = (struct fold_string){mem_copy(value.p, value.n), value.n};
}

/* What a thread searched, read or made. */
static void
add_work(struct fold_thread *t, const struct chunk *c)
{
	switch (c->type) {
	case CHUNK_WEB_SEARCH_CALL:
	case CHUNK_WEB_SEARCH_RESULT:
	case CHUNK_GOOGLE_SEARCH_RESULTS:
		add_searches(t, c);
		break;
	case CHUNK_FETCH_URL_CALL:
		list_add(&t->fetched, string_of(chunk_get(c, "url")));
		break;
	case CHUNK_SOURCE:
		add_source(t, chunk_get(c, "source"));
		break;
	case CHUNK_FILE_START:
		add_file(t, c);
		break;
	default:
		break;
	}
}

static void
add_to_thread(struct fold *f, struct fold_thread *t, const struct chunk *c)
{
	if (t->model.p == NULL)
		t->model = string_of(c->model);
	switch (c->type) {
	case CHUNK_TEXT_START:
		buf_clear(&t->text);
		t->half_text = 0;
		break;
	case CHUNK_TEXT:
	case CHUNK_THINKING:
		add_piece(f, t, c);
		break;
	case CHUNK_DONE:
		t->done = true;
		break;
	case CHUNK_RETRY:
		t->retries++;
		break;
	case CHUNK_CONFIDENCE_SCORE:
		set_score(t, chunk_get(c, "value"));
		break;
	case CHUNK_FAILURE:
		add_failure(t, chunk_get(c, "message"),
		    chunk_get(c, "retryAt"));
		break;
	default:
		if ((f->keep & FOLD_WORK) != 0)
			add_work(t, c);
		break;
	}
}

static void
add_supai(struct fold *f, const struct chunk *c)
{
	struct fold_thread *t = get_thread(f, c->key);

	f->ensemble = true;
	switch (c->type) {
	case CHUNK_RUN_MODE_CALL:
		f->started = true;
		set_string(&f->mode, chunk_get(c, "modeId"));
		list_fill(&f->start, chunk_get(c, "startModelIds"));
		return;
	case CHUNK_RUN_MODE_RESULT:
		f->ended = true;
		list_fill(&f->final, chunk_get(c, "finalModelIds"));
		return;
	case CHUNK_RUN_CONSENSUS:
		set_string(&f->consensus, chunk_get(c, "modelId"));
		return;
	case CHUNK_UNKNOWN:
		list_add(&f->other, string_of(chunk_get(c, "type")));
		break;
	default:
		break;
	}
	if (t != NULL)
		add_to_thread(f, t, c);
}

static void
add_folded_thread(struct fold *f, struct fold_thread *t, struct json v)
{
	struct json_iter i;
	struct json key, error;

	buf_clear(&t->text);
	t->half_text = t->half_thinking = 0;
	json_text(json_get(v, "text"), &t->text);
	if ((f->keep & FOLD_THINKING) != 0)
		json_text(json_get(v, "thinking"), &t->thinking);
	t->done = json_type(json_get(v, "done")) == JSON_TRUE;
	set_score(t, json_get(v, "confidence"));
	if (t->errors.n > 0)	/* the chunks have told of them */
		return;
	for (i = json_first(json_get(v, "errors")); json_more(&i, &key, &error);)
		add_failure(t, json_get(error, "message"),
		    json_get(error, "retry_at"));
}

/* The threads of a completion that was folded before. */
static void
add_folded(struct fold *f, struct json supai)
{
	struct json_iter i;
	struct json key, v;
	struct fold_thread *t;

	if (json_type(supai) != JSON_OBJECT)
		return;
	f->ensemble = true;
	list_fill(&f->final, json_get(supai, "final_models"));
	for (i = json_first(json_get(supai, "threads"));
	    json_more(&i, &key, &v);) {
		t = get_thread(f, key);
		if (t != NULL)
			add_folded_thread(f, t, v);
	}
}

static struct fold_string
bytes_of(struct json v)
{
	return (struct fold_string){mem_copy(v.p, v.n), v.n};
}

/* What is of the answer, whatever kind of record says it. */
static void
add_common(struct fold *f, const struct chunk *c)
{
	if (f->id.p == NULL && json_says(c->id))
		f->id = string_of(c->id);
	if (json_says(c->id) && chunk_says(c))
		add_id(&f->ids, c->id);
	f->mixed = f->ids.differ && f->ids.again && !f->one;
	if (c->usage.p != NULL && json_type(c->usage) == JSON_OBJECT) {
		buf_clear(&f->usage);
		buf_add(&f->usage, c->usage.p, c->usage.n);
	}
	if (c->error.p != NULL)
		list_add(&f->errors, bytes_of(c->error));
}

/* Whether a chunk opens an answer: usage alone does not. */
static bool
opens(const struct chunk *c)
{
	struct chunk_iter i;

	chunk_choices(&i, c);
	return c->kind != CHUNK_DELTA || c->error.p != NULL ||
	    chunk_choice(&i) != NULL;
}

bool
fold_add(struct fold *f, const struct chunk *c)
{
	if (c->kind == CHUNK_OTHER || c->kind == CHUNK_RESULT ||
	    (!f->open && !opens(c)))
		return false;
	if (c->kind == CHUNK_COMPLETION) {
		f->completion = !f->open;
		f->sealed = true;
		add_folded(f, c->supai);
	}
	f->open = true;
	if (c->id.p != NULL || c->usage.p != NULL || c->error.p != NULL)
		add_common(f, c);
	if (c->kind == CHUNK_SUPAI)
		add_supai(f, c);
	else
		add_choices(f, c);
	return true;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
fold_median(double *scores, size_t n)
{
	qsort(scores, n, sizeof(*scores), by_value);
	return n % 2 == 1 ? scores[n / 2] : (scores[n / 2 - 1] + scores[n / 2]) / 2;
}
