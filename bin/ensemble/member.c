#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "json.h"
#include "member.h"
#include "when.h"

int
member_worst(int a, int b)
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

/* The tokens that the call says it wrote, or those that had a probability. */
static unsigned long
tokens(const struct answer *a)
{
	struct json_fault fault;
	struct json v;
	long n = 0;

	if (a->usage.n > 0 && json_parse(a->usage.p, a->usage.n, &v, &fault))
		n = json_index(json_get(v, "completion_tokens"));
	return n > 0 ? (unsigned long)n : a->ntokens;
}

/* With -v: a line about a call that has ended, well or not. */
static void
tell(const struct run *r, const struct member *m, struct call *c)
{
	struct buf line = {0};
	double x;

	if (!r->verbose)
		return;
	buf_printf(&line, "%s%s: ", c == &m->judge ? "judge of " : "",
	    m->thread.key);
	if (c->outcome.status != 0) {
		buf_add(&line, c->outcome.message.p, c->outcome.message.n);
	} else {
		buf_printf(&line, "%ld, %ld ms to the first token, %lu tokens",
		    c->x.status, c->first_ms, tokens(&c->answer));
		if (answer_confidence(&c->answer, &x))
			buf_printf(&line, ", confidence %.3g", x);
	}
	diag_warn("%s", buf_string(&line));
	buf_free(&line);
}

void
member_ask(struct run *r, struct member *m)
{
	struct target *t = m->targets[m->at];
	struct buf body = {0};

	m->settled = m->fresh = false;
	m->thread.model = t->id;
	body_anew(&m->thread);
	question_put(r->q, t, &m->also, &body);
	call_begin(&r->calls, &m->call, t, &body);
}

static void
take_answer(struct member *m)
{
	struct answer *a = &m->call.answer;

	buf_clear(&m->text);
	buf_add(&m->text, a->text.p, a->text.n);
	buf_clear(&m->finish);
	buf_add(&m->finish, a->finish.p, a->finish.n);
	if (m->finish.n == 0)	/* a completion need not say so */
		buf_adds(&m->finish, "stop");
	m->scored = answer_confidence(a, &m->confidence);
	m->answered = m->fresh = m->settled = true;
}

/* "2026-01-02T03:04:05.678Z", so long from now. */
static void
put_time(struct emit *e, long wait_ms)
{
	long long ms = when_wall() + wait_ms;
	time_t at = (time_t)(ms / 1000);
	struct tm tm;
	char text[64];
	size_t n;

	if (gmtime_r(&at, &tm) == NULL)
		tm = (struct tm){.tm_year = 70, .tm_mday = 1};
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, sizeof(text) - n, ".%03dZ", (int)(ms % 1000));
	emit_text(e, text, strlen(text));
}

/* A failure, and that it is tried again after wait_ms; -1: it is not. */
static void
say_failure(struct run *r, struct member *m, const char *why, long wait_ms)
{
	struct emit e;

	if (body_chunk(&r->body, &e, "error", &m->thread, true)) {
		emit_text(emit_name(&e, "message"), why, strlen(why));
		emit_name(&e, "retryAt");
		if (wait_ms >= 0)
			put_time(&e, wait_ms);
		else
			emit_word(&e, "null");
		body_end_chunk(&e);
	}
	if (wait_ms < 0)
		return;
	body_anew(&m->thread);
	if (body_chunk(&r->body, &e, "retry", &m->thread, true))
		body_end_chunk(&e);
}

/* This round brought nothing: the answer before it is in force again. */
static void
restore(struct run *r, struct member *m, const char *why)
{
	m->settled = true;
	say_failure(r, m, why, 0);
	body_text(&r->body, &m->thread, m->text.p, m->text.n);
}

/* There is no answer of it, and nobody else to ask. */
static void
leave_out(struct run *r, struct member *m, const char *why)
{
	m->settled = m->closed = true;
	say_failure(r, m, why, -1);
	if (m->main)
		return;
	body_done(&r->body, &m->thread);
	/* With chunks, what follows in the pipe shows it. */
	if (r->ask.n > 1 && !r->verbose && !r->body.chunks && isatty(STDERR_FILENO))
		diag_warn("%s: left out: %s", m->thread.key, why);
}

/* The next one is asked, unless what was said to the reader cannot be taken back. */
static void
fail(struct run *r, struct member *m, int status, const char *why)
{
	bool said = m->call.final && m->call.answer.text.n > 0;

	if (m->answered) {
		restore(r, m, why);
		return;
	}
	m->status = member_worst(m->status, status);
	buf_printf(&m->why, "%s%s: %s", m->why.n > 0 ? "; " : "",
	    m->main ? m->thread.model : m->thread.key, why);
	if (said || m->at + 1 == m->ntargets) {
		leave_out(r, m, why);
		return;
	}
	say_failure(r, m, why, 0);
	m->at++;
	member_ask(r, m);
}

static void
end(struct run *r, struct member *m)
{
	struct outcome *o = &m->call.outcome;

	tell(r, m, &m->call);
	if (o->status != 0)
		fail(r, m, o->status, buf_string(&o->message));
	else
		take_answer(m);
}

static void
move_call(struct run *r, struct member *m)
{
	struct call *c = &m->call;
	const struct buf *piece = &c->answer.piece;
	enum call_event event;

	while ((event = call_next(c)) != CALL_NOTHING) {
		if (event == CALL_THINKING) {
			body_thinking(&r->body, &m->thread, piece->p, piece->n);
		} else if (event == CALL_TEXT) {
			body_text(&r->body, &m->thread, piece->p, piece->n);
			if (c->final)
				body_delta(&r->body, piece->p, piece->n);
		} else if (event == CALL_RETRY) {
			tell(r, m, c);
			say_failure(r, m, buf_string(&c->outcome.message),
			    c->outcome.wait_ms);
		} else {
			end(r, m);
		}
	}
}

/* The number from 0 to 1 that a judge's text begins its numbers with; or false. */
static bool
read_judged(struct buf *said, double *x)
{
	const char *text = buf_string(said);
	const char *at = text + strcspn(text, "0123456789");
	bool ok = *at != '\0';

	if (ok && at > text && at[-1] == '.')
		at--;
	ok = ok && (at == text || at[-1] != '-');
	*x = ok ? strtod(at, NULL) : 0;
	ok = ok && *x >= 0 && *x <= 1;
	return ok;
}

static void
move_judge(struct run *r, struct member *m)
{
	enum call_event event;

	while ((event = call_next(&m->judge)) != CALL_NOTHING) {
		if (event != CALL_OVER)
			continue;
		tell(r, m, &m->judge);
		m->scored = m->judge.outcome.status == 0 &&
		    read_judged(&m->judge.answer.text, &m->confidence);
		if (m->scored)
			body_score(&r->body, &m->thread, m->confidence);
	}
}

bool
member_move(struct run *r, struct member *m)
{
	move_call(r, m);
	move_judge(r, m);
	return call_runs(&m->judge);
}

void
member_give_up(struct run *r, struct member *m, const char *why)
{
	call_cancel(&m->call);
	fail(r, m, EX_TEMPFAIL, why);
}

void
member_close(struct run *r, struct member *m)
{
	struct buf body = {0};

	if (m->closed)
		return;
	m->closed = true;
	body_done(&r->body, &m->thread);
	if (m->scored) {
		body_score(&r->body, &m->thread, m->confidence);
	} else if (r->judge != NULL) {
		question_judge(r->q, r->judge, &m->text, &body);
		call_begin(&r->calls, &m->judge, r->judge, &body);
	}
}

void
member_give_up_judge(struct member *m)
{
	call_cancel(&m->judge);
}

void
member_free(struct member *m)
{
	call_free(&m->call);
	call_free(&m->judge);
	buf_free(&m->also.data);
	buf_free(&m->text);
	buf_free(&m->finish);
	buf_free(&m->why);
}
