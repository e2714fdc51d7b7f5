/* supai-fold: an event stream put back together, one completion an answer. */
#include <getopt.h>

#include "completion.h"
#include "diag.h"
#include "events.h"
#include "io.h"
#include "opt.h"
#include "verdict.h"

enum { OPT_MESSAGE = OPT_LONG, OPT_MAX_RECORD };

static const struct opt_def defs[] = {
	{'t', "thinking", NULL, "keep the threads' thinking too"},
	{OPT_MESSAGE, "message", NULL, "only the message, only of whole answers"},
	{'1', "one", NULL, "each input is one answer"},
	{OPT_MAX_RECORD, "max-record", "SIZE", "longest line to take (64M)"},
	{0, NULL, NULL, NULL},
};

static const struct opt_tool tool = {
	.operands = "[file ...]",
	.summary = "Folds events: a stream in, one chat.completion an answer out.",
	.defs = defs,
};

struct state {
	struct fold		 fold;
	struct completion	 completion;
	bool			 message;
	struct buf		 line;		/* reused */
	bool			 any;
	int			 status;
};

static void
print(struct json v)
{
	io_write(v.p, v.n);
	io_write("\n", 1);
}

/* The answer, if there is one, is over. */
static void
finish(struct state *s)
{
	struct verdict_ask ask = {.choice = VERDICT_ALL, .what = "text"};
	struct json v;
	int status;

	if (!s->fold.open)
		return;
	s->any = true;
	ask.whole = fold_whole(&s->fold);
	ask.any = (fold_said(&s->fold) & (CHUNK_SAYS_TEXT | CHUNK_SAYS_CALL)) != 0;
	status = verdict_of(&s->fold, &ask, NULL);
	s->status = diag_worst(s->status, status);
	buf_clear(&s->line);
	completion_write(&s->completion, &s->fold, s->fold.thinking == FOLD_KEEP,
	    &s->line);
	v = (struct json){s->line.p, s->line.n};
	if (!s->message)
		print(v);
	else if (status == 0)
		print(completion_message(v));
	completion_clear(&s->completion);
	fold_clear(&s->fold);
}

static void
add(struct state *s, const struct chunk *c)
{
	if (fold_begins(&s->fold, c))
		finish(s);
	if (fold_add(&s->fold, c))
		completion_add(&s->completion, &s->fold, c);
	if (fold_sealed(&s->fold))
		finish(s);
}

static int
fold_events(struct state *s, char **files, int nfiles, size_t max)
{
	struct events e;
	const struct chunk *c;
	enum events_got got;

	events_start(&e, files, nfiles, max);
	while ((got = events_next(&e, &c)) != EVENTS_END) {
		if (got == EVENTS_CHUNK)
			add(s, c);
		else if (got == EVENTS_FILE || !s->fold.one)
			finish(s);
	}
	return events_stop(&e);
}

int
main(int argc, char **argv)
{
	struct state s = {.status = 0};
	size_t max = IO_MAX_RECORD;
	const char *arg;
	int key, status;

	diag_init(argv[0]);
	io_init();
	while ((key = opt_next(&tool, argc, argv, &arg)) != -1) {
		switch (key) {
		case 't':
			s.fold.thinking = FOLD_KEEP;
			break;
		case OPT_MESSAGE:
			s.message = true;
			break;
		case '1':
			s.fold.one = true;
			break;
		case OPT_MAX_RECORD:
			max = opt_size(&tool, "--max-record", arg);
			break;
		}
	}
	status = fold_events(&s, argv + optind, argc - optind, max);
	status = diag_worst(status, s.status);
	if (status == 0 && !s.any) {
		diag_warn("no answer in the input");
		status = EX_NOANSWER;
	}
	buf_free(&s.line);
	return status;
}
