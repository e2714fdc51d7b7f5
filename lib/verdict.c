#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "apierror.h"
#include "diag.h"
#include "mem.h"
#include "term.h"
#include "verdict.h"

/* Appends the reason for a status to why, or says it; returns the status. */
static int tell(struct buf *why, int status, const char *fmt, ...) BUF_PRINTF(3, 4);

static int
tell(struct buf *why, int status, const char *fmt, ...)
{
	struct buf line = {0};
	va_list ap;

	va_start(ap, fmt);
	if (why != NULL && why->n > 0)
		buf_adds(why, "; ");
	buf_vprintf(why != NULL ? why : &line, fmt, ap);
	va_end(ap);
	if (why == NULL)
		diag_warn("%s", buf_string(&line));
	buf_free(&line);
	return status;
}

static int
tell_errors(const struct fold *f, struct buf *why)
{
	struct buf message = {0}, shown = {0};
	struct json error;
	int status = 0;
	size_t i;

	for (i = 0; i < f->errors.n; i++) {
		error = (struct json){f->errors.items[i].text.p,
		    f->errors.items[i].text.n};
		buf_clear(&message);
		buf_clear(&shown);
		apierror_message(error, &message);
		term_string(&shown, message.p, message.n);
		status = diag_worst(status, tell(why, apierror_status(error),
		    "the service says: %s", buf_string(&shown)));
	}
	buf_free(&message);
	buf_free(&shown);
	return status;
}

/* What services call a good end, and what an end that is their failure. */
static const char *const good[] = {
	"stop", "tool_calls", "function_call", "eos", "eos_token", NULL,
};
static const char *const failed[] = {
	"error", "network_error", "insufficient_system_resource", "abort", NULL,
};

static bool
is_of(const char *const *list, const char *reason)
{
	while (*list != NULL && strcmp(*list, reason) != 0)
		list++;
	return *list != NULL;
}

bool
verdict_failed(const char *reason)
{
	return is_of(failed, reason);
}

/* The finish reason of a choice (below 0: any of them) that failed; NULL: none did. */
static const char *
failure_of(const struct fold *f, long choice)
{
	const struct fold_choice *c;
	size_t i;

	for (i = 0; i < f->nchoices; i++) {
		c = &f->choices[i];
		if ((choice < 0 || c->index == choice) && c->finish.p != NULL &&
		    verdict_failed(c->finish.p))
			return c->finish.p;
	}
	return NULL;
}

const char *
verdict_short(const struct fold *f, long choice)
{
	const struct fold_choice *c;
	size_t i;

	for (i = 0; i < f->nchoices; i++) {
		c = &f->choices[i];
		if (choice != VERDICT_ALL && c->index != choice)
			continue;
		if ((c->said & CHUNK_SAYS_REFUSAL) != 0)
			return VERDICT_REFUSAL;
		if (c->finish.p != NULL && !is_of(good, c->finish.p))
			return c->finish.p;
	}
	return NULL;
}

void
verdict_failure(const struct fold_thread *t, struct buf *out)
{
	struct buf message = {0};
	const struct fold_string *said;

	if (t == NULL || t->text.n > 0 || t->errors.n == 0)
		return;
	said = &t->errors.items[t->errors.n - 1].text;
	(void)apierror_text(said->p, said->n, &message);
	buf_adds(out, ": ");
	term_string(out, t->key.p, t->key.n);
	buf_adds(out, " failed: ");
	term_string(out, message.p, message.n);
	buf_free(&message);
}

static int
tell_empty(const struct fold *f, const struct verdict_ask *ask, struct buf *why)
{
	const struct fold_choice *c =
	    fold_choice(f, ask->choice < 0 ? 0 : ask->choice);
	struct buf more = {0};

	if (c == NULL && f->nchoices > 0 && ask->choice >= 0)
		return tell(why, EX_NOANSWER, "there is no choice %ld", ask->choice);
	if (c != NULL && c->finish.p != NULL)
		buf_printf(&more, ", finish reason %s", c->finish.p);
	verdict_failure(fold_main(f), &more);
	(void)tell(why, EX_NOANSWER, "the answer has no %s%s", ask->what,
	    buf_string(&more));
	buf_free(&more);
	return EX_NOANSWER;
}

int
verdict_of(const struct fold *f, const struct verdict_ask *ask, struct buf *why)
{
	const char *reason = verdict_short(f, ask->choice);
	const char *failure = failure_of(f, ask->choice);

	if (f->errors.n > 0)
		return tell_errors(f, why);
	if (failure != NULL && !ask->any_finish)
		return tell(why, EX_UNAVAILABLE, "the service failed: the answer"
		    " ended for the reason \"%s\"", failure);
	if (f->excess != NULL)
		return tell(why, EX_DATAERR, "the answer has too many %s", f->excess);
	if (f->mixed)
		return tell(why, EX_PROTOCOL, "two answers in one segment: their ids"
		    " are mixed (an empty line between answers tells them apart)");
	if (!ask->whole && f->torn)
		return EX_DATAERR;
	if (!ask->whole)
		return tell(why, EX_PROTOCOL,
		    "the answer is not whole: it was cut before its end");
	if (reason != NULL && strcmp(reason, VERDICT_REFUSAL) == 0)
		return tell(why, EX_NOANSWER, "the model refused to answer");
	if (reason != NULL && !ask->any_finish)
		return tell(why, EX_NOANSWER,
		    "the answer ended for the reason \"%s\"", reason);
	return ask->any ? 0 : tell_empty(f, ask, why);
}

int
verdict_confidence(const struct fold *f, double min)
{
	const struct fold_thread *t;
	double *scores = mem_zero(f->final.n, sizeof(*scores)), median;
	size_t i, n = 0;

	for (i = 0; i < f->final.n; i++) {
		t = fold_thread(f, f->final.items[i].text.p,
		    f->final.items[i].text.n);
		if (t != NULL && t->scored && t->confidence >= 0 && t->confidence <= 1)
			scores[n++] = t->confidence;
	}
	median = n > 0 ? fold_median(scores, n) : 0;
	free(scores);
	if (n == 0)
		return tell(NULL, EX_NOANSWER,
		    "held back: no confidence scores of the final models");
	return median >= min ? 0 : tell(NULL, EX_NOANSWER, "held back: the median"
	    " confidence is %.6g, below %.6g", median, min);
}

int
verdict_thread(const struct fold *f, const char *key)
{
	struct buf wider = {0};

	if (fold_match(f, key) != NULL)
		return 0;
	buf_printf(&wider, "*%s*", key);
	if (fold_match(f, buf_string(&wider)) != NULL)
		diag_warn("no thread's key matches '%s' (-k '%s' would)", key,
		    buf_string(&wider));
	else
		diag_warn("no thread's key matches '%s'%s", key,
		    f->nthreads > 0 ? "" : ": no chunks of the ensemble"
		    " (supai-req -x asks for them)");
	buf_free(&wider);
	return EX_NOANSWER;
}
