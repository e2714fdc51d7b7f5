#include <string.h>

#include "apierror.h"
#include "diag.h"
#include "text.h"
#include "verdict.h"

/* Threads. */

/* The pattern of the threads that are printed; NULL: choices are. */
static const char *
key_of(const struct text *t)
{
	if (t->key != NULL)
		return t->key;
	return t->thinking && t->fold.ensemble ? "main" : NULL;
}

static bool
is_glob(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

static void
put_thread(struct text *t, const struct fold_thread *thread)
{
	const struct buf *b = t->thinking ? &thread->thinking : &thread->text;
	struct buf head = {0};

	if (b->n == 0)
		return;
	if (is_glob(key_of(t))) {
		buf_printf(&head, "==> %s <==", thread->key.p);
		output_line(&t->output, buf_string(&head));
		buf_free(&head);
	}
	buf_add(&t->output.text, b->p, b->n);
	output_push(&t->output);
}

/* The threads that match and are done, or those that are not. */
static void
put_threads(struct text *t, bool done)
{
	const struct fold *f = &t->fold;
	size_t i;

	for (i = 0; i < f->nthreads; i++)
		if (f->threads[i]->done == done &&
		    fold_matches(f->threads[i], key_of(t)))
			put_thread(t, f->threads[i]);
}

/* The thread that is done with this chunk, or all of a folded object's. */
static void
add_threads(struct text *t, const struct chunk *c)
{
	const struct fold_thread *thread = t->fold.recent;

	if (c->kind == CHUNK_COMPLETION)
		put_threads(t, true);
	else if (c->type == CHUNK_DONE && thread != NULL &&
	    fold_matches(thread, key_of(t)))
		put_thread(t, thread);
}

/* Choices. */

static void
put_choice(struct text *t, const struct chunk *c,
    const struct chunk_choice *choice)
{
	struct output *o = &t->output;

	if (t->thinking) {
		chunk_said(c, choice, CHUNK_SAYS_THINKING, &o->text, &o->half);
	} else {
		chunk_said(c, choice, CHUNK_SAYS_TEXT, &o->text, &o->half);
		chunk_said(c, choice, CHUNK_SAYS_REFUSAL, &o->text, &o->half);
	}
	output_push(o);
}

static void
add_choices(struct text *t, const struct chunk *c)
{
	const struct chunk_choice *choice;
	struct chunk_iter i;

	for (chunk_choices(&i, c); (choice = chunk_choice(&i)) != NULL;)
		if (choice->index == t->choice && !fold_repeats(&t->fold, c, choice))
			put_choice(t, c, choice);
}

/* Judging an answer that is over. */

static bool
is_whole(const struct text *t)
{
	const struct fold *f = &t->fold;
	size_t i, matched = 0;

	if (key_of(t) == NULL || f->errors.n > 0)
		return fold_whole(f);
	for (i = 0; i < f->nthreads; i++) {
		if (!fold_matches(f->threads[i], key_of(t)))
			continue;
		if (!f->threads[i]->done)
			return false;
		matched++;
	}
	return matched > 0 || fold_whole(f);
}

/* An answer without the threads that were asked for, or without text in them. */
static int
judge_threads(const struct text *t)
{
	const char *what = t->thinking ? "thinking" : "text";
	struct buf why = {0};

	if (verdict_thread(&t->fold, key_of(t)) != 0)
		return EX_NOANSWER;
	verdict_failure(fold_match(&t->fold, key_of(t)), &why);
	diag_warn("the answer has no %s%s", what, buf_string(&why));
	buf_free(&why);
	return EX_NOANSWER;
}

static int
judge(const struct text *t)
{
	bool threads = key_of(t) != NULL;
	struct verdict_ask ask = {
		.whole = is_whole(t) || (t->lenient && !t->gate),
		.choice = threads ? VERDICT_NONE : t->choice,
		.any_finish = t->any_finish,
		.any = t->output.any || threads,
		.what = t->thinking ? "thinking" : "text",
	};
	int status = verdict_of(&t->fold, &ask, NULL);

	return status == 0 && !t->output.any ? judge_threads(t) : status;
}

static void
say_usage(const struct fold *f)
{
	static const char *const members[] = {
		"prompt_tokens", "completion_tokens", "total_tokens",
	};
	struct json usage = {f->usage.p, f->usage.n}, n[3];
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
put_rest(struct text *t)
{
	const struct fold *f = &t->fold;
	const struct fold_thread *thread = fold_main(f);

	if (key_of(t) != NULL) {
		if (t->lenient)
			put_threads(t, false);
		return;
	}
	/* A recording: its text is main's, as in a folded object. */
	if (f->nchoices > 0 || t->choice != 0 || thread == NULL ||
	    !(thread->done || t->lenient))
		return;
	buf_add(&t->output.text, thread->text.p, thread->text.n);
	output_push(&t->output);
}

/* An answer has been printed as far as it goes. */
static void
end(struct text *t, int status)
{
	t->any = true;
	t->status = diag_worst(t->status, status);
	output_finish(&t->output, status == 0 || !t->gate);
}

void
text_finish(struct text *t)
{
	int status;

	if (!t->fold.open)
		return;
	put_rest(t);
	status = judge(t);
	if (t->gate && status == 0)
		status = verdict_confidence(&t->fold, t->min_confidence);
	if (t->usage)
		say_usage(&t->fold);
	end(t, status);
	fold_clear(&t->fold);
}

/* A batch's line without a completion: an answer of its own. */
static void
add_failed(struct text *t, const struct chunk *c)
{
	struct buf id = {0}, why = {0};

	json_text(c->custom_id, &id);
	apierror_message(c->error, &why);
	diag_warn("%s: failed: %s", buf_string(&id),
	    why.n > 0 ? buf_string(&why) : "no completion in the response");
	buf_free(&id);
	buf_free(&why);
	end(t, EX_NOANSWER);
}

void
text_add(struct text *t, const struct chunk *c)
{
	struct chunk inner;

	if (fold_begins(&t->fold, c))
		text_finish(t);
	if (c->kind == CHUNK_RESULT) {
		if (c->completion.p == NULL) {
			add_failed(t, c);
			return;
		}
		chunk_of(&inner, c->completion);
		c = &inner;
	}
	if (!fold_add(&t->fold, c))
		return;
	if (key_of(t) != NULL)
		add_threads(t, c);
	else
		add_choices(t, c);
	if (fold_sealed(&t->fold))
		text_finish(t);
}
