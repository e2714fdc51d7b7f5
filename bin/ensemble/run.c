#include <unistd.h>

#include "diag.h"
#include "json.h"
#include "run.h"
#include "score.h"

const char run_instructions[] =
#include "instructions_text.h"
;

const char run_revise[] =
#include "revise_text.h"
;

const char run_judge[] =
#include "judge_text.h"
;

/* The tokens that the call says it wrote, or those that had a probability. */
static unsigned long
tokens(const struct call *c)
{
	const struct buf *usage = &c->answer.usage;
	struct json_fault fault;
	struct json v;
	long n = 0;

	if (usage->n > 0 && json_parse(usage->p, usage->n, &v, &fault))
		n = json_index(json_get(v, "completion_tokens"));
	return n > 0 ? (unsigned long)n : c->answer.score.n;
}

void
run_tell_call(const struct run *r, const struct call *c)
{
	struct buf line = {0};
	double x;

	if (!r->o->verbose)
		return;
	buf_printf(&line, "%s: ", c->key);
	if (c->status != 0) {
		buf_add(&line, c->why.p, c->why.n);
	} else {
		buf_printf(&line, "%ld, %ld ms to the first token, %lu tokens",
		    c->http, c->first_ms, tokens(c));
		if (score_of(&c->answer.score, &x))
			buf_printf(&line, ", confidence %.3g", x);
	}
	diag_warn("%s", buf_string(&line));
	buf_free(&line);
}

void
run_tell_failure(const struct run *r, const char *key, const char *why)
{
	/* With chunks, what follows in the pipe shows it. */
	if (r->n > 1 && !r->o->verbose && !r->w.chunks && isatty(STDERR_FILENO))
		diag_warn("%s: left out: %s", key, why);
}
