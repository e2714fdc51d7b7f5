#include "diag.h"
#include "letters.h"
#include "member.h"
#include "score.h"

/* {"yours": …, "others": […]} */
static void
put_round(const struct member *m, const struct candidate *others, size_t n,
    uint64_t seed, struct buf *out)
{
	struct emit e = {.out = out};

	emit_open(&e, '{');
	emit_text(emit_name(&e, "yours"), m->text.p, m->text.n);
	emit_name(&e, "others");
	letters_put(others, n, seed, &e);
	emit_close(&e, '}');
}

void
member_ask(struct run *r, struct member *m, const struct candidate *others,
    size_t n, uint64_t seed)
{
	struct question_also also = {0};
	struct buf body = {0};

	m->round++;
	m->settled = m->fresh = false;
	m->call.key = m->thread->key;
	m->call.final = m->streams;
	if (n > 0) {
		also.instructions = run_revise;
		put_round(m, others, n, seed, &also.data);
	}
	question_put(r->q, m->target->line, m->target->name, &also, &body);
	buf_free(&also.data);
	call_begin(&r->calls, &m->call, m->target, &body);
}

static void
take_text(struct run *r, struct member *m, const struct buf *piece)
{
	/* In a further round what is said takes the place of what was. */
	write_text(&r->w, m->thread, piece);
	if (m->streams)
		write_delta(&r->w, piece);
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
	m->scored = score_of(&a->score, &m->confidence);
	m->answered = m->fresh = true;
}

/* This round brought nothing: the answer before it is in force again. */
static void
restore(struct run *r, struct member *m, const char *why)
{
	write_error(&r->w, m->thread, why, 0);
	write_retry(&r->w, m->thread);
	write_text(&r->w, m->thread, &m->text);
}

static void
fail(struct run *r, struct member *m, int status, const char *why)
{
	m->settled = true;
	if (m->answered) {
		restore(r, m, why);
		return;
	}
	m->status = status;
	buf_clear(&m->why);
	buf_adds(&m->why, why);
	m->closed = true;
	write_error(&r->w, m->thread, why, -1);
	write_done(&r->w, m->thread);
	run_tell_failure(r, m->thread->key, why);
}

static void
end(struct run *r, struct member *m)
{
	run_tell_call(r, &m->call);
	if (m->call.status != 0) {
		fail(r, m, m->call.status, buf_string(&m->call.why));
		return;
	}
	m->settled = true;
	take_answer(m);
}

static void
end_judge(struct run *r, struct member *m)
{
	const struct buf *said = &m->judge.answer.text;

	run_tell_call(r, &m->judge);
	if (m->judge.status != 0)
		return;
	m->scored = score_judged(said->p, said->n, &m->confidence);
	if (m->scored)
		write_score(&r->w, m->thread, m->confidence);
}

/* In a further round the first piece begins the answer anew. */
static void
begin_text(struct member *m)
{
	if (m->round > 1 && m->call.answer.text.n == m->call.answer.piece.n)
		write_anew(m->thread);
}

static void
move_call(struct run *r, struct member *m)
{
	struct call *c = &m->call;
	enum call_event event;

	while ((event = call_next(c)) != CALL_NOTHING) {
		if (event == CALL_THINKING) {
			write_thinking(&r->w, m->thread, &c->answer.piece);
		} else if (event == CALL_TEXT) {
			begin_text(m);
			take_text(r, m, &c->answer.piece);
		} else if (event == CALL_RETRY) {
			run_tell_call(r, c);
			write_error(&r->w, m->thread, buf_string(&c->why),
			    c->wait_ms);
			write_retry(&r->w, m->thread);
		} else {
			end(r, m);
		}
	}
}

static void
move_judge(struct run *r, struct member *m)
{
	enum call_event event;

	while ((event = call_next(&m->judge)) != CALL_NOTHING)
		if (event == CALL_OVER)
			end_judge(r, m);
}

void
member_move(struct run *r, struct member *m)
{
	move_call(r, m);
	move_judge(r, m);
}

void
member_give_up(struct run *r, struct member *m, const char *why)
{
	call_cancel(&m->call);
	fail(r, m, EX_TEMPFAIL, why);
}

static void
ask_judge(struct run *r, struct member *m)
{
	struct buf body = {0};

	buf_printf(&m->judge_key, "judge of %s", m->thread->key);
	m->judge.key = buf_string(&m->judge_key);
	question_judge(r->q, r->judge->line, r->judge->name, run_judge, &m->text,
	    &body);
	call_begin(&r->calls, &m->judge, r->judge, &body);
}

void
member_close(struct run *r, struct member *m)
{
	if (m->closed)
		return;
	m->closed = true;
	write_done(&r->w, m->thread);
	if (m->scored)
		write_score(&r->w, m->thread, m->confidence);
	else if (r->judge != NULL)
		ask_judge(r, m);
}

bool
member_is_judged(const struct member *m)
{
	return call_runs(&m->judge);
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
	buf_free(&m->text);
	buf_free(&m->finish);
	buf_free(&m->why);
	buf_free(&m->judge_key);
}
