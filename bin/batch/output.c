#include "output.h"

void
output_open(struct output *o, size_t ahead, size_t max,
    const struct redact *redact)
{
	o->max = max;
	o->redact = redact;
	o->ordered = ahead > 0;
	if (o->ordered)
		order_start(&o->order, ahead);
}

bool
output_full(const struct output *o)
{
	return o->ordered && order_full(&o->order);
}

void
output_number(struct output *o, struct job *job)
{
	if (o->ordered)
		job->number = order_number(&o->order);
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
	struct order_result r = {.line = o->line, .success = success};

	if (!o->ordered) {
		write_line(o, success, &o->line);
		buf_clear(&o->line);
		return;
	}
	o->line = (struct buf){0};
	order_put(&o->order, job->number, &r);
	while (order_next(&o->order, &r)) {
		write_line(o, r.success, &r.line);
		buf_free(&r.line);
	}
}

bool
output_put(struct output *o, struct job *job, struct result *r)
{
	bool success = r->kind == RESULT_ANSWER;

	r->task = &job->task;
	result_add(r, o->redact, &o->line);
	if (success && o->line.n > o->max) {
		buf_free(&o->line);
		return false;
	}
	if (success)
		tally_answer(&o->tally, r);
	else
		tally_failure(&o->tally, r);
	end_job(o, job, success);
	return true;
}

void
output_skip(struct output *o, const struct job *job)
{
	end_job(o, job, false);
}

void
output_close(struct output *o)
{
	store_close(&o->store);
	if (o->ordered)
		order_free(&o->order);
	tally_free(&o->tally);
	buf_free(&o->line);
}
