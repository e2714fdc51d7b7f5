#include <stdlib.h>

#include "interrupt.h"
#include "lane.h"
#include "mem.h"
#include "when.h"

/*
 * A flood of bytes keeps the loop from looking at time and signals: they are
 * looked at here as well.
 */
static bool
may_go_on(struct http_exchange *x)
{
	if (x->deadline != 0 && when_now() >= x->deadline)
		x->limit = HTTP_DEADLINE;
	return x->limit == HTTP_NO_LIMIT && !interrupt_at_once();
}

static bool
take_bytes(struct http_exchange *x, const char *p, size_t n)
{
	struct lane *lane = x->arg;

	if (!may_go_on(x))
		return false;
	if (x->over)	/* what follows is read only to see whether it is damaged */
		return true;
	if (!answer_feed(&lane->answer, p, n))
		return false;
	x->over = lane->answer.done;
	return true;
}

void
lane_open(struct lanes *l, unsigned n, struct client *c, size_t max)
{
	struct lane *lane;

	*l = (struct lanes){.n = n, .client = c, .max = max};
	l->lanes = mem_zero(n, sizeof(*l->lanes));
	while (n-- > 0) {
		lane = &l->lanes[n];
		lane->x.options = &c->options;
		lane->x.sink = take_bytes;
		lane->x.arg = lane;
		lane->x.restartable = true;
		lane->next = l->idle;
		l->idle = lane;
	}
}

void
lane_start(struct lanes *l, struct job *job, long long now)
{
	struct lane *lane = l->idle;

	l->idle = lane->next;
	l->active++;
	lane->job = job;
	job->tries++;
	if (job->first == 0) {
		job->first = now;
		if (l->client->max_ms > 0)
			job->deadline = now + l->client->max_ms;
	}
	lane->x.body = job->task.body.p;
	lane->x.body_len = job->task.body.n;
	lane->x.deadline = job->deadline;
	answer_start(&lane->answer, l->max);
	http_start(l->client->http, &lane->x);
}

void
lane_end(struct lanes *l, struct lane *lane)
{
	http_cancel(&lane->x);
	answer_free(&lane->answer);
	lane->job = NULL;
	lane->next = l->idle;
	l->idle = lane;
	l->active--;
}

void
lane_close(struct lanes *l)
{
	unsigned i;

	for (i = 0; i < l->n; i++) {
		http_free(&l->lanes[i].x);
		answer_free(&l->lanes[i].answer);
		buf_free(&l->lanes[i].answer.why);
	}
	free(l->lanes);
	*l = (struct lanes){0};
}
