#include <stdlib.h>
#include <string.h>

#include "doing.h"
#include "fold.h"
#include "mem.h"
#include "term.h"
#include "utf8.h"
#include "watch.h"

/* What is told of an answer. What is being done stands as its threads do. */
struct view {
	struct doing	*doing;
	size_t		 n;
	size_t		 recent;	/* the thread that spoke last */
	size_t		 content;	/* characters of its choices */
	long long	 begun, last;	/* when its first and last record came, ms */
	bool		 told;		/* it is, or was, the one told of */
};

struct watch {
	const struct watch_opts	*opts;
	long long		 ms, wall;	/* the time */
	struct fold		 fold;
	struct chunk_reader	*reader;
	struct fold_answer	*answer;	/* the one told of; NULL: none */
	struct buf		 held;		/* the beginning of a record */
	bool			 skip;		/* one too long is passing */
	bool			 began;		/* some record of the file was read */
	bool			 some;		/* an answer has begun */
	bool			 stopped;	/* the final text has come */
	bool			 news;
	struct watch_row	*rows;
	size_t			 nrows, cap;
	struct buf		 totals[WATCH_TOTALS];
	struct buf		 line;		/* reused */
};

static struct view *
view_of(const struct fold_answer *a)
{
	return a->own;
}

/* The number of a thread that the answer has. */
static size_t
number_of(const struct fold_answer *a, const struct fold_thread *t)
{
	size_t i = 0;

	while (a->threads[i] != t)
		i++;
	return i;
}

/* The number of the thread that a chunk is of; false where it is of none. */
static bool
thread_of(const struct fold_answer *a, struct json key, size_t *i)
{
	struct view *v = view_of(a);
	const struct fold_string *s;
	size_t k;

	for (k = 0; k < a->nthreads; k++) {
		*i = (v->recent + k) % a->nthreads;
		s = &a->threads[*i]->key;
		if (json_equals(key, s->p, s->n)) {
			v->recent = *i;
			return true;
		}
	}
	return false;
}

/* What main is doing; NULL where there is no main. */
static struct doing *
main_of(const struct fold_answer *a)
{
	const struct fold_thread *t = fold_main(a);

	return t != NULL ? &view_of(a)->doing[number_of(a, t)] : NULL;
}

void
watch_time(struct buf *out, long long ms)
{
	long long s = ms / 1000;

	if (s >= 3600)
		buf_printf(out, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else
		buf_printf(out, "%lld:%02lld", s / 60, s % 60);
}

/* Lines. */

/* Begins a line with the time since the answer's beginning. */
static void
begin_line(struct watch *w, const struct view *v)
{
	buf_clear(&w->line);
	watch_time(&w->line, w->ms - v->begun);
	buf_addc(&w->line, ' ');
}

static void
end_line(struct watch *w)
{
	w->opts->say(w->line.p, w->line.n, w->opts->arg);
}

/* Begins a thread's line. False: none is wanted. */
static bool
begin_thread(struct watch *w, const struct fold_answer *a, size_t i)
{
	const struct fold_string *key = &a->threads[i]->key;

	if (w->opts->say == NULL)
		return false;
	begin_line(w, view_of(a));
	term_line(&w->line, key->p, key->n);
	buf_adds(&w->line, ": ");
	return true;
}

static void
say_doing(struct watch *w, const struct fold_answer *a, size_t i)
{
	const struct doing *d = &view_of(a)->doing[i];

	if (!begin_thread(w, a, i))
		return;
	doing_words(&w->line, d, 0, d->what == DOING_DONE ? d->text : 0, w->wall);
	end_line(w);
}

static void
say_score(struct watch *w, const struct fold_answer *a, size_t i)
{
	if (!begin_thread(w, a, i))
		return;
	buf_printf(&w->line, "confidence %.2f", a->threads[i]->confidence);
	end_line(w);
}

/* What the run as a whole does: how many models there are, and whose word it is. */
static void
say_run(struct watch *w, const struct fold_answer *a, const struct chunk *c)
{
	if (w->opts->say == NULL)
		return;
	begin_line(w, view_of(a));
	switch (c->type) {
	case CHUNK_RUN_MODE_CALL:
		term_line(&w->line, a->mode.p, a->mode.n);
		buf_printf(&w->line, ": %zu models", a->start.n);
		break;
	case CHUNK_RUN_MODE_RESULT:
		buf_printf(&w->line, "%zu of %zu models kept", a->final.n,
		    a->start.n);
		break;
	case CHUNK_RUN_CONSENSUS:
		buf_adds(&w->line, "consensus by ");
		term_line(&w->line, a->consensus.p, a->consensus.n);
		break;
	default:
		return;
	}
	end_line(w);
}

static void
say_end(struct watch *w)
{
	const struct buf *totals = watch_totals(w);

	if (w->opts->say == NULL)
		return;
	begin_line(w, view_of(w->answer));
	buf_add(&w->line, totals[WATCH_CHARS].p, totals[WATCH_CHARS].n);
	if (totals[WATCH_RATE].n > 0)
		buf_adds(&w->line, ", ");
	buf_add(&w->line, totals[WATCH_RATE].p, totals[WATCH_RATE].n);
	end_line(w);
}

/* What a chunk changes. */

/* Begins to tell of the threads that are new. Those of a folded answer are done. */
static void
add_threads(struct view *v, const struct fold_answer *a)
{
	const struct fold_thread *t;
	struct doing *d;

	if (v->n == a->nthreads)
		return;
	v->doing = mem_resize(v->doing, a->nthreads, sizeof(*v->doing));
	for (; v->n < a->nthreads; v->n++) {
		t = a->threads[v->n];
		d = &v->doing[v->n];
		*d = (struct doing){.what = DOING_WAITING};
		if (!a->completion)
			continue;
		d->what = t->done ? DOING_DONE : DOING_WAITING;
		d->text = d->all = utf8_count(t->text.p, t->text.n);
	}
}

static void
add_supai(struct watch *w, const struct fold_answer *a, const struct chunk *c)
{
	size_t i;

	if (!thread_of(a, c->key, &i))
		say_run(w, a, c);
	else if (c->type == CHUNK_CONFIDENCE_SCORE)
		say_score(w, a, i);
	else if (doing_add(&view_of(a)->doing[i], c, w->wall))
		say_doing(w, a, i);
}

/* The final answer's text, as any client gets it. */
static void
add_content(struct watch *w, const struct fold_answer *a, const struct chunk *c)
{
	struct view *v = view_of(a);
	struct doing *d = main_of(a);
	const struct chunk_choice *choice;
	struct chunk_iter i;
	size_t chars = 0;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
		chars += chunk_chars(c, choice->content);
	if (chars > 0 && d != NULL && d->what != DOING_DONE && doing_write(d))
		say_doing(w, a, number_of(a, fold_main(a)));
	if (chars > 0 && v->content == 0 && !a->ensemble &&
	    w->opts->say != NULL) {
		begin_line(w, v);
		buf_adds(&w->line, "writing");
		end_line(w);
	}
	v->content += chars;
}

static void
add_chunk(struct watch *w, const struct fold_answer *a, const struct chunk *c)
{
	struct view *v = view_of(a);

	v->last = w->ms;
	add_threads(v, a);
	if (c->kind == CHUNK_SUPAI)
		add_supai(w, a, c);
	else
		add_content(w, a, c);
	if (a == w->answer)
		w->news = true;
}

/* Which answer is told of. */

static void
over(struct watch *w)
{
	if (w->answer == NULL)
		return;
	w->opts->over(w->opts->arg);
	w->answer = NULL;
}

static void
closed(struct fold_answer *a, void *arg)
{
	struct watch *w = arg;
	struct view *v = view_of(a);
	size_t i;

	if (a == w->answer) {
		say_end(w);
		over(w);
	}
	if (v == NULL)
		return;
	for (i = 0; i < v->n; i++)
		buf_free(&v->doing[i].about);
	free(v->doing);
	free(v);
}

/* An answer is told of from when it has something to tell until another has. */
static void
turn_to(struct watch *w, struct fold_answer *a)
{
	struct view *v = view_of(a);

	if (v == NULL) {
		a->own = v = mem_zero(1, sizeof(*v));
		v->begun = w->some ? w->ms : 0;
		w->some = true;
	}
	if (v->told || (!a->ensemble && a->nchoices == 0))
		return;
	v->told = true;
	over(w);
	w->answer = a;
}

/* Records. */

static bool
has_text(struct json v)
{
	return json_type(v) == JSON_STRING && v.n > 2;
}

/* Whether a chunk holds text of the final answer. */
static bool
speaks(const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct chunk_iter i;

	if (c->kind == CHUNK_SUPAI)
		return c->type == CHUNK_TEXT && json_is(c->key, "main") &&
		    has_text(c->text);
	if (c->kind != CHUNK_DELTA && c->kind != CHUNK_COMPLETION)
		return false;
	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
		if (has_text(choice->content))
			return true;
	return false;
}

/* Takes in one record; true when it is the one to stop at. */
static bool
add_record(struct watch *w, const char *p, size_t n)
{
	struct json_fault fault;
	const struct chunk *c;
	struct fold_answer *a;
	size_t bom = w->began ? 0 : utf8_bom(p, n);

	p += bom;
	n -= bom;
	w->began = true;
	if (n == 0 || n > w->opts->max ||
	    (c = chunk_next(w->reader, p, n, &fault)) == NULL)
		return false;
	w->stopped = w->opts->until_text && speaks(c);
	a = fold_add(&w->fold, c);
	if (a != NULL) {
		turn_to(w, a);
		add_chunk(w, a, c);
	}
	fold_settle(&w->fold);
	return w->stopped;
}

/* Keeps the beginning of a record whose end is still to come. */
static void
hold(struct watch *w, const char *p, size_t n)
{
	if (w->skip)
		return;
	w->skip = n > w->opts->max || w->held.n > w->opts->max - n;
	if (w->skip)
		buf_free(&w->held);
	else
		buf_add(&w->held, p, n);
}

/* A record's end has come with the n bytes at p; true when it is the one to stop at. */
static bool
end_record(struct watch *w, const char *p, size_t n)
{
	bool stop;

	if (w->skip || w->held.n > 0) {
		hold(w, p, n);
		p = w->held.p;
		n = w->held.n;
	}
	stop = !w->skip && add_record(w, p, n);
	w->skip = false;
	buf_clear(&w->held);
	return stop;
}

size_t
watch_feed(struct watch *w, const char *p, size_t n)
{
	const char *newline;
	size_t at = 0, end;

	while ((newline = memchr(p + at, '\n', n - at)) != NULL) {
		end = (size_t)(newline - p);
		if (end_record(w, p + at, end - at))
			return at;
		at = end + 1;
	}
	hold(w, p + at, n - at);
	return n;
}

void
watch_end(struct watch *w)
{
	(void)end_record(w, "", 0);
	fold_finish(&w->fold);
	w->began = false;
}

/* What there is to tell. */

bool
watch_any(const struct watch *w)
{
	return w->answer != NULL;
}

bool
watch_whole(const struct watch *w)
{
	return w->answer != NULL && fold_whole(w->answer);
}

bool
watch_news(struct watch *w)
{
	bool news = w->news;

	w->news = false;
	return news;
}

/* The next row, empty. */
static struct watch_row *
new_row(struct watch *w, const struct fold_string *name)
{
	struct watch_row *row;

	if (w->nrows == w->cap)
		w->rows = mem_more(w->rows, &w->cap, sizeof(*w->rows));
	row = &w->rows[w->nrows++];
	*row = (struct watch_row){.name = row->name, .words = row->words};
	buf_clear(&row->name);
	buf_clear(&row->words);
	doing_shorten(&row->name, name->p, name->n);
	return row;
}

static void
add_row(struct watch *w, const struct fold_thread *t)
{
	const struct fold_answer *a = w->answer;
	const struct view *v = view_of(a);
	const struct doing *d = &v->doing[number_of(a, t)];
	struct watch_row *row = new_row(w, &t->key);
	size_t text = d->text;

	row->is_main = t == fold_main(a);
	row->doing = d->what;
	row->scored = t->scored;
	row->confidence = t->confidence < 0 ? 0 :
	    t->confidence > 1 ? 1 : t->confidence;
	if (row->is_main && v->content > text)
		text = v->content;
	if (row->is_main && w->stopped && d->what == DOING_WRITING)
		text = 0;	/* the first of it is no measure */
	doing_words(&row->words, d, t->thinking_chars, text, w->wall);
}

/* A model that is to start, whether or not it has. */
static void
add_start(struct watch *w, const struct fold_string *model)
{
	static const struct doing waiting;
	const struct fold_thread *t = fold_thread(w->answer, model->p, model->n);

	if (t != NULL)
		add_row(w, t);
	else
		doing_words(&new_row(w, model)->words, &waiting, 0, 0, 0);
}

static bool
is_start(const struct fold_answer *a, const struct fold_thread *t)
{
	const struct fold_string *model;
	size_t i;

	for (i = 0; i < a->start.n; i++) {
		model = &a->start.items[i].text;
		if (model->n == t->key.n &&
		    memcmp(model->p, t->key.p, model->n) == 0)
			return true;
	}
	return false;
}

const struct watch_row *
watch_rows(struct watch *w, size_t *n)
{
	const struct fold_answer *a = w->answer;
	const struct fold_thread *last = a != NULL ? fold_main(a) : NULL;
	size_t i;

	w->nrows = 0;
	for (i = 0; a != NULL && i < a->start.n; i++)
		add_start(w, &a->start.items[i].text);
	for (i = 0; a != NULL && i < a->nthreads; i++)
		if (a->threads[i] != last && !is_start(a, a->threads[i]))
			add_row(w, a->threads[i]);
	if (last != NULL && !is_start(a, last))
		add_row(w, last);
	*n = w->nrows;
	return w->rows;
}

/* All characters that came; those of the final answer, which come twice, once. */
static size_t
count_all(const struct fold_answer *a)
{
	const struct view *v = view_of(a);
	const struct doing *d = main_of(a);
	size_t i, n = 0;

	for (i = 0; i < v->n; i++)
		n += a->threads[i]->thinking_chars + v->doing[i].all;
	if (d == NULL)
		return n + v->content;
	return v->content > d->all ? n + v->content - d->all : n;
}

const struct buf *
watch_totals(struct watch *w)
{
	const struct fold_answer *a = w->answer;
	const struct view *v = a != NULL ? view_of(a) : NULL;
	struct buf *t = w->totals;
	long long ms;
	size_t i, n;

	for (i = 0; i < WATCH_TOTALS; i++)
		buf_clear(&t[i]);
	if (v == NULL)
		return t;
	ms = (fold_whole(a) ? v->last : w->ms) - v->begun;
	n = count_all(a);
	doing_shorten(&t[WATCH_MODE], a->mode.p, a->mode.n);
	watch_time(&t[WATCH_ELAPSED], ms);
	doing_count(&t[WATCH_CHARS], n);
	buf_adds(&t[WATCH_CHARS], n == 1 ? " character" : " characters");
	if (ms >= 1000) {
		doing_count(&t[WATCH_RATE],
		    (size_t)((double)n * 1000 / (double)ms));
		buf_adds(&t[WATCH_RATE], "/s");
	}
	return t;
}

/* The life of it. */

void
watch_now(struct watch *w, long long ms, long long wall)
{
	w->ms = ms;
	w->wall = wall;
}

/* No text is kept: it is counted. */
static bool
keep(const struct fold_thread *t, void *arg)
{
	(void)t;
	(void)arg;
	return false;
}

struct watch *
watch_new(const struct watch_opts *opts)
{
	struct watch *w = mem_zero(1, sizeof(*w));

	w->opts = opts;
	w->reader = chunk_reader();
	w->fold = (struct fold){.keep = keep, .closed = closed, .arg = w};
	return w;
}

void
watch_free(struct watch *w)
{
	size_t i;

	w->answer = NULL;	/* nothing is to be told of any more */
	fold_finish(&w->fold);
	chunk_free_reader(w->reader);
	for (i = 0; i < w->cap; i++) {
		buf_free(&w->rows[i].name);
		buf_free(&w->rows[i].words);
	}
	free(w->rows);
	for (i = 0; i < WATCH_TOTALS; i++)
		buf_free(&w->totals[i]);
	buf_free(&w->held);
	buf_free(&w->line);
	free(w);
}
