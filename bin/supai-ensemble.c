/* supai-ensemble: one request in, the answer of several models out. */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
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
#include "run.h"
#include "target.h"

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
	struct run_options run;
	struct client	 client;
	const char	*panel, *models, *base;
	const char	*file;		/* NULL: standard input */
	struct buf	 instructions;
	bool		 dry_run;
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
		s->run.judge = arg;
		break;
	case OPTIONS_INSTRUCTIONS:
		take_instructions(s, arg);
		break;
	case OPTIONS_SEED:
		s->run.seeded = true;
		s->run.seed = (uint64_t)opt_count(&tool, "--seed", arg, 0,
		    LONG_MAX);
		break;
	case OPTIONS_DRY_RUN:
		s->dry_run = true;
		break;
	case OPTIONS_MAX_RECORD:
		s->run.max = opt_size(&tool, "--max-record", arg);
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
	s->run.max_ms = s->client.max_ms;
	s->run.verbose = s->client.verbose;
	s->client.verbose = false;	/* of several at once nobody reads headers */
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

/* path is owned by the caller, and borrowed by p. */
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
read_question(const struct settings *s, const struct panel *p,
    struct question *q, struct ask *a, struct buf *text)
{
	const char *name = s->file != NULL ? s->file : "standard input";
	struct buf why = {0};

	client_request(s->file, s->run.max, text);
	if (!question_read(q, text->p, text->n, &why) || !ask_whom(a, p, q, &why))
		diag_die(EX_DATAERR, "%s: %s", name, buf_string(&why));
	if (a->left_out.n > 0 && s->run.verbose)
		diag_warn("nobody serves, and so left out: %s",
		    buf_string(&a->left_out));
	buf_free(&why);
}

static void
resolve(const struct settings *s, struct ensemble *e)
{
	const struct panel *p = e->panel;
	size_t i;

	e->members = mem_zero(e->ask->n, sizeof(struct target *));
	for (i = 0; i < e->ask->n; i++)
		e->members[i] = target_get(e->targets, e->ask->p[i].id);
	e->mains = mem_zero(p->mains.n, sizeof(struct target *));
	for (i = 0; i < p->mains.n && e->ask->n > 1; i++)
		e->mains[e->nmains++] = target_get(e->targets, p->mains.p[i].id);
	if (s->run.judge == NULL)
		return;
	e->judge = target_get(e->targets, s->run.judge);
	if (e->judge == NULL)
		opt_usage(&tool, "--judge: nobody serves '%s'", s->run.judge);
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
put_plan(const struct ensemble *e)
{
	size_t i;

	for (i = 0; i < e->ask->n; i++)
		put_target(e->ask->p[i].key, e->members[i]);
	for (i = 0; i < e->nmains; i++)
		put_target("main", e->mains[i]);
	if (e->judge != NULL)
		put_target("judge", e->judge);
}

static int
run(struct settings *s, const struct ensemble *e)
{
	int status;

	target_open(e->targets);
	io_check_output();
	s->client.reader = STDOUT_FILENO;
	s->client.http = http_open();
	client_confine(&s->client, NULL, 0, NULL);
	status = ensemble_run(&s->run, e, &s->client);
	return status;
}

int
main(int argc, char **argv)
{
	struct settings s = {.run = {.max = IO_MAX_RECORD, .rounds = 1,
	    .patience_ms = 30000}};
	struct panel panel = {0};
	struct question question = {0};
	struct ask ask = {0};
	struct targets targets = {.panel = &panel, .client = &s.client};
	struct ensemble e = {.panel = &panel, .q = &question, .ask = &ask,
	    .targets = &targets};
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
	read_question(&s, &panel, &question, &ask, &text);
	resolve(&s, &e);
	if (s.dry_run)
		put_plan(&e);
	else
		status = run(&s, &e);
	client_close(&s.client);
	target_free(&targets);
	free(e.members);
	free(e.mains);
	ask_free(&ask);
	question_free(&question);
	panel_free(&panel);
	buf_free(&s.instructions);
	buf_free(&text);
	free(path);
	return status;
}
