#include <stdarg.h>
#include <string.h>

#include "apierror.h"
#include "diag.h"
#include "term.h"
#include "verdict.h"

static void tell(struct buf *why, const char *fmt, ...) BUF_PRINTF(2, 3);

static void
tell(struct buf *why, const char *fmt, ...)
{
	struct buf line = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(why != NULL ? why : &line, fmt, ap);
	va_end(ap);
	if (why == NULL)
		diag_warn("%s", buf_string(&line));
	buf_free(&line);
}

static int
tell_error(const struct fold_answer *a, struct buf *why)
{
	struct json error = {a->error.p, a->error.n};
	struct buf message = {0}, shown = {0};

	apierror_message(error, &message);
	term_string(&shown, message.p, message.n);
	tell(why, "the service says: %s", buf_string(&shown));
	buf_free(&message);
	buf_free(&shown);
	return apierror_status(error);
}

int
verdict_end(const struct fold_answer *a, bool whole, struct buf *why)
{
	if (a->error.n > 0)
		return tell_error(a, why);
	if (whole)
		return 0;
	tell(why, "the answer is not whole: it was cut before its end");
	return EX_PROTOCOL;
}

static bool
is_good(const char *reason)
{
	return strcmp(reason, "stop") == 0 || strcmp(reason, "tool_calls") == 0 ||
	    strcmp(reason, "function_call") == 0;
}

int
verdict_finish(const struct fold_answer *a, long index)
{
	const struct fold_choice *c;
	size_t i;

	for (i = 0; i < a->nchoices; i++) {
		c = &a->choices[i];
		if ((index != -1 && c->index != index) || c->finish.p == NULL ||
		    is_good(c->finish.p))
			continue;
		diag_warn("the answer ended for the reason \"%s\"", c->finish.p);
		return EX_NOANSWER;
	}
	return 0;
}

int
verdict_empty(const struct fold_answer *a, long index, const char *what,
    struct buf *why)
{
	const struct fold_choice *c = fold_choice(a, index);
	bool known = c != NULL && c->finish.p != NULL;

	if (c == NULL && a->nchoices > 0)
		tell(why, "there is no choice %ld", index);
	else
		tell(why, "the answer has no %s%s%s", what,
		    known ? ", finish reason " : "", known ? c->finish.p : "");
	return EX_NOANSWER;
}
