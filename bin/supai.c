/* supai: the everyday pipeline in one word. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "config.h"
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
	const char	*only[PLACES_N]; /* an option that no other stage would have in
					   the place of this one; or NULL */
	const char	*looking;	/* --list or --show; NULL: a question is asked */
};

/* What an option means to us, beside going to a stage. */
static const struct {
	int		 key;
	unsigned	 flags;
} meanings[] = {
	{'c', ASK_KEEP},
	{CONVERSATION, ASK_KEEP},
	{NEW, ASK_KEEP | ASK_FRESH},
	{'f', ASK_FILES},
	{'u', ASK_USAGE},
	{'k', ASK_LONE | ASK_CHUNKS},
	{'t', ASK_LONE | ASK_CHUNKS},
	{'x', ASK_CHUNKS},
	{OPTIONS_MIN_CONFIDENCE, ASK_CHUNKS},
	{OPTIONS_ANY_FINISH, ASK_LONE},
	{PLACES_LETTER('v'), ASK_ALOUD},
	{PLACES_LETTER('D'), ASK_ALOUD},
	{OPTIONS_BASE_URL, ASK_LISTED},
	{OPTIONS_SAFE, ASK_SAFE},
	{PLACES_LETTER('r'), ASK_RAW},
	{JSON, ASK_JSON},
	{DRY_RUN, ASK_SHOW},
	{ENSEMBLE, ASK_ENSEMBLE},
};

/* Notes an option's meaning and its value. */
static void
note(struct options *o, int key, const char *arg)
{
	struct ask *a = &o->ask;
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (meanings[i].key == key)
			a->flags |= meanings[i].flags;
	if (arg != NULL && opt_names_input(arg))
		a->flags |= ASK_INPUT;
	switch (key) {
	case 'm':
		a->mode = arg;
		break;
	case 'M':
		opt_words_add(&a->models, arg);
		break;
	case 'k':
		if (redact_has_sign(arg))
			opt_usage(&tool, OPTIONS_NO_THREAD);
		break;
	case CLIENT_URL:
		a->url = arg;
		break;
	case CONVERSATION:
		a->name = arg;
		break;
	case LIST:
	case SHOW:
		o->looking = places_find(key)->name;
		break;
	case 'w':
		a->watch = ASK_WATCHED;
		break;
	case NO_WATCH:
		a->watch = ASK_UNWATCHED;
		break;
	case 'o':
		if (*arg == '\0')
			opt_usage(&tool, "--output: an empty name");
		a->output.name = arg;
		break;
	case EVENTS:
		if (strcmp(arg, "-") == 0)
			opt_usage(&tool, "--events: standard output is for the"
			    " answer: give a file");
		a->events = arg;
		break;
	}
}

/* Passes it on to the stages that it is for, and notes the first that only one has. */
static void
pass_on(struct options *o, int key, const char *arg)
{
	static const unsigned rivals[PLACES_N] = {
		[PLACES_SEND] = PLACES_BIT(PLACES_ENSEMBLE),
		[PLACES_ENSEMBLE] = PLACES_BIT(PLACES_SEND),
		[PLACES_TEXT] = PLACES_BIT(PLACES_FOLD) | PLACES_BIT(PLACES_REQ),
	};
	const struct places_option *option = places_find(key);
	enum place place;

	for (place = 0; place < PLACES_N; place++) {
		if ((option->places & PLACES_BIT(place)) == 0)
			continue;
		if (rivals[place] != 0 && (option->places & rivals[place]) == 0 &&
		    o->only[place] == NULL)
			o->only[place] = option->name;
		/* Whether supai-req gets these is known when all options are. */
		if (place == PLACES_REQ && (key == 'M' || key == 'x'))
			continue;
		opt_words_add(&o->ask.args[place], option->word);
		if (arg != NULL)
			opt_words_add(&o->ask.args[place], arg);
	}
}

static void
check(struct options *o)
{
	struct ask *a = &o->ask;
	bool ensemble = (a->flags & ASK_ENSEMBLE) != 0;

	if ((a->flags & ASK_JSON) != 0 && o->only[PLACES_TEXT] != NULL)
		opt_usage(&tool, "--%s goes with the text, not with --json",
		    o->only[PLACES_TEXT]);
	if (ensemble && o->only[PLACES_SEND] != NULL)
		opt_usage(&tool, "--%s is for one service, and --ensemble asks the"
		    " panel's", o->only[PLACES_SEND]);
	if (!ensemble && o->only[PLACES_ENSEMBLE] != NULL)
		opt_usage(&tool, "--%s goes with --ensemble",
		    o->only[PLACES_ENSEMBLE]);
	if (o->looking != NULL && a->prompt.n > 0)
		opt_usage(&tool, "--%s asks nothing: no prompt goes with it",
		    o->looking);
	if (((a->flags & ASK_KEEP) != 0 || o->looking != NULL) && a->name == NULL)
		a->name = config_variable("SUPAI_CONVERSATION");
	if (a->name != NULL && !conversation_is_name(a->name))
		opt_usage(&tool, "'%s' is no name of a conversation: no slash,"
		    " no dot in front", a->name);
}

/* Nothing is asked. */
static int
look(struct options *o)
{
	unsigned flags = o->ask.flags;

	if (strcmp(o->looking, "list") == 0)
		listing_all();
	else
		listing_one(o->ask.name, (flags & ASK_SAFE) != 0 ||
		    ((flags & ASK_RAW) == 0 && isatty(STDOUT_FILENO)));
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
		at = optind;
	}
	if (optind > at)
		opt_words_add(&o.ask.prompt, "--");
	opt_prompt(&tool, argv + optind, optind > at, &o.ask.prompt);
	check(&o);
	ending_init();
	if (o.looking != NULL)
		return look(&o);
	return ask_run(&o.ask);
}
