#include <stdlib.h>

#include "mem.h"
#include "output.h"

enum { MOST_HELD = 8 << 20 };	/* bytes */

void
output_open(struct output *o, size_t ahead, size_t max,
    const struct redact *redact)
{
	o->max = max;
	o->redact = redact;
	o->window = ahead;
	if (ahead > 0)
		o->ring = mem_zero(ahead, sizeof(*o->ring));
}

bool
output_full(const struct output *o)
{
	return o->window > 0 &&
	    (o->last - o->next >= o->window || o->held > MOST_HELD);
}

void
output_number(struct output *o, struct job *job)
{
	job->number = o->last++;
}

static void
write_line(struct output *o, bool success, const struct buf *line)
{
	if (line->n > 0)
		store_add(&o->store, success, line->p, line->n);
}

/* The job's result is in o->line; where there is none its place alone is done with. */
static void
end_job(struct output *o, const struct job *job, bool success)
{
	struct output_held *h;

	if (o->window == 0) {
		write_line(o, success, &o->line);
		buf_clear(&o->line);
		return;
	}
	o->held += o->line.n;
	o->ring[job->number % o->window] =
	    (struct output_held){o->line, success, true};
	o->line = (struct buf){0};
	while ((h = &o->ring[o->next % o->window])->ready) {
		o->held -= h->line.n;
		o->next++;
		write_line(o, h->success, &h->line);
		buf_free(&h->line);
		h->ready = false;
	}
}

void
output_put(struct output *o, const struct job *job, struct result *r)
{
	if (r == NULL) {
		end_job(o, job, false);
		return;
	}
	result_add(r, o->redact, &o->line);
	if (r->kind == RESULT_ANSWER && o->line.n > o->max) {
		r->kind = RESULT_ERROR;
		r->body = (struct json){0};
		r->code = "too_long";
		r->message = "the result is too long (--max-record)";
		buf_free(&o->line);
		result_add(r, o->redact, &o->line);
	}
	tally_result(&o->tally, r);
	end_job(o, job, r->kind == RESULT_ANSWER);
}

void
output_close(struct output *o)
{
	size_t i;

	store_close(&o->store);
	for (i = 0; i < o->window; i++)
		buf_free(&o->ring[i].line);
	free(o->ring);
	tally_free(&o->tally);
	buf_free(&o->line);
}
