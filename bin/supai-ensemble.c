/* supai-ensemble: one request in, the answer of several models out. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "config.h"
#include "diag.h"
#include "ensemble.h"
#include "http.h"
#include "io.h"
#include "mem.h"
#include "opt.h"
#include "options.h"
#include "panel.h"
#include "question.h"
#include "target.h"
#include "when.h"

enum { MAX_INSTRUCTIONS = 1 << 20 };

static const struct opt_def defs[] = {
	ENSEMBLE_OPTIONS,
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[request.json]",
	.summary = "Ask several models at once, and write one answer.",
	.defs = defs,
};

/* What the options say. */
struct settings {
	struct run	 run;
	struct client	 client;
	const char	*panel, *models, *base, *judge;
	const char	*file;		/* NULL: standard input */
	struct buf	 instructions;
	bool		 dry_run;
	bool		 seeded;
	bool		 key_given;	/* --key-file, --no-key or --header */
};

static enum run_merge
merge_of(const char *arg)
{
	static const char *const names[] = {"synthesis", "vote", "best"};
	int i;

	for (i = 0; i < 3; i++)
		if (strcmp(arg, names[i]) == 0)
			return (enum run_merge)i;
	opt_usage(&tool, "--merge: '%s' is none of synthesis, vote and best", arg);
}

static void
take_instructions(struct settings *s, const char *path)
{
	int status;

	buf_clear(&s->instructions);
	status = io_slurp(path, IO_TEXT, &s->instructions, MAX_INSTRUCTIONS);
	if (status != 0)
		exit(status);
	s->run.instructions = buf_string(&s->instructions);
	if (strspn(s->run.instructions, " \t\r\n") == s->instructions.n)
		diag_die(EX_NOINPUT, "--instructions %s: empty", path);
}

static void
take_option(struct settings *s, int key, const char *arg)
{
	switch (key) {
	case OPTIONS_PANEL:
		s->panel = arg;
		break;
	case OPTIONS_BASE_URL:
		s->base = arg;
		break;
	case OPTIONS_MODELS:
		s->models = arg;
		break;
	case OPTIONS_MERGE:
		s->run.merge = merge_of(arg);
		break;
	case OPTIONS_QUORUM:
		s->run.quorum = (unsigned long)opt_count(&tool, "--quorum", arg,
		    1, LONG_MAX);
		break;
	case OPTIONS_PATIENCE:
		s->run.patience_ms = opt_seconds(&tool, "--patience", arg);
		break;
	case OPTIONS_ROUNDS:
		s->run.rounds = (unsigned)opt_count(&tool, "--rounds", arg, 1, 100);
		break;
	case OPTIONS_JUDGE:
		s->judge = arg;
		break;
	case OPTIONS_INSTRUCTIONS:
		take_instructions(s, arg);
		break;
	case OPTIONS_SEED:
		s->seeded = true;
		s->run.seed = (uint64_t)opt_count(&tool, "--seed", arg, 0,
		    LONG_MAX);
		break;
	case OPTIONS_DRY_RUN:
		s->dry_run = true;
		break;
	case OPTIONS_MAX_RECORD:
		s->run.calls.max = opt_size(&tool, "--max-record", arg);
		break;
	}
}

/* What goes together, and what does not. */
static void
check_options(const struct settings *s)
{
	if ((s->base != NULL) != (s->models != NULL))
		opt_usage(&tool, "--models and --base-url go together");
	if (s->base != NULL && s->panel != NULL)
		opt_usage(&tool, "--panel and --base-url: one or the other");
	if (s->key_given && s->base == NULL)
		opt_usage(&tool, "--key-file, --no-key and --header go with"
		    " --base-url: a panel has lines 'key'");
}

static void
take_options(struct settings *s, int argc, char **argv)
{
	const char *arg;
	int key;

	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		s->key_given |= key == CLIENT_KEY_FILE || key == CLIENT_NO_KEY ||
		    key == CLIENT_HEADER;
		if (!client_option(&s->client, &tool, key, arg))
			take_option(s, key, arg);
	}
	check_options(s);
	s->run.verbose = s->client.options.verbose;
	s->client.options.verbose = false;	/* of several at once nobody reads headers */
	if (argc - optind > 1)
		opt_usage(&tool, "one request at a time");
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		s->file = argv[optind];
}

/* Three lines of how one looks are worth more than a page's name. */
_Noreturn static void
no_panel(const char *path)
{
	diag_warn("no panel: %s has no line 'model' (supai-panel(5)). For example:",
	    path);
	diag_warn("model llama3.2 http://127.0.0.1:11434/v1");
	diag_warn("model openai/* https://openrouter.ai/api/v1");
	diag_warn("key openrouter.ai env OPENROUTER_API_KEY");
	exit(EX_CONFIG);
}

static void
read_panel(const struct settings *s, struct panel *p, const char *path)
{
	struct buf why = {0};

	if (s->base != NULL) {
		if (!panel_of(p, s->models, s->base, &why))
			opt_usage(&tool, "--models: %s", buf_string(&why));
		return;
	}
	if (path == NULL)
		diag_die(EX_CONFIG, "no panel: HOME is not set: give --panel FILE");
	if (!panel_read(p, path, &why))
		diag_die(EX_CONFIG, "%s", buf_string(&why));
	if (p->nmodels == 0)
		no_panel(path);
}

/* Reads the request, and finds whom it asks: the request's fault is 65. */
static void
read_question(struct settings *s, struct targets *t, struct question *q,
    struct buf *text)
{
	const char *name = s->file != NULL ? s->file : "standard input";
	struct ask *ask = &s->run.ask;
	struct buf why = {0};

	client_request(s->file, s->run.calls.max, text);
	if (!question_read(q, text->p, text->n, &why) ||
	    !target_ask(t, q, ask, &why))
		diag_die(EX_DATAERR, "%s: %s", name, buf_string(&why));
	if (ask->left_out.n > 0 && s->run.verbose)
		diag_warn("nobody serves, and so left out: %s",
		    buf_string(&ask->left_out));
	buf_free(&why);
}

/* Who else is asked: for the final answer, and how sure the others are. */
static void
find_others(struct settings *s, struct targets *t)
{
	const struct panel_members *mains = &t->panel->mains;
	struct run *r = &s->run;

	r->mains = mem_zero(mains->n, sizeof(struct target *));
	for (; r->nmains < mains->n && r->ask.n > 1; r->nmains++)
		r->mains[r->nmains] = target_get(t, mains->p[r->nmains].id);
	if (s->judge == NULL)
		return;
	r->judge = target_get(t, s->judge);
	if (r->judge == NULL)
		opt_usage(&tool, "--judge: nobody serves '%s'", s->judge);
}

static void
put_target(const char *key, const struct target *t)
{
	struct buf line = {0};

	buf_printf(&line, "%s\t%s\t%s\t", key, t->url.text, t->name);
	target_source(t, &line);
	buf_addc(&line, '\n');
	io_write(line.p, line.n);
	buf_free(&line);
}

/* Who would be asked, where, by which name, and with which key. */
static void
put_plan(const struct run *r)
{
	size_t i;

	for (i = 0; i < r->ask.n; i++)
		put_target(r->ask.p[i].key, r->ask.p[i].target);
	for (i = 0; i < r->nmains; i++)
		put_target("main", r->mains[i]);
	if (r->judge != NULL)
		put_target("judge", r->judge);
}

static int
run(struct settings *s, struct targets *t)
{
	struct run *r = &s->run;

	target_open(t);
	io_check_output();
	s->client.reader = STDOUT_FILENO;
	s->client.http = http_open();
	client_confine(&s->client, NULL, 0, NULL);
	if (!s->seeded)
		r->seed = when_chance();
	r->calls.client = &s->client;
	r->calls.panel = t->panel;
	if (s->client.max_ms > 0)
		r->calls.deadline = when_now() + s->client.max_ms;
	return ensemble_run(r);
}

int
main(int argc, char **argv)
{
	struct settings s = {.run = {.calls.max = IO_MAX_RECORD, .rounds = 1,
	    .patience_ms = 30000}};
	struct panel panel = {0};
	struct question question = {0};
	struct targets targets = {.panel = &panel, .client = &s.client};
	struct buf text = {0};
	char *path;
	int status = 0;

	diag_init(argv[0]);
	io_init();
	client_init(&s.client);
	take_options(&s, argc, argv);
	path = s.panel != NULL ? mem_string(s.panel) : config_path("panel");
	targets.base = s.base;
	read_panel(&s, &panel, path);
	read_question(&s, &targets, &question, &text);
	find_others(&s, &targets);
	s.run.q = &question;
	if (s.dry_run)
		put_plan(&s.run);
	else
		status = run(&s, &targets);
	client_close(&s.client);
	target_free_ask(&s.run.ask);
	target_free(&targets);
	free(s.run.mains);
	question_free(&question);
	panel_free(&panel);
	buf_free(&s.instructions);
	buf_free(&text);
	free(path);
	return status;
}
