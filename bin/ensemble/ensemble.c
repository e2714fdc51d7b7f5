#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"
#include "diag.h"
#include "ensemble.h"
#include "final.h"
#include "interrupt.h"
#include "letters.h"
#include "mem.h"
#include "member.h"
#include "output.h"
#include "when.h"

enum {
	SILENCE_MS = 15000,	/* after which a comment is written */
	JUDGE_MS = 30000,	/* that judges have at least, once all models are done */
};

/* What is waited for. */
enum phase { ROUNDS, JUDGES, MAIN, OVER };

struct state {
	struct run	 run;
	const struct ensemble *e;
	struct member	*members;
	struct thread	*threads;
	bool		*kept;
	size_t		 n;
	enum phase	 phase;
	unsigned	 round;
	long long	 due;		/* patience ends; 0: it has not begun */
	struct final	 final;
	long long	 written;	/* when the last byte was */
	bool		 begun;		/* one was */
	int		 status;
};

/* The answers in force, and whose they are; owned by the caller. */
struct answers {
	struct candidate *c;
	size_t		*of;
	size_t		 n;
};

static struct answers
gather(const struct state *s, const struct member *but)
{
	struct answers a = {
		.c = mem_zero(s->n, sizeof(*a.c)), .of = mem_zero(s->n, sizeof(*a.of)),
	};
	const struct member *m;
	size_t i;

	for (i = 0; i < s->n; i++) {
		m = &s->members[i];
		if (!m->answered || m == but)
			continue;
		a.of[a.n] = i;
		a.c[a.n++] = (struct candidate){.text = &m->text,
		    .scored = m->scored, .confidence = m->confidence};
	}
	return a;
}

static void
answers_free(struct answers *a)
{
	free(a->c);
	free(a->of);
}

/* The end of a run. */

/* Sends what there is; what a signal holds up stays there. */
static void
send_out(struct state *s)
{
	enum output_end end;

	if (s->run.out.n == 0)
		return;
	s->begun = true;
	s->written = when_now();
	end = output_write(&s->run.out, s->run.calls.deadline);
	if (end == OUTPUT_LATE)
		diag_die(EX_TEMPFAIL, "not done within the time limit (--max-time):"
		    " standard output takes no more");
}

/* The chunks that end a run with an ensemble's. */
static void
end_chunks(struct state *s)
{
	struct writer *w = &s->run.w;
	size_t i;

	for (i = 0; i < s->n; i++)
		s->kept[i] = s->members[i].answered;
	write_mode_result(w, s->threads, s->kept, s->n);
	write_done(w, &s->final.thread);
}

/* There is no answer. In a stream that has begun that is said there, else to stderr. */
static void
fail(struct state *s, int status, const char *why)
{
	s->phase = OVER;
	s->status = status;
	if (!s->begun && s->run.out.n == 0) {
		diag_warn("%s", why);
		return;
	}
	end_chunks(s);
	write_failure(&s->run.w, why, status);
}

static void
end(struct state *s, const struct buf *text, const char *finish)
{
	struct writer *w = &s->run.w;

	s->phase = OVER;
	end_chunks(s);
	if (w->stream)
		write_end(w, finish, &s->run.calls.usage);
	else
		write_completion(w, text, finish, &s->run.calls.usage);
}

/* The answer is one that a model gave, verbatim. */
static void
end_with(struct state *s, struct member *m)
{
	struct writer *w = &s->run.w;

	s->final.thread.model = m->target->id;
	write_text(w, &s->final.thread, &m->text);
	if (w->stream && !m->streams)
		write_delta(w, &m->text);
	end(s, &m->text, buf_string(&m->finish));
}

static void
end_main(struct state *s)
{
	struct final *f = &s->final;
	struct answer *a = &f->call.answer;
	struct buf why = {0};

	if (f->status == 0) {
		end(s, &a->text, a->finish.n > 0 ? buf_string(&a->finish) : "stop");
		return;
	}
	buf_printf(&why, "main failed: %s", buf_string(&f->why));
	write_error(&s->run.w, &f->thread, buf_string(&f->call.why), -1);
	fail(s, f->status, buf_string(&why));
	buf_free(&why);
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
		status = final_worst(status, s->members[i].status);
		buf_printf(&why, "%s%s: %s", i > 0 ? "; " : "",
		    s->threads[i].key, buf_string(&s->members[i].why));
	}
	fail(s, status, buf_string(&why));
	buf_free(&why);
}

/* Merging. */

static bool
all_stopped(const struct state *s, const struct answers *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strcmp(buf_string(&s->members[a->of[i]].finish), "stop") != 0)
			return false;
	return true;
}

/* The number of the answer that needs no main; a->n: main is to be asked. */
static size_t
choose(const struct state *s, const struct answers *a)
{
	if (a->n == 1)
		return 0;
	switch (s->run.o->merge) {
	case RUN_VOTE:
		return choose_vote(a->c, a->n);
	case RUN_BEST:
		return choose_best(a->c, a->n);
	case RUN_SYNTHESIS:
		break;
	}
	return choose_equal(a->c, a->n) && all_stopped(s, a) ?
	    choose_vote(a->c, a->n) : a->n;
}

static void
add_main(struct final *f, struct target *t)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->targets[i] == t)
			return;
	f->targets = mem_resize(f->targets, f->n + 1, sizeof(struct target *));
	f->targets[f->n++] = t;
}

/* The panel's, or else those that answered, in its order. */
static void
find_mains(struct state *s, const struct answers *a)
{
	size_t i;

	for (i = 0; i < s->e->nmains; i++)
		add_main(&s->final, s->e->mains[i]);
	for (i = 0; i < a->n && s->e->nmains == 0; i++)
		add_main(&s->final, s->members[a->of[i]].target);
}

static void
merge(struct state *s)
{
	struct answers a = gather(s, NULL);
	size_t chosen = a.n > 0 ? choose(s, &a) : 0;

	if (a.n == 0) {
		fail_all(s);
	} else if (chosen < a.n) {
		end_with(s, &s->members[a.of[chosen]]);
	} else {
		s->phase = MAIN;
		find_mains(s, &a);
		final_ask(&s->run, &s->final, a.c, a.n);
	}
	answers_free(&a);
}

/* Rounds. */

static bool
is_last_round(const struct state *s)
{
	return s->round >= s->run.o->rounds || s->n == 1;
}

static void
begin_round(struct state *s)
{
	struct answers others;
	struct member *m;
	size_t i;

	s->round++;
	s->due = 0;
	for (i = 0; i < s->n; i++) {
		m = &s->members[i];
		if (s->round > 1 && !m->answered)
			continue;
		others = s->round > 1 ? gather(s, m) : (struct answers){0};
		member_ask(&s->run, m, others.c, others.n,
		    s->run.seed ^ (uint64_t)s->round << 32 ^ (uint64_t)i << 16);
		answers_free(&others);
	}
}

/* Whether another round can change anything. */
static bool
goes_on(const struct state *s)
{
	struct answers a = gather(s, NULL);
	bool on = !is_last_round(s) && a.n > 1 && !choose_equal(a.c, a.n);

	answers_free(&a);
	return on;
}

static void
end_rounds(struct state *s)
{
	size_t i;

	s->phase = JUDGES;
	s->due = when_now() + (s->run.o->patience_ms > JUDGE_MS ?
	    s->run.o->patience_ms : JUDGE_MS);
	for (i = 0; i < s->n; i++)
		member_close(&s->run, &s->members[i]);
}

/* How many are still asked, and how many have answered, in this round. */
static void
count(const struct state *s, size_t *asked, size_t *fresh)
{
	size_t i;

	*asked = *fresh = 0;
	for (i = 0; i < s->n; i++) {
		*asked += !s->members[i].settled;
		*fresh += s->members[i].fresh;
	}
}

static void
lose_patience(struct state *s)
{
	struct buf why = {0};
	size_t i;

	buf_printf(&why, "no answer %g s after enough others (--patience)",
	    (double)s->run.o->patience_ms / 1000);
	for (i = 0; i < s->n; i++)
		if (!s->members[i].settled)
			member_give_up(&s->run, &s->members[i], buf_string(&why));
	buf_free(&why);
}

static void
move_rounds(struct state *s)
{
	size_t asked, fresh, i;

	for (i = 0; i < s->n; i++) {
		member_move(&s->run, &s->members[i]);
		if (is_last_round(s) && s->members[i].settled)
			member_close(&s->run, &s->members[i]);
	}
	count(s, &asked, &fresh);
	if (s->due == 0 && s->run.o->quorum > 0 && fresh >= s->run.o->quorum)
		s->due = when_now() + s->run.o->patience_ms;
	if (asked > 0 && s->due != 0 && when_now() >= s->due) {
		lose_patience(s);
		asked = 0;
	}
	if (asked > 0)
		return;
	if (goes_on(s))
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
		member_move(&s->run, &s->members[i]);
		if (late)
			member_give_up_judge(&s->members[i]);
		waiting += member_is_judged(&s->members[i]);
	}
	if (waiting == 0)
		merge(s);
}

/* Takes in what came, and goes on as far as that goes. */
static void
move(struct state *s)
{
	enum phase before;

	do {
		before = s->phase;
		if (s->phase == ROUNDS) {
			move_rounds(s);
		} else if (s->phase == JUDGES) {
			move_judges(s);
		} else if (s->phase == MAIN) {
			final_move(&s->run, &s->final);
			if (s->final.over)
				end_main(s);
		}
	} while (s->phase != before);
}

/* The milliseconds until there is something to do though nothing happens. */
static long
next_wait(const struct state *s)
{
	long long now = when_now(), left = -1, silence;

	if (s->due != 0 && s->phase != MAIN)
		left = s->due > now ? s->due - now : 0;
	if (s->run.w.stream) {
		silence = s->written + SILENCE_MS - now;
		silence = silence > 0 ? silence : 0;
		if (left < 0 || silence < left)
			left = silence;
	}
	return (long)left;
}

/* A signal: what the reader has so far is no answer, and is told so. */
_Noreturn static void
stop(struct state *s, int sig)
{
	if (s->begun && s->run.w.stream && s->run.out.n == 0) {
		write_failure(&s->run.w, sig == SIGINT ? "interrupted" :
		    "ended by a signal", EX_UNAVAILABLE);
		(void)output_write(&s->run.out, when_now() + 1);
	}
	interrupt_die(sig);
}

static void
loop(struct state *s)
{
	struct curl_waitfd fd = {.fd = interrupt_fd(), .events = CURL_WAIT_POLLIN};
	int sig;

	s->written = when_now();
	begin_round(s);
	for (;;) {
		move(s);
		send_out(s);
		if (interrupt_count(&sig) > 0)
			stop(s, sig);
		if (s->phase == OVER)
			return;
		if (s->run.w.stream && when_now() - s->written >= SILENCE_MS)
			write_comment(&s->run.w);
		send_out(s);
		call_wait(&s->run.calls, &fd, 1, next_wait(s));
	}
}

static void
start(struct state *s, const struct run_options *o, const struct ensemble *e,
    struct client *c)
{
	size_t i;

	s->e = e;
	s->n = e->ask->n;
	s->run = (struct run){
		.o = o, .q = e->q, .panel = e->panel, .targets = e->targets,
		.judge = e->judge, .n = s->n,
		.calls = {.client = c, .max = o->max,
		    .deadline = o->max_ms > 0 ? when_now() + o->max_ms : 0},
		.w = {.out = &s->run.out, .stream = e->q->stream,
		    .chunks = e->q->stream && e->q->chunks, .usage = e->q->usage,
		    .mode = e->q->mode},
		.seed = o->seeded ? o->seed : letters_seed(),
	};
	limit_start(&s->run.calls.limits, e->panel);
	s->members = mem_zero(s->n, sizeof(*s->members));
	s->threads = mem_zero(s->n, sizeof(*s->threads));
	s->kept = mem_zero(s->n, sizeof(*s->kept));
	for (i = 0; i < s->n; i++) {
		s->threads[i] = (struct thread){.key = e->ask->p[i].key,
		    .model = e->ask->p[i].id};
		s->members[i].thread = &s->threads[i];
		s->members[i].target = e->members[i];
		s->members[i].streams = s->n == 1 && s->run.w.stream;
	}
	s->final.thread = (struct thread){.key = "main",
	    .model = e->ask->p[0].id};
}

static void
state_free(struct state *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		member_free(&s->members[i]);
	final_free(&s->final);
	call_free_all(&s->run.calls);
	buf_free(&s->run.out);
	free(s->members);
	free(s->threads);
	free(s->kept);
}

int
ensemble_run(const struct run_options *o, const struct ensemble *e,
    struct client *c)
{
	struct state s = {0};
	int status;

	interrupt_catch();
	start(&s, o, e, c);
	write_start(&s.run.w);
	write_mode_call(&s.run.w, s.threads, s.n);
	loop(&s);
	status = s.status;
	state_free(&s);
	return status;
}
