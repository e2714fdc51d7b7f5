#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "config.h"
#include "diag.h"
#include "ending.h"
#include "fd.h"
#include "io.h"
#include "mem.h"
#include "opt.h"
#include "run.h"
#include "tools.h"

/* The tool of each place; one: it has to be told that a response is one answer. */
static const struct {
	const char	*tool;
	bool		 one;
} tools[PLACES_N] = {
	[PLACES_REQ] = {"supai-req", false}, [PLACES_SEND] = {"supai-send", true},
	[PLACES_SSE] = {"supai-sse", true}, [PLACES_WATCH] = {"supai-watch", false},
	[PLACES_TEXT] = {"supai-text", true}, [PLACES_FOLD] = {"supai-fold", true},
	[PLACES_ENSEMBLE] = {"supai-ensemble", false},
	[PLACES_KEEP] = {"supai-fold", true},
};

static bool
is(const struct ask *a, unsigned flags)
{
	return (a->flags & flags) != 0;
}

/* Who makes the exchange. */
static enum place
exchange_place(const struct ask *a)
{
	return is(a, ASK_ENSEMBLE) ? PLACES_ENSEMBLE : PLACES_SEND;
}

static enum place
last_place(const struct ask *a)
{
	return is(a, ASK_JSON) ? PLACES_FOLD : PLACES_TEXT;
}

/* Answers of these modes are long in coming. */
static bool
is_long(const struct ask *a)
{
	const char *mode = a->mode != NULL ? a->mode : config_variable("SUPAI_MODEL");

	return mode != NULL && (strcmp(mode, "thinking") == 0 ||
	    strcmp(mode, "deep-thinking") == 0 || strcmp(mode, "expert") == 0);
}

/* Whether the answer goes to the terminal, or to a file and so disturbs nobody there. */
static bool
is_seen(const struct ask *a)
{
	struct stat st;

	return a->output.name != NULL || isatty(STDOUT_FILENO) ||
	    (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode));
}

/* Whether the answer goes elsewhere than to the terminal. */
static bool
is_elsewhere(const struct ask *a)
{
	return a->output.name != NULL ? !a->output.direct || !isatty(a->output.fd) :
	    !isatty(STDOUT_FILENO) && is_seen(a);
}

/* The models go into the request; without a panel they are what is asked. */
static void
add_models(struct ask *a)
{
	struct opt_words *args = &a->args[PLACES_REQ];
	size_t i;

	for (i = 0; i < a->models.n; i++) {
		if (!is(a, ASK_LISTED)) {
			opt_words_add(args, "-M");
			opt_words_add(args, a->models.p[i]);
		} else
			buf_printf(&a->list, "%s%s", i > 0 ? "," : "",
			    a->models.p[i]);
	}
	if (a->list.n > 0) {
		opt_words_add(&a->args[PLACES_ENSEMBLE], "--models");
		opt_words_add(&a->args[PLACES_ENSEMBLE], buf_string(&a->list));
	}
}

/* What follows from what is asked for; the prompt is the last of supai-req's words. */
static void
complete(struct ask *a)
{
	struct opt_words *req = &a->args[PLACES_REQ];
	enum place place;

	if (a->watch == ASK_BY_ITSELF && isatty(STDERR_FILENO) && is_seen(a) &&
	    is_long(a))
		a->watch = ASK_WATCHED;
	for (place = 0; place < PLACES_N; place++)
		if (tools[place].one)
			opt_words_add(&a->args[place], "-1");
	if (a->watch == ASK_WATCHED && is_elsewhere(a))
		opt_words_add(&a->args[PLACES_WATCH], "--to-end");
	if (is(a, ASK_CHUNKS) || is(a, ASK_JSON) || a->watch == ASK_WATCHED)
		opt_words_add(req, "-x");
	if (is(a, ASK_JSON) && !is(a, ASK_USAGE))
		opt_words_add(req, "-u");
	add_models(a);
	opt_words_join(req, &a->prompt);
	if (a->url != NULL)	/* where it leads says what may be asked for */
		(void)setenv("SUPAI_BASE_URL", a->url, 1);
}

/*
 * The mode and the models of the last question, unless others are given. They were
 * let through then, and are now.
 */
static void
ask_the_same(struct ask *a, struct opt_words *req)
{
	struct conversation *c = &a->conversation;
	const char *usual = config_variable("SUPAI_MODEL");
	bool given = a->mode != NULL || a->models.n > 0;
	size_t n = req->n;

	if (a->mode == NULL && c->mode.n > 0) {
		a->mode = buf_string(&c->mode);
		if (strcmp(a->mode, usual != NULL ? usual : "auto") != 0) {
			opt_words_add(req, "-m");
			opt_words_add(req, a->mode);
		}
	}
	if (a->models.n == 0 && c->models.n > 0) {
		opt_words_add(req, "-M");
		opt_words_add(req, buf_string(&c->models));
	}
	if (!given && req->n > n)
		opt_words_add(req, "--unlisted");
}

/* The conversation's file, as the first of the earlier messages. */
static void
go_on(struct ask *a)
{
	struct opt_words req = {0};

	if (is(a, ASK_FRESH) || !a->conversation.there)
		return;
	opt_words_add(&req, "-H");
	opt_words_add(&req, a->conversation.file);
	ask_the_same(a, &req);
	opt_words_join(&req, &a->args[PLACES_REQ]);
	opt_words_free(&a->args[PLACES_REQ]);
	a->args[PLACES_REQ] = req;
}

void
ask_free(struct ask *a)
{
	int i;

	for (i = 0; i < PLACES_N; i++)
		opt_words_free(&a->args[i]);
	opt_words_free(&a->prompt);
	opt_words_free(&a->models);
	buf_free(&a->list);
}

/* The pipeline, as it is shown and run. */

static void
add_stage(struct ask *a, struct run *r, enum place place)
{
	struct stage *s = run_add(r, tools[place].tool, &a->args[place]);

	s->aloud = place == PLACES_WATCH || (place == exchange_place(a) && is(a, ASK_ALOUD));
}

/* The events are kept as they come, whatever becomes of the answer. */
static void
add_stages(struct ask *a, struct run *r)
{
	struct conversation *c = &a->conversation;
	bool kept = is(a, ASK_KEEP) && !is(a, ASK_SHOW);

	add_stage(a, r, PLACES_REQ);
	if (kept)
		run_copy(r, c->draft.fd, c->file);
	add_stage(a, r, exchange_place(a));
	add_stage(a, r, PLACES_SSE);
	if (a->events != NULL)
		run_copy(r, a->events_fd, a->events);
	if (kept)
		run_copy(r, c->events, c->file);
	if (a->watch == ASK_WATCHED)
		add_stage(a, r, PLACES_WATCH);
	add_stage(a, r, last_place(a));
}

/* Showing. */

static void
add_word(struct buf *line, const char *word)
{
	if (line->n > 0)
		buf_addc(line, ' ');
	opt_quote(line, word, strlen(word));
}

static void
show(struct ask *a, const struct run *r)
{
	struct buf line = {0};
	const struct stage *s;
	char *word;
	size_t i, k;

	if (a->url != NULL) {
		buf_adds(&line, "SUPAI_BASE_URL=");
		opt_quote(&line, a->url, strlen(a->url));
	}
	for (i = 0; i < r->n; i++) {
		s = &r->stages[i];
		buf_adds(&line, i > 0 ? " |" : "");
		word = s->tool != NULL ? tools_word(s->tool) : mem_string("tee");
		add_word(&line, word);
		free(word);
		for (k = 0; k < s->nfiles; k++)
			add_word(&line, s->files[k].name);
		for (k = 0; s->tool != NULL && k < s->args->n; k++)
			add_word(&line, s->args->p[k]);
	}
	output_show(&a->output, &line);
	buf_addc(&line, '\n');
	io_write(line.p, line.n);
	buf_free(&line);
}

/* Running. */

/* A wrong option of the last stage is told before the question is asked and paid. */
static void
try_last(struct ask *a)
{
	enum place place = last_place(a);
	struct stage s = {.tool = tools[place].tool, .args = &a->args[place]};
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing == -1)
		diag_die_errno(EX_OSERR, "/dev/null");
	free(tools_path(s.tool));
	if (s.args->n > 0 && stage_run(&s, nothing, nothing) == EX_USAGE) {
		stage_tell(&s);
		exit(EX_USAGE);
	}
	buf_free(&s.said);
	close(nothing);
}

/* What an answer's file has is lost only when it is known not to be this one. */
static void
open_events(struct ask *a)
{
	a->events_fd = open(a->events, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
	if (a->events_fd == -1)
		diag_die_errno(EX_CANTCREAT, "%s", a->events);
	if (output_is(&a->output, a->events_fd))
		diag_die(EX_USAGE, "--events: '%s' is the answer's file: give another",
		    a->events);
	if (is(a, ASK_KEEP) && fd_is(a->events_fd, a->conversation.file))
		diag_die(EX_USAGE, "--events: '%s' is the conversation's file: give"
		    " another", a->events);
	(void)!ftruncate(a->events_fd, 0);	/* what is no file has no length */
}

/* Whatever can fail does so before the question is asked and paid. */
static void
prepare(struct ask *a)
{
	struct conversation *c = &a->conversation;

	if (a->output.name == NULL)
		io_check_output();
	try_last(a);
	output_open(&a->output);
	if (is(a, ASK_KEEP))
		conversation_open(c);
	if (!output_stands(&a->output))
		diag_die(EX_USAGE, "--output: '%s' is the conversation's file: give"
		    " another", a->output.name);
	if (is(a, ASK_KEEP) && !is(a, ASK_FRESH) && !c->there)
		diag_warn("a new conversation, %s: %s", c->name, c->file);
	if (a->events != NULL)
		open_events(a);
}

/*
 * Standard error is a terminal: what a stage says there is for a person, who sees it
 * through us. Where nothing else shows that an answer is waited for we stand between
 * the last stage and what it writes to, which it then does not see.
 */
static void
attend_person(struct ask *a, struct run *r)
{
	r->live = isatty(STDERR_FILENO);
	r->waiting = r->live && a->watch != ASK_WATCHED;
	if (r->live && !is(a, ASK_ALOUD))
		opt_words_add(&a->args[PLACES_SEND], "--notes");
	if (r->waiting && !is(a, ASK_SAFE | ASK_RAW) && isatty(r->out))
		opt_words_add(&a->args[PLACES_TEXT], "--safe");
}

/* The conversation's own fold of the events. */
static int
fold(struct ask *a)
{
	struct conversation *c = &a->conversation;
	struct stage s = {
		.tool = tools[PLACES_KEEP].tool, .args = &a->args[PLACES_KEEP],
	};
	int status;

	(void)lseek(c->events, 0, SEEK_SET);
	status = stage_run(&s, c->events, c->draft.fd);
	if (status == EX_NOANSWER && is(a, ASK_LONE))
		status = 0;
	if (status != 0) {
		stage_tell(&s);
		diag_warn("conversation %s: left as it was", c->name);
	}
	buf_free(&s.said);
	return status;
}

/* When all has gone well output and conversation are kept, else none. */
static int
go(struct ask *a, struct run *r)
{
	int status;

	r->out = a->output.fd;
	r->out_name = a->output.name != NULL ? a->output.name : "standard output";
	attend_person(a, r);
	run_go(r);
	status = run_status(r);
	if (status == 0 && is(a, ASK_KEEP))
		status = fold(a);
	if (status != 0)
		return status;
	output_keep(&a->output);
	if (is(a, ASK_KEEP))
		conversation_keep(&a->conversation);
	return 0;
}

int
ask_run(struct ask *a)
{
	struct run r = {.n = 0};
	int status = 0;

	if (!is(a, ASK_SHOW))
		opt_note_prompt(&a->prompt, is(a, ASK_INPUT), is(a, ASK_FILES));
	output_find(&a->output);
	if (is(a, ASK_KEEP))
		conversation_find(&a->conversation, a->name);
	if (!is(a, ASK_SHOW))
		prepare(a);
	else if (is(a, ASK_KEEP))
		conversation_look(&a->conversation);
	go_on(a);
	complete(a);
	add_stages(a, &r);
	if (is(a, ASK_SHOW))
		show(a, &r);
	else
		status = go(a, &r);
	run_free(&r);
	if (is(a, ASK_KEEP))
		conversation_close(&a->conversation);
	output_close(&a->output);
	ask_free(a);
	if (status == 128 + SIGPIPE)
		ending_die(SIGPIPE);
	return status;
}
