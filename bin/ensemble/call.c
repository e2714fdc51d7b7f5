#include <stdlib.h>
#include <string.h>

#include "apierror.h"
#include "call.h"
#include "diag.h"
#include "json.h"
#include "mem.h"
#include "outcome.h"
#include "question.h"
#include "when.h"

static bool
take_bytes(struct http_exchange *x, const char *p, size_t n)
{
	struct call *c = x->arg;

	if (c->state == CALL_ACTIVE)	/* else it has what it wants */
		buf_add(&c->in, p, n);
	return true;
}

static void
enqueue(struct call *c)
{
	struct calls *all = c->calls;

	c->state = CALL_QUEUED;
	c->next = NULL;
	if (all->last != NULL)
		all->last->next = c;
	else
		all->first = c;
	all->last = c;
}

static void
dequeue(struct call *c)
{
	struct calls *all = c->calls;
	struct call **at, *before = NULL;

	for (at = &all->first; *at != c; at = &(*at)->next)
		before = *at;
	*at = c->next;
	if (all->last == c)
		all->last = before;
}

static void
leave_place(struct call *c)
{
	if (c->placed)
		limit_give(&c->calls->limits, &c->target->url);
	c->placed = false;
}

static void
know(struct calls *all, struct call *c)
{
	if (c->calls != NULL)
		return;
	c->calls = all;
	all->all = mem_resize(all->all, all->n + 1, sizeof(struct call *));
	all->all[all->n++] = c;
}

void
call_begin(struct calls *all, struct call *c, struct target *target,
    struct buf *body)
{
	know(all, c);
	call_cancel(c);
	if (c->target != target)
		http_free(&c->x);
	c->target = target;
	buf_free(&c->body);
	c->body = *body;
	*body = (struct buf){0};
	if (target->no_logprobs)
		question_without(&c->body, "logprobs", "top_logprobs");
	if (target->no_stream_options)
		question_without(&c->body, "stream_options", NULL);
	c->tries = 0;
	c->status = 0;
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
	if (c->state == CALL_QUEUED)
		dequeue(c);
	c->state = CALL_AT_REST;
	http_cancel(&c->x);
	leave_place(c);
}

static void
start(struct call *c)
{
	struct client *client = c->calls->client;

	c->state = CALL_ACTIVE;
	c->placed = true;
	c->ended = c->fed = false;
	c->ending = CALL_GOES_ON;
	c->tries++;
	c->first_ms = -1;
	buf_clear(&c->in);
	buf_clear(&c->why);
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

/* Whether an error says that it is this member which is not wanted. */
static bool
names(const struct http_exchange *x, const char *member)
{
	struct json_fault fault;
	struct json v, error;
	struct buf text = {0};
	bool found;

	if (x->error.n > 0 && json_parse(x->error.p, x->error.n, &v, &fault)) {
		error = json_get(v, "error");
		apierror_message(apierror_is(error) ? error : v, &text);
		json_text(json_get(error, "param"), &text);
		json_text(json_get(v, "param"), &text);
	} else {
		buf_add(&text, x->error.p, x->error.n);
	}
	found = strstr(buf_string(&text), member) != NULL;
	buf_free(&text);
	return found;
}

/* Takes a member that is refused, and is none of the question's, off the request. */
static bool
drop(struct call *c, const char *member, const char *other)
{
	struct json_fault fault;
	struct json body;

	if (!names(&c->x, member) ||
	    !json_parse(c->body.p, c->body.n, &body, &fault) ||
	    json_get(body, member).p == NULL)
		return false;
	question_without(&c->body, member, other);
	return true;
}

/* Whether the request may do without what it was refused for. */
static bool
drop_member(struct call *c)
{
	long http = c->x.status;

	if (http != 400 && http != 422 && http != 500 && http != 501)
		return false;
	if (drop(c, "logprobs", "top_logprobs"))
		return c->target->no_logprobs = true;
	if (drop(c, "stream_options", NULL))
		return c->target->no_stream_options = true;
	return false;
}

static bool
is_good(const struct http_exchange *x)
{
	return x->status >= 200 && x->status < 300;
}

/*
 * How the try ended: as the answer says where that ended by itself or came whole, else as
 * the transfer did. True when another one may do better.
 */
static bool
judge(struct call *c)
{
	struct outcome *o = &c->outcome;
	bool answer = c->ending == CALL_SAID;

	c->http = c->x.status;
	c->wait_ms = -1;
	if (!answer) {
		outcome_of(&c->x, o);
		answer = is_good(&c->x) && o->status == 0;
	}
	c->status = answer ? c->answer.status : o->status;
	if (answer)
		buf_add(&c->why, c->answer.why.p, c->answer.why.n);
	else
		buf_add(&c->why, o->message.p, o->message.n);
	if (!is_good(&c->x)) {
		c->wait_ms = o->wait_ms;
		return o->retry;
	}
	return c->x.limit != HTTP_DEADLINE && (c->status == EX_UNAVAILABLE ||
	    c->status == EX_TEMPFAIL || c->status == EX_PROTOCOL);
}

/* Whether the try that failed is followed by another one, which then waits. */
static bool
try_again(struct call *c, bool may_help)
{
	long long now = when_now();

	if (!may_help || c->tries > (unsigned long)c->calls->client->retries ||
	    (c->final && c->answer.text.n > 0))
		return false;
	c->wait_ms = outcome_wait(c->wait_ms, c->tries);
	if (c->calls->deadline != 0 && now + c->wait_ms >= c->calls->deadline)
		return false;
	c->due = now + c->wait_ms;
	return true;
}

static void
count_usage(struct call *c)
{
	struct json_fault fault;
	struct json v;

	if (c->answer.usage.n > 0 && json_parse(c->answer.usage.p,
	    c->answer.usage.n, &v, &fault))
		usage_add(&c->calls->usage, v);
}

/* The try is over: the transfer may have a second more, the answer is judged now. */
static enum call_event
finish(struct call *c)
{
	bool may_help = judge(c);

	count_usage(c);
	if (c->status == 0) {
		http_over(&c->x);
	} else {
		http_cancel(&c->x);
		c->ended = true;
	}
	if (c->ended)
		leave_place(c);
	if (c->status != 0 && drop_member(c)) {
		c->tries--;
		enqueue(c);
		return CALL_NOTHING;
	}
	c->state = CALL_AT_REST;
	if (c->status == 0 || !try_again(c, may_help))
		return CALL_OVER;
	c->state = CALL_WAITING;
	return CALL_RETRY;
}

static enum call_event
piece(struct call *c, enum answer_got got)
{
	if (c->first_ms == -1)
		c->first_ms = (long)(when_now() - c->x.started);
	return got == ANSWER_TEXT ? CALL_TEXT : CALL_THINKING;
}

/* What the bytes that came say. */
static enum answer_got
read_bytes(struct call *c)
{
	enum answer_got got;

	if (!c->fed)
		answer_feed(&c->answer, c->in.p, c->in.n);
	c->fed = true;
	got = answer_next(&c->answer);
	if (got != ANSWER_MORE)
		return got;
	buf_clear(&c->in);
	c->fed = false;
	return got;
}

/* What has come of the transfer. */
static enum call_event
read_on(struct call *c)
{
	enum answer_got got;

	if (c->ending == CALL_GOES_ON) {
		got = read_bytes(c);
		if (got == ANSWER_TEXT || got == ANSWER_THINKING)
			return piece(c, got);
		if (got == ANSWER_MORE && !c->ended)
			return CALL_NOTHING;
		c->ending = got == ANSWER_MORE ? CALL_CUT : CALL_SAID;
	}
	got = answer_end(&c->answer);
	if (got == ANSWER_TEXT || got == ANSWER_THINKING)
		return piece(c, got);
	return finish(c);
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
	if (c->state == CALL_ACTIVE)
		return read_on(c);
	if (c->state == CALL_AT_REST || !is_late(c))
		return CALL_NOTHING;
	call_cancel(c);
	c->status = EX_TEMPFAIL;
	c->http = 0;
	buf_clear(&c->why);
	buf_adds(&c->why, "not done within the time limit (--max-time)");
	return CALL_OVER;
}

void
call_free(struct call *c)
{
	if (c->calls != NULL)
		call_cancel(c);
	http_free(&c->x);
	answer_free(&c->answer);
	buf_free(&c->why);
	buf_free(&c->body);
	buf_free(&c->in);
	buf_free(&c->outcome.message);
}

/* Starts what waits for a place and gets one: nobody at a host overtakes another. */
static void
start_queued(struct calls *all)
{
	struct call *c, *next;

	for (c = all->first; c != NULL; c = next) {
		next = c->next;
		if (!limit_take(&all->limits, &c->target->url))
			continue;
		dequeue(c);
		start(c);
	}
}

/* Queues those whose wait for another try is over; the ms until the next one's is. */
static long
wake(struct calls *all, long ms)
{
	long long now = when_now(), due;
	struct call *c;
	size_t i;

	for (i = 0; i < all->n; i++) {
		c = all->all[i];
		if (c->state != CALL_WAITING)
			continue;
		if (c->due <= now)
			enqueue(c);
		else if (ms < 0 || c->due - now < ms)
			ms = (long)(c->due - now);
	}
	due = all->deadline;
	if (due != 0 && (ms < 0 || due - now < ms))
		ms = due > now ? (long)(due - now) : 0;
	return ms;
}

static void
note_end(struct http_exchange *x)
{
	struct call *c = x->arg;

	c->ended = true;
	if (c->state != CALL_ACTIVE)	/* the answer was over before */
		leave_place(c);
}

void
call_wait(struct calls *all, const struct curl_waitfd *fds, unsigned nfds,
    long ms)
{
	struct http_exchange *x;

	ms = wake(all, ms);
	start_queued(all);
	x = client_wait(all->client, fds, nfds, ms);
	for (; x != NULL; x = http_ended(all->client->http))
		note_end(x);
}

void
call_free_all(struct calls *all)
{
	usage_free(&all->usage);
	limit_free(&all->limits);
	free(all->all);
	*all = (struct calls){0};
}
