#include <stdlib.h>

#include "diag.h"
#include "emit.h"
#include "job.h"
#include "mem.h"
#include "utf8.h"
#include "verdict.h"
#include "when.h"

static bool
take_bytes(struct http_exchange *x, const char *p, size_t n)
{
	struct job *job = x->arg;

	/* A flood of bytes keeps the loop from looking at time and signals. */
	if (x->deadline != 0 && when_now() >= x->deadline)
		x->limit = HTTP_DEADLINE;
	if (x->limit != HTTP_NO_LIMIT || client_at_once())
		return false;
	if (x->over)	/* what follows is read only to see whether it is damaged */
		return true;
	if (!answer_feed(&job->answer, p, n))
		return false;
	if (job->answer.done)
		http_over(x);
	return true;
}

struct job *
job_new(struct jobs *all)
{
	struct job *job = all->idle;

	if (job != NULL) {
		all->idle = job->idle;
	} else {
		job = mem_zero(1, sizeof(*job));
		job->x.options = &all->client->options;
		job->x.sink = take_bytes;
		job->x.arg = job;
		job->x.restartable = true;
		job->next = all->all;
		all->all = job;
	}
	job->tries = 0;
	job->first = job->deadline = 0;
	job->open = true;
	return job;
}

void
job_send(struct jobs *all, struct job *job, long long now)
{
	all->active++;
	job->sent = true;
	job->tries++;
	if (job->first == 0) {
		job->first = now;
		if (all->client->max_ms > 0)
			job->deadline = now + all->client->max_ms;
	}
	if (all->ask_less)
		(void)task_ask_less(&job->task);
	job->x.body = job->task.body.p;
	job->x.body_len = job->task.body.n;
	job->x.deadline = job->deadline;
	answer_start(&job->answer, all->max);
	http_start(all->client->http, &job->x);
}

bool
job_asks_less(struct jobs *all, struct job *job)
{
	if (!outcome_names(&job->x, "stream_options") || !task_ask_less(&job->task))
		return false;
	all->ask_less = true;
	job->tries--;
	return true;
}

void
job_rest(struct jobs *all, struct job *job)
{
	if (!job->sent)
		return;
	http_cancel(&job->x);
	answer_free(&job->answer);
	job->sent = false;
	all->active--;
}

void
job_end(struct jobs *all, struct job *job)
{
	job_rest(all, job);
	job->open = false;
	job->idle = all->idle;
	all->idle = job;
}

void
job_free(struct jobs *all)
{
	struct job *job;

	while ((job = all->all) != NULL) {
		all->all = job->next;
		http_free(&job->x);
		answer_free(&job->answer);
		task_free(&job->task);
		free(job);
	}
}

/* What a try came to. */

void
job_judge(struct job *job, struct outcome *o)
{
	const struct http_exchange *x = &job->x;
	struct answer *a = &job->answer;

	outcome_of(x, o);
	answer_end(a);
	/* An error that the service sent goes before what failed in its transfer. */
	outcome_answer(o, x, x->stopped || o->status == 0 ||
	    (a->status != EX_PROTOCOL && diag_worst(a->status, o->status) == a->status),
	    a->status, &a->why);
}

/* What failed, where the response's own status does not say it. */
static const char *
code_of(const struct job *job, int status)
{
	const struct http_exchange *x = &job->x;

	switch (status) {
	case EX_NOANSWER:
		return "no_answer";
	case EX_DATAERR:
		return job->answer.error ? "invalid_request" : "too_long";
	case EX_TEMPFAIL:
		return x->status > 0 && x->limit == HTTP_NO_LIMIT ?
		    "rate_limit" : "timeout";
	case EX_PROTOCOL:
		return "broken_response";
	case EX_NOPERM:
		return "refused";
	default:
		return x->status > 0 ? "service_error" : "unreachable";
	}
}

/*
 * The body of a response that is a failure: the object that it is, or one as
 * OpenAI makes it around what it says.
 */
static struct json
failure_body(const struct http_exchange *x, struct buf *made)
{
	struct emit e = {.out = made};
	struct json_fault fault;
	struct buf text = {0};
	struct json v;

	if (x->error.n > 0 && json_parse(x->error.p, x->error.n, &v, &fault) &&
	    json_type(v) == JSON_OBJECT)
		return v;
	utf8_add(&text, x->error.p, x->error.n);
	emit_open(&e, '{');
	emit_open(emit_name(&e, "error"), '{');
	emit_text(emit_name(&e, "message"), text.p, text.n);
	emit_close(&e, '}');
	emit_close(&e, '}');
	buf_free(&text);
	return (struct json){made->p, made->n};
}

void
job_result(const struct job *job, struct outcome *o, struct result *r,
    struct buf *made)
{
	const struct http_exchange *x = &job->x;
	const struct answer *a = &job->answer;

	*r = (struct result){
		.task = &job->task,
		.kind = o->status == 0 ? RESULT_ANSWER :
		    o->status == EX_NOANSWER ? RESULT_EMPTY : RESULT_ERROR,
		.status = x->status,
		.body = {a->body.p, a->body.n},
		.flaw = verdict_short(&a->fold, VERDICT_ALL),
		.code = code_of(job, o->status),
		.message = buf_string(&o->message),
	};
	r->request_id = outcome_request_id(x, &r->request_id_len);
	if (o->status != 0 && x->status > 0 && !http_is_good(x)) {
		r->kind = RESULT_HTTP;
		r->body = failure_body(x, made);
	}
}
