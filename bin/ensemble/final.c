#include <stdlib.h>

#include "diag.h"
#include "final.h"
#include "letters.h"

int
final_worst(int a, int b)
{
	static const int order[] = {
		EX_TEMPFAIL, EX_UNAVAILABLE, EX_NOPERM, EX_DATAERR, EX_PROTOCOL,
		EX_NOANSWER,
	};
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a != 0 ? a : b;
}

static void
ask(struct run *r, struct final *f)
{
	struct question_also also = {
		.instructions = r->o->instructions != NULL ?
		    r->o->instructions : run_instructions,
		.data = f->data,
	};
	struct target *t = f->targets[f->at];
	struct buf body = {0};

	f->thread.model = t->id;
	f->call.key = "main";
	f->call.final = r->w.stream;
	question_put(r->q, t->line, t->name, &also, &body);
	call_begin(&r->calls, &f->call, t, &body);
}

void
final_ask(struct run *r, struct final *f, const struct candidate *c, size_t n)
{
	struct emit e = {.out = &f->data};

	letters_put(c, n, r->seed, &e);
	write_consensus(&r->w, f->targets[0]->id);
	ask(r, f);
}

static void
note_failure(struct final *f)
{
	f->status = final_worst(f->status, f->call.status);
	if (f->why.n > 0)
		buf_adds(&f->why, "; ");
	buf_printf(&f->why, "%s: %s", f->targets[f->at]->id,
	    buf_string(&f->call.why));
}

/* What was said to the reader cannot be taken back. */
static void
fail(struct run *r, struct final *f)
{
	bool said = f->call.final && f->call.answer.text.n > 0;

	note_failure(f);
	if (said || f->at + 1 == f->n) {
		f->over = true;
		return;
	}
	write_error(&r->w, &f->thread, buf_string(&f->call.why), 0);
	write_retry(&r->w, &f->thread);
	f->at++;
	ask(r, f);
}

static void
end(struct run *r, struct final *f)
{
	run_tell_call(r, &f->call);
	if (f->call.status != 0) {
		fail(r, f);
		return;
	}
	f->over = true;
	f->status = 0;
}

void
final_move(struct run *r, struct final *f)
{
	const struct buf *piece = &f->call.answer.piece;
	enum call_event event;

	while ((event = call_next(&f->call)) != CALL_NOTHING) {
		if (event == CALL_THINKING) {
			write_thinking(&r->w, &f->thread, piece);
		} else if (event == CALL_TEXT) {
			write_text(&r->w, &f->thread, piece);
			if (r->w.stream)
				write_delta(&r->w, piece);
		} else if (event == CALL_RETRY) {
			run_tell_call(r, &f->call);
			write_error(&r->w, &f->thread, buf_string(&f->call.why),
			    f->call.wait_ms);
			write_retry(&r->w, &f->thread);
		} else {
			end(r, f);
		}
	}
}

void
final_free(struct final *f)
{
	call_free(&f->call);
	free(f->targets);
	buf_free(&f->data);
	buf_free(&f->why);
}
