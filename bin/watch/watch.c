#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "mem.h"
#include "term.h"
#include "utf8.h"
#include "watch.h"

/* What main is doing; NULL where there is no main. */
static struct doing *
main_of(const struct watch *w)
{
	const struct fold_thread *t = fold_main(&w->fold);

	return t != NULL ? &w->view.parts[t->number].doing : NULL;
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

/* Begins a line with the time since the answer's beginning: a thread's, or of all. */
static struct buf *
begin_line(struct watch *w, const struct fold_thread *t)
{
	buf_clear(&w->line);
	watch_time(&w->line, w->ms - w->view.begun);
	buf_addc(&w->line, ' ');
	if (t != NULL) {
		term_line(&w->line, t->key.p, t->key.n);
		buf_adds(&w->line, ": ");
	}
	return &w->line;
}

static void
end_line(struct watch *w)
{
	if (w->say != NULL)
		w->say(w->line.p, w->line.n, w->arg);
}

static void
say_doing(struct watch *w, const struct fold_thread *t)
{
	const struct doing *d = &w->view.parts[t->number].doing;

	doing_words(begin_line(w, t), d, 0, d->what == DOING_DONE ? d->text : 0,
	    w->wall);
	end_line(w);
}

/* What the run as a whole does: how many models there are, and whose word it is. */
static void
say_run(struct watch *w, const struct chunk *c)
{
	const struct fold *f = &w->fold;
	struct buf *line = begin_line(w, NULL);

	switch (c->type) {
	case CHUNK_RUN_MODE_CALL:
		term_line(line, f->mode.p, f->mode.n);
		buf_printf(line, ": %zu models", f->start.n);
		break;
	case CHUNK_RUN_MODE_RESULT:
		buf_printf(line, "%zu of %zu models kept", f->final.n, f->start.n);
		break;
	case CHUNK_RUN_CONSENSUS:
		buf_adds(line, "consensus by ");
		term_line(line, f->consensus.p, f->consensus.n);
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
	struct buf *line = begin_line(w, NULL);
	const char *between = "";
	unsigned i;

	for (i = WATCH_DONE; i <= WATCH_RATE; i++) {
		if (totals[i].n == 0)
			continue;
		buf_adds(line, between);
		buf_add(line, totals[i].p, totals[i].n);
		between = ", ";
	}
	end_line(w);
}

/* What a chunk changes. */

/* What a thread of a folded answer came to. */
static void
take_folded(struct doing *d, const struct fold_thread *t)
{
	const struct fold_item *error = t->errors.n > 0 ?
	    &t->errors.items[t->errors.n - 1] : NULL;

	d->what = t->done ? DOING_DONE : DOING_WAITING;
	d->text = d->all = utf8_count(t->text.p, t->text.n);
	if (error != NULL && error->more.p == NULL && !t->scored)
		doing_fail(d, error->text.p, error->text.n);
}

/* Begins to tell of the threads that are new. */
static void
add_threads(struct watch *w)
{
	const struct fold *f = &w->fold;
	struct watch_view *v = &w->view;
	const struct fold_thread *t;
	struct watch_part *part;

	for (; v->n < f->nthreads; v->n++) {
		if (v->n == v->cap)
			v->parts = mem_more(v->parts, &v->cap,
			    sizeof(*v->parts));
		t = f->threads[v->n];
		part = &v->parts[v->n];
		*part = (struct watch_part){.from = w->ms};
		if (fold_holds(&f->start, t->key))
			part->from = v->asked;
		if (f->completion)
			take_folded(&part->doing, t);
	}
}

/* A thread's confidence, from 0 to 1. */
static double
confidence(const struct fold_thread *t)
{
	return t->confidence < 0 ? 0 : t->confidence > 1 ? 1 : t->confidence;
}

static void
add_supai(struct watch *w, const struct chunk *c)
{
	const struct fold_thread *t = w->fold.recent;
	struct watch_part *part;
	bool over;

	if (t == NULL) {
		if (c->type == CHUNK_RUN_MODE_CALL)
			w->view.asked = w->ms;
		say_run(w, c);
		return;
	}
	if (c->type == CHUNK_CONFIDENCE_SCORE) {
		if (!t->scored)
			return;
		buf_printf(begin_line(w, t), "confidence %.2f", confidence(t));
		end_line(w);
		return;
	}
	part = &w->view.parts[t->number];
	over = doing_over(&part->doing);
	if (doing_add(&part->doing, c, w->wall))
		say_doing(w, t);
	if (!over && doing_over(&part->doing))
		part->to = w->ms;
}

/* The final answer's text, as any client gets it. */
static void
add_content(struct watch *w, const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct doing *d = main_of(w);
	struct chunk_iter i;
	size_t chars, had = w->view.half != 0;

	/* What stands for a half that came before is there, and was counted. */
	buf_clear(&w->text);
	if (had > 0)
		utf8_encode(&w->text, 0xfffd);
	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
		if (!fold_repeats(&w->fold, c, choice))
			chunk_said(c, choice, CHUNK_SAYS_TEXT, &w->text,
			    &w->view.half);
	chars = utf8_count(w->text.p, w->text.n) - had;
	if (chars > 0 && d != NULL && d->what != DOING_DONE && doing_write(d))
		say_doing(w, fold_main(&w->fold));
	if (chars > 0 && w->view.content == 0 && !w->fold.ensemble) {
		buf_adds(begin_line(w, NULL), "writing");
		end_line(w);
	}
	w->view.content += chars;
}

/* The answer, if one is open, is over, and can be told of for the last time. */
static void
finish(struct watch *w)
{
	struct watch_view *v = &w->view;
	size_t i;

	if (w->told) {
		say_end(w);
		w->over(w->arg);
	}
	w->told = false;
	for (i = 0; i < v->n; i++)
		buf_free(&v->parts[i].doing.about);
	free(v->parts);
	*v = (struct watch_view){0};
	fold_clear(&w->fold);
}

static void
add_chunk(struct watch *w, const struct chunk *c)
{
	struct watch_view *v = &w->view;

	if (fold_begins(&w->fold, c))
		finish(w);
	if (!w->fold.open)
		v->begun = w->some ? w->ms : 0;
	if (!fold_add(&w->fold, c))
		return;
	w->some = true;
	v->last = w->ms;
	add_threads(w);
	w->told = w->fold.ensemble || w->fold.nchoices > 0;
	if (c->kind == CHUNK_SUPAI)
		add_supai(w, c);
	else
		add_content(w, c);
	w->news |= w->told;
}

/* Records. */

/* Whether a chunk holds text of the final answer. */
static bool
speaks(const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct chunk_iter i;

	if (c->kind == CHUNK_SUPAI)
		return c->type == CHUNK_TEXT && json_is(c->key, "main") &&
		    json_holds(c->text);
	if (c->kind != CHUNK_DELTA && c->kind != CHUNK_COMPLETION)
		return false;
	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
		if ((choice->voices & (CHUNK_SAYS_TEXT | CHUNK_SAYS_REFUSAL)) != 0)
			return true;
	return false;
}

/* Keeps the beginning of a record whose end is still to come; of one too long, enough
 * to tell. */
static void
hold(struct watch *w, const char *p, size_t n)
{
	if (w->held.n <= w->max)
		buf_add(&w->held, p, n);
}

/* A record ends with the n bytes at p; true when it is the one to stop at. */
static bool
end_record(struct watch *w, const char *p, size_t n)
{
	struct json_fault fault;
	const struct chunk *c;
	size_t bom;

	if (w->held.n > 0) {
		hold(w, p, n);
		p = w->held.p;
		n = w->held.n;
	}
	bom = w->began ? 0 : utf8_bom(p, n);
	w->began = true;
	if (io_blank(p + bom, n - bom))
		finish(w);
	else if (n <= w->max &&
	    (c = events_read(w->reader, p + bom, n - bom, &fault)) != NULL) {
		w->stopped = w->until_text && speaks(c);
		add_chunk(w, c);
	}
	buf_clear(&w->held);
	return w->stopped;
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
	if (w->held.n > 0)
		(void)end_record(w, "", 0);
	finish(w);
	w->began = false;
}

/* What there is to tell. */

/* The next row, empty. */
static struct watch_row *
new_row(struct watch *w, const struct fold_string *name)
{
	struct watch_row *row;

	if (w->nrows == w->rows_cap)
		w->rows = mem_more(w->rows, &w->rows_cap, sizeof(*w->rows));
	row = &w->rows[w->nrows];
	*row = (struct watch_row){
		.name = row->name, .words = row->words, .at = w->nrows++,
	};
	buf_clear(&row->name);
	buf_clear(&row->words);
	doing_shorten(&row->name, name->p, name->n);
	return row;
}

/* The time of what began then, and is over or not; -1 where that is not known. */
static long long
took(const struct watch *w, long long from, const struct watch_part *over)
{
	if (w->recorded || w->fold.completion)
		return -1;
	if (over != NULL)
		return over->to - from;
	return (fold_whole(&w->fold) ? w->view.last : w->ms) - from;
}

static void
add_row(struct watch *w, const struct fold_thread *t)
{
	const struct watch_part *part = &w->view.parts[t->number];
	const struct doing *d = &part->doing;
	struct watch_row *row = new_row(w, &t->key);
	size_t text = d->text;

	row->is_main = t == fold_main(&w->fold);
	row->doing = d->what;
	row->scored = t->scored;
	row->confidence = confidence(t);
	row->ms = took(w, part->from, doing_over(d) ? part : NULL);
	if (row->is_main && w->view.content > text)
		text = w->view.content;
	if (row->is_main && w->stopped && d->what == DOING_WRITING)
		text = 0;	/* the first of it is no measure */
	doing_words(&row->words, d, t->thinking_chars, text, w->wall);
}

/* A model that is to start, whether or not it has. */
static void
add_start(struct watch *w, const struct fold_string *model)
{
	static const struct doing waiting;
	const struct fold_thread *t = fold_thread(&w->fold, model->p, model->n);
	struct watch_row *row;

	if (t != NULL) {
		add_row(w, t);
		return;
	}
	row = new_row(w, model);
	row->ms = took(w, w->view.asked, NULL);
	doing_words(&row->words, &waiting, 0, 0, 0);
}

struct watch_row *
watch_rows(struct watch *w, size_t *n)
{
	const struct fold *f = &w->fold;
	size_t i;

	w->nrows = 0;
	for (i = 0; w->told && i < f->start.n; i++)
		add_start(w, &f->start.items[i].text);
	for (i = 0; w->told && i < f->nthreads; i++)
		if (!fold_holds(&f->start, f->threads[i]->key))
			add_row(w, f->threads[i]);
	*n = w->nrows;
	return w->rows;
}

/* How many of the models are done, and the median of their confidences. */
static void
add_done(struct buf *out, const struct watch *w)
{
	const struct fold *f = &w->fold;
	const struct fold_thread *t, *last = fold_main(f);
	double *scores = mem_zero(f->nthreads, sizeof(*scores));
	size_t models = f->start.n, done = 0, n = 0, i;

	for (i = 0; i < f->nthreads; i++) {
		t = f->threads[i];
		if (t == last)
			continue;
		models += !fold_holds(&f->start, t->key);
		if (w->view.parts[i].doing.what != DOING_DONE)
			continue;
		done++;
		if (t->scored)
			scores[n++] = confidence(t);
	}
	if (models > 0)
		buf_printf(out, "%zu of %zu done", done, models);
	if (n > 0)
		buf_printf(out, ", median %.2f", fold_median(scores, n));
	free(scores);
}

/* All characters that came; those of the final answer, which come twice, once. */
static size_t
count_all(const struct watch *w)
{
	const struct watch_view *v = &w->view;
	const struct doing *d = main_of(w);
	size_t i, n = 0;

	for (i = 0; i < v->n; i++)
		n += w->fold.threads[i]->thinking_chars +
		    v->parts[i].doing.all;
	if (d == NULL)
		return n + v->content;
	return v->content > d->all ? n + v->content - d->all : n;
}

const struct buf *
watch_totals(struct watch *w)
{
	const struct watch_view *v = &w->view;
	struct buf *t = w->totals;
	long long ms = took(w, v->begun, NULL);
	size_t i, n;

	for (i = 0; i < WATCH_TOTALS; i++)
		buf_clear(&t[i]);
	if (!w->told)
		return t;
	n = count_all(w);
	doing_shorten(&t[WATCH_MODE], w->fold.mode.p, w->fold.mode.n);
	if (ms >= 0)
		watch_time(&t[WATCH_ELAPSED], ms);
	add_done(&t[WATCH_DONE], w);
	doing_chars(&t[WATCH_CHARS], n);
	if (ms >= 1000) {
		doing_chars(&t[WATCH_RATE],
		    (size_t)((double)n * 1000 / (double)ms));
		buf_adds(&t[WATCH_RATE], "/s");
	}
	return t;
}

/* The life of it. */

void
watch_start(struct watch *w)
{
	w->reader = events_reader();
	w->fold.keep = FOLD_COUNTS;
}

void
watch_free(struct watch *w)
{
	size_t i;

	w->told = false;	/* nothing is to be told of any more */
	finish(w);
	events_free_reader(w->reader);
	for (i = 0; i < w->rows_cap; i++) {
		buf_free(&w->rows[i].name);
		buf_free(&w->rows[i].words);
	}
	free(w->rows);
	for (i = 0; i < WATCH_TOTALS; i++)
		buf_free(&w->totals[i]);
	buf_free(&w->held);
	buf_free(&w->line);
	buf_free(&w->text);
}
