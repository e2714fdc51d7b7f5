#include <math.h>
#include <string.h>

#include "call.h"
#include "diag.h"
#include "json.h"
#include "outcome.h"
#include "question.h"
#include "when.h"

/* What a request is without the members that some endpoints refuse. */
static const char no_logprobs[] = "{\"logprobs\":null,\"top_logprobs\":null}";
static const char no_stream_options[] = "{\"stream_options\":null}";

static bool
take_bytes(struct http_exchange *x, const char *p, size_t n)
{
	struct call *c = x->arg;

	if (c->state == CALL_ACTIVE)	/* else it has what it wants */
		buf_add(&c->answer.in, p, n);
	return true;
}

/* It waits for a place, after all others: takes it out of them and adds it again. */
static void
enqueue(struct call *c)
{
	struct call **at = &c->calls->all;

	while (*at != NULL)
		if (*at == c)
			*at = c->next;
		else
			at = &(*at)->next;
	*at = c;
	c->next = NULL;
	c->state = CALL_QUEUED;
}

void
call_begin(struct calls *all, struct call *c, struct target *target,
    struct buf *body)
{
	c->calls = all;
	call_cancel(c);
	if (c->target != target)
		http_free(&c->x);
	c->target = target;
	buf_free(&c->body);
	c->body = *body;
	*body = (struct buf){0};
	if (target->no_logprobs)
		question_patch(&c->body, no_logprobs);
	if (target->no_stream_options)
		question_patch(&c->body, no_stream_options);
	c->tries = 0;
	enqueue(c);
}

bool
call_runs(const struct call *c)
{
	return c->state != CALL_AT_REST;
}

void
call_cancel(struct call *c)
{
	c->state = CALL_AT_REST;
	http_cancel(&c->x);
	c->open = false;
}

static void
start(struct call *c)
{
	struct client *client = c->calls->client;

	c->state = CALL_ACTIVE;
	c->open = true;
	c->tries++;
	c->first_ms = -1;
	answer_start(&c->answer, &client->redact, c->calls->max);
	c->x.options = &c->target->options;
	c->x.body = c->body.p;
	c->x.body_len = c->body.n;
	c->x.deadline = c->calls->deadline;
	c->x.restartable = true;
	c->x.sink = take_bytes;
	c->x.arg = c;
	http_start(client->http, &c->x);
}

/* Takes a member that is refused, and is none of the question's, off the request. */
static bool
drop(struct call *c, const char *member, const char *without)
{
	struct json_fault fault;
	struct json body;

	if (!outcome_names(&c->x, member) ||
	    !json_parse(c->body.p, c->body.n, &body, &fault) ||
	    json_get(body, member).p == NULL)
		return false;
	question_patch(&c->body, without);
	return true;
}

/* Whether the request may do without what it was refused for. */
static bool
drop_member(struct call *c)
{
	if (drop(c, "logprobs", no_logprobs))
		return c->target->no_logprobs = true;
	if (drop(c, "stream_options", no_stream_options))
		return c->target->no_stream_options = true;
	return false;
}

/*
 * How the try ended: as the answer says where that ended by itself or came whole, else as
 * the transfer did.
 */
static void
judge(struct call *c)
{
	const struct answer *a = &c->answer;

	if (!a->over)
		outcome_of(&c->x, &c->outcome);
	outcome_answer(&c->outcome, &c->x, a->over || c->outcome.status == 0,
	    a->status, &a->why);
}

/* Whether the try that failed is followed by another one, which then waits. */
static bool
try_again(struct call *c)
{
	struct outcome *o = &c->outcome;

	o->wait_ms = outcome_wait(o, c->tries);
	c->due = when_now() + o->wait_ms;
	return outcome_again(o, c->tries, c->calls->client->retries, c->due,
	    c->calls->deadline) && !(c->final && c->answer.text.n > 0);
}

/* Appends a sum as JSON has it: whole numbers by all their digits. */
static void
put_number(struct buf *out, double x)
{
	if (!isfinite(x))
		x = 0;
	buf_printf(out, fabs(x) < 9007199254740992 && x == floor(x) ? "%.0f" :
	    "%.15g", x);
}

/* Adds an object's numbers to those of the same name; what is no number counts nothing. */
static void
add_usage(struct merge *sum, struct json object)
{
	struct json name, v, had;
	struct json_iter i;
	struct merge *to;
	struct buf digits = {0};

	for (i = json_first(object); json_more(&i, &name, &v);) {
		if (json_type(v) == JSON_OBJECT && json_holds(v))
			add_usage(merge_member(sum, name), v);
		if (json_type(v) != JSON_NUMBER)
			continue;
		to = merge_member(sum, name);
		had = (struct json){to->bytes.p, to->bytes.n};
		put_number(&digits, json_number(had) + json_number(v));
		merge_set(to, (struct json){digits.p, digits.n});
		buf_clear(&digits);
	}
	buf_free(&digits);
}

static void
count_usage(struct calls *all, const char *p, size_t n)
{
	struct json_fault fault;
	struct json v;

	if (n > 0 && json_parse(p, n, &v, &fault))
		add_usage(&all->usage, v);
}

void
call_put_usage(struct calls *all, struct buf *out)
{
	static const char none[] = "{\"prompt_tokens\":0,\"completion_tokens\":0,"
	    "\"total_tokens\":0}";

	count_usage(all, none, sizeof(none) - 1);
	merge_emit(&all->usage, &(struct emit){.out = out});
}

/* The try is over: the transfer may have a second more, the answer is judged now. */
static enum call_event
finish(struct call *c)
{
	int status;

	judge(c);
	status = c->outcome.status;
	count_usage(c->calls, c->answer.usage.p, c->answer.usage.n);
	if (status == 0) {
		http_over(&c->x);
	} else {
		http_cancel(&c->x);
		c->open = false;
	}
	if (status != 0 && drop_member(c)) {
		c->tries--;
		enqueue(c);
		return CALL_NOTHING;
	}
	c->state = CALL_AT_REST;
	if (status == 0 || !try_again(c))
		return CALL_OVER;
	c->state = CALL_WAITING;
	return CALL_RETRY;
}

static bool
is_late(const struct call *c)
{
	long long deadline = c->calls->deadline;

	return deadline != 0 && when_now() >= deadline;
}

enum call_event
call_next(struct call *c)
{
	enum answer_got got;

	if (c->state == CALL_ACTIVE) {
		got = answer_next(&c->answer, !c->open);
		if (got == ANSWER_MORE)
			return CALL_NOTHING;
		if (got == ANSWER_OVER)
			return finish(c);
		if (c->first_ms == -1)
			c->first_ms = (long)(when_now() - c->x.started);
		return got == ANSWER_TEXT ? CALL_TEXT : CALL_THINKING;
	}
	if (c->state == CALL_AT_REST || !is_late(c))
		return CALL_NOTHING;
	call_cancel(c);
	c->outcome.status = EX_TEMPFAIL;
	buf_clear(&c->outcome.message);
	buf_adds(&c->outcome.message, "not done within the time limit (--max-time)");
	return CALL_OVER;
}

void
call_free(struct call *c)
{
	if (c->calls != NULL)
		call_cancel(c);
	http_free(&c->x);
	answer_free(&c->answer);
	buf_free(&c->body);
	buf_free(&c->outcome.message);
}

/* A place is kept until the exchange has ended, and the answer is read. */
static bool
takes_place(const struct call *c)
{
	return c->open || c->state == CALL_ACTIVE;
}

/* Whether the panel's limits leave a place at a host. */
static bool
has_place(const struct calls *all, const struct url *u)
{
	const struct panel_host *limit = all->panel->limits.p;
	const struct panel_host *end = limit + all->panel->limits.n;
	const struct call *c;
	unsigned used;

	for (; limit < end; limit++) {
		used = 0;
		for (c = all->all; c != NULL; c = c->next)
			used += takes_place(c) && panel_is_host(limit,
			    c->target->url.host, c->target->url.port);
		if (used >= limit->most && panel_is_host(limit, u->host, u->port))
			return false;
	}
	return true;
}

/* Starts what waits for a place and gets one: nobody at a host overtakes another. */
static void
start_queued(struct calls *all)
{
	const struct target *full = NULL;	/* samples of a model follow each other */
	struct call *c;

	for (c = all->all; c != NULL; c = c->next) {
		if (c->state != CALL_QUEUED || c->target == full)
			continue;
		if (has_place(all, &c->target->url))
			start(c);
		else
			full = c->target;
	}
}

/* Queues those whose wait for another try is over; when the next one's is, 0: never. */
static long long
wake(struct calls *all)
{
	long long now = when_now(), due = 0;
	struct call *c, *next;

	for (c = all->all; c != NULL; c = next) {
		next = c->next;
		if (c->state == CALL_WAITING && c->due <= now)
			enqueue(c);
		if (c->state == CALL_WAITING)
			due = when_sooner(due, c->due);
	}
	return due;
}

void
call_wait(struct calls *all, long long due)
{
	struct http_exchange *x;
	struct call *c;

	due = when_sooner(when_sooner(due, all->deadline), wake(all));
	start_queued(all);
	x = client_wait(all->client, -1, when_left(due));
	for (; x != NULL; x = http_ended(all->client->http)) {
		c = x->arg;
		c->open = false;
	}
}
