#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "apierror.h"
#include "diag.h"
#include "io.h"
#include "mem.h"
#include "term.h"
#include "text.h"
#include "verdict.h"

struct text {
	const struct text_opts	*opts;
	struct fold		 fold;
	struct fold_answer	*screen;	/* the answer that prints as it comes */
	struct buf		 waiting;	/* of answers that closed meanwhile */
	unsigned long		 answers;
	int			 status;
};

/* What is known of an answer's output. */
struct output {
	struct buf	held;		/* made, but not yet printed */
	bool		any;		/* it has some text */
	bool		open_line;	/* the last byte was no newline */
	bool		finished;	/* its end has been printed */
};

static struct output *
output_of(struct fold_answer *a)
{
	if (a->own == NULL)
		a->own = mem_zero(1, sizeof(struct output));
	return a->own;
}

static void
print(struct buf *b)
{
	if (b->n > 0)
		io_write(b->p, b->n);
	buf_clear(b);
}

/* What ends an answer's text; once. */
static void
add_end(const struct text *t, struct output *o)
{
	if (o->finished || (!o->any && t->opts->end != TEXT_NUL))
		return;
	o->finished = true;
	if (t->opts->end == TEXT_NUL)
		buf_addc(&o->held, '\0');
	else if (t->opts->end == TEXT_NEWLINE && o->open_line)
		buf_addc(&o->held, '\n');
}

/* The answer that has the screen leaves it to those that waited. */
static void
leave(struct text *t)
{
	struct output *o = output_of(t->screen);

	add_end(t, o);
	print(&o->held);
	print(&t->waiting);
	t->screen = NULL;
}

/*
 * Prints what is held, unless another answer has the screen: answers that are
 * mixed in the input come out one behind the other.
 */
static void
release(struct text *t, struct fold_answer *a)
{
	if (t->screen != NULL && t->screen != a) {
		if (!fold_whole(t->screen))
			return;
		leave(t);
	}
	t->screen = a;
	print(&output_of(a)->held);
}

/* Some text was added to what is held, from that place on. */
static void
added(struct text *t, struct fold_answer *a, size_t from)
{
	struct output *o = output_of(a);
	struct buf raw = {0};

	if (o->held.n == from)
		return;
	o->open_line = o->held.p[o->held.n - 1] != '\n';
	if (t->opts->safe) {
		buf_add(&raw, o->held.p + from, o->held.n - from);
		o->held.n = from;
		term_text(&o->held, raw.p, raw.n);
		buf_free(&raw);
	}
	if (!t->opts->gate)
		release(t, a);
}

static void
put(struct text *t, struct fold_answer *a, const char *p, size_t n)
{
	size_t from = output_of(a)->held.n;

	buf_add(&output_of(a)->held, p, n);
	added(t, a, from);
}

static void
put_text(struct text *t, struct fold_answer *a, const struct buf *text)
{
	if (text->n > 0)
		output_of(a)->any = true;
	put(t, a, text->p, text->n);
}

static void
put_content(struct text *t, struct fold_answer *a, const struct chunk *c,
    struct json content)
{
	struct output *o = output_of(a);
	size_t from = o->held.n;

	chunk_text(c, content, &o->held);
	if (o->held.n > from)
		o->any = true;
	added(t, a, from);
}

static void
put_end(struct text *t, struct fold_answer *a)
{
	add_end(t, output_of(a));
	if (!t->opts->gate)
		release(t, a);
}

/* Threads. */

static bool
is_glob(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

static bool
matches(const struct text *t, const struct fold_thread *thread)
{
	return strcmp(t->opts->key, thread->key.p) == 0 ||
	    fnmatch(t->opts->key, thread->key.p, 0) == 0;
}

/* Which threads may be printed: without -k main's, of recordings. */
static bool
wants(const struct fold_thread *thread, void *arg)
{
	const struct text *t = arg;

	return t->opts->key != NULL ? matches(t, thread) :
	    strcmp(thread->key.p, "main") == 0;
}

static void
put_thread(struct text *t, struct fold_answer *a, const struct fold_thread *thread)
{
	const struct buf *b = t->opts->thinking ? &thread->thinking : &thread->text;
	struct buf head = {0};

	if (b->n == 0)
		return;
	if (is_glob(t->opts->key)) {
		if (output_of(a)->open_line)
			put(t, a, "\n", 1);
		buf_printf(&head, "==> %s <==\n", thread->key.p);
		put(t, a, head.p, head.n);
		buf_free(&head);
	}
	put_text(t, a, b);
}

/* The thread that is done with this chunk, or all of a folded object's. */
static void
add_threads(struct text *t, struct fold_answer *a, const struct chunk *c)
{
	size_t i;

	if (c->kind == CHUNK_SUPAI) {
		if (c->type == CHUNK_DONE && a->recent != NULL &&
		    json_equals(c->key, a->recent->key.p, a->recent->key.n) && matches(t, a->recent))
			put_thread(t, a, a->recent);
		return;
	}
	for (i = 0; a->completion && i < a->nthreads; i++)
		if (a->threads[i]->done && matches(t, a->threads[i]))
			put_thread(t, a, a->threads[i]);
}

/* Choices. */

static void
add_choices(struct text *t, struct fold_answer *a, const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct chunk_iter i;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;) {
		if (choice->index != t->opts->choice)
			continue;
		put_content(t, a, c, choice->content);
		if (json_type(choice->finish) == JSON_STRING &&
		    output_of(a)->any && t->opts->end == TEXT_NEWLINE)
			put_end(t, a);
	}
}

/* Judging an answer that is over. */

static bool
is_whole(const struct text *t, const struct fold_answer *a)
{
	size_t i, matched = 0;

	if (t->opts->key == NULL || a->error.n > 0)
		return fold_whole(a);
	for (i = 0; i < a->nthreads; i++) {
		if (!matches(t, a->threads[i]))
			continue;
		if (!a->threads[i]->done)
			return false;
		matched++;
	}
	return matched > 0 || fold_whole(a);
}

/* An answer without the threads that were asked for, or without text in them. */
static int
judge_threads(const struct text *t, const struct fold_answer *a)
{
	size_t i;

	for (i = 0; i < a->nthreads; i++)
		if (matches(t, a->threads[i])) {
			diag_warn("the answer has no %s",
			    t->opts->thinking ? "thinking" : "text");
			return EX_NOANSWER;
		}
	diag_warn("no thread's key matches '%s'%s", t->opts->key,
	    a->nthreads > 0 ? "" : ": no chunks of the ensemble"
	    " (supai-req -x asks for them)");
	return EX_NOANSWER;
}

static int
judge(const struct text *t, const struct fold_answer *a, bool any)
{
	bool lenient = t->opts->lenient && !t->opts->gate;
	int status = verdict_end(a, is_whole(t, a) || lenient, NULL);

	if (status == 0 && t->opts->key == NULL && !t->opts->any_finish)
		status = verdict_finish(a, t->opts->choice);
	if (status != 0 || any)
		return status;
	return t->opts->key != NULL ? judge_threads(t, a) :
	    verdict_empty(a, t->opts->choice, "text", NULL);
}

/* The gate: 0 when the ensemble is confident enough. */
static int
judge_confidence(const struct text *t, const struct fold_answer *a)
{
	double median;

	if (!fold_confidence(a, &median)) {
		diag_warn("held back: no confidence scores of the final models");
		return EX_NOANSWER;
	}
	if (median >= t->opts->min_confidence)
		return 0;
	diag_warn("held back: the median confidence is %.6g, below %.6g", median,
	    t->opts->min_confidence);
	return EX_NOANSWER;
}

static void
say_usage(const struct fold_answer *a)
{
	static const char *const members[] = {
		"prompt_tokens", "completion_tokens", "total_tokens",
	};
	struct json usage = {a->usage.p, a->usage.n}, n[3];
	size_t i;

	for (i = 0; i < 3; i++) {
		n[i] = json_get(usage, members[i]);
		if (json_type(n[i]) != JSON_NUMBER) {
			diag_warn("tokens: not reported"
			    " (supai-req -u asks for them)");
			return;
		}
	}
	diag_warn("tokens: %.*s prompt, %.*s completion, %.*s total",
	    (int)n[0].n, n[0].p, (int)n[1].n, n[1].p, (int)n[2].n, n[2].p);
}

/* What comes only at an answer's end. */
static void
put_rest(struct text *t, struct fold_answer *a)
{
	const struct fold_thread *thread;
	size_t i;

	if (t->opts->key == NULL) {
		/* A recording: its text is main's, as in a folded object. */
		thread = fold_main(a);
		if (a->nchoices == 0 && t->opts->choice == 0 && thread != NULL &&
		    (thread->done || t->opts->lenient))
			put_text(t, a, &thread->text);
		return;
	}
	for (i = 0; t->opts->lenient && i < a->nthreads; i++)
		if (!a->threads[i]->done && matches(t, a->threads[i]))
			put_thread(t, a, a->threads[i]);
}

static void
close_answer(struct fold_answer *a, void *arg)
{
	struct text *t = arg;
	struct output *o = output_of(a);
	int status;

	put_rest(t, a);
	put_end(t, a);
	status = judge(t, a, o->any);
	if (t->opts->gate && status == 0)
		status = judge_confidence(t, a);
	if (t->opts->gate) {
		if (status != 0)
			buf_clear(&o->held);
		if (status != 0 && t->opts->end == TEXT_NUL)
			buf_addc(&o->held, '\0');
		release(t, a);
	}
	if (t->opts->usage)
		say_usage(a);
	t->status = diag_worst(t->status, status);
	if (t->screen == a)
		leave(t);
	else
		buf_add(&t->waiting, o->held.p, o->held.n);
	buf_free(&o->held);
	free(o);
}

struct text *
text_new(const struct text_opts *opts)
{
	struct text *t = mem_zero(1, sizeof(*t));

	t->opts = opts;
	t->fold = (struct fold){
		.thinking = opts->thinking ? FOLD_KEEP : FOLD_SKIP,
		.keep = wants, .closed = close_answer, .arg = t,
	};
	return t;
}

/* A batch's line without a completion. */
static void
add_failed(struct text *t, const struct chunk *c)
{
	struct buf id = {0}, why = {0};

	/* An answer of its own: behind those that are over, and no part of one. */
	fold_close(&t->fold);
	json_text(c->custom_id, &id);
	apierror_message(c->error, &why);
	diag_warn("%s: failed: %s", buf_string(&id),
	    why.n > 0 ? buf_string(&why) : "no completion in the response");
	buf_free(&id);
	buf_free(&why);
	if (t->opts->end == TEXT_NUL)
		buf_addc(&t->waiting, '\0');
	if (t->screen == NULL)
		print(&t->waiting);
	t->answers++;
	t->status = diag_worst(t->status, EX_NOANSWER);
}

void
text_add(struct text *t, const struct chunk *c)
{
	struct chunk inner;
	struct fold_answer *a;

	if (c->kind == CHUNK_RESULT && c->completion.p == NULL) {
		add_failed(t, c);
		return;
	}
	if (c->kind == CHUNK_RESULT) {
		chunk_of(&inner, c->completion);
		c = &inner;
	}
	a = fold_add(&t->fold, c);
	if (a == NULL)
		return;
	t->answers++;
	if (t->opts->key != NULL)
		add_threads(t, a, c);
	else
		add_choices(t, a, c);
	fold_settle(&t->fold);
}

void
text_end_file(struct text *t)
{
	fold_finish(&t->fold);
}

int
text_finish(struct text *t, int status)
{
	fold_finish(&t->fold);
	status = diag_worst(status, t->status);
	if (t->answers == 0 && status == 0) {
		diag_warn("no answer in the input");
		status = EX_NOANSWER;
	}
	buf_free(&t->waiting);
	free(t);
	return status;
}
