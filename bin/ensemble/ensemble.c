#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "diag.h"
#include "endpoint.h"
#include "ensemble.h"
#include "mem.h"
#include "when.h"

enum {
	SILENCE_MS = 15000,	/* after which a comment is written */
	JUDGE_MS = 30000,	/* that judges have at least, once all models are done */
};

/* What is waited for. */
enum phase { ROUNDS, JUDGES, MAIN, OVER };

struct state {
	struct run	*run;
	struct body	*b;		/* the run's */
	struct member	*members;
	struct member	 main;		/* its answer is the final one, where it is asked */
	size_t		 n;
	struct member	**list;		/* those that answered, while they are looked at */
	const char	**keys;		/* likewise */
	enum phase	 phase;
	unsigned	 round;
	long long	 due;		/* patience ends; 0: it has not begun */
	long long	 written;	/* when the last byte was */
	bool		 begun;		/* one was */
	int		 status;
};

/* The end of a run. */

/* Sends what there is; what a signal holds up stays there. */
static void
send_out(struct state *s)
{
	struct buf *out = &s->b->out;
	enum client_written end;

	if (out->n == 0)
		return;
	s->begun = true;
	s->written = when_now();
	end = client_write(out->p, out->n, s->run->calls.deadline);
	if (end == CLIENT_LATE)
		diag_die(EX_TEMPFAIL, "not done within the time limit (--max-time):"
		    " standard output takes no more");
	if (end == CLIENT_WRITTEN)
		buf_clear(out);
}

/* The chunks that end a run with an ensemble's. */
static void
end_chunks(struct state *s)
{
	size_t n = choose_from(s->members, s->n, NULL, s->list), i;

	for (i = 0; i < n; i++)
		s->keys[i] = s->list[i]->thread.key;
	body_mode_result(s->b, s->keys, n);
	body_done(s->b, &s->main.thread);
}

/* An error object, for a stream that has begun and will not end well. */
static void
tell_failure(struct body *b, const char *message, int status)
{
	/* The HTTP status that a service would have answered with. */
	const char *code = status == EX_TEMPFAIL ? "429" :
	    status == EX_NOPERM ? "401" : status == EX_DATAERR ? "400" : "502";

	endpoint_add_event(&b->out, &(struct endpoint_error){message,
	    "ensemble_error", NULL, code});
}

/*
 * There is no answer, as why says, which is freed. In a stream that has begun that is
 * said there, else to stderr.
 */
static void
fail(struct state *s, int status, struct buf *why)
{
	s->phase = OVER;
	s->status = status;
	if (!s->begun && s->b->out.n == 0) {
		diag_warn("%s", buf_string(why));
	} else {
		end_chunks(s);
		tell_failure(s->b, buf_string(why), status);
	}
	buf_free(why);
}

/* The answer is m's. */
static void
end(struct state *s, struct member *m)
{
	const char *finish = buf_string(&m->finish);
	struct buf usage = {0};

	s->phase = OVER;
	end_chunks(s);
	call_put_usage(&s->run->calls, &usage);
	if (s->run->q->stream)
		body_end(s->b, finish, buf_string(&usage));
	else
		body_completion(s->b, m->text.p, m->text.n, finish,
		    buf_string(&usage));
	buf_free(&usage);
}

/* The answer is one that a model gave, verbatim. */
static void
end_with(struct state *s, struct member *m)
{
	s->main.thread.model = m->thread.model;
	body_text(s->b, &s->main.thread, m->text.p, m->text.n);
	if (s->run->q->stream && !m->call.final)
		body_delta(s->b, m->text.p, m->text.n);
	end(s, m);
}

static void
move_main(struct state *s)
{
	struct member *m = &s->main;
	struct buf why = {0};

	member_move(s->run, m);
	if (m->settled && m->answered) {
		end(s, m);
	} else if (m->settled) {
		buf_printf(&why, "main failed: %s", buf_string(&m->why));
		fail(s, m->status, &why);
	}
}

/* Nobody has answered. */
static void
fail_all(struct state *s)
{
	struct buf why = {0};
	int status = 0;
	size_t i;

	if (s->n > 1)
		buf_adds(&why, "no model has answered: ");
	for (i = 0; i < s->n; i++) {
		status = member_worst(status, s->members[i].status);
		buf_printf(&why, "%s%s", i > 0 ? "; " : "",
		    buf_string(&s->members[i].why));
	}
	fail(s, status, &why);
}

/* Merging. */

/* The one of n answers that needs no main; NULL: main is to be asked. */
static struct member *
choose(const struct state *s, size_t n)
{
	size_t i;

	switch (s->run->merge) {
	case RUN_VOTE:
		return choose_vote(s->list, n);
	case RUN_BEST:
		return choose_best(s->list, n);
	case RUN_SYNTHESIS:
		break;
	}
	for (i = 0; i < n && n > 1; i++)
		if (strcmp(buf_string(&s->list[i]->finish), "stop") != 0)
			return NULL;
	return choose_equal(s->list, n) ? choose_vote(s->list, n) : NULL;
}

/* Asks main, the panel's or else one of the n that answered, in their order. */
static void
ask_main(struct state *s, size_t n)
{
	const struct run *r = s->run;
	struct member *m = &s->main;
	struct target *t;
	size_t i;

	for (i = 0; i < (r->nmains > 0 ? r->nmains : n); i++) {
		t = r->nmains > 0 ? r->mains[i] : s->list[i]->targets[0];
		/* Samples of a model follow each other. */
		if (m->ntargets == 0 || m->targets[m->ntargets - 1] != t)
			m->targets[m->ntargets++] = t;
	}
	m->also.instructions = r->instructions != NULL ? r->instructions :
	    question_instructions;
	choose_put(s->list, n, r->seed, &(struct emit){.out = &m->also.data});
	body_consensus(s->b, m->targets[0]->id);
	s->phase = MAIN;
	member_ask(s->run, m);
}

static void
merge(struct state *s)
{
	size_t n = choose_from(s->members, s->n, NULL, s->list);
	struct member *chosen = n > 0 ? choose(s, n) : NULL;

	if (n == 0)
		fail_all(s);
	else if (chosen != NULL)
		end_with(s, chosen);
	else
		ask_main(s, n);
}

/* Rounds. */

/* What a model is told in a further round: {"yours": …, "others": […]} */
static void
show_others(struct state *s, struct member *m)
{
	struct emit e = {.out = &m->also.data};
	size_t n = choose_from(s->members, s->n, m, s->list);
	uint64_t number = (uint64_t)(m - s->members);

	m->also.instructions = question_revise;
	buf_clear(&m->also.data);
	emit_open(&e, '{');
	emit_text(emit_name(&e, "yours"), m->text.p, m->text.n);
	choose_put(s->list, n, s->run->seed ^ (uint64_t)s->round << 32 ^
	    number << 16, emit_name(&e, "others"));
	emit_close(&e, '}');
}

static void
begin_round(struct state *s)
{
	size_t i;

	s->round++;
	s->due = 0;
	for (i = 0; i < s->n; i++) {
		if (s->round > 1 && !s->members[i].answered)
			continue;
		if (s->round > 1)
			show_others(s, &s->members[i]);
		member_ask(s->run, &s->members[i]);
	}
}

static void
end_rounds(struct state *s)
{
	size_t i;

	s->phase = JUDGES;
	s->due = when_now() + (s->run->patience_ms > JUDGE_MS ?
	    s->run->patience_ms : JUDGE_MS);
	for (i = 0; i < s->n; i++)
		member_close(s->run, &s->members[i]);
}

static void
lose_patience(struct state *s)
{
	struct buf why = {0};
	size_t i;

	buf_printf(&why, "no answer %g s after enough others (--patience)",
	    (double)s->run->patience_ms / 1000);
	for (i = 0; i < s->n; i++)
		if (!s->members[i].settled)
			member_give_up(s->run, &s->members[i], buf_string(&why));
	buf_free(&why);
}

static void
move_rounds(struct state *s)
{
	bool last = s->round >= s->run->rounds || s->n == 1;
	size_t asked = 0, fresh = 0, i;

	for (i = 0; i < s->n; i++) {
		member_move(s->run, &s->members[i]);
		if (last && s->members[i].settled)
			member_close(s->run, &s->members[i]);
		asked += !s->members[i].settled;
		fresh += s->members[i].fresh;
	}
	if (s->due == 0 && s->run->quorum > 0 && fresh >= s->run->quorum)
		s->due = when_now() + s->run->patience_ms;
	if (asked > 0 && (s->due == 0 || when_now() < s->due))
		return;
	lose_patience(s);
	/* Another round must be able to change something. */
	i = choose_from(s->members, s->n, NULL, s->list);
	if (!last && i > 1 && !choose_equal(s->list, i))
		begin_round(s);
	else
		end_rounds(s);
}

static void
move_judges(struct state *s)
{
	bool late = when_now() >= s->due;
	size_t i, waiting = 0;

	for (i = 0; i < s->n; i++) {
		waiting += member_move(s->run, &s->members[i]);
		if (late)
			member_give_up_judge(&s->members[i]);
	}
	if (late || waiting == 0)
		merge(s);
}

/* Takes in what came, and goes on as far as that goes. */
static void
move(struct state *s)
{
	static void (*const moves[])(struct state *) = {
		[ROUNDS] = move_rounds, [JUDGES] = move_judges, [MAIN] = move_main,
	};
	enum phase before;

	do {
		before = s->phase;
		moves[before](s);
	} while (s->phase != before && s->phase != OVER);
}

/* When there is something to do though nothing happens; 0: never. */
static long long
next_due(const struct state *s)
{
	long long due = s->phase != MAIN ? s->due : 0;

	return s->run->q->stream ? when_sooner(due, s->written + SILENCE_MS) : due;
}

/* A signal: what the reader has so far is no answer, and is told so. */
_Noreturn static void
stop(struct state *s, int sig)
{
	if (s->begun && s->run->q->stream && s->b->out.n == 0) {
		tell_failure(s->b, sig == SIGINT ? "interrupted" :
		    "ended by a signal", EX_UNAVAILABLE);
		(void)client_write(s->b->out.p, s->b->out.n, when_now() + 1);
	}
	client_die(sig);
}

static void
loop(struct state *s)
{
	int sig;

	s->written = when_now();
	begin_round(s);
	for (;;) {
		move(s);
		send_out(s);
		if (s->phase == OVER && s->b->out.n == 0)
			return;		/* all is written: a signal changes nothing */
		if (client_caught(&sig) > 0)
			stop(s, sig);
		if (s->run->q->stream && when_now() - s->written >= SILENCE_MS)
			buf_adds(&s->b->out, ": waiting\n\n");
		send_out(s);
		call_wait(&s->run->calls, next_due(s));
	}
}

static void
start(struct state *s)
{
	struct run *r = s->run;
	struct buf id = {0};
	size_t i;

	s->members = mem_zero(s->n, sizeof(*s->members));
	s->list = mem_zero(s->n, sizeof(struct member *));
	s->keys = mem_zero(s->n, sizeof(*s->keys));
	for (i = 0; i < s->n; i++) {
		s->members[i].thread.key = s->keys[i] = r->ask.p[i].key;
		s->members[i].targets = &r->ask.p[i].target;
		s->members[i].ntargets = 1;
		s->members[i].call.final = s->n == 1 && r->q->stream;
	}
	s->main.main = true;
	s->main.thread = (struct body_thread){.key = "main",
	    .model = r->ask.p[0].target->id};
	s->main.targets = mem_zero(s->n + r->nmains, sizeof(struct target *));
	s->main.call.final = r->q->stream;
	buf_printf(&id, "chatcmpl-%016llx", (unsigned long long)when_chance());
	body_start(&r->body, buf_string(&id));
	buf_free(&id);
	r->body.chunks = r->q->stream && r->q->chunks;
	r->body.usage = r->q->usage;
	r->body.mode = r->q->mode;
	body_mode_call(&r->body, s->keys, s->n);
}

int
ensemble_run(struct run *r)
{
	struct state s = {.run = r, .b = &r->body, .n = r->ask.n};
	size_t i;

	client_catch();
	start(&s);
	loop(&s);
	for (i = 0; i < s.n; i++)
		member_free(&s.members[i]);
	free(s.main.targets);
	member_free(&s.main);
	merge_free(&r->calls.usage);
	body_free(&r->body);
	free(s.members);
	free(s.list);
	free(s.keys);
	return s.status;
}
