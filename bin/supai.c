/* supai: the everyday pipeline in one word. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "diag.h"
#include "ending.h"
#include "io.h"
#include "listing.h"
#include "opt.h"
#include "places.h"
#include "redact.h"
#include "tools.h"

enum {
	JSON = OPTIONS_OWN, NO_WATCH, CONVERSATION, NEW, LIST, SHOW, EVENTS,
	DRY_RUN, ENSEMBLE,
};

/* Options of our own, and those of the stages that we say otherwise. */
static const struct opt_def own[] = {
	{'c', "continue", NULL, "go on with the last conversation"},
	{CONVERSATION, "conversation", "NAME", "go on with this one"},
	{NEW, "new", NULL, "start the conversation afresh"},
	{LIST, "list", NULL, "list the conversations"},
	{SHOW, "show", NULL, "print what was said in one"},
	{'o', "output", "FILE", "write to FILE, once the answer is whole"},
	{ENSEMBLE, "ensemble", NULL, "ask the models of a panel: supai-ensemble(1)"},
	{'w', "watch", NULL, "show the ensemble at work, on a terminal"},
	{NO_WATCH, "no-watch", NULL, "never show the ensemble at work"},
	{JSON, "json", NULL, "print the folded completion, not its text"},
	{'u', "usage", NULL, "a line of token counts on standard error"},
	{EVENTS, "events", "FILE", "keep the events of the answer in FILE"},
	{DRY_RUN, "dry-run", NULL, "print the pipeline that would run"},
	{OPTIONS_MAX_RECORD, "max-record", "SIZE", "longest file, request and event (64M)"},
	{0, NULL, NULL, NULL},
};

static const struct opt_hint hints[] = {
	OPTIONS_FIELDS, OPTIONS_KEYS, {NULL, NULL},
};

static const char *const everyday[] = {
	"model", "models", "system", "file", "image", "continue", "conversation",
	"new", "output", "watch", "key", "min-confidence", "json", "usage",
	"dry-run", NULL,
};

static struct opt_tool tool = {
	.operands = "[prompt ...]",
	.summary = "Asks a question and prints the answer: the pipeline of tools in one word.\n"
	    "A word - of the prompt is standard input; without words all of it is.",
	.first = true,
	.hints = hints,
	.everyday = everyday,
};

struct options {
	struct ask	 ask;
	const char	*text_only;	/* an option that --json has no stage for */
	const char	*send_only, *ensemble_only; /* options of one of the two */
	const char	*looking;	/* --list or --show; NULL: a question is asked */
	bool		 safe, raw;
};

/* What a stage's option means to us, beside going there; false: it is none. */
static bool
note_stage(struct ask *a, int key, const char *arg)
{
	switch (key) {
	case 'm':
		a->mode = arg;
		return true;
	case 'f':
		return a->files = true;
	case 'x':
		return a->chunks = a->says_chunks = true;
	case 'u':
		return a->usage = a->says_usage = true;
	case 'k':
		if (redact_has_sign(arg))
			opt_usage(&tool, OPTIONS_NO_THREAD);
		return a->lone = a->chunks = true;
	case 't':
		return a->lone = a->chunks = true;
	case OPTIONS_MIN_CONFIDENCE:
		return a->chunks = true;
	case OPTIONS_ANY_FINISH:
		return a->lone = true;
	case PLACES_LETTER('v'):
	case PLACES_LETTER('D'):
		return a->aloud = true;
	case CLIENT_URL:
		a->url = arg;
		return true;
	default:
		return false;
	}
}

static void
note_conversation(struct options *o, int key, const char *arg)
{
	struct ask *a = &o->ask;

	switch (key) {
	case 'c':
		a->keep = true;
		break;
	case CONVERSATION:
		a->keep = true;
		a->name = arg;
		break;
	case NEW:
		a->keep = a->fresh = true;
		break;
	case LIST:
	case SHOW:
		o->looking = places_name(key);
		break;
	}
}

static void
note_output(struct ask *a, const char *arg)
{
	if (*arg == '\0')
		opt_usage(&tool, "--output: an empty name");
	a->output_name = arg;
}

static void
note_events(struct ask *a, const char *arg)
{
	if (strcmp(arg, "-") == 0)
		opt_usage(&tool, "--events: standard output is for the answer:"
		    " give a file");
	a->events = arg;
}

/* What an option means to us. */
static void
note(struct options *o, int key, const char *arg)
{
	struct ask *a = &o->ask;

	if (note_stage(a, key, arg))
		return;
	switch (key) {
	case OPTIONS_SAFE:
		o->safe = a->shown = true;
		break;
	case PLACES_LETTER('r'):
		o->raw = a->shown = true;
		break;
	case JSON:
		a->json = true;
		break;
	case 'w':
		a->watch = ASK_WATCHED;
		break;
	case NO_WATCH:
		a->watch = ASK_UNWATCHED;
		break;
	case 'o':
		note_output(a, arg);
		break;
	case EVENTS:
		note_events(a, arg);
		break;
	case DRY_RUN:
		a->show = true;
		break;
	case ENSEMBLE:
		a->ensemble = true;
		break;
	default:
		note_conversation(o, key, arg);
	}
}

/* The first option that only one of those has who make the exchange. */
static void
note_exchange(struct options *o, int key)
{
	bool send = places_goes_to(key, PLACES_SEND);

	if (send == places_goes_to(key, PLACES_ENSEMBLE))
		return;
	if (send && o->send_only == NULL)
		o->send_only = places_name(key);
	if (!send && o->ensemble_only == NULL)
		o->ensemble_only = places_name(key);
	o->ask.listed |= key == OPTIONS_BASE_URL;
}

/* Passes it on to the stages that it is for. */
static void
pass_on(struct options *o, int key, const char *arg)
{
	enum place place;

	note_exchange(o, key);
	if (key == 'M') {	/* for whom is known when all options are */
		words_add(&o->ask.models, arg);
		return;
	}
	for (place = 0; place < PLACES_N; place++) {
		if (!places_goes_to(key, place))
			continue;
		words_add(&o->ask.args[place], places_word(key));
		if (arg != NULL)
			words_add(&o->ask.args[place], arg);
	}
	if (o->text_only == NULL && places_goes_to(key, PLACES_TEXT) &&
	    !places_goes_to(key, PLACES_FOLD) && !places_goes_to(key, PLACES_REQ))
		o->text_only = places_name(key);
}

static void
take_prompt(struct ask *a, char **words, bool dashes)
{
	if (dashes)
		words_add(&a->prompt, "--");
	for (; *words != NULL; words++) {
		if (!dashes && (*words)[0] == '-' && (*words)[1] != '\0')
			opt_usage(&tool, "'%s' after the prompt's first word:"
			    " quote the prompt, or put -- before it", *words);
		words_add(&a->prompt, *words);
	}
}

static void
check(struct options *o)
{
	struct ask *a = &o->ask;
	const char *name = getenv("SUPAI_CONVERSATION");

	if (a->json && o->text_only != NULL)
		opt_usage(&tool, "--%s goes with the text, not with --json",
		    o->text_only);
	if (a->ensemble && o->send_only != NULL)
		opt_usage(&tool, "--%s is for one service, and --ensemble asks the"
		    " panel's", o->send_only);
	if (!a->ensemble && o->ensemble_only != NULL)
		opt_usage(&tool, "--%s goes with --ensemble", o->ensemble_only);
	if (o->looking != NULL && a->prompt.n > 0)
		opt_usage(&tool, "--%s asks nothing: no prompt goes with it",
		    o->looking);
	if ((a->keep || o->looking != NULL) && a->name == NULL && name != NULL &&
	    *name != '\0')
		a->name = name;
	if (a->name != NULL && !conversation_is_name(a->name))
		opt_usage(&tool, "'%s' is no name of a conversation: no slash,"
		    " no dot in front", a->name);
}

/* Nothing is asked. */
static int
look(struct options *o)
{
	if (strcmp(o->looking, "list") == 0)
		listing_all();
	else
		listing_one(o->ask.name,
		    o->safe || (!o->raw && isatty(STDOUT_FILENO)));
	ask_free(&o->ask);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o = {.looking = NULL};
	const char *arg;
	int key, at = 1;

	diag_init(argv[0]);
	io_init();
	tools_init(argv[0]);
	tool.defs = places_options(own);
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		note(&o, key, arg);
		pass_on(&o, key, arg);
		if (arg != NULL && opt_names_input(arg))
			o.ask.input = true;
		at = optind;
	}
	take_prompt(&o.ask, argv + optind, optind > at);
	check(&o);
	ending_init();
	if (o.looking != NULL)
		return look(&o);
	return ask_run(&o.ask);
}
