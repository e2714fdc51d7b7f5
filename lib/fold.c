#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "mem.h"
#include "utf8.h"

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
	/* Grown by doubling: at each power of two. */
	if ((l->n & (l->n - 1)) == 0)
		l->items = mem_resize(l->items, l->n == 0 ? 1 : l->n * 2,
		    sizeof(*l->items));
	l->items[l->n] = (struct fold_item){.text = text};
	return &l->items[l->n++];
}

/* Adds a string, or counts it where it is there; anything else is passed over. */
static struct fold_item *
list_add(struct fold_list *l, struct json v)
{
	struct fold_string s = string_of(v);
	struct fold_item *item;
	size_t i = 0;

	if (s.p == NULL)
		return NULL;
	while (i < l->n && (l->items[i].text.n != s.n ||
	    memcmp(l->items[i].text.p, s.p, s.n) != 0))
		i++;
	if (i < l->n) {
		item = &l->items[i];
		free(s.p);
	} else {
		item = list_push(l, s);
	}
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

/* Answers. */

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

static void
free_answer(struct fold_answer *a)
{
	size_t i;

	for (i = 0; i < a->nchoices; i++)
		free(a->choices[i].finish.p);
	for (i = 0; i < a->nthreads; i++)
		free_thread(a->threads[i]);
	free(a->choices);
	free(a->threads);
	free(a->id.p);
	free(a->mode.p);
	free(a->consensus.p);
	list_free(&a->start);
	list_free(&a->final);
	list_free(&a->other);
	buf_free(&a->usage);
	buf_free(&a->error);
	free(a);
}

static void
close_answer(struct fold *f, struct fold_answer *a)
{
	size_t i = 0;

	while (f->open[i] != a)
		i++;
	f->nopen--;
	memmove(f->open + i, f->open + i + 1, (f->nopen - i) * sizeof(*f->open));
	if (f->current == a)
		f->current = NULL;
	f->closed(a, f->arg);
	free_answer(a);
}

/* Of the open answers, the one that ended first, if it is over. */
static struct fold_answer *
next_over(const struct fold *f, bool all)
{
	struct fold_answer *a;
	size_t i;

	if (f->nopen == 0)
		return NULL;
	a = f->open[0];
	for (i = 1; i < f->nopen; i++)
		if (f->open[i]->last < a->last)
			a = f->open[i];
	if (all || fold_whole(a) || a->error.n > 0)
		return a;
	/* Without an id nothing but what is current can belong to it. */
	if (a->id.p == NULL)
		return a;
	/* Silent while another one came and went: it was cut. */
	for (i = 0; i < f->nopen; i++)
		if (a->last < f->open[i]->first && fold_whole(f->open[i]))
			return a;
	return NULL;
}

static void
close_over(struct fold *f, bool all)
{
	struct fold_answer *a;

	while ((a = next_over(f, all)) != NULL)
		close_answer(f, a);
}

void
fold_close(struct fold *f)
{
	close_over(f, false);
}

void
fold_finish(struct fold *f)
{
	close_over(f, true);
	free(f->open);
	f->open = NULL;
}

void
fold_settle(struct fold *f)
{
	if (f->current != NULL && f->current->sealed)
		close_answer(f, f->current);
}

static struct fold_answer *
begin(struct fold *f, struct json id)
{
	struct fold_answer *a;

	close_over(f, false);
	a = mem_zero(1, sizeof(*a));
	a->id = string_of(id);
	a->first = f->records;
	f->open = mem_resize(f->open, f->nopen + 1, sizeof(*f->open));
	f->open[f->nopen++] = a;
	return a;
}

const struct fold_choice *
fold_choice(const struct fold_answer *a, long index)
{
	size_t i;

	for (i = 0; i < a->nchoices; i++)
		if (a->choices[i].index == index)
			return &a->choices[i];
	return NULL;
}

struct fold_thread *
fold_thread(const struct fold_answer *a, const char *key, size_t n)
{
	const struct fold_string *s;
	size_t i;

	for (i = 0; i < a->nthreads; i++) {
		s = &a->threads[i]->key;
		if (s->n == n && memcmp(s->p, key, n) == 0)
			return a->threads[i];
	}
	return NULL;
}

struct fold_thread *
fold_main(const struct fold_answer *a)
{
	return fold_thread(a, "main", 4);
}

bool
fold_whole(const struct fold_answer *a)
{
	const struct fold_thread *main_thread;
	size_t i;

	if (a->error.n > 0)
		return false;
	for (i = 0; i < a->nchoices; i++)
		if (a->choices[i].finish.p == NULL)
			break;
	if (i < a->nchoices && (!a->completion || a->answers))
		return false;
	if (a->nchoices > 0 && i == a->nchoices)
		return true;
	/* A recording; or a folded one, which says null where main had no text. */
	main_thread = fold_main(a);
	if (main_thread != NULL)
		return main_thread->done;
	return a->completion && a->nchoices == 0;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bool
fold_confidence(const struct fold_answer *a, double *median)
{
	const struct fold_thread *t;
	double *scores = mem_zero(a->final.n, sizeof(*scores));
	size_t i, n = 0;

	for (i = 0; i < a->final.n; i++) {
		t = fold_thread(a, a->final.items[i].text.p,
		    a->final.items[i].text.n);
		if (t != NULL && t->scored)
			scores[n++] = t->confidence;
	}
	qsort(scores, n, sizeof(*scores), by_value);
	if (n > 0)
		*median = n % 2 == 1 ? scores[n / 2] :
		    (scores[n / 2 - 1] + scores[n / 2]) / 2;
	free(scores);
	return n > 0;
}

/* Which answer a chunk belongs to. */

static bool
is_empty(struct json v)
{
	return json_type(v) != JSON_STRING || v.n == 2;
}

/*
 * Whether a delta begins an answer anew: a choice that has finished speaks. With
 * an id that is the same only text tells: some finish behind each call of a tool.
 */
static bool
restarts(const struct fold_answer *a, const struct chunk *c)
{
	const struct fold_choice *known;
	const struct chunk_choice *choice;
	struct chunk_iter i;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		known = fold_choice(a, choice->index);
		if (known != NULL && known->finish.p != NULL &&
		    (!is_empty(choice->content) || (is_empty(c->id) &&
		    (chunk_answers(choice->delta) ||
		    json_holds(json_get(choice->delta, "refusal"))))))
			return true;
	}
	return false;
}

static struct fold_answer *
by_id(const struct fold *f, struct json id)
{
	size_t i;

	for (i = f->nopen; i-- > 0;)
		if (same(f->open[i]->id, id))
			return f->open[i];
	return NULL;
}

/* An answer that is nothing but an error: no more of it comes. */
static bool
only_error(const struct fold_answer *a)
{
	return a != NULL && a->error.n > 0 && a->nchoices == 0 && !a->ensemble;
}

static struct fold_answer *
of_delta(struct fold *f, const struct chunk *c)
{
	bool has_id = !is_empty(c->id);
	struct fold_answer *current = only_error(f->current) ? NULL : f->current;
	struct fold_answer *a = has_id ? by_id(f, c->id) : current;
	struct chunk_iter i;

	if (a == NULL && has_id && current != NULL && current->id.p == NULL &&
	    current->nchoices == 0) {
		a = current;		/* the ensemble's chunks came first */
		set_string(&a->id, c->id);
	}
	if (a != NULL && restarts(a, c)) {
		close_answer(f, a);
		a = NULL;
	}
	/* Usage alone, of an answer that is closed, begins none. */
	chunk_choices(&i, c);
	if (a == NULL && c->error.p == NULL && chunk_choice(&i) == NULL)
		return NULL;
	return a != NULL ? a : begin(f, has_id ? c->id : (struct json){0});
}

static struct fold_answer *
answer_of(struct fold *f, const struct chunk *c)
{
	struct fold_answer *a = f->current;
	static const struct json none;

	switch (c->kind) {
	case CHUNK_DELTA:
		return of_delta(f, c);
	case CHUNK_SUPAI:
		if (a == NULL || only_error(a) || (c->type == CHUNK_RUN_MODE_CALL &&
		    (a->started || fold_whole(a))))
			return begin(f, none);
		return a;
	case CHUNK_ERROR:
		return a != NULL && !fold_whole(a) && a->error.n == 0 ? a :
		    begin(f, none);
	case CHUNK_COMPLETION:
		return begin(f, c->id);
	default:
		return NULL;
	}
}

/* What a chunk adds to its answer. */

static void
add_choices(struct fold_answer *a, const struct chunk *c)
{
	static const struct json stop = {"\"stop\"", 6};
	const struct chunk_choice *choice;
	struct fold_choice *known;
	struct chunk_iter i;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		known = (struct fold_choice *)fold_choice(a, choice->index);
		if (known == NULL) {
			a->choices = mem_resize(a->choices, a->nchoices + 1,
			    sizeof(*a->choices));
			known = &a->choices[a->nchoices++];
			*known = (struct fold_choice){.index = choice->index};
		}
		set_string(&known->finish, choice->finish);
		if (!a->completion)
			continue;
		if (choice->finish.p == NULL)
			set_string(&known->finish, stop);
		if (chunk_answers(choice->delta))
			a->answers = true;
	}
}

static struct fold_thread *
get_thread(struct fold *f, struct fold_answer *a, struct json key)
{
	struct fold_thread *t = a->recent;
	size_t i;

	if (json_type(key) != JSON_STRING)
		return NULL;
	if (t != NULL && same(t->key, key))
		return t;
	for (i = 0; i < a->nthreads; i++)
		if (same(a->threads[i]->key, key))
			return a->recent = a->threads[i];
	t = mem_zero(1, sizeof(*t));
	t->key = string_of(key);
	t->kept = f->keep == NULL || f->keep(t, f->arg);
	a->threads = mem_resize(a->threads, a->nthreads + 1,
	    sizeof(struct fold_thread *));
	a->threads[a->nthreads++] = t;
	return a->recent = t;
}

/* A piece of a thread's text or thinking. */
static inline void
add_piece(const struct fold *f, struct fold_thread *t, const struct chunk *c)
{
	if (c->type == CHUNK_TEXT) {
		if (t->kept)
			chunk_text(c, c->text, &t->text);
		return;
	}
	if (f->thinking != FOLD_SKIP)
		t->thinking_chars += chunk_chars(c, c->text);
	if (f->thinking == FOLD_KEEP && t->kept)
		chunk_text(c, c->text, &t->thinking);
}

static void
add_failure(struct fold_thread *t, const struct chunk *c)
{
	struct json retry_at = chunk_get(c, "retryAt");
	struct fold_item *item = list_push(&t->errors,
	    string_of(chunk_get(c, "message")));

	item->more = string_of(retry_at);
	item->more_is_null = json_type(retry_at) == JSON_NULL;
}

static void
add_searches(struct fold_thread *t, const struct chunk *c)
{
	struct json_iter i;
	struct json name, query;

	list_add(&t->searches, chunk_get(c, "query"));
	for (i = json_first(chunk_get(c, "queries"));
	    json_more(&i, &name, &query);)
		list_add(&t->searches, query);
}

static void
add_source(struct fold_thread *t, struct json source)
{
	struct json_iter i;
	struct json name, v, url = {0}, title = {0};
	struct fold_item *item;

	for (i = json_first(source); json_more(&i, &name, &v);) {
		if (json_is(name, "url"))
			url = v;
		else if (json_is(name, "title"))
			title = v;
	}
	item = list_add(&t->sources, url);
	if (item != NULL && item->more.p == NULL)
		item->more = string_of(title);
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

static void
add_to_thread(struct fold *f, struct fold_thread *t, const struct chunk *c)
{
	if (t->model.p == NULL)
		t->model = string_of(c->model);
	switch (c->type) {
	case CHUNK_TEXT_START:
		buf_clear(&t->text);
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
		add_failure(t, c);
		break;
	case CHUNK_WEB_SEARCH_CALL:
	case CHUNK_WEB_SEARCH_RESULT:
	case CHUNK_GOOGLE_SEARCH_RESULTS:
		add_searches(t, c);
		break;
	case CHUNK_FETCH_URL_CALL:
		list_add(&t->fetched, chunk_get(c, "url"));
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
add_supai(struct fold *f, struct fold_answer *a, const struct chunk *c)
{
	struct fold_thread *t = get_thread(f, a, c->key);

	a->ensemble = true;
	switch (c->type) {
	case CHUNK_RUN_MODE_CALL:
		a->started = true;
		set_string(&a->mode, chunk_get(c, "modeId"));
		list_fill(&a->start, chunk_get(c, "startModelIds"));
		return;
	case CHUNK_RUN_MODE_RESULT:
		a->ended = true;
		list_fill(&a->final, chunk_get(c, "finalModelIds"));
		return;
	case CHUNK_RUN_CONSENSUS:
		set_string(&a->consensus, chunk_get(c, "modelId"));
		return;
	case CHUNK_UNKNOWN:
		list_add(&a->other, chunk_get(c, "type"));
		break;
	default:
		break;
	}
	if (t != NULL)
		add_to_thread(f, t, c);
}

/* The threads of a completion that was folded before. */
static void
add_folded(struct fold *f, struct fold_answer *a, struct json supai)
{
	struct json_iter i;
	struct json key, v;
	struct fold_thread *t;

	if (json_type(supai) != JSON_OBJECT)
		return;
	a->ensemble = true;
	list_fill(&a->final, json_get(supai, "final_models"));
	for (i = json_first(json_get(supai, "threads"));
	    json_more(&i, &key, &v);) {
		t = get_thread(f, a, key);
		if (t == NULL)
			return;
		buf_clear(&t->text);
		json_text(json_get(v, "text"), &t->text);
		if (f->thinking == FOLD_KEEP)
			json_text(json_get(v, "thinking"), &t->thinking);
		t->done = json_type(json_get(v, "done")) == JSON_TRUE;
		set_score(t, json_get(v, "confidence"));
	}
}

static void
keep(struct buf *b, struct json v)
{
	buf_clear(b);
	buf_add(b, v.p, v.n);
}

struct fold_answer *
fold_add(struct fold *f, const struct chunk *c)
{
	struct fold_answer *a;

	f->records++;
	a = answer_of(f, c);
	if (a == NULL)
		return NULL;
	f->current = a;
	a->last = f->records;
	if (c->kind == CHUNK_COMPLETION) {
		a->completion = a->sealed = true;
		add_folded(f, a, c->supai);
	}
	if (c->kind == CHUNK_SUPAI)
		add_supai(f, a, c);
	else
		add_choices(a, c);
	if (json_type(c->usage) == JSON_OBJECT)
		keep(&a->usage, c->usage);
	if (c->error.p != NULL)
		keep(&a->error, c->error);
	return a;
}
